"""The fields of an event's details: what is stored as a form shows it, and what a form asks for."""

from typing import NamedTuple

from turnout.core.events.describing import MOST_COMPANIONS, EventChange
from turnout.core.events.model import GuestRight, PayingDoor, Visibility
from turnout.core.events.showing import EventView
from turnout.core.ids import VenueId
from turnout.core.registrations.choices import Choices
from turnout.web.console.events.clashes import Values
from turnout.web.console.events.going import plan_times
from turnout.web.console.events.zones import list_zones
from turnout.web.console.forms import Form

LANGUAGES = ("en", "de", "es")
NO_VENUE = VenueId(0)
MINUTES = len("2027-03-01T09:00")
_TEXTS = ("summary", "description", "online_url", "contact_name", "contact_email", "contact_phone")
_TICKED = "1"


class Stored(NamedTuple):
    """What is stored of an event: its view and what the view leaves out."""

    shown: EventView
    venue_id: VenueId | None
    registration_ends: str
    choices: Choices


class Wanted(NamedTuple):
    """What a form asks for. Local times at the event in `timezone`."""

    version: str
    change: EventChange
    starts: str
    ends: str
    timezone: str
    capacity: int | None
    mails_tickets: bool
    waits_when_full: bool


def values_of(stored: Stored) -> Values:
    """What is stored, by the names of the form's fields."""
    event, details = stored.shown.event, stored.shown.details
    texts = {name: getattr(details, name) for name in _TEXTS}
    return {
        "title": event.title,
        **texts,
        "starts": event.starts_local[:MINUTES],
        "ends": event.ends_local[:MINUTES],
        "timezone": event.timezone,
        "venue": str(stored.venue_id or ""),
        "capacity": "" if event.capacity is None else str(event.capacity),
        "locale": details.locale,
        "visibility": details.visibility.value,
        "registration_ends": stored.registration_ends[:MINUTES],
        "payment_text": details.payment_text,
        "pay_within_days": str(details.pay_within_days or ""),
        "payment_doors": [door.value for door in details.payment_doors],
        "guest_rights": [right.value for right in details.guest_rights],
        "confirms_links": _TICKED if details.confirms_links else "",
        "shows_ticket_at_once": _TICKED if details.shows_ticket_at_once else "",
        "companions": str(details.companions or ""),
        "recording_url": details.recording_url,
        "publishes_numbers": _TICKED if details.publishes_numbers else "",
        "has_one_name": _TICKED if details.has_one_name else "",
        "mails_tickets": _TICKED if stored.choices.mails_tickets else "",
        "waits_when_full": _TICKED if stored.choices.waits_when_full else "",
    }


def read_details(form: Form) -> Wanted:
    """What was typed; `form.is_right` says whether it can be taken."""
    text = form.value
    doors = tuple(door for door in PayingDoor if door.value in form.values("payment_doors"))
    rights = tuple(right for right in GuestRight if right.value in form.values("guest_rights"))
    visibility = form.choice("visibility", [one.value for one in Visibility])
    change = EventChange(
        title=form.text("title", limit=200),
        summary=form.text("summary", limit=500, is_required=False),
        description=form.text("description", limit=20_000, is_required=False),
        online_url=form.text("online_url", limit=2000, is_required=False),
        contact_name=form.text("contact_name", limit=200, is_required=False),
        contact_email=form.email("contact_email", is_required=False),
        contact_phone=form.text("contact_phone", limit=200, is_required=False),
        locale=text("locale"),
        visibility=Visibility(visibility) if visibility else None,
        venue_id=VenueId(form.number("venue") or NO_VENUE),
        registration_ends=form.moment("registration_ends", is_required=False),
        payment_text=form.text("payment_text", limit=2000, is_required=False),
        pay_within_days=form.whole("pay_within_days", most=365) or 0,
        payment_doors=doors,
        guest_rights=rights,
        confirms_links=form.value("confirms_links") == _TICKED,
        shows_ticket_at_once=form.value("shows_ticket_at_once") == _TICKED,
        companions=form.whole("companions", most=MOST_COMPANIONS) or 0,
        has_one_name=form.value("has_one_name") == _TICKED,
        recording_url=form.text("recording_url", limit=2000, is_required=False),
        publishes_numbers=form.value("publishes_numbers") == _TICKED,
    )
    starts, ends = form.moment("starts"), form.moment("ends")
    zone = form.choice("timezone", {*list_zones(), text("zone_now")})
    plan_times(form, starts, ends, zone)
    return Wanted(
        text("version"),
        change,
        starts,
        ends,
        zone,
        form.whole("capacity"),
        form.value("mails_tickets") == _TICKED,
        form.value("waits_when_full") == _TICKED,
    )
