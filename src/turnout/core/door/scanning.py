"""What a phone at the door is answered, in full: why, who, since when, and where to go.

Check-in itself is decided in core/checkin/scans.py, as for every other door. Here it is said to
people; a supervisor waives what a gate or a payment says; and who goes out and comes back is noted
where the gate says so. Everything is kept: scans there, reasons and passages here.
"""

import msgspec

from turnout.core.checkin.gates import Moment
from turnout.core.checkin.scans import (
    Answer,
    Result,
    Scan,
    check_in,
    find_refusal,
    keep_refused,
    undo_check_in,
)
from turnout.core.door.at_scan import agree
from turnout.core.door.decisions import (
    REFUSED,
    SAID,
    Decision,
    FoundTicket,
    Shown,
    Undone,
    Verdict,
)
from turnout.core.door.model import Post, Standing
from turnout.core.door.sql import sql
from turnout.core.door.telling import decide, find_gate, find_ticket, say_outside
from turnout.core.events.programme import get_event
from turnout.core.ids import EventId, OrgId, RegistrationId, TicketId
from turnout.core.payments.settling import PaymentState, settle
from turnout.core.text import is_line
from turnout.errors import Conflict, Invalid
from turnout.store import Tx

UNDO_MS = 120_000
LONGEST_REASON = 200


class LetIn(msgspec.Struct, frozen=True):
    """Somebody who was let in anyway, and why. `at` in epoch ms; `gate` empty = none."""

    id: int
    registration_id: RegistrationId
    name: str
    reason: str
    gate: str
    device: str
    at: int
    is_taken_back: int


def list_let_in(tx: Tx, org_id: OrgId, event_id: EventId, limit: int) -> list[LetIn]:
    """Who was let in anyway at the event's doors, newest first."""
    return sql.list_let_in(tx, org_id=org_id, event_id=event_id, limit=limit)


def scan_ticket(tx: Tx, standing: Standing, post: Post, shown: Shown) -> Decision:
    """Check a ticket in where the device stands, and say what to do. The same nonce is answered
    alike. Raises Invalid for a nonce that names another scan."""
    scan = _as_scan(tx, standing, post, shown)
    moment, asks_gate, is_sent_again = None, True, False
    if post.gate_id is not None:
        is_sent_again = _find_earlier(tx, standing, post, shown) is not None
        moment = Moment(shown.at, get_event(tx, standing.org_id, post.event_id).timezone)
        asks_gate = not _is_let_in_here(tx, standing, post, scan.code, moment)
    answer = check_in(tx, standing.org_id, post.event_id, scan, asks_gate=asks_gate, moment=moment)
    found = find_ticket(tx, standing, post, scan.code)
    verdict = SAID[answer.result]
    if (
        verdict is Verdict.AGAIN
        and found
        and _comes_back(tx, standing, post, found, shown, is_sent_again=is_sent_again)
    ):
        verdict = Verdict.RETURNED
    return decide(tx, standing, post, verdict, answer, found, scan)


def keep_refusal(tx: Tx, standing: Standing, post: Post, shown: Shown, said: str) -> Decision:
    """Keep a scan at which a phone without a network turned somebody away; `said` is its verdict,
    or that a supervisor is to be asked. Nobody is checked in, and where the same scan had reached
    the server, whose answer was lost, that check-in is taken back. Raises as `scan_ticket` does."""
    scan = _as_scan(tx, standing, post, shown)
    result = REFUSED.get(said, Result.UNKNOWN)
    kept = keep_refused(tx, standing.org_id, post.event_id, scan, result)
    if kept.result is Result.ADMITTED:
        undo_scan(
            tx, standing, post, msgspec.structs.replace(shown, nonce=f"{shown.nonce}-refused")
        )
    return Decision(verdict=SAID[result])


