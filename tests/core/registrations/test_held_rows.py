"""A transaction that nobody ends holds rows of one event (PostgreSQL): the others go on."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

import psycopg
import pytest

from tests.core.registrations.desk import Desk
from tests.support.node import LocalNode, database, open_node
from turnout.core.ids import OrgId
from turnout.core.registrations.intake import process, turn_intake
from turnout.core.work.claims import Queue, turn
from turnout.store import Tx

HELD_ROWS = (
    "UPDATE events SET held = held WHERE id = {event}",
    "SELECT 1 FROM events WHERE id = {event} FOR UPDATE",
    "UPDATE ticket_types SET held = held WHERE event_id = {event}",
    "UPDATE sessions SET held = held WHERE event_id = {event}",
)


@pytest.fixture(scope="module")
def url(cluster, tmp_path_factory) -> Iterator[str]:
    with database("postgresql", tmp_path_factory.mktemp("held"), cluster) as url:
        yield url


@pytest.fixture(scope="module")
def node(url) -> Iterator[LocalNode]:
    with open_node(url) as node:
        yield node


@contextmanager
def held(url: str, statement: str) -> Iterator[None]:
    with closing(psycopg.connect(url)) as connection:
        connection.execute(statement)
        yield
        connection.rollback()


@pytest.fixture(autouse=True)
def long_memory(monkeypatch) -> None:
    """A busy machine does not forget between two steps of a test what is held."""
    monkeypatch.setattr("turnout.store.held_rows.REMEMBERED_S", 3600.0)


@pytest.mark.parametrize("statement", HELD_ROWS)
def test_submissions_of_other_events_are_decided_and_the_held_ones_later(
    node, url, desk, statement
):
    other = Desk(node, node.add_account(f"other-{desk.org_id}"))
    stuck = [desk.accept(desk.apply(f"{name}@example.com")) for name in ("ada", "bob", "cy")]
    free = other.accept(other.apply("dora@example.com"))
    with held(url, statement.format(event=desk.event.id)):
        # The first is due first, and met only once: the node then knows what is held.
        assert [node.db.call(process, 1).done for _ in range(3)] == [0, 1, 0]
        assert {item.status for item in other.look_up(free)} == {"success"}
        assert {item.status for items in stuck for item in desk.look_up(items)} == {"queued"}
    with open_node(url, seed=8) as fresh:
        assert fresh.run_intake() == 3
    assert {item.status for items in stuck for item in desk.look_up(items)} == {"success"}


def test_a_held_person_puts_off_their_submission_alone_and_counts_for_nothing(node, url, desk):
    """The event's other submissions go on, and the one is not on its way to be set aside."""
    assert desk.decide(desk.apply("ada@example.com")) == [("success", None)] * 3
    desk.accept(desk.apply("ada@example.com", phone="1"), desk.apply("bob@example.com"))
    with held(url, f"UPDATE people SET phone = '' WHERE org_id = {desk.org_id}"):
        _, claimed = node.db.call(turn_intake, [], 1)
        progress, claimed = node.db.call(turn_intake, claimed, 1)
        assert (progress.done, len(claimed)) == (0, 1)
        progress, claimed = node.db.call(turn_intake, claimed, 1)
        assert (progress.done, claimed) == (1, [])
    assert node.db.call(list_claims, "intake", desk.org_id) == [(0, 3000)]
    node.clock.advance(3)
    assert node.run_intake() == 1


def test_a_row_of_a_queue_that_meets_a_held_row_is_done_later_uncounted(node, url, desk):
    done = []

    def touch(tx: Tx, key: tuple[int, int]) -> None:
        tx.connection.execute(f"UPDATE events SET held = held WHERE id = {key[1]}")
        done.append(key[1])

    other = node.add_event(desk.org_id, "Other")
    due = [(desk.org_id, desk.event.id), (desk.org_id, other.id)]
    queue = Queue(f"held {desk.org_id}", lambda _tx, _limit: [], touch)
    claimed = node.db.call(turn, queue._replace(list_due=lambda _tx, _limit: due), [], 10)
    with held(url, HELD_ROWS[0].format(event=desk.event.id)):
        assert node.db.call(turn, queue, claimed, 10) == []
    assert done == [other.id]
    assert node.db.call(list_claims, queue.name, desk.org_id) == [(0, 3000)]


def list_claims(tx: Tx, queue: str, org_id: OrgId) -> list[tuple[int, int]]:
    """How often rows were claimed, and for how many ms from now they rest."""
    rows = tx.connection.execute(
        "SELECT claims, claimed_until FROM work_claims WHERE queue = %s AND org_id = %s",
        (queue, org_id),
    )
    return [(claims, until - tx.now) for claims, until in rows]
