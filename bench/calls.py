"""Calls: speech per CPU second, calls per core, and the time from an attempt to its INVITE.

`python -m bench.calls` prints the figures. The phone is the demo's (turnout/demo/phone), a process
of its own on the same machine; CPU time is that of the processes that speak and call, from /proc.
"""

import asyncio
import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from bench.figures import Table
from tests.carriers.sip.fake_worker import FakeSpeech, new_house
from tests.support.builder import make_organization
from tests.support.node import new_database
from turnout.carriers import DeliveryReport, Message, Parcel, Reply
from turnout.carriers.sip import SipCarrier, SipSettings
from turnout.core.ids import JobId, OrgId, UserId
from turnout.core.messaging.model import Channel, Content, JobType, Kind, NewRecipient
from turnout.core.messaging.staging import add_internal_job
from turnout.demo.phone.keeping import list_calls
from turnout.demo.phone.process import phone
from turnout.settings import Settings
from turnout.speech.speaking import Speech
from turnout.store import Database, open_database

TEXTS = 40
TOGETHER, SAID_S = 40, 20
SINGLE = 60
BYTES_PER_S = 16_000


class Figures(msgspec.Struct, kw_only=True):
    """Seconds of speech for a CPU second; CPU seconds of a second of one call; milliseconds from
    handing a call to the carrier until its INVITE came."""

    engine: str
    speech_per_cpu_s: float
    cpu_per_call_s: float
    invite_p50_ms: float
    invite_p99_ms: float


class Ended:
    """An inbox that counts calls that have ended."""

    def __init__(self) -> None:
        self.count = 0

    async def reports(self, reports: Sequence[DeliveryReport]) -> None:
        self.count += len(reports)

    async def replies(self, replies: Sequence[Reply]) -> None:
        raise AssertionError(replies)


def cpu_of(pid: int | None) -> float:
    """CPU seconds of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def measure_speech() -> tuple[str, float]:
    """The engine of the first voice, and what it says in a CPU second, its start left out."""
    speech = Speech(Settings())
    await speech.say("Hello.", "sophie", "en-AU")
    process = speech._process
    assert process
    before, size = cpu_of(process.pid), 0
    for number in range(TEXTS):
        text = f"Hello number {number}, your talk begins at half past {number % 12 + 1}, hall B."
        size += len(await speech.say(text, "sophie", "en-AU"))
    spent = cpu_of(process.pid) - before
    engine = str(speech.find_engines("sophie")[0])
    await speech.stop()
    return engine, size / BYTES_PER_S / spent


class Line:
    """A carrier, an organization that calls over it, and the phone's folder."""

    def __init__(self, db: Database, port: int, said_s: float) -> None:
        self.db = db
        self.org_id: OrgId = db.call(make_organization, "acme")
        self.ended = Ended()
        settings = SipSettings(
            host="127.0.0.1",
            port=port,
            transport="tcp",
            rate=0,
            channels=60,
            detect_machines=False,
            caller_id="+61398765432",
        )
        sound = bytes([0, 16]) * round(8000 * said_s)
        self.carrier = SipCarrier("sip", settings, new_house(db, FakeSpeech({"x": sound})))
        job_id: JobId = db.call(
            add_internal_job,
            self.org_id,
            UserId(1),
            kind=Kind.NOTICE,
            job_type=JobType.TTS,
            name="bench",
            content=Content(text="x"),
            recipients=[NewRecipient("61412345678")],
        )
        self.message = Message(
            id=job_id, org_id=self.org_id, channel=Channel.TTS, kind=Kind.NOTICE, text="x"
        )

    async def call(self, first: int, count: int) -> None:
        """Call so many at once, and wait until all have ended."""
        goal = self.ended.count + count
        parcels = [
            Parcel(attempt_id=first + n, destination=f"614{first + n:07}0", sender="")
            for n in range(count)
        ]
        await self.carrier.send(self.message, parcels)
        while self.ended.count < goal:  # noqa: ASYNC110 (a measurement)
            await asyncio.sleep(0.05)


async def measure_calls(folder: Path) -> tuple[float, list[float]]:
    """CPU seconds of a second of one call, and how long it took until INVITEs came (ms)."""
    with phone(folder, ("4", "60")) as port:
        db = open_database(Settings(database_url=new_database("sqlite", folder)))
        line = Line(db, port, SAID_S)
        await line.carrier.start(line.ended)
        await line.call(1, 1)
        pid = line.carrier._trunk.processes[0].pid
        before = cpu_of(pid)
        await line.call(10, TOGETHER)
        cost = (cpu_of(pid) - before) / (TOGETHER * SAID_S)
        await line.carrier.stop()
        db.close()
    return cost, await measure_invites(folder)


async def measure_invites(folder: Path) -> list[float]:
    """One call after the other, so that a channel is free; the phone writes down when each came."""
    own = folder / "single"
    own.mkdir()
    with phone(own, ("4", "60")) as port:
        db = open_database(Settings(database_url=new_database("sqlite", own)))
        line = Line(db, port, 0.1)
        await line.carrier.start(line.ended)
        await line.call(1, 1)
        handed: list[float] = []
        for number in range(SINGLE):
            handed.append(time.time() * 1000)
            await line.call(100 + number, 1)
        await line.carrier.stop()
        db.close()
        came = [call.begun_at for call in list_calls(own / "phone")][::-1][1:]
    return sorted(at - start for at, start in zip(came, handed, strict=True))


def measure() -> Figures:
    """All of it: about a minute and a half."""
    engine, spoken = asyncio.run(measure_speech())
    with tempfile.TemporaryDirectory() as folder:
        cost, waits = asyncio.run(measure_calls(Path(folder)))
    return Figures(
        engine=engine,
        speech_per_cpu_s=spoken,
        cpu_per_call_s=cost,
        invite_p50_ms=waits[len(waits) // 2],
        invite_p99_ms=waits[min(len(waits) - 1, len(waits) * 99 // 100)],
    )


def tables(figures: Figures) -> list[Table]:
    """The table of docs/performance.md."""
    rows = [
        (f"Speech for a CPU second ({figures.engine})", f"{figures.speech_per_cpu_s:.0f} s"),
        ("CPU of one call", f"{1000 * figures.cpu_per_call_s:.1f} ms a second"),
        ("Calls that one core carries", f"{1 / figures.cpu_per_call_s:.0f}"),
        ("From the carrier to the INVITE, p50", f"{figures.invite_p50_ms:.0f} ms"),
        ("From the carrier to the INVITE, p99", f"{figures.invite_p99_ms:.0f} ms"),
    ]
    return [Table("Calls", ("What", "Figure"), rows)]


if __name__ == "__main__":
    for table in tables(measure()):
        print(table.markdown())
