"""Tickets that are kept on a phone: the page that shows them without a network, and the worker that
answers with it. Neither knows anybody: what is kept, scripts put there (static/my.js)."""

from typing import Any

from falcon.asgi import Request, Response

from turnout.core.events.showing import EventView
from turnout.core.mails.facts import say_when, say_where
from turnout.formats.local_dates import DAY
from turnout.http.dialect import Resource
from turnout.web.assets import asset_path, get_asset
from turnout.web.documents import REVALIDATE, Document
from turnout.web.languages import settle_language
from turnout.web.templates import render

WORKER = "my-worker.js"
# What the page without a network is made of.
SHELL = ("turnout.css", "my.js")
DAY_MS = DAY * 1000


class KeptResource(Resource):
    """`/my/kept`."""

    async def on_get(self, _req: Request, resp: Response) -> None:
        """Show what is kept on this phone; the same for everybody in a language."""
        settle_language()
        resp.content_type = "text/html; charset=utf-8"
        resp.set_header("Cache-Control", REVALIDATE)
        resp.text = render("my/kept.html")


def event_on_phones(shown: EventView, spoken: str) -> dict[str, Any]:
    """What a phone keeps of a ticket's event, in that language; `until` (epoch ms) is when it
    forgets the ticket, a day after the event: None while nobody knows when that is."""
    return {
        "title": shown.event.title,
        "when": say_when(shown, spoken),
        "where": say_where(shown),
        "zone": shown.event.timezone,
        "until": None if shown.is_date_open else shown.event.ends_at + DAY_MS,
    }


def make_worker() -> Document:
    """The service worker of `/my/`, which is where its address begins: it rules nothing else."""
    own = get_asset(WORKER, REVALIDATE)
    shell = "".join(f"{asset_path(name)}\n" for name in SHELL)
    names = ", ".join(f'"{path}"' for path in ("/my/kept", *shell.split()))
    return Document(f"const SHELL = [{names}];\n".encode() + own.body, own.content_type, REVALIDATE)
