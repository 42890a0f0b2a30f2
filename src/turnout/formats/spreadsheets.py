"""CSV as spreadsheets open it, where no cell is ever taken for a formula.

A spreadsheet splits a file at the separator of its country, not at ours: opened with semicolons,
`x,"a;=1"` has a cell that begins with `=`. So each cell that holds any separator is in quotes, and
a formula is defused behind every separator, not only where a cell begins. Programs of East Asia
also take full-width signs for those of ASCII.
"""

import re
from collections.abc import Iterable

SIGNS = "=+\\-@\uff1d\uff0b\uff0d\uff20"
"""The signs that begin a formula, for a character class."""

_LEADING = ("\t", "\r", "\n")
_NUMBER = re.compile(r"[+-]?[\d .,]*\d", re.ASCII)
_IS_SUSPECT = re.compile(f"[{SIGNS}\t\r\n]").search
# A sign where a cell begins for some program, unless it is the sign of a number.
_BEGINNING = '((?:^|[,;|\t\r\n])[ "\xa0\u3000]*)'
_FORMULA = re.compile(f"{_BEGINNING}(?![+-][0-9 .]*[0-9](?:[,;|\t\r\n]|$))(?=[{SIGNS}])")
_NEEDS_QUOTES = re.compile('[",;\t\r\n]').search
_DEFUSED = re.compile(f"{_BEGINNING}'(?=[{SIGNS}])")


def defuse(cell: str) -> str:
    """The cell, with an apostrophe before each sign that some program would take for the beginning
    of a formula; signed numbers and telephone numbers stay as they are."""
    if not _IS_SUSPECT(cell) or _NUMBER.fullmatch(cell):
        return cell
    defused = _FORMULA.sub(r"\1'", cell)
    return f"'{defused}" if defused.startswith(_LEADING) else defused


def restore(cell: str) -> str:
    """The cell as it was before `defuse`."""
    if "'" not in cell:
        return cell
    if cell.startswith("'") and cell[1:].startswith(_LEADING):
        cell = cell[1:]
    return _DEFUSED.sub(r"\1", cell)


def quote(cell: str) -> str:
    """The cell as it stands in a file: in quotes where it holds a separator of any country."""
    return '"' + cell.replace('"', '""') + '"' if _NEEDS_QUOTES(cell) else cell


def to_csv(rows: Iterable[Iterable[object]]) -> bytes:
    """Rows as CSV (RFC 4180, UTF-8 with a byte order mark, which spreadsheets go by)."""
    return "".join(map(csv_line, rows)).encode("utf-8-sig")


def csv_line(row: Iterable[object]) -> str:
    """One row of such a file, with its line end."""
    return ",".join([quote(defuse(str(cell))) for cell in row]) + "\r\n"
