"""A sheet to write on: text, lines, boxes and codes, in millimetres from the top left corner."""

import enum
from collections.abc import Iterable, Iterator
from typing import BinaryIO, NamedTuple

from turnout.formats.pdf.file import PdfFile, UsedFont, number_of, text_of
from turnout.formats.pdf.sizes import MM, POINT, Sides
from turnout.formats.pdf.text import Glyph, Line, Run, cut, shape, split_pieces, wrap
from turnout.formats.qr import qr_rows

LINE_HEIGHT = 1.25
# Where the letters stand in a line, in heights of the font.
BASELINE = 0.95
# In thousandths of a font's size: less is not seen.
_SEEN = 0.001
_BLACK = (0, 0, 0)
Colour = tuple[int, int, int]


class Align(enum.Enum):
    """Where a line stands. START is right for text that runs from right to left."""

    START = "start"
    CENTER = "center"
    END = "end"


class Font(NamedTuple):
    """How text looks. `colour` is red, green, blue, 0 to 255 each."""

    points: float
    is_bold: bool = False
    colour: Colour = _BLACK

    @property
    def line_height(self) -> float:
        """In millimetres."""
        return self.points * LINE_HEIGHT * POINT


class Box(NamedTuple):
    """A part of a sheet, in millimetres."""

    x: float
    y: float
    width: float
    height: float


