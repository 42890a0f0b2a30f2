"""From the wire to the model: the recipients of a job, a slice at a time.

A request may have 100,000 of them. They stay in the body's own bytes; decoding all of them at
once would hold the event loop up for a second and take many times the room.
"""

from asyncio import sleep
from collections.abc import AsyncIterator, Iterator, Sequence
from itertools import islice
from typing import Any, NoReturn

import msgspec

from turnout.core.messaging.model import NewRecipient
from turnout.dialects.messaging import rules
from turnout.dialects.messaging.job_members import LIMITS
from turnout.dialects.messaging.rules import refuse, required
from turnout.errors import Invalid
from turnout.http.body import UNREADABLE
from turnout.http.json_shape import check_shape
from turnout.http.json_slips import find_slip
from turnout.http.members import decode_json

MOST_RECIPIENTS = 100_000
MOST_FIELDS = 100
FIELD_NAME_LENGTH = 100
FIELD_LENGTH = 10_000
OWN = ("destination", "reference", "recipient")

_line, _field_name = rules.text(), rules.text(FIELD_NAME_LENGTH)
_field = rules.text(FIELD_LENGTH)
_pieces = msgspec.json.Decoder(list[msgspec.Raw])


class Recipients:
    """The recipients of one request: how many, and each of them whenever it is asked for."""

    def __init__(self, pieces: Sequence[Any]) -> None:
        self._pieces = pieces

    def __len__(self) -> int:
        return len(self._pieces)

    def __iter__(self) -> Iterator[NewRecipient]:
        """Each of them. Raises Invalid at the first that cannot be one."""
        for number, piece in enumerate(self._pieces):
            yield _recipient(number, piece)

    async def slices(self, size: int) -> AsyncIterator[list[NewRecipient]]:
        """All of them, `size` at once; others get a turn in between."""
        recipients = iter(self)
        while taken := list(islice(recipients, size)):
            yield taken
            await sleep(0)


def decode_recipients(value: Any) -> Recipients:
    """The member `recipients`: raw JSON, a list, or a list in the text of a form."""
    if isinstance(value, str):
        encoded = value.encode("utf-8", "replace")
        check_shape(encoded, values=LIMITS.values)
        value = msgspec.Raw(encoded)
    if isinstance(value, msgspec.Raw):
        value = _split(value)
    if value is None:
        return Recipients([])
    if isinstance(value, dict) and all(name.isdigit() for name in value):
        value = list(value.values())  # what PHP makes of gaps, and forms of `recipients[0]`
    if not isinstance(value, list):
        refuse("recipients", "The {field} must be an array.")
    if len(value) > MOST_RECIPIENTS:
        refuse("recipients", f"The {{field}} may not have more than {MOST_RECIPIENTS} items.")
    return Recipients(value)


def _split(raw: msgspec.Raw) -> Any:
    try:
        return _pieces.decode(raw)
    except UNREADABLE:
        return decode_json(bytes(raw), LIMITS)


def _decode(number: int, piece: msgspec.Raw) -> Any:
    try:
        return msgspec.json.decode(piece)
    except UNREADABLE as error:
        slip = find_slip(bytes(piece), error)
        raise Invalid("recipient.malformed", number=number, slip=slip) from error


def _recipient(number: int, piece: Any) -> NewRecipient:
    given = _decode(number, piece) if isinstance(piece, msgspec.Raw) else piece
    place = f"recipients.{number}"
    if not isinstance(given, dict):
        refuse(place, "The {field} must be an array.")
    destination = _kept(f"{place}.destination", given.get("destination"), _line)
    if not destination:
        required(f"{place}.destination")
    return NewRecipient(
        destination,
        _kept(f"{place}.reference", given.get("reference"), _line),
        _kept(f"{place}.recipient", given.get("recipient"), _line) or f"Recipient {number + 1}",
        _fields(place, given),
    )


def _fields(place: str, given: dict[str, Any]) -> dict[str, str]:
    if len(given) > MOST_FIELDS + len(OWN):
        _refuse_fields(place)
    fields = {
        _field_name(f"{place}.*", name): _kept(f"{place}.{name}", value, _field)
        for name, value in given.items()
        if name not in OWN and name.strip()
    }
    if len(fields) > MOST_FIELDS:
        _refuse_fields(place)
    return fields


def _refuse_fields(place: str) -> NoReturn:
    refuse(place, f"The {{field}} may not have more than {MOST_FIELDS} merge fields.")


def _kept(field: str, value: Any, rule: rules.Rule) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, str):
        value = value.strip()
    return str(rule(field, value))
