"""A node that is frozen while it sends, and comes back before or after its leases have run out.

Real servers send a broadcast over SMTP to a sink in this process, and one of them is stopped
(SIGSTOP) again and again while it has a part of it in hand. Everybody gets one mail. A second copy
there may be only of what the frozen node was handing over at that instant, and it is marked: once
the node goes on, it hands nothing over that another has taken over.
"""

import signal
import time
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.proofs.test_crash_messaging import MARK, PRICE, call, make_user, read_recipients
from tests.support import proof
from tests.support.aside import operator
from tests.support.mail_sink import MailSink
from tests.support.node import BACKENDS, new_database
from tests.support.server import Server
from turnout.core.messaging.late import COPY
from turnout.settings import Settings
from turnout.store import open_database

NAME = "frozen delivery"
CONNECTIONS = 3
NODES = {"sqlite": 1, "postgresql": 2}
PAUSE_S = 0.02
# What a node may have handed over and not recorded yet: a mail a connection, and a few whose
# outcomes wait to be recorded together.
UNDER_WAY = 8 * CONNECTIONS
PATIENCE_S = 120
# What the sink has when the node stops is taken within this.
ARRIVAL_S = 1.0


class Freeze(NamedTuple):
    """When a node stood still, by the monotonic clock."""

    since_s: float
    until_s: float


class TimedSink(MailSink):
    """Also keeps when each mail was taken, by recipient."""

    def __init__(self, pause_s: float) -> None:
        super().__init__(pause_s)
        self.times: dict[str, list[float]] = {}

    def _take(self, recipients: list[str], mail: bytes) -> None:
        for each in recipients:
            self.times.setdefault(each, []).append(time.monotonic())
        super()._take(recipients, mail)


@pytest.mark.proof
@pytest.mark.parametrize("backend", BACKENDS)
def test_a_frozen_node_hands_over_nothing_that_another_took(
    backend: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    cluster = request.getfixturevalue("cluster") if backend == "postgresql" else None
    url = new_database(backend, tmp_path, cluster)
    make_user(url)
    people, lease_s = proof.scale((300, 2), (7_500, 10))
    lengths = proof.scale((0.5, 3.5), (5, 9, 11, 15, 30, 60))
    with TimedSink(PAUSE_S) as sink:
        nodes = [start(tmp_path / str(n), url, sink, lease_s) for n in range(NODES[backend])]
        try:
            post(nodes[0], people)
            freezes = []
            turns = [(node, length_s) for length_s in lengths for node in nodes]
            for number, (node, length_s) in enumerate(turns, 1):
                assert sink.wait_for(people * number // (len(turns) + 1), PATIENCE_S)
                freezes.append(freeze(node, length_s))
            with operator(url) as release_all:
                job = wait_until_complete(nodes[0], release_all)
            assert [node.stop() for node in nodes] == [0] * len(nodes)
        finally:
            for node in nodes:
                node.kill()
    copied = check(url, job, sink, people, freezes)
    proof.report(
        NAME,
        backend=backend,
        recipients=people,
        lease_s=lease_s,
        freezes=len(freezes),
        copies=copied,
        seed=proof.seed(),
    )


def start(folder: Path, url: str, sink: MailSink, lease_s: int) -> Server:
    folder.mkdir()
    return Server(
        folder,
        database_url=url,
        command=("serve",),
        access_log="false",
        carrier_email="smtp",
        smtp_host="127.0.0.1",
        smtp_port=sink.port,
        smtp_tls="off",
        smtp_connections=CONNECTIONS,
        delivery_lease_seconds=lease_s,
        prices=f"email={PRICE}",
    ).start()


def post(node: Server, people: int) -> None:
    recipients = [{"destination": f"guest{n}@example.com"} for n in range(people)]
    body = {"job_type": "email", "job_name": "Broadcast", "from_email": "events@example.com"}
    texts = {"subject": "Hello", "text_message": "See you", "recipients": recipients}
    call(node, "POST", "/jobs", body | texts)


def freeze(node: Server, length_s: float) -> Freeze:
    since_s = time.monotonic()
    node.send(signal.SIGSTOP)
    try:
        time.sleep(length_s)
    finally:
        until_s = time.monotonic()
        node.send(signal.SIGCONT)
    return Freeze(since_s, until_s)


def wait_until_complete(node: Server, release_all: Any) -> Any:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        release_all()
        (job,) = call(node, "GET", "/jobs")
        if job["job_status"] == "Complete":
            return job
        time.sleep(0.25)
    raise AssertionError(f"the job was not complete after {PATIENCE_S} s: {job}")


def check(url: str, job: Any, sink: TimedSink, people: int, freezes: list[Freeze]) -> int:
    """Hold what was sent against what is told; returns how many got copies."""
    everybody = {f"guest{n}@example.com" for n in range(people)}
    assert set(sink.taken) == everybody
    counts = [job[each] for each in ("total_recipients", "sent_recipients", "failed_recipients")]
    assert counts == [people, people, 0]
    db = open_database(Settings(database_url=url))
    try:
        rows = db.call(read_recipients, job["job_id"])
    finally:
        db.close()
    notes = {address: notes for address, *_, notes in rows}
    copied = {address for address, times in sink.times.items() if len(times) > 1}
    assert [each for each in copied if not (MARK in notes[each] or COPY in notes[each])] == []
    late = {each for each in copied if not was_under_way(sink.times[each][0], freezes)}
    assert late == set()
    assert len(copied) <= len(freezes) * UNDER_WAY
    return len(copied)


def was_under_way(taken_s: float, freezes: list[Freeze]) -> bool:
    """Whether a node was handing over at that instant, and then stood still."""
    return any(each.since_s - ARRIVAL_S <= taken_s <= each.since_s + ARRIVAL_S for each in freezes)
