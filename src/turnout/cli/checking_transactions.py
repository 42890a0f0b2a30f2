"""What `turnout doctor` says of transactions that do not end (PostgreSQL).

Such a one keeps the rows that it has changed, and everybody who wants them waits. The texts of
queries are never shown: they hold names, addresses and codes of people.
"""

import time
from collections.abc import Iterator
from typing import Any, NamedTuple

from turnout.cli.app import counted
from turnout.cli.finding import Finding
from turnout.store import Database, Tx
from turnout.store.pg_refusals import fill_in

LONG_S = 10
SHOWN = 10
# For how long a transaction whose age is hidden is watched.
WATCH_S = 3.0
LOOK_EVERY_S = 0.1

# Those of other roles show their age and state only where this role may see them. Locks, and who
# waits for whom, everybody may see.
_OF_OTHERS = """
    a.datname = current_database() AND a.usesysid IS NOT NULL
        AND a.query = '<insufficient privilege>'
"""
_COUNT_HIDDEN = f"SELECT count(*), current_user FROM pg_stat_activity a WHERE {_OF_OTHERS}"  # noqa: S608
_HIDDEN = f"""
    SELECT a.pid, held.virtualtransaction, a.application_name, a.usename,
        ARRAY(SELECT DISTINCT w.pid FROM pg_locks w
            WHERE NOT w.granted AND a.pid = ANY (pg_blocking_pids(w.pid)) ORDER BY w.pid)
    FROM pg_stat_activity a JOIN (
        SELECT DISTINCT pid, virtualtransaction FROM pg_locks
        WHERE granted AND locktype = 'relation' AND mode <> 'AccessShareLock'
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    ) held ON held.pid = a.pid
    WHERE {_OF_OTHERS} ORDER BY a.pid LIMIT %s
"""  # noqa: S608
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


class HiddenTransaction(NamedTuple):
    """A transaction of another role that holds locks, and whose age this role may not see."""

    pid: int
    number: str
    application: str
    role: str
    blocks: list[int]


def check_transactions(db: Database, watch_s: float = WATCH_S) -> Iterator[Finding]:
    """Is there a transaction that was begun long ago and has not ended?"""
    found = db.look(list_long_transactions)
    hidden_count, role = db.look(_count_hidden)
    kept = list(_watch_hidden(db, watch_s)) if hidden_count else []
    if hidden_count:
        yield judge_hidden_count(hidden_count, role)
    elif not found:
        yield Finding("transactions", f"none is older than {LONG_S} s")
    for transaction in found:
        yield judge_transaction(transaction)
    for hidden in kept:
        yield judge_hidden(hidden, watch_s)


def judge_hidden_count(count: int, role: str) -> Finding:
    """What to do where the sessions of other roles show nothing but that they are there."""
    return Finding(
        "transactions",
        f"{counted(count, 'session')} of other roles cannot be seen, nor for how long theirs last",
        fill_in("As an administrator: GRANT pg_read_all_stats TO {role};", role, ""),
    )


def judge_hidden(found: HiddenTransaction, watched_s: float) -> Finding:
    """What is seen of a transaction that was there all the time that it was watched."""
    name = _name(found)
    seen = f"pid {found.pid} ({name}) has held locks for {watched_s:.0f} s at least"
    seen += _pids(", blocks pid", found.blocks)
    return Finding("transactions", seen, _advise_end(found.pid), is_failure=bool(found.blocks))


def list_hidden_transactions(tx: Tx) -> list[HiddenTransaction]:
    """Those that changed or locked something in this database and that this role may not see."""
    rows = tx.connection.execute(_HIDDEN, (SHOWN,)).fetchall()
    return [
        HiddenTransaction(pid, number, application or "", role or "", blocks)
        for pid, number, application, role, blocks in rows
    ]


def _watch_hidden(db: Database, watch_s: float) -> Iterator[HiddenTransaction]:
    """Those that are still there after a while, and whom they blocked: our own sessions
    wait only some seconds at a time."""
    first = {transaction.pid: transaction for transaction in db.look(list_hidden_transactions)}
    if not first:
        return
    blocked: dict[int, set[int]] = {
        pid: set(transaction.blocks) for pid, transaction in first.items()
    }
    last: list[HiddenTransaction] = []
    until = time.monotonic() + watch_s
    while time.monotonic() < until or not last:
        time.sleep(LOOK_EVERY_S)
        last = db.look(list_hidden_transactions)
        if not last:
            return
        for hidden_transaction in last:
            blocked.setdefault(hidden_transaction.pid, set()).update(hidden_transaction.blocks)
    for hidden_transaction in last:
        if (
            hidden_transaction.pid in first
            and hidden_transaction.number == first[hidden_transaction.pid].number
        ):
            yield hidden_transaction._replace(blocks=sorted(blocked[hidden_transaction.pid]))


def _count_hidden(tx: Tx) -> tuple[int, str]:
    [(count, role)] = tx.connection.execute(_COUNT_HIDDEN).fetchall()
    return int(count), str(role)


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
    return _advise_end(found.pid)


def _advise_end(pid: int) -> str:
    return (
        "See what that session is (an open psql, a paused machine, a backup); if it may end, "
        f"SELECT pg_terminate_backend({pid}); frees what it holds."
    )


def _name(found: LongTransaction | HiddenTransaction) -> str:
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
    waits_on, blocks = ([pid for pid in some if pid] for some in pids)
    names = (application or "", role or "", age_s, state or "unknown", waits_for or "")
    return LongTransaction(pid, *names, waits_on, blocks)
