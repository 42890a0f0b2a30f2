"""After any sequence of verbs, all five APIs tell the same story of a person.

A slow model (story_model.py) says for each person what must be told of them: how their registration
stands, who is at the doors, who sits which exam, who is written to, and who is in the report. After
each step the APIs are asked over HTTP, and compared. Four are asked each time; an exam's door, roll
and report, and who is written to, when they must tell something new, and else every third time.
"""

from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.core.registrations.doors import GUESTS, HOURS
from tests.core.registrations.doors_model import Ticket
from tests.core.registrations.invariants import find_faults
from tests.e2e.story_model import PAY_HOURS, Human, Record, Seat, Story
from tests.e2e.story_world import EXAMS, HOUR_MS, LEARNERS, World
from tests.support import proof
from tests.support.node import BACKENDS, START, LocalNode, database, open_node

LETTERS = "abcdefgh"
letters = st.sampled_from(LETTERS)
types = st.sampled_from([0, 1, 2])
capacities = st.none() | st.integers(1, 4)
sessions = st.sampled_from([[0], [1], [0, 1]])
nths = st.integers(0, 7)
more = st.none() | st.integers(0, 2)
numbers = st.integers(1, 4)
exams = st.integers(0, EXAMS - 1)
# How often in a row what must tell the same as before is not asked.
TURN = 2


def has_guests(machine: "People") -> bool:
    return bool(machine.model.guests)


def has_line(machine: "People") -> bool:
    return any(entry.is_open for entry in machine.model.line)


def has_seats(machine: "People") -> bool:
    return bool(machine.model.seats)


def has_cancelled(machine: "People") -> bool:
    return bool(machine.list_cancelled())


