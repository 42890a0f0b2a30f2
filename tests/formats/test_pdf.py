"""PDFs in any script, read back."""

import io

import pytest
from pypdf import PdfReader

from turnout.formats.pdf import FONTS, PaperSize, finish, new_paper

NAMES = ["Zoë Ångström", "Łukasz Żółć", "Ωμέγα", "Юлия", "王小明", "김철수", "さくら"]


def make(size: PaperSize, texts: list[str]) -> bytes:
    paper = new_paper(size, "Names", texts)
    paper.add_page()
    for text in texts:
        paper.cell(text=text, new_x="LMARGIN", new_y="NEXT")
    return finish(paper)


def test_what_was_written_can_be_read():
    (page,) = PdfReader(io.BytesIO(make(PaperSize.A4, NAMES))).pages
    assert page.extract_text().split("\n") == NAMES


@pytest.mark.parametrize(
    ("size", "width", "height"), [(PaperSize.A4, 210, 297), (PaperSize.LETTER, 215.9, 279.4)]
)
def test_paper_has_its_size(size, width, height):
    (page,) = PdfReader(io.BytesIO(make(size, ["a"]))).pages
    points = [float(side) * 25.4 / 72 for side in (page.mediabox.width, page.mediabox.height)]
    assert points == pytest.approx([width, height], abs=0.1)


def test_the_same_facts_give_the_same_file():
    assert make(PaperSize.A4, NAMES[:2]) == make(PaperSize.A4, NAMES[:2])


def test_every_font_has_its_licence():
    families = {path.name.partition("Sans")[0] for path in FONTS.glob("*.ttf")}
    assert {path.name.partition("-")[0] for path in FONTS.glob("*-LICENSE")} == families
