"""Scans that phones made without a network, uploaded when it is back; and those that contradict.

Theory. The scan that the server commits first is the check-in, and stays. Scans of a phone come in
order, and each has a nonce, so an upload that is repeated changes nothing. The phone's clock is
corrected by what it shows when it uploads; a scan is never later than now, and not older than 12
hours. Whom a phone turned away, or sent to a supervisor, that scan does not check in, whatever the
server would have said: it is kept as a refused one. Whom a phone let in, and the server would not
have, is a conflict: it is kept, shown to both phones and the console, and nobody is thrown out by
it. It names the other phone that let the same guest in: by the check-in, or for a guest who went
out and was welcomed back twice, by the other return. A payment that a phone took for a ticket that
was paid before is a conflict, too.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from turnout.core.checkin.scans import Scan
from turnout.core.checkin.together import Asked, check_in_together
from turnout.core.door.decisions import Decision, Shown, Verdict
from turnout.core.door.model import Post, Standing
from turnout.core.door.paying import note_payment
from turnout.core.door.scanning import (
    check_out,
    keep_refusal,
    let_in,
    scan_ticket,
    sign,
)
from turnout.core.door.sql import sql
from turnout.core.door.undoing import undo_scan
from turnout.core.ids import EventId, OrgId, TicketId
from turnout.errors import Conflict, Denied, Invalid, Missing
from turnout.store import Tx

OLDEST_MS = 12 * 3_600_000
MOST_SCANS = 500


class Act(StrEnum):
    """What a phone did."""

    SCAN = "scan"
    UNDO = "undo"
    LET_IN = "let_in"
    LEAVE = "leave"
    SIGN = "sign"
    PAID = "paid"


class OfflineScan(msgspec.Struct, frozen=True, kw_only=True):
    """Something that a phone did without a network. `at` in epoch ms by its own clock;
    `is_admitted`: it let somebody in; `said` is what it answered a scan: a verdict, or `ask` (a
    supervisor), empty = not told, as by older phones; `question` is what was agreed to."""

    act: Act = Act.SCAN
    code: str = ""
    ticket: TicketId = TicketId(0)
    at: Annotated[int, Meta(ge=0, le=2**53)]
    nonce: Annotated[str, Meta(min_length=8, max_length=64, pattern="^[0-9A-Za-z_-]+$")]
    is_admitted: bool = False
    said: Annotated[str, Meta(max_length=40)] = ""
    reason: str = ""
    question: str = ""

    @property
    def is_refused(self) -> bool:
        """Whether somebody was turned away, as far as the phone told it."""
        return self.act is Act.SCAN and bool(self.said) and not self.is_admitted


class Uploaded(msgspec.Struct, frozen=True):
    """The outcome of an offline scan: the verdict of the server, and whether it contradicts what
    the phone did. `refusal` is the code of one that could not be taken."""

    nonce: str
    verdict: Verdict | None
    is_conflict: bool
    refusal: str = ""


class KeptConflict(msgspec.Struct, frozen=True):
    """Two scans that contradict each other, or two payments (`verdict` is `paid`, with the amount).
    Instants in epoch ms; `first_at` None = the ticket was not checked in, it is `verdict`, or
    nothing was to be paid. `code` is what was read where that is no ticket."""

    id: int
    ticket_id: TicketId | None
    name: str
    ticket_type: str
    code: str
    verdict: Verdict
    first_device: str
    first_gate: str
    first_at: int | None
    device: str
    gate: str
    at: int
    amount_minor: int | None
    currency: str
    recorded_at: int


def upload_scans(
    tx: Tx,
    standing: Standing,
    post: Post,
    scans: Sequence[OfflineScan],
    sent_at: int,
    *,
    saved_at: int | None = None,
) -> list[Uploaded]:
    """Take up to 500 offline scans in their order. `sent_at` is the phone's clock now (epoch ms);
    `saved_at` is when they were put into a file, by the server's. Idempotent by nonce. Raises
    Invalid for more."""
    if len(scans) > MOST_SCANS:
        raise Invalid("door.upload", limit=MOST_SCANS)
    oldest = (tx.now if saved_at is None else saved_at) - OLDEST_MS
    shown = [_show(scan, tx.now - sent_at, oldest, tx.now) for scan in scans]
    simple = _take_simple(tx, standing, post, scans, shown)
    return [
        simple.get(place) or _take(tx, standing, post, scan, shown[place])
        for place, scan in enumerate(scans)
    ]


def list_conflicts(tx: Tx, org_id: OrgId, event_id: EventId, limit: int) -> list[KeptConflict]:
    """The event's conflicts, newest first."""
    return sql.list_conflicts(tx, org_id=org_id, event_id=event_id, device="", limit=limit)


