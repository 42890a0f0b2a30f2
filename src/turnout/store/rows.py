"""From rows to what statements declare, and from values to the JSON that they take.

A row becomes a struct or a named tuple whose fields are its columns in order. What a field needs
is found out once, when its statement is bound: numbers, text and bytes are passed on as they are;
text that becomes a member of an enumeration, and 0 and 1 that become booleans, are looked up; a
field of any other type is decoded from JSON. msgspec.convert would do the same at ten times the
cost, since it cannot trust its input.
"""

import enum
import types
from collections.abc import Callable, Sequence
from functools import partial
from inspect import signature
from typing import Any, NewType, Union, get_args, get_origin, get_type_hints

import msgspec

_encode = msgspec.json.Encoder().encode

RowMaker = Callable[[Any], Any]
_PLAIN = (int, str, bytes, float)


def to_json(value: object) -> str:
    """A value as a statement takes many rows, ids or facts: as one JSON text."""
    return _encode(value).decode()


def row_maker(row_class: type) -> RowMaker:
    """The function that makes a `row_class` (a struct or a named tuple) of a row."""
    types_ = fields_of(row_class).values()
    readers = [
        (number, reader) for number, type_ in enumerate(types_) if (reader := _reader(type_))
    ]
    if issubclass(row_class, tuple) and not readers:
        return partial(tuple.__new__, row_class)
    make = partial(_make_named, row_class, tuple(fields_of(row_class)))
    if not _is_keyword_only(row_class):
        make = partial(_make_in_order, row_class)
    return partial(_read_and_make, make, readers) if readers else make


def nested_maker(row_class: type, parts: Sequence[type | None]) -> RowMaker:
    """The function that makes a named tuple of a row of which some columns are one value: of each
    part with a class as many as this has fields."""
    make = partial(tuple.__new__, row_class)
    start = 0
    for part in parts:  # the last part is made first: it moves nothing that stands before it
        end = start + (len(fields_of(part)) if part else 1)
        if part:
            make = partial(_make_part, make, start, end, row_maker(part))
        start = end
    return make


def fields_of(row_class: type) -> dict[str, Any]:
    """The fields of a struct or a named tuple in order, with their types."""
    hints = get_type_hints(row_class)
    names: tuple[str, ...] = getattr(row_class, "__struct_fields__", ())
    names = names or getattr(row_class, "_fields", ())
    return {name: hints[name] for name in names}


def split_optional(type_: Any) -> tuple[Any, bool]:
    """A field's type without its `| None`, ids as the numbers that they are; and whether it had
    one."""
    options = get_args(type_) if get_origin(type_) in (Union, types.UnionType) else (type_,)
    found = [option for option in options if option is not types.NoneType]
    bare = found[0] if len(found) == 1 else type_
    return bare.__supertype__ if isinstance(bare, NewType) else bare, len(options) > len(found)


def _read_and_make(
    make: RowMaker, readers: list[tuple[int, Callable[[Any], Any]]], row: Sequence[Any]
) -> Any:
    values = list(row)
    for number, reader in readers:
        values[number] = reader(values[number])
    return make(values)


def _make_in_order(row_class: type, row: Sequence[Any]) -> Any:
    return row_class(*row)


def _make_named(row_class: type, names: Sequence[str], row: Sequence[Any]) -> Any:
    return row_class(**dict(zip(names, row, strict=True)))


def _is_keyword_only(row_class: type) -> bool:
    parameters = signature(row_class).parameters.values()
    return any(parameter.kind is parameter.KEYWORD_ONLY for parameter in parameters)


def _make_part(
    make: RowMaker, start: int, end: int, make_part: RowMaker, row: Sequence[Any]
) -> Any:
    return make((*row[:start], make_part(row[start:end]), *row[end:]))


def _reader(type_: Any) -> Callable[[Any], Any] | None:
    bare, is_optional = split_optional(type_)
    if bare in _PLAIN:
        return None
    if bare is bool:
        known: dict[Any, Any] = {0: False, 1: True}
    elif isinstance(bare, type) and issubclass(bare, enum.Enum):
        known = {member.value: member for member in bare}
    else:
        decode = msgspec.json.Decoder(bare).decode
        return (lambda text: None if text is None else decode(text)) if is_optional else decode
    return (known | {None: None} if is_optional else known).__getitem__
