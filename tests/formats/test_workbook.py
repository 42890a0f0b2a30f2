"""Workbooks, opened by openpyxl."""

from io import BytesIO

import openpyxl
import pytest
from openpyxl.utils.escape import unescape

from turnout.formats.workbook import LONGEST_CELL, Cell, write_workbook

TEXTS = (
    "",
    " spaces ",
    "=1+1",
    "<&>\"'",
    "a\nb\tc\rd",
    "_x0041_",
    "é 🚊",
    "x_x",
    "a_x000D_",
    "'quoted",
)


def read(pieces: list[bytes]) -> dict[str, list[tuple[object, ...]]]:
    book = openpyxl.load_workbook(BytesIO(b"".join(pieces)))
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book}


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_comes_back_as_it_is_and_never_as_a_formula(text):
    found = read(list(write_workbook("Sheet", ["text", "number"], [[text, 42]])))
    # What looks like an escape is escaped; spreadsheets read it back, openpyxl on demand.
    (_, (cell, number)) = found["Sheet"]
    assert (unescape(cell or ""), number) == (text, 42)


def test_what_a_cell_cannot_have_is_replaced_or_cut():
    rows = [["\x01a\ufffe", "x" * (LONGEST_CELL + 5)]]
    found = read(list(write_workbook("Sheet", ["a", "b"], rows)))
    assert found["Sheet"][1] == ("\ufffda\ufffd", "x" * LONGEST_CELL)


@pytest.mark.parametrize(("rows", "sheets"), [(0, 1), (3, 1), (4, 2), (7, 3)])
def test_a_full_sheet_is_followed_by_another_with_the_same_header(rows, sheets):
    made = write_workbook("People", ["n"], ([number] for number in range(rows)), most_rows=4)
    found = read(list(made))
    names = ["People", "People 2", "People 3"][:sheets]
    assert list(found) == names
    assert all(lines[0] == ("n",) for lines in found.values())
    assert [line[0] for lines in found.values() for line in lines[1:]] == list(range(rows))


def test_the_same_rows_make_the_same_file_in_pieces():
    rows: list[list[Cell]] = [[f"name {number}", number] for number in range(20_000)]
    one, other = (list(write_workbook("Sheet", ["name", "n"], rows)) for _ in range(2))
    assert one == other
    assert len(one) > 1
