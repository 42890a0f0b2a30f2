"""Submissions that are decided together end as they would have one by one, in fewer statements.

A state machine applies the same to two accounts of one node: the queue of one is worked off in
batches, that of the other one by one. After every step both look alike.
"""

import itertools
import json
from pathlib import Path
from typing import Any, NamedTuple

import hypothesis
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.core.registrations.desk import Desk, Held
from tests.core.registrations.invariants import find_faults
from tests.support import proof
from tests.support.node import LocalNode, database, open_node
from turnout.core.events.describing import EventChange, change_event
from turnout.core.events.model import EventState, PayingDoor, SessionState
from turnout.core.events.programme import set_session_state
from turnout.core.events.sessions import SessionChange, change_session
from turnout.core.exams.learners import NewLearner, add_learner
from turnout.core.questions.editing import QuestionChange, add_question
from turnout.core.questions.model import Kind
from turnout.core.registrations.choices import set_choices
from turnout.core.registrations.giving_back import cancel_registration
from turnout.core.registrations.intake import claim_submissions, process, turn_intake
from turnout.core.registrations.places import set_event_state
from turnout.core.registrations.submissions import Application, QueueItem
from turnout.store import Tx

PEOPLE = tuple(f"{name}@example.com" for name in ("ada", "bob", "cy", "dan", "eve", "flo"))
people = st.sampled_from((*PEOPLE, "ADA@example.com"))


class Wish(NamedTuple):
    """An application that both accounts get: with no sessions it is for the channel."""

    email: str
    sessions: list[int]
    city: str


wishes = st.lists(
    st.builds(
        Wish,
        people,
        st.lists(st.integers(0, 2), max_size=3),
        st.sampled_from(["", "Paris", "Kyiv"]),
    ),
    min_size=1,
    max_size=8,
)


class Accounts(RuleBasedStateMachine):
    """Two accounts to which the same is done. Subclasses give the node."""

    node: LocalNode
    accounts: int
    submissions: int

    @initialize()
    def begin(self) -> None:
        number = type(self).accounts = type(self).accounts + 1
        self.together, self.alone = (
            Desk(self.node, self.node.add_account(f"{way}-{number}")) for way in ("a", "b")
        )

    def for_both(self, change: Any) -> None:
        change(self.together)
        change(self.alone)
        self.compare()

    @rule(wave=wishes, limit=st.integers(2, 9), is_turn=st.booleans())
    def apply(self, wave: list[Wish], limit: int, is_turn: bool) -> None:
        type(self).submissions += len(wave)
        items = self.together.accept(*(application(self.together, wish) for wish in wave))
        drain(self.node, limit, is_turn=is_turn)
        others = self.alone.accept(*(application(self.alone, wish) for wish in wave))
        drain(self.node, 1, is_turn=is_turn)
        assert endings(self.together, items) == endings(self.alone, others)
        self.compare()

    @rule(first=people, rest=st.permutations(PEOPLE), sessions=st.sampled_from([[0], [1, 0]]))
    def crowd(self, first: str, rest: list[str], sessions: list[int]) -> None:
        wave = [Wish(email, sessions, "") for email in (first, *rest)]
        self.apply(wave, limit=len(wave), is_turn=True)

    @rule(more=st.none() | st.integers(0, 4))
    def set_event_capacity(self, more: int | None) -> None:
        def change(desk: Desk) -> None:
            desk.set("events", desk.event.id, capacity=more_than(desk.held().event, more))

        self.for_both(change)

    @rule(number=st.integers(0, 2), more=st.none() | st.integers(0, 4))
    def set_session_capacity(self, number: int, more: int | None) -> None:
        def change(desk: Desk) -> None:
            capacity = more_than(desk.held().sessions[number], more)
            desk.set("sessions", desk.account.sessions[number].id, capacity=capacity)

        self.for_both(change)

    @rule(more=st.none() | st.integers(0, 4), limit=st.sampled_from([None, None, 1, 2]))
    def set_ticket_type(self, more: int | None, limit: int | None) -> None:
        def change(desk: Desk) -> None:
            capacity = more_than(desk.held().tickets, more)
            limited = Raw("NULL" if limit is None else limit)
            desk.set("ticket_types", desk.ticket_type_id, capacity=capacity, person_limit=limited)

        self.for_both(change)

    @rule(is_hidden=st.sampled_from([0, 0, 1]), price=st.sampled_from([0, 0, 500]))
    def hold_type_back(self, is_hidden: int, price: int) -> None:
        terms = {"is_hidden": is_hidden, "price_minor": price, "currency": "EUR"}
        self.for_both(lambda desk: desk.set("ticket_types", desk.ticket_type_id, **terms))

    @rule(doors=st.sampled_from([(), (PayingDoor.INTEGRATION,)]))
    def ask_for_prices(self, doors: tuple[PayingDoor, ...]) -> None:
        wanted = EventChange(payment_doors=doors)
        self.for_both(
            lambda desk: desk.db.call(
                change_event, desk.org_id, desk.event.id, wanted, actor="test"
            )
        )

    @rule(
        number=st.integers(0, 2),
        state=st.sampled_from([SessionState.OPEN, SessionState.CLOSED]),
        is_for_type=st.booleans(),
    )
    def change_session(self, number: int, state: SessionState, is_for_type: bool) -> None:
        def change(desk: Desk) -> None:
            session = desk.account.sessions[number].id
            types = SessionChange(ticket_type_ids=[desk.ticket_type_id] if is_for_type else [])
            own: dict[str, Any] = {"actor": "test"}
            desk.db.call(set_session_state, desk.org_id, session, state, **own)
            desk.db.call(change_session, desk.org_id, desk.event.id, session, types, **own)

        self.for_both(change)

    @rule(state=st.sampled_from([EventState.OPEN, EventState.OPEN, EventState.CLOSED]))
    def set_event_state(self, state: EventState) -> None:
        self.for_both(
            lambda desk: desk.db.call(
                set_event_state, desk.org_id, desk.event.id, state, actor="test"
            )
        )

    @rule(mails=st.booleans(), waits=st.booleans())
    def choose(self, mails: bool, waits: bool) -> None:
        self.for_both(
            lambda desk: desk.db.call(
                set_choices,
                desk.org_id,
                desk.event.id,
                mails_tickets=mails,
                waits_when_full=waits,
                actor="test",
            )
        )

    @rule()
    def ask(self) -> None:
        wanted = QuestionChange(name="Asked by", kind=Kind.CHOICE, choices=PEOPLE[:4])

        def change(desk: Desk) -> None:
            if not desk.count("event_questions"):
                desk.db.call(add_question, desk.org_id, desk.event.id, wanted, actor="test")

        self.for_both(change)

    @rule(email=st.sampled_from(PEOPLE[:2]))
    def make_learner(self, email: str) -> None:
        learner = NewLearner(email, "Official", "Name", email=email)
        self.for_both(lambda desk: desk.db.call(add_learner, desk.org_id, learner, actor="test"))

    @rule(email=st.sampled_from(PEOPLE))
    def cancel(self, email: str) -> None:
        def change(desk: Desk) -> None:
            if kept := desk.find(email):
                id_ = kept.registration.id
                desk.db.call(cancel_registration, desk.org_id, id_, actor="test")

        self.for_both(change)

    def compare(self) -> None:
        assert look(self.together) == look(self.alone)
        assert self.node.db.call(find_faults) == {}


