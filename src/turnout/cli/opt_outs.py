"""`turnout optout`: who gets no more broadcasts."""

from cyclopts import App

from turnout.cli.app import Number, actor, console, database, say_time, show_table
from turnout.core.identity.organizations import get_organization
from turnout.core.messaging.model import Medium
from turnout.core.messaging.opt_outs import add_opt_out, list_opt_outs, remove_opt_out

opt_outs = App(name="optout")


@opt_outs.command(name="list")
def list_all(org: str, /, *, limit: Number = 1000) -> None:
    """List who has opted out.

    Args:
        org: Short name of the organization.
        limit: How many at most.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        found = db.call(list_opt_outs, org_id, limit)
    if not found:
        console.print("Nobody has opted out.")
        return
    show_table(
        "MEDIUM", "ADDRESS", "SINCE", "BY", "JOB",
        rows=(
            (
                out.medium.value,
                out.address,
                say_time(out.created_at),
                out.source,
                str(out.job_id or ""),
            )
            for out in found
        ),
    )  # fmt: skip


@opt_outs.command
def add(org: str, medium: Medium, address: str, /) -> None:
    """Send somebody no more broadcasts.

    Args:
        org: Short name of the organization.
        medium: What they want no more of; `sms` also stops MMS, `call` speech and recordings.
        address: Their e-mail address or number.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        added = db.call(add_opt_out, org_id, medium, address, actor=actor())
    said = "gets no more" if added else "got none already:"
    console.print(f"{address} {said} {medium.value}.")


@opt_outs.command
def remove(org: str, medium: Medium, address: str, /) -> None:
    """Let broadcasts reach somebody again who asked for it.

    Args:
        org: Short name of the organization.
        medium: What they want again.
        address: Their e-mail address or number.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        db.call(remove_opt_out, org_id, medium, address, actor=actor())
    console.print(f"{address} gets {medium.value} again.")
