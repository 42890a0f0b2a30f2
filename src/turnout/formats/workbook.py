"""Workbooks (XLSX, ECMA-376) of one table, made while their rows come, in constant memory.

Text stands in the cells themselves (inline strings): a table of shared strings would have to be
kept until the end. A sheet that is full is followed by another, with the same header.
"""

import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_ROWS = 1_048_576
LONGEST_CELL = 32_767
PIECE = 65_536

Cell = str | int

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff]")
_ESCAPED = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
# A text that looks like an escape of ours must not be read as one.
_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
# Always the same, so that equal rows make equal files.
_DATE = (1980, 1, 1, 0, 0, 0)


class _Pipe(io.RawIOBase):
    """What the archive writes, until it is taken."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self.size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        piece = bytes(data)  # type: ignore[call-overload]
        self._pieces.append(piece)
        self.size += len(piece)
        return len(piece)

    def take(self) -> bytes:
        taken = b"".join(self._pieces)
        self._pieces.clear()
        self.size = 0
        return taken


def write_workbook(
    name: str, header: Sequence[str], rows: Iterable[Sequence[Cell]], most_rows: int = MOST_ROWS
) -> Iterator[bytes]:
    """The file, in pieces. `name` is the first sheet's; numbers stay numbers, and no text is ever
    a formula. `most_rows` (with the header) is what a sheet holds."""
    pipe = _Pipe()
    sheets = 0
    lines = iter(rows)
    waiting = next(lines, None)
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        while waiting is not None or not sheets:
            sheets += 1
            with archive.open(
                _entry(f"xl/worksheets/sheet{sheets}.xml"), "w", force_zip64=True
            ) as sheet:
                sheet.write(f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetData>'.encode())
                sheet.write(_row(header))
                count = 1
                while waiting is not None and count < most_rows:
                    sheet.write(_row(waiting))
                    count += 1
                    waiting = next(lines, None)
                    if pipe.size >= PIECE:
                        yield pipe.take()
                sheet.write(b"</sheetData></worksheet>")
        for path, text in _parts(name, sheets):
            archive.writestr(_entry(path), _HEAD + text)
    yield pipe.take()


def _entry(path: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(path, _DATE)
    entry.compress_type = zipfile.ZIP_DEFLATED
    with suppress(AttributeError):  # set by the archive's own level from Python 3.13 on
        entry._compresslevel = 1  # type: ignore[attr-defined]
    return entry


def _row(cells: Sequence[Cell]) -> bytes:
    return f"<row>{''.join(map(_cell, cells))}</row>".encode()


def _cell(value: Cell) -> str:
    if isinstance(value, int):
        return f"<c><v>{value}</v></c>"
    if not value:
        return "<c/>"
    text = value[:LONGEST_CELL]
    if not text.isprintable():
        text = _UNPRINTABLE.sub("\ufffd", text)
    if "_x" in text:
        text = _ESCAPE.sub("_x005F_", text)
    text = text.translate(_ESCAPED)
    return f'<c t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


def _parts(name: str, sheets: int) -> Iterator[tuple[str, str]]:
    numbers = range(1, sheets + 1)
    overrides = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_SHEET}.worksheet+xml"/>'
        for n in numbers
    )
    yield (
        "[Content_Types].xml",
        f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_SHEET}.sheet.main+xml"/>'
        f"{overrides}</Types>",
    )
    yield (
        "_rels/.rels",
        f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    )
    entries = "".join(
        f'<sheet name="{name}{f" {n}" if n > 1 else ""}" sheetId="{n}" r:id="rId{n}"/>'
        for n in numbers
    )
    yield (
        "xl/workbook.xml",
        f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{entries}</sheets></workbook>',
    )
    relations = "".join(
        f'<Relationship Id="rId{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in numbers
    )
    yield (
        "xl/_rels/workbook.xml.rels",
        f'<Relationships xmlns="{_PACKAGE}/relationships">{relations}</Relationships>',
    )
