"""Registering candidates for exams, and moving them to others.

Theory. A candidate is registered like anybody else: a place of the event, a ticket of its default
type, one registration; but as a sitting of its own, so that a learner may have several in one exam.
The exam's limit is the event's capacity, so it holds however many register at once. Every change
is written down (history.py) in its own transaction.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from turnout.core.exams import history
from turnout.core.exams.adjusting import take_attendance
from turnout.core.exams.learners import find_learner, find_learner_by_code
from turnout.core.exams.lists import find_published_form, find_value, get_form
from turnout.core.exams.model import (
    Accommodation,
    Attendance,
    Change,
    Exam,
    ExamRequest,
    Form,
    Learner,
    Sitting,
    ValueKind,
)
from turnout.core.exams.planning import (
    find_or_make_exam,
    get_exam,
    retitle_for,
    retitle_without,
)
from turnout.core.exams.sittings import (
    NAMESPACE,
    check_confirmed,
    check_types,
    find_sitting,
    grant,
    lock_sitting,
    set_time,
)
from turnout.core.exams.sql import sql
from turnout.core.identity.names import Target, find_name, take_name
from turnout.core.ids import EventId, OrgId, RegistrationId
from turnout.core.people.model import Contact
from turnout.core.registrations.booking import lock_registration
from turnout.core.registrations.granting import Wish
from turnout.core.registrations.granting import grant as grant_ticket
from turnout.core.registrations.granting import move as move_registration
from turnout.core.registrations.model import Submitted
from turnout.core.registrations.rules import Door
from turnout.core.text import fold
from turnout.errors import Conflict, Invalid
from turnout.store import Tx

SOURCE = "booking"
PASSCODE_LENGTH = 12


class NewSitting(msgspec.Struct, frozen=True):
    """A candidate's registration, as somebody asks for it. `learner` is a GUID, `form_code` an
    assessment's; texts empty = not given."""

    uuid: str
    exam: ExamRequest
    learner: str
    form_code: str
    registrant_type: str = ""
    accommodations: tuple[Accommodation, ...] = ()


class Move(msgspec.Struct, frozen=True):
    """Where a registration is moved to; what is not given stays as it is."""

    exam: ExamRequest
    learner: str
    reason: str = ""
    accommodations: tuple[Accommodation, ...] = ()


def book_seat(tx: Tx, org_id: OrgId, new: NewSitting, *, actor: str) -> str:
    """Book a candidate's seat in the exam that is asked for; returns the GUID of the exam's event.
    Contract, Create a registration.

    Raises Invalid and Conflict, in the contract's order.
    """
    check_types(new.accommodations)
    learner = find_learner(tx, org_id, new.learner)
    if learner is None:
        raise Invalid("learner.missing", learner=new.learner)
    form = find_published_form(tx, org_id, new.form_code)
    if form is None:
        raise Invalid("form.unknown", code=new.form_code)
    _check_new(tx, org_id, new.uuid)
    exam = find_or_make_exam(
        tx,
        org_id,
        new.exam,
        has_accommodations=bool(new.accommodations),
        form=form,
        actor=actor,
    )
    registration_id = RegistrationId(tx.next_id("registration"))
    try:
        take_name(tx, NAMESPACE, new.uuid, Target(org_id, "registration", registration_id))
    except Conflict:
        _check_new(tx, org_id, new.uuid)
        raise
    _write(tx, org_id, registration_id, new, exam, learner)
    _seat(tx, org_id, registration_id, new, exam, learner, form, actor)
    return exam.uuid


