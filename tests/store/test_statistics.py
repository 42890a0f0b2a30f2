"""The planner is told of tables that were filled, soon and once."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.support.node import BACKENDS, LocalNode, database, open_node
from turnout.store import Tx
from turnout.store.statistics import GREW, LOADED, refresh_statistics

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


def fill(tx: Tx, rows: int, first: int = 1) -> None:
    last = first + rows - 1
    tx.connection.execute(
        f"INSERT INTO filled SELECT n, 'waiting' FROM generate_series({first}, {last}) n"
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
        node.db.call(fill, GREW - 1)
    assert node.db.call(refresh_statistics) is None


def test_a_table_is_counted_again_when_it_has_grown_to_the_fourfold(node: LocalNode) -> None:
    if node.db.backend == "sqlite":
        return
    node.execute(MADE)
    node.db.call(fill, GREW)
    assert node.db.call(refresh_statistics) == "filled"
    node.db.call(fill, 3 * GREW - 1, first=GREW + 1)
    assert node.db.call(refresh_statistics) is None
    node.db.call(fill, 1, first=4 * GREW)
    assert node.db.call(refresh_statistics) == "filled"


def test_what_was_planned_for_a_small_table_is_planned_again(node: LocalNode, url: str) -> None:
    """The keys of an organization are looked up one by one; as long as nothing was counted, they
    may be looked up in any index that begins with the organization."""
    if node.db.backend == "sqlite":
        return
    texts = "".join(f", text{number} TEXT" for number in range(20))
    node.execute(MADE.replace("id BIGINT PRIMARY KEY", f"org_id BIGINT, id BIGINT{texts}"))
    for index in ("org_id, id", "org_id, state"):
        node.execute(f"CREATE UNIQUE INDEX ON filled ({index})")
    node.execute("INSERT INTO filled (org_id, id, state) VALUES (1, 0, '0')")
    with psycopg.connect(url, autocommit=True) as session:
        session.execute("SET plan_cache_mode = force_generic_plan")
        session.execute("PREPARE look AS SELECT FROM filled WHERE org_id = $1 AND id = $2")
        assert index_of(session, "EXECUTE look (1, 5)") == "filled_org_id_state_idx"
        node.execute(
            "INSERT INTO filled (org_id, id, state)"
            f" SELECT 1, n, n FROM generate_series(1, {LOADED - 1}) n"
        )
        node.execute("SELECT pg_stat_force_next_flush()")
        assert node.db.call(refresh_statistics) == "filled"
        assert index_of(session, "EXECUTE look (1, 5)") == "filled_org_id_id_idx"


def index_of(session: "psycopg.Connection", statement: str) -> str:
    [(answer,)] = session.execute(f"EXPLAIN (FORMAT JSON) {statement}")
    return answer[0]["Plan"]["Index Name"]


def test_a_table_that_is_locked_is_left_for_the_next_look(node: LocalNode, url: str) -> None:
    if node.db.backend == "sqlite":
        return
    node.execute(MADE)
    node.db.call(fill, LOADED)
    with psycopg.connect(url) as session:
        session.execute("LOCK TABLE filled IN SHARE UPDATE EXCLUSIVE MODE")
        assert node.db.call(refresh_statistics) is None
    assert node.db.call(refresh_statistics) == "filled"
