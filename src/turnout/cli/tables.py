"""Tables that commands write: a CSV file or a workbook (XLSX), as the file's name ends."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from turnout.cli.files import new_file
from turnout.errors import Invalid
from turnout.formats.spreadsheets import csv_line, to_csv
from turnout.formats.workbook import write_workbook

_WORKBOOK = ".xlsx"


def check_ending(file: Path) -> None:
    """Raise Invalid for a name that ends in neither .csv nor .xlsx."""
    if file.suffix.lower() not in (".csv", _WORKBOOK):
        raise Invalid("export.ending", file=file.name)


def write_table(file: Path, title: str, heading: Sequence[str], rows: Iterable[list[str]]) -> None:
    """Write the rows, as they come, to a file that is replaced once it is whole; `title` names a
    workbook's sheet."""
    is_workbook = file.suffix.lower() == _WORKBOOK
    pieces = write_workbook(title, list(heading), rows) if is_workbook else _csv(heading, rows)
    with new_file(file) as out:
        for piece in pieces:
            out.write(piece)


def _csv(heading: Sequence[str], rows: Iterable[list[str]]) -> Iterator[bytes]:
    yield to_csv([heading])
    yield from (csv_line(row).encode() for row in rows)
