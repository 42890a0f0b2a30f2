"""`turnout distributor`: whose Admins rule which organizations."""

from cyclopts import App

from turnout.cli.app import actor, console, database, show_table
from turnout.core.identity.distributors import (
    Distributor,
    DistributorSplit,
    get_distributor,
    list_distributors,
    list_overseers,
    list_placed,
    plan_split,
    split_distributor,
)
from turnout.store import Tx

distributor = App(name="distributor")


@distributor.command(name="list")
def list_all() -> None:
    """List the distributors, with how many organizations are under each.

    Example: `turnout distributor list`
    """
    with database() as db:
        found = db.call(list_distributors)
    rows = [
        (
            str(distributor.id),
            distributor.name,
            str(distributor.organizations),
            "yes" if distributor.is_shared else "",
        )
        for distributor in found
    ]
    show_table("Number", "Name", "Organizations", "Shared by history", rows=rows)


@distributor.command
def show(name: str, /) -> None:
    """Show a distributor's organizations, and which of their users see more than their own.

    Example: `turnout distributor show acme`

    Args:
        name: Its name or number in `turnout distributor list`.
    """
    with database() as db:
        found = db.call(get_distributor, name)
        placed = db.call(list_placed, found.id)
        overseers = db.call(list_overseers, found.id)
    show_table(
        "Account", "Short name", "Name", "Agent",
        rows=[
            (str(organization.org_id), organization.slug, organization.name, organization.agent)
            for organization in placed
        ],
    )  # fmt: skip
    console.print()
    show_table(
        "User", "Role", "Of", "Sees",
        rows=[
            (overseer.user_code, overseer.role, overseer.slug, ", ".join(overseer.sees))
            for overseer in overseers
        ],
    )  # fmt: skip
    if found.is_shared:
        console.print(
            "\nThis distributor is shared since before organizations had their own: its Admins see "
            "their own organization only, unless TURNOUT_SHARED_DISTRIBUTOR=1."
        )


@distributor.command
def split(name: str | None = None, /, *, keep_agents: bool = False, dry_run: bool = False) -> None:
    """Give each organization a distributor of its own, and say who loses what.

    Example: `turnout distributor split acme`

    Args:
        name: Name or number of the distributor to split; without it, every one that is shared
            since before organizations had their own.
        keep_agents: Keep the organizations of one agent together. Then each Admin among them
            rules all of them.
        dry_run: Only say what would be done.
    """
    with database() as db:
        splits = db.call(_split_all, name, keep_agents, dry_run)
    splits = [split for split in splits if split.distributor.is_shared or len(split.groups) > 1]
    if not splits:
        console.print("There is nothing to split.")
    for plan in splits:
        _show_split(plan)
    if splits and dry_run:
        console.print("Nothing was changed: this was a dry run.")


def _split_all(
    tx: Tx, name: str | None, keep_agents: bool, dry_run: bool
) -> list[DistributorSplit]:
    wanted = [get_distributor(tx, name)] if name is not None else _shared(tx)
    if dry_run:
        return [
            plan_split(tx, str(distributor.id), keep_agents=keep_agents) for distributor in wanted
        ]
    by = actor()
    return [
        split_distributor(tx, str(distributor.id), keep_agents=keep_agents, actor=by)
        for distributor in wanted
    ]


def _shared(tx: Tx) -> list[Distributor]:
    return [distributor for distributor in list_distributors(tx) if distributor.is_shared]


def _show_split(split: DistributorSplit) -> None:
    console.print(f"Distributor {split.distributor.id} ({split.distributor.name}):")
    for number, group in enumerate(split.groups):
        where = "keeps it" if number == 0 else "gets one of its own"
        console.print(f"  {', '.join(group)} {where}")
    for loss in split.losses:
        console.print(
            f"  {loss.role} {loss.user_code} of {loss.slug} no longer sees {', '.join(loss.lost)}"
        )
    if not split.losses:
        console.print("  Nobody loses anything.")
