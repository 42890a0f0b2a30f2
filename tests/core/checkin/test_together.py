"""Scans that are checked in together are answered and kept as they would be one by one.

A state machine scans the same tickets at the doors of two accounts of one node: those of one in
batches, whose rest is scanned alone, those of the other one by one.
"""

from typing import Any, NamedTuple

import hypothesis
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.core.registrations.desk import Desk
from tests.core.registrations.invariants import find_faults
from tests.support import proof
from tests.support.node import START, LocalNode
from turnout.core.checkin.attendees import Attendee, find_attendee
from turnout.core.checkin.gates import create_gate
from turnout.core.checkin.scans import Answer, Result, Scan, check_in, undo_check_in
from turnout.core.checkin.together import Asked, check_in_together
from turnout.core.events.model import EventState
from turnout.core.ids import GateId
from turnout.core.registrations.giving_back import cancel_registration
from turnout.core.registrations.places import set_event_state
from turnout.core.tickets.signing import ensure_ticket_key, revoke_ticket_key, sign_ticket
from turnout.errors import Failure
from turnout.store import Tx

PEOPLE = tuple(f"{name}@example.com" for name in ("ada", "bob", "cy", "dan"))
FORMS = ("plain", "marked", "address", "signed", "forged", "unknown")


class Wave(NamedTuple):
    """A scan that both doors get."""

    person: int
    form: str
    device: str
    nonce: str
    is_at_gate: bool
    minutes: int


scanned = st.builds(
    Wave,
    st.integers(0, len(PEOPLE) - 1),
    st.sampled_from(("plain", "plain", *FORMS)),
    st.sampled_from(["", "door-1", "door-2"]),
    st.sampled_from(["", "", "1", "2", "3", "4", "5", "6"]),
    st.sampled_from([False, False, False, True]),
    st.integers(0, 9),
)


class Door:
    """The door of an account's event: its people have a ticket each, and a gate lets nobody in."""

    def __init__(self, node: LocalNode, slug: str) -> None:
        self.desk = Desk(node, node.add_account(slug))
        self.db, self.org_id, self.event_id = node.db, self.desk.org_id, self.desk.event.id
        self.desk.decide(*(self.desk.apply(email) for email in PEOPLE))
        ids = [self.desk.get(email).registration.id for email in PEOPLE]
        self.codes = [self.desk.ask(_CODE.format(id_))[0] for id_ in ids]
        session = self.desk.account.sessions[2].id
        self.gate = self.db.call(
            create_gate, self.org_id, self.event_id, "Hall", [], [session], actor="test"
        )
        self.keys = [self.db.call(ensure_ticket_key, self.org_id)]

    def scan(self, wave: Wave) -> Scan:
        gate: GateId | None = self.gate.id if wave.is_at_gate else None
        at = START + wave.minutes * 60_000
        text = self._write(self.codes[wave.person], wave.form)
        return Scan(code=text, at=at, device=wave.device, nonce=wave.nonce, gate_id=gate)

    def _write(self, code: str, form: str) -> str:
        signed = sign_ticket(self.keys[0], self.event_id, code, self.desk.ticket_type_id)
        return {
            "plain": code,
            "marked": f" {code[:3].lower()}-{code[3:]} ",
            "address": f"https://events.example.com/ticket/{self.org_id}-{code}",
            "signed": signed,
            "forged": signed[:-50] + ("A" if signed[-50] != "A" else "B") + signed[-49:],
            "unknown": f"X{code}",
        }[form]

    def ask(self, scan: Scan) -> Any:
        """What is answered, and whose ticket it is if it is let in; or the code of a refusal."""
        try:
            answer = self.db.call(check_in, self.org_id, self.event_id, scan)
        except Failure as failure:
            return failure.code
        if answer.result is not Result.ADMITTED:
            return _said(answer)
        found = self.db.call(find_attendee, self.org_id, self.event_id, scan.code)
        return _said(answer, found)

    def ask_together(self, waves: list[Scan]) -> list[Any]:
        asked = [Asked(self.org_id, self.event_id, scan) for scan in waves]
        found = self.db.call(check_in_together, asked)
        return [
            _said(*one) if one else self.ask(scan) for one, scan in zip(found, waves, strict=True)
        ]

    def look(self) -> Any:
        """All that scanning writes, without numbers."""
        return [self.db.call(_look, text, self) for text in _KEPT]


_CODE = "SELECT code FROM tickets WHERE registration_id = {}"
_KEPT = (
    "SELECT p.email, t.state, t.checked_in_at, t.updated_at FROM tickets t"
    " JOIN registrations r ON r.org_id = t.org_id AND r.id = t.registration_id"
    " JOIN people p ON p.org_id = r.org_id AND p.id = r.person_id"
    " WHERE t.org_id = {org} ORDER BY t.id",
    "SELECT p.email, s.result, s.gate_id IS NULL, s.device, s.nonce, s.at, s.recorded_at,"
    " s.code = t.code FROM scans s"
    " LEFT JOIN tickets t ON t.org_id = s.org_id AND t.id = s.ticket_id"
    " LEFT JOIN registrations r ON r.org_id = t.org_id AND r.id = t.registration_id"
    " LEFT JOIN people p ON p.org_id = r.org_id AND p.id = r.person_id WHERE s.org_id = {org}",
)