class People(RuleBasedStateMachine):
    """People of one organization. Subclasses give the node."""

    node: LocalNode
    sequences = 0
    steps = 0
    told = 0
    seated = 0
    read: dict[int, list[dict[str, Any]]]
    """Who is at the doors that were asked since the last step: the event's (0), exams' (1, 2)."""
    asked: dict[str, tuple[object, int]]
    """What each part had to tell last, and how often it was passed over since it was asked."""

    @initialize(
        capacity=capacities,
        quantity=capacities,
        seats=capacities,
        learner=st.none() | st.sampled_from(LEARNERS),
        exam=exams,
    )
    def begin(
        self,
        capacity: int | None,
        quantity: int | None,
        seats: int | None,
        learner: str | None,
        exam: int,
    ) -> None:
        """Half the sequences begin with a seat in an exam."""
        type(self).sequences += 1
        self.read, self.asked = {}, {}
        self.node.clock.now = START
        quantities: list[int | None] = [None, quantity, None]
        rooms: list[int | None] = [seats, None]
        self.world = World(self.node, capacity, list(quantities), list(rooms))
        self.model = Story(capacity, quantities, rooms, HOURS, START)
        for letter in GUESTS:
            self.model.people[letter] = Human(letter, letter.title(), letter in LEARNERS)
        for campaign, own in self.world.invitees.items():
            for letter, invitation in own.items():
                self.model.invited[invitation] = (letter, campaign)
        if learner:
            self.book(1, learner, exam)

    def expect(self, ended: object, expected: object) -> None:
        type(self).steps += 1
        assert ended == expected

    # -- choosing ---------------------------------------------------------------------------

    def list_known(self) -> list[str]:
        """The letters of people whom the organization knows."""
        line = {entry.guest for entry in self.model.line}
        return [
            human.letter
            for key, human in sorted(self.model.people.items())
            if human.letter and (key in GUESTS or human.record or key in line)
        ]

    def choose_known(self, nth: int) -> str:
        known = self.list_known()
        return known[nth % len(known)]

    def choose_ticket(self, nth: int) -> tuple[str, Ticket]:
        held = [
            (key, ticket)
            for key, guest in sorted(self.model.guests.items())
            for ticket in sorted(guest.tickets, key=lambda ticket: ticket.code)
        ]
        return held[nth % len(held)]

    def record_of(self, key: str) -> Record:
        record = self.model.people[key].record
        assert record
        return record

    def list_cancelled(self) -> list[str]:
        """Who was registered and is no more; people who can still be named."""
        return [
            key
            for key, human in sorted(self.model.people.items())
            if human.letter and human.record and key not in self.model.guests
        ]

    # -- in ---------------------------------------------------------------------------------

    @rule(letter=letters, type_=types)
    def page(self, letter: str, type_: int) -> None:
        ended = self.world.page(letter, type_)
        self.expect(ended, self.model.register(self.model.know(letter), type_))

    @rule(letter=letters)
    def program(self, letter: str) -> None:
        self.expect(self.world.program(letter), self.model.ask_program(self.model.know(letter)))

    @rule(letter=letters, sessions=sessions)
    def queue(self, letter: str, sessions: list[int]) -> None:
        key = self.model.know(letter)
        items = self.world.queue_items(letter, sessions)
        expected = self.model.apply(key, sessions)
        self.expect([reason for _, reason in items], expected)
        if "" in expected:
            self.model.name_again(key, letter)
        for item, reason in items:
            self.model.items[item] = ("failed" if reason else "success", "" if reason else key)

    @rule(nth=nths)
    def confirm(self, nth: int) -> None:
        for invitation, key, campaign in self.choose_invitation(nth):
            ended = self.world.confirm_number(invitation)
            self.expect(ended, self.model.confirm(key, campaign))

    @rule(nth=nths)
    def decline(self, nth: int) -> None:
        for invitation, key, campaign in self.choose_invitation(nth):
            ended = self.world.decline_number(invitation)
            self.expect(ended, self.model.decline_unless_in(key, campaign))

    def choose_invitation(self, nth: int) -> Iterator[tuple[int, str, int]]:
        own = [
            (invitation, key, campaign)
            for invitation, (key, campaign) in sorted(self.model.invited.items())
            if self.model.people[key].letter
        ]
        if own:
            yield own[nth % len(own)]

    @rule(letter=letters, type_=types)
    def add(self, letter: str, type_: int) -> None:
        key = self.model.know(letter)
        refusal = self.model.add_by_staff(key, type_)
        self.expect(self.world.add(letter, type_), refusal)
        if not refusal:
            self.model.name_again(key, letter)

    @rule(letter=letters, type_=types)
    def walk_in(self, letter: str, type_: int) -> None:
        key = self.model.know(letter)
        refusal = self.model.add_by_staff(key, type_)
        self.expect(self.world.walk_in(letter, type_), refusal)
        if not refusal:
            self.model.name_again(key, letter)
            newest = max(self.model.tickets_of(key, type_), key=lambda ticket: ticket.order)
            self.model.check_in(newest)

    @rule(guests=st.lists(st.tuples(letters, types), min_size=1, max_size=3))
    def party(self, guests: list[tuple[str, int]]) -> None:
        self.expect(self.world.party(guests), self.model.party(guests))

    # -- out and back -----------------------------------------------------------------------

    @precondition(has_guests)
    @rule(nth=nths)
    def cancel(self, nth: int) -> None:
        key, _ = self.choose_ticket(nth)
        self.expect(self.world.cancel_number(self.record_of(key).number), "")
        self.model.cancel(key)

    @precondition(has_cancelled)
    @rule(nth=nths)
    def restore(self, nth: int) -> None:
        found = self.list_cancelled()
        key = found[nth % len(found)]
        self.expect(self.world.restore(self.record_of(key).number), self.model.restore(key))

    # -- changes ----------------------------------------------------------------------------

    @precondition(has_guests)
    @rule(nth=nths, letter=letters)
    def transfer(self, nth: int, letter: str) -> None:
        key, ticket = self.choose_ticket(nth)
        ended = self.world.transfer(ticket.code, letter)
        self.expect(ended, self.model.pass_on(key, ticket, letter))

    @precondition(has_guests)
    @rule(nth=nths, type_=types)
    def change_type(self, nth: int, type_: int) -> None:
        key, ticket = self.choose_ticket(nth)
        ended = self.world.change_type(ticket.code, type_)
        self.expect(ended, self.model.change_one(key, ticket, type_))

    @precondition(has_guests)
    @rule(nth=nths, session=st.integers(0, 1))
    def book_session(self, nth: int, session: int) -> None:
        key, _ = self.choose_ticket(nth)
        ended = self.world.book_session(self.record_of(key).number, session)
        self.expect(ended, self.model.book_session(key, session))

    @precondition(has_guests)
    @rule(nth=nths, session=st.integers(0, 1))
    def leave_session(self, nth: int, session: int) -> None:
        key, _ = self.choose_ticket(nth)
        self.expect(self.world.leave_session(self.record_of(key).number, session), "")
        self.model.guests[key].booked.discard(session)

    # -- people -----------------------------------------------------------------------------

    @rule(kept=nths, other=nths)
    def merge(self, kept: int, other: int) -> None:
        mine, theirs = self.choose_known(kept), self.choose_known(other)
        keys = [self.model.find(letter) or "" for letter in (mine, theirs)]
        self.expect(self.world.merge(mine, theirs), self.model.merge(*keys))

    @rule(nth=nths, letter=letters)
    def change_address(self, nth: int, letter: str) -> None:
        chosen = self.choose_known(nth)
        if letter not in self.list_known() and self.model.find(letter):
            return
        key = self.model.find(chosen) or ""
        ended = self.world.change_address(chosen, letter)
        self.expect(ended, self.model.change_address(key, letter))

    @rule(nth=nths)
    def rename(self, nth: int) -> None:
        chosen = self.choose_known(nth)
        self.expect(self.world.rename(chosen, "Zed"), "")
        self.model.people[self.model.find(chosen) or ""].first = "Zed"

    @precondition(lambda machine: len(machine.list_known()) > 3)
    @rule(nth=nths)
    def erase(self, nth: int) -> None:
        chosen = self.choose_known(nth)
        self.expect(self.world.erase(chosen), "")
        self.model.erase(self.model.find(chosen) or "")

    @rule(letter=letters)
    def opt_out(self, letter: str) -> None:
        self.world.opt_out(letter)
        self.model.refused.add(letter)

    # -- the waiting list -------------------------------------------------------------------

    @rule(letter=letters, type_=types)
    def join(self, letter: str, type_: int) -> None:
        ended = self.world.join(letter, type_)
        self.expect(ended, self.model.join(self.model.know(letter), type_))

    @precondition(has_line)
    @rule(nth=nths, is_taken=st.booleans())
    def answer_offer(self, nth: int, is_taken: bool) -> None:
        waiting = [entry for entry in self.model.line if entry.is_open]
        key = waiting[nth % len(waiting)].guest
        letter = self.model.people[key].letter
        if is_taken:
            self.expect(self.world.take(letter), self.model.take(key))
        else:
            self.expect(self.world.leave(letter), "")
            self.model.leave(key)

    @rule(hours=st.sampled_from([1, 2]))
    def let_time_pass(self, hours: int) -> None:
        self.node.clock.advance(hours * 3600)
        self.model.now = self.node.clock.now
        self.world.sweep()
        self.model.let_lapse()
        self.model.lapse()

    # -- staff ------------------------------------------------------------------------------

    @rule(more=more)
    def set_capacity(self, more: int | None) -> None:
        capacity = None if more is None else self.model.held() + more
        self.world.set_capacity(capacity)
        self.model.capacity = capacity
        self.model.promote()

    @rule(type_=types, more=more)
    def set_quantity(self, type_: int, more: int | None) -> None:
        quantity = None if more is None else self.model.held_of(type_) + more
        self.world.set_quantity(type_, quantity)
        self.model.types[type_] = quantity
        self.model.promote()

    @rule(state=st.sampled_from(["open", "open", "open", "closed", "draft", "cancelled"]))
    def set_state(self, state: str) -> None:
        self.world.set_state(state)
        self.model.set_state(state)

    @rule(day=st.integers(1, 20))
    def postpone(self, day: int) -> None:
        self.world.postpone(day)

    # -- the door ---------------------------------------------------------------------------

    @precondition(has_guests)
    @rule(nth=nths)
    def check_in(self, nth: int) -> None:
        _, ticket = self.choose_ticket(nth)
        self.expect(self.world.check(ticket.code), self.model.check_in(ticket))

    @precondition(has_guests)
    @rule(nth=nths)
    def undo(self, nth: int) -> None:
        _, ticket = self.choose_ticket(nth)
        self.expect(self.world.check(ticket.code, "uncheck"), 200)
        ticket.is_checked = False

    # -- payments ---------------------------------------------------------------------------

    @precondition(has_guests)
    @rule(nth=nths)
    def ask_payment(self, nth: int) -> None:
        _, ticket = self.choose_ticket(nth)
        ended = self.world.ask_payment(ticket.code, self.model.now + PAY_HOURS * HOUR_MS)
        self.expect(ended, self.model.ask(ticket))

    @precondition(has_guests)
    @rule(nth=nths, state=st.sampled_from(["paid", "waived", "refunded"]))
    def settle(self, nth: int, state: str) -> None:
        _, ticket = self.choose_ticket(nth)
        self.expect(self.world.settle(ticket.code, state), self.model.settle(ticket, state))

    @rule(is_refused=st.booleans())
    def refuse_unpaid(self, is_refused: bool) -> None:
        self.world.refuse_unpaid(is_refused=is_refused)
        self.model.refuses_unpaid = is_refused

    # -- exams ------------------------------------------------------------------------------

    @rule(number=numbers, learner=st.sampled_from(LEARNERS), exam=exams)
    def book(self, number: int, learner: str, exam: int) -> None:
        if exam in self.model.cancelled_exams:
            return  # another exam would be made at that time
        ended = self.world.book(number, learner, exam)
        self.expect(ended, self.model.book(number, learner, exam))
        type(self).seated += ended

    def choose_seat(self, nth: int) -> tuple[int, Seat]:
        seats = sorted(self.model.seats.items())
        return seats[nth % len(seats)]

    @precondition(has_seats)
    @rule(nth=nths, exam=exams)
    def move_seat(self, nth: int, exam: int) -> None:
        if exam in self.model.cancelled_exams:
            return  # another exam would be made at that time
        number, seat = self.choose_seat(nth)
        ended = self.world.move_seat(number, seat.key, exam)
        self.expect(ended, self.model.move(number, exam))

    @precondition(has_seats)
    @rule(nth=nths, grading=st.sampled_from(["A", "82 %", ""]))
    def grade(self, nth: int, grading: str) -> None:
        number, seat = self.choose_seat(nth)
        is_gone = seat.attendance == "Withdrawn"
        expected = "sitting.cancelled" if is_gone else ""
        self.expect(self.world.grade(number, grading), expected)
        if not is_gone:
            seat.grading = grading

    @precondition(has_seats)
    @rule(nth=nths)
    def cancel_seat(self, nth: int) -> None:
        number, seat = self.choose_seat(nth)
        self.world.cancel_seat(number)
        seat.attendance = "Withdrawn"

    @precondition(has_seats)
    @rule(nth=nths)
    def delete_seat(self, nth: int) -> None:
        number, _ = self.choose_seat(nth)
        self.world.delete_seat(number)
        del self.model.seats[number]

    @precondition(has_seats)
    @rule(nth=nths, attendance=st.sampled_from(["Pending", "Present", "Absent"]))
    def attend(self, nth: int, attendance: str) -> None:
        number, seat = self.choose_seat(nth)
        is_gone = seat.attendance == "Withdrawn"
        expected = "sitting.cancelled" if is_gone else ""
        self.expect(self.world.attend(number, attendance), expected)
        if not is_gone:
            seat.attendance = attendance

    @precondition(has_seats)
    @rule(nth=nths, action=st.sampled_from(["check", "uncheck"]))
    def scan_candidate(self, nth: int, action: str) -> None:
        """The door of an exam: a candidate who comes in is present."""
        _, seat = self.choose_seat(nth)
        if seat.attendance == "Withdrawn":
            return
        same = [one for one in self.model.sitting(seat.exam) if one.key == seat.key]
        codes = [
            one["tickets"][0]["code"]
            for one in self.world.attendees(1 + seat.exam)
            if one["email"] == self.email_of(seat.key)
        ]
        if len(same) != 1 or len(codes) != 1:
            return
        is_in = seat.attendance == "Present"
        status = self.world.check(codes[0], action, 1 + seat.exam)
        self.expect(status, 406 if action == "check" and is_in else 200)
        if action == "check":
            seat.attendance = "Present"
        elif is_in:
            seat.attendance = "Pending"

    @precondition(has_seats)
    @rule(nth=nths)
    def cancel_exam(self, nth: int) -> None:
        """Only one that has seats: nobody can be booked into it any more."""
        _, seat = self.choose_seat(nth)
        self.world.cancel_exam(seat.exam)
        self.model.end_exam(seat.exam)

    # -- what must be told ------------------------------------------------------------------

    def email_of(self, key: str) -> str | None:
        letter = self.model.people[key].letter
        return f"{letter}@example.com" if letter else None

    @invariant()
    def all_five_tell_one_story(self) -> None:
        if not hasattr(self, "world"):
            return
        self.read = {}
        self.compare_attendance()
        self.compare_registration()
        self.compare_booking()
        self.compare_messaging()
        self.compare_reporting()
        self.compare_devices()
        assert self.world.db.call(find_faults) == {}
        type(self).told += 4

    def is_due(self, part: str, expected: object) -> bool:
        """Whether to ask a part: it must tell something new, or was passed over often enough."""
        before, passed = self.asked.get(part, (None, TURN))
        is_due = expected != before or passed >= TURN
        self.asked[part] = (expected, 0 if is_due else passed + 1)
        return is_due

    def read_door(self, event: int) -> list[dict[str, Any]]:
        self.read[event] = self.world.attendees(event)
        return self.read[event]

    def compare_attendance(self) -> None:
        """Who comes with which tickets, checked in or not; and the outcome for all other codes."""
        found = self.read_door(0)
        self.learn(found)
        model = self.model
        assert {one["id"]: _attendee(one) for one in found} == {
            self.record_of(key).number: (
                self.email_of(key),
                model.people[key].first or None,
                {t.code: (self.world.type_ids[t.type], t.is_checked) for t in guest.tickets},
            )
            for key, guest in model.guests.items()
        }
        booked = {self.record_of(key).number: own.booked for key, own in model.guests.items()}
        assert self.world.list_booked() == {who: own for who, own in booked.items() if own}
        valid = {ticket.code for guest in model.guests.values() for ticket in guest.tickets}
        model.codes |= valid
        shown = [
            ticket for one in self.world.attendees(0, "?state=all") for ticket in one["tickets"]
        ]
        assert {ticket["code"]: ticket["state"] for ticket in shown} == {
            code: "valid" if code in valid and model.state != "cancelled" else "cancelled"
            for code in model.codes
        }
        for code in sorted(model.codes - valid)[:1]:
            assert self.world.check(code) == 406
        states = self.world.list_invitees()
        for invitation, (key, campaign) in model.invited.items():
            if email := self.email_of(key):
                assert states[invitation] == (email, model.answer(key, campaign))

    def compare_devices(self) -> None:
        """A device that asks for changes only lets in the same people as one that asks for all.
        What follows is later, so that it is a change."""
        if self.model.state == "cancelled":
            self.read[0] = []
        for event, door in self.read.items():
            assert self.world.sync(event) == {
                ticket["code"]: (one["id"], one["email"])
                for one in door
                for ticket in one["tickets"]
            }
        self.node.clock.advance(2)
        self.model.now = self.node.clock.now

    def learn(self, found: list) -> None:
        """Learn numbers and codes as they appear: they stay as they are from then on."""
        for key, guest in self.model.guests.items():
            for ticket in guest.tickets:
                if not ticket.code:
                    self._learn_ticket(found, key, ticket)

    def _learn_ticket(self, found: list, key: str, ticket: Ticket) -> None:
        """The oldest code of the type that is not known yet; several come back at once when a
        registration is restored."""
        new = [
            (other["code"], one["id"])
            for one in found
            for other in one["tickets"]
            if one["email"] == self.email_of(key)
            and other["ticket_id"] == self.world.type_ids[ticket.type]
            and other["code"] not in self.model.codes
        ]
        assert new, (key, ticket, found)
        ticket.code, number = new[0]
        ticket.order = len(self.model.codes)
        self.model.codes.add(ticket.code)
        record = self.record_of(key)
        record.number = record.number or number

    def compare_registration(self) -> None:
        """Every item ended as it was said once, and leads to the person of today."""
        items = self.model.items
        found = self.world.statuses(list(items))
        assert {item: status for item, (status, _) in found.items()} == {
            item: status for item, (status, _) in items.items()
        }
        for item, (_, key) in items.items():
            human = self.model.people.get(key, Human("", ""))
            if key and not human.number:
                human.number = found[item][1]
            assert found[item][1] == human.number
        numbers = [human.number for human in self.model.people.values() if human.number]
        assert len(set(numbers)) == len(numbers)

    def compare_booking(self) -> None:
        """Who sits which exam; at the exams' doors, lists and reports the same people sit."""
        model = self.model
        found = self.world.sittings()
        assert {uuid: _sitting(row) for uuid, row in found.items()} == {
            self.world.seat(number): (
                self.world.exam_uuids[seat.exam],
                self.email_of(seat.key),
                f"{model.people[seat.key].first} Guest",
                seat.attendance,
            )
            for number, seat in model.seats.items()
        }
        for exam in range(EXAMS):
            expected = sorted(
                (
                    self.world.seat(number),
                    self.email_of(seat.key) or "",
                    seat.attendance,
                    seat.grading,
                )
                for number, seat in model.seats.items()
                if seat in model.sitting(exam)
            )
            if self.is_due(f"exam {exam}", expected):
                self.compare_exam(exam, expected)

    def compare_exam(self, exam: int, expected: list[tuple[str, str, str, str]]) -> None:
        """Seats by GUID, address, attendance and grading: who is at the door, on the roll and in
        the report."""
        there = sorted((email, attendance == "Present") for _, email, attendance, _ in expected)
        doors = [
            (one["email"] or "", one["tickets"][0]["checked_at"] is not None)
            for one in self.read_door(1 + exam)
        ]
        assert sorted(doors) == there
        grades = {uuid: grading for uuid, _, _, grading in expected}
        assert self.world.list_grades(exam) == grades
        audience = self.world.audience(self.world.exam_ids[exam]) or []
        assert sorted(one["email"] for one in audience) == [email for email, _ in there]

    def compare_messaging(self) -> None:
        """Everybody who is registered and has an address gets one message, unless they refused."""
        letters = {self.model.people[key].letter for key in self.model.guests} - {""}
        expected = {f"{letter}@example.com": letter in self.model.refused for letter in letters}
        if self.is_due("messaging", expected):
            type(self).told += 1
            assert self.world.messaged(self.world.event_id) == expected

    def compare_reporting(self) -> None:
        """The audience are those who are registered; a draft is nobody's yet."""
        audience = self.world.audience(self.world.event_id)
        people, guests = self.model.people, self.model.guests
        assert (audience is None) == (self.model.state == "draft")
        if audience is None:
            return
        assert {int(one["id"]): (one["email"], one["fname"]) for one in audience} == {
            self.record_of(key).number: (self.email_of(key) or "", people[key].first)
            for key in guests
        }


