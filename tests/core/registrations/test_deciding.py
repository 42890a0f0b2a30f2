"""Whatever happens in whatever order: counts are true, places never oversold, tickets one each.

A state machine on both databases. Every step is a verb of the product or, where there is none
yet, the change of a capacity; after every step all of `invariants.ALWAYS` is asked.
"""

from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.core.registrations.desk import Desk
from tests.core.registrations.invariants import find_faults
from tests.support import proof
from tests.support.node import LocalNode
from turnout.core.events.model import EventState, SessionState
from turnout.core.events.programme import (
    create_ticket_type,
    list_ticket_types,
    set_session_state,
)
from turnout.core.events.sessions import SessionChange, change_session
from turnout.core.events.ticket_types import TicketTypeChange, edit_ticket_type
from turnout.core.people.model import Contact
from turnout.core.registrations.changing import add_by_staff
from turnout.core.registrations.choices import set_choices
from turnout.core.registrations.giving_back import cancel_registration
from turnout.core.registrations.intake import process
from turnout.core.registrations.places import (
    set_event_capacity,
    set_event_state,
    set_ticket_capacity,
)
from turnout.core.waiting_list.entries import list_entries
from turnout.errors import Conflict

PEOPLE = ("ada@example.com", "ADA@example.com ", "bob@example.com", "eve@example.com")
people = st.sampled_from(PEOPLE)
picks = st.lists(st.integers(0, 2), min_size=1, max_size=3)
# What a sequence leaves, each before what it refers to: the next one's checks stay quick.
TABLES = (
    "session_bookings",
    "tickets",
    "registrations",
    "people",
    "queue_items",
    "submissions",
    "ticket_types",
    "sessions",
    "channel_events",
    "events",
)
capacities = st.none() | st.integers(0, 3)


class Registering(RuleBasedStateMachine):
    """One account's programme with few places, and few people who want them."""

    node: LocalNode
    accounts: int
    checks: int

    @initialize()
    def begin(self) -> None:
        machine = type(self)
        machine.accounts += 1
        self.desk = Desk(self.node, self.node.add_account(f"account-{machine.accounts}"))
        self.db = self.desk.db
        self.waiting = 0

    @rule(email=people, numbers=picks)
    def apply(self, email: str, numbers: list[int]) -> None:
        self.desk.accept(self.desk.apply(email, [self.desk.paks[n] for n in numbers]))
        self.waiting += 1

    @rule(email=people)
    def apply_for_channel(self, email: str) -> None:
        self.desk.accept(self.desk.apply_for_channel(email))
        self.waiting += 1

    @rule(email=people)
    def apply_for_everything(self, email: str) -> None:
        self.desk.decide(self.desk.apply(email), self.desk.apply_for_channel(email))
        self.waiting = 0

    @rule(limit=st.integers(1, 4))
    def process(self, limit: int) -> None:
        done = self.node.db.call(process, limit).done
        assert done == min(limit, self.waiting)
        self.waiting -= done

    @rule(email=people)
    def cancel(self, email: str) -> None:
        kept = self.desk.find(email)
        if kept:
            was_confirmed = self.db.call(
                cancel_registration, self.desk.org_id, kept.registration.id, actor="test"
            )
            assert was_confirmed == (kept.registration.state == "confirmed")
            assert was_confirmed == bool(kept.sessions)

    @rule(capacity=capacities)
    def set_event_capacity(self, capacity: int | None) -> None:
        held = self.desk.held().event
        event = (self.desk.org_id, self.desk.event.id)
        if capacity is not None and capacity < held:
            with pytest.raises(Conflict):
                self.db.call(set_event_capacity, *event, capacity, actor="test")
        else:
            changed = self.db.call(set_event_capacity, *event, capacity, actor="test")
            assert changed.capacity == capacity

    @rule(number=st.integers(0, 2), more=st.integers(0, 2))
    def set_session_capacity(self, number: int, more: int) -> None:
        held = self.desk.held().sessions[number]
        self.desk.set("sessions", self.desk.account.sessions[number].id, capacity=held + more)

    @rule(more=st.integers(0, 2))
    def set_ticket_capacity(self, more: int) -> None:
        held = self.desk.held().tickets
        self.desk.set("ticket_types", self.desk.ticket_type_id, capacity=held + more)

    @rule(number=st.integers(0, 2), state=st.sampled_from(SessionState))
    def set_session_state(self, number: int, state: SessionState) -> None:
        session_id = self.desk.account.sessions[number].id
        self.db.call(set_session_state, self.desk.org_id, session_id, state, actor="test")

    @rule(state=st.sampled_from(EventState))
    def set_event_state(self, state: EventState) -> None:
        self.db.call(set_event_state, self.desk.org_id, self.desk.event.id, state, actor="test")

    @invariant()
    def counts_are_true_and_nothing_is_oversold(self) -> None:
        type(self).checks += 1
        assert self.node.db.call(find_faults) == {}

    def teardown(self) -> None:
        self.node.run_intake()
        assert self.node.db.call(find_faults) == {}
        for table in TABLES:
            self.node.execute(f"DELETE FROM {table}")


