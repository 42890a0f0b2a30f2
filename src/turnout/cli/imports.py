"""Reading CSV files row by row, with a progress bar and a word about every row that fails."""

import csv
import uuid as uuids
from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import Path

from turnout.cli.app import errors
from turnout.cli.files import SHOWN_FAULTS, bar, open_text
from turnout.core.text import is_storable
from turnout.errors import Conflict, Invalid, Missing
from turnout.store import Database, Tx

SLICE = 100
LONGEST = 1000
Row = dict[str, str]
Take = Callable[[Tx, Row], object]


def import_rows(
    db: Database, file: Path, columns: Iterable[str], needed: Iterable[str], take: Take
) -> int:
    """Take every row of a CSV file; `columns` are those that are known, in small letters, `needed`
    those that must be there. Returns how many rows were taken.

    Each row is taken or refused alone; refused ones are named on standard error. Raises Invalid
    for a file without its columns, before anything is taken, and at the end when rows were refused.
    """
    with open_text(file) as lines:
        total = max(0, sum(1 for _ in csv.reader(lines)) - 1)
    with open_text(file) as lines:
        reader = csv.reader(lines)
        names = _read_names(next(reader, []), set(columns), list(needed), file)
        taken, refused = 0, 0
        with bar(f"Importing {file.name}", total) as advance:
            numbered = ((reader.line_num, row) for row in reader if any(row))
            while some := list(islice(numbered, SLICE)):
                faults = db.call(_take_slice, names, some, take)
                for line, reason in faults[: max(0, SHOWN_FAULTS - refused)]:
                    errors.print(f"line {line}: {reason}")
                refused += len(faults)
                taken += len(some) - len(faults)
                advance(len(some))
    if refused:
        raise Invalid("import.rows", refused=refused, file=file, taken=taken)
    return taken


def _take_slice(
    tx: Tx, names: list[str], rows: list[tuple[int, list[str]]], take: Take
) -> list[tuple[int, str]]:
    faults = []
    for line, values in rows:
        try:
            row = dict(zip(names, (value.strip() for value in values), strict=False))
            _check(row)
            with tx.savepoint():
                take(tx, dict.fromkeys(names, "") | row)
        except (Invalid, Conflict, Missing) as failure:
            faults.append((line, failure.message))
    return faults


def _check(row: Row) -> None:
    for name, value in row.items():
        if len(value) > LONGEST or not is_storable(value):
            raise Invalid("import.value", name=name)


def _read_names(heading: list[str], known: set[str], needed: list[str], file: Path) -> list[str]:
    names = ["".join(name.split()).lower() for name in heading]
    if unknown := [given for given, name in zip(heading, names, strict=True) if name not in known]:
        raise Invalid("import.columns", file=file, unknown=unknown, known=sorted(known))
    if missing := [name for name in needed if name not in names]:
        raise Invalid("import.columns_missing", file=file, missing=missing)
    return names


def number_of(row: Row, name: str, otherwise: int) -> int:
    """A number of a row; `otherwise` where it is empty. Raises Invalid."""
    text = row.get(name, "")
    if not text:
        return otherwise
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Invalid("import.number", name=name, text=text)
    return int(text)


def flag_of(row: Row, name: str, *, otherwise: bool) -> bool:
    """Yes or no of a row; `otherwise` where it is empty. Raises Invalid."""
    text = row.get(name, "").lower()
    if not text:
        return otherwise
    if text not in ("yes", "no", "true", "false", "1", "0"):
        raise Invalid("import.flag", name=name, text=text)
    return text in ("yes", "true", "1")


def read_guid(row: Row) -> str:
    """The row's identifier as a GUID in its usual spelling, empty without one. Raises Invalid."""
    text = row.get("identifier", "")
    if not text:
        return ""
    try:
        return str(uuids.UUID(text))
    except ValueError as error:
        raise Invalid("import.guid", text=text) from error
