"""An event's speakers and sessions, as its page shows them."""

import datetime
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from markupsafe import Markup

from turnout.core.events.model import Event
from turnout.core.events.programmes import Item, Programme
from turnout.core.identity.short_names import picture_path
from turnout.core.ids import OrgId
from turnout.core.times import local
from turnout.formats.markdown import to_html
from turnout.web.public_frame import crest_of

MOST_TRACKS = 8
"""So many the style sheet can show alone (static/public.css)."""


def show_speakers(org_id: OrgId, programme: Programme) -> list[dict[str, Any]]:
    """Who speaks; `description` is HTML, `photo` a path."""
    return [
        {
            "name": speaker.name,
            "initials": crest_of(speaker.name),
            "headline": speaker.headline,
            "photo": picture_path(org_id, speaker.picture, 800) if speaker.picture else "",
            "description": Markup(to_html(speaker.description)),  # noqa: S704 (cleaned)
        }
        for speaker in programme.speakers
    ]


def show_days(
    programme: Programme, event: Event, given: Mapping[str, str]
) -> list[tuple[datetime.date, list[dict[str, Any]]]]:
    """The sessions by day, where they say more than the event itself; `description` is HTML.
    `given` is what a form has chosen."""
    shown = _show_items(programme, event, given)
    return [
        (day, list(items)) for day, items in groupby(shown, key=lambda item: item["starts"].date())
    ]


def list_tracks(
    days: Sequence[tuple[datetime.date, list[dict[str, Any]]]],
) -> list[str]:
    """The tracks of a programme, in the order in which they come; none where there is one alone.
    The first MOST_TRACKS can be chosen."""
    tracks = dict.fromkeys(item["track"] for _, items in days for item in items if item["track"])
    return list(tracks)[:MOST_TRACKS] if len(tracks) > 1 else []


def _is_parallel(item: Item, items: Sequence[Item]) -> bool:
    """Whether another session goes on at the same time."""
    return any(
        other.id != item.id
        and not other.is_cancelled
        and other.starts_at < item.ends_at
        and item.starts_at < other.ends_at
        for other in items
    )


def _show_items(
    programme: Programme, event: Event, given: Mapping[str, str]
) -> list[dict[str, Any]]:
    items = programme.items
    if len(items) < 2 and not any(_says_more(item, event) for item in items):
        return []
    return [
        {
            "id": item.id,
            "title": item.title,
            "name": f"session-{item.id}",
            "starts": local(item.starts_at, event.timezone),
            "ends": local(item.ends_at, event.timezone),
            "room": item.room,
            "track": item.track,
            "is_chosen": item.is_chosen,
            "is_ticked": bool(given.get(f"session-{item.id}")),
            "left": item.left,
            "speakers": ", ".join(item.speakers),
            "is_cancelled": item.is_cancelled,
            "is_parallel": _is_parallel(item, items),
            "description": Markup(to_html(item.description)),  # noqa: S704 (cleaned)
        }
        for item in sorted(items, key=lambda item: (item.starts_at, item.track))
    ]


def _says_more(item: Item, event: Event) -> bool:
    """Whether a session is another thing than the whole event."""
    is_own = (item.title, item.starts_at, item.ends_at) != (
        *(event.title, event.starts_at, event.ends_at),
    )
    return bool(is_own or item.description or item.room or item.speakers)
