"""Every part of the console in every state, on one page: what the tests of looks and access see.

What stands in the parts is made up here; nothing of it is kept anywhere.
"""

from typing import Any

from falcon.asgi import Request, Response

from turnout.web.console.charts import Bar, Flag, Part, draw_area, draw_bars, draw_stacked
from turnout.web.console.forms import Form, fill
from turnout.web.console.page import ConsolePage, Visit
from turnout.web.console.words import say

WEEKS = (4, 9, 14, 11, 6, 5, 21, 34, 18, 9, 8, 26, 41, 24, 13, 12, 17)
VIEWERS = (0, 18, 31, 44, 58, 57, 52, 48, 44, 41, 36, 31, 22, 9, 2)


class GalleryPage(ConsolePage):
    """`/console/_gallery`, in a demo."""

    async def on_get(self, req: Request, resp: Response) -> None:
        """The parts. Raises Unauthenticated."""
        await self.console.read(req, "events.see", _nothing)
        self.console.show(req, resp, "console/gallery.html", **samples())


def _nothing(_visit: Visit) -> None:
    """The page shows nothing that is kept."""


def samples() -> dict[str, Any]:
    """What stands in the parts."""
    return {"form": _faulty_form(), "weeks": _weeks(), "viewers": _viewers(), "parts": _parts()}


def _faulty_form() -> Form:
    form = fill(
        {
            "name": "Open Rail Summit",
            "email": "kavya@tramline",
            "price": "a lot",
            "place": "2",
            "begins": "2027-05-12T09:00",
            "ticket": "1",
            "tell": "1",
            "text": "Bring your ticket.",
        }
    )
    form.fault("email", "console.fault.email")
    form.fault("price", "console.fault.amount")
    return form


def _weeks() -> Any:
    bars = [
        Bar(f"W {number}", count, f"Week {number}", number == len(WEEKS), count // 4)
        for number, count in enumerate(WEEKS, 1)
    ]
    headings = (say("console.gallery.week"), say("console.gallery.new"), say("console.gallery.two"))
    flags = [Flag(6, say("console.gallery.flag")), Flag(12, say("console.gallery.flag"))]
    return draw_bars(bars, say("console.gallery.weeks"), headings, flags)


def _viewers() -> Any:
    points = [(f"16:{4 * number:02}", count) for number, count in enumerate(VIEWERS)]
    headings = (say("console.gallery.time"), say("console.gallery.at_once"))
    flags = [Flag(4, say("console.gallery.peak"))]
    return draw_area(points, say("console.gallery.viewers"), headings, flags)


def _parts() -> Any:
    parts = [
        Part(say("console.gallery.door"), 187),
        Part(say("console.gallery.online"), 54, is_second=True),
        Part(say("console.gallery.neither"), 31),
    ]
    headings = (
        say("console.gallery.how"),
        say("console.gallery.new"),
        say("console.gallery.share"),
    )
    return draw_stacked(parts, say("console.gallery.turnout"), headings)
