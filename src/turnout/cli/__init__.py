"""The command line: `turnout …`. One module a family of commands; `main` is the entry."""

import io
import sys
from typing import NoReturn

from turnout.cli.start import find_start
from turnout.core.text import is_storable

MISUSED, INTERRUPTED = 2, 130


def main() -> None:
    """Run the command that the arguments name.

    Exits 0 when it worked, 1 when it failed, 2 when the arguments or settings are wrong; then one
    line on standard error says what is wrong and what to do.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal may know few letters
    if not all(map(is_storable, sys.argv)):
        _end("usage: an argument is not valid UTF-8 text.", MISUSED)
    try:
        if start := find_start(sys.argv[1:]):
            start()
        else:
            _run_app(sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except Exception as error:
        from turnout.cli.failing import find_ending

        if not (ending := find_ending(error)):
            raise
        _end(ending.line, ending.status)


def _run_app(arguments: list[str]) -> None:
    from turnout.cli.app import app

    app(arguments)


def _end(message: str, status: int) -> NoReturn:
    from turnout.cli.app import errors

    errors.print(" ".join(message.split()))
    sys.exit(status)
