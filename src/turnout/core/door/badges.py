"""A badge for somebody who stands at the door: as a PDF for the phone's own printing, and as the
bytes that a label printer takes."""

import io
from typing import NamedTuple

from turnout.core.checkin.printing import FORMATS, Printed, draw_badges
from turnout.core.door.model import Post, Standing
from turnout.core.door.printers import Printer, get_printer
from turnout.core.door.sql import sql
from turnout.core.events.model import Event
from turnout.core.events.programme import get_event
from turnout.core.ids import PrinterId, TicketId
from turnout.core.tickets.signing import ensure_ticket_key, sign_ticket
from turnout.errors import Missing
from turnout.formats.labels import Label, draw_label
from turnout.store import Tx

LAYOUT = FORMATS["label"]


class Badge(NamedTuple):
    """Whose badge it is, and the signed code on it."""

    event: Event
    ticket: Printed
    signed: str

    def draw_pdf(self) -> bytes:
        """A page of 100 by 62 mm."""
        out = io.BytesIO()
        draw_badges(out, self.event, [(self.ticket, self.signed)], LAYOUT)
        return out.getvalue()

    def draw_for(self, printer: Printer) -> bytes:
        """What the printer takes."""
        ticket = self.ticket
        below = (ticket.job_title, ticket.company)
        label = Label(self.event.title, ticket.name, below, ticket.type_name, self.signed)
        return draw_label(label, printer.language)


def read_badge(tx: Tx, standing: Standing, post: Post, ticket_id: TicketId) -> Badge:
    """The badge of a valid ticket. Raises Missing."""
    org_id, event_id = standing.org_id, post.event_id
    row = sql.find_badge(tx, org_id=org_id, event_id=event_id, id=ticket_id)
    if row is None:
        raise Missing("print.empty")
    signed = sign_ticket(ensure_ticket_key(tx, org_id), event_id, row.code, row.ticket_type_id)
    return Badge(get_event(tx, org_id, event_id), Printed(*row, checked_in_at=None), signed)


def read_print(
    tx: Tx, standing: Standing, post: Post, ticket_id: TicketId, printer_id: PrinterId
) -> tuple[Badge, Printer]:
    """A badge, and the printer that is to print it. Raises Missing."""
    printer = get_printer(tx, standing.org_id, post.event_id, printer_id)
    return read_badge(tx, standing, post, ticket_id), printer
