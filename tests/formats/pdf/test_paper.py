"""Papers: sizes, codes, what a page holds, and the memory that many pages need."""

import io
import tracemalloc
from functools import partial
from typing import BinaryIO, cast

import pytest
import zxingcpp
from pypdf import PdfReader

from tests.formats.pdf.reading import draw, draw_text, find_ink, read_text, render
from tests.support import proof
from turnout.formats.pdf.paper import Align, Box, Font, Paper, fit
from turnout.formats.pdf.sizes import PaperSize, Sides


@pytest.mark.parametrize(
    ("sides", "width", "height"),
    [
        (PaperSize.A4.sides, 595.276, 841.89),
        (PaperSize.LETTER.sides, 612, 792),
        (Sides(86, 54), 243.78, 153.071),
    ],
)
def test_a_paper_has_its_size(sides, width, height):
    (page,) = PdfReader(io.BytesIO(draw(Paper.new_page, sides))).pages
    sides_read = [float(page.mediabox.width), float(page.mediabox.height)]
    assert sides_read == pytest.approx([width, height], abs=0.01)


def test_a_paper_has_its_title_and_at_least_a_page():
    reader = PdfReader(io.BytesIO(draw(Paper.new_page)), strict=True)
    assert len(reader.pages) == 1
    assert reader.metadata is not None
    assert (reader.metadata.title, reader.metadata.creator) == ("A paper", "Turnout")


def test_the_same_facts_give_the_same_file():
    text = "Zoë محمد 王小明 🎉"
    assert draw_text(text) == draw_text(text)


def test_a_small_file_has_of_a_font_only_what_it_uses():
    assert len(draw_text("Ada Lovelace")) < 8_000
    assert len(draw_text("王小明")) < 8_000


@pytest.mark.parametrize("is_quick", [False, True])
def test_a_code_can_be_scanned(is_quick):
    text = "TK1:1000001:GKB5Y66GZ9:1:ABCDEF:" + "A2" * 51 + "B"
    pdf = draw(lambda paper: paper.draw_qr(20, 20, 50, text, is_quick=is_quick))
    (found,) = zxingcpp.read_barcodes(render(pdf))
    assert found.text == text


def test_text_stands_where_it_is_aligned():
    starts, box = [], Box(15, 15, 180, 0)
    for align in Align:
        pdf = draw(partial(Paper.write, box=box, text="Ada", font=Font(14), align=align))
        starts.append((find_ink(pdf) or (0,))[0])
    assert starts == sorted(starts)
    assert len(set(starts)) == 3


def test_a_name_gets_as_big_as_its_box_allows():
    box, font = Box(0, 0, 60, 14), Font(30, is_bold=True)
    assert fit("Ada", box, font).points == 30
    longer = fit("Maximiliane von Hohenlohe-Waldenburg", box, font).points
    assert 10 <= longer < 20
    assert fit("x" * 500, box, font).points == 10
    # A name is not parted inside a word, a title in Japanese is.
    kept = fit("山田 さくら", Box(0, 0, 25, 40), font, keeps_words=True).points
    assert kept < fit("山田 さくら", Box(0, 0, 25, 40), font).points == 30


def test_what_does_not_fit_on_a_line_is_cut():
    pdf = draw(lambda paper: paper.write_cut(Box(15, 15, 30, 0), "one two three four", Font(14)))
    assert read_text(pdf) == ["onetwot…"]


class Counter(io.RawIOBase):
    """Takes bytes and forgets them."""

    def __init__(self) -> None:
        self.size = 0

    def write(self, data) -> int:
        self.size += len(data)
        return len(data)


def draw_pages(count: int) -> None:
    paper = Paper(cast(BinaryIO, Counter()), PaperSize.A4.sides, "Many")
    for number in range(count):
        paper.new_page()
        paper.write(Box(15, 15, 180, 0), f"Candidate {number}", Font(14))
        paper.draw_qr(20, 60, 40, f"TICKET{number:010}", is_quick=True)
    paper.finish()


@pytest.mark.proof
def test_many_pages_need_the_memory_of_few():
    pages = proof.scale(100, 10_000)
    draw_pages(10)
    peaks = []
    for count in (50, pages):
        tracemalloc.start()
        draw_pages(count)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    proof.report("papers of many pages", pages=pages, kilobytes=peaks[1] // 1024)
    # The lines that were shaped last are kept, 1,024 of them; a page leaves some 100 bytes.
    assert peaks[1] < 5_000_000 + pages * 200