def _attendee(one: dict) -> tuple:
    tickets = {
        ticket["code"]: (ticket["ticket_id"], ticket["checked_at"] is not None)
        for ticket in one["tickets"]
    }
    return one["email"], one["first_name"], tickets


def _sitting(row: dict) -> tuple:
    name = row.get("LearnerName")
    return row["EventIdentifier"], row.get("LearnerEmail"), name, row["AttendanceStatus"]


@pytest.fixture(params=BACKENDS)
def own_node(request, tmp_path) -> Iterator[LocalNode]:
    cluster = request.getfixturevalue("cluster") if request.param == "postgresql" else None
    with database(request.param, tmp_path, cluster) as url, open_node(url) as own:
        yield own


@pytest.mark.proof
def test_after_any_sequence_of_verbs_all_five_apis_tell_the_same_story(own_node):
    class Machine(People):
        node = own_node
        sequences = 0
        steps = 0
        told = 0
        seated = 0

    hypothesis.stateful.run_state_machine_as_test(
        Machine,
        settings=hypothesis.settings(
            max_examples=proof.scale(2, 50), stateful_step_count=proof.scale(12, 40)
        ),
    )
    proof.report(
        "one story",
        backend=own_node.db.backend,
        sequences=Machine.sequences,
        steps=Machine.steps,
        told=Machine.told,
        seated=Machine.seated,
        seed=proof.seed(),
    )
