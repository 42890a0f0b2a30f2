"""Cells of the CSV, read back by another program's reader."""

import csv

from hypothesis import example, given
from hypothesis import strategies as st

from turnout.core.audience.reports import SEPARATOR
from turnout.core.spreadsheets import defuse
from turnout.dialects.reporting.envelope import printable
from turnout.dialects.reporting.present import csv_cells

CELLS = st.one_of(
    st.text(),
    st.from_regex(r"[=+\-@\t\r\n][0-9 .,]*[0-9a]?", fullmatch=True),
    st.text(alphabet='ab,"\r\n=+-@ 1\x1f'),
)


@given(st.lists(CELLS, min_size=2))
@example(["=1", "+1", "-1", "@1", "\t1", "\r1", "\n1", "=", "+", "-", "@", "\t", "\r", "\n"])
@example(["-1,000", "+49 30 1", "-1+cmd", "1\x1f", "Acme, Inc.", '"', ""])
def test_cells_are_read_back_whole_and_harmless(cells: list[str]) -> None:
    cells = [cell.replace(SEPARATOR, "") for cell in cells]
    line = ",".join(csv_cells([cells[0], SEPARATOR.join(cells[1:])])) + "\r\n"
    (read,) = csv.reader([line], strict=True) if line != "\r\n" else ([""],)
    assert read == [defuse(printable(cell)) for cell in cells]
