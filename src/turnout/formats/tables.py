"""Tables from files as the world has them: CSV of any country and program, or a workbook (XLSX).

A file says by its content what it is; its name does not count. Rows come one by one, in constant
memory. A row that cannot be read is one with a fault, and the next one follows.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from itertools import islice
from pathlib import Path
from typing import BinaryIO, NamedTuple, TextIO

from turnout.errors import Invalid
from turnout.formats.spreadsheets import restore

LONGEST_LINE = 1_000_000
_PIECE = 65_536
_SAMPLE_ROWS = 20
_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
_SAYS_SEPARATOR = re.compile(r'"?sep=([^\r\n"])"?[\s,;\x1a]*', re.IGNORECASE)
# How spreadsheets keep digits as text: ="0123".
_KEPT_TEXT = re.compile(r'="([^"]*)"')
# Before and behind a cell: blanks of all kinds, byte order marks and widthless characters.
_BLANKS = " \t\r\n\x0b\x0c\xa0\u200b\u2060\ufeff\u3000"
_FAULTS = (
    ("unexpected end of data", Invalid("row.unclosed")),
    ("field larger than", Invalid("row.cell_long")),
    ("expected after", Invalid("row.quotes")),
    ("contains NUL", Invalid("row.nul")),
)


class Row(NamedTuple):
    """A row with the number of the line on which it begins, the first is 1; with a `fault` it
    cannot be read."""

    line: int
    cells: list[str]
    fault: Invalid | None = None


class Table(NamedTuple):
    """A file's rows that are not empty, in order; `described` says how it was read."""

    described: str
    rows: Iterator[Row]


@contextmanager
def open_table(file: Path) -> Iterator[Table]:
    """Open a file to read its rows once. Raises Invalid, also while they are read, for a file that
    is neither CSV nor XLSX; OSError."""
    with file.open("rb") as content:
        if not content.seekable():  # it is read more than once
            raise Invalid("file.pipe", file=file.name)
        with read_table(content, file.name) as table:
            yield table


@contextmanager
def read_table(content: BinaryIO, name: str) -> Iterator[Table]:
    """The same for a file that is open; `name` is what failures call it."""
    beginning = content.read(8)
    content.seek(0)
    if beginning.startswith(b"\xd0\xcf\x11\xe0"):
        raise Invalid("file.old_workbook", file=name)
    if beginning.startswith(b"PK\x03\x04"):
        from turnout.formats.workbook_reading import read_workbook

        described, cells = read_workbook(content, name)
        yield Table(described, _not_empty(cells))
    else:
        with _open_csv(content, name) as table:
            yield table


@contextmanager
def _open_csv(content: BinaryIO, name: str) -> Iterator[Table]:
    encoding, called = _find_encoding(content, name)
    with io.TextIOWrapper(content, encoding=encoding, newline="") as text:
        try:
            separator, skipped = _find_separator(text, name)
            content.seek(0)
            text.seek(0)
            said = _SEPARATORS.get(separator, f"{separator!r} between cells")
            yield Table(
                f"CSV, {said}, {called}", _not_empty(_read_csv(text, separator, skipped, name))
            )
        except UnicodeDecodeError as error:
            raise Invalid("file.encoding", file=name, said=error.reason) from error


def _find_encoding(content: BinaryIO, name: str) -> tuple[str, str]:
    """The encoding, and what it is called: by its mark, as UTF-8 where all of it is that, else as
    Windows-1252, in which spreadsheets of Western countries write."""
    beginning = content.read(_PIECE)
    content.seek(0)
    for mark, encoding, called in _MARKS:
        if beginning.startswith(mark):
            return encoding, called
    if guessed := _guess_utf_16(beginning):
        return guessed, "UTF-16"
    if _is_all(content, "utf-8"):
        return "utf-8", "UTF-8"
    if b"\x00" in beginning or not _is_all(content, "cp1252"):
        raise Invalid("file.encoding", file=name, said="no encoding fits")
    return "cp1252", "Windows-1252"


def _guess_utf_16(beginning: bytes) -> str | None:
    """UTF-16 without a mark: nearly every second byte is zero in a table's first line."""
    line = beginning[:512]
    even, odd = line[0::2].count(0), line[1::2].count(0)
    if len(line) >= 4 and max(even, odd) * 2 > len(line) * 0.7 and min(even, odd) == 0:
        return "utf-16-le" if odd else "utf-16-be"
    return None


def _is_all(content: BinaryIO, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    content.seek(0)
    try:
        for piece in iter(partial(content.read, _PIECE), b""):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    finally:
        content.seek(0)
    return True


def _find_separator(text: TextIO, name: str) -> tuple[str, int]:
    """What stands between cells, and how many lines say so before the heading. Without a word
    about it: what parts the most of the first rows into as many cells as the heading has."""
    lines = [line for line in islice(_lines(text, name), 3 * _SAMPLE_ROWS) if line.strip(_BLANKS)]
    if lines and (said := _SAYS_SEPARATOR.fullmatch(lines[0].strip("\ufeff"))):
        return said[1], 1
    best, best_score = ",", (0, 0)
    for separator in _SEPARATORS:
        rows = _sample(lines, separator)
        columns = len(rows[0]) if rows else 0
        score = (sum(len(row) == columns for row in rows), columns)
        if columns > 1 and score > best_score:
            best, best_score = separator, score
    return best, 0


def _sample(lines: list[str], separator: str) -> list[list[str]]:
    rows: list[list[str]] = []
    with suppress(csv.Error):
        reader = csv.reader(lines, delimiter=separator, skipinitialspace=True)
        rows.extend(islice(reader, _SAMPLE_ROWS))
    return rows


def _lines(text: TextIO, name: str) -> Iterator[str]:
    for line in iter(partial(text.readline, LONGEST_LINE), ""):
        if len(line) >= LONGEST_LINE:
            raise Invalid("file.line", file=name, limit=LONGEST_LINE)
        yield line.replace("\x1a", "")  # where DOS ended files


def _read_csv(text: TextIO, separator: str, skipped: int, name: str) -> Iterator[Row]:
    lines = _lines(text, name)
    before = 0
    while skipped and before < skipped:
        before += 1
        if not next(lines).strip(_BLANKS):
            skipped += 1
    reader = csv.reader(lines, delimiter=separator, skipinitialspace=True, strict=True)
    while True:
        line = before + reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            yield Row(line, [], _fault(str(error)))
            continue
        if cells is None:
            return
        yield Row(line, [_clean(cell) for cell in cells])


def _clean(cell: str) -> str:
    cell = cell.strip(_BLANKS)
    if kept := _KEPT_TEXT.fullmatch(cell):
        return kept[1]
    return restore(cell)


def _fault(error: str) -> Invalid:
    found = next((fault for part, fault in _FAULTS if part in error), None)
    return found or Invalid("row.csv", said=error)


def _not_empty(rows: Iterator[Row]) -> Iterator[Row]:
    return (row for row in rows if row.fault or any(row.cells))
