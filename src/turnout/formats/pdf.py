"""PDFs in any script: DejaVu Sans, and Droid Sans Fallback for the characters that it lacks.

Both fonts are in the folder beside; of each only the glyphs used go into a file. Opening the big
fallback costs a good part of a second, so a paper opens it only when its text needs it. Importing
the libraries costs a quarter of one, so that is done by anyone who draws the first paper.
"""

import datetime
import enum
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fpdf import FPDF

FONTS = Path(__file__).with_name("fonts")
FAMILY, FALLBACK = "DejaVu", "Droid"
REGULAR, BOLD = FONTS / "DejaVuSans.ttf", FONTS / "DejaVuSans-Bold.ttf"
WIDE = FONTS / "DroidSansFallback.ttf"


class PaperSize(enum.StrEnum):
    """What a printer has in its tray."""

    A4 = "A4"
    LETTER = "Letter"


def new_paper(size: PaperSize, title: str, text: Iterable[str]) -> "FPDF":
    """An empty document in millimetres, ready for `text` in regular and bold, at 11 points.

    `text` is all that will be written on it: it decides which fonts are opened. Slow (a tenth of a
    second and more): not for the event loop.
    """
    from fpdf import FPDF

    paper = FPDF(unit="mm", format=size.value)
    paper.set_title(title)
    paper.set_creator("Turnout")
    # A paper says nothing about when it was made, so the same facts give the same file.
    paper.set_creation_date(datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC))
    paper.add_font(FAMILY, "", REGULAR)
    paper.add_font(FAMILY, "B", BOLD)
    if not known_characters().issuperset(map(ord, "".join(text))):
        paper.add_font(FALLBACK, "", WIDE)
        paper.set_fallback_fonts([FALLBACK], exact_match=False)
    paper.set_font(FAMILY, size=11)
    return paper


def finish(paper: "FPDF") -> bytes:
    """The document as a file."""
    return bytes(paper.output())


@cache
def known_characters() -> frozenset[int]:
    """The code points that the first font has."""
    from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

    with TTFont(REGULAR, lazy=True) as font:
        return frozenset(font.getBestCmap())
