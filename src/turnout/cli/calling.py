"""`turnout org calls`: whom an organization may call and fax."""

from turnout.cli.app import actor, console, database, settings, show_table
from turnout.core.identity.organizations import get_organization
from turnout.core.messaging.calling import Calling, get_calling, set_calling


def set_calls(
    slug: str, /, *, country: list[str] | None = None, agent: list[str] | None = None
) -> None:
    """Show whom an organization may call and fax, or change that.

    Landlines, mobiles and freephone numbers of its own country may be called, unless it names
    others here. Premium-rate and short numbers never are.

    Example: `turnout org calls acme --country AU --country NZ --agent +61298765432`

    Args:
        slug: Its short name.
        country: Country that may be called, such as AU; repeat it for more, all others are taken
            off the list. `""` alone = its own country.
        agent: Number to which calls may be put through, also in other countries; repeat it for
            more, all others are taken off the list. `""` alone = none.
    """
    from turnout.carriers.networks import read_fence

    chosen = settings()
    fence = read_fence(chosen)
    with database(chosen) as db:
        org_id = db.call(get_organization, slug).org_id
        if country is None and agent is None:
            calling = db.look(get_calling, org_id)
        else:
            calling = db.call(set_calling, org_id, country, agent, actor=actor(), fence=fence)
            console.print(f"Organization {slug} is changed.")
    show_table("WHAT", "IS", rows=_say(calling))


def _say(calling: Calling) -> list[tuple[str, str]]:
    own = f"{calling.home} (its own)" if calling.home else "none: its own country is not known"
    return [
        ("Countries", " ".join(calling.countries) or own),
        ("Agents", " ".join(f"+{number}" for number in calling.agents) or "none"),
    ]
