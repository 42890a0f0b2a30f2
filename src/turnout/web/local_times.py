"""Instants as pages show them: by the event's own clock; and the language of the page."""

from typing import Any

from markupsafe import Markup

from turnout.core.events.showing import EventView
from turnout.core.mails.languages import primary
from turnout.core.times import local
from turnout.web.languages import settle_language


def times(shown: EventView, own: str = "") -> dict[str, Any]:
    """`starts` and `ends` of an event, for a template, whose page is from here on in its language;
    with `is_date_open` that is when it was planned for, as dates.html says to people;
    `own` is the language in which the person registered whose page it is. `own_lang` is the
    attribute of what the event says in another language than the page."""
    event = shown.event
    own_lang = speak(shown.locale, own=own)
    return {
        "starts": local(event.starts_at, event.timezone),
        "ends": local(event.ends_at, event.timezone),
        "own_lang": own_lang,
        "is_date_open": shown.is_date_open,
    }


def speak(*tags: str, own: str = "") -> Markup:
    """Settle the language of a page that shows something in the first of these languages; the
    attribute of what is in that, if it is another than the page's."""
    spoken = settle_language(*tags, own=own)
    said = primary(next(filter(None, tags), ""))
    return Markup(' lang="{}"').format(said) if said not in ("", spoken) else Markup("")
