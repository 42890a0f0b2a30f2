"""Reading files that people name, with a bar for long ones."""

import errno
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TextIO

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from turnout.cli.app import errors
from turnout.errors import Invalid
from turnout.store.faults import FAILED, advise, fault_of, user_name

# Of rows that cannot be taken so many are named.
SHOWN_FAULTS = 100


def explain(error: OSError) -> str:
    """What the system refused, for which file, and what to do about it."""
    file = Path(os.fsdecode(error.filename)) if error.filename else None
    if file is None or error.strerror is None:
        return str(error)
    code = fault_of(error, FAILED)
    if code != FAILED:
        return f"{error.strerror}: {file}. {advise(code, file)}"
    advice = _ADVICE.get(error.errno or 0, "").format(file=file.name, user=user_name())
    return f"{error.strerror}: {file}. {advice}".strip()


_ADVICE = {
    errno.ENOENT: "Check the name, and the folder in which you are.",
    errno.EACCES: "Let the user {user} read and write {file}.",
    errno.EPERM: "Let the user {user} read and write {file}.",
    errno.EISDIR: "Name a file, not a folder.",
    errno.ENOTDIR: "Check the path: a part of it is no folder.",
}


@contextmanager
def open_text(file: Path) -> Iterator[TextIO]:
    """The file's lines, as UTF-8 with or without a byte order mark. Raises Invalid, also while
    it is read, for another encoding."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            yield lines
    except UnicodeDecodeError as error:
        raise Invalid("file.not_utf_8", file=file, said=error.reason) from error


@contextmanager
def new_file(file: Path) -> Iterator[BinaryIO]:
    """A file to write, readable for its owner alone. It stands under its name only once it is
    whole; one that stood there is replaced."""
    try:
        handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    except OSError as error:  # says the name that was given, not that of the part
        raise type(error)(error.errno, error.strerror, os.fspath(file)) from error
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as out:
            yield out
        part.replace(file)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


@contextmanager
def bar(text: str, total: int) -> Iterator[Callable[[int], object]]:
    """A progress bar on standard error; what it gives is told how many more are done."""
    shown = Progress(TextColumn(text), BarColumn(), MofNCompleteColumn(), console=errors)
    with shown:
        task = shown.add_task("", total=total)
        yield lambda more: shown.advance(task, more)
