"""A verification code goes out at once, whatever else is being sent.

A real server sends a long broadcast through the simulator. At the same time codes are asked for,
one after another, and it is looked up how many messages of the broadcast the network was handed
between the request and the code, and how long that took.
"""

import asyncio
import statistics
import time
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.support import proof
from tests.support.messaging import call, make_user
from tests.support.node import BACKENDS, new_database
from tests.support.server import Server
from turnout.settings import Settings
from turnout.store import Database, Tx, open_database

NAME = "codes first"
CODES = proof.scale(6, 20)
# The network has at most what two shares in a row hold when a code is asked for.
MOST_BEFORE = 3_000
WITHIN_MS = 1000


@pytest.mark.proof
@pytest.mark.timed
@pytest.mark.parametrize("backend", BACKENDS)
def test_a_code_goes_out_before_the_rest_of_a_broadcast(
    backend: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    cluster = request.getfixturevalue("cluster") if backend == "postgresql" else None
    url = new_database(backend, tmp_path, cluster)
    make_user(url)
    people = proof.scale(6_000, 100_000)
    server = Server(tmp_path, database_url=url, command=("serve",), access_log="false")
    db = open_database(Settings(database_url=url))
    try:
        with server:
            post_broadcast(server, people)
            found = [send_code(server, db, number) for number in range(CODES)]
            job = call(server, "GET", "/jobs")[0]
            assert server.stop() == 0
    finally:
        db.close()
    assert job["job_status"] == "Broadcast Submitted", "the broadcast was over too soon"
    waits_ms = [wait_ms for wait_ms, _ in found]
    before = [handed for _, handed in found]
    proof.report(
        NAME,
        backend=backend,
        broadcast=people,
        codes=CODES,
        median_ms=round(statistics.median(waits_ms)),
        longest_ms=max(waits_ms),
        most_overtaken_by=max(before),
        seed=proof.seed(),
    )
    assert max(before) <= MOST_BEFORE
    assert statistics.median(waits_ms) <= WITHIN_MS


def post_broadcast(server: Server, people: int) -> None:
    recipients = [{"destination": f"6141{n:07}"} for n in range(people)]
    body = {"job_type": "sms", "job_name": "Long", "message": "Hi", "recipients": recipients}
    call(server, "POST", "/jobs", body)


def send_code(server: Server, db: Database, number: int) -> tuple[int, int]:
    """Ask for a code; after how long the network had it (ms), and how many others before it."""
    mobile = f"61298765{number:03}"
    asked_at = time.time_ns() // 1_000_000
    query = {
        "client_ref": f"c{number}",
        "message_type": "sms",
        "message_destination": mobile,
        "company_name": "Acme",
    }
    call(server, "GET", f"/client_verification/sendCode?{urlencode(query)}")
    deadline = time.monotonic() + 30
    while (at := asyncio.run(db.read(find_handed, mobile))) is None:
        assert time.monotonic() < deadline, "the code never went out"
        time.sleep(0.01)
    return at - asked_at, asyncio.run(db.read(count_handed, asked_at, at))


def find_handed(tx: Tx, mobile: str) -> int | None:
    statement = f"SELECT at FROM simulated_messages WHERE destination = '{mobile}'"
    row = tx.connection.execute(statement).fetchone()
    return None if row is None else int(row[0])


def count_handed(tx: Tx, start: int, end: int) -> int:
    statement = f"SELECT count(*) FROM simulated_messages WHERE at >= {start} AND at < {end}"
    return int(tx.connection.execute(statement).fetchone()[0])