class Raw(str):
    """A piece of SQL, which is put in as it is."""

    __repr__ = str.__str__


def more_than(held: int, more: int | None) -> Raw:
    return Raw("NULL" if more is None else held + more)


def application(desk: Desk, wish: Wish) -> Application:
    if wish.sessions:
        paks = [desk.paks[number] for number in wish.sessions]
        return desk.apply(wish.email, paks, city=wish.city)
    return desk.apply_for_channel(wish.email)


def drain(node: LocalNode, limit: int, *, is_turn: bool) -> None:
    """Decide all that waits, as tests and commands do or as the worker does."""
    if not is_turn:
        node.run_intake(limit)
        return
    claimed = node.db.call(claim_submissions, limit)
    while claimed:
        _, claimed = node.db.call(turn_intake, claimed, limit)


def endings(desk: Desk, items: list[QueueItem]) -> list[tuple[Any, ...]]:
    paks = [*desk.paks, *desk.channel_paks]
    return [
        (paks.index(item.session_pak), item.status, item.email, item.code, item.facts != {})
        for item in desk.look_up(items)
    ]


def look(desk: Desk) -> dict[str, Any]:
    """All that deciding writes, without numbers."""
    found = {name: desk.db.call(_ask, text, desk) for name, text in _QUESTIONS.items()}
    for row in found["registrations"]:
        row[-1] = json.loads(row[-1])
    return found


def _ask(tx: Tx, text: str, desk: Desk) -> list[list[Any]]:
    return [list(row) for row in tx.connection.execute(text.format(org=desk.org_id)).fetchall()]


