"""Going through tables row by row, by a list of tables and columns that is written in the code.

For what concerns every table alike (everything about one person), where a named statement for each
would be the same forty times. Names of tables and columns are the product's own, never input.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from turnout.store.transaction import Tx

Key = tuple[Any, ...]


class Row(NamedTuple):
    """A row: its key, and the columns that were asked for."""

    key: Key
    values: dict[str, Any]


def read_page(
    tx: Tx,
    table: str,
    key: Sequence[str],
    columns: Sequence[str],
    condition: str,
    parameters: Mapping[str, Any],
    after: Sequence[Any] | None,
    limit: int,
) -> list[Row]:
    """The next rows that meet `condition`, which names its parameters `:name`, behind the key
    `after` (None = from the first). With a parameter `org_id` they are of that organization."""
    used = {**parameters, "row_limit": limit}
    if after is not None:
        # SQLite goes straight to the key only where a column that is fixed is not compared again.
        fixed = {"org_id"} & used.keys()
        behind = {name: value for name, value in zip(key, after, strict=True) if name not in fixed}
        if not behind:
            return []
        marks = ", ".join(f":after_{name}" for name in behind)
        condition = f"({condition}) AND ({', '.join(behind)}) > ({marks})"
        used |= {f"after_{name}": value for name, value in behind.items()}
    named = ", ".join(dict.fromkeys((*key, *columns)))
    query = (
        f"SELECT {named} FROM {table} WHERE {condition}"  # noqa: S608
        f" ORDER BY {', '.join(key)} LIMIT :row_limit"
    )
    names = list(dict.fromkeys((*key, *columns)))
    found = [dict(zip(names, row, strict=True)) for row in _run(tx, query, used).fetchall()]
    return [
        Row(tuple(row[name] for name in key), {name: row[name] for name in columns})
        for row in found
    ]


def set_columns(tx: Tx, table: str, key: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    """Set columns of one row."""
    changes = ", ".join(f"{name} = :v_{name}" for name in values)
    _run(
        tx,
        f"UPDATE {table} SET {changes} WHERE {_is(key)}",  # noqa: S608
        {**key, **{f"v_{name}": value for name, value in values.items()}},
    )


def delete_row(tx: Tx, table: str, key: Mapping[str, Any]) -> None:
    """Delete one row."""
    _run(tx, f"DELETE FROM {table} WHERE {_is(key)}", key)  # noqa: S608


def _is(key: Mapping[str, Any]) -> str:
    return " AND ".join(f"{name} = :{name}" for name in key)


def _run(tx: Tx, query: str, parameters: Mapping[str, Any]) -> Any:
    if tx.backend == "postgresql":
        query = _PARAMETER.sub(r"%(\1)s", query)
    return tx.connection.execute(query, dict(parameters))


_PARAMETER = re.compile(r":(\w+)")
