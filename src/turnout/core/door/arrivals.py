"""Walk-ins: a supervisor's phone registers somebody who stands at the door, and lets them in.

A gate lets in by ticket types, or by sessions. A walk-in gets what the gate at hand lets in: one of
its types, or a type that may book the session that is on there, and that session along.
"""

from typing import NamedTuple

import msgspec

from turnout.core.checkin.gates import BookedSession, Gate, Moment
from turnout.core.checkin.scans import Answer, Result, Scan, find_scanned_code
from turnout.core.checkin.walk_ins import add_walk_in
from turnout.core.door.decisions import SAID, Decision, Verdict
from turnout.core.door.model import Post, Standing
from turnout.core.door.telling import decide, find_gate, find_ticket
from turnout.core.events.model import Session, SessionState, TicketType
from turnout.core.events.programme import get_event, list_sessions, list_ticket_types
from turnout.core.events.sessions import list_session_texts
from turnout.core.ids import TicketTypeId
from turnout.core.people.merging import find_person
from turnout.core.people.model import Contact
from turnout.core.registrations.booking import find_registration
from turnout.core.registrations.pricing import find_asking
from turnout.errors import Invalid
from turnout.store import Tx


class Fitting(NamedTuple):
    """A ticket type for walk-ins at a gate; `session` is booked along where the gate lets the type
    in by that alone."""

    ticket_type: TicketType
    session: Session | None

    @property
    def left(self) -> int | None:
        """How many more can have it; None = any number."""
        limits = [(self.ticket_type.capacity, self.ticket_type.held)]
        if self.session:
            limits.append((self.session.capacity, self.session.held))
        left = [max(0, capacity - held) for capacity, held in limits if capacity is not None]
        return min(left, default=None)


def walk_in(
    tx: Tx,
    standing: Standing,
    post: Post,
    contact: Contact,
    ticket_type_id: TicketTypeId | None,
    nonce: str = "",
) -> Decision:
    """Register somebody and check them in, within the capacity. The address may be empty where a
    name is given: then nothing is mailed. Somebody who is known keeps their name, and what is known
    of them from other events is not told. What the ticket costs is asked for where the event sells
    on its page or by its staff, and told; where unpaid tickets are refused, they are in once it is
    paid. The same nonce is answered alike. Raises Denied for a steward's device, Invalid for a
    ticket type that the gate does not let in and for a nonce that names somebody else, and as
    `add_by_staff` does."""
    standing.require_supervisor()
    email = contact.email.strip()
    if not email and not f"{contact.first_name}{contact.last_name}".strip():
        raise Invalid("door.walk_in_name")
    before = find_scanned_code(tx, standing.org_id, post.event_id, standing.device.name, nonce)
    if before is not None:
        _check_same(tx, standing, post, before, contact)
        return _tell_again(tx, standing, post, before)
    fitting = _choose(tx, standing, post, ticket_type_id)
    kind = fitting.ticket_type
    known = find_person(tx, standing.org_id, email) if email else None
    is_here = known and find_registration(tx, standing.org_id, post.event_id, known.id)
    registration_id = is_here.id if is_here else None
    arrival = add_walk_in(
        tx,
        standing.org_id,
        post.event_id,
        known.contact if known else contact,
        ticket_type_id=kind.id,
        session_ids=[fitting.session.id] if fitting.session else [],
        asking=find_asking(tx, standing.org_id, post.event_id, registration_id, kind),
        is_mailed=bool(email),
        is_complete=False,
        needs_address=False,
        device=standing.device.name,
        nonce=nonce,
        gate_id=post.gate_id,
        actor=standing.actor,
    )
    told = _tell(tx, standing, post, arrival.granted.ticket.code, SAID[arrival.answer.result])
    if known and not is_here:
        typed = f"{contact.first_name} {contact.last_name}".strip()
        return msgspec.structs.replace(told, name=typed, company="")
    return told


def list_walk_in_types(tx: Tx, standing: Standing, post: Post) -> list[Fitting]:
    """The ticket types that somebody who comes to the device's gate can have now."""
    types = list_ticket_types(tx, standing.org_id, post.event_id)
    gate = find_gate(tx, standing, post)
    if gate is None or not (gate.ticket_type_ids or gate.session_ids):
        return [Fitting(one, None) for one in types]
    session = _find_session(tx, standing, post, gate)
    only: tuple[TicketTypeId, ...] = ()
    if session:
        texts = list_session_texts(tx, standing.org_id, post.event_id)
        only = next((one.ticket_type_ids for one in texts if one.id == session.id), ())
    found = []
    for one in types:
        if one.id in gate.ticket_type_ids:
            found.append(Fitting(one, None))
        elif session and (not only or one.id in only):
            found.append(Fitting(one, session))
    return found


def _find_session(tx: Tx, standing: Standing, post: Post, gate: Gate) -> Session | None:
    """The session of a gate that is on, else the next one of the day, else the last one."""
    timezone = get_event(tx, standing.org_id, post.event_id).timezone
    moment = Moment(tx.now, timezone)
    today = [
        one
        for one in list_sessions(tx, standing.org_id, post.event_id)
        if one.id in gate.session_ids
        and one.state is not SessionState.CANCELLED
        and moment.is_day_of(BookedSession(one.id, one.starts_at, one.ends_at))
    ]
    coming = [one for one in today if one.ends_at > tx.now]
    if coming:
        return min(coming, key=lambda one: one.starts_at)
    return max(today, key=lambda one: one.ends_at, default=None)


def _choose(tx: Tx, standing: Standing, post: Post, ticket_type_id: TicketTypeId | None) -> Fitting:
    """What somebody gets who asked for a type, None = for the event's usual one."""
    fitting = list_walk_in_types(tx, standing, post)
    for one in fitting:
        kind = one.ticket_type
        if kind.is_default if ticket_type_id is None else kind.id == ticket_type_id:
            return one
    known = {one.id for one in list_ticket_types(tx, standing.org_id, post.event_id)}
    if ticket_type_id is not None and ticket_type_id not in known:
        raise Invalid("ticket_type.not_in_event")
    if not fitting:
        raise Invalid("door.walk_in_session")
    raise Invalid("door.walk_in_type")


def _check_same(tx: Tx, standing: Standing, post: Post, code: str, contact: Contact) -> None:
    """Raise Invalid if a walk-in of this nonce was somebody else: by the address, else the name."""
    found = find_ticket(tx, standing, post, code)
    if found is None:
        return
    if email := contact.email.strip():
        known = find_person(tx, standing.org_id, email)
        own = known and find_registration(tx, standing.org_id, post.event_id, known.id)
        is_same = own is not None and own.id == found.registration_id
    else:
        given = f"{contact.first_name} {contact.last_name}"
        is_same = given.split() == found.name.split()
    if not is_same:
        raise Invalid("nonce.other_code")


def _tell_again(tx: Tx, standing: Standing, post: Post, code: str) -> Decision:
    """What a walk-in was told before: they are in, or have to pay first."""
    told = _tell(tx, standing, post, code, Verdict.ADMITTED)
    if told.open_minor and told.first_at is None:
        return _tell(tx, standing, post, code, Verdict.UNPAID)
    return told


def _tell(tx: Tx, standing: Standing, post: Post, code: str, verdict: Verdict) -> Decision:
    scan = Scan(code=code, at=tx.now, device=standing.device.name)
    found = find_ticket(tx, standing, post, code)
    first_at = found.checked_in_at if found else None
    return decide(tx, standing, post, verdict, Answer(Result.ADMITTED, first_at), found, scan)
