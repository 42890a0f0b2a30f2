"""`/readyz`: it says why nothing can be written, and recovers by itself."""

import asyncio
import resource
import time
from collections.abc import Callable
from contextlib import closing, suppress

import psycopg
import pytest
from psycopg import sql

from tests.cli.runner import Turnout
from tests.store.notes import execute
from tests.support import proof
from tests.support.client import Answer
from tests.support.node import new_database, open_node
from tests.support.server import Server
from turnout.errors import Unavailable
from turnout.http.readiness import Readiness
from turnout.store import Database, Tx
from turnout.store.installation import write_probe
from turnout.store.troubles import Troubles

DEADLINE_S = 60


def wait_for(server: Server, is_so: Callable[[Answer], bool]) -> Answer:
    """Ask until the answer is as it should be, as a load balancer does."""
    deadline = time.monotonic() + DEADLINE_S
    while not is_so(answer := server.ask("GET", "/readyz")):
        assert time.monotonic() < deadline, answer
        time.sleep(0.1)
    return answer


def block_writing(server: Server, *, is_blocked: bool) -> None:
    """Let the server's process write no file any further, as a full disk would."""
    limit = 1_000 if is_blocked else resource.RLIM_INFINITY
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))


@pytest.mark.proof
def test_a_disk_that_takes_nothing_is_not_ready_until_it_does_again(tmp_path):
    rounds = proof.scale(1, 20)
    with Server(tmp_path, command=("serve",)) as server:
        for _ in range(rounds):
            block_writing(server, is_blocked=True)
            answer = wait_for(server, lambda answer: answer.status == 503)
            assert answer.json()["status"] == "unavailable"
            assert "Nothing was changed" in answer.json()["reason"]
            assert server.ask("GET", "/healthz").status == 200
            block_writing(server, is_blocked=False)
            answer = wait_for(server, lambda answer: answer.status == 200)
            assert answer.json() == {"status": "ready"}
        assert server.stop() == 0
    proof.report("write-blocked disk", rounds=rounds)


def test_a_disk_on_which_only_little_fits_is_not_ready(node):
    """The room that is left takes what is small; what a form writes finds none."""
    now = 0.0
    node.db.troubles = Troubles("database failed", clock=lambda: now)
    readiness = Readiness(node.db, every_s=0)
    pages = node.db.call(execute, "PRAGMA page_count")[0][0]
    limit = node.db.call(execute, "PRAGMA max_page_count")[0][0]
    node.db.call(execute, f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(Unavailable):
        node.db.call(write_probe, 1_000_000)
    node.db.call(write_probe)
    for _ in range(5):
        now += 3
        with pytest.raises(Unavailable) as refusal:
            node.client.run(readiness.check())
        assert refusal.value.code == "store.full"
    node.db.call(execute, f"PRAGMA max_page_count = {limit}")
    with pytest.raises(Unavailable):  # it works, and has not done so for long
        node.client.run(readiness.check())
    now += 6
    assert node.client.run(readiness.check()) is None


def test_being_asked_often_costs_one_write_in_each_lane_and_leaves_nothing(node):
    before = node.db.call(count_changes)
    for _ in range(50):
        assert node.client.request("GET", "/readyz").status == 200
    assert node.db.call(count_changes) - before == 2 * 2
    assert node.db.call(execute, "SELECT name FROM installation") == []


def count_changes(tx: Tx) -> int:
    """How many rows the one writer has written and deleted."""
    return tx.connection.total_changes


@pytest.mark.parametrize("lane", ["write", "write_first"])
def test_a_lane_that_is_held_up_is_not_ready_until_it_goes_on(cluster, tmp_path, lane):
    """Each thread of the lane waits for something that does not come; reads go on."""
    url = new_database("postgresql", tmp_path, cluster)
    with open_node(url, database_threads=2) as node, closing(psycopg.connect(url)) as holder:
        holder.execute("SELECT pg_advisory_lock(1)")
        readiness = Readiness(node.db, every_s=0, timeout_s=1)

        async def scenario() -> str:
            wait = "SELECT pg_advisory_xact_lock(1)"
            unlimited = f"SET LOCAL lock_timeout = 0; {wait}"
            held_up = [
                asyncio.ensure_future(getattr(node.db, lane)(execute, unlimited)) for _ in range(2)
            ]
            await until_they_wait(node.db, 2)
            with pytest.raises(Unavailable) as refusal:
                await readiness.check()
            holder.rollback()
            holder.execute("SELECT pg_advisory_unlock_all()")
            await asyncio.gather(*held_up)
            while True:  # the probe that was held up ends
                with suppress(Unavailable):
                    await readiness.check()
                    return refusal.value.code

        assert node.client.run(scenario()) == "store.slow"


async def until_they_wait(db: Database, count: int) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while (await db.read(execute, WAITING))[0][0] < count:
        assert time.monotonic() < deadline, "they do not wait"
        await asyncio.sleep(0.01)


WAITING = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event = 'advisory'
"""


def test_a_probe_of_a_frozen_node_holds_up_nobody(cluster, tmp_path):
    """It has written its row, and does not commit."""
    url = new_database("postgresql", tmp_path, cluster)
    with open_node(url) as node, open_node(url, seed=8) as other:

        def probe_while_frozen(tx: Tx) -> int:
            write_probe(tx)
            return other.client.request("GET", "/readyz").status

        assert node.db.call(probe_while_frozen) == 200


def test_a_replica_is_not_ready_and_doctor_says_why(cluster, tmp_path):
    url = new_database("postgresql", tmp_path, cluster)
    make_read_only(url)
    with open_node(url) as node:
        answer = node.client.request("GET", "/readyz")
    reason = "Read-only: the database cannot be written."
    assert (answer.status, answer.json()["reason"]) == (503, reason)

    result = Turnout(url)("doctor")
    assert result.code == 1
    assert f"FAIL writing         {reason.replace('Read', 'read')}" in result.output
    assert "-> Name the primary, not a replica" in result.output
    name = psycopg.conninfo.conninfo_to_dict(url)["dbname"]
    reset = f'ALTER DATABASE "{name}" RESET default_transaction_read_only;'
    assert "FAIL read-only       default_transaction_read_only is on, set by: database" in (
        result.output
    )
    assert reset in result.output
    for what in ("server", "database clock", "transactions", "schema", "intake queue", "messages"):
        assert f"ok   {what}" in result.output
    assert "ok   set aside" in result.output
    assert "ok   clock" in result.output


def make_read_only(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        name = sql.Identifier(connection.info.dbname)
        connection.execute(
            sql.SQL("ALTER DATABASE {} SET default_transaction_read_only = on").format(name)
        )
