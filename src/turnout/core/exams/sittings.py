"""A candidate's registration as it is kept: reading it, and what several verbs do to it."""

from collections.abc import Collection
from typing import Any, NamedTuple

from turnout.core.exams import history
from turnout.core.exams.lists import find_value, get_settings
from turnout.core.exams.model import (
    MINUTE_MS,
    Accommodation,
    Attendance,
    Change,
    Exam,
    Form,
    Learner,
    Sitting,
    ValueKind,
)
from turnout.core.exams.planning import get_exam
from turnout.core.exams.sql import sql
from turnout.core.ids import OrgId, RegistrationId
from turnout.core.people.model import Contact
from turnout.core.registrations.model import RegistrationState, Submitted
from turnout.core.text import fold
from turnout.errors import Conflict, Invalid, Missing
from turnout.store import Tx

NAMESPACE = "registration"
LONGEST_EXTENSION = 24 * 60
PASSCODE_LENGTH = 12


class ExamPlace(NamedTuple):
    """Where a candidate sits what: `room`, `form` and `grading` empty and `seat` None = not yet."""

    uuid: str
    room: str
    seat: int | None
    form: str
    grading: str


def find_place(tx: Tx, org_id: OrgId, registration_id: RegistrationId) -> ExamPlace | None:
    """The place of a registration for an exam; None = it is for none."""
    return sql.find_place(tx, org_id=org_id, registration_id=registration_id)


def find_sitting(tx: Tx, org_id: OrgId, uuid: str) -> Sitting | None:
    """The organization's registration with that GUID."""
    return sql.find_sitting(tx, org_id=org_id, uuid=uuid)


def lock_sitting(tx: Tx, org_id: OrgId, uuid: str) -> Sitting:
    """The same, which nobody else changes until this transaction ends. Raises Missing."""
    sitting = sql.lock_sitting(tx, org_id=org_id, uuid=uuid)
    if sitting is None:
        raise Missing("sitting.missing", uuid=uuid)
    return sitting


def require_sitting(tx: Tx, org_id: OrgId, uuid: str) -> Sitting:
    """Lock it, for the verbs that answer Missing. Raises Missing."""
    if find_sitting(tx, org_id, uuid) is None:
        raise Missing("sitting.missing", uuid=uuid)
    return lock_sitting(tx, org_id, uuid)


def began_with(exam: Exam, learner: Learner, form: Form) -> dict[Change, dict[str, Any]]:
    """What the history of a registration begins with."""
    return {
        Change.REQUESTED: {"event": exam.uuid, "learner": learner.uuid},
        Change.FORM_ASSIGNED: {"form": form.code},
    }


def submitted_of(learner: Learner) -> Submitted:
    """What a candidate's registration keeps as submitted."""
    return Submitted(
        Contact(email=learner.email, first_name=learner.first_name, last_name=learner.last_name)
    )


def spell_registrant(tx: Tx, org_id: OrgId, text: str) -> str:
    """A registrant type as the organization writes it; one that is not on its list as it is."""
    return find_value(tx, org_id, ValueKind.REGISTRANT_TYPE, text) or text


def make_passcode(tx: Tx) -> str:
    """A candidate's passcode: three groups of four characters."""
    code = tx.ids.code(PASSCODE_LENGTH)
    return "-".join(code[at : at + 4] for at in range(0, PASSCODE_LENGTH, 4))


def check_confirmed(sitting: Sitting) -> None:
    """Raise Conflict for a registration that is cancelled: it does not change any more."""
    if sitting.state != RegistrationState.CONFIRMED:
        raise Conflict("sitting.cancelled", uuid=sitting.uuid)


def list_accommodations(
    tx: Tx, org_id: OrgId, registration_id: RegistrationId
) -> list[Accommodation]:
    """What was granted, by type."""
    return sql.list_accommodations(tx, org_id=org_id, registration_id=registration_id)


def check_types(accommodations: tuple[Accommodation, ...]) -> None:
    """Raise Invalid for an accommodation without a type or with a time out of bounds."""
    if any(not accommodation.type.strip() for accommodation in accommodations):
        raise Invalid("accommodation.type")
    if any(
        not 0 <= accommodation.time_extension <= LONGEST_EXTENSION
        for accommodation in accommodations
    ):
        raise Invalid("accommodation.time", limit=LONGEST_EXTENSION)


def grant(
    tx: Tx, org_id: OrgId, sitting: Sitting, accommodation: Accommodation, actor: str
) -> None:
    """Write an accommodation down; `set_time` is to follow."""
    known = find_value(tx, org_id, ValueKind.ACCOMMODATION_TYPE, accommodation.type)
    type_ = known or accommodation.type.strip()
    sql.set_accommodation(
        tx,
        org_id=org_id,
        registration_id=sitting.registration_id,
        type_key=fold(type_),
        type=type_,
        name=accommodation.name,
        time_extension=accommodation.time_extension,
        now=tx.now,
    )
    history.note(
        tx,
        org_id,
        sitting.registration_id,
        sitting.uuid,
        Change.GRANTED,
        actor=actor,
        became={
            "accommodation": type_,
            "name": accommodation.name,
            "time_extension": accommodation.time_extension,
        },
    )


def set_attendance(tx: Tx, org_id: OrgId, sitting: Sitting, attendance: Attendance) -> bool:
    """Whether that changed anything."""
    return bool(
        sql.set_attendance(
            tx,
            org_id=org_id,
            registration_id=sitting.registration_id,
            attendance=attendance.value,
        )
    )


def list_overlapping(tx: Tx, org_id: OrgId, sitting: Sitting) -> list[str]:
    """The GUIDs of the learner's other registrations for that time; none of a cancelled one."""
    if sitting.state != RegistrationState.CONFIRMED:
        return []
    starts_at = get_exam(tx, org_id, sitting.event_id).starts_at
    rows = sql.list_overlapping(
        tx,
        org_id=org_id,
        person_id=sitting.person_id,
        registration_id=sitting.registration_id,
        starts_at=starts_at,
        ends_at=starts_at + sitting.time_limit * MINUTE_MS,
    )
    return [uuid for (uuid,) in rows]


def set_time(
    tx: Tx, org_id: OrgId, sitting: Sitting, *, known: Collection[str] = (), actor: str
) -> None:
    """Give a candidate the form's time and all extensions. Other exams that this makes overlap,
    beyond the `known`, are a warning in the history, or Conflict where the organization refuses
    them."""
    sql.set_time_limit(tx, org_id=org_id, registration_id=sitting.registration_id)
    check_overlaps(tx, org_id, lock_sitting(tx, org_id, sitting.uuid), known=known, actor=actor)


def check_overlaps(
    tx: Tx, org_id: OrgId, sitting: Sitting, *, known: Collection[str] = (), actor: str
) -> None:
    """What `set_time` says of other exams at the time that a candidate has now."""
    overlapping = [uuid for uuid in list_overlapping(tx, org_id, sitting) if uuid not in known]
    if not overlapping:
        return
    if get_settings(tx, org_id).refuses_overlaps:
        raise Conflict("exam.overlap", other=overlapping[0])
    history.note(
        tx,
        org_id,
        sitting.registration_id,
        sitting.uuid,
        Change.OVERLAP,
        actor=actor,
        became={"overlaps": overlapping},
    )
