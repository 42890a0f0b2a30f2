"""Lists on sheets."""

import io

import pypdfium2

from tests.formats.pdf.reading import A4, read_text
from turnout.formats.pdf.table import Column, Sheet, write_table

SHEET = Sheet("Who comes", ("At noon", ""), (Column("Name", 3), Column("Seat", 1)))


def make(rows, sheet=SHEET) -> tuple[int, bytes]:
    out = io.BytesIO()
    count = write_table(out, A4, sheet, rows)
    return count, out.getvalue()


def test_a_list_has_its_title_headings_and_rows():
    count, pdf = make([("Ada", "1"), ("王小明", "2"), ("محمد", "3")])
    assert count == 3
    lines = {"Whocomes", "Atnoon", "NameSeat", "Ada1", "王小明2", "3محمد", "Page1"}
    assert set(read_text(pdf)) == lines


def test_an_empty_list_has_its_headings():
    count, pdf = make([])
    assert count == 0
    assert "NameSeat" in "".join(read_text(pdf))


def test_headings_stand_on_every_page():
    count, pdf = make((f"Person {number}", str(number)) for number in range(200))
    assert count == 200
    document = pypdfium2.PdfDocument(pdf)
    pages = ["".join(read_text(pdf, page)) for page in range(len(document))]
    assert len(pages) > 3
    assert all("NameSeat" in page for page in pages)
    assert [f"Page{number}" in page for number, page in enumerate(pages, 1)] == [True] * len(pages)
    assert sum(page.count("Person") for page in pages) == 200


def test_rows_have_room_to_sign():
    rows = [("Ada", "1")] * 30
    few = len(pypdfium2.PdfDocument(make(rows)[1]))
    more = len(pypdfium2.PdfDocument(make(rows, SHEET._replace(row_height=25))[1]))
    assert (few, more) == (1, 4)
