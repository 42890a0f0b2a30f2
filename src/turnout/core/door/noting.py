"""What all acts at the door share: a scan as check-in knows it, and the notes beside scans: that
somebody was let in anyway, went out, came back, or paid."""

from turnout.core.checkin.gates import Moment
from turnout.core.checkin.scans import Scan
from turnout.core.door.decisions import FoundTicket, Shown
from turnout.core.door.model import Post, Standing
from turnout.core.door.sql import sql
from turnout.core.door.telling import find_ticket
from turnout.core.events.programme import get_event
from turnout.core.ids import OrgId, TicketId
from turnout.store import Tx


def as_scan(tx: Tx, standing: Standing, post: Post, shown: Shown) -> Scan:
    """What was shown, as check-in takes it."""
    code = shown.code
    if not code and shown.ticket:
        org_id, event_id = standing.org_id, post.event_id
        code = sql.find_code(tx, org_id=org_id, event_id=event_id, id=shown.ticket) or ""
    return Scan(
        code=code,
        at=shown.at,
        device=standing.device.name,
        nonce=shown.nonce,
        gate_id=post.gate_id,
    )


def find_terms(tx: Tx, standing: Standing, post: Post, scan: Scan) -> tuple[Moment | None, bool]:
    """The moment that the device's gate goes by, None = no gate; and whether the gate is asked."""
    if post.gate_id is None:
        return None, True
    moment = Moment(scan.at, get_event(tx, standing.org_id, post.event_id).timezone)
    return moment, not _is_let_in_here(tx, standing, post, scan.code, moment)


def find_earlier(tx: Tx, standing: Standing, post: Post, nonce: str) -> str | None:
    """The result of the same scan when it was sent before."""
    org_id, device = standing.org_id, standing.device.name
    return sql.find_earlier(tx, org_id=org_id, event_id=post.event_id, device=device, nonce=nonce)


def has_note(tx: Tx, standing: Standing, post: Post, nonce: str, kind: str) -> bool:
    """Whether the device has noted that by an act of this nonce."""
    return bool(
        sql.has_note(
            tx,
            org_id=standing.org_id,
            event_id=post.event_id,
            device=standing.device.name,
            nonce=nonce,
            kind=kind,
        )
    )


def is_outside(tx: Tx, org_id: OrgId, found: FoundTicket) -> bool:
    """Whether the holder of a ticket that is checked in went out last."""
    last = sql.find_passage(tx, org_id=org_id, ticket_id=found.id, since=found.checked_in_at or 0)
    return last == "left"


def note(
    tx: Tx,
    standing: Standing,
    post: Post,
    ticket_id: TicketId,
    kind: str,
    shown: Shown,
    reason: str = "",
) -> None:
    """Note something of a ticket, once for each nonce."""
    is_new = sql.add_note(
        tx,
        org_id=standing.org_id,
        id=tx.next_id("scan"),
        event_id=post.event_id,
        ticket_id=ticket_id,
        kind=kind,
        reason=reason,
        device=standing.device.name,
        nonce=shown.nonce,
        gate_id=post.gate_id,
        at=shown.at,
        now=tx.now,
    )
    if is_new:
        sql.touch_ticket(tx, org_id=standing.org_id, id=ticket_id, now=tx.now)


def _is_let_in_here(tx: Tx, standing: Standing, post: Post, code: str, moment: Moment) -> bool:
    """Whether the ticket is checked in and was let in anyway at this gate on the same day: the gate
    has nothing to say of it then."""
    found = find_ticket(tx, standing, post, code)
    if found is None or found.checked_in_at is None or post.gate_id is None:
        return False
    at = sql.find_let_in(
        tx,
        org_id=standing.org_id,
        ticket_id=found.id,
        gate_id=post.gate_id,
        since=found.checked_in_at,
    )
    return at is not None and Moment(at, moment.timezone).day == moment.day
