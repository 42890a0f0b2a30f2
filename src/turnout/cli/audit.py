"""`turnout audit`: who changed what belongs to the whole installation."""

import json

from cyclopts import App

from turnout.cli.app import Count, console, database, say_time, show_table
from turnout.core.audit.recording import list_newest_installation_entries

audit = App(name="audit")


@audit.command(name="installation")
def list_installation(*, limit: Count = 100) -> None:
    """List the changes of what belongs to no organization, such as rotated keys; the newest first.

    Example: `turnout audit installation`

    Args:
        limit: How many of them.
    """
    with database() as db:
        found = db.call(list_newest_installation_entries, limit)
    if not found:
        console.print("Nothing of the whole installation was changed yet.")
        return
    rows = [
        (say_time(entry.at), entry.actor, entry.action, noun, json.dumps(entry.facts))
        for noun, entry in found
    ]
    show_table("At", "Who", "What", "Of", "Details", rows=rows)
