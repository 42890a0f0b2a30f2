"""What the value of a setting may be, in words."""

from typing import Any

import msgspec
import msgspec.inspect

from turnout.catalogue import Phrase

_TEXT = Phrase("setting.text")


def to_plain(value: Any) -> str:
    """A value as the environment has it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def say_fault(
    struct: type[msgspec.Struct], name: str, value: Any, *, is_secret: bool = False
) -> Phrase:
    """What a setting may be, and what was given instead, unless that is nothing or a secret."""
    info = msgspec.inspect.type_info(struct)
    fields = info.fields if isinstance(info, msgspec.inspect.StructType) else ()
    kind = next((_say_kind(field.type) for field in fields if field.name == name), _TEXT)
    if kind == _TEXT or is_secret:  # an address may hold a password
        return Phrase("setting.give", {"kind": kind})
    if value in ("", None):
        return Phrase("setting.give_something", {"kind": kind})
    return Phrase("setting.give_other", {"kind": kind, "given": ascii(to_plain(value)[:60])})


def _say_kind(kind: Any) -> Phrase:
    if isinstance(kind, msgspec.inspect.Metadata):
        return _say_kind(kind.type)
    if isinstance(kind, msgspec.inspect.UnionType):
        return _say_kind(kind.types[0])
    if isinstance(kind, msgspec.inspect.BoolType):
        return Phrase("setting.flag")
    if isinstance(kind, msgspec.inspect.LiteralType):
        *others, last = map(str, kind.values)
        if not others:
            return Phrase("setting.only", {"last": last})
        return Phrase("setting.one_of", {"others": others, "last": last})
    if isinstance(kind, msgspec.inspect.IntType | msgspec.inspect.FloatType):
        is_whole = isinstance(kind, msgspec.inspect.IntType)
        noun = Phrase("setting.whole_number") if is_whole else Phrase("setting.number")
        return _say_range(noun, kind.ge, kind.le)
    return _TEXT


def _say_range(noun: Phrase, least: float | None, greatest: float | None) -> Phrase:
    facts = {"noun": noun, "least": least, "greatest": greatest}
    if least is None and greatest is None:
        return noun
    if greatest is None:
        return Phrase("setting.from", facts)
    return Phrase("setting.to" if least is None else "setting.from_to", facts)
