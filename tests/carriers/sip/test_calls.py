"""Calls of the carrier through Kamailio to Debian's baresip: what is heard, and how calls end.

One trunk, one phone and one worker for all of them; sounds are made here, so that what the phone
recorded can be held against what was said.
"""

import asyncio
import math
import os
import signal
from array import array
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
import uvloop

from tests.carriers.sip.fake_worker import FakeSpeech, new_house
from tests.carriers.sip.peers import PASSWORD, REFUSALS, USER, Sound, Trunk, trunk
from tests.carriers.sip.test_statuses import CAUSES, LOST_TRUNK, REFUSED_US, ROWS
from tests.carriers.smtp.certificates import Authority
from tests.support.builder import make_organization
from tests.support.node import new_database
from turnout.carriers import (
    Accepted,
    DeliveryReport,
    Lapsed,
    Message,
    Misconfigured,
    Outcome,
    Parcel,
    Rejected,
    Reply,
    Retry,
    Unknown,
)
from turnout.carriers.sip import SipCarrier, SipSettings
from turnout.carriers.sip.probing import probe
from turnout.carriers.trunks import placing
from turnout.carriers.trunks.probing import ask
from turnout.core.ids import OrgId, RecipientId, UserId
from turnout.core.messaging.controlling import cancel_job
from turnout.core.messaging.model import (
    Channel,
    Content,
    JobType,
    KeyResponse,
    Kind,
    NewRecipient,
    Status,
)
from turnout.core.messaging.opt_outs import list_opt_outs
from turnout.core.messaging.staging import add_internal_job
from turnout.settings import Settings
from turnout.store import Database, open_database

WAIT_S = 40.0


def chirp(first: float, last: float, seconds: float) -> bytes:
    """A tone that rises: nothing else sounds like it, so its place is found."""
    count = round(8000 * seconds)
    phase, samples = 0.0, array("h")
    for number in range(count):
        phase += 2 * math.pi * (first + (last - first) * number / count) / 8000
        samples.append(round(9000 * math.sin(phase)))
    return samples.tobytes()


HELLO, SAID, BYE = chirp(400, 900, 1.5), chirp(900, 1500, 0.8), chirp(1500, 2500, 0.6)
SOUNDS = {"Hello": HELLO, "Long": HELLO * 8, "Pressed": SAID, "Transfer": BYE}
KEYS = (KeyResponse("1", "Pressed"), KeyResponse("2", "Transfer", "+61398765478"))


class Kept:
    """An inbox that keeps what comes, by our names for calls."""

    def __init__(self) -> None:
        self.came: dict[str, DeliveryReport] = {}

    async def reports(self, reports: Sequence[DeliveryReport]) -> None:
        self.came |= {report.network_id: report for report in reports}

    async def replies(self, replies: Sequence[Reply]) -> None:
        raise AssertionError(replies)

    async def wait_for(self, id_: int) -> DeliveryReport:
        await until(lambda: f"turnout-{id_}" in self.came)
        return self.came[f"turnout-{id_}"]


class Office(msgspec.Struct):
    """An organization that calls."""

    db: Database
    org_id: OrgId
    trunk: Trunk
    authority: Path
    certificate: Path
    last_id: int = 0

    def new_message(self, text: str, **members: Any) -> Message:
        job_id = self.db.call(
            add_internal_job,
            self.org_id,
            UserId(1),
            kind=Kind.NOTICE,
            job_type=JobType.TTS,
            name="test",
            content=Content(text="x"),
            recipients=[NewRecipient("61412345678")],
        )
        given: dict[str, Any] = {
            "id": job_id,
            "org_id": self.org_id,
            "channel": Channel.TTS,
            "kind": Kind.NOTICE,
        }
        return Message(text=text, **given | members)

    def new_parcel(self, number: str, **members: Any) -> Parcel:
        self.last_id += 1
        given: dict[str, Any] = {"attempt_id": self.last_id, "sender": "61398765432"}
        return Parcel(destination=number, **given | members)

    def settings(self, **members: Any) -> SipSettings:
        given: dict[str, Any] = {
            "host": "127.0.0.1",
            "port": self.trunk.port,
            "transport": "tcp",
            "domain": "trunk.example",
            "username": USER,
            "password": PASSWORD,
            "rate": 0,
            "channels": 60,
            "detect_machines": False,
        }
        return SipSettings(**given | members)


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(WAIT_S):
        while not is_so():  # noqa: ASYNC110 (of another process)
            await asyncio.sleep(0.05)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("sip")
    db = open_database(Settings(database_url=new_database("sqlite", folder)))
    authority = Authority(folder)
    certificate = authority.issue("127.0.0.1")
    with trunk(folder, certificate=(certificate, authority.file)) as running:
        yield Office(db, db.call(make_organization, "acme"), running, authority.file, certificate)
    db.close()


