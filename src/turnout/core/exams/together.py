"""The fast form of `book_seat`: candidates of one exam in few statements, those that are simple.

Theory. Where hundreds register for an exam at once, nearly all are known learners with a new GUID,
without accommodations, for an exam that is there and has room. Those are looked up and written
together, all or none; every other is registered alone (seating.py), which says why it refuses. The
order stays: simple ones are registered together with those right behind them, up to the first that
is not. So sequence numbers, seats and the last place go to whom they would go one by one.

Rules.
- Of one learner, and of one GUID, only the first of a batch can be simple.
- A learner who sits another exam at that time is left alone: their history says so.
- The slot of the venue and minute comes first, then names, places and the exam's sequence: the
  order in which registering alone locks them.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import groupby
from typing import NamedTuple

from turnout.core.events.model import EventState
from turnout.core.exams import history
from turnout.core.exams.lists import find_published_form
from turnout.core.exams.model import (
    Change,
    Exam,
    ExamRequest,
    Form,
    Learner,
    is_individual,
)
from turnout.core.exams.planning import find_exam_of, retitle_for
from turnout.core.exams.seating import SOURCE, NewSitting, book_seat
from turnout.core.exams.seats import list_free_seats
from turnout.core.exams.sittings import (
    NAMESPACE,
    began_with,
    make_passcode,
    spell_registrant,
    submitted_of,
)
from turnout.core.exams.sql import sql
from turnout.core.identity.names import list_taken, take_names
from turnout.core.ids import OrgId, PersonId, RegistrationId
from turnout.core.registrations.granting.together import Candidate, seat_together
from turnout.core.registrations.places import find_default_room
from turnout.core.registrations.rules import Door, find_refusal
from turnout.core.tickets.issuing import make_code
from turnout.errors import Failure
from turnout.store import NotTogetherError, Tx, attempt_together, to_json


class Booking(NamedTuple):
    """A candidate's registration, as somebody asks for it."""

    new: NewSitting
    actor: str


class _Case(NamedTuple):
    """A booking that is simple, and what it is about."""

    booking: Booking
    exam: Exam
    learner: Learner
    form: Form


def book_seats(tx: Tx, org_id: OrgId, bookings: Sequence[Booking]) -> list[str | Failure | None]:
    """`book_seat` for many who ask for one exam by the same words, in this order: the GUID of the
    exam's event, or why not. None = a row is held by another transaction: this one and all behind
    it are left."""
    answers: list[str | Failure | None] = []
    try:
        for answer in _book_each(tx, org_id, bookings):
            answers.append(answer)  # noqa: PERF402 - those before one that is held count
    except tx.held as error:
        tx.find_held(error)
    return [*answers, *[None] * (len(bookings) - len(answers))]


def _book_each(tx: Tx, org_id: OrgId, bookings: Sequence[Booking]) -> Iterator[str | Failure]:
    cases: Sequence[_Case | None] = [None] * len(bookings)
    if len(bookings) > 1:
        cases = attempt_together(tx, _look_up, org_id, bookings) or cases
    pairs = zip(bookings, cases, strict=True)
    for is_simple, run in groupby(pairs, key=lambda pair: pair[1] is not None):
        own = list(run)
        simple = [case for _, case in own if case]
        if is_simple and attempt_together(tx, _book, org_id, simple):
            yield from (case.exam.uuid for case in simple)
        else:
            yield from (_book_alone(tx, org_id, booking) for booking, _ in own)


def _book_alone(tx: Tx, org_id: OrgId, booking: Booking) -> str | Failure:
    try:
        with tx.savepoint():
            return book_seat(tx, org_id, booking.new, actor=booking.actor)
    except Failure as failure:
        return failure


# -- who is simple -------------------------------------------------------------------------


def _look_up(tx: Tx, org_id: OrgId, bookings: Sequence[Booking]) -> list[_Case | None]:
    """What each is about; None for one that is to be registered alone."""
    nobody: list[_Case | None] = [None] * len(bookings)
    wanted = [booking.new for booking in bookings]
    learners = _find_learners(tx, org_id, wanted)
    taken = list_taken(tx, NAMESPACE, [new.uuid for new in wanted])
    find_form = cache(lambda code: find_published_form(tx, org_id, code))
    exam = _find_exam(tx, org_id, wanted[0].exam) if learners else None
    if exam is None:
        return nobody
    seen: set[str] = set()
    cases = []
    for booking, new in zip(bookings, wanted, strict=True):
        learner, form = learners.get(new.learner), find_form(new.form_code)
        is_first = seen.isdisjoint((new.learner, new.uuid))
        seen |= {new.learner, new.uuid}
        is_simple = is_first and new.uuid not in taken and not new.accommodations
        cases.append(
            _Case(booking, exam, learner, form) if is_simple and learner and form else None
        )
    return _with_room(tx, org_id, exam, _with_time(tx, org_id, exam, cases))


