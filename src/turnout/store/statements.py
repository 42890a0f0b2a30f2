"""Named SQL statements, loaded with aiosql from the `queries*.sql` beside a module.

`queries.sql` holds what both databases share; `queries.sqlite.sql` and
`queries.postgresql.sql` override by the same name. A statement says in its head what it returns
(store/heads.py). It names `org_id`, or says in its comment `crosses organizations: why`; a test
holds every statement to that.

A call is one frame: each statement is made into a function when it is first asked for. It always
fetches to the end, since an unfinished `RETURNING` would keep the statement, and with it the
transaction, open.
"""

from collections import namedtuple
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from functools import partial
from importlib import import_module
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar, cast

from turnout.store.heads import (
    SHARED,
    Head,
    names_class,
    read_head,
    read_statements,
    row_class_name,
)
from turnout.store.rows import RowMaker, nested_maker, row_maker

if TYPE_CHECKING:
    from turnout.store.transaction import Tx

FETCH_ROWS = 1000
_BACKENDS = ("sqlite", "postgresql")

P = ParamSpec("P")
Row = TypeVar("Row")


class Statement:
    """One named statement: its head, and its text and comment in the wording of each database.

    `run(tx, **parameters)` runs it in `tx`. What comes back is said by the mark in its head.
    """

    __slots__ = ("comment", "head", "make_row", "name", "package", "run", "text")

    def __init__(self, package: str, blocks: dict[str, str]) -> None:
        heads = {backend: read_head(block) for backend, block in blocks.items()}
        queries = {
            backend: getattr(_load(block, backend), head.name)
            for backend, (head, block) in heads.items()
        }
        self.package = package
        self.head = heads["sqlite"][0]
        self.name = self.head.name
        self.text: dict[str, str] = {backend: query.sql for backend, query in queries.items()}
        self.comment: dict[str, str] = {
            backend: query.__doc__ for backend, query in queries.items()
        }
        self.make_row = _row_maker(package, self.head)
        self.run = _RUNNERS[self.head.mark](self.text, self.make_row)
        self.run.statement = self

    def iterate(self, tx: "Tx", **parameters: Any) -> Generator[Any, None, None]:
        """The rows of a list statement one after another, without holding them all."""
        rows = self._iterate(tx, parameters)
        return rows if self.make_row is None else (self.make_row(row) for row in rows)

    def _iterate(self, tx: "Tx", parameters: dict[str, Any]) -> Generator[Any, None, None]:
        if tx.backend == "sqlite":
            yield from tx.connection.execute(self.text["sqlite"], parameters)
        else:
            with tx.connection.cursor(name=self.name) as cursor:
                cursor.itersize = FETCH_ROWS
                yield from cursor.execute(self.text["postgresql"], parameters)

    def batches(
        self, tx: "Tx", size: int, **parameters: Any
    ) -> Generator[list[tuple[Any, ...]], None, None]:
        """The rows of a list statement as the driver gives them, so many at a time."""
        with closing(self._open(tx)) as cursor:
            cursor.execute(self.text[tx.backend], parameters)
            while rows := cursor.fetchmany(size):
                yield rows

    def _open(self, tx: "Tx") -> Any:
        if tx.backend == "sqlite":
            return tx.connection.cursor()
        return tx.connection.cursor(name=self.name)


def iterate(
    run: "Callable[Concatenate[Tx, P], list[Row]]", tx: "Tx", *args: P.args, **parameters: P.kwargs
) -> Generator[Row, None, None]:
    """The rows of a list statement one after another: `iterate(sql.list_people, tx, org_id=…)`."""
    statement: Statement = cast(Any, run).statement
    return statement.iterate(tx, *args, **parameters)


def iterate_batches(
    run: "Callable[Concatenate[Tx, P], list[Any]]",
    tx: "Tx",
    size: int,
    *args: P.args,
    **parameters: P.kwargs,
) -> Generator[list[tuple[Any, ...]], None, None]:
    """The same for rows by the million: plain tuples in lists, which cost a third."""
    statement: Statement = cast(Any, run).statement
    return statement.batches(tx, size, *args, **parameters)


