"""What tickets and calendars say of an event: its entry. Drawing is drawing.py's."""

from typing import NamedTuple
from urllib.parse import urlsplit

from turnout.catalogue.translations import ENGLISH
from turnout.core.events.model import EventState
from turnout.core.events.showing import EventView
from turnout.core.mails.facts import say_where
from turnout.formats.calendar import Entry
from turnout.formats.markdown import to_plain


class TicketFacts(NamedTuple):
    """What is printed. `signed` goes into the QR code; `holder` empty = not
    named; `language` is the catalogue's name of that of its labels."""

    shown: EventView
    organizer: str
    type_name: str
    code: str
    signed: str
    holder: str = ""
    language: str = ENGLISH


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
    is_off = event.state is EventState.CANCELLED or shown.details.is_date_open
    is_cancelled = is_given_back or is_off
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
            shown.contact.name or organizer,
            shown.contact.email or f"noreply@{urlsplit(url).hostname or 'localhost'}",
        ),
        changed_at=changed_at,
        sequence=max(0, changed_at - shown.created_at) // 1000,
        place=say_where(shown) or online,
        description="\n\n".join(filter(None, (online, to_plain(shown.details.description)))),
        url=url,
        is_cancelled=is_cancelled,
        is_tentative=event.state is EventState.DRAFT,
    )
