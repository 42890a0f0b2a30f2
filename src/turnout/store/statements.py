"""Named SQL statements, loaded with aiosql from the `queries*.sql` beside a module.

`queries.sql` holds what both databases share; `queries.sqlite.sql` and
`queries.postgresql.sql` override by the same name. A statement names `org_id`, or says in its
comment `crosses organizations: why`; a test holds every statement to that.
"""

import re
from collections.abc import Callable, Generator, Iterator
from importlib.resources import files
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import aiosql
from aiosql.adapters.generic import GenericAdapter
from aiosql.adapters.pyformat import PyFormatAdapter
from aiosql.types import SQLOperationType

if TYPE_CHECKING:
    from turnout.store.transaction import Tx

FETCH_ROWS = 1000
_BACKENDS = ("sqlite", "postgresql")
_NAME = re.compile(r"^-- name:\s*(\w+)", re.MULTILINE)


class _Execution(GenericAdapter):
    """Runs a statement on the cursor's shortest path, and always fetches it to the end.

    An unfinished `RETURNING` would keep the statement, and with it the transaction, open.
    """

    def select(
        self, conn: Any, query_name: str, sql: str, parameters: Any, record_class: Any = None
    ) -> Any:
        return conn.execute(sql, parameters).fetchall()

    def select_one(
        self, conn: Any, query_name: str, sql: str, parameters: Any, record_class: Any = None
    ) -> Any:
        rows = conn.execute(sql, parameters).fetchall()
        return rows[0] if rows else None

    def select_value(self, conn: Any, query_name: str, sql: str, parameters: Any) -> Any:
        rows = conn.execute(sql, parameters).fetchall()
        return rows[0][0] if rows else None

    def insert_update_delete(self, conn: Any, query_name: str, sql: str, parameters: Any) -> int:
        return conn.execute(sql, parameters).rowcount  # type: ignore[no-any-return]

    def insert_update_delete_many(
        self, conn: Any, query_name: str, sql: str, parameters: Any
    ) -> int:
        cursor = conn.cursor()
        cursor.executemany(sql, parameters)
        return cursor.rowcount  # type: ignore[no-any-return]


class _Postgresql(_Execution, PyFormatAdapter):
    """The same, with `:name` written the way psycopg reads it."""


_ADAPTERS = {"sqlite": _Execution, "postgresql": _Postgresql}


class Statement:
    """One named statement, and its comment, in the wording of each database."""

    __slots__ = ("_run", "comment", "name", "text")

    def __init__(self, name: str, variants: dict[str, Any]) -> None:
        self.name = name
        self.text: dict[str, str] = {backend: fn.sql for backend, fn in variants.items()}
        self.comment: dict[str, str] = {backend: fn.__doc__ for backend, fn in variants.items()}
        self._run = {backend: _runner(fn, backend) for backend, fn in variants.items()}

    def __call__(self, tx: "Tx", *rows: Any, **parameters: Any) -> Any:
        """Run it in `tx`. What comes back is said by the mark behind the name in the file:
        none = list of rows, `^` = a row or None, `$` = a value or None, `!` = affected rows,
        `*!` = affected rows of many (`rows` is then one iterable of dictionaries)."""
        return self._run[tx.backend](tx.connection, *rows, **parameters)

    def iterate(self, tx: "Tx", **parameters: Any) -> Generator[tuple[Any, ...], None, None]:
        """The rows of a list statement one after another, without holding them all."""
        if tx.backend == "sqlite":
            yield from tx.connection.execute(self.text["sqlite"], parameters)
        else:
            with tx.connection.cursor(name=self.name) as cursor:
                cursor.itersize = FETCH_ROWS
                yield from cursor.execute(self.text["postgresql"], parameters)


def _runner(fn: Any, backend: str) -> Callable[..., Any]:
    run = {
        SQLOperationType.SELECT: "select",
        SQLOperationType.SELECT_ONE: "select_one",
        SQLOperationType.SELECT_VALUE: "select_value",
        SQLOperationType.INSERT_UPDATE_DELETE: "insert_update_delete",
    }
    sql, name, adapter = fn.sql, fn.__name__, _ADAPTERS[backend]()  # type: ignore[no-untyped-call]
    if fn.operation is SQLOperationType.INSERT_UPDATE_DELETE_MANY:
        return lambda connection, rows: adapter.insert_update_delete_many(
            connection, name, sql, rows
        )
    method = getattr(adapter, run[fn.operation])
    return lambda connection, **parameters: method(connection, name, sql, parameters)


class Statements:
    """The statements of one package, as attributes: `sql.find_person(tx, org_id=…)`.

    Each is read when it is first asked for: all of them take a good part of a program's start, and
    a command uses few.
    """

    registry: dict[str, "Statements"] = {}  # noqa: RUF012 - every package's, for the contract suite

    def __init__(self, package: str) -> None:
        self.package = package
        self._texts = {backend: _texts(package, backend) for backend in _BACKENDS}
        if lacking := self._texts["sqlite"].keys() ^ self._texts["postgresql"].keys():
            names = ", ".join(sorted(lacking))
            raise LookupError(f"{package}: {names} is written for one database only")
        Statements.registry[package] = self

    def __getattr__(self, name: str) -> Statement:
        if name.startswith("_"):
            raise AttributeError(name)
        texts = {backend: texts.get(name) for backend, texts in self._texts.items()}
        if not all(texts.values()):
            raise AttributeError(f"no statement {name!r} in {self.package}/queries*.sql")
        variants = {
            backend: getattr(aiosql.from_str(str(text), _ADAPTERS[backend]), name)
            for backend, text in texts.items()
        }
        statement = Statement(name, variants)
        self.__dict__[name] = statement  # from now on Python finds it by itself
        return statement

    def __iter__(self) -> Iterator[Statement]:
        return (getattr(self, name) for name in self._texts[_BACKENDS[0]])


def _texts(package: str, backend: str) -> dict[str, str]:
    texts: dict[str, str] = {}
    for file in ("queries.sql", f"queries.{backend}.sql"):
        path = files(package).joinpath(file)
        if path.is_file():
            texts |= _split(path.read_text(encoding="utf-8"))
    return texts


def _split(text: str) -> dict[str, str]:
    starts = [match.start() for match in _NAME.finditer(text)] + [len(text)]
    blocks = [text[a:b] for a, b in pairwise(starts)]
    return {_NAME.match(block)[1]: block for block in blocks}  # type: ignore[index]
