"""`/readyz`: it says why nothing can be written, and recovers by itself."""

import resource
import time
from collections.abc import Callable

import psycopg
import pytest
from psycopg import sql

from tests.cli.runner import Turnout
from tests.support import proof
from tests.support.client import Answer
from tests.support.node import new_database, open_node
from tests.support.server import Server
from turnout.store.installation import find_fact

DEADLINE_S = 20


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


def test_being_asked_often_costs_one_write(node):
    for _ in range(50):
        assert node.client.request("GET", "/readyz").status == 200
        node.clock.advance(1)
    written_at = node.db.call(
        lambda tx: tx.connection.execute("SELECT at FROM installation").fetchall()
    )
    assert node.db.call(find_fact, "probe") == ""
    assert len(written_at) == 1
    assert written_at[0][0] < node.clock.now - 40_000


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
    assert "-> Name the primary, not a replica." in result.output
    assert "ok   clock" in result.output


def make_read_only(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        name = sql.Identifier(connection.info.dbname)
        connection.execute(
            sql.SQL("ALTER DATABASE {} SET default_transaction_read_only = on").format(name)
        )
