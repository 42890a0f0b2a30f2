"""What changes of a registration while its exam stays: form, help, attendance, grade."""

from turnout.core.exams import history
from turnout.core.exams.lists import find_published_form, get_form
from turnout.core.exams.model import Accommodation, Attendance, Change
from turnout.core.exams.planning import retitle
from turnout.core.exams.sittings import (
    check_confirmed,
    check_types,
    grant,
    list_overlapping,
    require_sitting,
    set_attendance,
    set_time,
)
from turnout.core.exams.sql import sql
from turnout.core.ids import OrgId
from turnout.core.text import fold
from turnout.errors import Invalid
from turnout.store import Tx


def assign_form(tx: Tx, org_id: OrgId, uuid: str, code: str, *, actor: str) -> str:
    """Contract, Assign an assessment; returns the form's GUID. Raises Missing, Invalid,
    Conflict for a cancelled registration."""
    sitting = require_sitting(tx, org_id, uuid)
    check_confirmed(sitting)
    form = find_published_form(tx, org_id, code)
    if form is None:
        raise Invalid("form.unknown", code=code)
    if form.id == sitting.form_id:
        raise Invalid("sitting.has_form", code=code, uuid=uuid)
    known = list_overlapping(tx, org_id, sitting)
    was = get_form(tx, org_id, sitting.form_id).code if sitting.form_id else ""
    sql.set_form(tx, org_id=org_id, registration_id=sitting.registration_id, form_id=form.id)
    history.note(
        tx,
        org_id,
        sitting.registration_id,
        uuid,
        Change.FORM_ASSIGNED,
        actor=actor,
        was={"form": was},
        became={"form": form.code},
    )
    set_time(tx, org_id, sitting, known=known, actor=actor)
    retitle(tx, org_id, sitting.event_id)
    return form.uuid


def grant_accommodation(
    tx: Tx, org_id: OrgId, uuid: str, accommodation: Accommodation, *, actor: str
) -> None:
    """Contract, Add an accommodation; the same type again replaces name and time. Raises Missing,
    Invalid for an empty type or a time below 0, Conflict for a cancelled registration."""
    sitting = require_sitting(tx, org_id, uuid)
    check_confirmed(sitting)
    check_types((accommodation,))
    known = list_overlapping(tx, org_id, sitting)
    grant(tx, org_id, sitting, accommodation, actor)
    set_time(tx, org_id, sitting, known=known, actor=actor)


def revoke_accommodation(tx: Tx, org_id: OrgId, uuid: str, type_: str, *, actor: str) -> None:
    """Contract, Remove an accommodation; one that is not there is no error. Raises Missing."""
    sitting = require_sitting(tx, org_id, uuid)
    if not sql.delete_accommodation(
        tx, org_id=org_id, registration_id=sitting.registration_id, type_key=fold(type_.strip())
    ):
        return
    sql.set_time_limit(tx, org_id=org_id, registration_id=sitting.registration_id)
    history.note(
        tx,
        org_id,
        sitting.registration_id,
        uuid,
        Change.REVOKED,
        actor=actor,
        was={"accommodation": type_},
    )


def take_attendance(
    tx: Tx, org_id: OrgId, uuid: str, attendance: Attendance, *, actor: str
) -> None:
    """Write down whether a candidate came, on the ticket too; the same again changes nothing.
    Raises Missing."""
    sitting = require_sitting(tx, org_id, uuid)
    if not set_attendance(tx, org_id, sitting, attendance):
        return
    at = tx.now if attendance is Attendance.PRESENT else None
    sql.mark_ticket(tx, org_id=org_id, registration_id=sitting.registration_id, at=at, now=tx.now)
    history.note(
        tx,
        org_id,
        sitting.registration_id,
        uuid,
        Change.ATTENDANCE,
        actor=actor,
        was={"attendance": sitting.attendance.value},
        became={"attendance": attendance.value},
    )


def grade(tx: Tx, org_id: OrgId, uuid: str, grading: str, *, actor: str) -> None:
    """Write down how a candidate did. Raises Missing."""
    sitting = require_sitting(tx, org_id, uuid)
    sql.set_grading(tx, grading=grading, org_id=org_id, registration_id=sitting.registration_id)
    history.note(
        tx,
        org_id,
        sitting.registration_id,
        uuid,
        Change.GRADED,
        actor=actor,
        became={"grading": grading},
    )
