"""Phones, doors, cuts and uploads in any order, against one truth (truth.py): nothing is lost, the
first check-in that the server committed stays, and nobody is let in twice unseen. Guests go out and
come back, agree to something, are taken back and let in anyway; phones are signed out with scans on
them, which are loaded from their files."""

import itertools
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.door.hall import Hall
from tests.core.door.truth import ADMITTED, AGAIN, ASK, LEFT, RETURNED, Truth
from tests.support import proof
from turnout.core.door.devices import find_standing, revoke_device
from turnout.core.door.model import DoorRole
from turnout.core.door.rescuing import RescuedScan, RescueFile, load_rescued
from turnout.core.door.scanning import check_out, let_in, scan_ticket, sign
from turnout.core.door.snapshots import list_snapshot_tickets
from turnout.core.door.undoing import undo_scan
from turnout.core.door.uploading import Act, Uploaded, list_conflicts, upload_scans
from turnout.core.questions.editing import QuestionChange, add_question
from turnout.core.questions.model import Kind
from turnout.errors import Conflict, Denied, Unauthenticated

PHONES, TICKETS = 3, 2
RULES = "House rules"
ACTS = ("scan", "scan", "typed", "leave", "undo", "let_in", "sign")
_numbers = itertools.count(1)


class Step(NamedTuple):
    """What happens: an act of a phone on a ticket, with the network or without; or so many of the
    acts that wait are uploaded (`lost`: and the answer is lost, so that they wait on); time passes;
    a phone is signed out. An act that is not heard reaches the server, and its answer is lost: the
    phone decides by itself."""

    what: str
    is_online: bool
    is_heard: bool
    phone: int
    number: int


STEPS = st.lists(
    st.builds(
        Step,
        st.sampled_from((*ACTS, *ACTS, "upload", "lost", "wait", "revoke")),
        st.booleans(),
        st.sampled_from((True, True, False)),
        st.integers(0, PHONES - 1),
        st.integers(0, TICKETS - 1),
    ),
    min_size=5,
    max_size=40,
)


class Phone:
    """A device, what it knows by itself, and what waits on it. It goes by the rules of the page
    (static/door.js): who is in, and who went out, is what it did or was told."""

    def __init__(self, hall: Hall, name: str, role: DoorRole, gate: Any) -> None:
        self.name, self.is_chief, self.has_exit = name, role is DoorRole.SUPERVISOR, bool(gate)
        self.device = hall.device(name, role, gate)
        self.secret = hall.secrets[name]
        self.inside: set[str] = set()
        self.outside: set[str] = set()
        self.outbox: list[RescuedScan] = []
        self.is_revoked = False
        self.tells = True  # older pages did not tell what they had answered

    def learn(self, act: str, code: str, answer: str) -> None:
        """Keep what the server said, or what it decided itself."""
        if act == "undo":
            self.inside.discard(code)
        elif answer in (ADMITTED, RETURNED, AGAIN, LEFT):
            self.inside.add(code)
        if answer == LEFT and act == "leave":
            self.outside.add(code)
        elif answer in (ADMITTED, RETURNED):
            self.outside.discard(code)

    def decide(self, act: str, code: str) -> str | None:
        """Its own answer to an act without a network; None = it does nothing. A code that is typed
        is a supervisor's to let in."""
        is_in, is_out = code in self.inside, code in self.outside
        if act == "typed" and not self.is_chief:
            return ASK
        if act in ("scan", "typed"):
            return RETURNED if is_in and is_out and self.has_exit else AGAIN if is_in else ADMITTED
        if act == "leave":
            return LEFT if is_in and self.has_exit else None
        if act == "let_in":
            return ADMITTED if self.is_chief else None
        return act


