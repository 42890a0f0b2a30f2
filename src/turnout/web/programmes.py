"""An event's speakers and sessions, as its page shows them."""

from typing import Any

from markupsafe import Markup

from turnout.core.events.model import Event
from turnout.core.events.programmes import Item, Programme
from turnout.core.identity.short_names import picture_path
from turnout.core.ids import OrgId
from turnout.core.times import local
from turnout.formats.markdown import to_html


def show_speakers(org_id: OrgId, programme: Programme) -> list[dict[str, Any]]:
    """Who speaks; `description` is HTML, `photo` a path."""
    return [
        {
            "name": speaker.name,
            "headline": speaker.headline,
            "photo": picture_path(org_id, speaker.picture, 800) if speaker.picture else "",
            "description": Markup(to_html(speaker.description)),  # noqa: S704 (cleaned)
        }
        for speaker in programme.speakers
    ]


def show_schedule(programme: Programme, event: Event) -> list[dict[str, Any]]:
    """The sessions, where they say more than the event itself; `description` is HTML."""
    items = programme.items
    if len(items) < 2 and not any(_says_more(item, event) for item in items):
        return []
    return [
        {
            "title": item.title,
            "starts": local(item.starts_at, event.timezone),
            "where": ", ".join(filter(None, (item.room, item.track))),
            "speakers": ", ".join(item.speakers),
            "is_cancelled": item.is_cancelled,
            "description": Markup(to_html(item.description)),  # noqa: S704 (cleaned)
        }
        for item in items
    ]


def _says_more(item: Item, event: Event) -> bool:
    """Whether a session is another thing than the whole event."""
    is_own = (item.title, item.starts_at, item.ends_at) != (
        *(event.title, event.starts_at, event.ends_at),
    )
    return bool(is_own or item.description or item.room or item.speakers)
