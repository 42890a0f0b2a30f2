"""At every door held + available = quantity, and nobody is passed over.

What a grant gave is what giving it back returns, and every door refuses for the same reasons:
against a model that is as simple as the rules.
"""

import hypothesis
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.core.registrations.doors import GUESTS, HOURS, Doors
from tests.core.registrations.doors_model import HOUR_MS, INVITED, Model, Sale, Ticket
from tests.core.registrations.invariants import find_faults
from tests.support import proof
from tests.support.node import START, LocalNode

guests = st.sampled_from(GUESTS)
types = st.sampled_from([0, 1, 2])
campaigns = st.sampled_from(sorted(INVITED))
capacities = st.none() | st.integers(0, 3)
quantities = st.tuples(capacities, capacities, capacities)
rooms = st.tuples(capacities, capacities)
sessions = st.sampled_from([[0], [1], [0, 1]])
nths = st.integers(0, 7)
hours = st.none() | st.integers(0, 12)
more = st.none() | st.integers(0, 2)


def has_guests(machine: "People") -> bool:
    return bool(machine.model.guests)


def has_line(machine: "People") -> bool:
    return bool(machine.model.line)


class People(RuleBasedStateMachine):
    """People who come and go by every door. Subclasses give the node."""

    node: LocalNode
    sequences = 0
    steps = 0

    @initialize(capacity=capacities, quantities=quantities, rooms=rooms)
    def begin(self, capacity: int | None, quantities: tuple, rooms: tuple) -> None:
        type(self).sequences += 1
        self.node.clock.now = START
        self.doors = Doors(self.node, capacity, list(quantities), list(rooms))
        self.model = Model(capacity, list(quantities), list(rooms), HOURS, START)

    def expect(self, ended: object, expected: object) -> None:
        type(self).steps += 1
        assert ended == expected

    def choose(self, nth: int) -> tuple[str, str, Ticket]:
        """Somebody who is registered, and one of their tickets with its code."""
        chosen, ticket = [
            (name, ticket)
            for name, guest in sorted(self.model.guests.items())
            for ticket in guest.tickets
        ][nth % sum(len(guest.tickets) for guest in self.model.guests.values())]
        codes = list(self.doors.tickets()[chosen])
        own = self.model.guests[chosen].tickets
        [code] = (code for code, other in zip(codes, own, strict=True) if other is ticket)
        return chosen, code, ticket

    def choose_waiting(self, nth: int) -> str:
        """Somebody of the waiting list; sooner somebody who is still on it."""
        line = self.model.line
        chosen = [entry for entry in line if entry.is_open] or line
        return chosen[nth % len(chosen)].guest

    # -- in ---------------------------------------------------------------------------------

    @rule(guest=guests, type_=types)
    def page(self, guest: str, type_: int) -> None:
        self.expect(self.doors.page(guest, type_), self.model.register(guest, type_))

    @rule(guest=guests)
    def program(self, guest: str) -> None:
        self.expect(self.doors.program(guest), self.model.ask_program(guest))

    @rule(guest=guests, sessions=sessions)
    def queue(self, guest: str, sessions: list[int]) -> None:
        self.expect(self.doors.queue(guest, sessions), self.model.apply(guest, sessions))

    @rule(guest=guests, campaign=campaigns)
    def confirm(self, guest: str, campaign: int) -> None:
        self.expect(self.doors.confirm(guest, campaign), self.model.confirm(guest, campaign))

    @precondition(has_line)
    @rule(nth=nths)
    def take(self, nth: int) -> None:
        guest = self.choose_waiting(nth)
        self.expect(self.doors.take(guest), self.model.take(guest))

    # -- out --------------------------------------------------------------------------------

    @rule(guest=guests, campaign=campaigns)
    def decline(self, guest: str, campaign: int) -> None:
        self.expect(self.doors.decline(guest, campaign), "")
        self.model.decline(guest, campaign)

    @precondition(has_guests)
    @rule(nth=nths)
    def cancel(self, nth: int) -> None:
        chosen, *_ = self.choose(nth)
        self.expect(self.doors.cancel(chosen), "")
        self.model.cancel(chosen)

    # -- changes ----------------------------------------------------------------------------

    @precondition(has_guests)
    @rule(nth=nths, to=guests)
    def transfer(self, nth: int, to: str) -> None:
        chosen, code, ticket = self.choose(nth)
        self.expect(self.doors.transfer(code, to), self.model.transfer(chosen, ticket, to))

    @precondition(has_guests)
    @rule(nth=nths, type_=types)
    def change_type(self, nth: int, type_: int) -> None:
        _, code, ticket = self.choose(nth)
        self.expect(self.doors.change_type(code, type_), self.model.change_type(ticket, type_))

    # -- the waiting list -------------------------------------------------------------------

    @rule(guest=guests, type_=types)
    def join(self, guest: str, type_: int) -> None:
        self.expect(self.doors.join(guest, type_), self.model.join(guest, type_))

    @precondition(has_line)
    @rule(nth=nths)
    def leave(self, nth: int) -> None:
        guest = self.choose_waiting(nth)
        self.expect(self.doors.leave(guest), "")
        self.model.leave(guest)

    @rule(hours=st.sampled_from([1, 2]))
    def let_time_pass(self, hours: int) -> None:
        self.node.clock.advance(hours * 3600)
        self.model.now = self.node.clock.now

    @rule()
    def sweep(self) -> None:
        self.doors.sweep()
        self.model.let_lapse()

    # -- staff ------------------------------------------------------------------------------

    @rule(more=more)
    def set_capacity(self, more: int | None) -> None:
        capacity = None if more is None else self.model.held() + more
        self.doors.set_capacity(capacity)
        self.model.capacity = capacity
        self.model.promote()

    @rule(type_=types, more=more)
    def set_quantity(self, type_: int, more: int | None) -> None:
        quantity = None if more is None else self.model.held_of(type_) + more
        self.doors.set_quantity(type_, quantity)
        self.model.types[type_] = quantity
        self.model.promote()

    @rule(state=st.sampled_from(["open", "open", "closed", "draft"]))
    def set_state(self, state: str) -> None:
        self.doors.set_state(state)
        self.model.set_state(state)

    @rule(type_=types, held=st.sampled_from(["", "", "locked", "hidden"]), starts=hours, ends=hours)
    def set_sale(self, type_: int, held: str, starts: int | None, ends: int | None) -> None:
        at = [None if hour is None else START + hour * HOUR_MS for hour in (starts, ends)]
        if at[0] is not None and at[1] is not None and at[1] <= at[0]:
            at[1] = None
        sale = Sale(held == "locked", held == "hidden", *at)
        self.doors.set_sale(type_, **vars(sale))
        self.model.set_sale(type_, sale)

    @precondition(has_line)
    @rule(nth=nths)
    def offer_by_hand(self, nth: int) -> None:
        guest = self.choose_waiting(nth)
        self.expect(self.doors.offer_by_hand(guest), self.model.offer_by_hand(guest))

    @rule(session=st.sampled_from([0, 1]), is_closed=st.booleans())
    def set_session_state(self, session: int, is_closed: bool) -> None:
        self.doors.set_session_state(session, "closed" if is_closed else "open")
        change = self.model.closed_sessions.add if is_closed else self.model.closed_sessions.discard
        change(session)

    # -- what must be so --------------------------------------------------------------------

    @invariant()
    def all_is_as_in_the_model(self) -> None:
        if not hasattr(self, "doors"):
            return
        doors, model = self.doors, self.model
        own = {
            name: [ticket.type for ticket in guest.tickets] for name, guest in model.guests.items()
        }
        assert {name: list(found.values()) for name, found in doors.tickets().items()} == own
        booked = {name: guest.booked for name, guest in model.guests.items() if guest.booked}
        assert doors.bookings() == booked
        assert doors.held() == [
            (model.held(), model.capacity),
            *((model.held_of(type_), places) for type_, places in enumerate(model.types)),
            *((model.booked(session), places) for session, places in enumerate(model.sessions)),
        ]
        assert doors.line() == [(entry.guest, entry.state) for entry in model.line]
        assert doors.deadlines() == {offer.guest: offer.deadline for offer in model.offers()}
        assert doors.answers() == {
            (guest, campaign): model.answer(guest, campaign)
            for guest in GUESTS
            for campaign in INVITED
        }
        assert doors.db.call(find_faults) == {}


@pytest.mark.proof
def test_whatever_comes_by_every_door_places_add_up_and_nobody_is_passed_over(own_node):
    class Machine(People):
        node = own_node
        sequences = 0
        steps = 0

    hypothesis.stateful.run_state_machine_as_test(
        Machine,
        settings=hypothesis.settings(
            max_examples=proof.scale(6, 300), stateful_step_count=proof.scale(25, 60)
        ),
    )
    proof.report(
        "steps at every door",
        backend=own_node.db.backend,
        sequences=Machine.sequences,
        steps=Machine.steps,
        seed=proof.seed(),
    )
