"""What PostgreSQL's planner knows of tables that were filled a moment ago.

Theory. The planner goes by what ANALYZE last counted. Autovacuum looks once a minute, so that for
up to a minute after a broadcast to 100,000 or an import it takes the table for what it was before,
perhaps empty, and reads all of it for each handful. So a node looks every few seconds. What has to
be right without any count looks its rows up by their key behind a `MATERIALIZED` list (delivering).

A table that was never counted has a trap that no statement can avoid. As long as it is small, every
index costs the same, and a session keeps the plan that it made then: (org_id, id) is looked up in
the index over (org_id, uuid), which reads all rows of the organization. That goes for foreign keys
too, so each row costs more than the one before. Once the table was counted, the planner knows that
org_id selects nothing, and all kept plans are made again. So a table is counted when it is small.

Rules.
- A table that has grown to the fourfold is counted at once, if it has `GREW` rows: too few rows say
  nothing of what they have in common. What has changed otherwise, once a minute.
- One table a transaction, and never inside one that loads: ANALYZE of a table waits for another's.
- A table that is locked, or that another node counts, is left for the next look.
- SQLite is told made-up numbers once (migrations/planning.py).
"""

from turnout.store.transaction import Tx

LOADED = 5_000
PAUSE_S = 60
GREW = 100
LOCK_MS = 100

_FIND = f"""
SELECT s.relid::regclass::text
FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid
WHERE s.schemaname = current_schema() AND (
    (s.n_live_tup >= {GREW} AND s.n_live_tup >= 4 * greatest(c.reltuples, 0))
    OR (s.n_mod_since_analyze >= {LOADED} AND s.n_mod_since_analyze > s.n_live_tup / 5
        AND coalesce(
            greatest(s.last_analyze, s.last_autoanalyze) < now() - interval '{PAUSE_S} s', true)))
ORDER BY s.n_mod_since_analyze DESC, 1 LIMIT 1
"""  # noqa: S608 (numbers of our own)


def refresh_statistics(tx: Tx) -> str | None:
    """Count the table that has changed most since it was counted: that has grown to the fourfold,
    or has changed by 5,000 rows and a fifth at least and was not counted within the last minute.
    Its name; None where there is none, or it is locked."""
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
