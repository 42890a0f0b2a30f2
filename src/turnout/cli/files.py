"""Reading files that people name, with a bar for long ones."""

import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from turnout.cli.app import errors
from turnout.errors import Invalid

# Of rows that cannot be taken so many are named.
SHOWN_FAULTS = 100


@contextmanager
def open_text(file: Path) -> Iterator[TextIO]:
    """The file's lines, as UTF-8 with or without a byte order mark. Raises Invalid, also while
    it is read, for another encoding and for what is no CSV."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            yield lines
    except UnicodeDecodeError as error:
        raise Invalid(
            "file.encoding", f'{file} is not UTF-8 text: save it as "CSV UTF-8" ({error.reason}).'
        ) from error
    except csv.Error as error:
        raise Invalid("file.csv", f"{file} is no CSV: {error}.") from error


@contextmanager
def bar(text: str, total: int) -> Iterator[Callable[[int], object]]:
    """A progress bar on standard error; what it gives is told how many more are done."""
    shown = Progress(TextColumn(text), BarColumn(), MofNCompleteColumn(), console=errors)
    with shown:
        task = shown.add_task("", total=total)
        yield lambda more: shown.advance(task, more)