class Paper:
    """A document that is written to `out` page by page. Slow: not for the event loop.

    Idempotent in its bytes: the same calls give the same file.
    """

    def __init__(self, out: BinaryIO, sides: Sides, title: str) -> None:
        self.sides = sides
        self._title = title
        self._file = PdfFile(out)
        self._content: list[str] | None = None

    @property
    def page_count(self) -> int:
        """Pages so far, the open one too."""
        return self._file.page_count + (self._content is not None)

    def new_page(self) -> None:
        """Write the page that is open, and open an empty one."""
        self._end_page()
        self._content = []

    def finish(self) -> None:
        """Write all that is left. A document has at least one page."""
        if not self.page_count:
            self.new_page()
        self._end_page()
        self._file.finish(self._title)

    def write(
        self,
        box: Box,
        text: str,
        font: Font,
        align: Align = Align.START,
        *,
        limit: int | None = None,
    ) -> float:
        """Write a text into the width of a box, from its top on; its height says nothing.

        At most `limit` lines, the last one ends in an ellipsis when there is more. Returns how high
        the text is, 0 for an empty one.
        """
        lines = wrap(text, _room(box, font), is_bold=font.is_bold, limit=limit) if text else []
        return self._draw_lines(lines, box, font, align)

    def measure(self, box: Box, text: str, font: Font, *, limit: int | None = None) -> float:
        """How high a text would be."""
        lines = wrap(text, _room(box, font), is_bold=font.is_bold, limit=limit) if text else []
        return len(lines) * font.line_height

    def write_cut(self, box: Box, text: str, font: Font, align: Align = Align.START) -> None:
        """Write as much of a text as one line has room for."""
        shorter = cut(text, _room(box, font), is_bold=font.is_bold)
        line = shape(shorter, is_bold=font.is_bold)
        self._draw_line(line, box, box.y + font.points * BASELINE * POINT, font, align)

    def write_big(
        self,
        box: Box,
        text: str,
        font: Font,
        align: Align = Align.START,
        *,
        keeps_words: bool = False,
    ) -> float:
        """Write a text as big as its box allows: at most the font's points, at least a third of
        them, on as many lines as fit. `keeps_words` parts a name at its spaces only. Returns how
        high it is."""
        if not text:
            return 0.0
        smaller = fit(text, box, font, keeps_words=keeps_words)
        limit = max(1, int(box.height / smaller.line_height + 0.01))
        lines = wrap(
            text,
            _room(box, smaller),
            is_bold=font.is_bold,
            limit=limit,
            keeps_words=keeps_words,
        )
        return self._draw_lines(lines, box, smaller, align)

    def draw_line(
        self,
        start: tuple[float, float],
        end: tuple[float, float],
        grey: int = 0,
        *,
        is_dashed: bool = False,
    ) -> None:
        """A hairline; dashed where to fold or cut."""
        x1, y1, x2, y2 = (*self._point(*start), *self._point(*end))
        dashes = "[3 3] 0 d" if is_dashed else "[] 0 d"
        shade = number_of(grey / 255)
        self._put(f"{shade} G 0.5 w {dashes} {x1} {y1} m {x2} {y2} l S")

    def fill(self, box: Box, colour: Colour) -> None:
        """A box in one colour."""
        x, y = self._point(box.x, box.y + box.height)
        self._put(
            f"{_colour(colour)} {x} {y}"
            f" {number_of(box.width * MM)} {number_of(box.height * MM)} re f"
        )

    def draw_qr(
        self, x: float, y: float, side: float, text: str, *, is_quick: bool = False
    ) -> None:
        """A QR code without a quiet zone: leave four modules free around it.

        Row by row, with dark modules joined so that no printer parts them.
        """
        rows = qr_rows(text, is_quick=is_quick)
        module = side / len(rows) * MM
        left, top = x * MM, (self.sides.height - y) * MM
        height, parts = number_of(module * 1.01), ["0 g"]
        # Each number is written once: a code has a thousand stretches, in some sixty columns.
        starts = [number_of(left + number * module) for number in range(len(rows))]
        widths = [number_of(number * module) for number in range(len(rows) + 1)]
        for number, row in enumerate(rows):
            bottom = number_of(top - (number + 1) * module)
            parts += [
                f"{starts[start]} {bottom} {widths[end - start]} {height} re"
                for start, end in _dark(row)
            ]
        self._put(" ".join((*parts, "f")))

    def _draw_lines(self, lines: list[Line], box: Box, font: Font, align: Align) -> float:
        for number, line in enumerate(lines):
            top = box.y + number * font.line_height
            self._draw_line(line, box, top + font.points * BASELINE * POINT, font, align)
        return len(lines) * font.line_height

    def _draw_line(self, line: Line, box: Box, baseline: float, font: Font, align: Align) -> None:
        width = line.width * font.points / 1000 * POINT
        is_right = align is Align.END or (align is Align.START and line.is_right_to_left)
        free = box.width - width
        x = box.x + (free if is_right else free / 2 if align is Align.CENTER else 0)
        for run in line.runs:
            self._draw_run(run, x, baseline, font)
            x += run.width * font.points / 1000 * POINT

    def _draw_run(self, run: Run, x: float, baseline: float, font: Font) -> None:
        draw = self._boxes if run.face is None else self._show
        self._put(draw(run, x, baseline, font))

    def _show(self, run: Run, x: float, baseline: float, font: Font) -> str:
        assert run.face is not None  # noqa: S101
        used = self._file.use_font(run.face)
        left, bottom = self._point(x, baseline)
        mode = "0 Tr"
        if run.face.is_thickened:
            mode = f"{_colour(font.colour, 'RG')} 2 Tr {number_of(font.points / 30)} w [] 0 d"
        spoken = " ".join(_show_spoken(run.glyphs, used, font.points))
        silent = " ".join(self._show_silent(run.glyphs, used, (x, baseline), font.points))
        return (
            f"BT {_colour(font.colour)} {mode} /{used.name} {number_of(font.points)} Tf"
            f" {left} {bottom} Td {spoken} {silent and f'/Artifact BMC {silent} EMC'} ET"
        )

    def _show_silent(
        self, glyphs: Iterable[Glyph], used: UsedFont, start: tuple[float, float], points: float
    ) -> Iterator[str]:
        """Operators for dots and marks that belong to a letter which says them: apart from the
        letters, so that those stand in the file without gaps."""
        left, bottom = start[0] * MM, (self.sides.height - start[1]) * MM
        for glyph in glyphs:
            if not glyph.text:
                x = number_of(left + glyph.x * points / 1000)
                y = number_of(bottom + glyph.y * points / 1000)
                yield f"1 0 0 1 {x} {y} Tm <{used.code(glyph.number, ''):04x}> Tj"
            left += glyph.advance * points / 1000

    def _boxes(self, run: Run, x: float, baseline: float, font: Font) -> str:
        """An empty box for each letter that no font has."""
        size = font.points
        parts = [f"{_colour(font.colour, 'RG')} {number_of(size / 20)} w [] 0 d"]
        left, bottom = x * MM + size * 0.06, number_of((self.sides.height - baseline) * MM)
        for glyph in run.glyphs:
            width = number_of((glyph.width / 1000 - 0.12) * size)
            box = f"{number_of(left)} {bottom} {width} {number_of(size * 0.7)} re S"
            parts.append(_saying(glyph.text, box))
            left += glyph.width * size / 1000
        return " ".join(parts)

    def _point(self, x: float, y: float) -> tuple[str, str]:
        return number_of(x * MM), number_of((self.sides.height - y) * MM)

    def _put(self, operators: str) -> None:
        if self._content is None:
            self.new_page()
        assert self._content is not None  # noqa: S101
        self._content.append(operators)

    def _end_page(self) -> None:
        if self._content is not None:
            content = "\n".join(self._content).encode("ascii")
            self._file.add_page(content, self.sides.width * MM, self.sides.height * MM)
        self._content = None


