"""The fast form of `check_in`: scans of one moment in a few statements, those that are simple.

Theory. Doors scan hundreds of tickets a second, nearly all of them for the first time. A scan is
simple when it admits: its ticket is good, not checked in, not to be paid first and no candidate's,
no gate is asked, and its nonce is new. Such scans are looked up, marked and kept together, all or
none; every other is left to be checked in alone (scans.py), which says why it refuses.

Rules.
- Of one ticket, and of one nonce, only the first scan of a batch can be simple.
- Tickets are locked by rising number, so two batches never wait for each other in a ring.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from turnout.core.checkin.attendees import Attendee, HeldTicket
from turnout.core.checkin.scans import Answer, Result, Scan, about_event
from turnout.core.checkin.sql import sql
from turnout.core.ids import EventId, OrgId, TicketId
from turnout.core.tickets.signing import find_plain_code, list_ticket_keys
from turnout.store import NotTogetherError, Tx, attempt_together, to_json

if TYPE_CHECKING:
    from turnout.core.checkin.sql import ListAdmissibleRow


class Asked(NamedTuple):
    """A scan at the door of an event."""

    org_id: OrgId
    event_id: EventId
    scan: Scan


class Admitted(NamedTuple):
    """A scan that was simple: what it is answered, and whose ticket it was."""

    answer: Answer
    attendee: Attendee


class _Found(NamedTuple):
    """A scan that can be simple, its ticket and the ticket's holder."""

    asked: Asked
    ticket_id: TicketId
    code: str
    attendee: Attendee


def check_in_together(tx: Tx, asked: Sequence[Asked]) -> list[Admitted | None]:
    """Check in those whose scans are simple; None = nothing was written for this one, which is to
    be checked in alone."""
    done = attempt_together(tx, _check_in_simple, asked) or {}
    return [done.get(place) for place in range(len(asked))]


def _check_in_simple(tx: Tx, asked: Sequence[Asked]) -> dict[int, Admitted]:
    """Those that were simple, by place. Raises NotTogetherError."""
    found = _find_simple(tx, asked)
    if found:
        _mark(tx, [*found.values()])
        _keep(tx, [*found.values()])
    return {
        place: Admitted(Answer(Result.ADMITTED, one.asked.scan.at), one.attendee)
        for place, one in found.items()
    }


def _find_simple(tx: Tx, asked: Sequence[Asked]) -> dict[int, _Found]:
    rows = _list_candidates(tx, asked)
    if not rows:
        return {}
    for event_id in sorted({asked[place].event_id for place, *_ in rows}):
        about_event(tx, event_id)
    found = groupby(sql.list_admissible(tx, rows=to_json(rows)), key=lambda row: row.place)
    return {place: _read(asked[place], list(own)) for place, own in found}


def _list_candidates(
    tx: Tx, asked: Sequence[Asked]
) -> list[tuple[int, OrgId, EventId, str, str, str | None]]:
    """The first scan of each code and nonce, by place, with its plain code."""
    list_keys = cache(lambda org_id: list_ticket_keys(tx, org_id))
    codes: set[tuple[OrgId, str]] = set()
    nonces: set[tuple[OrgId, EventId, str, str]] = set()
    rows = []
    for place, (org_id, event_id, scan) in enumerate(asked):
        code = find_plain_code(tx, org_id, scan.code, list_keys=list_keys)
        nonce = (org_id, event_id, scan.device, scan.nonce)
        is_first = (org_id, code) not in codes and not (scan.nonce and nonce in nonces)
        codes.add((org_id, code))
        nonces.add(nonce)
        is_odd = scan.gate_id is not None or bool(scan.nonce and not scan.device)
        if code and is_first and not is_odd:
            rows.append((place, org_id, event_id, code, scan.device, scan.nonce or None))
    return rows


def _read(asked: Asked, rows: "list[ListAdmissibleRow]") -> _Found:
    first = rows[0]
    tickets = [
        HeldTicket(
            row.own_code,
            row.ticket_type_id,
            asked.scan.at if row.own_code == row.code else row.checked_in_at,
            row.created_at,
            is_valid=True,
        )
        for row in rows
    ]
    attendee = Attendee(
        first.registration_id,
        first.first_name,
        first.last_name,
        first.company,
        first.job_title,
        first.email,
        first.phone,
        tickets,
    )
    return _Found(asked, first.ticket_id, first.code, attendee)


def _mark(tx: Tx, found: Sequence[_Found]) -> None:
    marks = sorted((one.asked.org_id, one.ticket_id, one.asked.scan.at) for one in found)
    if sql.check_all_in(tx, rows=to_json(marks), now=tx.now) != len(marks):
        raise NotTogetherError


def _keep(tx: Tx, found: Iterable[_Found]) -> None:
    scans = []
    for one in found:
        org_id, event_id, scan = one.asked
        kept = (one.ticket_id, one.code, scan.device, scan.nonce or None, scan.at)
        scans.append((org_id, tx.next_id("scan"), event_id, *kept))
    if sql.add_admitted(tx, rows=to_json(scans), now=tx.now) != len(scans):
        raise NotTogetherError
