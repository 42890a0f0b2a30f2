"""What a refusal for want of places says: how many are left, wanted, and held for offers."""

from collections.abc import Iterator
from contextlib import contextmanager

from turnout.core.ids import EventId, OrgId, TicketTypeId
from turnout.core.registrations.places import count_left
from turnout.errors import Conflict
from turnout.store import Database

FULL = ("event.full", "tickets.sold_out")


@contextmanager
def counted_places(
    db: Database, org_id: OrgId, event_id: EventId, type_id: TicketTypeId | None, wanted: int
) -> Iterator[None]:
    """Say how many places are left when what is done inside finds too few. Raises Conflict."""
    try:
        yield
    except Conflict as refusal:
        if refusal.code not in FULL:
            raise
        left, offered = db.call(count_left, org_id, event_id, type_id)
        if offered:
            raise Conflict("places.offered", left=left, wanted=wanted, offered=offered) from refusal
        raise Conflict("places.few", left=left, wanted=wanted) from refusal
