"""Register, transfer, cancel, grant and revoke in any order, against a model that is as simple as
the rules."""

from dataclasses import dataclass, field
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.core.exams.college import DAY_MS, MORNING, College
from tests.core.registrations.invariants import find_faults
from tests.support import proof
from tests.support.node import START, LocalNode
from turnout.core.events.model import EventState
from turnout.core.events.programme import list_ticket_types
from turnout.core.exams import adjusting, leaving, planning
from turnout.core.exams.model import Accommodation
from turnout.core.people.model import Contact
from turnout.core.registrations.giving_back import cancel_registration
from turnout.core.registrations.joining import register_directly
from turnout.core.registrations.offers import join_list
from turnout.core.registrations.places import set_event_capacity
from turnout.core.registrations.transferring import transfer_ticket
from turnout.errors import Conflict, Invalid

STRANGER = Contact(email="stranger@example.com")
STATES = (EventState.DRAFT, EventState.OPEN, EventState.CLOSED)
LIMITS = {"W1": 120, "W2": 180}
numbers = st.integers(1, 6)
learners = st.sampled_from("abcd")
days = st.integers(0, 2)
nths = st.integers(0, 5)
forms = st.sampled_from(list(LIMITS))
types = st.sampled_from(["Reader", "Time Extension", "Scribe"])
extensions = st.sampled_from([0, 15, 60])


@dataclass
class Seat:
    """One registration: whose, which form, in which exam, with what."""

    learner: str
    form: str
    exam: str
    is_cancelled: bool = False
    granted: dict[str, int] = field(default_factory=dict)

    @property
    def minutes(self) -> int:
        return LIMITS[self.form] + sum(self.granted.values())


def has_exams(machine: "Candidates") -> bool:
    return bool(machine.shared)


def has_seats(machine: "Candidates") -> bool:
    return bool(machine.seats)


