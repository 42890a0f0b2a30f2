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
from turnout.core.exams.lists import find_published_form, get_form
from turnout.core.exams.model import (
    Accommodation,
    Attendance,
    Change,
    Exam,
    ExamRequest,
    Form,
    Learner,
    Sitting,
)
from turnout.core.exams.planning import (
    find_or_make_exam,
    get_exam,
    retitle_for,
    retitle_without,
)
from turnout.core.exams.seats import find_seat
from turnout.core.exams.sittings import (
    NAMESPACE,
    began_with,
    check_confirmed,
    check_overlaps,
    check_types,
    find_sitting,
    grant,
    lock_sitting,
    make_passcode,
    require_sitting,
    set_time,
    spell_registrant,
    submitted_of,
)
from turnout.core.exams.sql import sql
from turnout.core.identity.names import Target, find_name, take_name
from turnout.core.ids import EventId, OrgId, RegistrationId
from turnout.core.registrations.booking import lock_registration
from turnout.core.registrations.granting import Wish
from turnout.core.registrations.granting import grant as grant_ticket
from turnout.core.registrations.granting import move as move_registration
from turnout.core.registrations.model import RegistrationState
from turnout.core.registrations.rules import Door
from turnout.core.text import fold
from turnout.errors import Conflict, Invalid
from turnout.store import Tx

SOURCE = "booking"


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
    sitting = _write(tx, org_id, registration_id, new, exam, learner, form)
    _seat(tx, org_id, sitting, new, exam, learner, form, actor)
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
    """Seat a learner who stands at an exam's door, as `seat_learner` does, and mark them present.
    Returns the registration's GUID."""
    uuid = seat_learner(
        tx,
        org_id,
        event_id,
        learner_code,
        form_code,
        accommodations=accommodations,
        actor=actor,
    )
    take_attendance(tx, org_id, uuid, Attendance.PRESENT, actor=actor)
    return uuid


def seat_learner(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    learner_code: str,
    form_code: str,
    *,
    accommodations: tuple[Accommodation, ...] = (),
    actor: str,
) -> str:
    """Seat a learner in this very exam, a closed one too; returns the registration's GUID.

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
    sitting = _write(tx, org_id, registration_id, new, exam, learner, form, Door.WALK_IN)
    _seat(tx, org_id, sitting, new, exam, learner, form, actor)
    return new.uuid


def _seat(
    tx: Tx,
    org_id: OrgId,
    sitting: Sitting,
    new: NewSitting,
    exam: Exam,
    learner: Learner,
    form: Form,
    actor: str,
) -> None:
    """What belongs to a registration that was just written: history, help and time."""
    began = began_with(exam, learner, form)
    history.note_birth(tx, org_id, sitting.registration_id, sitting.uuid, began, actor=actor)
    for accommodation in new.accommodations:
        grant(tx, org_id, sitting, accommodation, actor)
    if new.accommodations:
        set_time(tx, org_id, sitting, actor=actor)
    else:
        check_overlaps(tx, org_id, sitting, actor=actor)
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
    _move(tx, org_id, sitting, present, exam, move.reason, actor)
    for accommodation in move.accommodations:
        grant(tx, org_id, sitting, accommodation, actor)
    set_time(tx, org_id, sitting, actor=actor)
    retitle_without(tx, org_id, present.event_id, sitting.form_id)
    retitle_for(tx, org_id, exam, form)
    return exam.uuid


def move_into(
    tx: Tx, org_id: OrgId, uuid: str, event_id: EventId, reason: str = "", *, actor: str
) -> Exam:
    """Move a candidate to this very exam, with form, time and help; returns it.

    Raises Missing, Invalid for the exam that they are in, Conflict for a cancelled registration, an
    exam that is full, closed or cancelled, and where overlaps are refused."""
    sitting = require_sitting(tx, org_id, uuid)
    check_confirmed(sitting)
    present, exam = (get_exam(tx, org_id, id_) for id_ in (sitting.event_id, event_id))
    if exam.event_id == present.event_id:
        raise Invalid("sitting.in_exam", exam=exam.uuid)
    _move(tx, org_id, sitting, present, exam, reason, actor)
    check_overlaps(tx, org_id, lock_sitting(tx, org_id, uuid), actor=actor)
    retitle_without(tx, org_id, present.event_id, sitting.form_id)
    if sitting.form_id is not None:
        retitle_for(tx, org_id, exam, get_form(tx, org_id, sitting.form_id))
    return exam


def _check_new(tx: Tx, org_id: OrgId, uuid: str) -> None:
    target = find_name(tx, NAMESPACE, uuid)
    if target is None:
        return
    if target.org_id == org_id and (row := sql.get_found(tx, org_id=org_id, uuid=uuid)):
        name = " ".join(filter(None, (row.first_name, row.last_name)))
        raise Conflict("sitting.exists", uuid=uuid, name=name, exam=row.event_uuid)
    raise Conflict("sitting.exists_elsewhere", uuid=uuid)


@contextmanager
def refusals_of(exam: Exam) -> Iterator[None]:
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
    form: Form,
    door: Door = Door.EXAM,
) -> Sitting:
    """The registration, with the form and its time, and with the last of what `_seat` notes."""
    wish = Wish(
        door,
        exam.event_id,
        learner.person_id,
        None,
        source=SOURCE,
        submitted=submitted_of(learner),
        registration_id=registration_id,
        sitting_uuid=new.uuid,
    )
    with refusals_of(exam):
        granted = grant_ticket(tx, org_id, wish)
    sql.add_sitting(
        tx,
        org_id=org_id,
        registration_id=registration_id,
        event_id=exam.event_id,
        person_id=learner.person_id,
        form_id=form.id,
        registrant_type=spell_registrant(tx, org_id, new.registrant_type),
        sequence=sql.take_sequence(tx, org_id=org_id, event_id=exam.event_id),
        passcode=make_passcode(tx),
        time_limit=form.time_limit,
        seat=find_seat(tx, org_id, exam),
        now=tx.now,
        change_type=Change.FORM_ASSIGNED.value,
    )
    return Sitting(
        registration_id=registration_id,
        uuid=new.uuid,
        event_id=exam.event_id,
        person_id=learner.person_id,
        ticket_type_id=granted.ticket.ticket_type_id,
        state=RegistrationState.CONFIRMED.value,
        form_id=form.id,
        time_limit=form.time_limit,
        attendance=Attendance.PENDING,
    )


def _move(
    tx: Tx, org_id: OrgId, sitting: Sitting, present: Exam, exam: Exam, reason: str, actor: str
) -> None:
    registration = lock_registration(tx, org_id, sitting.registration_id)
    with refusals_of(exam):
        move_registration(tx, org_id, registration, exam.event_id, door=Door.EXAM)
    sql.move_sitting(
        tx,
        org_id=org_id,
        registration_id=sitting.registration_id,
        event_id=exam.event_id,
        sequence=sql.take_sequence(tx, org_id=org_id, event_id=exam.event_id),
        seat=find_seat(tx, org_id, exam),
    )
    history.note(
        tx,
        org_id,
        sitting.registration_id,
        sitting.uuid,
        Change.EVENT_CHANGED,
        actor=actor,
        reason=reason,
        was={"event": present.uuid},
        became={"event": exam.uuid},
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
