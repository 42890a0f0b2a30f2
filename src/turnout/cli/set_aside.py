"""`turnout aside`: work that stopped its worker three times."""

from cyclopts import App

from turnout.cli.app import Number, actor, console, database, say_time, show_table
from turnout.core.maintenance.set_aside import drop, release
from turnout.core.work.listing import list_set_aside

aside = App(name="aside")


@aside.command(name="list")
def list_aside() -> None:
    """List what is set aside, the oldest first.

    Example: `turnout aside list`
    """
    with database() as db:
        found = db.call(list_set_aside)
    rows = [
        (work.queue, str(work.id), work.organization, say_time(work.at), work.note)
        for work in found
    ]
    show_table("Queue", "Id", "Organization", "Since", "Why", rows=rows)


@aside.command(name="release")
def release_aside(queue: str, id: Number, /) -> None:  # noqa: A002 - what the list calls it
    """Let workers try it again, three times; do this once what stopped them is mended.

    Example: `turnout aside release delivery 41`

    Args:
        queue: Its queue in `turnout aside list`.
        id: Its number there.
    """
    with database() as db:
        db.call(release, queue, id, actor=actor())
    console.print(f"{queue} {id} is released.")


@aside.command(name="drop")
def drop_aside(queue: str, id: Number, /) -> None:  # noqa: A002 - what the list calls it
    """Give it up for good; who waits for it is told that it failed.

    Example: `turnout aside drop delivery 41`

    Args:
        queue: Its queue in `turnout aside list`.
        id: Its number there.
    """
    with database() as db:
        db.call(drop, queue, id, actor=actor())
    console.print(f"{queue} {id} is dropped.")
