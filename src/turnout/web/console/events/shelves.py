"""`/console/events`: the organization's events, what comes first, was, is a draft, is cancelled."""

from typing import NamedTuple

from falcon.asgi import Request, Response

from turnout.core.events.listing import (
    RISING,
    Behind,
    ListedEvent,
    Shelf,
    count_shelves,
    list_shelf,
)
from turnout.core.ids import EventId
from turnout.web.console.events.going import read_done
from turnout.web.console.page import ConsolePage, Visit

PAGE = 50
MOST = 500


class Listed(NamedTuple):
    """A page of a shelf; `behind` is where the next page begins, empty = this is the last."""

    rows: list[ListedEvent]
    counts: dict[Shelf, int]
    behind: str
    now: int


class EventsPage(ConsolePage):
    """`/console/events`."""

    async def on_get(self, req: Request, resp: Response) -> None:
        """The events. Raises Unauthenticated."""
        shelf, behind = parse_shelf(req), parse_behind(req)
        listed = await self.console.read(req, "events.see", see_shelf, shelf, behind)
        self.console.show(
            req,
            resp,
            "console/events/shelves.html",
            listed=listed,
            shelf=shelf,
            shelves=Shelf,
            is_first=behind is None,
            done=read_done(req, "console.events.done."),
        )


def parse_shelf(req: Request) -> Shelf:
    """Which shelf the address asks for."""
    wanted = req.get_param("shelf", default="")
    return Shelf(wanted) if wanted in set(Shelf) else Shelf.COMING


def parse_behind(req: Request) -> Behind | None:
    """Behind which event the page begins: `?behind=START-NUMBER`."""
    at, _, number = req.get_param("behind", default="").partition("-")
    if not (at.isascii() and at.isdigit() and number.isascii() and number.isdigit()):
        return None
    return Behind(int(at[:15]), EventId(int(number[:15])))


def see_shelf(visit: Visit, shelf: Shelf, behind: Behind | None) -> Listed:
    """A page of the events that the user may see."""
    if visit.user.access.is_limited or visit.user.access.closed:
        return _see_own(visit, shelf)
    found = list_shelf(visit.tx, visit.org_id, shelf, behind=behind, limit=PAGE + 1)
    rows = found[:PAGE]
    last = rows[-1] if len(found) > PAGE else None
    where = f"{_place(shelf, last)}-{last.event.id}" if last else ""
    return Listed(rows, count_shelves(visit.tx, visit.org_id), where, visit.tx.now)


def _place(shelf: Shelf, last: ListedEvent) -> int:
    return last.comes_at if shelf in RISING else last.event.starts_at


def _see_own(visit: Visit, shelf: Shelf) -> Listed:
    """As far as a user sees them: those that they are limited to, none that is closed to them."""
    own = {
        kind: [
            row
            for row in list_shelf(visit.tx, visit.org_id, kind, limit=MOST)
            if visit.user.sees(row.event.id)
        ]
        for kind in Shelf
    }
    counts = {kind: len(rows) for kind, rows in own.items()}
    return Listed(own[shelf], counts, "", visit.tx.now)
