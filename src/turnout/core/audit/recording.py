"""Audit entries: for changes that people and credentials make to nouns and settings.

Queue steps, attempts and heartbeats are their own record and leave none.
"""

from typing import Any

import msgspec

from turnout.core.audit.sql import sql
from turnout.core.ids import OrgId
from turnout.store import Tx, to_json


class Entry(msgspec.Struct, frozen=True):
    """One change. `at` in epoch ms; `actor` is `cli:NAME`, `credential:ID`, `user:ID` or
    `system`."""

    at: int
    actor: str
    action: str
    facts: dict[str, Any]


class LogLine(msgspec.Struct, frozen=True):
    """One change and what it is of, as lists of changes show it; `facts` as in Entry."""

    id: int
    at: int
    actor: str
    action: str
    noun: str
    noun_id: int
    facts: dict[str, Any]


class LogFilter(msgspec.Struct, frozen=True):
    """Which changes are asked for; empty and 0 = any. `before`: only those before that one."""

    noun: str = ""
    noun_id: int = 0
    actor: str = ""
    before: int = 2**62


def record(
    tx: Tx, org_id: OrgId, actor: str, action: str, noun: str, noun_id: int, **facts: Any
) -> None:
    """Write one entry in the transaction of the change itself. Never put a secret in `facts`."""
    sql.add_entry(
        tx,
        org_id=org_id,
        id=tx.next_id("audit"),
        at=tx.now,
        actor=actor,
        action=action,
        noun=noun,
        noun_id=noun_id,
        facts=to_json(facts),
    )


def record_installation(tx: Tx, actor: str, action: str, noun: str, **facts: Any) -> None:
    """`record`, for what belongs to the installation and to no organization."""
    sql.add_installation_entry(
        tx,
        id=tx.next_id("audit"),
        at=tx.now,
        actor=actor,
        action=action,
        noun=noun,
        facts=to_json(facts),
    )


def list_installation_entries(tx: Tx, noun: str) -> list[Entry]:
    """Every change of what belongs to the installation, of one kind, oldest first."""
    return sql.list_installation_entries(tx, noun=noun)


def list_newest_installation_entries(tx: Tx, limit: int) -> list[tuple[str, Entry]]:
    """The newest changes of what belongs to the installation, newest first, each with its noun."""
    return [
        (noun, Entry(at, actor, action, msgspec.json.decode(facts)))
        for at, actor, action, noun, facts in sql.list_newest_installation_entries(tx, limit=limit)
    ]


def list_log(tx: Tx, org_id: OrgId, wanted: LogFilter, limit: int) -> list[LogLine]:
    """Changes of an organization's things, newest first."""
    if wanted.noun and wanted.noun_id and not wanted.actor:
        return sql.list_newest_of(
            tx,
            org_id=org_id,
            noun=wanted.noun,
            noun_id=wanted.noun_id,
            before=wanted.before,
            limit=limit,
        )
    return sql.list_newest_entries(tx, org_id=org_id, **msgspec.structs.asdict(wanted), limit=limit)


def list_entries(tx: Tx, org_id: OrgId, noun: str, noun_id: int) -> list[Entry]:
    """Every change of one thing, oldest first."""
    return sql.list_entries(tx, org_id=org_id, noun=noun, noun_id=noun_id)
