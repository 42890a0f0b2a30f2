"""The history of a registration: who did what, when, and what was before and after."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from turnout.core.exams.model import Change
from turnout.core.exams.sql import sql
from turnout.core.ids import OrgId, RegistrationId
from turnout.store import Tx, to_json


class ChangeEntry(NamedTuple):
    """One change. `at` in epoch ms; `was` and `became` hold the facts that it changed."""

    type: Change
    at: int
    actor: str
    reason: str
    was: dict[str, Any]
    became: dict[str, Any]


def note(
    tx: Tx,
    org_id: OrgId,
    registration_id: RegistrationId,
    uuid: str,
    change: Change,
    *,
    actor: str,
    reason: str = "",
    was: dict[str, Any] | None = None,
    became: dict[str, Any] | None = None,
) -> None:
    """Write a change down, in its own transaction. It moves the registration's LastChangeTime;
    a warning does not."""
    entry = _Entry(change, reason, was or {}, became or {})
    _write(tx, org_id, registration_id, uuid, [entry], actor)
    if change not in (Change.OVERLAP, Change.DELETED):
        sql.touch_sitting(
            tx, org_id=org_id, registration_id=registration_id, type=change.value, now=tx.now
        )


def note_birth(
    tx: Tx,
    org_id: OrgId,
    registration_id: RegistrationId,
    uuid: str,
    became: Mapping[Change, dict[str, Any]],
    *,
    actor: str,
) -> None:
    """Write down what a registration began with, in this order. It was written with the last of
    them as its last change."""
    entries = [_Entry(change, "", {}, facts) for change, facts in became.items()]
    _write(tx, org_id, registration_id, uuid, entries, actor)


class Birth(NamedTuple):
    """What a registration began with, and who made it."""

    registration_id: RegistrationId
    uuid: str
    became: Mapping[Change, dict[str, Any]]
    actor: str


def note_births(tx: Tx, org_id: OrgId, births: Sequence[Birth]) -> None:
    """`note_birth` for many registrations in one statement."""
    entries = [
        (birth.registration_id, birth.uuid, change.value, birth.actor, to_json(facts))
        for birth in births
        for change, facts in birth.became.items()
    ]
    ids = tx.next_ids("exam_change", len(entries))
    rows = [(id_, *entry) for id_, entry in zip(ids, entries, strict=True)]
    sql.add_births(tx, org_id=org_id, rows=to_json(rows), now=tx.now)


class _Entry(NamedTuple):
    type: Change
    reason: str
    was: dict[str, Any]
    became: dict[str, Any]


def _write(
    tx: Tx,
    org_id: OrgId,
    registration_id: RegistrationId,
    uuid: str,
    entries: Sequence[_Entry],
    actor: str,
) -> None:
    ids = tx.next_ids("exam_change", len(entries))
    rows = [
        {
            "org_id": org_id,
            "id": id_,
            "registration_id": registration_id,
            "registration_uuid": uuid,
            "type": entry.type.value,
            "actor": actor,
            "reason": entry.reason,
            "was": to_json(entry.was),
            "became": to_json(entry.became),
            "now": tx.now,
        }
        for id_, entry in zip(ids, entries, strict=True)
    ]
    sql.add_changes(tx, rows)


def list_changes(tx: Tx, org_id: OrgId, uuid: str) -> list[ChangeEntry]:
    """Everything that happened to a registration, oldest first, deleted ones too."""
    rows = sql.list_changes(tx, org_id=org_id, registration_uuid=uuid)
    return [
        ChangeEntry(
            Change(type_), at, actor, reason, msgspec.json.decode(was), msgspec.json.decode(became)
        )
        for type_, at, actor, reason, was, became in rows
    ]