def let_in(tx: Tx, standing: Standing, post: Post, shown: Shown, reason: str) -> Decision:
    """Let somebody in whatever gate, payment or an earlier check-in say, and keep why. A cancelled
    ticket stays one. Raises Denied for a steward's device, Invalid without a reason."""
    standing.require_supervisor()
    reason = " ".join(reason.split())
    if not (reason and is_line(reason) and len(reason) <= LONGEST_REASON):
        raise Invalid("door.reason", limit=LONGEST_REASON)
    scan = _as_scan(tx, standing, post, shown)
    answer = check_in(tx, standing.org_id, post.event_id, scan, waives=True)
    found = find_ticket(tx, standing, post, scan.code)
    verdict = SAID[answer.result]
    if found and verdict in (Verdict.ADMITTED, Verdict.AGAIN):
        _note(tx, standing, post, found.id, "let_in", shown, reason)
        verdict = Verdict.ADMITTED
    return decide(tx, standing, post, verdict, answer, found, scan)


def undo_scan(tx: Tx, standing: Standing, post: Post, shown: Shown) -> Undone:
    """Take back what this device did last with a ticket, within two minutes; the scan stays: that
    it let somebody in anyway, or its check-in. What another device did stays. Idempotent. Raises
    Conflict for a ticket that was never checked in or that this device has not let in, and for
    what is older."""
    scan = _as_scan(tx, standing, post, shown)
    found = find_ticket(tx, standing, post, scan.code)
    if _find_earlier(tx, standing, post, shown) == Result.UNDONE:
        return _tell_undone(tx, standing, found)
    if found is None:
        raise Conflict("door.undo_none")
    org_id, device = standing.org_id, standing.device.name
    first = sql.find_admission(tx, org_id=org_id, ticket_id=found.id)
    if first is None and found.checked_in_at is None:
        raise Conflict("door.not_in")
    stays_in, done_at = False, shown.at
    if found.checked_in_at is not None:
        let_in_at = sql.find_own_let_in(tx, org_id=org_id, ticket_id=found.id, device=device)
        stays_in = let_in_at is not None or first is None or first.device != device
        if let_in_at is not None:
            done_at = let_in_at
        elif first is not None and not stays_in:
            done_at = first.at
        elif not sql.has_scanned(tx, org_id=org_id, ticket_id=found.id, device=device):
            raise Conflict("door.undo_other")
    if shown.at - done_at > UNDO_MS:
        raise Conflict("door.undo_late")
    undo_check_in(tx, org_id, post.event_id, scan, stays_in=stays_in)
    if stays_in:
        sql.touch_ticket(tx, org_id=org_id, id=found.id, now=tx.now)
    return _tell_undone(tx, standing, found if stays_in else None)


def _tell_undone(tx: Tx, standing: Standing, found: FoundTicket | None) -> Undone:
    """How the ticket stands after an undo; None = nobody has checked it in."""
    first = found and sql.find_admission(tx, org_id=standing.org_id, ticket_id=found.id)
    if found is None or found.checked_in_at is None:
        return Undone()
    return Undone(first_at=found.checked_in_at, first_device=first.device if first else "")


def check_out(tx: Tx, standing: Standing, post: Post, shown: Shown) -> Decision:
    """Note that somebody goes out and may come back; the same nonce is noted once. Somebody who is
    out already is told so (`is_outside`), and it is noted, too. A cancelled ticket, unless its
    holder is inside, and what is no ticket of the event are answered as a scan is, and nothing is
    kept. Raises Conflict where the gate has no exit or the ticket is not checked in."""
    gate = find_gate(tx, standing, post)
    if gate is None or not gate.has_exit:
        raise Conflict("door.no_exit")
    scan = _as_scan(tx, standing, post, shown)
    found = find_ticket(tx, standing, post, scan.code)
    is_sent_again = _has_note(tx, standing, post, shown, "left")
    if found is None or (found.checked_in_at is None and not is_sent_again):
        refusal = find_refusal(tx, standing.org_id, post.event_id, scan.code)
        if refusal is None:
            raise Conflict("door.not_in")
        return decide(tx, standing, post, SAID[refusal], Answer(refusal), found, scan)
    if not is_sent_again:
        _note(tx, standing, post, found.id, "left", shown)
    decision = decide(tx, standing, post, Verdict.LEFT, Answer(Result.REPEATED), found, scan)
    return say_outside(tx, standing, post, found, shown.nonce, decision)


