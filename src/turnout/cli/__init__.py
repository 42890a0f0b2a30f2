"""The command line: `turnout …`. One module a family of commands; `main` is the entry."""

import sys

from turnout.cli.app import app, errors
from turnout.errors import Failure
from turnout.settings import SettingsError


def main() -> None:
    """Run the command that the arguments name; exit 0 when it worked, 1 or 2 when it did not."""
    from turnout.cli import demo, doctor, events, identity, servers  # noqa: F401

    try:
        app()
    except SettingsError as error:
        errors.print(f"[bold red]settings:[/] {error}", highlight=False)
        sys.exit(2)
    except (Failure, OSError) as error:
        errors.print(f"[bold red]error:[/] {error}", highlight=False)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
