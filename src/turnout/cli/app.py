"""What all commands share: the app, the consoles, the settings and the database.

What takes long to load is loaded where it is used: `turnout --help` needs nothing of it.
"""

import getpass
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Group, Parameter
from cyclopts.validators import Number as Range

from turnout import __version__
from turnout.cli.choosing import settings as settings
from turnout.cli.commands import add_commands
from turnout.cli.misusing import refuse_decimals, say_usage
from turnout.cli.terminal import Terminal

if TYPE_CHECKING:
    from turnout.core.events.model import Event, Session
    from turnout.settings import Settings
    from turnout.store import Database, Ids

# Wide enough for every line: what a program reads is never wrapped or cut.
PIPED_WIDTH = 100_000
LARGEST = 2**53

Number = Annotated[int, Parameter(validator=Range(gte=1, lte=LARGEST))]
"""What a thing is known by in a list, as an argument."""

Count = Annotated[int, Parameter(validator=Range(gte=0, lte=LARGEST))]
"""How many of something, as an argument."""


# What is shown is text: nothing in a title or name is ever read as markup.
console = Terminal(
    highlight=False,
    markup=False,
    emoji=False,
    soft_wrap=True,
    width=None if sys.stdout.isatty() else PIPED_WIDTH,
)
errors = Terminal(stderr=True, highlight=False, markup=False, emoji=False, soft_wrap=True)
app = App(
    name="turnout",
    help="One self-hosted server for everything around an event.",
    version=__version__,
    default_parameter=Parameter(negative=()),
    group_arguments=Group("Arguments", validator=refuse_decimals),
    group_parameters=Group("Parameters", validator=refuse_decimals),
    error_console=errors,
    error_formatter=say_usage,
    help_format="plaintext",
)
add_commands(app)


def actor() -> str:
    """Who works at this command line, for audit entries."""
    try:
        return f"cli:{getpass.getuser()}"
    except (KeyError, OSError):
        return f"cli:{os.getuid()}"


@contextmanager
def database(of: "Settings | None" = None, ids: "Ids | None" = None) -> "Iterator[Database]":
    """The database, opened for one command. Raises Unavailable unless its schema is current."""
    from turnout.schema import check_version
    from turnout.store import open_database
    from turnout.store.sqlite import check_exists

    chosen = of or settings()
    check_exists(chosen.database_url)
    db = open_database(chosen, ids=ids)
    try:
        check_version(db.schema_version())
        yield db
    finally:
        db.close()


def base_url(db: "Database") -> str:
    """The address for links: the setting, else what a server has stored. Raises Unavailable if
    neither is known: this process's own host and port are not where a server listens."""
    from turnout.core.site.address import get_address

    chosen = settings()
    return chosen.public_url if chosen.base_url else db.call(get_address)


def show_table(*headings: str, rows: Iterable[Iterable[str]]) -> None:
    """Print a table; what is too long for a terminal goes on in the next line, uncut."""
    from rich.table import Column, Table

    table = Table(*(Column(name, overflow="fold") for name in headings), box=None, pad_edge=False)
    for row in rows:
        table.add_row(*row)
    console.print(table)


def counted(count: int, one: str, many: str = "") -> str:
    """`1 reply`, `2 replies`; without `many`, the plural of `one` ends in s."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def say_time(at: int) -> str:
    """A moment (epoch ms) as lists show it, in UTC: `2027-03-01 09:00:00Z`."""
    from turnout.core.times import stamp

    return stamp(at)


def tell_outside(event: "Event", session: "Session") -> None:
    """Say on standard error that a session is not within the times of its event."""
    if session.starts_at < event.starts_at or session.ends_at > event.ends_at:
        errors.print(
            f"note: the session is not within the event, {event.starts_local} to "
            f"{event.ends_local}: `turnout event set-session --starts … --ends …` moves it."
        )


def tell_twice(timezone: str, *times: str | None) -> None:
    """Say on standard error which of local times come twice in their zone, and which is meant."""
    from turnout.core.times import plan, say_twice

    for text in times:
        if text and (said := say_twice(plan(text, timezone), timezone)):
            errors.print(said)
