"""What tickets and calendars say of an event: when, where, its entry. Drawing is drawing.py's."""

import datetime
from typing import NamedTuple
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from turnout.core.events.model import EventState
from turnout.core.events.showing import EventView
from turnout.formats.calendar import Entry


class TicketFacts(NamedTuple):
    """What is printed. `signed` goes into the QR code; `holder` empty = not named."""

    shown: EventView
    organizer: str
    type_name: str
    code: str
    signed: str
    holder: str = ""


def say_when(shown: EventView) -> str:
    """The event's times by its own clock: `Monday, 1 March 2027, 09:00 to 17:00 (UTC)`."""
    event = shown.event
    zone = ZoneInfo(event.timezone)
    starts, ends = (
        datetime.datetime.fromtimestamp(at // 1000, zone) for at in (event.starts_at, event.ends_at)
    )
    day = f"{starts:%A}, {starts.day} {starts:%B %Y, %H:%M}"
    if starts.date() == ends.date():
        return f"{day} to {ends:%H:%M} ({event.timezone})"
    return f"{day} to {ends:%A}, {ends.day} {ends:%B %Y, %H:%M} ({event.timezone})"


def say_where(shown: EventView) -> str:
    """Venue, address and city on one line; empty without a venue."""
    place = shown.place
    return ", ".join(filter(None, (place.venue, place.address, place.city)))


def event_entry(
    shown: EventView,
    organizer: str,
    at: int,
    url: str,
    *,
    is_given_back: bool = False,
    is_holders: bool = False,
) -> Entry:
    """The event as an entry of calendars, in a file that is made `at` (epoch ms). `url` is an
    address of this server, where the event or the ticket is shown; `is_given_back`: the holder of
    the ticket does not come any more; `is_holders`: the file is for people who are registered, so
    it says where they take part online. Every change of the event makes the sequence higher."""
    event = shown.event
    is_cancelled = is_given_back or event.state is EventState.CANCELLED
    online = shown.details.online_url if is_holders and not is_cancelled else ""
    changed_at = max(shown.updated_at, shown.created_at)
    return Entry(
        uid=f"{event.uuid}@turnout",
        title=event.title,
        timezone=event.timezone,
        starts_at=event.starts_at,
        ends_at=event.ends_at,
        made_at=at,
        organizer=(
            shown.details.contact_name or organizer,
            shown.details.contact_email or f"noreply@{urlsplit(url).hostname or 'localhost'}",
        ),
        changed_at=changed_at,
        sequence=max(0, changed_at - shown.created_at) // 1000,
        place=say_where(shown) or online,
        description="\n\n".join(filter(None, (online, shown.details.description))),
        url=url,
        is_cancelled=is_cancelled,
        is_tentative=event.state is EventState.DRAFT,
    )