def sign(tx: Tx, standing: Standing, post: Post, shown: Shown, question: str) -> Decision:
    """Keep that the holder of a ticket agreed to something at the door; the ticket as it is shown
    after it. Raises as `agree` does."""
    scan = _as_scan(tx, standing, post, shown)
    found = find_ticket(tx, standing, post, scan.code)
    agree(tx, standing, post, found, question)
    is_in = found is not None and found.checked_in_at is not None
    verdict = Verdict.AGAIN if is_in else Verdict.UNKNOWN
    return decide(tx, standing, post, verdict, Answer(Result.REPEATED), found, scan)


def take_payment(tx: Tx, standing: Standing, post: Post, shown: Shown) -> Decision:
    """Note that a ticket was paid at the door, and let its holder in who was kept out for that.
    Idempotent. Raises as `note_payment` does."""
    found = note_payment(tx, standing, post, shown)
    if found.checked_in_at is None:
        return scan_ticket(tx, standing, post, shown)
    return tell_paid(tx, standing, post, shown, found)


def note_payment(tx: Tx, standing: Standing, post: Post, shown: Shown) -> FoundTicket:
    """Note that a ticket was paid at the door; whose it is. Idempotent. Raises Denied for a
    steward's device, Conflict for a ticket that is not the event's, and as `settle` does."""
    standing.require_supervisor()
    found = find_ticket(tx, standing, post, _as_scan(tx, standing, post, shown).code)
    if found is None:
        raise Conflict("door.undo_none")
    settle(tx, standing.org_id, found.code, PaymentState.PAID, actor=standing.actor)
    return found


def tell_paid(tx: Tx, standing: Standing, post: Post, shown: Shown, found: FoundTicket) -> Decision:
    """A ticket that was paid just now, as it is shown."""
    scan = _as_scan(tx, standing, post, shown)
    answer = Answer(Result.ADMITTED, found.checked_in_at)
    return decide(tx, standing, post, Verdict.ADMITTED, answer, found, scan)


def _as_scan(tx: Tx, standing: Standing, post: Post, shown: Shown) -> Scan:
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


def _comes_back(
    tx: Tx,
    standing: Standing,
    post: Post,
    found: FoundTicket,
    shown: Shown,
    *,
    is_sent_again: bool,
) -> bool:
    """Whether this scan is of somebody who went out; it is noted then, once."""
    gate = find_gate(tx, standing, post)
    if gate is None or not gate.has_exit:
        return False
    if is_sent_again:
        return _has_note(tx, standing, post, shown, "returned")
    if not _is_outside(tx, standing.org_id, found):
        return False
    _note(tx, standing, post, found.id, "returned", shown)
    return True


def _find_earlier(tx: Tx, standing: Standing, post: Post, shown: Shown) -> str | None:
    """The result of the same scan when it was sent before."""
    org_id, device, nonce = standing.org_id, standing.device.name, shown.nonce
    return sql.find_earlier(tx, org_id=org_id, event_id=post.event_id, device=device, nonce=nonce)


def _has_note(tx: Tx, standing: Standing, post: Post, shown: Shown, kind: str) -> bool:
    return bool(
        sql.has_note(
            tx,
            org_id=standing.org_id,
            event_id=post.event_id,
            device=standing.device.name,
            nonce=shown.nonce,
            kind=kind,
        )
    )


def _is_outside(tx: Tx, org_id: OrgId, found: FoundTicket) -> bool:
    last = sql.find_passage(tx, org_id=org_id, ticket_id=found.id, since=found.checked_in_at or 0)
    return last == "left"


def _note(
    tx: Tx,
    standing: Standing,
    post: Post,
    ticket_id: TicketId,
    kind: str,
    shown: Shown,
    reason: str = "",
) -> None:
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
