"""How many get a second copy when a server is killed that sends as fast as it can.

A real server mails to a sink in this process over ten connections, and is killed again and again.
What was handed over and not recorded goes out a second time, and is marked: that is what a network
has not answered yet, and what waits to be recorded together, for at most 25 messages of a
connection or a twentieth of a second (workers/delivery.py).
"""

import random
from pathlib import Path

import pytest

from tests.proofs.test_crash_messaging import LEASE_S, PATIENCE_S, PRICE, check, kill_while_sending
from tests.support import proof
from tests.support.mail_sink import MailSink
from tests.support.messaging import (
    call,
    email_job,
    make_user,
    smtp_settings,
    wait_until_complete,
)
from tests.support.node import BACKENDS, new_database
from tests.support.server import Server
from tests.support.set_aside import operator

NAME = "copies of a kill"
CONNECTIONS = 10
MOST_A_KILL = 25


@pytest.mark.proof
@pytest.mark.parametrize("backend", BACKENDS)
def test_a_kill_costs_few_copies(
    backend: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    cluster = request.getfixturevalue("cluster") if backend == "postgresql" else None
    url = new_database(backend, tmp_path, cluster)
    dice = random.Random(proof.random_for(f"{NAME} {backend}").random())
    people, kills = proof.scale((800, 2), (40_000, 20))
    copies = count_copies(url, tmp_path, dice, people, kills)
    proof.report(NAME, backend=backend, recipients=people, kills=kills, copies=copies)
    assert copies < MOST_A_KILL * kills


def count_copies(url: str, folder: Path, dice: random.Random, people: int, kills: int) -> int:
    """How many of `people` got a second mail from a server that was killed so often."""
    make_user(url)
    with MailSink() as sink:
        server = Server(
            folder,
            database_url=url,
            command=("serve",),
            access_log="false",
            delivery_lease_seconds=LEASE_S,
            prices=f"email={PRICE}",
            **smtp_settings(sink, connections=CONNECTIONS),
        )
        try:
            server.start()
            everybody = [f"guest{n}@example.com" for n in range(people)]
            call(server, "POST", "/jobs", email_job(everybody), key="once")
            kill_while_sending(server, dice, sink, people, kills)
            with operator(url) as release_all:
                job = wait_until_complete(server, PATIENCE_S, release_all)
            assert server.stop() == 0
        finally:
            server.kill()
        return check(url, job, sink, people)
