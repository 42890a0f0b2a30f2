"""Reads that lock rows are found on SQLite too, where most tests run.

PostgreSQL refuses `FOR UPDATE` in a transaction that reads; SQLite has no such clause, so a page
that calls a locking verb there would fail first at an operator who runs PostgreSQL.
"""

from functools import wraps
from typing import Any

from turnout.store.statements import Statement


def refuse() -> None:
    """From now on a statement that locks on PostgreSQL fails in a read of SQLite."""
    make = Statement.__init__

    def make_and_guard(statement: Statement, package: str, blocks: dict[str, str]) -> None:
        make(statement, package, blocks)
        if "FOR UPDATE" in statement.text["postgresql"]:
            statement.run = _guard(statement)

    Statement.__init__ = make_and_guard  # type: ignore[assignment, method-assign]


def _guard(statement: Statement) -> Any:
    run = statement.run

    @wraps(run)
    def run_in_write(tx: Any, **parameters: Any) -> Any:
        if tx.backend == "sqlite":
            is_read = tx.connection.execute("PRAGMA query_only").fetchone()[0]
            assert not is_read, f"{statement.name} locks rows in a transaction that only reads"
        return run(tx, **parameters)

    return run_in_write
