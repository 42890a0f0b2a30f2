"""Cancelling and deleting candidates' registrations: places, tickets and seats are given back."""

from turnout.core.events.model import EventState
from turnout.core.exams import history
from turnout.core.exams.model import Attendance, Change, Sitting
from turnout.core.exams.planning import get_exam, retitle_without
from turnout.core.exams.sittings import NAMESPACE, find_sitting, lock_sitting, set_attendance
from turnout.core.exams.sql import sql
from turnout.core.identity.names import drop_name, find_name
from turnout.core.ids import EventId, OrgId, RegistrationId
from turnout.core.registrations.booking import lock_registration, note_departure
from turnout.core.registrations.giving_back import cancel_registration, give_all_back
from turnout.core.registrations.model import RegistrationState
from turnout.core.registrations.places import set_event_state
from turnout.errors import Invalid, Missing
from turnout.store import Tx

SLICE = 20


def cancel_any(
    tx: Tx, org_id: OrgId, registration_id: RegistrationId, reason: str = "", *, actor: str
) -> bool:
    """Cancel a registration, a candidate's in its exam; whether it was confirmed before.
    Idempotent. Raises Missing."""
    registration = lock_registration(tx, org_id, registration_id)
    if not registration.sitting:
        return cancel_registration(tx, org_id, registration_id, actor=actor)
    cancel_sitting(tx, org_id, registration.uuid, reason, actor=actor)
    return registration.state is RegistrationState.CONFIRMED


def cancel_sitting(tx: Tx, org_id: OrgId, uuid: str, reason: str, *, actor: str) -> None:
    """Contract, Cancel a registration; idempotent. Raises Invalid."""
    if find_sitting(tx, org_id, uuid) is None:
        raise Invalid("sitting.missing", uuid=uuid)
    sitting = lock_sitting(tx, org_id, uuid)
    if sitting.state != RegistrationState.CONFIRMED:
        return
    _release(tx, org_id, sitting)
    set_attendance(tx, org_id, sitting, Attendance.WITHDRAWN)
    history.note(
        tx,
        org_id,
        sitting.registration_id,
        uuid,
        Change.CANCELLED,
        actor=actor,
        reason=reason,
        was={"state": sitting.state, "attendance": sitting.attendance.value},
        became={"state": "cancelled", "attendance": Attendance.WITHDRAWN.value},
    )
    retitle_without(tx, org_id, sitting.event_id, sitting.form_id)


def cancel_exam_by_staff(
    tx: Tx, org_id: OrgId, event_id: EventId, reason: str, *, actor: str
) -> bool:
    """Cancel an exam, and the registrations of its candidates in slices, each with its history;
    whether some are left for the next call. Idempotent. Raises Missing."""
    exam = get_exam(tx, org_id, event_id)
    if exam.state != EventState.CANCELLED:
        # Anyone who registers takes a place of the event, and so waits for this; or was first.
        set_event_state(tx, org_id, event_id, EventState.CANCELLED, actor=actor)
    rows = sql.list_confirmed(tx, org_id=org_id, event_id=event_id, limit=SLICE)
    for row in rows:
        cancel_sitting(tx, org_id, row.uuid, reason, actor=actor)
    return len(rows) == SLICE


def delete_sitting(tx: Tx, org_id: OrgId, uuid: str, *, actor: str) -> None:
    """Contract, Delete a registration; deleting what is not there is no error. The history stays.

    Raises Missing for another organization's.
    """
    sitting = find_sitting(tx, org_id, uuid)
    if sitting is None:
        if (target := find_name(tx, NAMESPACE, uuid)) and target.org_id != org_id:
            raise Missing("sitting.missing", uuid=uuid)
        return
    sitting = lock_sitting(tx, org_id, uuid)
    if sitting.state == RegistrationState.CONFIRMED:
        _release(tx, org_id, sitting)
    history.note(
        tx,
        org_id,
        sitting.registration_id,
        uuid,
        Change.DELETED,
        actor=actor,
        was={"state": sitting.state, "attendance": sitting.attendance.value},
    )
    registration_id = sitting.registration_id
    note_departure(tx, org_id, registration_id)
    sql.delete_accommodations(tx, org_id=org_id, registration_id=registration_id)
    sql.delete_sitting(tx, org_id=org_id, registration_id=registration_id)
    sql.delete_ticket_mails(tx, org_id=org_id, registration_id=registration_id)
    sql.delete_payments(tx, org_id=org_id, registration_id=registration_id)
    sql.delete_tickets(tx, org_id=org_id, registration_id=registration_id)
    sql.delete_registration(tx, org_id=org_id, registration_id=registration_id)
    drop_name(tx, org_id, NAMESPACE, uuid)
    retitle_without(tx, org_id, sitting.event_id, sitting.form_id)


def _release(tx: Tx, org_id: OrgId, sitting: Sitting) -> None:
    """Give up place, ticket and seat."""
    give_all_back(tx, org_id, lock_registration(tx, org_id, sitting.registration_id))
    sql.free_seat(tx, org_id=org_id, registration_id=sitting.registration_id)
