"""The command line: `turnout …`. One module a family of commands; `main` is the entry."""

import io
import logging
import sys
from typing import NoReturn

import structlog

from turnout.cli import (  # noqa: F401 - they add commands
    asides,
    audience,
    audit,
    callbacks,
    demo,
    distributors,
    doctor,
    door,
    events,
    exams,
    identity,
    jobs,
    keys,
    lists,
    opt_outs,
    outbox,
    reporting,
    servers,
    tickets,
)
from turnout.cli.app import app, errors
from turnout.cli.files import explain
from turnout.core.text import is_storable
from turnout.errors import Failure, list_notes
from turnout.settings import SettingsError

FAILED, MISUSED, INTERRUPTED = 1, 2, 130


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
    # A command says by its own line what failed; those that serve set their log up.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    try:
        app(sys.argv[1:])
    except SettingsError as error:
        _end(f"settings: {error}", MISUSED)
    except OSError as error:
        _end(f"error: {explain(error)}", FAILED)
    except Failure as error:
        said = " ".join([str(error), *list_notes(error)])
        if error.code == "store.url":
            _end(f"settings: {said}", MISUSED)
        _end(f"error: {said}", FAILED)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def _end(message: str, code: int) -> NoReturn:
    errors.print(" ".join(message.split()))
    sys.exit(code)
