"""The pages of documents as a fax machine prints them: 1728 dots wide, black or white.

Runs in a child (fax_child.py). A page is drawn in grey at 204 dots an inch across and 196 lines an
inch down, landscape turned, what can be seen through on white; a header may stand above it. It
becomes black or white by a threshold, or dithered where much of it is grey, as photos are.
"""

import io
import string
from collections.abc import Iterator, Sequence
from itertools import repeat
from math import ceil
from typing import Any

from turnout.formats.child_limits import allow_cpu
from turnout.formats.pdf_streams import is_too_large
from turnout.formats.picture_child import check_png

WIDTH, HEIGHT = 1728, 2292
"""Dots of a page in fine resolution."""
FINE, STANDARD = (204, 196), (204, 98)
LARGEST_PIXELS = 50_000_000
MOST_PAGES = 200
# How many more times wide a small picture becomes.
MOST_ENLARGED = 3
# Of a page's dots in the middle between black and white, so many make it a picture.
GREY = 0.12
_MIDDLE = (64, 192)
_ACROSS, _DOWN = FINE
_HEADER_LINES, _HEADER_POINTS = 40, 28
_PDF_PASSWORD = 4
_TAIL = 4096
_LINE = 500
# More than a sheet has room for, whatever is written.
_MOST_LINES, _MOST_LETTERS = 200, 20_000
_ASCII = string.ascii_letters + string.digits + string.punctuation
# Pairs of letters stand closer than each of them alone, by less than this.
_NARROWED = 0.9
# Points: a hair, and what PDF 1.7 allows.
_SMALLEST, _LARGEST = 1, 14_400
_PAGE_CPU_S = 5


class RefusedError(Exception):
    """Why a document has no pages: `encrypted`, `broken`, `pixels`, `pages` or `empty`."""


def draw(content: bytes, kind: str) -> Iterator[Any]:
    """The pages of a document in grey, in fine resolution. Raises RefusedError, and what Pillow and
    pdfium raise."""
    if kind == "text":
        content, kind = set_text(content.decode("utf-8-sig", "replace")), "pdf"
    yield from _draw_pdf(content) if kind == "pdf" else _draw_pictures(content, kind)


