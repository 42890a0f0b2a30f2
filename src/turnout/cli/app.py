"""What all commands share: the app, the consoles, the settings and the database."""

import getpass
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cyclopts import App
from rich.console import Console

from turnout import __version__
from turnout.errors import Unavailable
from turnout.settings import Settings, load
from turnout.store import Database, Ids, open_database
from turnout.store.migrations.revisions import HEAD

app = App(
    name="turnout",
    help="One self-hosted server for everything around an event.",
    version=__version__,
)
console = Console()
errors = Console(stderr=True)


def settings(**overrides: Any) -> Settings:
    """The settings of this process; `overrides` (None = not given) win."""
    return load(os.environ, **overrides)


def actor() -> str:
    """Who works at this command line, for audit entries."""
    try:
        return f"cli:{getpass.getuser()}"
    except (KeyError, OSError):
        return f"cli:{os.getuid()}"


@contextmanager
def database(of: Settings | None = None, ids: Ids | None = None) -> Iterator[Database]:
    """The database, opened for one command. Raises Unavailable unless its schema is current."""
    db = open_database(of or settings(), ids=ids)
    try:
        version = db.schema_version()
        if version != HEAD:
            raise Unavailable(
                "schema.other",
                f"The database has schema {version or 'none'}, this program needs {HEAD}. "
                "Run `turnout migrate` first.",
            )
        yield db
    finally:
        db.close()
