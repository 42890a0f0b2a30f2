"""Importing files row by row, with a preview, a progress bar and a word about each faulty row."""

import uuid as uuids
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import Annotated, NamedTuple

from cyclopts import Parameter

from turnout.cli.app import console, counted, errors, show_table
from turnout.cli.files import SHOWN_FAULTS, bar
from turnout.core.importing.layout import Known, Layout, Use
from turnout.core.importing.records import (
    Fault,
    Record,
    Skipped,
    fault_of,
    read_layout,
    read_records,
)
from turnout.core.questions.judging import question_key
from turnout.errors import Conflict, Invalid, Missing
from turnout.formats.tables import open_table
from turnout.store import Database, Tx

SLICE = 100
SHOWN_ROWS = 5
Row = Record
Take = Callable[[Tx, Row], object]
Check = Callable[[Sequence[Row]], list[Fault]]
"""Finds what is wrong with some rows, and changes nothing."""

Key = Callable[[Row], tuple[object, str]]
"""What a row is about, and the cell that says it; an empty cell = nothing that must be there
once."""

Preview = Annotated[
    bool, Parameter(help="Show what each column becomes, the first rows and the faulty ones only.")
]
Again = Annotated[
    bool, Parameter(help="Take rows of people who were erased, too: they asked to come back.")
]
IgnoreUnknown = Annotated[bool, Parameter(help="Leave columns out that are not known.")]


class Opened(NamedTuple):
    """A file to import: how it was read, which column is what, and its rows."""

    described: str
    layout: Layout
    records: Iterator[Record | Fault | Skipped]


@contextmanager
def open_records(file: Path, known: Known, *, ignore_unknown: bool = False) -> Iterator[Opened]:
    """Open a CSV file or a workbook. Raises Invalid for one that cannot be read, and for a heading
    that does not fit."""
    with open_table(file) as table:
        layout = read_layout(table, known, ignores_unknown=ignore_unknown, file=file.name)
        yield Opened(table.described, layout, read_records(table, layout))


def import_rows(
    db: Database,
    file: Path,
    columns: Iterable[str] | Known,
    needed: Iterable[str],
    take: Take,
    *,
    key: Key | None = None,
    asked: Sequence[str] = (),
    preview: bool = False,
    ignore_unknown: bool = False,
) -> int:
    """Take every row of a file; `columns` are those that are known, in small letters, `needed`
    those that must be there. `key` says what a row is about: a second row about the same is
    refused. `asked` are the questions that other columns may answer. Returns how many rows were
    taken; with `preview`, how many would be.

    Each row is taken or refused alone; refused ones are named on standard error. Raises Invalid
    for a file without its columns, before anything is taken, and at the end when rows were refused.
    """
    known = columns
    if not isinstance(known, Known):
        known = Known(tuple(known), tuple((name,) for name in needed))
    if key:
        take = _once(take, key)
    if preview:
        return show_preview(
            file,
            known,
            lambda rows: _try_slice(db, rows, take),
            asked=asked,
            ignore_unknown=ignore_unknown,
        )
    total = count_rows(file, known, ignore_unknown=ignore_unknown)
    faults, taken = Faults(), 0
    with (
        open_records(file, known, ignore_unknown=ignore_unknown) as opened,
        bar(f"Importing {file.name}", total) as advance,
    ):
        for rows, unread, read in slices(opened.records, faults):
            refused = db.call(_take_slice, rows, take)
            faults.add([*unread, *refused])
            taken += len(rows) - len(refused)
            advance(read)
    faults.say_rest()
    if faults.count:
        raise Invalid("import.rows", refused=faults.count, file=file, taken=taken)
    return taken


def _once(take: Take, key: Key) -> Take:
    """`take` that refuses a row about what an earlier row of the file was about."""
    lines: dict[object, int] = {}

    def take_once(tx: Tx, row: Row) -> object:
        about, shown = key(row)
        first = lines.get(about, row.line)
        if shown and first != row.line:
            raise Invalid("row.twice", value=shown, first=first)
        taken = take(tx, row)
        lines[about] = row.line
        return taken

    return take_once


class Faults:
    """The rows that cannot be taken, in the order of the file: the first are said at once on
    standard error."""

    def __init__(self) -> None:
        self.count = self.skipped = 0

    def add(self, faults: Iterable[Fault]) -> None:
        """Count those of a slice, and say each by its line unless very many were said."""
        for fault in sorted(faults, key=lambda fault: fault.line):
            self.count += 1
            if self.count <= SHOWN_FAULTS:
                errors.print(str(fault))

    def say_rest(self) -> None:
        """Say how many more cannot be taken, and how many rows were of people whom the other
        program says to be gone."""
        if self.count > SHOWN_FAULTS:
            errors.print(f"… and {self.count - SHOWN_FAULTS} more")
        if self.skipped:
            rows = counted(self.skipped, "row is", "rows are")
            errors.print(f"{rows} cancelled in the file: left out.")


