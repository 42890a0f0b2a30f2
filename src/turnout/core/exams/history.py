"""The history of a registration: who did what, when, and what was before and after."""

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
    sql.add_change(
        tx,
        org_id=org_id,
        id=tx.next_id("exam_change"),
        registration_id=registration_id,
        registration_uuid=uuid,
        type=change.value,
        actor=actor,
        reason=reason,
        was=to_json(was or {}),
        became=to_json(became or {}),
        now=tx.now,
    )
    if change not in (Change.OVERLAP, Change.DELETED):
        sql.touch_sitting(
            tx, org_id=org_id, registration_id=registration_id, type=change.value, now=tx.now
        )


def list_changes(tx: Tx, org_id: OrgId, uuid: str) -> list[ChangeEntry]:
    """Everything that happened to a registration, oldest first, deleted ones too."""
    rows = sql.list_changes(tx, org_id=org_id, registration_uuid=uuid)
    return [
        ChangeEntry(
            Change(type_), at, actor, reason, msgspec.json.decode(was), msgspec.json.decode(became)
        )
        for type_, at, actor, reason, was, became in rows
    ]