def to_dots(page: Any, *, is_fine: bool) -> Any:
    """A page in black and white."""
    from PIL import Image

    if not is_fine:
        page = page.resize((page.width, -(-page.height // 2)), Image.Resampling.BOX)
    low, high = _MIDDLE
    grey = sum(page.histogram()[low:high]) / (page.width * page.height)
    if grey > GREY:
        return page.convert("1")
    return page.point(lambda shade: 255 if shade >= 128 else 0).convert(
        "1", dither=Image.Dither.NONE
    )


def put_header(page: Any, text: str, number: int, total: int) -> Any:
    """The page below a line with a text and its number, as senders are named."""
    from PIL import Image, ImageDraw, ImageFont

    from turnout.formats.pdf.fonts import list_fonts

    font = ImageFont.truetype(str(list_fonts()[0].path), _HEADER_POINTS)
    whole = Image.new("L", (WIDTH, page.height + _HEADER_LINES), 255)
    pen = ImageDraw.Draw(whole)
    pen.text((40, 4), text[:90], 0, font)
    pen.text((WIDTH - 40, 4), f"{number}/{total}", 0, font, anchor="ra")
    whole.paste(page, (0, _HEADER_LINES))
    return whole


def set_text(text: str) -> bytes:
    """A text on sheets of A4, as a PDF."""
    from turnout.formats.pdf.paper import Box, Font, Paper
    from turnout.formats.pdf.sizes import POINT, PaperSize

    if text.count("\n") > MOST_PAGES * _MOST_LINES or len(text) > MOST_PAGES * _MOST_LETTERS:
        raise RefusedError("pages")
    out, sides, font = io.BytesIO(), PaperSize.A4.sides, Font(11)
    margin = 15.0
    pieces = [
        piece
        for line in text.replace("\f", "\n").expandtabs(4).splitlines()
        for piece in _cut_line(line)
    ]
    across, down = sides.width - 2 * margin, sides.height - 2 * margin
    least = _count_least_lines(pieces, across / (font.points * POINT) * 1000)
    if least * font.line_height > MOST_PAGES * down:
        raise RefusedError("pages")
    paper = Paper(out, sides, "")
    y = sides.height
    for piece in pieces:
        box = Box(margin, y, across, 0)
        height = paper.measure(box, piece, font) or font.line_height
        if y + height > sides.height - margin:
            if paper.page_count >= MOST_PAGES:
                raise RefusedError("pages")
            paper.new_page()
            y = margin
            box = box._replace(y=y)
        paper.write(box, piece, font)
        y += height
    paper.finish()
    return out.getvalue()


def _count_least_lines(pieces: Sequence[str], width: float) -> int:
    """How many lines of `width` (thousandths of the font's size) these need at least; quick, where
    setting them takes seconds. Letters beside ASCII may join and take no room of their own."""
    from turnout.formats.pdf.text import shape

    widths = {letter: shape(letter, is_bold=False).width for letter in _ASCII}
    room = width / _NARROWED
    return sum(max(1, ceil(sum(map(widths.get, piece, repeat(0.0))) / room)) for piece in pieces)


def _cut_line(line: str) -> Iterator[str]:
    """Pieces of up to _LINE letters, cut at blanks where there are some."""
    start = 0
    while len(line) - start > _LINE:
        end = line.rfind(" ", start, start + _LINE)
        end = end + 1 if end > start else start + _LINE
        yield line[start:end]
        start = end
    yield line[start:]


def _draw_pdf(content: bytes) -> Iterator[Any]:
    import pypdfium2

    if b"%%EOF" not in content[-_TAIL:]:
        raise RefusedError("broken")
    allow_cpu(_PAGE_CPU_S)
    if is_too_large(content):
        raise RefusedError("broken")
    allow_cpu(_PAGE_CPU_S)
    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        is_locked = getattr(error, "err_code", 0) == _PDF_PASSWORD
        raise RefusedError("encrypted" if is_locked else "broken") from error
    if len(document) > MOST_PAGES:
        raise RefusedError("pages")
    if not len(document):
        raise RefusedError("empty")
    document.init_forms()
    try:
        for page in document:
            allow_cpu(_PAGE_CPU_S)
            _check_page(page)
            yield _draw_page(page)
            page.close()
    except pypdfium2.PdfiumError as error:
        raise RefusedError("broken") from error


def _check_page(page: Any) -> None:
    """pdfium draws nothing of what is too large, and says nothing of it."""
    left, bottom, right, top = page.get_mediabox()
    for side in (*page.get_size(), right - left, top - bottom):
        if not _SMALLEST <= abs(side) <= _LARGEST:
            raise RefusedError("broken")
    from pypdfium2.raw import FPDF_PAGEOBJ_IMAGE

    for picture in page.get_objects(filter=[FPDF_PAGEOBJ_IMAGE]):
        width, height = picture.get_px_size()
        if width * height > LARGEST_PIXELS:
            raise RefusedError("pixels")


def _draw_page(page: Any) -> Any:
    width, height = page.get_size()
    turn = 90 if width > height else 0
    if turn:
        width, height = height, width
    # As many dots an inch down as across; the lines are fewer.
    scale = min(WIDTH / width, HEIGHT * _ACROSS / _DOWN / height)
    drawn = page.render(scale=scale, rotation=turn, grayscale=True).to_pil().convert("L")
    return _place(drawn, (drawn.width, max(1, round(drawn.height * _DOWN / _ACROSS))))


def _draw_pictures(content: bytes, kind: str) -> Iterator[Any]:
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = None  # Judged here, frame by frame.
    if kind == "PNG":
        check_png(content)
    with Image.open(io.BytesIO(content), formats=[kind]) as opened:
        # Of an animation the first frame; the pages of a TIFF are all of them.
        frames = getattr(opened, "n_frames", 1) if kind == "TIFF" else 1
        if frames > MOST_PAGES:
            raise RefusedError("pages")
        for number in range(frames):
            opened.seek(number)
            if opened.width * opened.height > LARGEST_PIXELS:
                raise RefusedError("pixels")
            across, down = _resolution(opened)
            opened.load()
            yield _fit(ImageOps.exif_transpose(_on_white(opened)), across, down)


def _resolution(picture: Any) -> tuple[float, float]:
    """Dots an inch, as far as their relation can be believed: faxes have fewer down than across."""
    try:
        across, down = map(float, picture.info.get("dpi", (1, 1)))
    except (TypeError, ValueError):
        return 1, 1
    is_sane = across > 0 and down > 0 and 0.4 < across / down < 2.5
    return (across, down) if is_sane else (1, 1)


def _on_white(picture: Any) -> Any:
    from PIL import Image

    if "A" not in picture.getbands() and "transparency" not in picture.info:
        # Of 16 bits the upper eight are seen.
        if picture.mode.startswith("I"):
            return picture.convert("I").point(lambda shade: shade / 256).convert("L")
        return picture.convert("L")
    seen = picture.convert("RGBA")
    paper = Image.new("L", seen.size, 255)
    paper.paste(seen.convert("L"), mask=seen.getchannel("A"))
    return paper


def _fit(picture: Any, across: float, down: float) -> Any:
    from PIL import Image

    width, height = picture.width / across, picture.height / down
    if width > height:
        picture = picture.transpose(Image.Transpose.ROTATE_90)
        width, height, across, down = height, width, down, across
    scale = min(WIDTH / width, HEIGHT * _ACROSS / _DOWN / height, MOST_ENLARGED * across)
    size = max(1, round(width * scale)), max(1, round(height * scale * _DOWN / _ACROSS))
    return _place(picture, size)


def _place(picture: Any, size: tuple[int, int]) -> Any:
    """A picture of that size in the middle of the page's width."""
    from PIL import Image

    if picture.size != size:
        picture = picture.resize(size, Image.Resampling.LANCZOS)
    if picture.width == WIDTH:
        return picture
    page = Image.new("L", (WIDTH, picture.height), 255)
    page.paste(picture, ((WIDTH - picture.width) // 2, 0))
    return page
