"""A node that is frozen while it sends, and comes back before or after its leases have run out.

Real servers send a broadcast over SMTP, each to a sink of its own in this process. One that hands
mails over is stopped (SIGSTOP), again and again while the job is open: of two that do, the one that
was stopped less often, for either may have claimed everybody. The first that outstays its lease
stands still until another has taken something over. Everybody gets one mail. A second copy there
may be only of what a frozen node had under way at that instant, and it is marked: once the node
goes on, it hands nothing over that another has taken over.

What is under way was handed to the frozen node's sink, before the freeze or while it lasted, and is
not recorded as sent when it begins. That is at most: on each connection one mail that the network
has and has not answered; and those whose answers came within `UNRECORDED_S` before, which wait to
be recorded together and for the commit. On a connection those are as many as the pause allows.
"""

import math
import signal
import time
from collections import Counter
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.proofs.test_crash_messaging import MARK, PRICE, read_recipients
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
from tests.upgrade.data import ask
from turnout.core.messaging.late import COPY
from turnout.settings import Settings
from turnout.store import open_database

NAME = "frozen delivery"
CONNECTIONS = 3
NODES = {"sqlite": 1, "postgresql": 2}
PATIENCE_S = 400
# The loop waits 0.05 s for more outcomes (workers/delivery.py); the rest is a slow machine's.
UNRECORDED_S = 2.0


class Freeze(NamedTuple):
    """Which node stood still, and when, by the monotonic clock; and to whom nothing was recorded
    as sent then."""

    node: int
    since_s: float
    until_s: float
    unrecorded: frozenset[str]

    @property
    def length_s(self) -> float:
        return self.until_s - self.since_s


class Taking(NamedTuple):
    """A mail that a node's sink took, by the monotonic clock."""

    at_s: float
    node: int
    address: str


class TimedSink(MailSink):
    """Also keeps when each mail was taken, by recipient."""

    def __init__(self, pause_s: float) -> None:
        super().__init__(pause_s)
        self.times: list[tuple[str, float]] = []

    def _take(self, recipients: list[str], mail: bytes) -> None:
        self.times += [(recipient, time.monotonic()) for recipient in recipients]
        super()._take(recipients, mail)


