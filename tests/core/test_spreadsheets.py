import pytest

from turnout.core.spreadsheets import defuse, to_csv


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("=1+1", "'=1+1"),
        ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ("-2+3+cmd", "'-2+3+cmd"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("+61412345678", "+61412345678"),
        ("-1,234.5", "-1,234.5"),
        ("+", "'+"),
        ("Jane", "Jane"),
        ("", ""),
    ],
)
def test_no_cell_is_taken_for_a_formula(cell: str, shown: str) -> None:
    assert defuse(cell) == shown


def test_rows_are_written_as_spreadsheets_open_them() -> None:
    rows = [("Name", "Said"), ("Zoë", 'a "b", c\nd'), ("=1", 7)]
    assert to_csv(rows) == (b'\xef\xbb\xbfName,Said\r\nZo\xc3\xab,"a ""b"", c\nd"\r\n\'=1,7\r\n')