def _find_learners(tx: Tx, org_id: OrgId, wanted: Sequence[NewSitting]) -> dict[str, Learner]:
    """By GUID."""
    uuids = to_json([*dict.fromkeys(new.learner for new in wanted)])
    found: list[Learner] = sql.list_learners_of(tx, org_id=org_id, uuids=uuids)
    return {learner.uuid: learner for learner in found}


def _find_exam(tx: Tx, org_id: OrgId, wanted: ExamRequest) -> Exam | None:
    """The exam that is asked for, if it is there and takes candidates."""
    if is_individual(wanted.exam_type.strip()):
        return None
    exam = find_exam_of(tx, org_id, wanted)
    if exam is None or find_refusal(Door.EXAM, EventState(exam.state), exam.ends_at, tx.now):
        return None
    return exam


def _with_time(
    tx: Tx, org_id: OrgId, exam: Exam, cases: Sequence[_Case | None]
) -> list[_Case | None]:
    """Those whose learners sit nothing else then."""
    rows = [(case.learner.person_id, case.form.time_limit) for case in cases if case]
    found = sql.list_busy(tx, org_id=org_id, starts_at=exam.starts_at, rows=to_json(rows))
    busy: set[PersonId] = {person_id for (person_id,) in found}
    return [None if case is None or case.learner.person_id in busy else case for case in cases]


def _with_room(tx: Tx, org_id: OrgId, exam: Exam, cases: list[_Case | None]) -> list[_Case | None]:
    """Those for whom places are left; the others are refused alone."""
    room = find_default_room(tx, org_id, exam.event_id)
    if room is None:
        return [None] * len(cases)
    limits = [left for left in (room.tickets_left, room.places_left) if left is not None]
    left = min(limits, default=len(cases))
    for place, case in enumerate(cases):
        if case is not None:
            left -= 1
            cases[place] = case if left >= 0 else None
    return cases


# -- writing -------------------------------------------------------------------------------


def _book(tx: Tx, org_id: OrgId, cases: Sequence[_Case]) -> bool:
    """Write all of them. Raises NotTogetherError."""
    exam = cases[0].exam
    ids = [RegistrationId(number) for number in tx.next_ids("registration", len(cases))]
    names: dict[str, int] = {
        case.booking.new.uuid: number for number, case in zip(ids, cases, strict=True)
    }
    if not take_names(tx, org_id, NAMESPACE, "registration", names):
        raise NotTogetherError
    codes = [(make_code(tx), make_passcode(tx)) for _ in cases]
    candidates = [
        Candidate(
            case.learner.person_id, submitted_of(case.learner), number, case.booking.new.uuid, code
        )
        for case, number, (code, _) in zip(cases, ids, codes, strict=True)
    ]
    seat_together(tx, org_id, exam.event_id, candidates, source=SOURCE)
    _add_sittings(tx, org_id, cases, ids, [passcode for _, passcode in codes])
    births = [
        history.Birth(
            number,
            case.booking.new.uuid,
            began_with(exam, case.learner, case.form),
            case.booking.actor,
        )
        for case, number in zip(cases, ids, strict=True)
    ]
    history.note_births(tx, org_id, births)
    for form in {case.form.id: case.form for case in cases}.values():
        retitle_for(tx, org_id, exam, form)
    return True


def _add_sittings(
    tx: Tx,
    org_id: OrgId,
    cases: Sequence[_Case],
    ids: Sequence[RegistrationId],
    passcodes: Sequence[str],
) -> None:
    exam = cases[0].exam
    spell = cache(lambda text: spell_registrant(tx, org_id, text))
    spelled = [spell(case.booking.new.registrant_type) for case in cases]
    first = sql.take_sequences(tx, org_id=org_id, event_id=exam.event_id, count=len(cases))
    seats = list_free_seats(tx, org_id, exam, len(cases))
    rows = [
        (
            number,
            case.learner.person_id,
            case.form.id,
            spelled[place],
            first + place,
            passcodes[place],
            case.form.time_limit,
            seats[place],
        )
        for place, (case, number) in enumerate(zip(cases, ids, strict=True))
    ]
    sql.add_sittings(
        tx,
        org_id=org_id,
        event_id=exam.event_id,
        change_type=Change.FORM_ASSIGNED.value,
        rows=to_json(rows),
        now=tx.now,
    )
