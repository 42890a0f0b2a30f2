"""What a phone takes back of what it did: by hand within two minutes, and a scan whose answer it
never got.

Theory. By hand, the last thing that the device did with the ticket is taken back: that it let
somebody in anyway, out or in again, or its check-in. The scans and notes stay, marked. Where what
is taken back was a conflict, there is none any more: the guest came in once. The other case: a
phone asks the server, the server admits, the answer is lost, and the phone by itself turns the
guest away. What the server did is taken back when the phone tells it. In both cases: where another
phone has let the same guest in since, that was the check-in. It takes the place of the one that is
taken back, and the conflict that it seemed to be is none.
"""

from typing import TYPE_CHECKING, Any

import msgspec

from turnout.core.checkin.scans import Result, undo_check_in
from turnout.core.door.decisions import FoundTicket, Shown, Undone
from turnout.core.door.model import Post, Standing
from turnout.core.door.noting import as_scan, find_earlier, is_outside
from turnout.core.door.sql import sql
from turnout.core.door.telling import find_ticket
from turnout.core.ids import TicketId
from turnout.errors import Conflict
from turnout.store import Tx

if TYPE_CHECKING:
    from turnout.core.door.sql import FindAdmissionRow

UNDO_MS = 120_000


def undo_scan(tx: Tx, standing: Standing, post: Post, shown: Shown) -> Undone:
    """Take back what this device did last with a ticket, within two minutes; the scan stays: that
    it let somebody in anyway, out or in again, or its check-in. What another device did stays.
    Idempotent. Raises Conflict for a ticket that was never checked in or that this device has not
    let in, and for what is older."""
    scan = as_scan(tx, standing, post, shown)
    found = find_ticket(tx, standing, post, scan.code)
    if find_earlier(tx, standing, post, shown.nonce) == Result.UNDONE:
        return _tell_undone(tx, standing, found)
    if found is None:
        raise Conflict("door.undo_none")
    org_id = standing.org_id
    first = sql.find_admission(tx, org_id=org_id, ticket_id=found.id)
    if first is None and found.checked_in_at is None:
        raise Conflict("door.not_in")
    stays_in = False
    if found.checked_in_at is not None:
        stays_in = _take_back_last(tx, standing, post, found, first, shown.at)
    if first is not None and not stays_in:
        # With a check-in goes that it was made by letting somebody in anyway.
        own: dict[str, Any] = {"ticket_id": found.id, "device": standing.device.name}
        sql.take_back_let_in(tx, org_id=org_id, since=first.at, at=shown.at, **own)
        if found.checked_in_at is not None:
            stays_in = _pass_on(tx, standing, post, found.id, first)
    undo_check_in(tx, org_id, post.event_id, scan, stays_in=stays_in)
    if stays_in:
        sql.touch_ticket(tx, org_id=org_id, id=found.id, now=tx.now)
    return _tell_undone(tx, standing, find_ticket(tx, standing, post, scan.code))


def _take_back_last(
    tx: Tx,
    standing: Standing,
    post: Post,
    found: FoundTicket,
    first: "FindAdmissionRow | None",
    at: int,
) -> bool:
    """Take back what the device did last with a ticket that is checked in, unless that is its own
    check-in: False = it is, and is to be taken back. Raises Conflict for what is older than two
    minutes, and for what another device did."""
    org_id, device = standing.org_id, standing.device.name
    whose: dict[str, Any] = {"org_id": org_id, "ticket_id": found.id, "device": device}
    where: dict[str, Any] = {"event_id": post.event_id}
    note = sql.find_own_note(tx, **whose)
    clash = sql.find_own_conflict(tx, **whose, **where)
    own = first if first and first.device == device else None
    last = max((one for one in (note, clash, own) if one), key=lambda one: one.id, default=None)
    if last is None:
        if not sql.has_scanned(tx, **whose):
            raise Conflict("door.undo_other")
        return True
    if at - last.at > UNDO_MS:
        raise Conflict("door.undo_late")
    if clash and last is clash:
        sql.drop_conflict(tx, org_id=org_id, **where, device=device, nonce=clash.nonce)
    elif note and last is note:
        sql.take_back_note(tx, org_id=org_id, id=note.id, at=at)
    return last is not own


def retract(tx: Tx, standing: Standing, post: Post, shown: Shown) -> None:
    """Take back what a scan or an act of that nonce did, whose answer never reached the phone: it
    has turned the guest away. Idempotent."""
    undone = msgspec.structs.replace(shown, nonce=f"{shown.nonce}-refused")
    scan = as_scan(tx, standing, post, undone)
    found = find_ticket(tx, standing, post, scan.code)
    if found is None or find_earlier(tx, standing, post, undone.nonce) is not None:
        return
    org_id, device = standing.org_id, standing.device.name
    where: dict[str, Any] = {"event_id": post.event_id, "device": device, "nonce": shown.nonce}
    is_noted = sql.take_back_act(tx, org_id=org_id, at=shown.at, **where)
    first = sql.find_admission(tx, org_id=org_id, ticket_id=found.id)
    is_first = first is not None and (first.device, first.nonce) == (device, shown.nonce)
    if found.checked_in_at is None or not (is_noted or is_first):
        return
    is_kept = first is not None and is_first and _pass_on(tx, standing, post, found.id, first)
    undo_check_in(tx, org_id, post.event_id, scan, stays_in=is_kept or not is_first)
    sql.touch_ticket(tx, org_id=org_id, id=found.id, now=tx.now)


def _pass_on(
    tx: Tx, standing: Standing, post: Post, ticket_id: TicketId, first: "FindAdmissionRow"
) -> bool:
    """Whether another scan has let in the same guest since, which is the check-in from now on."""
    org_id, event_id, device = standing.org_id, post.event_id, standing.device.name
    whose: dict[str, Any] = {"org_id": org_id, "event_id": event_id}
    own: dict[str, Any] = {"ticket_id": ticket_id, "device": device, "nonce": first.nonce or ""}
    next_ = sql.find_next_admission(tx, **whose, **own)
    if next_ is None:
        return False
    sql.make_admission(tx, org_id=org_id, id=next_.id)
    sql.move_check_in(tx, org_id=org_id, id=ticket_id, at=next_.at, now=tx.now)
    sql.drop_conflict(tx, **whose, device=next_.device, nonce=next_.nonce)
    sql.move_conflicts(
        tx,
        **whose,
        ticket_id=ticket_id,
        device=device,
        at=first.at,
        next_device=next_.device,
        next_at=next_.at,
    )
    return True


def _tell_undone(tx: Tx, standing: Standing, found: FoundTicket | None) -> Undone:
    """How the ticket stands after an undo; None = nobody has checked it in."""
    first = found and sql.find_admission(tx, org_id=standing.org_id, ticket_id=found.id)
    if found is None or found.checked_in_at is None:
        return Undone()
    return Undone(
        first_at=found.checked_in_at,
        first_device=first.device if first else "",
        is_outside=is_outside(tx, standing.org_id, found),
    )
