"""What must be told of a person at every door, as simple as the rules, and without a database.

It adds to the model of an event's doors (doors_model.py) who people are: addresses and names that
change, two people who become one, people who are erased; the outcome for each ticket; and the seats
that candidates have in exams. `Model.guests` are by the key of a person here, not by an address.
"""

import copy
from dataclasses import dataclass, field

from tests.core.registrations.doors_model import HOUR_MS, STAFF, Entry, Guest, Model, Ticket

PAY_HOURS = 3
# As long as an event waits for a payment, at least: longer than any sequence lasts.
TERM_MS = 10 * 24 * HOUR_MS


@dataclass
class Record:
    """What a registration keeps when it is cancelled: its number, and what restoring gives again.
    `number` 0 = not seen yet."""

    type: int
    number: int = 0
    sessions: set[int] = field(default_factory=set)
    tickets: list[Ticket] = field(default_factory=list)


@dataclass
class Human:
    """A person. `letter` is their address, empty = they have none any more."""

    letter: str
    first: str
    is_learner: bool = False
    number: int = 0
    record: Record | None = None


@dataclass
class Seat:
    """A candidate's registration in an exam."""

    key: str
    exam: int
    attendance: str = "Pending"
    grading: str = ""


@dataclass
class Story(Model):
    """The organization: the event, its people and their exams."""

    people: dict[str, Human] = field(default_factory=dict)
    # Whose invitation it is, by its number: the person and the campaign.
    invited: dict[int, tuple[str, int]] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    seats: dict[int, Seat] = field(default_factory=dict)
    cancelled_exams: set[int] = field(default_factory=set)
    # The API's items: how they ended, and whose they are.
    items: dict[int, tuple[str, str]] = field(default_factory=dict)
    codes: set[str] = field(default_factory=set)
    refuses_unpaid: bool = False

    # -- people -----------------------------------------------------------------------------

    def find(self, letter: str) -> str | None:
        """Who has that address."""
        return next((key for key, human in self.people.items() if human.letter == letter), None)

    def know(self, letter: str) -> str:
        """Who has that address; somebody new where nobody has."""
        if key := self.find(letter):
            return key
        key = f"{letter}{len(self.people)}"
        self.people[key] = Human(letter, letter.title())
        return key

    def name_again(self, key: str, letter: str) -> None:
        """A trusted door says a name with the address. A learner's is an official record."""
        if not self.people[key].is_learner:
            self.people[key].first = letter.title()

    def change_address(self, key: str, letter: str) -> str:
        owner = self.find(letter)
        if owner and owner != key:
            return "person.address_taken"
        self.people[key].letter = letter
        return ""

    def erase(self, key: str) -> None:
        human = self.people[key]
        human.letter = ""
        if not human.is_learner:
            human.first = ""
        self.leave(key)

    def merge(self, kept: str, other: str) -> str:
        if kept == other:
            return "person.same"
        if self.people[other].is_learner:
            return "person.learner"
        for entry in self._double_waits(kept, other):
            entry.state = "left"
            self.promote()
        self._join_records(kept, other)
        self._move_invitations(kept, other)
        for entry in self.line:
            entry.guest = kept if entry.guest == other else entry.guest
        for item, (status, key) in self.items.items():
            self.items[item] = (status, kept if key == other else key)
        mine, theirs = self.people[kept], self.people[other]
        mine.letter = mine.letter or theirs.letter
        mine.first = mine.first or theirs.first
        theirs.letter = ""
        self.promote()
        return ""

    def _double_waits(self, kept: str, other: str) -> list[Entry]:
        both = [entry for entry in self.line if entry.is_open and entry.guest in (kept, other)]
        beside = {kept: other, other: kept}
        return [
            entry
            for place, entry in enumerate(both)
            if beside[entry.guest] in self.guests
            or any(first.guest != entry.guest for first in both[:place])
        ]

    def _join_records(self, kept: str, other: str) -> None:
        mine, theirs = self.people[kept], self.people[other]
        is_moved = mine.record is None or (kept not in self.guests and other in self.guests)
        if is_moved:
            mine.record, theirs.record = theirs.record, mine.record
        if other not in self.guests:
            return
        moved = self.guests.pop(other)
        double = {campaign for key, campaign in self.invited.values() if key == kept}
        for ticket in moved.tickets:
            if ticket.grant in {f"invitation {campaign}" for campaign in double}:
                # The invitation that gave it stays with the one who is gone.
                ticket.grant = f"invitation of {other}"
        own = self.guests.setdefault(kept, Guest([]))
        own.tickets += moved.tickets
        own.booked |= moved.booked

    def _move_invitations(self, kept: str, other: str) -> None:
        own = {campaign for key, campaign in self.invited.values() if key == kept}
        for invitation, (key, campaign) in self.invited.items():
            if key == other and campaign not in own:
                self.invited[invitation] = (kept, campaign)
                if (other, campaign) in self.declined:
                    self.declined[kept, campaign] = self.declined.pop((other, campaign))
                if (other, campaign) in self.confirmed:
                    self.confirmed[kept, campaign] = self.confirmed.pop((other, campaign))

    # -- in and out -------------------------------------------------------------------------

    def refuse_state(self, by: str) -> str:
        return "cancelled" if self.state == "cancelled" else super().refuse_state(by)

    def has_address(self, guest: str) -> bool:
        return bool(self.people[guest].letter)

    def enter(self, guest: str, type_: int, by: str) -> str:
        is_new = guest not in self.guests
        refusal = super().enter(guest, type_, by)
        if is_new and not refusal:
            self._write(guest, type_)
        return refusal

    def _write(self, key: str, type_: int) -> None:
        """A registration is made, or revived."""
        human = self.people[key]
        human.record = human.record or Record(type_)
        human.record.type = type_

    def give_back(self, guest: str, tickets: list[Ticket]) -> None:
        booked = set(self.guests[guest].booked)
        super().give_back(guest, tickets)
        record = self.people[guest].record
        if guest not in self.guests and record:
            record.sessions, record.tickets = booked, tickets

    def decline_unless_in(self, key: str, campaign: int) -> str:
        """Not once somebody came in with a ticket that it would give back."""
        if self.answer(key, campaign) == "declined":
            return ""
        if any(ticket.is_checked for ticket in self.list_given_back(key, campaign)):
            return "invitation.came"
        self.decline(key, campaign)
        return ""

    def add_by_staff(self, key: str, type_: int) -> str:
        return self.refuse_state(STAFF) or self.add(key, type_, STAFF)

    def restore(self, key: str) -> str:
        """The tickets and sessions of then that still have places."""
        if key in self.guests:
            return ""
        if reason := self.refuse_state(STAFF):
            return reason
        record = self.people[key].record
        assert record
        sessions = {session for session in record.sessions if self.has_seat(session)}
        formers = sorted(record.tickets, key=lambda ticket: ticket.type)
        formers = formers or [Ticket(record.type, STAFF, 0)]
        kept: list[Ticket] = []
        for former in formers:
            room, same = self.types[former.type], [one for one in kept if one.type == former.type]
            if room is None or self.held_of(former.type) + len(same) < room:
                kept.append(former)
        first = kept.pop() if kept else formers[-1]
        if refusal := self.enter(key, first.type, STAFF):
            return refusal
        own = self.guests[key]
        own.booked |= sessions
        own.tickets += [Ticket(former.type, STAFF, self.now) for former in kept]
        for former, new in zip([first, *kept], own.tickets, strict=True):
            self._pay_again(former, new)
        return ""

    def _pay_again(self, former: Ticket, new: Ticket) -> None:
        """What was to be paid, or was, comes back; what is due, or was paid back, has new time."""
        was_refunded = former.payment == "refunded"
        new.payment = "open" if was_refunded else former.payment
        new.due = former.due if former.due > self.now else self.now + TERM_MS

    def party(self, guests: list[tuple[str, int]]) -> str:
        """All or nobody; two with one address are refused."""
        letters = [letter for letter, _ in guests]
        if len(set(letters)) < len(letters):
            return "party.twice"
        before = copy.deepcopy(self.__dict__)
        for letter, type_ in guests:
            key = self.know(letter)
            if reason := self.add_by_staff(key, type_):
                self.__dict__ = before
                return reason
            self.name_again(key, letter)
        return ""

    def pass_on(self, key: str, ticket: Ticket, letter: str) -> str:
        """A ticket goes to somebody else, with what is to be paid for it."""
        if ticket.is_checked:
            return "ticket.used"
        if reason := self.refuse_state(STAFF):
            return reason
        to = self.know(letter)
        booked = set(self.guests[key].booked)
        if reason := self.transfer(key, ticket, to):
            return reason
        self.name_again(to, letter)
        self._write(to, ticket.type)
        new = self.guests[to].tickets[-1]
        new.payment, new.due = ticket.payment, ticket.due
        record = self.people[key].record
        if key not in self.guests and record and booked is not None:
            record.sessions, record.tickets = set(), []
        return ""

    def change_one(self, key: str, ticket: Ticket, type_: int) -> str:
        """Another type for a ticket that nobody came in with."""
        if ticket.is_checked:
            return "ticket.used"
        if reason := self.refuse_state(STAFF):
            return reason
        was, record = ticket.type, self.people[key].record
        if refusal := self.change_type(ticket, type_):
            return refusal
        if record and record.type == was:
            record.type = type_
        return ""

    def book_session(self, key: str, session: int) -> str:
        """By staff, whatever the event's state is."""
        own = self.guests[key]
        if session not in own.booked and not self.has_seat(session):
            return "session.taken"
        own.booked.add(session)
        return ""

    # -- the door ---------------------------------------------------------------------------

    def check_in(self, ticket: Ticket) -> int:
        """The status of the answer."""
        is_unpaid = self.refuses_unpaid and ticket.payment == "open"
        if self.state == "cancelled" or is_unpaid or ticket.is_checked:
            return 406
        ticket.is_checked = True
        return 200

    # -- payments ---------------------------------------------------------------------------

    def ask(self, ticket: Ticket) -> str:
        if self.state == "cancelled":
            return "ticket.cancelled"
        if ticket.payment:
            return "payment.exists"
        ticket.payment, ticket.due = "open", self.now + PAY_HOURS * HOUR_MS
        return ""

    def settle(self, ticket: Ticket, state: str) -> str:
        if ticket.payment == state:
            return ""
        if not ticket.payment:
            return "payment.none"
        before = {"paid": "open", "waived": "open", "refunded": "paid"}[state]
        has_ended = self.state == "cancelled" and ticket.payment == "open"
        if ticket.payment != before or has_ended:
            return "payment.settled"
        ticket.payment = state
        return ""

    def lapse(self) -> None:
        """What was not paid in time is given back, while the event is on."""
        if self.state == "cancelled":
            return
        overdue = [
            (key, ticket)
            for key, guest in self.guests.items()
            for ticket in guest.tickets
            if ticket.payment == "open" and ticket.due <= self.now
        ]
        for key, ticket in sorted(overdue, key=lambda one: one[1].due):
            self.give_back(key, [ticket])

    # -- exams ------------------------------------------------------------------------------

    def book(self, number: int, key: str, exam: int) -> bool:
        if number in self.seats or exam in self.cancelled_exams:
            return False
        self.seats[number] = Seat(key, exam)
        return True

    def move(self, number: int, exam: int) -> bool:
        """To another exam, with what was written down of the candidate."""
        seat = self.seats[number]
        if seat.exam == exam or seat.attendance == "Withdrawn":
            return False
        seat.exam = exam
        return True

    def end_exam(self, exam: int) -> None:
        self.cancelled_exams.add(exam)
        for seat in self.seats.values():
            if seat.exam == exam:
                seat.attendance = "Withdrawn"

    def sitting(self, exam: int) -> list[Seat]:
        """Who sits in an exam, and was not withdrawn."""
        return [
            seat
            for seat in self.seats.values()
            if seat.exam == exam and seat.attendance != "Withdrawn"
        ]
