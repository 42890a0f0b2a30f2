"""Killed in the middle of a broadcast, Turnout skips nobody and marks every copy.

A real server takes a job for many people, and is killed while it does; then it sends them over
SMTP to a sink in this process, and is killed again and again, each time after some more of them.
In the end the sink's counts are held against the database.
"""

import random
import threading
from http.client import HTTPException
from pathlib import Path
from typing import Any

import pytest

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
from turnout.core.ids import JobId
from turnout.core.messaging.starting import sweep_staged
from turnout.settings import Settings
from turnout.store import Tx, open_database
from turnout.store.sources import system_clock

NAME = "crash messaging"
PRICE = 0.01
LEASE_S = 2
PAUSE_S = 0.002
PATIENCE_S = 90
LONGEST_ACCEPT_S = 0.6
MARK = "May have been sent twice"


@pytest.mark.proof
@pytest.mark.parametrize("backend", BACKENDS)
def test_a_broadcast_survives_kills(
    backend: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    cluster = request.getfixturevalue("cluster") if backend == "postgresql" else None
    url = new_database(backend, tmp_path, cluster)
    make_user(url)
    dice = proof.random_for(f"{NAME} {backend}")
    people, kills = proof.scale((400, 1), (20_000, 20))
    with MailSink(pause_s=PAUSE_S) as sink:
        server = Server(
            tmp_path,
            database_url=url,
            command=("serve",),
            access_log="false",
            delivery_lease_seconds=LEASE_S,
            prices=f"email={PRICE}",
            **smtp_settings(sink, connections=3),
        )
        try:
            killed_accepting = post_until_answered(server, dice, people)
            kill_while_sending(server, dice, sink, people, kills)
            with operator(url) as release_all:
                job = wait_until_complete(server, PATIENCE_S, release_all)
            assert server.stop() == 0
        finally:
            server.kill()
        copies = check(url, job, sink, people)
    proof.report(
        NAME,
        backend=backend,
        recipients=people,
        kills=kills,
        killed_while_accepting=killed_accepting,
        copies=copies,
        seed=proof.seed(),
    )


def post_until_answered(server: Server, dice: random.Random, people: int) -> int:
    """Post the job, and kill the server again and again, until it has answered; returns how often
    it was killed before. All posts bear one key."""
    body = email_job([]) | {
        "subject": "Hello %%recipient%%",
        "text_message": "See you in hall %%hall%%",
        "recipients": [
            {"destination": f"guest{n}@example.com", "recipient": f"G {n}", "hall": n % 7}
            for n in range(people)
        ],
    }
    limit = proof.scale(1, 8)
    for kills in range(limit + 1):
        server.start()
        timer = threading.Timer(dice.uniform(0, LONGEST_ACCEPT_S), server.kill)
        if kills < limit:
            timer.start()
        try:
            call(server, "POST", "/jobs", body, key="the-one-and-only")
            is_answered = True
        except (OSError, HTTPException):
            is_answered = False
        if timer.is_alive():
            timer.cancel()
            timer.join()
        if is_answered:
            server.kill()
            server.start()
            return kills
    raise AssertionError("the last server was not killed, and has not answered")


def kill_while_sending(
    server: Server, dice: random.Random, sink: MailSink, people: int, kills: int
) -> None:
    """Kill the server `kills` times, each after some more mails, and start it again."""
    share = people // (kills + 1)
    for number in range(kills):
        # Up to the next share's end, so that something is left for every kill.
        goal = share * number + dice.randint(1, share)
        assert sink.wait_for(goal, PATIENCE_S), f"{sink.total} of {goal} mails"
        server.kill()
        server.start()


def check(url: str, job: Any, sink: MailSink, people: int) -> int:
    """Hold what was sent against what is told; returns how many got copies."""
    everybody = {f"guest{n}@example.com" for n in range(people)}
    assert set(sink.taken) == everybody
    counts = [job[name] for name in ("total_recipients", "sent_recipients", "failed_recipients")]
    assert counts == [people, people, 0]
    assert round(job["total_amount"], 2) == round(people * PRICE, 2)
    # Two hours later, when what was never finished is swept.
    db = open_database(Settings(database_url=url), clock=lambda: system_clock() + 7_200_000)
    try:
        rows = db.call(read_recipients, job["job_id"])
        left = db.call(count_left)
    finally:
        db.close()
    assert sorted(row[0] for row in rows) == sorted(everybody)
    assert {(state, status, cost) for _, state, status, cost, *_ in rows} == {
        ("done", "SENT", round(PRICE * 1_000_000))
    }
    marked = {address for address, *_, is_repeated, notes in rows if is_repeated}
    assert marked == {address for address, *_, notes in rows if notes.startswith(MARK)}
    copied = {address for address, times in sink.taken.items() if times > 1}
    assert copied <= marked
    assert left == (0, 1)
    return len(copied)


def read_recipients(tx: Tx, job_id: JobId) -> list[tuple[Any, ...]]:
    """Those of the job; what was staged when the server was killed is nobody's."""
    statement = (
        "SELECT address, state, status, cost_micros, is_repeated, notes FROM recipients "
        f"WHERE job_id = {job_id}"
    )
    return [tuple(row) for row in tx.connection.execute(statement).fetchall()]


def count_left(tx: Tx) -> tuple[int, int]:
    """Jobs that are half-made, after the sweep; and visible ones."""
    while sweep_staged(tx, 1_000_000):
        pass
    statement = "SELECT sum(state = 'staging'), sum(state <> 'staging') FROM jobs"
    if tx.backend == "postgresql":
        statement = statement.replace("sum(", "count(*) FILTER (WHERE ")
    half, whole = tx.connection.execute(statement).fetchone()
    return half, whole
