"""Lists as files: CSV with a heading, the contract's twelve fields in any order.

Every row is judged by itself, so that anyone who uploads a file sees all of its faults at once.
"""

import csv
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from turnout.core.messaging.lists import Entry
from turnout.core.messaging.model import Channel
from turnout.core.messaging.numbers import to_address
from turnout.core.text import is_storable
from turnout.errors import Invalid

CUSTOM = tuple(f"CustomField{number}" for number in range(1, 7))
COLUMNS = ("Recipient", "Reference", "Email", "Fax", "Phone", "Mobile", *CUSTOM)
LONGEST_CELL = 1_000
_CHANNELS = {
    "Email": Channel.EMAIL,
    "Fax": Channel.FAX,
    "Phone": Channel.VOICE,
    "Mobile": Channel.SMS,
}


class Fault(NamedTuple):
    """A row that cannot be taken, by its line in the file (the heading is line 1), and why."""

    line: int
    refusal: Invalid


def read_list(lines: Iterable[str]) -> Iterator[Entry | Fault]:
    """Each row of a CSV file as an entry, or what is wrong with it; empty rows are left out.

    Raises Invalid when the heading is not one of a list.
    """
    reader = csv.reader(lines, strict=True)
    columns = _read_heading(_next(reader) or [])
    while True:
        try:
            row = _next(reader)
        except Invalid as error:
            yield Fault(reader.line_num, error)
            continue
        if row is None:
            return
        if any(cell.strip() for cell in row):
            yield _judge_row(reader.line_num, columns, row)


def _next(reader: "Iterator[list[str]]") -> list[str] | None:
    try:
        return next(reader, None)
    except csv.Error as error:
        raise Invalid("list.csv", said=str(error)) from error


def _read_heading(row: list[str]) -> list[str]:
    known = {name.casefold(): name for name in COLUMNS}
    columns = []
    for cell in row:
        name = known.get(re.sub(r"[\s_-]", "", cell).casefold())
        if name is None:
            raise Invalid("list.heading_unknown", name=cell.strip(), columns=COLUMNS)
        if name in columns:
            raise Invalid("list.heading_twice", name=name)
        columns.append(name)
    if not set(_CHANNELS) & set(columns):
        raise Invalid("list.heading")
    return columns


def _judge_row(line: int, columns: list[str], row: list[str]) -> Entry | Fault:
    try:
        return _read_row(columns, row)
    except Invalid as refusal:
        return Fault(line, refusal)


def _no_address(name: str, cell: str) -> Invalid:
    if name == "Email":
        return Invalid("list_row.email", name=name, value=cell)
    return Invalid("list_row.number", name=name, value=cell)


def _read_row(columns: list[str], row: list[str]) -> Entry:
    if len(row) > len(columns):
        raise Invalid("list_row.cells", cells=len(row), columns=len(columns))
    cells = {name: cell.strip() for name, cell in zip(columns, row, strict=False)}
    for name, cell in cells.items():
        if len(cell) > LONGEST_CELL or not is_storable(cell):
            raise Invalid("list_row.text", name=name, limit=LONGEST_CELL)
        if cell and name in _CHANNELS and not to_address(_CHANNELS[name], cell):
            raise _no_address(name, cell)
    if not any(cells.get(name) for name in _CHANNELS):
        raise Invalid("list_row.unreachable", columns=list(_CHANNELS))
    return Entry(
        recipient=cells.get("Recipient", ""),
        reference=cells.get("Reference", ""),
        email=cells.get("Email", ""),
        fax=cells.get("Fax", ""),
        phone=cells.get("Phone", ""),
        mobile=cells.get("Mobile", ""),
        custom={name: cells[name] for name in CUSTOM if cells.get(name)},
    )
