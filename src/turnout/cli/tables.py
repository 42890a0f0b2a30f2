"""Tables that commands write: a CSV file or a workbook (XLSX), as the file's name ends."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from turnout.cli.exports import Note
from turnout.cli.files import new_file
from turnout.errors import Invalid
from turnout.formats.spreadsheets import csv_line, to_csv
from turnout.formats.workbook import write_workbook

_WORKBOOK = ".xlsx"


def check_ending(file: Path) -> None:
    """Raise Invalid for a name that ends in neither .csv nor .xlsx."""
    if file.suffix.lower() not in (".csv", _WORKBOOK):
        raise Invalid("export.ending", file=file.name)


def write_table(
    file: Path, title: str, heading: Sequence[str], rows: Iterable[list[str]], note: Note
) -> int:
    """Write the rows, as they come, to a file that is replaced once it is whole and noted; `title`
    names a workbook's sheet. Returns how many rows there are."""
    counted = _Counted(rows)
    is_workbook = file.suffix.lower() == _WORKBOOK
    write = write_workbook if is_workbook else _csv
    with new_file(file) as out:
        for piece in write(title, list(heading), iter(counted)):
            out.write(piece)
        note(counted.count)
    return counted.count


class _Counted:
    """Rows, of which `count` have been taken."""

    def __init__(self, rows: Iterable[list[str]]) -> None:
        self._rows = rows
        self.count = 0

    def __iter__(self) -> Iterator[list[str]]:
        for row in self._rows:
            self.count += 1
            yield row


def _csv(_title: str, heading: Sequence[str], rows: Iterable[list[str]]) -> Iterator[bytes]:
    yield to_csv([heading])
    yield from (csv_line(row).encode() for row in rows)