Play = Callable[[Callable[[SipCarrier, Kept], Awaitable[None]]], None]


@pytest.fixture(scope="module")
def line(office: Office) -> Iterator[tuple[asyncio.Runner, SipCarrier, Kept]]:
    """A carrier that runs for all tests of this file."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        kept = Kept()
        carrier = runner.run(_begin(office, kept))
        yield runner, carrier, kept
        runner.run(carrier.stop())


async def _begin(office: Office, kept: Kept, **settings: Any) -> SipCarrier:
    house = new_house(office.db, FakeSpeech(SOUNDS))
    carrier = SipCarrier("sip", office.settings(**settings), house)
    await carrier.start(kept)
    return carrier


@pytest.fixture
def play(line: tuple[asyncio.Runner, SipCarrier, Kept]) -> Play:
    runner, carrier, kept = line
    return lambda scenario: runner.run(scenario(carrier, kept))  # type: ignore[arg-type]


@asynccontextmanager
async def another(office: Office, kept: Kept, **settings: Any) -> AsyncIterator[SipCarrier]:
    """A carrier of its own."""
    carrier = await _begin(office, kept, **settings)
    try:
        yield carrier
    finally:
        await carrier.stop()


async def call_once(office: Office, kept: Kept, number: str, **settings: Any) -> Outcome:
    """What a carrier of its own makes of a call."""
    async with another(office, kept, **settings) as carrier:
        [outcome] = await carrier.send(office.new_message("Hello"), [office.new_parcel(number)])
        return outcome


def similarity(said: bytes, heard: Sound) -> float:
    """How much a sound is like what was heard, up to 1: its best tenth of a second, since a phone
    on a busy machine drops packets."""
    return max(_similarity(said[at : at + 1600], heard) for at in range(0, len(said) - 1600, 1600))


def _similarity(said: bytes, heard: Sound) -> float:
    import numpy as np

    one = np.frombuffer(said, "<i2").astype(float)
    other = np.array(heard.samples, float)
    size = 1 << (len(one) + len(other)).bit_length()
    products = np.fft.irfft(np.fft.rfft(other, size) * np.conj(np.fft.rfft(one, size)), size)
    at = int(np.argmax(products[: max(1, len(other) - len(one) + 1)]))
    part = other[at : at + len(one)]
    return float(part @ one[: len(part)] / (np.linalg.norm(part) * np.linalg.norm(one) or 1))


async def heard_by(office: Office, count: int) -> Sound:
    """What the phone heard in its newest call, once it has so many."""
    await until(lambda: len(office.trunk.phone.heard()) >= count)
    return office.trunk.phone.heard()[-1]


def test_a_message_is_heard_as_it_was_said_and_a_key_stops_it(office: Office, play: Play) -> None:
    async def scenario(carrier: SipCarrier, kept: Kept) -> None:
        before = len(office.trunk.phone.heard())
        before_it = office.trunk.phone.calls()
        parcel = office.new_parcel("61412345670")
        [outcome] = await carrier.send(office.new_message("Long", keys=KEYS), [parcel])
        assert outcome == Accepted((f"turnout-{parcel.attempt_id}",))
        await until(lambda: office.trunk.phone.calls() == before_it + 1)
        await asyncio.sleep(2)  # the message is being said
        office.trunk.phone.press("1")
        report = await kept.wait_for(parcel.attempt_id)
        assert (report.status, report.keypress, report.is_voicemail) == (Status.SENT, "1", False)
        assert 2 <= report.duration_s < 12
        heard = await heard_by(office, before + 1)
        assert similarity(HELLO, heard) > 0.99
        assert similarity(SAID, heard) > 0.99
        assert heard.loud_seconds() < 8

    play(scenario)


def test_a_call_is_put_through_and_both_hear_each_other(office: Office, play: Play) -> None:
    async def scenario(carrier: SipCarrier, kept: Kept) -> None:
        before = len(office.trunk.phone.heard())
        before_it = office.trunk.phone.calls()
        parcel = office.new_parcel("61412345670")
        message = office.new_message("Long", keys=KEYS, redirects=1)
        await carrier.send(message, [parcel])
        await until(lambda: office.trunk.phone.calls() == before_it + 1)
        office.trunk.phone.press("2")
        await until(lambda: office.trunk.phone.calls() == before_it + 2)
        await asyncio.sleep(1)
        office.trunk.phone.hang_up()
        report = await kept.wait_for(parcel.attempt_id)
        assert report.notes == "Put through to +61398765478."
        assert (report.status, report.keypress) == (Status.SENT, "2")
        await until(lambda: len(office.trunk.phone.heard()) >= before + 2)

    play(scenario)


def test_the_key_for_no_more_calls(office: Office, play: Play) -> None:
    async def scenario(carrier: SipCarrier, kept: Kept) -> None:
        before_it = office.trunk.phone.calls()
        parcel = office.new_parcel("61412345670")
        message = office.new_message("Long", kind=Kind.BROADCAST)
        await carrier.send(message, [parcel])
        await until(lambda: office.trunk.phone.calls() == before_it + 1)
        office.trunk.phone.press("9")
        report = await kept.wait_for(parcel.attempt_id)
        assert (report.status, report.keypress) == (Status.OPTED_OUT, "9")
        refusals = office.db.look(list_opt_outs, office.org_id, 10)
        assert [(refusal.medium, refusal.address) for refusal in refusals] == [
            ("call", "61412345670")
        ]

    play(scenario)


EXPECTED = {
    **{code: status for status, codes in ROWS.items() for code in codes},
    **dict.fromkeys(LOST_TRUNK, Retry),
    **dict.fromkeys(REFUSED_US, Misconfigured),
}


def test_every_refusal_of_the_table(office: Office, play: Play) -> None:
    async def scenario(carrier: SipCarrier, kept: Kept) -> None:
        ends = [end for end in REFUSALS if REFUSALS[end][0] != 302]
        parcels = [office.new_parcel(f"614123456{end}") for end in ends]
        outcomes = await carrier.send(office.new_message("Hello"), parcels)
        found = dict(zip(ends, map(what, outcomes), strict=True))
        expected = {}
        for end in ends:
            code, _, cause = REFUSALS[end]
            expected[end] = CAUSES[cause] if cause else EXPECTED[code]
        assert found == expected
        assert kept.came.keys().isdisjoint(f"turnout-{parcel.attempt_id}" for parcel in parcels)

    play(scenario)


def what(outcome: Outcome) -> object:
    return outcome.status if isinstance(outcome, Rejected) else type(outcome)


def test_a_trunk_that_sends_elsewhere_is_followed_once(office: Office, play: Play) -> None:
    async def scenario(carrier: SipCarrier, kept: Kept) -> None:
        parcel = office.new_parcel("61412345602")
        await carrier.send(office.new_message("Hello"), [parcel])
        assert (await kept.wait_for(parcel.attempt_id)).status is Status.SENT

    play(scenario)


def test_who_does_not_answer_and_whose_job_is_cancelled(office: Office, play: Play) -> None:
    async def scenario(_carrier: SipCarrier, kept: Kept) -> None:
        async with another(office, kept, ring_seconds=4) as carrier:
            rings, unwanted = (office.new_parcel("61412345609") for _ in range(2))
            await carrier.send(office.new_message("Hello"), [rings, unwanted])
            outcome: Outcome = Lapsed()
            while isinstance(outcome, Lapsed):  # on a busy machine its time is over before
                until_ms = office.db.clock() + 2_000
                late = office.new_parcel("61412345609", not_after=until_ms)
                [outcome] = await carrier.send(office.new_message("Hello"), [late])
            carrier._cancel(RecipientId(unwanted.attempt_id))
            reports = [await kept.wait_for(one.attempt_id) for one in (late, rings, unwanted)]
            assert [(report.status, report.notes) for report in reports] == [
                (Status.EXPIRED, "Its time was over while it rang."),
                (Status.NO_ANSWER, "Nobody answered in time."),
                (Status.EXPIRED, "Cancelled while it rang."),
            ]

    play(scenario)


def test_a_cancelled_job_is_not_dialled_any_more(office: Office, play: Play) -> None:
    async def scenario(carrier: SipCarrier, _kept: Kept) -> None:
        message = office.new_message("Hello")
        office.db.call(cancel_job, office.org_id, message.id, actor="test")
        [outcome] = await carrier.send(message, [office.new_parcel("61412345670")])
        assert type(outcome).__name__ == "Lapsed"

    play(scenario)


def test_a_wrong_password_holds_the_calls(office: Office, play: Play) -> None:
    async def scenario(_carrier: SipCarrier, kept: Kept) -> None:
        called, registered = await asyncio.gather(
            call_once(office, kept, "61412345670", password="wrong"),
            call_once(office, kept, "61412345670", password="wrong", register=True),
        )
        assert isinstance(called, Misconfigured)
        assert isinstance(registered, Misconfigured)
        assert "403" in registered.reason

    play(scenario)


def test_only_a_trunk_whose_certificate_is_trusted_is_called(office: Office, play: Play) -> None:
    async def scenario(_carrier: SipCarrier, kept: Kept) -> None:
        tls: dict[str, Any] = {"transport": "tls", "port": office.trunk.tls_port}
        untrusted, trusted = await asyncio.gather(
            call_once(office, kept, "61412345604", **tls),
            call_once(office, kept, "61412345604", **tls, tls_ca_file=str(office.authority)),
        )
        assert isinstance(untrusted, Misconfigured)
        assert "cannot be trusted" in untrusted.reason
        assert trusted == Rejected(Status.INVALID_NUMBER, "SIP 404: Not Found")

    play(scenario)


def test_a_trunk_that_wants_our_certificate_and_encrypted_speech(
    office: Office, play: Play
) -> None:
    async def scenario(_carrier: SipCarrier, kept: Kept) -> None:
        mutual: dict[str, Any] = {
            "transport": "tls",
            "port": office.trunk.mutual_port,
            "tls_ca_file": str(office.authority),
        }
        own: dict[str, Any] = {**mutual, "tls_certificate": str(office.certificate)}

        async def call(number: str, **settings: Any) -> object:
            parcel = office.new_parcel(number)
            async with another(office, kept, **settings) as carrier:
                [outcome] = await carrier.send(office.new_message("Pressed"), [parcel])
                if not isinstance(outcome, Accepted):
                    return what(outcome)
                return (await kept.wait_for(parcel.attempt_id)).status

        heard = len(office.trunk.phone.heard())
        plain, encrypted = "61412345671", "61412345676"
        found = await asyncio.gather(
            call(plain, **mutual),
            call(plain, **own),
            call(plain, srtp="optional"),
            call(plain, srtp="mandatory"),
            call(encrypted),
        )
        assert list(found) == [
            Misconfigured,  # without our certificate
            Status.SENT,
            Status.SENT,
            Status.FAILED,  # 488: a phone that does not encrypt
            Status.FAILED,
        ]
        await until(lambda: len(office.trunk.phone.heard()) > heard)
        heard = len(office.trunk.phone.heard())
        assert await call(encrypted, srtp="mandatory") is Status.SENT
        assert similarity(SAID, await heard_by(office, heard + 1)) > 0.99

    play(scenario)


def test_a_doctor_asks_the_trunk(office: Office) -> None:
    registered = probe(office.settings(register=True))
    assert registered == "answers 200 OK, and has registered the account"
    with pytest.raises(OSError, match="the registrar refuses the account: 403 Forbidden"):
        probe(office.settings(register=True, password="wrong"))
    tls: dict[str, Any] = {"transport": "tls", "port": office.trunk.tls_port}
    with pytest.raises(OSError, match="its certificate is not trusted: "):
        ask(office.settings(**tls))
    assert ask(office.settings(**tls, tls_ca_file=str(office.authority))) == "200 OK"


def test_what_has_no_channel_goes_elsewhere_or_is_claimed_again(
    office: Office, play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(placing, "LINE_S", 0.2)

    async def scenario(_carrier: SipCarrier, kept: Kept) -> None:
        async with another(office, kept, channels=1) as carrier:
            message = office.new_message("Hello")
            rings, other = (office.new_parcel("61412345609") for _ in range(2))
            [taken] = await carrier.send(message, [rings])
            assert isinstance(taken, Accepted)
            assert await carrier.send(message, [other]) == [Lapsed()]
            assert await carrier.send(message, [other], is_yielding=True) == [placing.BUSY]
            carrier._cancel(RecipientId(rings.attempt_id))
            assert (await kept.wait_for(rings.attempt_id)).status is Status.EXPIRED

    play(scenario)


async def call_to_the_end(carrier: SipCarrier, kept: Kept, message: Message, one: Parcel) -> str:
    """Call somebody as the delivery loop does, again where that was certainly not done; the end."""
    while True:
        await until(carrier.is_open)
        [outcome] = await carrier.send(message, [one])
        if isinstance(outcome, Accepted):
            return (await kept.wait_for(one.attempt_id)).status.value
        if not isinstance(outcome, Retry):
            return type(outcome).__name__


def test_calls_of_a_worker_that_is_killed_are_not_made_again(office: Office, play: Play) -> None:
    async def scenario(_carrier: SipCarrier, kept: Kept) -> None:
        before = office.trunk.phone.established()
        async with another(office, kept, channels=2) as carrier:
            message = office.new_message("Hello")
            parcels = [office.new_parcel("61412345671") for _ in range(2)]
            calling = [
                asyncio.create_task(call_to_the_end(carrier, kept, message, one)) for one in parcels
            ]
            await until(lambda: office.trunk.phone.established() - before == len(parcels))
            pid = carrier._trunk.processes[0].pid
            assert pid
            os.kill(pid, signal.SIGKILL)
            assert await asyncio.gather(*calling) == ["SVRE", "SVRE"]
            # Anyone who has an end is not called again; the next one is.
            again = await carrier.send(message, parcels)
            assert {type(outcome) for outcome in again} == {Unknown}
            other = office.new_parcel("61412345671")
            assert await call_to_the_end(carrier, kept, message, other) == "SENT"
        assert office.trunk.phone.established() - before == len(parcels) + 1

    play(scenario)
