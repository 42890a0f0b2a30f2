"""Money that is taken at the door. The first payment settles what was open. Another one, which a
phone without a network took for the same ticket, or one for which nothing was open, is a conflict:
it is kept with who, when and how much, and shown to both phones and the console."""

from typing import Any

import msgspec

from turnout.core.checkin.scans import Answer, Result
from turnout.core.door.decisions import Decision, FoundTicket, Shown, Verdict
from turnout.core.door.model import Post, Standing
from turnout.core.door.noting import as_scan, has_note, note
from turnout.core.door.scanning import scan_ticket
from turnout.core.door.sql import sql
from turnout.core.door.telling import decide, find_ticket
from turnout.core.ids import TicketId
from turnout.core.payments.settling import PaymentState, settle
from turnout.errors import Conflict
from turnout.store import Tx


def take_payment(tx: Tx, standing: Standing, post: Post, shown: Shown) -> Decision:
    """Note that a ticket was paid at the door, and let its holder in who was kept out for that.
    Idempotent; the payment goes by the nonce with `-paid`. Raises as `note_payment` does."""
    paid = msgspec.structs.replace(shown, nonce=f"{shown.nonce}-paid")
    told = note_payment(tx, standing, post, paid)
    if told.first_at is not None:
        return told
    decision = scan_ticket(tx, standing, post, shown)
    return msgspec.structs.replace(decision, paid_at=told.paid_at, paid_device=told.paid_device)


def note_payment(tx: Tx, standing: Standing, post: Post, shown: Shown) -> Decision:
    """Note that a ticket was paid at the door; the ticket as it is shown. Where it was paid before,
    to another device or otherwise, that is a conflict, and told (`paid_…`). Idempotent. Raises
    Denied for a steward's device, Conflict for a ticket that is not the event's, and as `settle`
    does; then, too, the conflict is kept in the transaction."""
    standing.require_supervisor()
    scan = as_scan(tx, standing, post, shown)
    found = find_ticket(tx, standing, post, scan.code)
    if found is None:
        raise Conflict("door.undo_none")
    if not has_note(tx, standing, post, shown.nonce, "paid"):
        _take(tx, standing, post, found, shown)
    answer = Answer(Result.ADMITTED, found.checked_in_at)
    decision = decide(tx, standing, post, Verdict.ADMITTED, answer, found, scan)
    whose: dict[str, Any] = {"org_id": standing.org_id, "event_id": post.event_id}
    device, nonce = standing.device.name, shown.nonce
    before = sql.find_conflict(tx, **whose, device=device, nonce=nonce)
    if before is None:
        return decision
    return msgspec.structs.replace(
        decision, paid_at=before.first_at, paid_device=before.first_device
    )


def _take(tx: Tx, standing: Standing, post: Post, found: FoundTicket, shown: Shown) -> None:
    org_id, device = standing.org_id, standing.device.name
    try:
        is_new = settle(tx, org_id, found.code, PaymentState.PAID, actor=standing.actor)
    except Conflict:
        _keep(tx, standing, post, found.id, shown, ("", None))
        raise
    if not is_new:
        first = sql.find_paid(tx, org_id=org_id, ticket_id=found.id)
        if first is None or first.device != device:
            by = (first.device, first.at) if first else ("", _find_settled(tx, standing, found.id))
            _keep(tx, standing, post, found.id, shown, by)
    note(tx, standing, post, found.id, "paid", shown)


def _find_settled(tx: Tx, standing: Standing, ticket_id: TicketId) -> int | None:
    payment = sql.find_payment(tx, org_id=standing.org_id, ticket_id=ticket_id)
    return payment.settled_at if payment else None


def _keep(
    tx: Tx,
    standing: Standing,
    post: Post,
    ticket_id: TicketId,
    shown: Shown,
    first: tuple[str, int | None],
) -> None:
    payment = sql.find_payment(tx, org_id=standing.org_id, ticket_id=ticket_id)
    first_device, first_at = first
    sql.add_conflict(
        tx,
        org_id=standing.org_id,
        id=tx.next_id("scan"),
        event_id=post.event_id,
        ticket_id=ticket_id,
        verdict=Verdict.PAID.value,
        first_device=first_device,
        first_at=first_at,
        device=standing.device.name,
        nonce=shown.nonce,
        at=shown.at,
        amount_minor=payment.amount_minor if payment else None,
        currency=payment.currency if payment else "",
        now=tx.now,
    )
    sql.touch_ticket(tx, org_id=standing.org_id, id=ticket_id, now=tx.now)