def slices(
    found: Iterator[Record | Fault | Skipped], faults: Faults
) -> Iterator[tuple[list[Record], list[Fault], int]]:
    """Rows that can be read, some at a time, with those that cannot, and how many lines were read
    for them. `faults` counts the skipped ones alone: the caller adds what it finds by line."""
    while some := list(islice(found, SLICE)):
        faults.skipped += sum(isinstance(row, Skipped) for row in some)
        unread = [row for row in some if isinstance(row, Fault)]
        yield [row for row in some if isinstance(row, Record)], unread, len(some)


def count_rows(file: Path, known: Known, *, ignore_unknown: bool = False) -> int:
    """How many rows the file has behind its heading. Raises Invalid as `open_records` does."""
    with open_records(file, known, ignore_unknown=ignore_unknown) as opened:
        return sum(1 for _ in opened.records)


def show_preview(
    file: Path,
    known: Known,
    check: Check,
    *,
    asked: Sequence[str] = (),
    ignore_unknown: bool = False,
) -> int:
    """Show how a file is read and what is wrong with it; nothing is written. Returns how many rows
    would be taken; raises Invalid when some would not."""
    faults, good = Faults(), 0
    with open_records(file, known, ignore_unknown=ignore_unknown) as opened:
        first = list(islice(opened.records, SHOWN_ROWS))
        _show_layout(file, opened, [row for row in first if isinstance(row, Record)], asked)
        for rows, unread, _ in slices(chain(first, opened.records), faults):
            refused = check(rows)
            faults.add([*unread, *refused])
            good += len(rows) - len(refused)
    faults.say_rest()
    console.print(f"{say_rows(good)} can be imported. Nothing was written.")
    if faults.count:
        raise Invalid("import.preview", refused=faults.count, file=file)
    return good


def _show_layout(file: Path, opened: Opened, first: Sequence[Record], asked: Sequence[str]) -> None:
    layout = opened.layout
    export = f", an export of {layout.export.program}" if layout.export else ""
    console.print(f"{file.name}: {opened.described}{export}.\n")
    rows = (
        (column.heading, _say_use(layout, column.use, column.key, asked))
        for column in layout.columns
    )
    show_table("COLUMN", "BECOMES", rows=rows)
    keys = [key for key in layout.known.keys if any(row[key] for row in first)]
    customs = list(dict.fromkeys(name for row in first for name in row.customs))
    console.print()
    show_table(
        *("LINE", *map(layout.known.label, keys), *customs),
        rows=(
            (
                str(row.line),
                *(row[key] for key in keys),
                *(row.customs.get(name, "") for name in customs),
            )
            for row in first
        ),
    )
    console.print()


def _say_use(layout: Layout, use: Use, key: str, asked: Sequence[str]) -> str:
    if use is Use.FIELD:
        return layout.known.label(key)
    if use is Use.CUSTOM and asked:
        questions = {question_key(name): name for name in asked}
        own = f"an answer to {key!r}, which the event does not ask"
        name = questions.get(question_key(key))
        return f"question {name!r}" if name else own
    return f"custom field {key!r}" if use is Use.CUSTOM else "left out"


def tried(db: Database, verb: Callable[[Tx], list[Fault]]) -> list[Fault]:
    """What a verb finds wrong; what it writes is rolled back."""

    def try_(tx: Tx) -> list[Fault]:
        with tx.trial():
            return verb(tx)

    return db.call(try_)


def _try_slice(db: Database, rows: Sequence[Record], take: Take) -> list[Fault]:
    return tried(db, lambda tx: _take_slice(tx, rows, take))


def _take_slice(tx: Tx, rows: Sequence[Record], take: Take) -> list[Fault]:
    faults = []
    for row in rows:
        try:
            with tx.savepoint():
                take(tx, row)
        except (Invalid, Conflict, Missing) as failure:
            faults.append(fault_of(row, failure))
    return faults


def number_of(row: Row, name: str, otherwise: int) -> int:
    """A number of a row; `otherwise` where it is empty. Raises Invalid."""
    text = row.get(name, "")
    if not text:
        return otherwise
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Invalid("import.number", name=row.headings.get(name, name), text=text)
    return int(text)


_FLAGS = {
    **dict.fromkeys(("yes", "true", "1", "ja", "wahr", "oui", "vrai", "si", "sí", "x"), True),
    **dict.fromkeys(("no", "false", "0", "nein", "falsch", "non", "faux", "falso"), False),
}


def flag_of(row: Row, name: str, *, otherwise: bool) -> bool:
    """Yes or no of a row, in one of four languages; `otherwise` where it is empty. Raises
    Invalid."""
    text = row.get(name, "")
    if not text:
        return otherwise
    flag = _FLAGS.get(text.casefold())
    if flag is None:
        raise Invalid("import.flag", name=row.headings.get(name, name), text=text)
    return flag


def read_guid(row: Row) -> str:
    """The row's identifier as a GUID in its usual spelling, empty without one. Raises Invalid."""
    text = row.get("identifier", "")
    if not text:
        return ""
    try:
        return str(uuids.UUID(text))
    except ValueError as error:
        raise Invalid("import.guid", text=text) from error


def say_rows(count: int) -> str:
    """So many rows, in words."""
    return counted(count, "row")


def say_imported(count: int) -> str:
    """What was imported, in words."""
    return f"{say_rows(count)} {'was' if count == 1 else 'were'} imported."
