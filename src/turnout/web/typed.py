"""What was typed into a form that was sent, for its page to fill in again if the address was wrong.

It is handed on by a cookie for that page alone, never in an address that would stand in histories
and logs. It stays for its ten minutes, so that the form is filled in when it is loaded again, too;
the next form that is sent replaces it. A cookie holds little: the texts are compressed, and where
they are too long still, the longest are left out, which the form says beside them.
"""

import base64
import zlib
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import msgspec
from falcon.asgi import Request, Response

from turnout.core.ids import EventQuestionId
from turnout.core.questions.model import Question
from turnout.core.text import is_storable
from turnout.errors import Invalid
from turnout.web.companions import Wrong, list_prefixes
from turnout.web.forms import hand_on
from turnout.web.questions import names_of
from turnout.web.refusals import say_to_guest

TYPED = "typed"
KEPT_S = 10 * 60
_MOST = 3_500
# What a cookie may say when it is unpacked, in bytes.
_LARGEST = 1_000_000
# Where the names of what was left out stand among the fields.
_LEFT_OUT = ""
_decode = msgspec.json.Decoder(dict[str, str]).decode


class Lacks(NamedTuple):
    """What a form says of what was too long to be handed on: as a whole, beside the questions, and
    beside those of each who comes along."""

    said: str
    wrong: dict[EventQuestionId, Invalid]
    wrong_people: list[Wrong]


def keep_typed(
    req: Request,
    resp: Response,
    given: Mapping[str, str],
    *,
    is_secure: bool,
    is_framed: bool = False,
) -> None:
    """Hand `given` to the page of the form, for ten minutes."""
    kept, left_out = {name: value for name, value in given.items() if value}, list[str]()
    while len(packed := _pack(kept | {_LEFT_OUT: " ".join(left_out)})) > _MOST and kept:
        left_out.append(max(kept, key=lambda name: len(kept[name])))
        del kept[left_out[-1]]
    facts = (TYPED, packed, req.path)
    hand_on(resp, *facts, is_secure=is_secure, is_framed=is_framed, seconds=KEPT_S)


def read_typed(req: Request, names: Collection[str]) -> tuple[dict[str, str], list[str]]:
    """What `keep_typed` handed on of these fields, and which of them it left out; none where it was
    not, or is too old."""
    try:
        kept = _unpack(next(iter(req.get_cookie_values(TYPED) or ()), ""))
    except (ValueError, zlib.error, msgspec.MsgspecError):
        return {}, []
    left_out = kept.get(_LEFT_OUT, "").split()
    return (
        {name: kept[name] for name in names if name in kept and is_storable(kept[name])},
        [name for name in names if name in left_out],
    )


def find_lacks(
    asked: Sequence[Question], given: Mapping[str, str], most: int, left_out: Collection[str]
) -> Lacks:
    """What the form says of what was left out of `given`, in which up to `most` come along."""
    return Lacks(
        say_to_guest(Invalid("form.left_out")) if left_out else "",
        _find_questions(asked, left_out),
        [_find_questions(asked, left_out, prefix) for prefix in list_prefixes(given, most)],
    )


def _find_questions(
    asked: Sequence[Question], left_out: Collection[str], prefix: str = ""
) -> dict[EventQuestionId, Invalid]:
    """The questions whose answers were left out, of the person whose fields begin so."""
    return {
        question.id: Invalid("form.left_out")
        for question in asked
        if any(f"{prefix}{name}" in left_out for name in names_of([question]))
    }


def _pack(kept: Mapping[str, str]) -> str:
    return base64.urlsafe_b64encode(zlib.compress(msgspec.json.encode(kept), 9)).decode()


def _unpack(packed: str) -> dict[str, str]:
    if not packed:
        return {}
    reading = zlib.decompressobj()
    return _decode(reading.decompress(base64.urlsafe_b64decode(packed), _LARGEST))
