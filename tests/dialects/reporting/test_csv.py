"""Cells of the CSV, read back by another program's reader."""

import csv
from zoneinfo import ZoneInfo

from hypothesis import example, given
from hypothesis import strategies as st

from turnout.core.audience.reports import Lines
from turnout.core.ids import RegistrationId
from turnout.dialects.reporting.envelope import printable
from turnout.dialects.reporting.registrants import to_csv
from turnout.formats.clocks import Clock
from turnout.formats.spreadsheets import SEPARATOR, csv_cells, defuse, quote

CELLS = st.one_of(
    st.text(),
    st.from_regex(r"[=+\-@\t\r\n][0-9 .,]*[0-9a]?", fullmatch=True),
    st.text(alphabet='ab,"\r\n=+-@ 1\x1f'),
)


@given(st.lists(CELLS, min_size=2))
@example(["=1", "+1", "-1", "@1", "\t1", "\r1", "\n1", "=", "+", "-", "@", "\t", "\r", "\n"])
@example(["-1,000", "+49 30 1", "-1+cmd", "1\x1f", "Acme, Inc.", '"', ""])
@example(["\u3000=1", "a;\u3000+1", 'x, "-cmd', "\uff1d1", "a|@b", "a,b", "\x1f"])
def test_cells_are_read_back_whole_and_harmless(cells: list[str]) -> None:
    made = csv_cells(cells, printable)
    assert made == [quote(defuse(printable(cell))) for cell in cells]
    line = ",".join(made) + "\r\n"
    (read,) = csv.reader([line], strict=True)
    assert read == [defuse(printable(cell)) for cell in cells]


def test_a_separator_that_somebody_wrote_makes_no_cell_of_its_own() -> None:
    lines = Lines(
        id=(RegistrationId(7), RegistrationId(8)),
        texts=(SEPARATOR.join("abcdefg"), SEPARATOR.join("hijklmn")),
        registered_at=(0, 1000),
        sti=(f"s{SEPARATOR}t", ""),
        answers=[{"Diet": f"no{SEPARATOR}fish"}, {}],
        seconds=["1,2,3", "0,0,0"],
        first=[None, 2000],
        last=[None, 3000],
        questions=("4", "0"),
        surveys=("5", "0"),
    )
    made = to_csv(lines, Clock(ZoneInfo("UTC"), has_offset=False), ["Diet"])
    first, second = csv.reader(made.splitlines(keepends=True), strict=True)
    began = "1970-01-01 00:00:0"
    assert first == [*"7abcdefg", f"{began}0", "s\ufffdt", *"123", "", "", *"45", "no\ufffdfish"]
    assert second == [
        *("8", *"hijklmn", f"{began}1", "", *"000", f"{began}2", f"{began}3", "0", "0", "")
    ]
