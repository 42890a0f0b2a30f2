"""Large jobs of calls over a trunk whose workers are killed now and then: everybody has one end,
and nobody is called twice; on a clock that the test turns, nobody after `cutoff_hour`. And a trunk
that refuses all calls is told of.

The workers are tiny programs that write down whom they call.
"""

import asyncio
import gc
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.carriers.sip.fake_worker import new_house
from tests.core.messaging.jobs import PRICES, make_login, new_job, post, rows
from tests.support import proof
from tests.support.builder import make_organization
from tests.support.memory import read_size
from tests.support.node import Clock, new_database
from turnout.carriers.sip import SipCarrier, SipSettings
from turnout.carriers.trunks import process, trunk
from turnout.core.ids import JobId
from turnout.core.messaging.alerts import list_alerts
from turnout.core.messaging.delivering import SIMULATED
from turnout.core.messaging.model import Channel, Content, JobOptions, JobType
from turnout.core.messaging.sender_ids import SenderRules
from turnout.settings import Settings
from turnout.store import Database, open_database
from turnout.store.back_off import growing
from turnout.workers.delivery import Delivery, delivery_loops
from turnout.workers.inbox import CarrierInbox, reply_receiver

CUT_OFF = "calls end at the cut-off"
RECIPIENTS = proof.scale(150, 1000)
KILLED = "calls of killed workers"
MANY = proof.scale(150, 6000)
KILLS = proof.scale(10, 300)
CALLS_A_KILL = MANY * 3 // 4 // KILLS
FEW_CHANNELS = 3
LARGEST_GROWTH = 16_000_000
CHANNELS = 12
SPEED = 2
RETRY_SPEED = 10
UNTIL_S = proof.scale(2, 60)
"""Seconds before the cut-off, in which half could be called."""
WAIT_S = 300
_WORKER = """
import json, os, sys, time
file, sip = sys.argv[1], int(sys.argv[2])
def write(**event):
    os.write(1, json.dumps(event).encode() + b"\\n")
sys.stdin.readline()
write(event="ready")
for line in sys.stdin:
    asked = json.loads(line)
    if asked["op"] != "call":
        continue
    taken = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(taken, asked["to"].encode() + b"\\n")
    os.close(taken)
    if sip:
        write(event="end", id=asked["id"], how="failed", sip=sip, reason="No")
        continue
    write(event="ringing", id=asked["id"])
    time.sleep(0.002)
    write(event="end", id=asked["id"], how="answered", begun=True, rung=True, duration=3)
"""


class FastClock(Clock):
    """A clock that runs fast, as pauses before another try are long, and can be set."""

    def __init__(self, speed: int = SPEED) -> None:
        super().__init__()
        self._speed = speed
        self._set_at = time.monotonic()

    def set(self, now: int) -> None:
        self.now, self._set_at = now, time.monotonic()

    def __call__(self) -> int:
        return self.now + round((time.monotonic() - self._set_at) * 1000 * self._speed)


def read_called(file: Path) -> list[str]:
    return file.read_text().split() if file.exists() else []


def new_carrier(
    db: Database, file: Path, *, sip: int = 0, rate: float = 0.0, channels: int = CHANNELS
) -> SipCarrier:
    settings = SipSettings(
        host="127.0.0.1",
        caller_id="+61398765432",
        rate=rate,
        channels=channels,
        dial_prefix="none",
    )
    command = (sys.executable, "-I", "-S", "-c", _WORKER, str(file), str(sip))
    return SipCarrier("sip", settings, new_house(db), command)


def shorten_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (process, trunk):
        monkeypatch.setattr(module, "PAUSES_S", growing(0.01, 0.02))


@asynccontextmanager
async def delivering(db: Database, carrier: SipCarrier) -> AsyncIterator[None]:
    """The loops of messages, with that carrier for calls."""
    await carrier.start(CarrierInbox(db, reply_receiver(Settings())))
    delivery = Delivery(
        carriers={Channel.TTS: carrier},
        prices=PRICES,
        unsubscribe_url=str,
        senders=SenderRules("no-reply@turnout.test"),
        fence=SIMULATED,
    )
    loops = delivery_loops(db, delivery)
    for loop in loops:
        loop.start()
    yield
    for loop in loops:
        await loop.stop()
    await carrier.stop()


async def until_all_have_ended(db: Database, job_id: JobId) -> None:
    async with asyncio.timeout(WAIT_S):
        while any(state != "done" for (state,) in rows(db, job_id, "state")):  # noqa: ASYNC110
            await asyncio.sleep(0.1)


