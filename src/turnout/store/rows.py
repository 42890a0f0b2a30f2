"""From rows to structs, and from values to the JSON that statements take."""

from collections.abc import Sequence
from typing import Any, TypeVar

import msgspec

T = TypeVar("T", bound=msgspec.Struct)
_encode = msgspec.json.Encoder().encode


def from_row(struct: type[T], row: Sequence[Any]) -> T:
    """A struct whose fields are the row's columns in order; 0 and 1 become booleans."""
    names = struct.__struct_fields__
    return msgspec.convert(dict(zip(names, row, strict=True)), struct, strict=False)


def to_json(value: object) -> str:
    """A value as a statement takes many rows, ids or facts: as one JSON text."""
    return _encode(value).decode()
