"""Running `turnout …` in this process, as `python -m turnout` does: arguments, settings, output."""

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, redirect_stderr, redirect_stdout
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import structlog

from tests.support import templates
from tests.support.server import clean_environment
from turnout.cli import main
from turnout.settings import Settings
from turnout.store import Database, open_database


class Result(NamedTuple):
    """What a command did; `error` is standard error."""

    code: int
    output: str
    error: str


class Turnout:
    """The command line with its own database and settings.

    `database_url` None leaves the setting out.
    """

    def __init__(self, database_url: str | None, **settings: Any) -> None:
        self.url = database_url
        self.settings = settings | ({"database_url": database_url} if database_url else {})

    def __call__(self, *arguments: Any, stdin: str = "", **settings: Any) -> Result:
        """Run one command; `settings` in lower case count for this once."""
        output, error = io.StringIO(), io.StringIO()
        environment = clean_environment(**(self.settings | settings))
        with (
            _process(["turnout", *map(str, arguments)], environment, stdin),
            _voices_known() if "doctor" in arguments else nullcontext(),
            redirect_stdout(output),
            redirect_stderr(error),
        ):
            try:
                main()
                code = 0
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else int(end.code is not None)
        return Result(code, output.getvalue(), error.getvalue())

    def ok(self, *arguments: Any, **options: Any) -> str:
        """Run a command that must work, and say nothing on standard error; its output."""
        result = self(*arguments, **options)
        assert result == Result(0, result.output, "")
        return result.output

    @contextmanager
    def database(self) -> Iterator[Database]:
        """The database that the commands work on."""
        assert self.url
        db = open_database(Settings(database_url=self.url))
        try:
            yield db
        finally:
            db.close()


def on_new_database(folder: Path) -> Turnout:
    """The command line on a new, migrated SQLite database in `folder`."""
    path = folder / "turnout.db"
    templates.copy_migrated(path)
    return Turnout(f"sqlite:///{path}")


@contextmanager
def _voices_known() -> Iterator[None]:
    """Programs that speak are asked once for all commands of a process whether they do: saying a
    word takes longer than all else that `turnout doctor` looks at."""
    from turnout.cli import checking_networks  # takes a while, and few commands need it

    checking: Any = checking_networks
    asked = checking.find_fault
    checking.find_fault = _find_fault
    try:
        yield
    finally:
        checking.find_fault = asked


@cache
def _find_fault(voice: Any, models: str) -> str:
    from turnout.speech.engines import find_fault

    return find_fault(voice, models)


@contextmanager
def _process(arguments: list[str], environment: dict[str, str], stdin: str) -> Iterator[None]:
    before = sys.argv, dict(os.environ), sys.stdin
    sys.argv, sys.stdin = arguments, io.StringIO(stdin)
    os.environ.clear()
    os.environ.update(environment)
    try:
        yield
    finally:
        structlog.reset_defaults()  # a command that serves sets logs up for its process
        sys.argv, sys.stdin = before[0], before[2]
        os.environ.clear()
        os.environ.update(before[1])
