"""What `turnout doctor` says of transactions that do not end (PostgreSQL).

Such a one keeps the rows that it has changed, and everybody who wants them waits. The texts of
queries are never shown: they hold names, addresses and codes of people.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from turnout.cli.finding import Finding
from turnout.store import Database, Tx

LONG_S = 10
SHOWN = 10

# Those of other roles show their age and state only where this role may see them (pg_monitor).
_LIST = """
    SELECT a.pid, a.application_name, a.usename,
        CAST(extract(epoch FROM clock_timestamp() - a.xact_start) AS BIGINT), a.state,
        CASE WHEN a.state = 'active' THEN concat_ws(' ', a.wait_event_type, a.wait_event) END,
        pg_blocking_pids(a.pid),
        ARRAY(SELECT b.pid FROM pg_stat_activity b WHERE a.pid = ANY (pg_blocking_pids(b.pid))
            ORDER BY b.pid)
    FROM pg_stat_activity a
    WHERE a.datname = current_database() AND a.pid <> pg_backend_pid()
        AND a.backend_type = 'client backend'
        AND a.xact_start < clock_timestamp() - make_interval(secs => %s)
    ORDER BY a.xact_start, a.pid LIMIT %s
"""


class LongTransaction(NamedTuple):
    """A transaction as the server tells of it. `waits_for` is the kind of thing, empty = nothing;
    `waits_on` are the pids of those who hold it, `blocks` those who wait for this one."""

    pid: int
    application: str
    role: str
    age_s: int
    state: str
    waits_for: str
    waits_on: list[int]
    blocks: list[int]


def check_transactions(db: Database) -> Iterator[Finding]:
    """Is there a transaction that was begun long ago and has not ended?"""
    found = db.call(list_long_transactions)
    if not found:
        yield Finding("transactions", f"none is older than {LONG_S} s")
    for transaction in found:
        yield judge_transaction(transaction)


def list_long_transactions(tx: Tx, older_than_s: float = LONG_S) -> list[LongTransaction]:
    """Those of this database, the oldest first."""
    rows = tx.connection.execute(_LIST, (older_than_s, SHOWN)).fetchall()
    return [_read(*row) for row in rows]


def judge_transaction(found: LongTransaction) -> Finding:
    """What is seen of one, and what to do about it."""
    seen = f"pid {found.pid} ({_name(found)}) began one {found.age_s} s ago: {found.state}"
    if found.waits_for:
        seen += f", waits for {found.waits_for}{_pids(' of pid', found.waits_on)}"
    seen += _pids(", blocks pid", found.blocks)
    return Finding("transactions", seen, _advise(found), is_failure=bool(found.blocks))


def _advise(found: LongTransaction) -> str:
    if found.waits_on:
        return f"It waits for another: end pid {found.waits_on[0]} first."
    return (
        "See what that session is (an open psql, a paused machine, a backup); if it may end, "
        f"SELECT pg_terminate_backend({found.pid}); frees what it holds."
    )


def _name(found: LongTransaction) -> str:
    application = ascii(found.application)[1:-1] or "no application name"
    return f"{application}, role {ascii(found.role)[1:-1]}"


def _pids(what: str, pids: list[int]) -> str:
    return f"{what} {', '.join(map(str, pids))}" if pids else ""


def _read(
    pid: int,
    application: str | None,
    role: str | None,
    age_s: int,
    state: str | None,
    waits_for: str | None,
    *pids: Any,
) -> LongTransaction:
    waits_on, blocks = ([each for each in some if each] for some in pids)
    names = (application or "", role or "", age_s, state or "unknown", waits_for or "")
    return LongTransaction(pid, *names, waits_on, blocks)
