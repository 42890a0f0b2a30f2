"""Numbers that earlier versions kept as they were typed, brought to E.164 in batches.

A worker reads opt-outs and conversations until none is left. Before that, and for the few that
cannot be read, both forms are matched (numbers.py, `list_forms`). Opt-outs that become one keep the
oldest, conversations the newest. When an organization's country is set, what could not be read is
read again.
"""

from typing import NamedTuple

from turnout.core.identity.countries import find_country
from turnout.core.ids import JobId, OrgId
from turnout.core.messaging.model import Channel
from turnout.core.messaging.numbers import is_e164, to_address
from turnout.core.messaging.opt_outs import HASH
from turnout.core.messaging.sql import sql
from turnout.store import Tx


class OldOptOut(NamedTuple):
    """An opt-out whose number nobody has read yet."""

    org_id: OrgId
    medium: str
    address: str
    source: str
    job_id: JobId | None
    created_at: int


class OldConversation(NamedTuple):
    """A conversation whose numbers nobody has read yet."""

    number: str
    address: str
    org_id: OrgId
    at: int


class UnreadableOptOut(NamedTuple):
    """An opt-out that is matched by its digits alone: nobody knows of which country they are."""

    org: str
    medium: str
    address: str


def read_opt_outs(tx: Tx, limit: int) -> int:
    """Read the numbers of up to `limit` opt-outs; returns how many were looked at. Idempotent."""
    rows = sql.list_unread_opt_outs(tx, limit=limit)
    countries = {
        org_id: find_country(tx, org_id) for org_id in sorted({row.org_id for row in rows})
    }
    for row in rows:
        _read_opt_out(tx, row, countries[row.org_id])
    return len(rows)


def _read_opt_out(tx: Tx, old: OldOptOut, country: str) -> None:
    org_id, medium, number = old.org_id, old.medium, old.address
    if not number.startswith(HASH):
        number = to_address(Channel.SMS, old.address, country) or old.address
    typed = "" if number == old.address else old.address
    known_since = (
        sql.find_opt_out_age(tx, org_id=org_id, medium=medium, address=number) if typed else None
    )
    if known_since is None:
        sql.set_opt_out_number(
            tx,
            org_id=org_id,
            medium=medium,
            address=old.address,
            number=number,
            typed=typed,
            is_read=int(number.startswith(HASH) or is_e164(number)),
        )
        return
    sql.remove_opt_out(tx, org_id=org_id, medium=medium, address=old.address)
    if old.created_at < known_since:
        sql.backdate_opt_out(
            tx,
            org_id=org_id,
            medium=medium,
            address=number,
            source=old.source,
            job_id=old.job_id,
            created_at=old.created_at,
            typed=typed,
        )


def read_conversations(tx: Tx, limit: int) -> int:
    """Read the numbers of up to `limit` conversations; returns how many were looked at.
    Idempotent."""
    rows = sql.list_unread_conversations(tx, limit=limit)
    countries = {
        org_id: find_country(tx, org_id) for org_id in sorted({row.org_id for row in rows})
    }
    for row in rows:
        _read_conversation(tx, row, countries[row.org_id])
    return len(rows)


def _read_conversation(tx: Tx, old: OldConversation, country: str) -> None:
    number, address = (
        to_address(Channel.SMS, text, country) or text for text in (old.number, old.address)
    )
    if (number, address) != (old.number, old.address):
        age = sql.find_conversation_age(tx, number=number, address=address)
        if age is not None and age >= old.at:
            sql.delete_conversation(tx, number=old.number, address=old.address)
            return
        sql.delete_conversation(tx, number=number, address=address)
    sql.set_conversation_numbers(
        tx,
        number=old.number,
        address=old.address,
        new_number=number,
        new_address=address,
        is_read=int(is_e164(address)),
    )


def count_unreadable(tx: Tx) -> int:
    """How many opt-outs have numbers that cannot be read."""
    return sql.count_unreadable_opt_outs(tx) or 0


def list_unreadable(tx: Tx, limit: int) -> list[UnreadableOptOut]:
    """Opt-outs whose numbers cannot be read, by organization."""
    return [UnreadableOptOut(*row) for row in sql.list_unreadable_opt_outs(tx, limit=limit)]
