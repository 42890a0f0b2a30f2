"""Cells of the CSV, read back by another program's reader."""

import csv

from hypothesis import example, given
from hypothesis import strategies as st

from turnout.core.audience.reports import SEPARATOR, Line
from turnout.core.ids import RegistrationId
from turnout.dialects.reporting.envelope import printable
from turnout.dialects.reporting.present import csv_cells, csv_line
from turnout.formats.spreadsheets import defuse

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


def test_a_separator_that_somebody_wrote_makes_no_cell_of_its_own() -> None:
    texts = SEPARATOR.join("abcdefg")
    answers = {"Diet": f"no{SEPARATOR}fish"}
    line = Line(RegistrationId(7), texts, 0, f"s{SEPARATOR}t", answers, "1,2,3", 0, 0, "4", "5")
    (row,) = csv.reader([csv_line(line, str, ["Diet"])], strict=True)
    assert row == [*"7abcdefg0", "s\ufffdt", *"123", "", "", *"45", "no\ufffdfish"]
