"""Papers drawn for a test, and read back as a viewer and as a search does."""

import io
from collections.abc import Callable

import pypdfium2
from PIL import Image

from turnout.formats.pdf.paper import Box, Font, Paper
from turnout.formats.pdf.sizes import PaperSize, Sides

A4 = PaperSize.A4.sides
SILENT = "\u200b"


def draw(drawing: Callable[[Paper], object], sides: Sides = A4) -> bytes:
    """A paper with what the drawing puts on it."""
    out = io.BytesIO()
    paper = Paper(out, sides, "A paper")
    drawing(paper)
    paper.finish()
    return out.getvalue()


def draw_text(text: str, *, is_bold: bool = False, width: float = 180) -> bytes:
    """A paper with a text at its top."""
    return draw(lambda paper: paper.write(Box(15, 15, width, 0), text, Font(14, is_bold)))


def read_text(pdf: bytes, page: int = 0) -> list[str]:
    """The lines of a page as a viewer finds and copies them."""
    document = pypdfium2.PdfDocument(pdf)
    text = document[page].get_textpage().get_text_range()
    return [squeeze(line) for line in text.splitlines() if squeeze(line)]


def squeeze(text: str) -> str:
    """A text without what differs by viewer: spaces and silent signs."""
    return "".join(text.replace(SILENT, "").split())


def render(pdf: bytes, page: int = 0) -> Image.Image:
    """A page as grey pixels."""
    return pypdfium2.PdfDocument(pdf)[page].render(scale=1.5).to_pil().convert("L")


def find_ink(pdf: bytes) -> tuple[int, int, int, int] | None:
    """What part of the first page is not white."""
    return render(pdf).point(lambda value: 255 * (value < 200)).getbbox()
