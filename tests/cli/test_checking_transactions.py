"""`turnout doctor` names transactions that do not end, and no personal value in them."""

import threading
import uuid
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import quote

import psycopg
import pytest

from tests.support.node import LocalNode, new_database, open_node
from turnout.cli.checking_transactions import (
    HiddenTransaction,
    LongTransaction,
    check_transactions,
    judge_hidden,
    judge_transaction,
    list_long_transactions,
)
from turnout.cli.finding import Finding
from turnout.settings import Settings
from turnout.store import open_database

SECRET = "ada@example.com"
WAITS = "SELECT 1 FROM pg_stat_activity WHERE pid = %s AND wait_event_type = 'Lock'"


@pytest.fixture
def url(cluster, tmp_path) -> str:
    return new_database("postgresql", tmp_path, cluster)


@pytest.fixture
def node(url) -> Iterator[LocalNode]:
    with open_node(url) as node:
        yield node


def test_without_long_transactions_all_is_well(node):
    expected = [Finding("transactions", "none is older than 10 s")]
    assert list(check_transactions(node.db)) == expected


def test_who_holds_and_who_waits_is_told_and_no_text_of_a_query(node, url):
    change = f"UPDATE events SET title = '{SECRET}'"
    node.add_account()
    with (
        closing(psycopg.connect(url, application_name="psql")) as holder,
        closing(psycopg.connect(url, application_name="turnout-wait")) as waiter,
    ):
        one, two = holder.info.backend_pid, waiter.info.backend_pid
        holder.execute(change)
        waiting = threading.Thread(target=waiter.execute, args=(change,))
        waiting.start()
        witness = threading.Event()
        while not holder.execute(WAITS, (two,)).fetchone():
            assert not witness.wait(0.01)
        found = node.db.call(list_long_transactions, 0)
        holder.rollback()
        waiting.join()
    ours = {
        transaction.application: transaction
        for transaction in found
        if transaction.application != "turnout-write"
    }
    role, ages = ours["psql"].role, [ours[name].age_s for name in ("psql", "turnout-wait")]
    first = LongTransaction(one, "psql", role, ages[0], "idle in transaction", "", [], [two])
    second = LongTransaction(
        two, "turnout-wait", role, ages[1], "active", "Lock transactionid", [one], []
    )
    assert ours == {"psql": first, "turnout-wait": second}
    assert SECRET not in repr(found)


@pytest.fixture
def plain_role(url) -> Iterator[str]:
    """The address for a role that may use everything and sees no other role's sessions."""
    role, admin = f"plain_{uuid.uuid4().hex[:12]}", psycopg.connect(url, autocommit=True)
    with closing(admin):
        admin.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'p'")
        admin.execute(f"GRANT USAGE, CREATE ON SCHEMA public TO {role}")
        for kind in ("TABLES", "SEQUENCES"):
            admin.execute(f"GRANT ALL ON ALL {kind} IN SCHEMA public TO {role}")
        given = psycopg.conninfo.conninfo_to_dict(url)
        host, port = quote(str(given["host"]), safe=""), given["port"]
        yield f"postgresql://{role}:p@/{given['dbname']}?host={host}&port={port}"
        admin.execute(f"DROP OWNED BY {role}")
        admin.execute(f"DROP ROLE {role}")


def test_who_blocks_us_is_found_where_other_roles_are_hidden(node, url, plain_role):
    change = "UPDATE events SET title = 'x'"
    node.add_account()
    with (
        closing(open_database(Settings(database_url=plain_role))) as db,
        closing(psycopg.connect(url, application_name="psql")) as holder,
        closing(psycopg.connect(plain_role)) as waiter,
        closing(psycopg.connect(url, autocommit=True)) as witness,
    ):
        one, two = holder.info.backend_pid, waiter.info.backend_pid
        holder.execute(change)
        waiting = threading.Thread(target=waiter.execute, args=(change,))
        waiting.start()
        pause = threading.Event()
        while not witness.execute(WAITS, (two,)).fetchone():
            assert not pause.wait(0.01)
        count, *found = check_transactions(db, watch_s=0.2)
        holder.rollback()
        waiting.join()
        waiter.rollback()
        role = witness.info.user
        _, *after = check_transactions(db, watch_s=0.2)
    held = HiddenTransaction(one, "", "psql", role, [two])
    assert found == [judge_hidden(held, 0.2)]
    assert found[0].is_failure
    assert after == []
    assert count.mark == "warn"
    assert count.seen.endswith(
        "sessions of other roles cannot be seen, nor for how long theirs last"
    )
    plain = plain_role.partition("//")[2].partition(":")[0]
    assert count.advice == f'As an administrator: GRANT pg_read_all_stats TO "{plain}";'


def test_who_blocks_others_is_a_failure_and_who_waits_is_sent_on():
    holder = LongTransaction(11, "psql", "bob", 63, "idle in transaction", "", [], [12, 13])
    waiter = LongTransaction(12, "turnout-wait", "turnout", 61, "active", "Lock tuple", [11], [])
    assert judge_transaction(holder) == Finding(
        "transactions",
        "pid 11 (psql, role bob) began one 63 s ago: idle in transaction, blocks pid 12, 13",
        "See what that session is (an open psql, a paused machine, a backup); if it may end, "
        "SELECT pg_terminate_backend(11); frees what it holds.",
        is_failure=True,
    )
    assert judge_transaction(waiter) == Finding(
        "transactions",
        "pid 12 (turnout-wait, role turnout) began one 61 s ago: active, waits for Lock tuple of "
        "pid 11",
        "It waits for another: end pid 11 first.",
    )


def test_names_are_shown_without_control_characters():
    strange = LongTransaction(1, "a\x1b[2Jb", "r\n", 11, "active", "", [], [])
    assert judge_transaction(strange).seen == (
        r"pid 1 (a\x1b[2Jb, role r\n) began one 11 s ago: active"
    )
