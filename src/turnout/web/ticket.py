"""A ticket's page, to be shown at the door.

Its address has the ticket's code, which nobody guesses; it names the event, and no person.
"""

import datetime
from zoneinfo import ZoneInfo

from falcon.asgi import Request, Response

from turnout.core.journeys.attendees import read_ticket
from turnout.errors import Missing
from turnout.http.dialect import Resource
from turnout.store import Database
from turnout.web.documents import NO_STORE
from turnout.web.templates import render


class TicketResource(Resource):
    """`/ticket/{org_id}-{code}`."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def on_get(self, _req: Request, resp: Response, address: str) -> None:
        """Show the ticket. Raises Missing."""
        number, _, code = address.partition("-")
        if not (number.isascii() and number.isdigit() and len(number) < 16 and code.isalnum()):
            raise Missing("ticket.missing", "There is no such ticket.")
        shown, ticket = await self._db.read(read_ticket, int(number), code)
        event = shown.event
        zone = ZoneInfo(event.timezone)

        def local(at: int) -> datetime.datetime:
            return datetime.datetime.fromtimestamp(at // 1000, zone)

        resp.content_type = "text/html; charset=utf-8"
        resp.set_header("Cache-Control", NO_STORE)
        resp.text = render(
            "ticket.html",
            event=event,
            place=shown.place,
            starts=local(event.starts_at),
            ticket=ticket,
            checked=local(ticket.checked_in_at) if ticket.checked_in_at else None,
        )

    on_head = on_get