_DETAILS = "title, first_name, last_name, company, city, phone"
_QUESTIONS = {
    "people": f"SELECT email, email_key, {_DETAILS} FROM people WHERE org_id = {{org}} ORDER BY id",
    "registrations": """
        SELECT p.email_key, e.title, r.state, r.source, r.language, r.created_at, r.answers
        FROM registrations r JOIN people p ON p.org_id = r.org_id AND p.id = r.person_id
        JOIN events e ON e.org_id = r.org_id AND e.id = r.event_id
        WHERE r.org_id = {org} ORDER BY r.id
    """,
    "tickets": """
        SELECT p.email_key, t.state, t.granted_by, t.grant_id IS NULL, length(t.code), t.created_at
        FROM tickets t JOIN registrations r ON r.org_id = t.org_id AND r.id = t.registration_id
        JOIN people p ON p.org_id = r.org_id AND p.id = r.person_id
        JOIN ticket_types y ON y.org_id = t.org_id AND y.id = t.ticket_type_id AND y.is_default = 1
            AND y.event_id = r.event_id
        WHERE t.org_id = {org} ORDER BY t.id
    """,
    "bookings": """
        SELECT p.email_key, s.title FROM session_bookings b
        JOIN registrations r ON r.org_id = b.org_id AND r.id = b.registration_id
        JOIN people p ON p.org_id = r.org_id AND p.id = r.person_id
        JOIN sessions s ON s.org_id = b.org_id AND s.id = b.session_id
        WHERE b.org_id = {org} ORDER BY r.id, s.id
    """,
    "waiting": """
        SELECT p.email_key, w.state, w.extras <> '' FROM waiting_entries w
        JOIN people p ON p.org_id = w.org_id AND p.id = w.person_id
        WHERE w.org_id = {org} ORDER BY w.id
    """,
    "payments": "SELECT state, amount_minor FROM payments WHERE org_id = {org} ORDER BY ticket_id",
    "mails": "SELECT due_at, attempts FROM ticket_mails WHERE org_id = {org} ORDER BY ticket_id",
    "places": """
        SELECT title, held, capacity FROM events WHERE org_id = {org}
        UNION ALL SELECT title, held, capacity FROM sessions WHERE org_id = {org}
        UNION ALL SELECT name, held, capacity FROM ticket_types WHERE org_id = {org}
        ORDER BY 1, 2, 3
    """,
    "questions": "SELECT name, is_answered FROM event_questions WHERE org_id = {org}",
}


@pytest.mark.proof
def test_together_everything_ends_as_one_by_one(own_node):
    class Machine(Accounts):
        node = own_node
        accounts = 0
        submissions = 0

    hypothesis.stateful.run_state_machine_as_test(
        Machine,
        settings=hypothesis.settings(
            max_examples=proof.scale(6, 60), stateful_step_count=proof.scale(20, 40)
        ),
    )
    proof.report(
        "deciding together",
        backend=own_node.db.backend,
        sequences=Machine.accounts,
        submissions=Machine.submissions,
        seed=proof.seed(),
    )


def test_64_simple_submissions_are_decided_in_few_statements(tmp_path: Path) -> None:
    with database("sqlite", tmp_path) as url, open_node(url) as own:
        desk = Desk(own, own.add_account())
        desk.accept(*(desk.apply(f"{number}@example.com") for number in range(64)))
        assert own.db.call(decide_counted, 64) < 64


def test_a_session_that_fills_and_answers_to_questions_need_no_more_statements(
    tmp_path: Path,
) -> None:
    with database("sqlite", tmp_path) as url, open_node(url) as own:
        desk = Desk(own, own.add_account())
        asked = QuestionChange(name="Asked by", kind=Kind.TEXT)
        desk.db.call(add_question, desk.org_id, desk.event.id, asked, actor="test")
        desk.set("sessions", desk.account.sessions[1].id, capacity=10)
        waves = [desk.accept(desk.apply(f"{number}@example.com")) for number in range(64)]
        assert own.db.call(decide_counted, 64) < 64
        ends = [[item.code for item in desk.look_up(items)] for items in waves]
        assert ends == [[None] * 3] * 10 + [[None, "session.full", None]] * 54
        assert desk.held() == Held(64, 64, [64, 10, 64])
        assert desk.ask("SELECT is_answered FROM event_questions") == [1]


def decide_counted(tx: Tx, submissions: int) -> int:
    """Decide so many submissions; in how many statements. (SQLite tells of a statement, its values
    with it, once more for each row whose trigger runs.)"""
    ran: list[str] = []
    tx.connection.set_trace_callback(ran.append)
    assert process(tx, submissions).done == submissions
    tx.connection.set_trace_callback(None)
    return len([*itertools.groupby(ran)])


def test_submissions_of_several_accounts_are_decided_together(desk: Desk, node: LocalNode) -> None:
    other = Desk(node, node.add_account(f"other-{desk.org_id}"))
    for number in range(6):
        for own in (desk, other):
            email = f"{number}@example.com"
            own.accept(own.apply(email) if number % 3 else own.apply_for_channel(email))
    assert node.db.call(process, 12).done == 12
    assert [desk.held().event, other.held()] == [4, Held(4, 4, [4, 4, 4])]
    tables = ("people", "registrations", "tickets")
    counts = [[own.count(table) for table in tables] for own in (desk, other)]
    assert counts == [[6, 8, 8]] * 2
    assert node.db.call(find_faults) == {}
