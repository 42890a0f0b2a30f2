"""A list on sheets: a title, headings on every page, rows, page numbers."""

from collections.abc import Iterable
from typing import BinaryIO, NamedTuple

from turnout.formats.pdf.paper import Align, Box, Font, Paper
from turnout.formats.pdf.sizes import Sides

MARGIN = 14.0
_TITLE, _NOTE = Font(16, is_bold=True), Font(9, colour=(90, 90, 90))
_HEAD, _CELL = Font(8.5, is_bold=True), Font(9.5)
_GAP = 2.0
_CELL_LINES = 3


class Column(NamedTuple):
    """A column: its heading, and its share of the width."""

    heading: str
    share: float
    align: Align = Align.START


class Sheet(NamedTuple):
    """What stands around the rows. `row_height` in millimetres is room to sign; a row is as high as
    its text at least; `page` has the place of a number."""

    title: str
    notes: tuple[str, ...]
    columns: tuple[Column, ...]
    row_height: float = 0.0
    page: str = "Page {number}"


def write_table(out: BinaryIO, sides: Sides, sheet: Sheet, rows: Iterable[tuple[str, ...]]) -> int:
    """Write a list as a PDF, page by page as the rows come. Returns how many rows there were."""
    table = _Table(out, sides, sheet)
    count = 0
    for row in rows:
        table.add(row)
        count += 1
    table.finish()
    return count


class _Table:
    def __init__(self, out: BinaryIO, sides: Sides, sheet: Sheet) -> None:
        self._paper = Paper(out, sides, sheet.title)
        self._sheet = sheet
        self._width = sides.width - 2 * MARGIN
        self._bottom = sides.height - MARGIN - _NOTE.line_height
        self._boxes = list(self._lay_out())
        self._y = 0.0
        self._begin_page()

    def add(self, row: tuple[str, ...]) -> None:
        height = max(self._height(row), self._sheet.row_height)
        if self._y + height > self._bottom:
            self._begin_page()
        for text, box, column in zip(row, self._boxes, self._sheet.columns, strict=True):
            at = box._replace(y=self._y + _GAP / 2)
            self._paper.write(at, text, _CELL, column.align, limit=_CELL_LINES)
        self._y += height
        self._rule(200)

    def finish(self) -> None:
        self._paper.finish()

    def _lay_out(self) -> Iterable[Box]:
        total = sum(column.share for column in self._sheet.columns)
        x = MARGIN
        for column in self._sheet.columns:
            width = self._width * column.share / total
            yield Box(x, 0, width - _GAP, 0)
            x += width

    def _height(self, row: tuple[str, ...]) -> float:
        heights = (
            self._paper.measure(box, text, _CELL, limit=_CELL_LINES)
            for text, box in zip(row, self._boxes, strict=True)
        )
        return max(*heights, _CELL.line_height) + _GAP

    def _begin_page(self) -> None:
        self._paper.new_page()
        self._y = MARGIN
        number = self._sheet.page.format(number=self._paper.page_count)
        foot = Box(MARGIN, self._bottom + 2, self._width, 0)
        self._paper.write(foot, number, _NOTE, Align.END)
        self._write_top()
        for box, column in zip(self._boxes, self._sheet.columns, strict=True):
            self._paper.write_cut(box._replace(y=self._y), column.heading, _HEAD, column.align)
        self._y += _HEAD.line_height + _GAP / 2
        self._rule(0)

    def _write_top(self) -> None:
        """The title on the first page, and small on the others."""
        is_first = self._paper.page_count == 1
        line = Box(MARGIN, self._y, self._width, 0)
        if not is_first:
            self._paper.write_cut(line, self._sheet.title, _NOTE)
            self._y += _NOTE.line_height + _GAP
            return
        self._y += self._paper.write(line, self._sheet.title, _TITLE, limit=2)
        for note in filter(None, self._sheet.notes):
            self._y += self._paper.write(line._replace(y=self._y), note, _NOTE, limit=4)
        self._y += _GAP * 2

    def _rule(self, grey: int) -> None:
        self._paper.draw_line((MARGIN, self._y), (MARGIN + self._width, self._y), grey)
