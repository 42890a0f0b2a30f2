"""A ticket's page, to be shown at the door, and its files.

Its address has the ticket's code, which nobody guesses, but which scanners and badges show to many.
So it names the event and no person, and nothing on it acts or leads to what does: to watch, people
prove their address (web/watch.py).
"""

import asyncio
from collections.abc import Callable
from typing import NamedTuple

import msgspec
from falcon.asgi import Request, Response

from turnout.core.audience.media import Show, list_shows
from turnout.core.checkin.attendees import ShownTicket, read_ticket
from turnout.core.events.model import EventState
from turnout.core.events.showing import EventView
from turnout.core.ids import OrgId
from turnout.core.tickets.documents import TicketFacts, event_entry
from turnout.core.tickets.drawing import ticket_pdf
from turnout.core.tickets.signing import ensure_ticket_key, normalize
from turnout.core.times import local
from turnout.errors import Missing
from turnout.formats.calendar import calendar_file
from turnout.formats.qr import qr_png, qr_svg, qr_svg_file
from turnout.http.dialect import Resource
from turnout.store import Database, Tx
from turnout.web.documents import NO_STORE
from turnout.web.hosts import Host, find_host
from turnout.web.languages import language, settle_language
from turnout.web.local_times import times
from turnout.web.my.kept import event_on_phones
from turnout.web.payments import Due, find_due, say_due
from turnout.web.public_frame import frame_of
from turnout.web.templates import render


class _Found(NamedTuple):
    shown: EventView
    ticket: ShownTicket
    host: Host
    watch: list[Show]
    due: Due | None


class TicketResource(Resource):
    """`/ticket/{org_id}-{code}`."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def on_get(self, _req: Request, resp: Response, address: str) -> None:
        """Show the ticket. Raises Missing."""
        found = await _read(self._db, address)
        event, ticket = found.shown.event, found.ticket
        resp.content_type = "text/html; charset=utf-8"
        resp.set_header("Cache-Control", NO_STORE)
        resp.text = render(
            "ticket.html",
            **frame_of(found.host.organization, found.host.profile, found.shown.details.colour),
            event=event,
            place=found.shown.place,
            **times(found.shown, found.ticket.language),
            host=found.host,
            contact=found.shown.contact,
            ticket=ticket,
            payment=say_due(found.due),
            watch=found.watch,
            online=found.shown.details.online_url,
            is_over=found.shown.is_over(self._db.clock()),
            address=address,
            qr="" if ticket.is_cancelled else qr_svg(ticket.signed),
            checked=local(ticket.checked_in_at, event.timezone) if ticket.checked_in_at else None,
        )


CALENDAR, KEPT = "event.ics", "kept.json"


class TicketFileResource(Resource):
    """`/ticket/{org_id}-{code}/{name}`: the ticket to print, its QR code, the event for
    calendars, and for phones that keep the ticket."""

    def __init__(self, db: Database, base_url: str) -> None:
        self._db = db
        self._base_url = base_url

    async def on_get(self, _req: Request, resp: Response, address: str, name: str) -> None:
        """Answer the file. Raises Missing, for a cancelled ticket too, of which only the calendar
        entry is left: it takes itself out. Phones keep none of a cancelled event."""
        if name not in _FILES:
            raise Missing("page.no_file")
        found = await _read(self._db, address)
        if found.ticket.is_cancelled and name != CALENDAR:
            raise Missing("ticket.cancelled_page")
        if name == KEPT and found.shown.event.state is EventState.CANCELLED:
            raise Missing("ticket.cancelled_page")
        settle_language(found.shown.locale, own=found.ticket.language)
        content_type, make = _FILES[name]
        url = f"{self._base_url}/ticket/{address}"
        resp.content_type = content_type
        resp.set_header("Cache-Control", NO_STORE)
        resp.data = await asyncio.to_thread(make, found, self._db.clock(), url)


def _pdf(found: _Found, _now: int, _url: str) -> bytes:
    ticket = found.ticket
    said = (found.shown, found.host.name, ticket.type_name, ticket.code, ticket.signed)
    return ticket_pdf(TicketFacts(*said, language=language.get()))


def _calendar(found: _Found, now: int, url: str) -> bytes:
    """The event; of a ticket that was given back, what takes it out of a calendar."""
    is_given_back = found.ticket.is_cancelled
    return calendar_file(
        event_entry(
            *(found.shown, found.host.name, now, url),
            is_given_back=is_given_back,
            is_holders=True,
        )
    )


def _kept(found: _Found, _now: int, _url: str) -> bytes:
    return msgspec.json.encode(event_on_phones(found.shown, language.get()))


_FILES: dict[str, tuple[str, Callable[[_Found, int, str], bytes]]] = {
    "ticket.pdf": ("application/pdf", _pdf),
    "ticket.png": ("image/png", lambda found, _now, _url: qr_png(found.ticket.signed)),
    "ticket.svg": ("image/svg+xml", lambda found, _now, _url: qr_svg_file(found.ticket.signed)),
    KEPT: ("application/json", _kept),
    CALENDAR: ("text/calendar; charset=utf-8", _calendar),
}


async def _read(db: Database, address: str) -> _Found:
    number, _, code = address.partition("-")
    if not (number.isascii() and number.isdigit() and len(number) < 16 and normalize(code)):
        raise Missing("ticket.unknown")
    org_id = OrgId(int(number))
    found = await db.read(_find, org_id, code)
    if not found.ticket.signed:
        # The organization has no key yet that signs.
        await db.write(ensure_ticket_key, org_id)
        found = await db.read(_find, org_id, code)
    return found


def _find(tx: Tx, org_id: OrgId, code: str) -> _Found:
    shown, ticket = read_ticket(tx, org_id, code)
    host = find_host(tx, org_id, shown)
    due = find_due(tx, org_id, shown, ticket.code)
    watch = [] if ticket.is_cancelled else list_shows(tx, org_id, shown.event.id)
    return _Found(shown, ticket, host, watch, due)