class Statements:
    """The statements of one package, as attributes: `sql.find_person(tx, org_id=…)`.

    Each is read when it is first asked for: all of them take a good part of a program's start, and
    a command uses few. Iterating gives them as `Statement`s, and so does `sql["find_person"]`.
    """

    registry: dict[str, "Statements"] = {}  # noqa: RUF012 - every package's, for the contract suite

    def __init__(self, package: str) -> None:
        self.package = package
        self._texts = {backend: _texts(package, backend) for backend in _BACKENDS}
        if lacking := self._texts["sqlite"].keys() ^ self._texts["postgresql"].keys():
            names = ", ".join(sorted(lacking))
            raise LookupError(f"{package}: {names} is written for one database only")
        Statements.registry[package] = self

    if not TYPE_CHECKING:  # a stub names each statement

        def __getattr__(self, name: str) -> Any:
            if name.startswith("_"):
                raise AttributeError(name)
            try:
                run = self[name].run
            except KeyError as error:
                raise AttributeError(
                    f"no statement {name!r} in {self.package}/queries*.sql"
                ) from error
            self.__dict__[name] = run  # from now on Python finds it by itself
            return run

    def __getitem__(self, name: str) -> Statement:
        return Statement(
            self.package, {backend: texts[name] for backend, texts in self._texts.items()}
        )

    def __iter__(self) -> Iterator[Statement]:
        return (self[name] for name in self._texts["sqlite"])


def _load(block: str, backend: str) -> Any:
    """A statement as aiosql reads it, which is loaded with the first: a command's help asks for
    none."""
    import aiosql
    from aiosql.adapters.generic import GenericAdapter
    from aiosql.adapters.pyformat import PyFormatAdapter

    return aiosql.from_str(block, GenericAdapter if backend == "sqlite" else PyFormatAdapter)


def _texts(package: str, backend: str) -> dict[str, str]:
    folder = files(package)
    return read_statements(folder, SHARED) | read_statements(folder, f"queries.{backend}.sql")


# -- what a row is made into --------------------------------------------------------------


def _row_maker(package: str, head: Head) -> RowMaker | None:
    """Makes what the head declares of a row; None where a row stays the plain tuple it is."""
    if head.mark not in ("", "^") or not head.returns:
        return None
    if not head.columns:
        return row_maker(find_class(package, head.returns))
    if not all(column.name for column in head.columns):
        return None
    row_class = _row_class(head)
    parts = [
        find_class(package, column.type) if names_class(column.type) else None
        for column in head.columns
    ]
    return nested_maker(row_class, parts) if any(parts) else partial(tuple.__new__, row_class)


def _row_class(head: Head) -> Any:
    return namedtuple(row_class_name(head.name), [column.name for column in head.columns])


def find_class(package: str, name: str) -> type:
    """The class that a head names: one of `model.py`, or of the module before the dot. Raises
    AttributeError where there is none."""
    module, _, name = name.rpartition(".")
    found: type = getattr(import_module(f"{package}.{module or 'model'}"), name)
    return found


# -- one function for each mark ------------------------------------------------------------


def _run_list(text: dict[str, str], make_row: RowMaker | None) -> Any:
    def run(tx: "Tx", **parameters: Any) -> Any:
        return tx.connection.execute(text[tx.backend], parameters).fetchall()

    def run_and_make(tx: "Tx", **parameters: Any) -> Any:
        rows = tx.connection.execute(text[tx.backend], parameters).fetchall()
        return [make_row(row) for row in rows]  # type: ignore[misc]

    return run_and_make if make_row else run


def _run_one(text: dict[str, str], make_row: RowMaker | None) -> Any:
    def run(tx: "Tx", **parameters: Any) -> Any:
        rows = tx.connection.execute(text[tx.backend], parameters).fetchall()
        return rows[0] if rows else None

    def run_and_make(tx: "Tx", **parameters: Any) -> Any:
        rows = tx.connection.execute(text[tx.backend], parameters).fetchall()
        return make_row(rows[0]) if rows else None  # type: ignore[misc]

    return run_and_make if make_row else run


def _run_value(text: dict[str, str], _: RowMaker | None) -> Any:
    def run(tx: "Tx", **parameters: Any) -> Any:
        rows = tx.connection.execute(text[tx.backend], parameters).fetchall()
        return rows[0][0] if rows else None

    return run


def _run_change(text: dict[str, str], _: RowMaker | None) -> Any:
    def run(tx: "Tx", **parameters: Any) -> Any:
        return tx.connection.execute(text[tx.backend], parameters).rowcount

    return run


def _run_changes(text: dict[str, str], _: RowMaker | None) -> Any:
    def run(tx: "Tx", rows: Any) -> Any:
        cursor = tx.connection.cursor()
        cursor.executemany(text[tx.backend], rows)
        return cursor.rowcount

    return run


_RUNNERS = {
    "": _run_list,
    "^": _run_one,
    "$": _run_value,
    "!": _run_change,
    "*!": _run_changes,
}
