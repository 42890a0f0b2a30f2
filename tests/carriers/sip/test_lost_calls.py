"""A server that is killed while phones ring: run with the URL of a database and a file, this is
that server, and calls with the fake worker."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.carriers.sip.fake_worker import command_of, new_house, read_taken
from tests.core.messaging.jobs import PRICES, make_login, new_job, post, rows
from tests.support.builder import make_organization
from tests.support.node import BACKENDS, new_database
from turnout.carriers.sip import SipCarrier, SipSettings
from turnout.carriers.trunks import placing
from turnout.core.ids import JobId
from turnout.core.messaging.call_ends import LOST
from turnout.core.messaging.delivering import SIMULATED
from turnout.core.messaging.model import Channel, Content, JobType
from turnout.core.messaging.sender_ids import SenderRules
from turnout.settings import Settings
from turnout.store import Database, open_database
from turnout.workers.delivery import Delivery, delivery_loops
from turnout.workers.lost_calls import lost_calls_loop

NUMBERS = ["+61412345671", "+61412345672"]


class Deaf:
    """An inbox to which nothing comes."""

    async def reports(self, reports: Any) -> None:
        raise AssertionError(reports)

    replies = reports


async def serve(db: Database, file: Path) -> None:
    """Call everybody who waits, until killed."""
    settings = SipSettings(host="127.0.0.1", caller_id="+61398765432", rate=0)
    carrier = SipCarrier("sip", settings, new_house(db), command_of(file, mode="ring"))
    await carrier.start(Deaf())
    delivery = Delivery(
        carriers={Channel.TTS: carrier},
        prices=PRICES,
        unsubscribe_url=str,
        senders=SenderRules("no-reply@turnout.test"),
        fence=SIMULATED,
    )
    for loop in delivery_loops(db, delivery):
        if loop.name == "messaging-tts":
            loop.start()
    await asyncio.Event().wait()


async def until_all_are(db: Database, job_id: JobId, status: str, field: str = "status") -> None:
    async with asyncio.timeout(40):
        while {found for (found,) in rows(db, job_id, field)} != {status}:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("backend", BACKENDS)
def test_calls_of_a_server_that_was_killed_end_once(backend: str, tmp_path: Path) -> None:
    url, file = new_database(backend, tmp_path), tmp_path / "taken"
    db = open_database(Settings(database_url=url))
    login = db.call(make_login, db.call(make_organization, "acme"), f"au/lost-{backend}")
    job_id = post(db, login, new_job(JobType.TTS, content=Content(text="Hello")), NUMBERS)
    command = [sys.executable, "-m", "tests.carriers.sip.test_lost_calls", url, str(file)]
    server = subprocess.Popen(command)
    try:
        asyncio.run(until_all_are(db, job_id, "accepted", "state"))
        assert rows(db, job_id, "status") == [("QUED",)] * 2
    finally:
        os.kill(server.pid, signal.SIGKILL)
        server.wait()

    async def restart() -> None:
        loop = lost_calls_loop(db)
        loop.start()
        await until_all_are(db, job_id, "SVRE")
        await loop.stop()

    asyncio.run(restart())
    assert rows(db, job_id, "status", "notes") == [("SVRE", LOST)] * 2
    assert sorted(call["to"] for call in read_taken(file)) == NUMBERS
    db.close()


def main() -> None:
    """The server; nobody vouches for what it calls."""
    vars(placing)["VOUCH_MS"] = 0
    asyncio.run(serve(open_database(Settings(database_url=sys.argv[1])), Path(sys.argv[2])))


if __name__ == "__main__":
    main()
