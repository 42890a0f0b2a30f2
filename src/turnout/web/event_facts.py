"""Facts of an event as its pages need them: the sign, a map, and links that put it into a
calendar elsewhere."""

import datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from markupsafe import Markup

from turnout.core.events.model import Event
from turnout.core.events.showing import EventView, Place
from turnout.core.identity.short_names import picture_path
from turnout.core.ids import OrgId
from turnout.core.mails.facts import say_where
from turnout.formats.local_dates import say_sign
from turnout.formats.markdown import to_plain
from turnout.formats.tracks import draw_tracks
from turnout.web.languages import language

LONGEST_TEXT = 500


class Sign(NamedTuple):
    """What stands on an event's date plate."""

    month: str
    days: str
    year: str


class CalendarLink(NamedTuple):
    """A calendar on the net, and where it takes the event."""

    name: str
    address: str


def sign_of(starts: datetime.datetime, ends: datetime.datetime) -> Sign:
    """The plate: `May`, `12-13`, `2027`; both months where it ends in another."""
    # What ends at midnight is over on the day before.
    last = max(starts.date(), (ends - datetime.timedelta(minutes=1)).date())
    first, final = say_sign(starts.date(), language.get()), say_sign(last, language.get())
    days = f"{starts.day}\N{EN DASH}{last.day}" if last != starts.date() else str(starts.day)
    month = first if first == final else f"{first}\N{EN DASH}{final}"
    return Sign(month, days, str(starts.year))


def cover_of(org_id: OrgId, shown: EventView) -> dict[str, Any]:
    """The picture above the event's page, or where it has none what is drawn instead."""
    return {
        "cover": picture_path(org_id, shown.cover, 1600) if shown.cover else "",
        "tracks": Markup(draw_tracks(shown.event.id)),  # noqa: S704 (numbers alone)
    }


def map_link(place: Place) -> str:
    """Where a map of the place is: its position where that is known, else a search for its
    address; empty without either."""
    if place.latitude or place.longitude:
        at = f"{place.latitude:.5f}/{place.longitude:.5f}"
        query = urlencode({"mlat": f"{place.latitude:.5f}", "mlon": f"{place.longitude:.5f}"})
        return f"https://www.openstreetmap.org/?{query}#map=17/{at}"
    where = ", ".join(filter(None, (place.address, place.city, place.country_code)))
    if not (place.address or place.city):
        return ""
    return f"https://www.openstreetmap.org/search?{urlencode({'query': where})}"


def calendar_links(shown: EventView, address: str) -> list[CalendarLink]:
    """The calendars of the net that take an event by its address; `address` is its page's."""
    event = shown.event
    text = to_plain(shown.details.description)[:LONGEST_TEXT]
    said = "\n\n".join(filter(None, (text, address)))
    google = {
        "action": "TEMPLATE",
        "text": event.title,
        "dates": f"{_compact(event.starts_at)}/{_compact(event.ends_at)}",
        "details": said,
        "location": say_where(shown),
        "ctz": event.timezone,
    }
    outlook = {
        "path": "/calendar/action/compose",
        "rru": "addevent",
        "subject": event.title,
        "startdt": _instant(event.starts_at).isoformat(),
        "enddt": _instant(event.ends_at).isoformat(),
        "body": said,
        "location": say_where(shown),
    }
    compose = f"/calendar/0/deeplink/compose?{urlencode(outlook)}"
    return [
        CalendarLink("Google", f"https://calendar.google.com/calendar/render?{urlencode(google)}"),
        CalendarLink("Outlook.com", f"https://outlook.live.com{compose}"),
        CalendarLink("Microsoft 365", f"https://outlook.office.com{compose}"),
    ]


def is_at(event: Event, now: int) -> bool:
    """Whether it goes on at that moment (epoch ms)."""
    return event.starts_at <= now < event.ends_at


def _compact(at: int) -> str:
    return f"{_instant(at):%Y%m%dT%H%M%SZ}"


def _instant(at: int) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(at // 1000, ZoneInfo("UTC"))
