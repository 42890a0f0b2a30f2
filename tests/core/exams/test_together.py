"""Candidates who are registered together sit as they would one by one.

A state machine asks for the same seats in two colleges of one node: in one for all of a moment
together, in the other for one after another.
"""

from pathlib import Path
from typing import Any, NamedTuple

import hypothesis
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.core.exams.college import DAY_MS, HOUR_MS, LEARNERS, MORNING, College
from tests.core.registrations.invariants import find_faults
from tests.support import proof
from tests.support.node import START, LocalNode, new_database, open_node
from turnout.core.events.model import EventState
from turnout.core.exams import history, lists, planning, sittings
from turnout.core.exams.learners import NewLearner, add_learner
from turnout.core.exams.model import Accommodation, ExamRequest
from turnout.core.exams.seating import NewSitting, book_seat
from turnout.core.exams.together import Booking, book_seats
from turnout.core.registrations.places import set_event_capacity, set_ticket_capacity
from turnout.errors import Failure
from turnout.formats.pdf import PaperSize
from turnout.store import Tx

NUMBERS = 30
HELP = (Accommodation("Reader"), Accommodation("Time Extension", "", 60))


class Wish(NamedTuple):
    """A seat that is asked for in both colleges."""

    number: int
    learner: str
    form: str
    hours: int
    kind: str
    registrant: str
    help: int


wished = st.builds(
    Wish,
    st.integers(1, NUMBERS),
    st.sampled_from([*LEARNERS, *LEARNERS, *LEARNERS, "nobody"]),
    st.sampled_from(["W1", "W1", "w1 ", "W2", "BI"]),
    st.sampled_from([0, 0, 0, 1, 24, 48]),
    st.sampled_from(["Class", "Class", "Class", "Class", "Individual", "unheard of"]),
    st.sampled_from(["", "apprentice", "Stranger"]),
    st.sampled_from([0, 0, 0, 0, 1, 2]),
)
slots = st.sampled_from([0, 1, 24, 48])


class House:
    """One of the two colleges; what it says is told without its own GUIDs and numbers."""

    def __init__(self, node: LocalNode) -> None:
        self.college = College(node)
        self.db, self.org_id = node.db, self.college.org_id

    def new(self, wish: Wish) -> NewSitting:
        exam = self.college.exam(starts_at=MORNING + wish.hours * HOUR_MS, exam_type=wish.kind)
        learner = self.college.learners.get(wish.learner, wish.learner)
        uuid, helped = self.college.guid(wish.number), HELP[: wish.help]
        return NewSitting(uuid, exam, learner, wish.form, wish.registrant, helped)

    def ask_alone(self, wishes: list[Wish]) -> list[Any]:
        return [self.say(self._book(self.new(wish))) for wish in self._sorted(wishes)]

    def ask_together(self, wishes: list[Wish]) -> list[Any]:
        found: list[Any] = []
        news = [self.new(wish) for wish in self._sorted(wishes)]
        for exam in dict.fromkeys(new.exam for new in news):
            bookings = [Booking(new, "test") for new in news if new.exam == exam]
            found += self.db.call(book_seats, self.org_id, bookings)
        return [self.say(answer) for answer in found]

    def _sorted(self, wishes: list[Wish]) -> list[Wish]:
        """Exam by exam, as the gathering has them."""
        return sorted(wishes, key=lambda wish: (wish.hours, wish.kind))

    def _book(self, new: NewSitting) -> str | Failure:
        try:
            return self.db.call(book_seat, self.org_id, new, actor="test")
        except Failure as failure:
            return failure

    def say(self, answer: str | Failure | None) -> Any:
        assert answer is not None
        if isinstance(answer, Failure):
            return type(answer), answer.code
        return self.college.get_exam(answer).number

    def find_exam(self, hours: int) -> Any:
        wanted = ExamRequest(self.college.hall, MORNING + hours * HOUR_MS)
        return self.db.call(planning.find_exam_of, self.org_id, wanted)

    def look(self) -> Any:
        """All that registering writes."""
        return self.db.call(lambda tx: [_look(tx, text, self) for text in _KEPT])

    def list_changes(self) -> dict[int, Any]:
        return self.db.call(
            lambda tx: {number: self._changes(tx, number) for number in range(1, NUMBERS + 1)}
        )

    def _changes(self, tx: Tx, number: int) -> Any:
        entries = history.list_changes(tx, self.org_id, self.college.guid(number))
        return [(entry.type, entry.at, entry.actor, sorted(entry.became)) for entry in entries]


