"""`turnout event show`."""

from turnout.cli.app import database, show_table
from turnout.cli.event_changes import known_url, say_capacity
from turnout.cli.numbers import EventNumber
from turnout.core.events.showing import EventView, get_shown_event
from turnout.core.identity.organizations import get_organization
from turnout.core.identity.short_names import page_path
from turnout.core.times import stamp


def show(org: str, event: EventNumber, /) -> None:
    """Show all that an event says of itself.

    Example: `turnout event show acme 1000001`

    Args:
        org: Short name of the organization.
        event: Number of the event.
    """
    with database() as db:
        organization = db.call(get_organization, org)
        shown = db.call(get_shown_event, organization.org_id, event)
        page = f"{known_url(db)}{page_path(organization.slug)}/{event}"
    rows = [(what, is_) for what, is_ in _say_facts(shown) if is_]
    show_table("WHAT", "IS", rows=[*rows, ("Page", page)])


def _say_facts(shown: EventView) -> list[tuple[str, str]]:
    event, details, place = shown.event, shown.details, shown.place
    ends_at = shown.registration_ends_at
    return [
        ("Title", event.title),
        ("Summary", details.summary),
        ("State", event.state),
        ("Visibility", details.visibility),
        ("Starts", stamp(event.starts_at, event.timezone)),
        ("Ends", stamp(event.ends_at, event.timezone)),
        ("Time zone", event.timezone),
        ("Registration ends", "" if ends_at is None else stamp(ends_at, event.timezone)),
        ("Venue", ", ".join(filter(None, (place.venue, place.address, place.city)))),
        ("How to get there", place.directions),
        ("Online", details.online_url),
        ("Contact", _say_contact(shown)),
        ("Language", details.locale),
        ("How to pay", details.payment_text),
        ("Days to pay", str(details.pay_within_days or "")),
        ("To be paid at", ", ".join(details.payment_doors) or "none"),
        ("Guests may", ", ".join(details.guest_rights) or "nothing by themselves"),
        ("Personal links", "confirm" if details.confirms_links else "open"),
        ("Ticket at once", "yes" if details.shows_ticket_at_once else "no"),
        ("Companions", str(details.companions)),
        ("Postponed from", details.postponed_from),
        ("New date", "not known yet" if details.is_date_open else ""),
        ("Recording", details.recording_url),
        ("Pictures of it", str(len(details.pictures) or "")),
        ("Numbers", "published" if details.publishes_numbers else ""),
        ("Name", "in one field" if details.has_one_name else "in two fields"),
        ("Colour", details.colour),
        ("Cover", shown.cover),
        ("Holds", say_capacity(event.capacity)),
        ("Held", str(event.held)),
        ("Description", details.description),
    ]


def _say_contact(shown: EventView) -> str:
    details = shown.details
    return ", ".join(
        filter(None, (details.contact_name, details.contact_email, details.contact_phone))
    )
