"""Uploaded lists: made whole or not at all, read a page at a time."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from turnout.core.audit.recording import record
from turnout.core.ids import EventId, ListId, OrgId, UserId
from turnout.core.messaging.model import Person
from turnout.core.messaging.sql import sql
from turnout.errors import Invalid, Missing
from turnout.store import Tx, to_json

if TYPE_CHECKING:
    from turnout.core.messaging.sql import ListEntriesRow

LONGEST_NAME = 200
LIVE_LIST = re.compile(
    r"event:(\d{1,15})(?::(checked|unchecked|no-shows|pending))?(?:\?([^\s=]{1,600}=[^\s]{1,600}))?",
    re.ASCII,
)
"""Its event, those of it who did this or that, and the answer that they gave: `Diet=vegan`, each
part as in a URL."""
OWN_LIST = re.compile(r"event:(\d{1,15})@([a-z]{0,8})", re.ASCII)
"""A list that only Turnout's own jobs name: who registered for an event in that language, or in
none."""


class UserList(msgspec.Struct, frozen=True):
    """A list as lists of lists show it. `created_at` in epoch ms."""

    id: ListId
    user_id: UserId
    name: str
    entries: int
    created_at: int


class Entry(msgspec.Struct, frozen=True):
    """Somebody on a list: the contract's twelve fields. `custom` has CustomField1 to 6 by name."""

    recipient: str = ""
    reference: str = ""
    email: str = ""
    fax: str = ""
    phone: str = ""
    mobile: str = ""
    custom: dict[str, str] = {}


def begin_list(tx: Tx, org_id: OrgId, user_id: UserId, name: str) -> ListId:
    """Begin a list, which nobody sees before `finish_list`; returns its number."""
    list_id = ListId(tx.next_id("user_list"))
    sql.add_list(tx, org_id=org_id, id=list_id, user_id=user_id, name=check_name(name), now=tx.now)
    return list_id


def check_name(name: str) -> str:
    """The name of a list, trimmed. Raises Invalid."""
    if not name.strip() or len(name) > LONGEST_NAME:
        raise Invalid("list.name", limit=LONGEST_NAME)
    return name.strip()


def add_entries(
    tx: Tx, org_id: OrgId, list_id: ListId, first_number: int, entries: Sequence[Entry]
) -> None:
    """Add some people to a list that was begun; `first_number` counts from 1."""
    rows = [
        (
            number,
            entry.reference,
            entry.recipient,
            entry.email,
            entry.fax,
            entry.phone,
            entry.mobile,
            to_json(entry.custom) if entry.custom else "",
        )
        for number, entry in enumerate(entries, first_number)
    ]
    sql.add_entries(tx, org_id=org_id, list_id=list_id, rows=to_json(rows))


def finish_list(tx: Tx, org_id: OrgId, list_id: ListId, entries: int, *, actor: str) -> None:
    """The list is whole: from now on jobs can be sent to it."""
    sql.finish_list(tx, org_id=org_id, id=list_id, entries=entries)
    record(tx, org_id, actor, "imported", "list", list_id, entries=entries)


def list_lists(tx: Tx, org_id: OrgId) -> list[UserList]:
    """The organization's lists, oldest first."""
    return sql.list_lists(tx, org_id=org_id)


def delete_list(tx: Tx, org_id: OrgId, list_id: ListId, *, actor: str) -> None:
    """Delete a list; jobs that were sent to it keep their recipients. Raises Missing."""
    if not sql.has_list(tx, org_id=org_id, id=list_id):
        raise Missing("list.missing", list_id=list_id)
    drop_list(tx, org_id, list_id)
    record(tx, org_id, actor, "deleted", "list", list_id)


def drop_list(tx: Tx, org_id: OrgId, list_id: ListId) -> None:
    """Delete a list, whole or not, without a word."""
    sql.delete_entries(tx, org_id=org_id, list_id=list_id)
    sql.delete_list(tx, org_id=org_id, id=list_id)


def is_list(tx: Tx, org_id: OrgId, list_id: str) -> bool:
    """Whether the organization has a list of that name: an uploaded one by its number, or a live
    one of one of its events (`event:1000001`, `event:1000001:checked`,
    `event:1000001?Diet=vegan`)."""
    if is_number(list_id):
        return (
            len(list_id) < 18
            and sql.has_list(tx, org_id=org_id, id=ListId(int(list_id))) is not None
        )
    match = LIVE_LIST.fullmatch(list_id)
    return bool(match and sql.has_event(tx, org_id=org_id, id=EventId(int(match[1]))) is not None)


def is_number(list_id: str) -> bool:
    """Whether the name is that of an uploaded list."""
    return list_id.isascii() and list_id.isdigit()


def list_entries(
    tx: Tx, org_id: OrgId, list_id: ListId, cursor: str, limit: int
) -> tuple[list[Person], str]:
    """A page of a list, and where to go on: empty at its end."""
    after = int(cursor) if cursor else 0
    rows = sql.list_entries(tx, org_id=org_id, list_id=list_id, after=after, limit=limit)
    return [_read_person(row) for row in rows], str(rows[-1].number) if len(rows) == limit else ""


def _read_person(row: "ListEntriesRow") -> Person:
    custom = read_custom(row.custom)
    return Person(row.reference, row.recipient, row.email, row.fax, row.phone, row.mobile, custom)


def read_custom(stored: str) -> dict[str, str]:
    """The custom fields of an entry as they are stored: JSON, or nothing."""
    return msgspec.json.decode(stored, type=dict[str, str]) if stored else {}
