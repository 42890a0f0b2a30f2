"""Starting `turnout serve` and `turnout work` without what only other commands need.

The libraries for arguments, terminals and coloured tracebacks are 15 MB that a server would hold as
long as it lives. So these two commands are begun here as they are usually written; with any other
argument the app reads them, says what is wrong, and runs the same functions.
"""

import re
import sys
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from turnout.cli.choosing import settings
from turnout.cli.disarming import disarm

if TYPE_CHECKING:
    from turnout.cli.finding import Finding
    from turnout.settings import Settings

SERVING = {
    "--host": re.compile(r"[\w.:]+"),
    "--port": re.compile(r"[1-9][0-9]{0,4}", re.ASCII),
    "--allow-demo": None,
    "--insecure-http": None,
    "--allow-second-node": None,
}
"""The options of `turnout serve`, with the form of their values, None for one that has none."""

# Loaded by structlog where they are there: for colours of tracebacks, which our log has as text,
# and for programs that run on greenlets.
UNUSED = ("rich", "greenlet")


def find_start(arguments: list[str]) -> Callable[[], None] | None:
    """What runs a command that is written in the usual way; None where the app has to read it."""
    match arguments:
        case ["work"]:
            return work
        case ["serve", *options]:
            given = _read(options, SERVING)
            return None if given is None else partial(serve, **given)
    return None


def _read(
    arguments: list[str], options: Mapping[str, re.Pattern[str] | None]
) -> dict[str, Any] | None:
    found: dict[str, Any] = {}
    waiting = iter(arguments)
    for argument in waiting:
        option, has_value, value = argument.partition("=")
        name = option.removeprefix("--").replace("-", "_")
        if option not in options or name in found:
            return None
        form = options[option]
        if form is None and has_value:
            return None
        if form is not None:
            value = value if has_value else next(waiting, "")
            if not form.fullmatch(value):
                return None
        found[name] = True if form is None else int(value) if name == "port" else value
    return found


def serve(
    *,
    host: str | None = None,
    port: int | None = None,
    allow_demo: bool = False,
    insecure_http: bool = False,
    allow_second_node: bool = False,
) -> None:
    """What `turnout serve` does (servers.py says what the options mean)."""
    _load_log()
    from turnout import serving

    chosen = settings(
        host=host,
        port=port,
        allow_demo=allow_demo or None,
        insecure_http=insecure_http or None,
        allow_second_node=allow_second_node or None,
    )
    host_there = f"[{chosen.host}]" if ":" in chosen.host else chosen.host
    serving.serve(
        chosen,
        examine=partial(examine, chosen),
        started=lambda: _say(
            f"Turnout serves {chosen.public_url}, listening on {host_there}:{chosen.port}"
        ),
        empty=lambda link: _say(f"Set it up here, once and within a day: {link}"),
    )


def work() -> None:
    """What `turnout work` does."""
    _load_log()
    from turnout import serving
    from turnout.settings import hide_password

    chosen = settings()
    serving.work(
        chosen,
        started=lambda: _say(
            f"Turnout processes the queues of {hide_password(chosen.database_url)}"
        ),
    )


def examine(chosen: "Settings") -> "list[Finding]":
    """What all checks of `turnout doctor` find; they are loaded when somebody asks."""
    from turnout.cli.checking import examine

    return examine(chosen)


def _load_log() -> None:
    """Load structlog without what it would only load for others."""
    withheld = [name for name in UNUSED if name not in sys.modules]
    for name in withheld:
        sys.modules[name] = None  # type: ignore[assignment]
    try:
        import structlog  # noqa: F401 - so that it is there for all others
    finally:
        for name in withheld:
            del sys.modules[name]


def _say(text: str) -> None:
    print(disarm(text), flush=True)