@pytest.mark.proof
@pytest.mark.parametrize("backend", BACKENDS)
def test_a_frozen_node_hands_over_nothing_that_another_took(
    backend: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    cluster = request.getfixturevalue("cluster") if backend == "postgresql" else None
    url = new_database(backend, tmp_path, cluster)
    make_user(url)
    lease_s, pause_s = proof.scale(2, 10), proof.scale(0.1, 0.5)
    short, full = {"sqlite": (60, 700), "postgresql": (150, 1_400)}[backend]
    people = proof.scale(short, full) * NODES[backend]
    with ExitStack() as stack:
        sinks = [stack.enter_context(TimedSink(pause_s)) for _ in range(NODES[backend])]
        nodes = [start(tmp_path / str(n), url, sink, lease_s) for n, sink in enumerate(sinks)]
        try:
            job = email_job([f"guest{n}@example.com" for n in range(people)])
            call(nodes[0], "POST", "/jobs", job)
            freezes: list[Freeze] = []
            for length_s in lengths_of(len(nodes)):
                number = wait_for_sender(sinks, [freeze_.node for freeze_ in freezes], pause_s)
                with frozen(nodes[number], number, url, sinks[number], freezes):
                    time.sleep(length_s)
                    if len(nodes) > 1 and length_s > lease_s:
                        wait_for_takeover(url)
                taken = set().union(*(sink.taken for sink in sinks))
                assert len(taken) < people, "the job was over before the freeze was"
            with operator(url) as release_all:
                job = wait_until_complete(nodes[0], PATIENCE_S, release_all)
            assert [node.stop() for node in nodes] == [0] * len(nodes)
        finally:
            for node in nodes:
                node.kill()
    takings = sorted(
        Taking(at, node, address) for node, sink in enumerate(sinks) for address, at in sink.times
    )
    copies, taken_over = check(url, job, takings, people)
    check_copies(copies, freezes, lease_s, pause_s)
    assert len(nodes) == 1 or taken_over > 0
    proof.report(
        NAME,
        backend=backend,
        recipients=people,
        lease_s=lease_s,
        freezes=len(freezes),
        frozen_nodes=len({freeze_.node for freeze_ in freezes}),
        taken_over=taken_over,
        copies=len(copies),
        seed=proof.seed(),
    )


def lengths_of(nodes: int) -> list[float]:
    """How long each freeze is at least."""
    full = [length_s for length_s in (5.0, 9.0, 11.0, 15.0, 30.0, 60.0) for _ in range(nodes)]
    return proof.scale([0.5, 3.5], full)


def start(folder: Path, url: str, sink: MailSink, lease_s: int) -> Server:
    folder.mkdir()
    return Server(
        folder,
        database_url=url,
        command=("serve",),
        access_log="false",
        delivery_lease_seconds=lease_s,
        prices=f"email={PRICE}",
        **smtp_settings(sink, connections=CONNECTIONS),
    ).start()


def wait_for_sender(sinks: list[TimedSink], frozen: list[int], pause_s: float) -> int:
    """Wait until some more mails were taken, and a sink has one that it has not answered; returns
    the number of the node that sends there, of several the one that was frozen least often."""
    before = [sink.total for sink in sinks]
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        more = [sink.total - total for sink, total in zip(sinks, before, strict=True)]
        senders = [
            number
            for number, sink in enumerate(sinks)
            if sink.under_way and more[number] >= CONNECTIONS
        ]
        if senders and sum(more) >= 2 * CONNECTIONS * len(sinks):
            return min(senders, key=frozen.count)
        time.sleep(pause_s / 20)
    raise AssertionError(f"no node sends anything: {before} mails before, {more} since")


def wait_for_takeover(url: str) -> None:
    """Wait until a recipient was claimed a second time."""
    deadline = time.monotonic() + PATIENCE_S
    while ask(url, "SELECT count(*) FROM recipients WHERE is_repeated = 1") == [(0,)]:
        assert time.monotonic() < deadline, "no node takes over what a frozen one has claimed"
        time.sleep(0.1)


@contextmanager
def frozen(
    node: Server, number: int, url: str, sink: TimedSink, freezes: list[Freeze]
) -> Generator[None, None, None]:
    """Stop a node that is handing something over, for a block, and note it."""
    since_s = time.monotonic()
    node.send(signal.SIGSTOP)
    try:
        assert sink.under_way, "nothing was being handed over"
        rows = ask(url, "SELECT address FROM recipients WHERE state <> 'done'")
        yield
        unrecorded = frozenset(address for (address,) in rows)
        freezes.append(Freeze(number, since_s, time.monotonic(), unrecorded))
    finally:
        node.send(signal.SIGCONT)


def check(url: str, job: Any, takings: list[Taking], people: int) -> tuple[dict[str, Taking], int]:
    """Hold what was sent against what is told; returns who got copies, with the first, and how many
    were claimed twice."""
    first = {taking.address: taking for taking in reversed(takings)}
    assert set(first) == {f"guest{n}@example.com" for n in range(people)}
    counts = [job[name] for name in ("total_recipients", "sent_recipients", "failed_recipients")]
    assert counts == [people, people, 0]
    db = open_database(Settings(database_url=url))
    try:
        rows = db.call(read_recipients, job["job_id"])
    finally:
        db.close()
    notes = {address: notes for address, *_, notes in rows}
    counted = Counter(taking.address for taking in takings)
    copied = {address: first[address] for address, count in counted.items() if count > 1}
    assert max(counted.values()) <= 2
    assert [
        recipient
        for recipient in copied
        if not (MARK in notes[recipient] or COPY in notes[recipient])
    ] == []
    return copied, sum(is_repeated for *_, is_repeated, _ in rows)


def check_copies(
    copies: dict[str, Taking], freezes: list[Freeze], lease_s: float, pause_s: float
) -> None:
    """Each copy is of what was under way when a node froze for long enough to lose it; and of each
    freeze so few."""
    limit = CONNECTIONS * (1 + math.ceil(UNRECORDED_S / pause_s))
    costly = [freeze for freeze in freezes if freeze.length_s > lease_s / 2]
    under_way = [
        {
            address
            for address, taking in copies.items()
            if taking.node == freeze_.node
            and taking.at_s <= freeze_.until_s
            and address in freeze_.unrecorded
        }
        for freeze_ in costly
    ]
    assert set(copies) == set().union(*under_way)
    assert [len(portion) for portion in under_way if len(portion) > limit] == []
