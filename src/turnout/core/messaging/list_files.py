"""Lists as files: the contract's twelve fields under any usual heading, in any order.

Every row is judged by itself, so that anyone who imports a file sees all of its faults at once. Up
to six unknown columns become the custom fields that the file does not name itself.
"""

from collections.abc import Iterable, Iterator

from turnout.core.importing.layout import Known
from turnout.core.importing.records import Fault, Record, Skipped
from turnout.core.messaging.lists import Entry
from turnout.core.messaging.model import Channel
from turnout.core.messaging.numbers import to_address
from turnout.errors import Invalid

CUSTOM = tuple(f"CustomField{number}" for number in range(1, 7))
CHANNELS = {
    "email": Channel.EMAIL,
    "fax": Channel.FAX,
    "phone": Channel.VOICE,
    "mobile": Channel.SMS,
}
_CUSTOM_KEYS = tuple(name.lower() for name in CUSTOM)
LIST = Known(
    ("recipient", "reference", *CHANNELS, *_CUSTOM_KEYS),
    needed=(tuple(CHANNELS),),
    labels=dict(zip(_CUSTOM_KEYS, CUSTOM, strict=True)),
    full="recipient",
    custom_keys=_CUSTOM_KEYS,
)
"""What a file of a list has."""


def read_entries(found: Iterable[Record | Fault | Skipped]) -> Iterator[Entry | Fault]:
    """Each row as an entry, or what is wrong with it; those who are gone are left out."""
    for row in found:
        if isinstance(row, Fault):
            yield row
        elif isinstance(row, Record):
            yield read_entry(row)


def read_entry(row: Record) -> Entry | Fault:
    """A row as an entry, or what is wrong with it."""
    for key, channel in CHANNELS.items():
        if row[key] and not to_address(channel, row[key]):
            return Fault(row.line, _no_address(key, row[key]), row.headings[key])
    if not any(row[key] for key in CHANNELS):
        columns = [key.capitalize() for key in CHANNELS]
        return Fault(row.line, Invalid("list_row.unreachable", columns=columns))
    return Entry(
        recipient=row["recipient"],
        reference=row["reference"],
        email=row["email"],
        fax=row["fax"],
        phone=row["phone"],
        mobile=row["mobile"],
        custom={name: row[key] for name, key in zip(CUSTOM, _CUSTOM_KEYS, strict=True) if row[key]},
    )


def _no_address(key: str, value: str) -> Invalid:
    if key == "email":
        return Invalid("list_row.email", value=value)
    return Invalid("list_row.number", value=value)
