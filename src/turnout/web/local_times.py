"""Instants as pages show them: by the event's own clock."""

import datetime
from zoneinfo import ZoneInfo

from turnout.core.events.showing import EventView


def local(at: int, timezone: str) -> datetime.datetime:
    """An instant (epoch ms) in an IANA zone."""
    return datetime.datetime.fromtimestamp(at // 1000, ZoneInfo(timezone))


def times(shown: EventView) -> dict[str, datetime.datetime]:
    """`starts` and `ends` of an event, for a template."""
    event = shown.event
    return {
        "starts": local(event.starts_at, event.timezone),
        "ends": local(event.ends_at, event.timezone),
    }
