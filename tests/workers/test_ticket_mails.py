"""The loop of ticket mails beside a database that is away or held: late by the trouble only."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager

import psycopg
import pytest
from structlog.testing import capture_logs

from tests.core.registrations.hall import GUESTS, Hall
from tests.support.builder import contact
from tests.support.faulty_line import FaultyLine
from tests.support.node import START, LocalNode, open_node
from tests.workers.conftest import until
from turnout.core.registrations.joining import register_directly
from turnout.core.tickets.mails import CLAIM_MS, claim_ticket_mails
from turnout.core.work.claims import HELD_PAUSE_MS
from turnout.store.troubles import Troubles
from turnout.workers import loop as loops
from turnout.workers.ticket_mails import TicketMailLoop, rest_for

BASE = "http://turnout.test"
CLAIMS = "SELECT count(*) FROM work_claims WHERE queue = 'ticket mail'"
SOON_MS = 10_000

assert SOON_MS < CLAIM_MS


def fill(node: LocalNode) -> Hall:
    """An event with a ticket for everybody."""
    hall = Hall(node, None, (len(GUESTS), None))
    for guest in GUESTS:
        hall.call(register_directly, hall.event_id, hall.type_ids[0], contact(guest))
    return hall


async def ask(node: LocalNode, question: str) -> int:
    return await node.db.read(lambda tx: tx.connection.execute(question).fetchone()[0])


def count(node: LocalNode, question: str) -> int:
    return asyncio.run(ask(node, question))


@contextmanager
def sqlite_locked(url: str) -> Iterator[int]:
    """Another process has the file; how many tickets are claimed."""
    file = url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield other.execute(CLAIMS).fetchone()[0]
        other.execute("ROLLBACK")


@contextmanager
def table_locked(url: str, table: str) -> Iterator[int]:
    with psycopg.connect(url) as other:
        other.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        row = other.execute(CLAIMS).fetchone()
        assert row is not None
        yield row[0]


def mail_all(node: LocalNode, trouble: Callable[[Callable[[], bool]], Awaitable[None]]) -> None:
    """Start the loop; when tickets are claimed let the `trouble` begin, which gets a function that
    says whether the loop has met it; then wait until everybody is mailed."""

    async def is_claimed() -> bool:
        return await ask(node, CLAIMS) > 0

    async def is_done() -> bool:
        node.clock.advance(0.02)  # what rests, rests by this clock
        return await ask(node, "SELECT count(*) FROM ticket_mails") == 0

    async def go() -> None:
        loop = TicketMailLoop(node.db, BASE)
        loop.start()
        try:
            await until(is_claimed)
            with capture_logs() as logs:
                await trouble(lambda: "workers wait" in {line["event"] for line in logs})
            await until(is_done)
        finally:
            await loop.stop()

    asyncio.run(go())
    assert count(node, "SELECT count(*) FROM jobs WHERE name LIKE 'Your ticket%'") == len(GUESTS)
    assert count(node, CLAIMS) == 0
    assert node.clock.now - START < SOON_MS


async def is_met(has_met: Callable[[], bool]) -> None:
    async def met() -> bool:
        return has_met()

    await until(met)


@pytest.fixture(autouse=True)
def _fresh_troubles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loops, "troubles", Troubles("workers wait"))


def test_a_database_that_cannot_be_written_for_a_while_delays_no_mail_further(node, url):
    fill(node)
    if node.db.backend == "sqlite":
        node.execute("PRAGMA busy_timeout=50")

    async def locked(has_met: Callable[[], bool]) -> None:
        is_sqlite = node.db.backend == "sqlite"
        with sqlite_locked(url) if is_sqlite else table_locked(url, "work_claims") as claimed:
            assert claimed > 0
            await is_met(has_met)

    mail_all(node, locked)


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_a_table_that_is_held_lets_the_mails_rest_for_seconds(node, url):
    fill(node)
    rests = f"{CLAIMS} AND claimed_until <= {START + HELD_PAUSE_MS}"

    async def is_resting() -> bool:
        return await ask(node, rests) > 0

    async def held(_: Callable[[], bool]) -> None:
        with table_locked(url, "jobs") as claimed:
            assert claimed > 0
            await until(is_resting)

    mail_all(node, held)


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_sessions_that_are_cut_delay_no_mail_further(url):
    with FaultyLine(url) as line, open_node(line.url, database_threads=2) as node:
        fill(node)

        async def cut(has_met: Callable[[], bool]) -> None:
            line.is_down = True
            line.cut_all()
            await is_met(has_met)
            line.is_down = False

        mail_all(node, cut)


def test_a_loop_that_stops_gives_back_what_it_has_not_mailed(node):
    fill(node)

    async def go() -> None:
        loop = TicketMailLoop(node.db, BASE)

        async def is_claimed() -> bool:
            return await ask(node, CLAIMS) > 0

        loop.start()
        await until(is_claimed)
        await loop.stop()

    asyncio.run(go())
    waiting = count(node, "SELECT count(*) FROM ticket_mails")
    assert waiting > 0
    assert len(node.db.call(claim_ticket_mails)) == waiting


@pytest.mark.parametrize(("drawn_s", "rest_s"), [(0.01, 0.04), (0.1, 0.4), (3, 0.5)])
def test_while_requests_come_drawing_takes_a_fifth_of_the_time(drawn_s, rest_s):
    """A claim never runs out for that."""
    assert rest_for(drawn_s) == pytest.approx(rest_s)
