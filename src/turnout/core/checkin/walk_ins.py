"""Walk-ins: people who come to the door unregistered, and are registered and checked in at once."""

from collections.abc import Sequence
from typing import NamedTuple

from turnout.core.checkin.scans import Answer, Scan, check_in
from turnout.core.ids import EventId, GateId, OrgId, SessionId, TicketTypeId
from turnout.core.people.model import Contact
from turnout.core.people.reach import Reach
from turnout.core.questions import model as questions
from turnout.core.registrations.changing import add_by_staff
from turnout.core.registrations.granting import Granted
from turnout.core.registrations.pricing import Asking
from turnout.store import Tx


class Arrival(NamedTuple):
    """What they have now, and what the door answered: somebody who was checked in before is not
    checked in again."""

    granted: Granted
    answer: Answer


def add_walk_in(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    contact: Contact,
    *,
    ticket_type_id: TicketTypeId | None = None,
    session_ids: Sequence[SessionId] = (),
    answers: Sequence[questions.Answer] = (),
    is_mailed: bool = False,
    is_complete: bool = True,
    asking: Asking | None = None,
    reach: Reach | None = None,
    needs_address: bool = True,
    device: str,
    nonce: str = "",
    gate_id: GateId | None = None,
    actor: str,
) -> Arrival:
    """Register somebody by hand and check the ticket in, all or nothing. A `nonce` names the scan
    (find_scanned_code); `gate_id` is where they come in, and is not asked whom it lets in.
    Raises as `add_by_staff` does."""
    granted = add_by_staff(
        tx,
        org_id,
        event_id,
        contact,
        ticket_type_id=ticket_type_id,
        session_ids=session_ids,
        answers=answers,
        is_mailed=is_mailed,
        is_complete=is_complete,
        asking=asking,
        reach=reach,
        needs_address=needs_address,
        actor=actor,
    )
    scan = Scan(code=granted.ticket.code, at=tx.now, device=device, nonce=nonce, gate_id=gate_id)
    return Arrival(granted, check_in(tx, org_id, event_id, scan, asks_gate=False))
