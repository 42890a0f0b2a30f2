"""What mails say of an event, in the words of a language."""

from turnout.catalogue.translations import label
from turnout.core.events.showing import EventView, has_page
from turnout.core.identity.model import Organization
from turnout.core.identity.short_names import page_path
from turnout.core.ids import OrgId
from turnout.core.mails.composing import Filling
from turnout.core.messaging.layout import MailBrand
from turnout.core.messaging.letterheads import find_brand
from turnout.core.times import local
from turnout.formats.local_dates import say_span
from turnout.store import Tx


def say_when(shown: EventView, language: str = "en") -> str:
    """The event's times by its own clock: `Monday, 1 March 2027, 09:00 to 17:00 (UTC)`; or that its
    date is not known yet."""
    if shown.details.is_date_open:
        return label(language, "date.not_known")
    event = shown.event
    starts, ends = (local(at, event.timezone) for at in (event.starts_at, event.ends_at))
    return say_span(starts, ends, event.timezone, language)


def say_where(shown: EventView) -> str:
    """Venue, address and city on one line; empty without a venue."""
    place = shown.place
    return ", ".join(filter(None, (place.venue, place.address, place.city)))


def event_filling(
    shown: EventView, organization: Organization, base_url: str, language: str, **facts: str
) -> Filling:
    """The fields of an event, and `facts` beside them; `base_url` empty = links of this server are
    left out. Greets nobody by name."""
    details = shown.details
    page = f"{base_url}{page_path(organization.slug)}/{shown.event.id}"
    is_online = bool(details.online_url)
    return Filling(
        facts={
            "greeting": label(language, "mail.greeting"),
            "event": shown.event.title,
            "event_date": say_when(shown, language),
            "event_place": say_where(shown),
            "directions": shown.place.directions,
            "organizer": organization.name,
            "contact": ", ".join(filter(None, shown.contact)),
            **facts,
        },
        links={
            "event_link": page if base_url and has_page(shown) else "",
            "event_online": details.online_url if is_online else "",
        },
    )


def brand_of(tx: Tx, org_id: OrgId, shown: EventView, language: str) -> MailBrand:
    """Whose mails about the event are; no logo where this server's address is not known."""
    brand = find_brand(tx, org_id, language)
    return brand._replace(colour=shown.details.colour or brand.colour)


def greet(name: str, language: str) -> str:
    """How a mail begins; `name` empty = not known."""
    if not name:
        return label(language, "mail.greeting")
    return label(language, "mail.greeting_name", name=name)


def greet_contact(guest: str, language: str) -> str:
    """How a mail begins that the contact of a party gets for a guest of that name."""
    if not guest:
        return label(language, "mail.greeting")
    return label(language, "mail.greeting_guest", name=guest)
