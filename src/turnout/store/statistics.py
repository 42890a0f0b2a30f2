"""What PostgreSQL's planner knows of tables that were filled a moment ago.

Theory. The planner goes by what ANALYZE last counted. Autovacuum looks once a minute, so that for
up to a minute after a broadcast to 100,000 or an import it takes the table for what it was before,
perhaps empty, and reads all of it for each handful. So a node looks every few seconds. What has to
be right without any count looks its rows up by their key behind a `MATERIALIZED` list (delivering).

Rules.
- One table a transaction, and never inside one that loads: ANALYZE of a table waits for another's.
- A table that is locked, or that another node counts, is left for the next look.
- SQLite is told made-up numbers once (migrations/planning.py).
"""

from turnout.store.transaction import Tx

LOADED = 5_000
PAUSE_S = 60
LOCK_MS = 100

_FIND = f"""
SELECT relid::regclass::text FROM pg_stat_user_tables
WHERE schemaname = current_schema() AND n_mod_since_analyze >= {LOADED}
    AND n_mod_since_analyze > n_live_tup / 5
    AND coalesce(greatest(last_analyze, last_autoanalyze) < now() - interval '{PAUSE_S} s', true)
ORDER BY n_mod_since_analyze DESC, 1 LIMIT 1
"""  # noqa: S608 (numbers of our own)


def refresh_statistics(tx: Tx) -> str | None:
    """Count the table that has changed most since it was counted: by 5,000 rows and a fifth at
    least, and not within the last minute. Its name; None where there is none, or it is locked."""
    if tx.backend == "sqlite":
        return None
    found = tx.connection.execute(_FIND).fetchone()
    return found[0] if found and _analyze(tx, found[0]) else None


def _analyze(tx: Tx, table: str) -> bool:
    try:
        with tx.savepoint():
            tx.connection.execute(f"SET LOCAL lock_timeout = {LOCK_MS}")
            tx.connection.execute(f"ANALYZE {table}")  # regclass quotes what needs it
    except tx.held:
        return False
    return True
