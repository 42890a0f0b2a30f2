"""The ticket that an event's page shows right after registering, where it may: the code alone, as
its own page has it, and never the personal link."""

from typing import NamedTuple

from markupsafe import Markup

from turnout.core.checkin.attendees import read_ticket
from turnout.core.events.showing import EventView
from turnout.core.ids import OrgId
from turnout.core.registrations.forms import find_ticket_at_once
from turnout.core.tickets.signing import ensure_ticket_key
from turnout.errors import Missing
from turnout.formats.qr import qr_svg
from turnout.store import Database, Tx


class AtOnce(NamedTuple):
    """The code of a ticket that may be shown."""

    code: str


def find_at_once(
    tx: Tx, org_id: OrgId, shown: EventView, email: str, *, is_proved: bool
) -> AtOnce | None:
    """What may be shown to who has just registered with that address (registrations/forms.py)."""
    code = find_ticket_at_once(tx, org_id, shown, email, is_proved=is_proved)
    if not code:
        return None
    ensure_ticket_key(tx, org_id)
    return AtOnce(code)


async def show_at_once(db: Database, org_id: OrgId, shown: EventView, code: str) -> dict[str, str]:
    """What the page says of the event's ticket with that code: nothing for an unknown one."""
    if not code:
        return {}
    try:
        event, ticket = await db.read(read_ticket, org_id, code)
    except Missing:
        return {}
    if event.event.id != shown.event.id or ticket.is_cancelled or not ticket.signed:
        return {}
    qr = Markup(qr_svg(ticket.signed))  # noqa: S704 (drawn here)
    return {"ticket_code": ticket.code, "ticket_at": f"{org_id}-{ticket.code}", "ticket_qr": qr}
