"""`turnout serve`, `work`, `migrate`, `settings` and `key rotate`."""

from cyclopts import App
from rich.table import Table

from turnout import bootstrap
from turnout.cli.app import app, console, database, settings
from turnout.core.identity.signing import generate_key_pair, rotate_signing_key
from turnout.settings import describe, hide_password

key = App(name="key", help="Keys that sign tokens.")
app.command(key)


@app.command
def serve(*, host: str | None = None, port: int | None = None) -> None:
    """Serve the APIs and pages until stopped.

    Parameters
    ----------
    host: address to listen on, instead of TURNOUT_HOST
    port: port to listen on, instead of TURNOUT_PORT
    """
    chosen = settings(host=host, port=port)
    bootstrap.serve(
        chosen,
        started=lambda: console.print(f"Turnout serves {chosen.public_url}", highlight=False),
    )


@app.command
def work() -> None:
    """Process the queues until stopped, without serving anything."""
    bootstrap.work(settings())


@app.command
def migrate(*, quiet: bool = False) -> None:
    """Bring the database to the newest schema; safe to repeat, and on several nodes at once.

    Parameters
    ----------
    quiet: say nothing when it worked
    """
    from turnout.store.migrations.running import migrate as run

    url = settings().database_url
    before, after = run(url)
    if quiet:
        return
    change = "already at" if before == after else f"migrated from {before or 'nothing'} to"
    console.print(f"{hide_password(url)}: {change} schema {after}", highlight=False)


@app.command(name="settings")
def show_settings() -> None:
    """List every setting with its value, default and meaning."""
    table = Table("Setting", "Value", "Default", "Meaning", box=None, pad_edge=False)
    for row in describe(settings()):
        table.add_row(*row)
    console.print(table, highlight=False)


@key.command
def rotate() -> None:
    """Sign with a new key from now on; tokens of the old one stay good until they run out."""
    pair = generate_key_pair()
    with database() as db:
        db.call(rotate_signing_key, *pair)
    console.print(f"Tokens are signed with key {pair[0]} from now on.", highlight=False)
