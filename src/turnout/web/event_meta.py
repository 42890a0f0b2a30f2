"""What an event's page says to programs: schema.org's Event as JSON-LD, and the card of links."""

import re
from typing import Any

import msgspec
from falcon.asgi import Request, Response
from markupsafe import Markup

from turnout.core.events.cards import read_card
from turnout.core.events.model import Event, EventDetails, EventState
from turnout.core.events.showing import EventView
from turnout.core.ids import EventId, OrgId
from turnout.core.times import derive, local
from turnout.errors import Missing
from turnout.formats.markdown import to_plain
from turnout.formats.money import DECIMALS
from turnout.http.dialect import Resource
from turnout.store import Database
from turnout.web.documents import DAY
from turnout.web.offers import Offer

_SCHEMA = "https://schema.org"
LONGEST = 500
_NAME = re.compile(r"(\d{1,15})-(\d{1,15})-([0-9a-z]{1,64})\.png")


class CardResource(Resource):
    """`/og/{name}`: the picture of an event, named by its digest: none but the
    present one is sent."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def on_get(self, req: Request, resp: Response, name: str) -> None:
        """Send the picture. Raises Missing."""
        named = _NAME.fullmatch(name)
        if named is None or not name.isascii():
            raise Missing("path.missing", path=req.path)
        try:
            whose = OrgId(int(named[1])), EventId(int(named[2]))
            content = await self._db.read(read_card, *whose, named[3])
        except Missing as error:
            raise Missing("path.missing", path=req.path) from error
        resp.content_type = "image/png"
        resp.set_header("Cache-Control", DAY)
        resp.data = content


def card_path(org_id: OrgId, event_id: EventId, digest: str) -> str:
    """Where the event's picture is; empty = it has none."""
    return f"/og/{org_id}-{event_id}-{digest}.png" if digest else ""


def describe_event(
    shown: EventView,
    organizer: tuple[str, str],
    address: str,
    image: str,
    offers: list[Offer],
    *,
    is_open: bool,
) -> Markup:
    """The event as JSON-LD, for a script element that browsers do not run. `organizer` is its name
    and the address of its page; `is_open`: anybody may register on it, while places are left."""
    event, details = shown.event, shown.details
    said: dict[str, Any] = {
        "@context": _SCHEMA,
        "@type": "Event",
        "name": event.title,
        "startDate": local(event.starts_at, event.timezone).isoformat(),
        "endDate": local(event.ends_at, event.timezone).isoformat(),
        "eventStatus": f"{_SCHEMA}/{_say_state(event, details)}",
        "url": address,
        "organizer": {"@type": "Organization", "name": organizer[0], "url": organizer[1]},
        "offers": [_say_offer(offer, address, is_open=is_open) for offer in offers],
    }
    text = details.summary or to_plain(details.description)[:LONGEST]
    more = {
        "description": text,
        "image": image,
        "inLanguage": shown.locale,
        "eventAttendanceMode": _say_mode(shown),
        "location": _list_places(shown, address),
        "previousStartDate": _say_before(event, details),
    }
    said |= {name: value for name, value in more.items() if value}
    # Nothing in it may end the element.
    safe = msgspec.json.encode(said).decode().replace("<", "\\u003c")
    return Markup(safe)  # noqa: S704 (JSON, without any "<")


def _say_state(event: Event, details: EventDetails) -> str:
    if event.state is EventState.CANCELLED:
        return "EventCancelled"
    if details.is_date_open:
        return "EventPostponed"
    return "EventRescheduled" if details.postponed_from else "EventScheduled"


def _say_before(event: Event, details: EventDetails) -> str:
    """When a postponed event was to start; it is said with the new date alone."""
    if not details.postponed_from or details.is_date_open:
        return ""
    return local(derive(details.postponed_from, event.timezone), event.timezone).isoformat()


def _say_mode(shown: EventView) -> str:
    """Where people attend; empty = the event says neither a venue nor an address online."""
    is_here, is_online = bool(shown.place.venue), bool(shown.details.online_url)
    if not (is_here or is_online):
        return ""
    mode = "Mixed" if is_here and is_online else "Online" if is_online else "Offline"
    return f"{_SCHEMA}/{mode}EventAttendanceMode"


def _list_places(shown: EventView, address: str) -> list[dict[str, Any]]:
    place, found = shown.place, []
    if place.venue:
        where = {
            "streetAddress": place.address,
            "addressLocality": place.city,
            "addressCountry": place.country_code,
        }
        known = {name: value for name, value in where.items() if value}
        found.append(
            {
                "@type": "Place",
                "name": place.venue,
                "address": {"@type": "PostalAddress", **known},
            }
        )
    if shown.details.online_url:
        # The stream's own address is told to those who are registered.
        found.append({"@type": "VirtualLocation", "url": address})
    return found


def _say_offer(offer: Offer, address: str, *, is_open: bool) -> dict[str, str]:
    available = "InStock" if is_open else "OutOfStock"
    places = DECIMALS.get(offer.currency, 2)
    price = f"{offer.price_minor / 10**places:.{places}f}" if offer.price_minor else "0"
    said = {
        "@type": "Offer",
        "name": offer.name,
        "price": price,
        "url": address,
        "availability": f"{_SCHEMA}/{'SoldOut' if offer.is_out else available}",
    }
    return said | ({"priceCurrency": offer.currency} if offer.currency else {})