_KEPT = (
    "SELECT s.sequence, s.seat, s.time_limit, f.code, f.version, s.registrant_type, s.attendance,"
    " s.changed_at, s.change_type, length(s.passcode), l.code, p.email, r.state, r.source,"
    " r.answers, r.created_at, r.sitting = r.id, x.number, t.state, t.granted_by, t.created_at,"
    " y.is_default, d.noun, d.target_id = r.id FROM exam_registrations s"
    " JOIN registrations r ON r.org_id = s.org_id AND r.id = s.registration_id"
    " JOIN exams x ON x.org_id = s.org_id AND x.event_id = s.event_id"
    " JOIN assessment_forms f ON f.org_id = s.org_id AND f.id = s.form_id"
    " JOIN learners l ON l.org_id = s.org_id AND l.person_id = s.person_id"
    " JOIN people p ON p.org_id = s.org_id AND p.id = s.person_id"
    " JOIN tickets t ON t.org_id = s.org_id AND t.registration_id = s.registration_id"
    " JOIN ticket_types y ON y.org_id = t.org_id AND y.id = t.ticket_type_id"
    " JOIN directory d ON d.namespace = 'registration' AND d.name = r.uuid"
    " WHERE s.org_id = {org}",
    "SELECT x.number, e.title, e.state, e.held, e.capacity, x.next_sequence, y.held FROM exams x"
    " JOIN events e ON e.org_id = x.org_id AND e.id = x.event_id"
    " JOIN ticket_types y ON y.org_id = x.org_id AND y.event_id = x.event_id"
    " WHERE x.org_id = {org}",
)


def _look(tx: Tx, text: str, house: House) -> list[str]:
    return sorted(map(repr, tx.connection.execute(text.format(org=house.org_id)).fetchall()))


