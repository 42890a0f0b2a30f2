"""Instants as pages show them: by the event's own clock; and the language of the page."""

from typing import Any

from markupsafe import Markup

from turnout.core.events.showing import EventView
from turnout.core.mails.languages import primary
from turnout.core.times import local
from turnout.web.languages import settle_language


def times(shown: EventView, *tags: str) -> dict[str, Any]:
    """`starts` and `ends` of an event, for a template, whose page is from here on in the visitor's
    language, else the event's, else the first of `tags`. `own_lang` is the attribute of what the
    event says in another language than the page."""
    event = shown.event
    spoken = settle_language(shown.details.locale, *tags)
    own = primary(shown.details.locale or next(filter(None, tags), ""))
    attribute = Markup(' lang="{}"').format(own) if own not in ("", spoken) else Markup("")
    return {
        "starts": local(event.starts_at, event.timezone),
        "ends": local(event.ends_at, event.timezone),
        "own_lang": attribute,
    }
