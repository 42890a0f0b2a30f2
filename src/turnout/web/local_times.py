"""Instants as pages show them: by the event's own clock."""

import datetime

from turnout.core.events.showing import EventView
from turnout.core.times import local


def times(shown: EventView) -> dict[str, datetime.datetime]:
    """`starts` and `ends` of an event, for a template."""
    event = shown.event
    return {
        "starts": local(event.starts_at, event.timezone),
        "ends": local(event.ends_at, event.timezone),
    }
