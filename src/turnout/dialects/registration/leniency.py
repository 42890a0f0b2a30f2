"""Bodies of PUT /register as real clients send them; registration notes, Register.

Member names in any letter case, and numbers and booleans where the contract says Character, which
are taken as the text that JSON prints. Bodies that are exact never come here: decode.py tries the
exact shape first, which is much faster.
"""

from typing import Any

import msgspec

from turnout.dialects.registration.wire import (
    ChannelTarget,
    ContactBody,
    CustomItem,
    EventTarget,
    Exact,
    RegisterBody,
    RegistrationBody,
    SessionRef,
)
from turnout.store import to_json

TOO_LONG = "of length"
_NESTED: dict[str, type[Exact]] = {
    "registration": RegistrationBody,
    "event": EventTarget,
    "channel": ChannelTarget,
    "sessions": SessionRef,
    "contact": ContactBody,
    "contactCustomItems": CustomItem,
}
_SHAPES: tuple[type[Exact], ...] = (RegisterBody, *_NESTED.values())
_NAMES = {
    shape: {name.lower(): name for name in shape.__struct_encode_fields__} for shape in _SHAPES
}


def convert(found: Any) -> RegisterBody:
    """What a JSON value says as a body. Raises msgspec.ValidationError, in the words of what was
    sent."""
    named = _fit(found, RegisterBody)
    try:
        return msgspec.convert(_as_texts(named), RegisterBody)
    except msgspec.ValidationError as error:
        if TOO_LONG in str(error):
            raise
        # The type that is named to the caller shall be the one that was sent.
        msgspec.convert(named, RegisterBody)
        raise


def rename(members: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    """The members that the table has (its keys in small letters), under its names; null is not
    given. Of two spellings the exact one counts, else the last."""
    given = {name: member for name, member in members.items() if member is not None}
    known = {names[name.lower()]: member for name, member in given.items() if name.lower() in names}
    return known | {name: member for name, member in given.items() if name in known}


def _fit(value: Any, shape: type[Exact]) -> Any:
    if isinstance(value, list):
        return [_fit(item, shape) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        name: _fit(member, _NESTED[name]) if name in _NESTED else member
        for name, member in rename(value, _NAMES[shape]).items()
    }


def _as_texts(value: Any) -> Any:
    if isinstance(value, list):
        return [_as_texts(item) for item in value]
    if isinstance(value, dict):
        return {name: _as_texts(member) for name, member in value.items()}
    if isinstance(value, bool | int | float):
        return to_json(value)
    return value
