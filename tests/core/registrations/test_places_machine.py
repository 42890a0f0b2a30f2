"""Whatever guests do in whatever order, held + available = quantity, and who waits is promoted in
order: against a model that is as simple as the rules."""

import itertools
from dataclasses import dataclass, field

import hypothesis
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.core.registrations.hall import GUESTS, Hall
from tests.core.registrations.invariants import find_faults
from tests.support import proof
from tests.support.builder import contact
from tests.support.node import START, LocalNode
from turnout.core.invitations.invitees import confirm, decline
from turnout.core.registrations.giving_back import cancel_registration
from turnout.core.registrations.joining import register_directly
from turnout.core.registrations.offers import join_list, leave_list, move_on, take_offer
from turnout.core.registrations.places import set_event_capacity, set_ticket_capacity
from turnout.core.registrations.transferring import change_ticket_type, transfer_ticket
from turnout.core.waiting_list.entries import get_entry, set_waiting_hours
from turnout.errors import Conflict

HOURS = 2
guests = st.sampled_from(GUESTS)
types = st.sampled_from([0, 1])
capacities = st.none() | st.integers(0, 4)


@dataclass
class Line:
    """One entry of the waiting list."""

    guest: str
    type_: int
    state: str = "waiting"
    deadline: int = 0


@dataclass
class Held:
    """A ticket: its type, the invitation that granted it (by its type), and when it was made."""

    type_: int
    invitation: int | None
    made_at: int


@dataclass
class Model:
    """What should be so: who has which tickets, who waits, who declined when."""

    capacity: int | None
    types: list[int | None]
    tickets: dict[str, list[Held]] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)
    declined: dict[tuple[int, str], int] = field(default_factory=dict)

    def held(self, type_: int | None = None) -> int:
        offered = [x.type_ for x in self.lines if x.state == "offered"]
        if type_ is None:
            return len(self.tickets) + len(offered)
        own = [ticket.type_ for tickets in self.tickets.values() for ticket in tickets]
        return [*own, *offered].count(type_)

    def has_room(self, type_: int, guest: str = "") -> bool:
        """Whether a ticket is left, and a place in the event unless the guest has one."""
        if self.offer(guest, type_):
            return True
        quantity = self.types[type_]
        is_left = quantity is None or self.held(type_) < quantity
        has_place = guest in self.tickets or self.capacity is None or self.held() < self.capacity
        return is_left and has_place

    def offer(self, guest: str, type_: int) -> Line | None:
        """The place of that type that is offered to the guest."""
        line = self.open_line(guest)
        is_own = line is not None and line.state == "offered" and line.type_ == type_
        return line if is_own else None

    def add(self, guest: str, ticket: Held, now: int) -> None:
        """Grant a ticket, with the place that is offered to the guest if there is one."""
        if line := self.offer(guest, ticket.type_):
            line.state = "taken"
        has_place = guest in self.tickets
        self.tickets.setdefault(guest, []).append(ticket)
        if line and has_place:
            self.promote(now)

    def is_confirmed(self, type_: int, guest: str) -> bool:
        after = self.declined.get((type_, guest), -1)
        own = self.tickets.get(guest, [])
        return any(ticket.type_ == type_ and ticket.made_at > after for ticket in own)

    def open_line(self, guest: str) -> Line | None:
        return next(
            (x for x in self.lines if x.guest == guest and x.state in ("waiting", "offered")), None
        )

    def promote(self, now: int) -> None:
        while True:
            waiting = (x for x in self.lines if x.state == "waiting" and self.has_room(x.type_))
            first = next(waiting, None)
            if first is None:
                return
            first.state, first.deadline = "offered", now + HOURS * 3_600_000