def add_walk_in(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    learner_code: str,
    form_code: str,
    *,
    accommodations: tuple[Accommodation, ...] = (),
    actor: str,
) -> str:
    """Seat a learner who stands at an exam's door, in a closed exam too, and mark them present.
    Returns the registration's GUID.

    Raises Missing for no such exam, Invalid for an unknown learner or form, Conflict for a full or
    cancelled exam and for a learner who sits in it already.
    """
    check_types(accommodations)
    exam = get_exam(tx, org_id, event_id)
    learner = find_learner_by_code(tx, org_id, learner_code)
    if learner is None:
        raise Invalid("learner.missing", learner=learner_code)
    form = find_published_form(tx, org_id, form_code)
    if form is None:
        raise Invalid("form.unknown", code=form_code)
    known = sql.list_learner_sittings(
        tx, org_id=org_id, event_id=event_id, code_key=fold(learner.code)
    )
    if known:
        raise Conflict("candidate.there", code=learner.code, uuid=known[0].uuid)
    new = NewSitting(tx.uuid(), ExamRequest(), learner.uuid, form.code, "", accommodations)
    registration_id = RegistrationId(tx.next_id("registration"))
    take_name(tx, NAMESPACE, new.uuid, Target(org_id, "registration", registration_id))
    _write(tx, org_id, registration_id, new, exam, learner, Door.WALK_IN)
    _seat(tx, org_id, registration_id, new, exam, learner, form, actor)
    take_attendance(tx, org_id, new.uuid, Attendance.PRESENT, actor=actor)
    return new.uuid


def _seat(
    tx: Tx,
    org_id: OrgId,
    registration_id: RegistrationId,
    new: NewSitting,
    exam: Exam,
    learner: Learner,
    form: Form,
    actor: str,
) -> None:
    """What belongs to a registration that was just written: history, form, help and time."""
    history.note(
        tx,
        org_id,
        registration_id,
        new.uuid,
        Change.REQUESTED,
        actor=actor,
        became={"event": exam.uuid, "learner": learner.uuid},
    )
    sql.set_form(tx, org_id=org_id, registration_id=registration_id, form_id=form.id)
    history.note(
        tx,
        org_id,
        registration_id,
        new.uuid,
        Change.FORM_ASSIGNED,
        actor=actor,
        became={"form": form.code},
    )
    sitting = lock_sitting(tx, org_id, new.uuid)
    for accommodation in new.accommodations:
        grant(tx, org_id, sitting, accommodation, actor)
    set_time(tx, org_id, sitting, actor=actor)
    retitle_for(tx, org_id, exam, form)


def move_candidate(tx: Tx, org_id: OrgId, uuid: str, move: Move, *, actor: str) -> str:
    """Move a candidate to another exam; returns the GUID of its event. The form stays. Contract,
    Transfer a registration.

    Raises Invalid and Conflict, in the contract's order.
    """
    sitting = find_sitting(tx, org_id, uuid)
    if sitting is None:
        raise Invalid("sitting.missing", uuid=uuid)
    sitting = lock_sitting(tx, org_id, uuid)
    if sitting.form_id is None:
        raise Invalid("sitting.without_form", uuid=uuid)
    learner = find_learner(tx, org_id, move.learner) if move.learner else None
    if move.learner and (learner is None or learner.person_id != sitting.person_id):
        raise Invalid("sitting.other_learner", learner=move.learner)
    check_types(move.accommodations)
    present = get_exam(tx, org_id, sitting.event_id)
    kept = sql.list_accommodations(tx, org_id=org_id, registration_id=sitting.registration_id)
    form = get_form(tx, org_id, sitting.form_id)
    exam = find_or_make_exam(
        tx,
        org_id,
        _fill_in(move.exam, present),
        is_type_kept=not move.exam.exam_type.strip(),
        has_accommodations=bool(kept or move.accommodations),
        form=form,
        actor=actor,
    )
    if exam.event_id == sitting.event_id:
        raise Invalid("sitting.in_exam", exam=exam.uuid)
    if learner is None:
        raise Invalid("learner.missing", learner=move.learner)
    check_confirmed(sitting)
    _move(tx, org_id, sitting, exam)
    history.note(
        tx,
        org_id,
        sitting.registration_id,
        uuid,
        Change.EVENT_CHANGED,
        actor=actor,
        reason=move.reason,
        was={"event": present.uuid},
        became={"event": exam.uuid},
    )
    for accommodation in move.accommodations:
        grant(tx, org_id, sitting, accommodation, actor)
    set_time(tx, org_id, sitting, actor=actor)
    retitle_without(tx, org_id, present.event_id, sitting.form_id)
    retitle_for(tx, org_id, exam, form)
    return exam.uuid