@pytest.mark.proof
def test_after_any_sequence_of_steps_everything_adds_up(own_node):
    class Machine(Registering):
        node = own_node
        accounts = 0
        checks = 0

    hypothesis.stateful.run_state_machine_as_test(
        Machine,
        settings=hypothesis.settings(
            max_examples=proof.scale(12, 300), stateful_step_count=proof.scale(25, 50)
        ),
    )
    proof.report(
        "steps of registering",
        backend=own_node.db.backend,
        sequences=Machine.accounts,
        checks=Machine.checks,
        seed=proof.seed(),
    )


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"is_locked": True}, "ticket_type.locked"),
        ({"is_hidden": True}, "ticket_type.hidden"),
        ({"sale_ends": "2000-01-01T00:00"}, "ticket_type.sale_over"),
    ],
)
def test_a_default_type_that_is_held_back_is_given_to_no_program(
    desk: Desk, change: dict[str, Any], code: str
) -> None:
    event_id = desk.event.id
    desk.db.call(set_choices, desk.org_id, event_id, waits_when_full=True, actor="test")
    kind = next(
        kind for kind in desk.db.call(list_ticket_types, desk.org_id, event_id) if kind.is_default
    )
    held_back = TicketTypeChange(**change)
    desk.db.call(edit_ticket_type, desk.org_id, event_id, kind.id, held_back, actor="test")
    before = desk.held()
    failed = [("failed", code)] * len(desk.paks)
    assert desk.decide(desk.apply("ann@example.com")) == failed
    assert (desk.held(), desk.find("ann@example.com")) == (before, None)
    # Sold out as well: nobody is put on its waiting list.
    desk.db.call(set_ticket_capacity, desk.org_id, kind.id, 0, actor="test")
    sold_out = [("failed", "tickets.sold_out")] * len(desk.paks)
    assert desk.decide(desk.apply("ann@example.com")) == sold_out
    assert desk.db.call(list_entries, desk.org_id, event_id, is_all=True, limit=9) == []


def test_a_session_is_for_the_ticket_types_that_it_names(desk: Desk) -> None:
    held = f"SELECT held FROM sessions WHERE event_id = {desk.event.id} ORDER BY id LIMIT 2"
    named: dict[str, Any] = {"actor": "test"}
    hall = desk.db.call(create_ticket_type, desk.org_id, desk.event.id, "Hall", **named).id
    talk = desk.account.sessions[0].id
    wanted = SessionChange(ticket_type_ids=[hall])
    desk.db.call(change_session, desk.org_id, desk.event.id, talk, wanted, **named)
    other = ("failed", "session.ticket_type")
    paks = desk.paks[:2]
    # The default type, which a program gives, may not enter; the other session is had.
    assert desk.decide(desk.apply("ann@example.com", paks)) == [other, ("success", None)]
    assert desk.decide(desk.apply("ann@example.com", paks[:1])) == [other]
    assert desk.ask(held) == [0, 1]
    # Who has a ticket of the type may.
    bob = Contact(email="bob@example.com")
    desk.db.call(add_by_staff, desk.org_id, desk.event.id, bob, ticket_type_id=hall, actor="test")
    assert desk.decide(desk.apply("bob@example.com", paks)) == [("success", None)] * 2
    assert desk.ask(held) == [1, 2]
