"""What migrations are written with: plain SQL that both databases read.

Types are BIGINT (numbers, epoch milliseconds, 0/1), TEXT (everything else) and BYTES (the content
of files). On SQLite every table becomes STRICT and is clustered by its key (WITHOUT ROWID).
"""

import re

from alembic import context, op

_ONE_OF = re.compile(r"\b(\w+) IN \(([^()]+)\)")


def table(name: str, body: str) -> None:
    """Create the table `name`; `body` is what stands between the parentheses."""
    if is_sqlite():
        body = _spell_out(body.replace("BIGINT", "INTEGER").replace("BYTES", "BLOB"))
        op.execute(f"CREATE TABLE {name} ({body}) STRICT, WITHOUT ROWID")
    else:
        op.execute(f"CREATE TABLE {name} ({body.replace('BYTES', 'BYTEA')})")


def column(table: str, definition: str) -> None:
    """Add a column to `table`; `definition` as it stands in `table()`."""
    if is_sqlite():
        definition = _spell_out(definition.replace("BIGINT", "INTEGER"))
    op.execute(f"ALTER TABLE {table} ADD COLUMN {definition}")


def _spell_out(definition: str) -> str:
    """`a IN ('x', 'y')` as `a = 'x' OR a = 'y'`: for three values or more, SQLite would build a
    table again for every row that is written."""
    return _ONE_OF.sub(
        lambda match: " OR ".join(f"{match[1]} = {value.strip()}" for value in match[2].split(",")),
        definition,
    )


def index(name: str, on: str, *, unique: bool = False) -> None:
    """Create an index; `on` is `table (columns) [WHERE …]`."""
    op.execute(f"CREATE {'UNIQUE ' if unique else ''}INDEX {name} ON {on}")


def sequence(name: str, start: int, size: int) -> None:
    """Create a sequence that hands out numbers in blocks of `size` (see store/sequences.py)."""
    if is_sqlite():
        op.execute(f"INSERT INTO sequences (name, next_value) VALUES ('{name}', {start})")  # noqa: S608
    else:
        op.execute(f"CREATE SEQUENCE {name}_ids START {start} INCREMENT {size}")


def tell(what: str, done: int, total: int) -> None:
    """Say how far a long revision is: `done` of `total` rows or the like. Call it every few
    thousand rows, so that somebody who waits sees it move."""
    attributes = context.config.attributes
    share = done / total if total else 1.0
    attributes["progress"](what, attributes["done"] + share, attributes["steps"])


def is_sqlite() -> bool:
    """Whether this migration runs on SQLite."""
    return op.get_bind().dialect.name == "sqlite"