class World:
    """The hall, its phones (one at no gate, two at an exit, one of which is a supervisor's), and
    the truth."""

    def __init__(self, hall: Hall, gate: Any) -> None:
        number = next(_numbers)
        self.hall, desk = hall, hall.desk
        self.where = (desk.org_id, desk.event.id)
        emails = [f"guest{number}-{one}@example.com" for one in range(TICKETS)]
        self.codes = hall.guests(*emails)
        kinds = ((DoorRole.STEWARD, None), (DoorRole.STEWARD, gate), (DoorRole.SUPERVISOR, gate))
        self.phones = [
            Phone(hall, f"Phone {number}-{place}", *kind) for place, kind in enumerate(kinds)
        ]
        self.phones[1].tells = number % 3 > 0
        self.truth = Truth(self.codes)
        self.before = len(self.kept())

    def kept(self) -> list[Any]:
        return self.hall.db.call(list_conflicts, *self.where, 9_999)

    def do(self, step: Step) -> None:
        phone, code = self.phones[step.phone], self.codes[step.number]
        self.hall.desk.node.clock.now += 90_000 if step.what == "wait" else 1_000
        if step.what in ("upload", "lost"):
            self.send(phone, step.number + 1, is_lost=step.what == "lost")
        elif step.what == "revoke":
            self.revoke(phone)
        elif step.what != "wait":
            if step.is_online and not phone.outbox and not phone.is_revoked:
                self.act(phone, step.what, code, is_heard=step.is_heard)
            else:
                self.act_alone(phone, step.what, code)

    def act(self, phone: Phone, what: str, code: str, *, is_heard: bool) -> None:
        """With the network the server decides; a phone that does not hear it decides, too."""
        shown = self.hall.shown(code)
        more: tuple[str, ...] = ()
        act = "scan" if what == "typed" else what
        verb = {"scan": scan_ticket, "leave": check_out, "undo": undo_scan, "sign": sign}.get(act)
        if act == "let_in":
            verb, more = let_in, ("A speaker",)
        elif act == "sign":
            more = (RULES,)
        expected = self.expect(phone, act, code, self.hall.now, shown.nonce)
        if "." in expected:
            with pytest.raises((Conflict, Denied)) as refused:
                self.hall.db.call(verb, *phone.device, shown, *more)
            assert refused.value.code == expected
            if not is_heard:
                self.act_alone(phone, what, code, shown.nonce)
            return
        told = self.hall.db.call(verb, *phone.device, shown, *more)
        if act in ("scan", "leave", "let_in"):
            assert told.verdict == expected
        if is_heard:
            phone.learn(act, code, expected)
        else:
            self.act_alone(phone, what, code, shown.nonce)

    def act_alone(self, phone: Phone, act: str, code: str, nonce: str = "") -> None:
        """Without it the phone does, and keeps what it did."""
        answer = phone.decide(act, code)
        if answer is None:
            return
        phone.learn(act, code, answer)
        phone.outbox.append(
            RescuedScan(
                act=Act("scan" if act == "typed" else act),
                code=code,
                at=self.hall.now,
                nonce=nonce or f"model-{next(_numbers)}",
                is_admitted=answer in (ADMITTED, RETURNED),
                said=answer if act in ("scan", "typed") and phone.tells else "",
                reason="A speaker" if act == "let_in" else "",
                question=RULES if act == "sign" else "",
                event=self.where[1],
            )
        )

    def expect(self, phone: Phone, act: str, code: str, at: int, nonce: str, said: str = "") -> str:
        kind = {"is_chief": phone.is_chief, "has_exit": phone.has_exit}
        return self.truth.take(act, code, at, nonce, phone.name, said=said, **kind)

    def send(self, phone: Phone, count: int, *, is_lost: bool = False) -> None:
        """Upload so many acts; a phone that is signed out sends none."""
        if phone.is_revoked:
            with pytest.raises(Unauthenticated):
                self.hall.db.call(find_standing, phone.secret)
            return
        sent = phone.outbox[:count]
        self.judge(phone, sent, self.hall.db.call(upload_scans, *phone.device, sent, self.hall.now))
        if not is_lost:
            del phone.outbox[:count]

    def judge(self, phone: Phone, sent: list[RescuedScan], done: list[Uploaded]) -> None:
        for scan, told in zip(sent, done, strict=True):
            act = "refused" if scan.is_refused else scan.act.value
            answer = self.expect(phone, act, scan.code, scan.at, scan.nonce, scan.said)
            if scan.act is Act.SIGN:
                assert told.refusal == ""
                continue
            assert (told.refusal or told.verdict) == answer
            is_conflict = scan.is_admitted and answer not in (ADMITTED, RETURNED)
            assert told.is_conflict == (is_conflict and not told.refusal)
            if told.is_conflict:
                first = self.truth.tickets[scan.code].find_first(scan.said)
                self.truth.conflicts.setdefault(scan.nonce, first)

    def revoke(self, phone: Phone) -> None:
        phone.is_revoked = True
        self.hall.db.call(revoke_device, *self.where, phone.device[0].device.id, actor="t")

    def rescue(self, phone: Phone) -> None:
        """What waits on a phone that is signed out comes by its file, twice."""
        number, acts = phone.device[0].device.id, phone.outbox
        file = RescueFile(acts, saved_at=self.hall.now)
        for _ in range(2):
            done = self.hall.db.call(load_rescued, *self.where, number, file, acts, actor="t")
            self.judge(phone, acts, done)
        phone.outbox = []

    def check(self) -> None:
        """Once all is uploaded, the server has what the truth has, and phones are told it."""
        for phone in self.phones:
            if phone.is_revoked:
                self.rescue(phone)
            while phone.outbox:
                self.send(phone, 3)
        tickets = self.truth.tickets
        listed = ", ".join(f"'{code}'" for code in self.codes)
        own = f"FROM tickets WHERE code IN ({listed}) ORDER BY code"
        times = self.hall.desk.ask(f"SELECT checked_in_at {own}")
        assert times == [tickets[code].checked_in_at for code in sorted(self.codes)]
        rows = self.hall.db.call(list_snapshot_tickets, *self.phones[2].device)
        numbers = self.hall.desk.ask(f"SELECT id {own}")
        beside = {row[0]: row[8] if len(row) > 8 else None for row in rows}
        for number, code in zip(numbers, sorted(self.codes), strict=True):
            shown = beside[number]
            assert bool(shown and shown.is_out) == tickets[code].is_out
            assert bool(shown and shown.agreements) != tickets[code].is_signed
        kept = self.kept()
        told = [(one.first_device, one.first_at) for one in kept[: len(kept) - self.before]]
        assert sorted(told, key=str) == sorted(self.truth.conflicts.values(), key=str)


@pytest.mark.proof
def test_phones_and_server_tell_one_truth(hall: Hall) -> None:
    rules = QuestionChange(name=RULES, kind=Kind.AGREEMENT, text="Be kind.", is_at_door=True)
    hall.db.call(add_question, hall.desk.org_id, hall.desk.event.id, rules, actor="t")
    gate = hall.gate("Terrace", has_exit=True)
    runs = []

    @settings(max_examples=proof.scale(6, 300))
    @given(STEPS)
    def run(steps: list[Step]) -> None:
        world = World(hall, gate)
        for step in steps:
            world.do(step)
        world.check()
        runs.append(len(steps))

    run()
    proof.report("offline doors", runs=len(runs), steps=sum(runs))
