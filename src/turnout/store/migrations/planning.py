"""What SQLite's query planner is told about the tables, so that it takes the index that fits.

Without statistics it believes that any first column of a key is selective; `org_id` is not, as
one organization may own nearly every row. It then reads all of the organization by the primary
key `(org_id, …)` where an index on `(org_id, event_id, …)` is there. Numbers are made up rather
than counted (ANALYZE), so that plans are the same however much there is in the tables.
PostgreSQL counts by itself.
"""

from sqlalchemy import Connection

ROWS = 1_000_000
ROWS_IN_PARTIAL = 1_000
FEW, MANY = 10, 1_000


def tell_planner(connection: Connection) -> None:
    """Write the statistics again, of every index that there is."""
    ask = connection.exec_driver_sql
    ask("ANALYZE sqlite_schema")
    ask("DELETE FROM sqlite_stat1")
    indexes = ask(
        """
        SELECT t.name, i.name, i."unique", i.partial FROM sqlite_schema t
        JOIN pragma_index_list(t.name) i WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%'
        """
    ).fetchall()
    for table, index, is_unique, is_partial in indexes:
        columns = ask(
            "SELECT name FROM pragma_index_xinfo(?) WHERE key ORDER BY seqno", (index,)
        ).scalars()
        rows = ROWS_IN_PARTIAL if is_partial else ROWS
        statistics = " ".join(map(str, [rows, *_rows_left(list(columns), rows, bool(is_unique))]))
        ask(
            "INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?, ?, ?)", (table, index, statistics)
        )


def _rows_left(columns: list[str], rows: int, is_unique: bool) -> list[int]:
    """How many rows agree in the first column, in the first two, and so on."""
    left = []
    for number, column in enumerate(columns):
        if column != "org_id":
            rows = min(rows, FEW if number else MANY)
        left.append(rows)
    return [*left[:-1], 1] if is_unique else left
