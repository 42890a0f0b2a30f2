"""Seating a cancelled candidate again: with a new ticket, and the form and help of before. A
candidate who was present is so again."""

from turnout.core.exams import history
from turnout.core.exams.model import Attendance, Change
from turnout.core.exams.planning import get_exam, retitle
from turnout.core.exams.seating import refusals_of
from turnout.core.exams.seats import find_seat
from turnout.core.exams.sittings import (
    check_overlaps,
    lock_sitting,
    require_sitting,
    set_attendance,
)
from turnout.core.exams.sql import sql
from turnout.core.ids import OrgId, RegistrationId
from turnout.core.registrations.booking import lock_registration
from turnout.core.registrations.granting import Wish, grant
from turnout.core.registrations.model import Registration, RegistrationState
from turnout.core.registrations.restoring import restore_registration
from turnout.core.registrations.rules import Door
from turnout.core.tickets.issuing import list_tickets, take_check_in_along
from turnout.store import Tx


def readmit(tx: Tx, org_id: OrgId, uuid: str, reason: str = "", *, actor: str) -> bool:
    """Confirm a candidate's registration again, in the same exam; whether it was cancelled.

    Idempotent. Raises Missing, Conflict for an exam that is full or cancelled, and where overlaps
    are refused."""
    sitting = require_sitting(tx, org_id, uuid)
    if sitting.state == RegistrationState.CONFIRMED:
        return False
    exam = get_exam(tx, org_id, sitting.event_id)
    registration = lock_registration(tx, org_id, sitting.registration_id)
    formers = list_tickets(tx, org_id, registration.id)
    with refusals_of(exam):
        new = grant(tx, org_id, _wish_for(registration)).ticket
    sql.reseat(
        tx,
        org_id=org_id,
        registration_id=sitting.registration_id,
        sequence=sql.take_sequence(tx, org_id=org_id, event_id=exam.event_id),
        seat=find_seat(tx, org_id, exam),
    )
    became = {"state": RegistrationState.CONFIRMED.value, "event": exam.uuid}
    if formers and take_check_in_along(tx, org_id, formers[-1].id, new.id):
        set_attendance(tx, org_id, sitting, Attendance.PRESENT)
        became["attendance"] = Attendance.PRESENT.value
    history.note(
        tx,
        org_id,
        sitting.registration_id,
        uuid,
        Change.REQUESTED,
        actor=actor,
        reason=reason,
        was={"state": sitting.state},
        became=became,
    )
    check_overlaps(tx, org_id, lock_sitting(tx, org_id, uuid), actor=actor)
    retitle(tx, org_id, exam.event_id)
    return True


def restore_any(tx: Tx, org_id: OrgId, registration_id: RegistrationId, *, actor: str) -> bool:
    """Confirm a cancelled registration again, a candidate's in its exam; whether it was cancelled.
    Raises as `readmit` and `restore_registration` do."""
    registration = lock_registration(tx, org_id, registration_id)
    if registration.sitting:
        return readmit(tx, org_id, registration.uuid, actor=actor)
    return restore_registration(tx, org_id, registration_id, actor=actor) is not None


def _wish_for(registration: Registration) -> Wish:
    """Staff seat a candidate in a closed exam too."""
    return Wish(
        Door.WALK_IN,
        registration.event_id,
        registration.person_id,
        None,
        registration.source,
        party_id=registration.party_id,
        sitting_uuid=registration.uuid,
        revived=registration,
    )