class Candidates(RuleBasedStateMachine):
    """Subclasses give the node."""

    node: LocalNode
    sequences = 0
    steps = 0

    @initialize()
    def begin(self) -> None:
        type(self).sequences += 1
        self.node.clock.now = START
        self.college = College(self.node)
        self.seats: dict[int, Seat] = {}
        # Exams that anybody may be registered for, by their day; limits by GUID.
        self.shared: dict[int, str] = {}
        self.limits: dict[str, int] = {}
        self.closed: set[str] = set()
        self.added = 0

    def held(self, exam: str) -> int:
        return len([seat for seat in self.seats.values()
                    if seat.exam == exam and not seat.is_cancelled])  # fmt: skip

    def has_room(self, exam: str | None) -> bool:
        """Whether one more may be seated there: a draft is only hidden, a closed exam is closed."""
        is_full = exam in self.limits and self.held(exam) >= self.limits[exam]
        return not is_full and exam not in self.closed

    def expect(self, is_possible: bool, act) -> str | None:
        type(self).steps += 1
        if is_possible:
            return act()
        with pytest.raises((Conflict, Invalid)):
            act()
        return None

    def seated(self, exam: str | None, made: str | None, day: int, *, is_alone: bool) -> str:
        """The exam that somebody was seated in is the shared one of that day, or a new one."""
        assert made is not None
        if is_alone or exam is None:
            known = {*self.shared.values(), *(seat.exam for seat in self.seats.values())}
            assert made not in known
            if not is_alone:
                self.shared[day] = made
        else:
            assert made == exam
        return made

    @rule(number=numbers, learner=learners, form=forms, day=days, is_alone=st.booleans())
    def register(self, number: int, learner: str, form: str, day: int, is_alone: bool) -> None:
        exam = None if is_alone else self.shared.get(day)
        is_possible = number not in self.seats and self.has_room(exam)
        chosen: dict[str, Any] = {"exam_type": "Individual"} if is_alone else {}
        starts_at = MORNING + day * DAY_MS
        made = self.expect(
            is_possible,
            lambda: self.college.register(number, learner, form, starts_at=starts_at, **chosen),
        )
        if is_possible:
            self.seats[number] = Seat(
                learner, form, self.seated(exam, made, day, is_alone=is_alone)
            )

    @rule(day=days, limit=st.none() | st.integers(1, 2))
    def add_exam(self, day: int, limit: int | None) -> None:
        if day in self.shared:
            return
        self.added += 1
        uuid = self.college.guid(500 + self.added)
        wanted = self.college.exam(starts_at=MORNING + day * DAY_MS, registration_limit=limit)
        self.college.db.call(planning.add_exam, self.college.org_id, uuid, wanted, actor="test")
        self.shared[day] = uuid
        if limit is not None:
            self.limits[uuid] = limit

    @precondition(has_exams)
    @rule(nth=nths, more=st.none() | st.integers(0, 2))
    def set_limit(self, nth: int, more: int | None) -> None:
        exam = self.choose_exam(nth)
        limit = None if more is None else self.held(exam) + more
        self.call_for(exam, set_event_capacity, limit)
        self.limits.pop(exam, None)
        if limit is not None:
            self.limits[exam] = limit

    @precondition(has_exams)
    @rule(nth=nths, state=st.sampled_from(STATES))
    def set_state(self, nth: int, state: EventState) -> None:
        exam = self.choose_exam(nth)
        self.call_for(exam, planning.set_exam_state, state)
        (self.closed.add if state is EventState.CLOSED else self.closed.discard)(exam)

    @precondition(has_exams)
    @rule(nth=nths)
    def come_by_another_door(self, nth: int) -> None:
        """Seats of an exam are booked by its organizer, wherever a stranger asks."""
        org_id, event_id = (
            self.college.org_id,
            self.college.get_exam(self.choose_exam(nth)).event_id,
        )
        type_id = self.college.db.call(list_ticket_types, org_id, event_id)[0].id
        for verb in (register_directly, join_list):
            type(self).steps += 1
            with pytest.raises(Conflict):
                self.college.db.call(verb, org_id, event_id, type_id, STRANGER)

    @precondition(has_seats)
    @rule(nth=nths)
    def leave_by_another_door(self, nth: int) -> None:
        """A candidate's ticket is their own, and what ends their registration is a cancelled
        sitting."""
        number, org_id = self.choose_seat(nth), self.college.org_id
        [registration_id] = self.college.sitting(number, "r.id")
        code = self.college.code(number)
        type(self).steps += 2
        with pytest.raises(Conflict):
            self.college.db.call(cancel_registration, org_id, registration_id, actor="test")
        with pytest.raises(Conflict):
            self.college.db.call(transfer_ticket, org_id, code, STRANGER, actor="test")

    def choose_exam(self, nth: int) -> str:
        return self.shared[sorted(self.shared)[nth % len(self.shared)]]

    def choose_seat(self, nth: int) -> int:
        return sorted(self.seats)[nth % len(self.seats)]

    def call_for(self, exam: str, verb, *arguments: Any) -> None:
        event_id = self.college.get_exam(exam).event_id
        self.college.db.call(verb, self.college.org_id, event_id, *arguments, actor="test")

    @precondition(has_seats)
    @rule(nth=nths, day=days)
    def transfer(self, nth: int, day: int) -> None:
        number = self.choose_seat(nth)
        seat = self.seats[number]
        exam = self.shared.get(day)
        is_possible = not seat.is_cancelled and seat.exam != exam and self.has_room(exam)
        starts_at = MORNING + day * DAY_MS
        made = self.expect(
            is_possible,
            lambda: self.college.transfer(
                number, seat.learner, starts_at=starts_at, exam_type="Class"
            ),
        )
        if is_possible:
            seat.exam = self.seated(exam, made, day, is_alone=False)

    @precondition(has_seats)
    @rule(nth=nths)
    def cancel(self, nth: int) -> None:
        number = self.choose_seat(nth)
        self.college.cancel(number)
        self.seats[number].is_cancelled = True
        type(self).steps += 1

    @rule(number=numbers)
    def delete(self, number: int) -> None:
        uuid = self.college.guid(number)
        self.college.db.call(leaving.delete_sitting, self.college.org_id, uuid, actor="test")
        self.seats.pop(number, None)

    @precondition(has_seats)
    @rule(nth=nths, type_=types, minutes=extensions)
    def grant(self, nth: int, type_: str, minutes: int) -> None:
        number = self.choose_seat(nth)
        seat = self.seats[number]
        granted = Accommodation(type_, "", minutes)
        uuid = self.college.guid(number)
        self.expect(
            not seat.is_cancelled,
            lambda: self.college.db.call(
                adjusting.grant_accommodation, self.college.org_id, uuid, granted, actor="test"
            ),
        )
        if not seat.is_cancelled:
            seat.granted[type_] = minutes

    @precondition(has_seats)
    @rule(nth=nths, type_=types)
    def revoke(self, nth: int, type_: str) -> None:
        number = self.choose_seat(nth)
        uuid = self.college.guid(number)
        self.college.db.call(
            adjusting.revoke_accommodation, self.college.org_id, uuid, type_, actor="test"
        )
        self.seats[number].granted.pop(type_, None)
        type(self).steps += 1

    @precondition(has_seats)
    @rule(nth=nths, form=forms)
    def change(self, nth: int, form: str) -> None:
        number = self.choose_seat(nth)
        seat = self.seats[number]
        uuid = self.college.guid(number)
        is_possible = form != seat.form and not seat.is_cancelled
        self.expect(
            is_possible,
            lambda: self.college.db.call(
                adjusting.assign_form, self.college.org_id, uuid, form, actor="test"
            ),
        )
        if is_possible:
            seat.form = form

    @invariant()
    def all_is_as_in_the_model(self) -> None:
        if not hasattr(self, "college"):
            return
        for number, seat in self.seats.items():
            found = self.college.find(number)
            assert found.event_uuid == seat.exam
            assert found.learner_code == f"L-{seat.learner.upper()}"
            assert found.form_code == seat.form
            assert (found.attendance == "Withdrawn") == seat.is_cancelled
            assert self.college.sitting(number, "s.time_limit") == (seat.minutes,)
        for exam in {*self.shared.values(), *(seat.exam for seat in self.seats.values())}:
            assert self.college.get_exam(exam).held == self.held(exam)
        assert len(self.college.search()) == len(self.seats)
        assert self.college.db.call(find_faults) == {}


@pytest.mark.proof
def test_after_any_sequence_of_commands_everybody_sits_where_they_should(own_node):
    class Machine(Candidates):
        node = own_node
        sequences = 0
        steps = 0

    hypothesis.stateful.run_state_machine_as_test(
        Machine,
        settings=hypothesis.settings(
            max_examples=proof.scale(6, 150), stateful_step_count=proof.scale(20, 50)
        ),
    )
    proof.report(
        "steps of booking",
        backend=own_node.db.backend,
        sequences=Machine.sequences,
        steps=Machine.steps,
        seed=proof.seed(),
    )
