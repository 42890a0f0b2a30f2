"""Every ending of a queue item, written down by the database itself.

Without it a second ending would leave no trace: the row says how an item ended, not how often.
"""

from typing import Any

from turnout.store import Database, Tx

_WATCH = {
    "sqlite": [
        "CREATE TABLE endings (item_id BIGINT)",
        "CREATE TRIGGER ending AFTER UPDATE ON queue_items"
        " BEGIN INSERT INTO endings VALUES (NEW.id); END",
    ],
    "postgresql": [
        "CREATE TABLE endings (item_id BIGINT)",
        "CREATE FUNCTION note_ending() RETURNS trigger LANGUAGE plpgsql"
        " AS $$ BEGIN INSERT INTO endings VALUES (NEW.id); RETURN NULL; END $$",
        "CREATE TRIGGER ending AFTER UPDATE ON queue_items"
        " FOR EACH ROW EXECUTE FUNCTION note_ending()",
    ],
}


def watch_endings(db: Database) -> None:
    """Write down from now on whatever happens to a queue item once it is queued."""

    def watch(tx: Tx) -> None:
        for statement in _WATCH[tx.backend]:
            tx.connection.execute(statement)

    db.call(watch)


def find_wrong_endings(tx: Tx) -> list[tuple[Any, ...]]:
    """The items that did not end exactly once, and how often each did."""
    rows = tx.connection.execute(
        "SELECT i.id, count(e.item_id) FROM queue_items i LEFT JOIN endings e ON e.item_id = i.id"
        " GROUP BY i.id HAVING count(e.item_id) <> 1"
    )
    return [tuple(row) for row in rows.fetchall()]
