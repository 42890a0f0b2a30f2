"""CSV as spreadsheets open it, where no cell is ever taken for a formula.

A spreadsheet splits a file at the separator of its country, not at ours: opened with semicolons,
`x,"a;=1"` has a cell that begins with `=`. So each cell that holds any separator is in quotes, and
a formula is defused behind every separator, not only where a cell begins. Programs of East Asia
also take full-width signs for those of ASCII.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

SIGNS = "=+\\-@\uff1d\uff0b\uff0d\uff20"
"""The signs that begin a formula, for a character class."""

_LEADING = ("\t", "\r", "\n")
_NUMBER = re.compile(r"[+-]?[\d .,]*\d", re.ASCII)
_IS_SUSPECT = re.compile(f"[{SIGNS}\t\r\n]").search
# A sign where a cell begins for some program, unless it is the sign of a number.
_BEGINNING = '((?:^|[,;|\t\r\n])[ "\xa0\u3000]*)'
_FORMULA = re.compile(f"{_BEGINNING}(?![+-][0-9 .]*[0-9](?:[,;|\t\r\n]|$))(?=[{SIGNS}])")
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff]")
_NEEDS_QUOTES = re.compile('[",;\t\r\n]').search
_DEFUSED = re.compile(f"{_BEGINNING}'(?=[{SIGNS}])")
SEPARATOR = "\x1f"
# Plain cells, which change at most by quotes: printable, and with no sign where a cell begins for
# some program, or a number with its sign. Those of many scripts are, but not all that might be.
_INSIDE = "[ -+\\--:<-{}~\xa0-\ud7ff]*+"
_PLAIN = (
    f"(?:[!#-*.-:<>?A-{{}}~\xa1-\u2fff\u3001-\ud7ff]{_INSIDE}"
    f'(?:[,;|](?![ "\xa0\u3000]*[=+\\-@]){_INSIDE})*+'
    "|[+-][0-9 .]*[0-9])?"
)
_PLAIN_CELLS = re.compile(f"(?:{_PLAIN}{SEPARATOR})*+")


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


def csv_cells(texts: Sequence[str], clean: Callable[[str], str] = str) -> list[str]:
    """`quote(defuse(clean(text)))` of many texts at once, at a tenth of the cost. `clean` leaves
    what is printable as it is, and has no SEPARATOR."""
    joined = SEPARATOR.join(texts)
    if joined.count(SEPARATOR) >= len(texts):  # somebody wrote one
        joined = SEPARATOR.join(map(clean, texts))
    return split_cells(joined, clean)


def split_cells(joined: str, clean: Callable[[str], str] = str) -> list[str]:
    """The same for texts with a SEPARATOR between."""
    cells = joined.split(SEPARATOR)
    odd = {number: quote(defuse(clean(cells[number]))) for number in _find_odd(joined)}
    if '"' in joined or ";" in joined:
        cells = [quote(cell) for cell in cells]
    elif "," in joined:
        cells = [f'"{cell}"' if "," in cell else cell for cell in cells]
    for number, cell in odd.items():
        cells[number] = cell
    return cells


def _find_odd(joined: str) -> Iterator[int]:
    """The numbers of the cells that are not plain."""
    ended, at, number = joined + SEPARATOR, 0, 0
    while (odd := _PLAIN_CELLS.match(ended, at).end()) < len(ended):  # type: ignore[union-attr]
        number += ended.count(SEPARATOR, at, odd)
        yield number
        at = ended.index(SEPARATOR, odd) + 1
        number += 1


def to_csv(rows: Iterable[Iterable[object]]) -> bytes:
    """Rows as CSV (RFC 4180, UTF-8 with a byte order mark, which spreadsheets go by)."""
    return "".join(map(csv_line, rows)).encode("utf-8-sig")


def csv_line(row: Iterable[object]) -> str:
    """One row of such a file, with its line end. Controls, which a terminal that shows the file
    would obey, are replaced as in workbooks."""
    return ",".join([quote(defuse(_printable(str(cell)))) for cell in row]) + "\r\n"


def _printable(cell: str) -> str:
    return cell if cell.isprintable() else _CONTROLS.sub("\ufffd", cell)
