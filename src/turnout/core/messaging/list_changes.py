"""Changing uploaded lists: more people, one person's details, one fewer. What is added comes from a
list that was staged beside it, all of it in one transaction."""

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from turnout.core.audit.recording import record
from turnout.core.ids import JobId, ListId, OrgId
from turnout.core.messaging.list_files import CHANNELS
from turnout.core.messaging.lists import (
    Entry,
    UserList,
    check_name,
    drop_list,
    list_lists,
    read_custom,
)
from turnout.core.messaging.numbers import to_address
from turnout.core.messaging.sql import sql
from turnout.errors import Invalid, Missing
from turnout.store import Tx, to_json

FIELDS = ("recipient", "reference", *CHANNELS)


class NumberedEntry(NamedTuple):
    """Somebody on a list, and their row's number there, which stays as it is."""

    number: int
    entry: Entry


class ListUse(NamedTuple):
    """A job that was sent to a list. `accepted_at` in epoch ms."""

    job_id: JobId
    name: str
    accepted_at: int


def get_list(tx: Tx, org_id: OrgId, list_id: ListId) -> UserList:
    """An uploaded list. Raises Missing."""
    for known in list_lists(tx, org_id):
        if known.id == list_id:
            return known
    raise Missing("list.missing", list_id=list_id)


def join_lists(
    tx: Tx, org_id: OrgId, staged: ListId, into: ListId, entries: int, *, actor: str
) -> None:
    """Move the `entries` of a list that was begun to the end of another; the first is gone then.
    Raises Missing."""
    _require(tx, org_id, into)
    last = sql.find_last_entry(tx, org_id=org_id, list_id=into) or 0
    sql.move_entries(tx, org_id=org_id, list_id=staged, into=into, offset=last)
    sql.add_to_list(tx, org_id=org_id, id=into, more=entries)
    drop_list(tx, org_id, staged)
    record(tx, org_id, actor, "extended", "list", into, entries=entries)


def list_numbered(
    tx: Tx, org_id: OrgId, list_id: ListId, after: int, limit: int
) -> list[NumberedEntry]:
    """The entries of a list after that number. Raises Missing."""
    _require(tx, org_id, list_id)
    rows = sql.list_entries(tx, org_id=org_id, list_id=list_id, after=after, limit=limit)
    return [
        NumberedEntry(
            row.number,
            Entry(
                recipient=row.recipient,
                reference=row.reference,
                email=row.email,
                fax=row.fax,
                phone=row.phone,
                mobile=row.mobile,
                custom=read_custom(row.custom),
            ),
        )
        for row in rows
    ]


def change_entry(
    tx: Tx, org_id: OrgId, list_id: ListId, number: int, changes: Mapping[str, str], *, actor: str
) -> Entry:
    """Change the given FIELDS of an entry; what it is then. Raises Missing, Invalid for what is no
    address of its kind, and when none would be left."""
    entry = _find(tx, org_id, list_id, number)
    for field, value in changes.items():
        channel = CHANNELS.get(field)
        if channel and value and not to_address(channel, value):
            kind = "list_row.email" if field == "email" else "list_row.number"
            raise Invalid(kind, value=value)
    changed = msgspec.structs.replace(entry, **changes)
    if not any(getattr(changed, field) for field in CHANNELS):
        raise Invalid("list_row.unreachable", columns=[field.capitalize() for field in CHANNELS])
    if changed != entry:
        values = {field: getattr(changed, field) for field in FIELDS}
        sql.set_entry(tx, org_id=org_id, list_id=list_id, number=number, **values)
        record(tx, org_id, actor, "changed", "list", list_id, row=number, fields=sorted(changes))
    return changed


def remove_entry(tx: Tx, org_id: OrgId, list_id: ListId, number: int, *, actor: str) -> None:
    """Take somebody off a list; the numbers of the others stay. Raises Missing."""
    _find(tx, org_id, list_id, number)
    sql.delete_entry(tx, org_id=org_id, list_id=list_id, number=number)
    sql.add_to_list(tx, org_id=org_id, id=list_id, more=-1)
    record(tx, org_id, actor, "removed", "list", list_id, row=number)


def rename_list(tx: Tx, org_id: OrgId, list_id: ListId, name: str, *, actor: str) -> None:
    """Give a list another name. Raises Missing, Invalid."""
    _require(tx, org_id, list_id)
    sql.rename_list(tx, org_id=org_id, id=list_id, name=check_name(name))
    record(tx, org_id, actor, "renamed", "list", list_id)


def list_uses(tx: Tx, org_id: OrgId, list_id: ListId, limit: int) -> list[ListUse]:
    """The jobs that were sent to a list, newest first."""
    named = f"%{to_json(str(list_id))}%"
    rows = sql.list_uses(tx, org_id=org_id, named=named, limit=limit)
    return [ListUse(row.id, row.name, row.accepted_at) for row in rows]


def _require(tx: Tx, org_id: OrgId, list_id: ListId) -> None:
    if not sql.has_list(tx, org_id=org_id, id=list_id):
        raise Missing("list.missing", list_id=list_id)


def _find(tx: Tx, org_id: OrgId, list_id: ListId, number: int) -> Entry:
    for found in list_numbered(tx, org_id, list_id, number - 1, 1):
        if found.number == number:
            return found.entry
    raise Missing("list.no_row", list_id=list_id, row=number)