def list_own_conflicts(tx: Tx, standing: Standing, post: Post, limit: int) -> list[KeptConflict]:
    """Those in which this device made one of the two scans, newest first."""
    return sql.list_conflicts(
        tx,
        org_id=standing.org_id,
        event_id=post.event_id,
        device=standing.device.name,
        limit=limit,
    )


def _show(scan: OfflineScan, skew_ms: int, oldest: int, now: int) -> Shown:
    at = min(now, max(oldest, scan.at + skew_ms))
    return Shown(code=scan.code, ticket=scan.ticket, at=at, nonce=scan.nonce)


def _take_simple(
    tx: Tx,
    standing: Standing,
    post: Post,
    scans: Sequence[OfflineScan],
    shown: Sequence[Shown],
) -> dict[int, Uploaded]:
    """Those before the first that is not a plain scan of a code, as far as they can be checked in
    together (core/checkin/together.py); the others are left."""
    asked = []
    for scan, one in zip(scans, shown, strict=True):
        if scan.act is not Act.SCAN or scan.is_refused or not scan.code or post.gate_id is not None:
            break
        own = Scan(code=scan.code, at=one.at, device=standing.device.name, nonce=scan.nonce)
        asked.append(Asked(standing.org_id, post.event_id, own))
    done = check_in_together(tx, asked) if asked else []
    return {
        place: Uploaded(scans[place].nonce, Verdict.ADMITTED, is_conflict=False)
        for place, admitted in enumerate(done)
        if admitted
    }


def _take(tx: Tx, standing: Standing, post: Post, scan: OfflineScan, shown: Shown) -> Uploaded:
    try:
        decision = _act(tx, standing, post, scan, shown)
    except (Conflict, Denied, Invalid, Missing) as refusal:
        is_kept = scan.act is Act.PAID and isinstance(refusal, Conflict)
        return Uploaded(scan.nonce, None, is_conflict=is_kept, refusal=refusal.code)
    verdict = decision.verdict
    is_wrong = scan.is_admitted and verdict not in (Verdict.ADMITTED, Verdict.RETURNED)
    if is_wrong:
        if scan.said == Verdict.RETURNED:
            decision = _say_other_return(tx, standing, decision)
        _keep(tx, standing, post, decision, shown)
    return Uploaded(scan.nonce, verdict, is_wrong or decision.paid_at is not None)


def _act(tx: Tx, standing: Standing, post: Post, scan: OfflineScan, shown: Shown) -> Decision:
    if scan.act is Act.LET_IN:
        return let_in(tx, standing, post, shown, scan.reason)
    if scan.act is Act.UNDO:
        undo_scan(tx, standing, post, shown)
        return Decision(verdict=Verdict.LEFT)
    if scan.act is Act.LEAVE:
        decision = check_out(tx, standing, post, shown)
        if decision.verdict is not Verdict.LEFT:
            raise Conflict("door.not_in")
        return decision
    if scan.act is Act.PAID:
        return note_payment(tx, standing, post, shown)
    if scan.act is Act.SIGN:
        return sign(tx, standing, post, shown, scan.question)
    if scan.is_refused:
        return keep_refusal(tx, standing, post, shown, scan.said)
    return scan_ticket(tx, standing, post, shown)


def _say_other_return(tx: Tx, standing: Standing, decision: Decision) -> Decision:
    """For somebody who went out and was welcomed back, first is the device that did so before, or
    let them in anyway; where none did, the check-in is."""
    if decision.verdict is not Verdict.AGAIN or decision.ticket is None:
        return decision
    whose: dict[str, Any] = {"org_id": standing.org_id, "ticket_id": decision.ticket}
    entry = sql.find_last_entry(tx, **whose, since=decision.first_at or 0)
    if entry is None:
        return decision
    return msgspec.structs.replace(decision, first_at=entry.at, first_device=entry.device)


def _keep(tx: Tx, standing: Standing, post: Post, decision: Decision, shown: Shown) -> None:
    sql.add_conflict(
        tx,
        org_id=standing.org_id,
        id=tx.next_id("scan"),
        event_id=post.event_id,
        ticket_id=decision.ticket,
        verdict=decision.verdict.value,
        first_device=decision.first_device,
        first_at=decision.first_at,
        device=standing.device.name,
        nonce=shown.nonce,
        at=shown.at,
        amount_minor=None,
        currency="",
        now=tx.now,
    )
    if decision.ticket is not None:  # the other phone hears of it at once
        sql.touch_ticket(tx, org_id=standing.org_id, id=decision.ticket, now=tx.now)