def _look(tx: Tx, text: str, door: Door) -> list[Any]:
    return sorted(map(repr, tx.connection.execute(text.format(org=door.org_id)).fetchall()))


def _said(answer: Answer, attendee: Attendee | None = None) -> Any:
    if attendee is None:
        return answer
    tickets = [
        (ticket.checked_in_at, ticket.created_at, ticket.is_valid) for ticket in attendee[-1]
    ]
    return answer, attendee[1:-1], [(at, made, bool(valid)) for at, made, valid in tickets]


class Doors(RuleBasedStateMachine):
    """Two doors at which the same is scanned. Subclasses give the node."""

    node: LocalNode
    accounts: int
    scans: int

    @initialize()
    def begin(self) -> None:
        number = type(self).accounts = type(self).accounts + 1
        self.together, self.alone = (Door(self.node, f"{way}-{number}") for way in ("a", "b"))

    def for_both(self, change: Any) -> None:
        change(self.together)
        change(self.alone)
        self.compare()

    @rule(waves=st.lists(scanned, min_size=1, max_size=8))
    def scan(self, waves: list[Wave]) -> None:
        type(self).scans += len(waves)
        answers = self.together.ask_together([self.together.scan(wave) for wave in waves])
        others = [self.alone.scan(wave) for wave in waves]
        assert answers == [self.alone.ask(scan) for scan in others]
        self.compare()

    @rule(order=st.permutations(range(len(PEOPLE))), nonce=st.sampled_from(["", "7", "8"]))
    def rush(self, order: list[int], nonce: str) -> None:
        self.scan([Wave(person, "signed", f"door-{person}", nonce, False, 0) for person in order])

    @rule(person=st.integers(0, len(PEOPLE) - 1))
    def undo(self, person: int) -> None:
        def change(door: Door) -> None:
            scan = Scan(code=door.codes[person], at=START)
            door.db.call(undo_check_in, door.org_id, door.event_id, scan)

        self.for_both(change)

    @rule(person=st.sampled_from(PEOPLE))
    def cancel(self, person: str) -> None:
        def change(door: Door) -> None:
            id_ = door.desk.get(person).registration.id
            door.db.call(cancel_registration, door.org_id, id_, actor="test")

        self.for_both(change)

    @rule(state=st.sampled_from([EventState.OPEN, EventState.OPEN, EventState.CANCELLED]))
    def set_state(self, state: EventState) -> None:
        self.for_both(
            lambda door: door.db.call(
                set_event_state, door.org_id, door.event_id, state, actor="test"
            )
        )

    @rule()
    def revoke(self) -> None:
        self.for_both(
            lambda door: door.db.call(
                revoke_ticket_key, door.org_id, door.keys[0].kid, actor="test"
            )
        )

    def compare(self) -> None:
        assert self.together.look() == self.alone.look()
        assert self.node.db.call(find_faults) == {}


@pytest.mark.proof
def test_together_every_scan_ends_as_one_by_one(own_node):
    class Machine(Doors):
        node = own_node
        accounts = 0
        scans = 0

    hypothesis.stateful.run_state_machine_as_test(
        Machine,
        settings=hypothesis.settings(
            max_examples=proof.scale(12, 80), stateful_step_count=proof.scale(12, 40)
        ),
    )
    proof.report(
        "scans together",
        backend=own_node.db.backend,
        sequences=Machine.accounts,
        scans=Machine.scans,
        seed=proof.seed(),
    )


def test_what_is_simple_is_let_in_together_and_the_rest_is_left(node: LocalNode) -> None:
    first, second = Door(node, "together-1"), Door(node, "together-2")
    codes = [door.codes[number] for number in (0, 1) for door in (first, second)]
    scans = [Scan(code=code, at=START, device="d") for code in codes]
    again, strange = scans[0], Scan(code="NOBODYSCODE", at=START)
    doors = [first, second] * 2
    pairs = zip(doors, scans, strict=True)
    asked = [
        *(Asked(door.org_id, door.event_id, scan) for door, scan in pairs),
        Asked(first.org_id, first.event_id, again),
        Asked(first.org_id, first.event_id, strange),
    ]
    found = node.db.call(check_in_together, asked)
    assert [one and one.attendee.email for one in found] == [
        PEOPLE[0], PEOPLE[0], PEOPLE[1], PEOPLE[1], None, None,
    ]  # fmt: skip
    assert {one.answer for one in found if one} == {Answer(Result.ADMITTED, START)}
    assert first.ask(again) == Answer(Result.REPEATED, START)
    assert first.ask(strange) == Answer(Result.UNKNOWN)