def fit(text: str, box: Box, font: Font, *, keeps_words: bool = False) -> Font:
    """The font in the biggest size, down to a third, in which a text fits into a box without its
    words broken; the smallest if none does."""
    smallest = font.points / 3
    points = font.points
    while points > smallest and not _fits(text, box, font._replace(points=points), keeps_words):
        points *= 0.92
    return font._replace(points=max(points, smallest))


def _fits(text: str, box: Box, font: Font, keeps_words: bool) -> bool:
    room, is_bold = _room(box, font), font.is_bold
    pieces = (piece.rstrip() for piece in split_pieces(text, keeps_words=keeps_words))
    if any(shape(piece, is_bold=is_bold).width > room for piece in pieces):
        return False
    lines = wrap(text, room, is_bold=is_bold, keeps_words=keeps_words)
    return len(lines) * font.line_height <= box.height


def _room(box: Box, font: Font) -> float:
    return box.width * MM * 1000 / font.points


def _show_spoken(glyphs: Iterable[Glyph], used: UsedFont, points: float) -> Iterator[str]:
    """Operators for the glyphs that say something, with what moves them from where their widths
    would put them."""
    parts: list[str] = []
    rise = moved = 0.0
    for glyph in glyphs:
        if not glyph.text:
            moved -= glyph.advance
            continue
        if glyph.y != rise:
            yield _end_string(parts)
            rise = glyph.y
            yield f"{number_of(rise * points / 1000)} Ts"
        moved -= glyph.x
        if abs(moved) >= _SEEN:
            parts.append(number_of(moved))
        parts.append(f"<{used.code(glyph.number, glyph.text):04x}>")
        moved = glyph.width + glyph.x - glyph.advance
    yield _end_string(parts)
    if rise:
        yield "0 Ts"


def _end_string(parts: list[str]) -> str:
    joined = "".join(parts).replace("><", "")
    parts.clear()
    return f"[{joined}]TJ" if joined else ""


def _saying(text: str, operators: str) -> str:
    return f"/Span<</ActualText {text_of(text)}>>BDC {operators} EMC"


def _dark(row: bytearray) -> list[tuple[int, int]]:
    """Start and end of each stretch of dark modules."""
    edges = [0, *row, 0]
    starts = [i for i in range(len(row)) if row[i] and not edges[i]]
    ends = [i + 1 for i in range(len(row)) if row[i] and not edges[i + 2]]
    return list(zip(starts, ends, strict=True))


def _colour(colour: Colour, operator: str = "rg") -> str:
    return f"{' '.join(number_of(part / 255) for part in colour)} {operator}"