@pytest.mark.proof
def test_nobody_is_called_after_the_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shorten_pauses(monkeypatch)
    clock, file = FastClock(), tmp_path / "called"
    db = open_database(Settings(database_url=new_database("sqlite", tmp_path)), clock=clock)
    org_id = db.call(make_organization, "acme")
    login = db.call(make_login, org_id, "au/evening")
    numbers = [f"+614123{n:05}" for n in range(RECIPIENTS)]
    job = new_job(
        JobType.TTS, content=Content(text="Hello"), options=JobOptions(cutoff_hour="18:00")
    )
    job_id = post(db, login, job, numbers)
    [(cutoff_at,)] = db.call(
        lambda tx: tx.connection.execute("SELECT cutoff_at FROM jobs").fetchall()
    )
    clock.set(cutoff_at - UNTIL_S * SPEED * 1000)

    async def run() -> int:
        carrier = new_carrier(db, file, rate=RECIPIENTS / UNTIL_S / 2)
        async with delivering(db, carrier):
            while clock() < cutoff_at:  # noqa: ASYNC110 (as fast as the clock of the test)
                await asyncio.sleep(0.01)
            before = len(read_called(file))
            await until_all_have_ended(db, job_id)
        return before

    before = asyncio.run(run())
    called = read_called(file)
    ends = dict(rows(db, job_id, "destination", "status"))
    assert max(Counter(called).values(), default=1) == 1
    # What was given to a worker before, and not written down by it yet, held a channel.
    assert len(called) - before <= CHANNELS
    expired = {number for number, status in ends.items() if status == "EXPD"}
    assert expired.isdisjoint(called)
    assert set(ends.values()) == {"SENT", "EXPD"}
    assert len(ends) == RECIPIENTS
    assert len(expired) > CHANNELS
    proof.report(CUT_OFF, recipients=RECIPIENTS, called=len(called), expired=len(expired))
    db.close()


@pytest.mark.proof
def test_calls_of_workers_that_are_killed_have_one_end_and_are_not_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker is killed when so many more calls were made, so that most are called on any
    machine."""
    shorten_pauses(monkeypatch)
    file, chance = tmp_path / "called", proof.random_for(KILLED)
    url = new_database("sqlite", tmp_path)
    db = open_database(Settings(database_url=url), clock=FastClock(RETRY_SPEED))
    login = db.call(make_login, db.call(make_organization, "acme"), "au/killed")
    numbers = [f"+614123{n:05}" for n in range(MANY)]
    job_id = post(db, login, new_job(JobType.TTS, content=Content(text="Hello")), numbers)
    sizes: list[int] = []

    def count_called() -> int:
        return file.stat().st_size // len("61412300000\n") if file.exists() else 0

    async def kill(carrier: SipCarrier) -> None:
        for number in range(KILLS):
            wanted = number * CALLS_A_KILL + chance.randint(1, CALLS_A_KILL)
            worker = carrier._trunk.processes[0]
            while count_called() < wanted or not worker.is_ready:  # noqa: ASYNC110
                await asyncio.sleep(0.002)
            pid = worker.pid
            assert pid
            os.kill(pid, signal.SIGKILL)
            while worker.pid == pid:  # noqa: ASYNC110
                await asyncio.sleep(0.002)
            if number in (KILLS // 3, KILLS - 1):
                gc.collect()
                sizes.append(read_size())

    async def run() -> None:
        carrier = new_carrier(db, file, channels=FEW_CHANNELS)
        async with delivering(db, carrier):
            await asyncio.wait_for(kill(carrier), proof.scale(60, 300))
            await until_all_have_ended(db, job_id)

    asyncio.run(run())
    called = Counter(read_called(file))
    ends = Counter(status for (status,) in rows(db, job_id, "status"))
    assert max(called.values()) == 1
    assert ends.total() == MANY
    assert set(ends) == {"SENT", "SVRE"}
    assert ends["SENT"] > MANY / 4
    assert ends["SVRE"] <= KILLS * FEW_CHANNELS
    assert called.total() > MANY * 0.75
    grown = sizes[-1] - sizes[0]
    assert grown < LARGEST_GROWTH
    proof.report(
        KILLED,
        calls=MANY,
        kills=KILLS,
        called=called.total(),
        sent=ends["SENT"],
        grown_mb=round(grown / 1_000_000, 1),
    )
    db.close()


def test_a_trunk_that_refuses_all_calls_is_told_of_once(tmp_path: Path) -> None:
    db = open_database(Settings(database_url=new_database("sqlite", tmp_path)))
    org_id = db.call(make_organization, "acme")
    login = db.call(make_login, org_id, "au/refused")
    numbers = [f"+614123{n:05}" for n in range(25)]
    job_id = post(db, login, new_job(JobType.TTS, content=Content(text="Hello")), numbers)

    async def run() -> None:
        async with delivering(db, new_carrier(db, tmp_path / "called", sip=403)):
            await until_all_have_ended(db, job_id)

    asyncio.run(run())
    found: list[Any] = [
        (alert.kind.value, alert.subject, alert.text) for alert in db.call(list_alerts, org_id, 10)
    ]
    assert found == [
        (
            "calls",
            "sip",
            "The trunk sip has refused 10 calls in a row, the last one with SIP 403.",
        )
    ]
    db.close()
