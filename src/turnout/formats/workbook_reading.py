"""Workbooks (XLSX, ECMA-376) read row by row, in bounded memory.

What is read: the first sheet that is not hidden, with the values that formulas had when the file
was saved; nothing is computed. A cell formatted as a date is ISO text. Whatever the archive claims,
no part is unpacked beyond a limit, and a document type (which expands entities) is refused.
"""

import datetime
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO, BinaryIO
from xml.parsers import expat

from turnout.errors import Invalid
from turnout.formats.tables import Row

LARGEST_SHEET = 256 << 20
LARGEST_PART = 32 << 20
MOST_PARTS = 10_000
MOST_COLUMNS = 1_000
# What spreadsheets take; of a longer text no more is kept, and an import refuses it.
LONGEST_CELL = 32_767
_PIECE = 65_536
_BUILT_IN_DATES = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
_NOT_FORMAT = re.compile(r'"[^"]{0,255}"|\\.|\[[^\]]{0,255}\]|_.|\*.')
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_ERRORS = (zipfile.BadZipFile, zlib.error, expat.ExpatError, EOFError, NotImplementedError,
           RuntimeError, LookupError, ValueError, OverflowError)  # fmt: skip

Attributes = dict[str, str]
Event = tuple[str, str, Attributes]
"""`start`, `end` or `text`; an element's name without its namespace, or the text; attributes."""


def read_workbook(content: BinaryIO, name: str) -> tuple[str, Iterator[Row]]:
    """How it was read, and its rows. Raises Invalid, also while rows are read, for a file that is
    no workbook, is damaged or too large."""
    try:
        book = _Book(content, name)
        return f"workbook, sheet {book.sheet!r}", _guard(book.rows(), name)
    except _ERRORS as error:
        raise Invalid("file.workbook", file=name, said=str(error)) from error


def _guard(rows: Iterator[Row], name: str) -> Iterator[Row]:
    try:
        yield from rows
    except _ERRORS as error:
        raise Invalid("file.workbook", file=name, said=str(error)) from error


class _Cell:
    """What a cell says of itself, while its elements come."""

    def __init__(self, attributes: Attributes) -> None:
        self.kind, self.style = attributes.get("t", "n"), attributes.get("s", "")
        self.texts: list[str] = []
        self._length = 0
        self._has_formula = self._is_value = self._is_phonetic = False

    def take(self, event: str, name: str) -> None:
        if event == "text":
            if self._is_value and not self._is_phonetic and self._length < LONGEST_CELL:
                self.texts.append(name)
                self._length += len(name)
        elif name in ("v", "t"):
            self._is_value = event == "start"
        elif name == "rPh":
            self._is_phonetic = event == "start"
        elif name == "f":
            self._has_formula = True

    @property
    def fault(self) -> Invalid | None:
        has_value = self.texts or self.kind == "str"
        return None if has_value or not self._has_formula else Invalid("row.formula")