class Halls(RuleBasedStateMachine):
    """Two colleges in which the same is asked for. Subclasses give the node."""

    node: LocalNode
    colleges: int
    asked: int

    @initialize()
    def begin(self) -> None:
        type(self).colleges += 1
        self.node.clock.now = START
        self.together, self.alone = House(self.node), House(self.node)

    def for_both(self, change: Any) -> None:
        for house in (self.together, self.alone):
            change(house)
        self.compare()

    def for_exam(self, hours: int, change: Any) -> None:
        def do(house: House) -> None:
            if exam := house.find_exam(hours):
                change(house, exam)

        self.for_both(do)

    @rule(wishes=st.lists(wished, min_size=1, max_size=8))
    def ask(self, wishes: list[Wish]) -> None:
        type(self).asked += len(wishes)
        assert self.together.ask_together(wishes) == self.alone.ask_alone(wishes)
        self.compare()

    @rule(first=st.integers(1, NUMBERS - 4), hours=slots, order=st.permutations([*LEARNERS]))
    def rush(self, first: int, hours: int, order: list[str]) -> None:
        self.ask(
            [
                Wish(first + n, learner, "W1", hours, "Class", "", 0)
                for n, learner in enumerate(order)
            ]
        )

    @rule(hours=slots, more=st.none() | st.integers(0, 3))
    def set_limit(self, hours: int, more: int | None) -> None:
        def change(house: House, exam: Any) -> None:
            limit = None if more is None else exam.held + more
            house.db.call(set_event_capacity, house.org_id, exam.event_id, limit, actor="test")

        self.for_exam(hours, change)

    @rule(hours=slots, more=st.none() | st.integers(0, 3))
    def limit_tickets(self, hours: int, more: int | None) -> None:
        def change(house: House, exam: Any) -> None:
            find = "SELECT id, held FROM ticket_types WHERE event_id = {}"
            type_id, held = house.db.call(
                lambda tx: tx.connection.execute(find.format(exam.event_id)).fetchone()
            )
            limit = None if more is None else held + more
            house.db.call(set_ticket_capacity, house.org_id, type_id, limit, actor="test")

        self.for_exam(hours, change)

    @rule(hours=slots, state=st.sampled_from([*EventState, EventState.OPEN]))
    def set_state(self, hours: int, state: EventState) -> None:
        def change(house: House, exam: Any) -> None:
            of = (house.org_id, exam.event_id, state)
            house.db.call(planning.set_exam_state, *of, actor="test")

        self.for_exam(hours, change)

    @rule(hours=slots)
    def take_room(self, hours: int) -> None:
        """A room of many seats, which numbers those who sit in it."""

        def change(house: House, exam: Any) -> None:
            of = (house.org_id, exam.venue_id, "Large", 30)
            room = house.db.call(lists.add_room, *of, actor="test")
            house.db.call(lists.assign_room, house.org_id, exam, room.id, actor="test")

        self.for_exam(hours, change)

    @rule(number=st.integers(1, NUMBERS))
    def cancel(self, number: int) -> None:
        def change(house: House) -> None:
            uuid = house.college.guid(number)
            if house.db.call(sittings.find_sitting, house.org_id, uuid):
                house.college.cancel(number)

        self.for_both(change)

    @rule(is_refused=st.booleans())
    def refuse_overlaps(self, is_refused: bool) -> None:
        chosen = lists.ExamSettings(PaperSize.LETTER, is_refused)
        self.for_both(
            lambda house: house.db.call(lists.set_settings, house.org_id, chosen, actor="test")
        )

    @rule(days=st.sampled_from([0, 0, 1]))
    def wait(self, days: int) -> None:
        self.node.clock.now += days * DAY_MS + 1

    def compare(self) -> None:
        assert self.together.look() == self.alone.look()
        assert self.together.list_changes() == self.alone.list_changes()
        assert self.node.db.call(find_faults) == {}


@pytest.mark.proof
def test_together_everybody_sits_as_one_by_one(own_node):
    class Machine(Halls):
        node = own_node
        colleges = 0
        asked = 0

    hypothesis.stateful.run_state_machine_as_test(
        Machine,
        settings=hypothesis.settings(
            max_examples=proof.scale(5, 80), stateful_step_count=proof.scale(12, 40)
        ),
    )
    proof.report(
        "seats together",
        backend=own_node.db.backend,
        sequences=Machine.colleges,
        asked=Machine.asked,
        seed=proof.seed(),
    )


def test_those_who_are_simple_share_their_statements(tmp_path: Path) -> None:
    """Forty cost as many statements as four."""
    with open_node(new_database("sqlite", tmp_path)) as node:
        college = College(node)
        college.register(1)
        learners = node.db.call(_add_learners, college, 44)
        counts = [node.db.call(_count, college, part) for part in (learners[:4], learners[4:])]
    assert counts[0] == counts[1] < 40


def _add_learners(tx: Tx, college: College, count: int) -> list[str]:
    new = [NewLearner(f"X{n}", "Xenia", str(n), f"x{n}@example.com") for n in range(count)]
    return [add_learner(tx, college.org_id, learner, actor="test").uuid for learner in new]


def _count(tx: Tx, college: College, learners: list[str]) -> int:
    bookings = [Booking(NewSitting(uuid, college.exam(), uuid, "W1"), "test") for uuid in learners]
    texts: list[str] = []
    tx.connection.set_trace_callback(texts.append)
    answers = book_seats(tx, college.org_id, bookings)
    tx.connection.set_trace_callback(None)
    assert [isinstance(answer, str) for answer in answers] == [True] * len(learners)
    # A trigger names the statement that it belongs to once more for each row.
    return len({text for text in texts if "sequences" not in text})
