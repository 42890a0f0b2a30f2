"""The planner is told of tables that were filled, soon and once."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.support.node import BACKENDS, LocalNode, database, open_node
from turnout.store import Tx
from turnout.store.statistics import LOADED, refresh_statistics

# Autovacuum may come at any moment, and would count the table first.
MADE = """CREATE TABLE filled (id BIGINT PRIMARY KEY, state TEXT)
    WITH (autovacuum_enabled = off)"""


@pytest.fixture(params=BACKENDS)
def url(request, tmp_path: Path) -> Iterator[str]:
    cluster = request.getfixturevalue("cluster") if request.param == "postgresql" else None
    with database(request.param, tmp_path, cluster) as url:
        yield url


@pytest.fixture
def node(url: str) -> Iterator[LocalNode]:
    with open_node(url) as node:
        yield node


def fill(tx: Tx, rows: int) -> None:
    tx.connection.execute(
        f"INSERT INTO filled SELECT n, 'waiting' FROM generate_series(1, {rows}) n"
    )
    tx.connection.execute("SELECT pg_stat_force_next_flush()")


def expected_rows(tx: Tx) -> int:
    [(plan,)] = tx.connection.execute(
        "EXPLAIN (FORMAT JSON) SELECT 1 FROM filled WHERE state = 'waiting'"
    )
    return plan[0]["Plan"]["Plan Rows"]


def test_a_table_that_was_filled_is_counted_once(node: LocalNode) -> None:
    if node.db.backend == "sqlite":
        assert node.db.call(refresh_statistics) is None
        return
    node.execute(MADE)
    node.db.call(fill, LOADED)
    assert node.db.call(expected_rows) < LOADED / 10
    assert node.db.call(refresh_statistics) == "filled"
    assert node.db.call(expected_rows) == LOADED
    assert node.db.call(refresh_statistics) is None


def test_a_small_change_is_left_to_autovacuum(node: LocalNode) -> None:
    if node.db.backend == "postgresql":
        node.execute(MADE)
        node.db.call(fill, LOADED - 1)
    assert node.db.call(refresh_statistics) is None


def test_a_table_that_is_locked_is_left_for_the_next_look(node: LocalNode, url: str) -> None:
    if node.db.backend == "sqlite":
        return
    node.execute(MADE)
    node.db.call(fill, LOADED)
    with psycopg.connect(url) as session:
        session.execute("LOCK TABLE filled IN SHARE UPDATE EXCLUSIVE MODE")
        assert node.db.call(refresh_statistics) is None
    assert node.db.call(refresh_statistics) == "filled"