class _Book:
    """The parts of a workbook that are needed to read one sheet."""

    def __init__(self, content: BinaryIO, name: str) -> None:
        self._name = name
        self._archive = zipfile.ZipFile(content)
        if len(self._archive.infolist()) > MOST_PARTS:
            raise Invalid("file.workbook_size", file=name)
        main = self._find_related("", "/officeDocument")
        if main is None:
            raise Invalid("file.no_workbook", file=name)
        self._main = main
        self._starts_1904 = False
        self.sheet, self._path = self._find_sheet()
        self._texts = self._read_texts()
        self._dates = self._read_dates()

    def rows(self) -> Iterator[Row]:
        """The rows of the sheet that have cells."""
        number, column = 0, -1
        cells: dict[int, str] = {}
        fault: Invalid | None = None
        cell = _Cell({})
        for event, name, attributes in self._events(self._path, LARGEST_SHEET):
            if event == "start" and name == "row":
                number = int(attributes.get("r", number + 1))
                cells, fault, column = {}, None, -1
            elif event == "start" and name == "c":
                column = _column(attributes.get("r", ""), column)
                cell = _Cell(attributes)
            elif event == "end" and name == "c":
                if column >= MOST_COLUMNS:
                    raise Invalid("file.columns", file=self._name, limit=MOST_COLUMNS)
                fault = fault or cell.fault
                cells[column] = self._value(cell.kind, cell.style, "".join(cell.texts))
            elif event == "end" and name == "row" and cells:
                width = max(cells) + 1
                yield Row(number, [cells.get(place, "").strip() for place in range(width)], fault)
            else:
                cell.take(event, name)

    def _value(self, kind: str, style: str, text: str) -> str:
        if not text:
            return ""
        if kind == "s":
            return self._texts[int(text)]
        if kind == "b":
            return "true" if text == "1" else "false"
        if kind == "n":
            if style.isdigit() and int(style) in self._dates:
                return _say_date(float(text), self._starts_1904)
            return _say_number(text)
        return _unescape(text)

    def _find_sheet(self) -> tuple[str, str]:
        sheets = []
        for event, name, attributes in self._events(self._main, LARGEST_PART):
            if event == "start" and name == "workbookPr":
                self._starts_1904 = attributes.get("date1904", "") in ("1", "true")
            is_visible = attributes.get("state", "visible") == "visible"
            if event == "start" and name == "sheet" and is_visible:
                sheets.append((attributes.get("name", ""), attributes.get("id", "")))
        for title, relation in sheets:
            path = self._find_related(self._main, "/worksheet", relation)
            if path is not None:
                return title, path
        raise Invalid("file.no_sheet", file=self._name)

    def _read_texts(self) -> list[str]:
        """The shared texts, in their order."""
        path = self._find_related(self._main, "/sharedStrings")
        texts: list[str] = []
        if path is None:
            return texts
        parts: list[str] = []
        is_text = is_phonetic = False
        for event, name, _ in self._events(path, LARGEST_PART):
            if event == "text":
                if is_text and not is_phonetic:
                    parts.append(name)
            elif name == "t":
                is_text = event == "start"
            elif name == "rPh":
                is_phonetic = event == "start"
            elif name == "si":
                if event == "end":
                    texts.append(_unescape("".join(parts)))
                parts = []
        return texts

    def _read_dates(self) -> set[int]:
        """The numbers of the cell formats that show a date or a time."""
        path = self._find_related(self._main, "/styles")
        dates: set[int] = set()
        if path is None:
            return dates
        own: dict[str, str] = {}
        is_cell, number = False, 0
        for event, name, attributes in self._events(path, LARGEST_PART):
            if name == "cellXfs":
                is_cell = event == "start"
            elif event == "start" and name == "numFmt":
                own[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
            elif event == "start" and name == "xf" and is_cell:
                if _is_date(attributes.get("numFmtId", "0"), own):
                    dates.add(number)
                number += 1
        return dates

    def _find_related(self, path: str, kind: str, relation: str = "") -> str | None:
        """The path of a part that belongs to the part at `path`, by its kind or its own id."""
        folder, name = posixpath.split(path)
        relations = posixpath.join(folder, "_rels", f"{name}.rels")
        if relations not in self._archive.NameToInfo:
            return None
        for event, tag, attributes in self._events(relations, LARGEST_PART):
            if event == "start" and tag == "Relationship":
                is_wanted = not relation or attributes.get("Id") == relation
                if is_wanted and attributes.get("Type", "").endswith(kind):
                    target = posixpath.join("/", folder, attributes.get("Target", ""))
                    return posixpath.normpath(target).lstrip("/")
        return None

    def _events(self, path: str, limit: int) -> Iterator[Event]:
        with self._archive.open(path) as part:
            yield from self._parse(part, limit)

    def _parse(self, part: IO[bytes], limit: int) -> Iterator[Event]:
        events: list[Event] = []
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = lambda name, attributes: events.append(
            ("start", _local(name), {_local(key): value for key, value in attributes.items()})
        )
        parser.EndElementHandler = lambda name: events.append(("end", _local(name), {}))
        parser.CharacterDataHandler = lambda text: events.append(("text", text, {}))
        parser.StartDoctypeDeclHandler = self._refuse_entities
        size = 0
        while piece := part.read(_PIECE):
            size += len(piece)
            if size > limit:
                raise Invalid("file.workbook_size", file=self._name)
            parser.Parse(piece, False)
            yield from events
            events.clear()
        parser.Parse(b"", True)
        yield from events

    def _refuse_entities(self, *_: object) -> None:
        raise Invalid("file.workbook", file=self._name, said="it has a document type")


def _local(name: str) -> str:
    return name.rpartition(" ")[2]


def _column(reference: str, before: int) -> int:
    """The number of a cell's column, from 0; without a reference the next one."""
    letters = reference.rstrip("0123456789")
    if not letters:
        return before + 1
    number = 0
    for letter in letters[:4].upper():
        number = number * 26 + ord(letter) - 64
    return number - 1


def _say_number(text: str) -> str:
    number = float(text)
    if number.is_integer() and abs(number) < 1e15:
        return str(int(number))
    return repr(number)


def _say_date(serial: float, starts_1904: bool) -> str:
    """Days since the epoch of the workbook as ISO text: a date, a time, or both."""
    seconds = round((serial % 1) * 86_400)
    if serial < 1 and not starts_1904:
        return str(datetime.timedelta(seconds=seconds)).rjust(8, "0")
    # The first spreadsheets took 1900 for a leap year, and all others followed.
    first = datetime.date(1904, 1, 1) if starts_1904 else datetime.date(1899, 12, 30)
    day = first + datetime.timedelta(days=int(serial) + seconds // 86_400)
    clock = datetime.timedelta(seconds=seconds % 86_400)
    return f"{day} {str(clock).rjust(8, '0')}" if clock else str(day)


def _is_date(number: str, own: dict[str, str]) -> bool:
    if number in own:
        return bool(re.search("[dmyhs]", _NOT_FORMAT.sub("", own[number]).lower()))
    return number.isdigit() and int(number) in _BUILT_IN_DATES


def _unescape(text: str) -> str:
    if "_x" not in text:
        return text
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)