class Guests(RuleBasedStateMachine):
    """Guests who come and go. Subclasses give the node."""

    node: LocalNode
    sequences = 0
    steps = itertools.count()

    @initialize(capacity=capacities, hall=capacities, balcony=capacities)
    def begin(self, capacity: int | None, hall: int | None, balcony: int | None) -> None:
        type(self).sequences += 1
        self.node.clock.now = START
        self.hall = Hall(self.node, capacity, (hall, balcony))
        self.hall.call(set_waiting_hours, self.hall.event_id, HOURS, actor="test")
        self.model = Model(capacity, [hall, balcony])

    @property
    def now(self) -> int:
        return self.node.clock.now

    def expect(self, is_possible: bool, verb, *arguments, **named) -> bool:
        """The verb does it exactly when the model says that it can be done."""
        next(self.steps)
        if is_possible:
            self.hall.call(verb, *arguments, **named)
        else:
            with pytest.raises(Conflict):
                self.hall.call(verb, *arguments, **named)
        return is_possible

    @rule(guest=guests, type_=types)
    def confirm(self, guest: str, type_: int) -> None:
        invitee = self.hall.invitees[type_][guest]
        model = self.model
        has_one = type_ in [ticket.type_ for ticket in model.tickets.get(guest, [])]
        was_confirmed = model.is_confirmed(type_, guest)
        is_possible = has_one or model.has_room(type_, guest)
        if self.expect(is_possible, confirm, invitee, actor="test"):
            line = model.offer(guest, type_)
            if has_one and line and not was_confirmed:
                line.state = "taken"
                model.promote(self.now)
            if not has_one:
                model.add(guest, Held(type_, type_, self.now), self.now)
            if not model.is_confirmed(type_, guest):
                del model.declined[type_, guest]

    @rule(guest=guests, type_=types)
    def decline(self, guest: str, type_: int) -> None:
        model = self.model
        self.expect(True, decline, self.hall.invitees[type_][guest], actor="test")
        if not model.is_confirmed(type_, guest) and (type_, guest) in model.declined:
            return
        own = model.tickets.pop(guest, [])
        if kept := [ticket for ticket in own if ticket.invitation != type_]:
            model.tickets[guest] = kept
        if kept != own:
            model.promote(self.now)
        after = [ticket.made_at for ticket in kept if ticket.type_ == type_]
        model.declined[type_, guest] = max(after, default=0)

    @rule(guest=guests, type_=types)
    def register(self, guest: str, type_: int) -> None:
        model = self.model
        is_possible = guest in model.tickets or model.has_room(type_, guest)
        arguments = (self.hall.event_id, self.hall.type_ids[type_], contact(guest))
        line = model.offer(guest, type_)
        if self.expect(is_possible, register_directly, *arguments):
            if guest not in model.tickets:
                model.add(guest, Held(type_, None, self.now), self.now)
            elif line and model.tickets[guest][-1].type_ == type_:
                line.state = "taken"
                model.promote(self.now)

    @rule(guest=guests)
    def cancel(self, guest: str) -> None:
        if guest in self.model.tickets:
            self.expect(True, cancel_registration, self.hall.registration_id(guest), actor="test")
            del self.model.tickets[guest]
            self.model.promote(self.now)

    @rule(guest=guests, other=guests)
    def transfer(self, guest: str, other: str) -> None:
        model = self.model
        if guest not in model.tickets:
            return
        first, *rest = model.tickets[guest]
        has_place = not rest or model.capacity is None or model.held() < model.capacity
        is_possible = other not in model.tickets and has_place
        code = self.hall.code(guest)
        if self.expect(is_possible, transfer_ticket, code, contact(other), actor="test"):
            del model.tickets[guest]
            if rest:
                model.tickets[guest] = rest
            model.tickets[other] = [Held(first.type_, None, self.now)]

    @rule(guest=guests, type_=types)
    def change_type(self, guest: str, type_: int) -> None:
        model = self.model
        if guest in model.tickets:
            first = model.tickets[guest][0]
            quantity = model.types[type_]
            is_left = quantity is None or model.held(type_) < quantity
            is_possible = is_left or first.type_ == type_
            arguments = (self.hall.code(guest), self.hall.type_ids[type_])
            if self.expect(is_possible, change_ticket_type, *arguments, actor="test"):
                was, first.type_ = first.type_, type_
                if was != type_:
                    model.promote(self.now)

    @rule(guest=guests, type_=types)
    def join(self, guest: str, type_: int) -> None:
        model = self.model
        is_on_it = model.open_line(guest) is not None
        is_possible = is_on_it or (guest not in model.tickets and not model.has_room(type_))
        arguments = (self.hall.event_id, self.hall.type_ids[type_], contact(guest))
        if self.expect(is_possible, join_list, *arguments) and not is_on_it:
            model.lines.append(Line(guest, type_))

    @rule(guest=guests)
    def take(self, guest: str) -> None:
        model = self.model
        line = next((x for x in reversed(model.lines) if x.guest == guest), None)
        if line is None:
            return
        is_offered = line.state == "offered" and line.deadline > self.now
        is_possible = line.state == "taken" or is_offered
        entry = self.hall.entry(guest)
        if self.expect(is_possible, take_offer, entry, actor="test") and line.state != "taken":
            has_one = line.type_ in [ticket.type_ for ticket in model.tickets.get(guest, [])]
            if has_one:
                line.state = "taken"
                model.promote(self.now)
            else:
                model.add(guest, Held(line.type_, None, self.now), self.now)

    @rule(guest=guests)
    def leave(self, guest: str) -> None:
        if line := self.model.open_line(guest):
            self.expect(True, leave_list, self.hall.entry(guest), actor="test")
            was, line.state = line.state, "left"
            if was == "offered":
                self.model.promote(self.now)

    @rule(hours=st.sampled_from([1, 2]))
    def let_time_pass(self, hours: int) -> None:
        self.node.clock.advance(hours * 3600)
        self.sweep()

    @rule(type_=types, more=st.none() | st.integers(0, 2))
    def set_quantity(self, type_: int, more: int | None) -> None:
        quantity = None if more is None else self.model.held(type_) + more
        self.expect(True, set_ticket_capacity, self.hall.type_ids[type_], quantity, actor="test")
        self.model.types[type_] = quantity
        self.model.promote(self.now)

    @rule(more=st.none() | st.integers(0, 2))
    def set_capacity(self, more: int | None) -> None:
        capacity = None if more is None else self.model.held() + more
        self.expect(True, set_event_capacity, self.hall.event_id, capacity, actor="test")
        self.model.capacity = capacity
        self.model.promote(self.now)

    def sweep(self) -> None:
        self.hall.db.call(move_on)
        overdue = [x for x in self.model.lines if x.state == "offered" and x.deadline <= self.now]
        for line in sorted(overdue, key=lambda x: x.deadline):
            line.state = "lapsed"
            self.model.promote(self.now)
        self.model.promote(self.now)

    @invariant()
    def all_is_as_in_the_model(self) -> None:
        if not hasattr(self, "hall"):
            return
        model = self.model
        own = {g: [ticket.type_ for ticket in tickets] for g, tickets in model.tickets.items()}
        assert self.hall.tickets() == own
        assert self.hall.queue(is_all=True) == [(x.guest, x.state) for x in model.lines]
        event, types = self.hall.places()
        assert event == (model.held(), model.capacity)
        assert types == [(model.held(n), model.types[n]) for n in (0, 1)]
        for line in model.lines:
            if line.state == "offered":
                entry = self.hall.call(get_entry, self.hall.entry(line.guest))
                assert entry.deadline_at == line.deadline
        assert self.hall.db.call(find_faults) == {}


@pytest.mark.proof
def test_after_any_sequence_places_add_up_and_the_list_is_in_order(own_node):
    class Machine(Guests):
        node = own_node
        sequences = 0
        steps = itertools.count()

    hypothesis.stateful.run_state_machine_as_test(
        Machine,
        settings=hypothesis.settings(
            max_examples=proof.scale(10, 200), stateful_step_count=proof.scale(25, 50)
        ),
    )
    proof.report(
        "steps of places and waiting",
        backend=own_node.db.backend,
        sequences=Machine.sequences,
        steps=next(Machine.steps),
        seed=proof.seed(),
    )
