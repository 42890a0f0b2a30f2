"""What a phone at the door is answered, in full: why, who, since when, and where to go.

Check-in itself is decided in core/checkin/scans.py, as for every other door. Here it is said to
people; a supervisor waives what a gate or a payment says; and who goes out and comes back is noted
where the gate says so. Everything is kept: scans there, reasons and passages here.
"""

import msgspec

from turnout.core.checkin.scans import (
    Answer,
    Result,
    check_in,
    find_refusal,
    keep_refused,
    look_up,
)
from turnout.core.door.at_scan import agree
from turnout.core.door.decisions import (
    REFUSED,
    SAID,
    Decision,
    FoundTicket,
    Shown,
    Verdict,
)
from turnout.core.door.model import Post, Standing
from turnout.core.door.noting import (
    as_scan,
    find_earlier,
    find_terms,
    has_note,
    is_outside,
    note,
)
from turnout.core.door.sql import sql
from turnout.core.door.telling import decide, find_gate, find_ticket, say_outside
from turnout.core.door.undoing import retract
from turnout.core.ids import EventId, OrgId, RegistrationId
from turnout.core.text import is_line
from turnout.errors import Conflict, Invalid
from turnout.store import Tx

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
    scan = as_scan(tx, standing, post, shown)
    is_sent_again = False
    if post.gate_id is not None:
        is_sent_again = find_earlier(tx, standing, post, shown.nonce) is not None
    moment, asks_gate = find_terms(tx, standing, post, scan)
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


def look_at_ticket(tx: Tx, standing: Standing, post: Post, shown: Shown) -> Decision:
    """What `scan_ticket` would say of a ticket now. Nothing is kept, and nobody is checked in."""
    scan = as_scan(tx, standing, post, shown)
    moment, asks_gate = find_terms(tx, standing, post, scan)
    where = (tx, standing.org_id, post.event_id, scan)
    answer = look_up(*where, asks_gate=asks_gate, moment=moment)
    found = find_ticket(tx, standing, post, scan.code)
    verdict = SAID[answer.result]
    if verdict is Verdict.AGAIN and found and is_outside(tx, standing.org_id, found):
        gate = find_gate(tx, standing, post)
        verdict = Verdict.RETURNED if gate and gate.has_exit else verdict
    return decide(tx, standing, post, verdict, answer, found, scan)


def keep_refusal(tx: Tx, standing: Standing, post: Post, shown: Shown, said: str) -> Decision:
    """Keep a scan at which a phone without a network turned somebody away; `said` is its verdict,
    or that a supervisor is to be asked. Nobody is checked in, and where the same scan had reached
    the server, whose answer was lost, that is taken back. A phone that let somebody in says then
    that they are in already: where its ticket is cancelled, or not good otherwise, it is kept as
    that. Raises as `scan_ticket` does."""
    scan = as_scan(tx, standing, post, shown)
    where = (tx, standing.org_id, post.event_id, scan)
    result = REFUSED.get(said, Result.UNKNOWN)
    if result is Result.REPEATED:
        moment, asks_gate = find_terms(tx, standing, post, scan)
        looked = look_up(*where, asks_gate=asks_gate, moment=moment).result
        result = result if looked is Result.ADMITTED else looked
    was = find_earlier(tx, standing, post, shown.nonce)
    kept = keep_refused(*where, result).result
    if was in (Result.ADMITTED, Result.REPEATED):
        retract(tx, standing, post, shown)
    return Decision(verdict=SAID[result if kept is Result.ADMITTED else kept])


def let_in(tx: Tx, standing: Standing, post: Post, shown: Shown, reason: str) -> Decision:
    """Let somebody in whatever gate, payment or an earlier check-in say, and keep why. A cancelled
    ticket stays one. Raises Denied for a steward's device, Invalid without a reason."""
    standing.require_supervisor()
    reason = " ".join(reason.split())
    if not (reason and is_line(reason) and len(reason) <= LONGEST_REASON):
        raise Invalid("door.reason", limit=LONGEST_REASON)
    scan = as_scan(tx, standing, post, shown)
    answer = check_in(tx, standing.org_id, post.event_id, scan, waives=True)
    found = find_ticket(tx, standing, post, scan.code)
    verdict = SAID[answer.result]
    if found and verdict in (Verdict.ADMITTED, Verdict.AGAIN):
        note(tx, standing, post, found.id, "let_in", shown, reason)
        verdict = Verdict.ADMITTED
    return decide(tx, standing, post, verdict, answer, found, scan)


def check_out(tx: Tx, standing: Standing, post: Post, shown: Shown) -> Decision:
    """Note that somebody goes out and may come back; the same nonce is noted once. Somebody who is
    out already is told so (`is_outside`), and it is noted, too. A cancelled ticket, unless its
    holder is inside, and what is no ticket of the event are answered as a scan is, and nothing is
    kept. Raises Conflict where the gate has no exit or the ticket is not checked in."""
    gate = find_gate(tx, standing, post)
    if gate is None or not gate.has_exit:
        raise Conflict("door.no_exit")
    scan = as_scan(tx, standing, post, shown)
    found = find_ticket(tx, standing, post, scan.code)
    is_sent_again = has_note(tx, standing, post, shown.nonce, "left")
    if found is None or (found.checked_in_at is None and not is_sent_again):
        refusal = find_refusal(tx, standing.org_id, post.event_id, scan.code)
        if refusal is None:
            raise Conflict("door.not_in")
        return decide(tx, standing, post, SAID[refusal], Answer(refusal), found, scan)
    if not is_sent_again:
        note(tx, standing, post, found.id, "left", shown)
    decision = decide(tx, standing, post, Verdict.LEFT, Answer(Result.REPEATED), found, scan)
    return say_outside(tx, standing, post, found, shown.nonce, decision)


def sign(tx: Tx, standing: Standing, post: Post, shown: Shown, question: str) -> Decision:
    """Keep that the holder of a ticket agreed to something at the door; the ticket as it is shown
    after it. Raises as `agree` does."""
    scan = as_scan(tx, standing, post, shown)
    found = find_ticket(tx, standing, post, scan.code)
    agree(tx, standing, post, found, question)
    is_in = found is not None and found.checked_in_at is not None
    verdict = Verdict.AGAIN if is_in else Verdict.UNKNOWN
    return decide(tx, standing, post, verdict, Answer(Result.REPEATED), found, scan)


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
        return has_note(tx, standing, post, shown.nonce, "returned")
    if not is_outside(tx, standing.org_id, found):
        return False
    note(tx, standing, post, found.id, "returned", shown)
    return True
