"""`turnout suppression`: mail addresses that are not written to again."""

from cyclopts import App

from turnout.cli.app import Number, actor, console, database, say_time, show_table
from turnout.core.identity.organizations import get_organization
from turnout.core.messaging.suppression import (
    add_suppression,
    list_suppressions,
    remove_suppression,
)

suppressions = App(name="suppression")


@suppressions.command(name="list")
def list_all(org: str, /, *, limit: Number = 1000) -> None:
    """List the addresses that are not written to, newest first, and why.

    Example: `turnout suppression list acme`

    Args:
        org: Short name of the organization.
        limit: How many at most.
    """
    with database() as db:
        found = db.call(list_suppressions, db.call(get_organization, org).org_id, limit)
    if not found:
        console.print("No address is suppressed.")
        return
    show_table(
        "ADDRESS", "REASON", "SINCE", "JOB", "SAID",
        rows=(
            (
                entry.address,
                entry.reason.value,
                say_time(entry.created_at),
                str(entry.job_id or ""),
                entry.notes,
            )
            for entry in found
        ),
    )  # fmt: skip


@suppressions.command
def add(org: str, address: str, /) -> None:
    """Send an address no more mailings.

    Example: `turnout suppression add acme jo@example.com`

    Args:
        org: Short name of the organization.
        address: The e-mail address.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        added = db.call(add_suppression, org_id, address, actor=actor())
    console.print(f"{address} {'is suppressed' if added else 'was suppressed already'}.")


@suppressions.command
def remove(org: str, address: str, /) -> None:
    """Write to an address again, such as one that works again.

    Example: `turnout suppression remove acme jo@example.com`

    Args:
        org: Short name of the organization.
        address: The e-mail address.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        db.call(remove_suppression, org_id, address, actor=actor())
    console.print(f"{address} is written to again.")
