"""`turnout serve`, `work`, `migrate` and `settings`."""

import shlex

from rich.text import Text

from turnout.cli import start
from turnout.cli.app import console, counted, settings
from turnout.cli.progress import steps_bar
from turnout.core.zone_data import zone_data_version
from turnout.settings import describe, hide_password


def serve(
    *,
    host: str | None = None,
    port: int | None = None,
    allow_demo: bool = False,
    insecure_http: bool = False,
    allow_second_node: bool = False,
) -> None:
    """Serve the APIs and pages until stopped (Ctrl-C or SIGTERM).

    Example: `turnout serve`

    Args:
        host: Address to listen on, instead of TURNOUT_HOST.
        port: Port to listen on, instead of TURNOUT_PORT.
        allow_demo: Take the credentials that a demo made in this database; without it they are
            refused, because many people have seen them.
        insecure_http: Take passwords on pages over plain http from other machines, which anybody
            on the way can read.
        allow_second_node: Serve a SQLite file that another process serves already. Each then counts
            its own requests, so limits hold for each by itself; several nodes need PostgreSQL.
    """
    start.serve(
        host=host,
        port=port,
        allow_demo=allow_demo,
        insecure_http=insecure_http,
        allow_second_node=allow_second_node,
    )


def work() -> None:
    """Process the queues until stopped (Ctrl-C or SIGTERM), without serving anything.

    Example: `turnout work`
    """
    start.work()


def migrate(*, quiet: bool = False, no_copy: bool = False) -> None:
    """Bring the database to the newest schema; safe to repeat, and on several nodes at once.

    All of it happens or nothing. A SQLite file with data is copied first, to a file beside it
    whose name ends with the old schema's number; delete that when you no longer need it.

    Example: `turnout migrate`

    Args:
        quiet: Say nothing when it worked.
        no_copy: Do not copy a SQLite file first (you have a copy of your own).
    """
    from turnout.schema import follow_zones
    from turnout.store.migrations.running import migrate as run

    chosen = settings()
    url = chosen.database_url
    with steps_bar("Migrating the database:", is_transient=quiet) as show:
        before, after = run(url, progress=show, keeps_copy=not no_copy)
    moved = follow_zones(chosen)
    if quiet:
        return
    change = "already at" if before == after else f"migrated from {before or 'nothing'} to"
    console.print(f"{hide_password(url)}: {change} schema {after}")
    if moved:
        console.print(
            f"The zone data {zone_data_version()} moved {counted(moved, 'time')} of events, "
            "sessions and jobs that lie ahead; the audit log says which."
        )


def show_settings() -> None:
    """List every setting with its meaning, default and present value.

    The output is a file of NAME=VALUE lines with comments, fit to be edited and read by systemd
    (EnvironmentFile) or a shell. A password in the database's address is shown as ***.

    Example: `turnout settings`
    """
    from turnout.carriers import networks

    chosen = settings()
    for name, value, default, meaning in (*describe(chosen), *networks.describe(chosen)):
        usual = f"default {default}" if default else "not set by default"
        console.print(Text(f"# {meaning} ({usual})", style="dim"))
        console.print(Text.assemble((name, "bold"), f"={shlex.quote(value) if value else ''}"))
