import csv
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from turnout.formats.spreadsheets import SIGNS, defuse, restore, to_csv

FORMULA_SIGNS = SIGNS.replace("\\", "")


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("=1+1", "'=1+1"),
        ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ("-2+3+cmd", "'-2+3+cmd"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t'=1"),
        ("\r=1", "'\r'=1"),
        ("+61412345678", "+61412345678"),
        ("-1,234.5", "-1,234.5"),
        ("+", "'+"),
        ("Jane", "Jane"),
        ("", ""),
        ("\uff1d1+1", "'\uff1d1+1"),
        ("\uff0bcmd", "'\uff0bcmd"),
        ("\uff0dcmd", "'\uff0dcmd"),
        ("\uff20SUM(A1)", "'\uff20SUM(A1)"),
        (" =1", " '=1"),
        ("a;=1", "a;'=1"),
        ("a, @x|-y", "a, '@x|'-y"),
        ("a\n=1\r\n+b", "a\n'=1\r\n'+b"),
        ("a\t=1", "a\t'=1"),
        ('a;"=1"', 'a;"\'=1"'),
        ("Tel: 1; +61 412 345; -5", "Tel: 1; +61 412 345; -5"),
        ("a=b, c-d, me@example.com", "a=b, c-d, me@example.com"),
    ],
)
def test_no_cell_is_taken_for_a_formula(cell: str, shown: str) -> None:
    assert defuse(cell) == shown
    assert defuse(shown) == shown
    assert restore(shown) == cell


CELLS = st.text(alphabet=[*FORMULA_SIGNS, *" ab1,;\t\r\n\"'|."])


@given(st.lists(CELLS, min_size=1, max_size=4))
@example(['a";=1', "x"])
def test_no_formula_begins_a_cell_whatever_separator_a_spreadsheet_goes_by(row: list[str]) -> None:
    text = to_csv([["1", *row]]).decode("utf-8-sig")
    for separator in ",;\t|":
        for read in csv.reader(text.splitlines(keepends=True), delimiter=separator):
            assert [cell for cell in read if is_run(cell)] == []


def is_run(cell: str) -> bool:
    sign, rest = cell.lstrip(" ")[:1], cell.lstrip(" ")[1:]
    return bool(sign) and sign in FORMULA_SIGNS and any(map(str.isalpha, rest))


def test_long_cells_are_defused_in_linear_time() -> None:
    begun = time.perf_counter()
    for part in ("=", ";", "; ", ";=1", ' "', "\t", "1 "):
        defuse(part * 300_000)
        restore(part * 300_000)
    assert time.perf_counter() - begun < 10


def test_a_cell_with_a_separator_of_another_country_is_in_quotes() -> None:
    assert to_csv([["a;b", "c\td", "e"]]) == b'\xef\xbb\xbf"a;b","c\td",e\r\n'


def test_rows_are_written_as_spreadsheets_open_them() -> None:
    rows = [("Name", "Said"), ("Zoë", 'a "b", c\nd'), ("=1", 7)]
    assert to_csv(rows) == (b'\xef\xbb\xbfName,Said\r\nZo\xc3\xab,"a ""b"", c\nd"\r\n\'=1,7\r\n')


def test_controls_are_replaced_but_tabs_and_line_ends() -> None:
    said = to_csv([["\x1b[2J\x9b5mA\x07\x7f", "a\tb\r\nc"]]).decode("utf-8-sig")
    assert said == '\ufffd[2J\ufffd5mA\ufffd\ufffd,"a\tb\r\nc"\r\n'
