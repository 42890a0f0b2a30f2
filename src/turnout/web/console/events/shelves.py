"""`/console/events`: the organization's events, what comes first, was, is a draft, is cancelled."""

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple
from urllib.parse import urlencode

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
from turnout.core.text import search_key
from turnout.formats.spreadsheets import to_csv
from turnout.http.routing import without_head
from turnout.web.console.events.going import read_done
from turnout.web.console.page import ConsolePage, Visit
from turnout.web.documents import NO_STORE

PAGE = 50
MOST = 500
LONGEST = 100
COLUMNS = (
    "Number",
    "Event",
    "Begins",
    "Ends",
    "Time zone",
    "Place",
    "City",
    "State",
    "Registered",
    "Places",
    "Waiting",
    "Sessions",
)


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
        shelf, text, behind = parse_shelf(req), parse_text(req), parse_behind(req)
        listed = await self.console.read(req, "events.see", see_shelf, shelf, text, behind)
        self.console.show(
            req,
            resp,
            "console/events/shelves.html",
            listed=listed,
            shelf=shelf,
            shelves=Shelf,
            text=text,
            query=f"&{urlencode({'q': text})}" if text else "",
            is_first=behind is None,
            done=read_done(req, "console.events.done."),
        )


class EventsCsv(ConsolePage):
    """`/console/events.csv`: all events of a shelf."""

    @without_head
    async def on_get(self, req: Request, resp: Response) -> None:
        """The file; it names no person. Raises Unauthenticated."""
        shelf = parse_shelf(req)
        rows = await self.console.read(req, "events.see", list_rows, shelf, parse_text(req))
        resp.content_type = "text/csv; charset=utf-8"
        resp.set_header("Content-Disposition", f'attachment; filename="events-{shelf}.csv"')
        resp.set_header("Cache-Control", NO_STORE)
        resp.data = to_csv([COLUMNS, *rows])


def parse_text(req: Request) -> str:
    """What is sought."""
    return req.get_param("q", default="").strip()[:LONGEST]


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


def see_shelf(visit: Visit, shelf: Shelf, text: str, behind: Behind | None) -> Listed:
    """A page of the events that the user may see, and in whose names and places the text is."""
    if visit.user.access.is_limited or visit.user.access.closed:
        return _see_own(visit, shelf, text)
    found = list(islice(_find(visit, shelf, text, behind), PAGE + 1))
    rows = found[:PAGE]
    last = rows[-1] if len(found) > PAGE else None
    where = f"{_place(shelf, last)}-{last.event.id}" if last else ""
    return Listed(rows, count_shelves(visit.tx, visit.org_id), where, visit.tx.now)


def list_rows(visit: Visit, shelf: Shelf, text: str) -> list[list[str]]:
    """The same events, all of them, as rows of a file."""
    found = (row for row in _find(visit, shelf, text, None) if visit.user.sees(row.event.id))
    return [_row(row) for row in found]


def _find(visit: Visit, shelf: Shelf, text: str, behind: Behind | None) -> Iterator[ListedEvent]:
    """The events of a shelf that have the text, from the one `behind`, read as they are taken."""
    words, limit = search_key(text).split(), MOST if text else PAGE + 1
    while True:
        found = list_shelf(visit.tx, visit.org_id, shelf, behind=behind, limit=limit)
        yield from (row for row in found if _has(row, words))
        if len(found) < limit:
            return
        behind, limit = Behind(_place(shelf, found[-1]), found[-1].event.id), MOST


def _has(row: ListedEvent, words: list[str]) -> bool:
    said = search_key(f"{row.event.title}\n{row.venue or ''}\n{row.city or ''}\n{row.event.id}")
    return all(word in said for word in words)


def _row(row: ListedEvent) -> list[str]:
    event = row.event
    return [
        str(event.id),
        event.title,
        "" if row.is_date_open else event.starts_local,
        "" if row.is_date_open else event.ends_local,
        event.timezone,
        row.venue or "",
        row.city or "",
        "postponed" if row.is_date_open else event.state.value,
        str(row.registered),
        "" if event.capacity is None else str(event.capacity),
        str(row.waiting),
        str(row.sessions),
    ]


def _place(shelf: Shelf, last: ListedEvent) -> int:
    return last.comes_at if shelf in RISING else last.event.starts_at


def _see_own(visit: Visit, shelf: Shelf, text: str) -> Listed:
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
    words = search_key(text).split()
    return Listed([row for row in own[shelf] if _has(row, words)], counts, "", visit.tx.now)