def _check_new(tx: Tx, org_id: OrgId, uuid: str) -> None:
    target = find_name(tx, NAMESPACE, uuid)
    if target is None:
        return
    if target.org_id == org_id and (row := sql.get_found(tx, org_id=org_id, uuid=uuid)):
        name = " ".join(filter(None, (row.first_name, row.last_name)))
        raise Conflict("sitting.exists", uuid=uuid, name=name, exam=row.event_uuid)
    raise Conflict("sitting.exists_elsewhere", uuid=uuid)


@contextmanager
def _refusals_of(exam: Exam) -> Iterator[None]:
    """What an exam says where an event is refused."""
    try:
        yield
    except Conflict as refusal:
        if refusal.code in ("event.full", "tickets.sold_out"):
            raise Conflict("exam.full", limit=exam.capacity, exam=exam.uuid) from refusal
        if refusal.code == "event.cancelled":
            raise Conflict("exam.cancelled", exam=exam.uuid) from refusal
        if refusal.code == "event.closed":
            raise Conflict("exam.closed", exam=exam.uuid) from refusal
        raise


def _write(
    tx: Tx,
    org_id: OrgId,
    registration_id: RegistrationId,
    new: NewSitting,
    exam: Exam,
    learner: Learner,
    door: Door = Door.EXAM,
) -> None:
    contact = Contact(
        email=learner.email, first_name=learner.first_name, last_name=learner.last_name
    )
    wish = Wish(
        door,
        exam.event_id,
        learner.person_id,
        None,
        source=SOURCE,
        submitted=Submitted(contact),
        registration_id=registration_id,
        sitting_uuid=new.uuid,
    )
    with _refusals_of(exam):
        grant_ticket(tx, org_id, wish)
    kind = ValueKind.REGISTRANT_TYPE
    code = tx.ids.code(PASSCODE_LENGTH)
    sql.add_sitting(
        tx,
        org_id=org_id,
        registration_id=registration_id,
        event_id=exam.event_id,
        person_id=learner.person_id,
        form_id=None,
        registrant_type=find_value(tx, org_id, kind, new.registrant_type) or new.registrant_type,
        sequence=sql.take_sequence(tx, org_id=org_id, event_id=exam.event_id),
        passcode="-".join(code[at : at + 4] for at in range(0, PASSCODE_LENGTH, 4)),
        time_limit=0,
        seat=_find_seat(tx, org_id, exam),
        now=tx.now,
        change_type=Change.REQUESTED.value,
    )


def _find_seat(tx: Tx, org_id: OrgId, exam: Exam) -> int | None:
    """The lowest free seat of the room that the exam is in."""
    if exam.room_id is None:
        return None
    taken = {seat for (seat,) in sql.list_seats(tx, org_id=org_id, event_id=exam.event_id)}
    return next(number for number in range(1, len(taken) + 2) if number not in taken)


def _move(tx: Tx, org_id: OrgId, sitting: Sitting, exam: Exam) -> None:
    registration = lock_registration(tx, org_id, sitting.registration_id)
    with _refusals_of(exam):
        move_registration(tx, org_id, registration, exam.event_id, door=Door.EXAM)
    sql.move_sitting(
        tx,
        org_id=org_id,
        registration_id=sitting.registration_id,
        event_id=exam.event_id,
        sequence=sql.take_sequence(tx, org_id=org_id, event_id=exam.event_id),
        seat=_find_seat(tx, org_id, exam),
    )


def _fill_in(wanted: ExamRequest, present: Exam) -> ExamRequest:
    """What is not given is as it is now."""
    return ExamRequest(
        venue=wanted.venue or present.venue_uuid,
        starts_at=wanted.starts_at if wanted.starts_at is not None else present.starts_at,
        exam_type=wanted.exam_type or present.exam_type,
        exam_format=wanted.exam_format or present.exam_format,
        billing_code=wanted.billing_code or present.billing_code,
    )
