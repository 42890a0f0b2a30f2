"""A large job of calls over a trunk, whose workers are killed now and then, on a clock that the
test turns: nobody is called after `cutoff_hour`, everybody has one end, and nobody is called twice.
And a trunk that refuses all calls is told of.

The workers are tiny programs that write down whom they call.
"""

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.carriers.sip.fake_worker import new_house
from tests.core.messaging.jobs import PRICES, make_login, new_job, post, rows
from tests.support import proof
from tests.support.builder import make_organization
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
KILLS = proof.scale(10, 300)
CHANNELS = 12
SPEED = 2
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
    time.sleep(0.01)
    write(event="end", id=asked["id"], how="answered", begun=True, rung=True, duration=3)
"""


class FastClock(Clock):
    """A clock that runs fast, as pauses before another try are long, and can be set."""

    def __init__(self) -> None:
        super().__init__()
        self._set_at = time.monotonic()

    def set(self, now: int) -> None:
        self.now, self._set_at = now, time.monotonic()

    def __call__(self) -> int:
        return self.now + round((time.monotonic() - self._set_at) * 1000 * SPEED)


def read_called(file: Path) -> list[str]:
    return file.read_text().split() if file.exists() else []


def new_carrier(db: Database, file: Path, *, sip: int = 0, rate: float = 0.0) -> SipCarrier:
    settings = SipSettings(
        host="127.0.0.1",
        caller_id="+61398765432",
        rate=rate,
        channels=CHANNELS,
        dial_prefix="none",
    )
    command = (sys.executable, "-I", "-S", "-c", _WORKER, str(file), str(sip))
    return SipCarrier("sip", settings, new_house(db), command)


async def until_all_have_ended(db: Database, job_id: JobId) -> None:
    async with asyncio.timeout(WAIT_S):
        while any(state != "done" for (state,) in rows(db, job_id, "state")):  # noqa: ASYNC110
            await asyncio.sleep(0.1)


@pytest.mark.proof
def test_nobody_is_called_after_the_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (process, trunk):
        monkeypatch.setattr(module, "PAUSES_S", growing(0.01, 0.02))
    clock, file, chance = FastClock(), tmp_path / "called", proof.random_for(CUT_OFF)
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

    async def kill(carrier: SipCarrier) -> int:
        kills = 0
        while kills < KILLS:
            await asyncio.sleep(chance.uniform(0, 2 * UNTIL_S / KILLS))
            if pid := carrier._trunk.processes[0].pid:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                    kills += 1
        return kills

    async def run() -> int:
        carrier = new_carrier(db, file, rate=RECIPIENTS / UNTIL_S / 2)
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
        killing = asyncio.create_task(kill(carrier))
        while clock() < cutoff_at:  # noqa: ASYNC110 (as fast as the clock of the test)
            await asyncio.sleep(0.01)
        before = len(read_called(file))
        await until_all_have_ended(db, job_id)
        await killing
        for loop in loops:
            await loop.stop()
        await carrier.stop()
        return before

    before = asyncio.run(run())
    called = read_called(file)
    ends = dict(rows(db, job_id, "destination", "status"))
    assert max(Counter(called).values(), default=1) == 1
    # What was given to a worker before, and not written down by it yet, held a channel.
    assert len(called) - before <= CHANNELS
    expired = {number for number, status in ends.items() if status == "EXPD"}
    assert expired.isdisjoint(called)
    assert set(ends.values()) <= {"SENT", "SVRE", "EXPD"}
    assert len(ends) == RECIPIENTS
    assert len(expired) > CHANNELS
    proof.report(
        CUT_OFF, recipients=RECIPIENTS, kills=KILLS, called=len(called), expired=len(expired)
    )
    db.close()


def test_a_trunk_that_refuses_all_calls_is_told_of_once(tmp_path: Path) -> None:
    db = open_database(Settings(database_url=new_database("sqlite", tmp_path)))
    org_id = db.call(make_organization, "acme")
    login = db.call(make_login, org_id, "au/refused")
    numbers = [f"+614123{n:05}" for n in range(25)]
    job_id = post(db, login, new_job(JobType.TTS, content=Content(text="Hello")), numbers)

    async def run() -> None:
        carrier = new_carrier(db, tmp_path / "called", sip=403)
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
        await until_all_have_ended(db, job_id)
        for loop in loops:
            await loop.stop()
        await carrier.stop()

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
