"""One timeline of a registration over all worlds.

Theory. Nothing is written for it: each world keeps its own record (tickets, scans, viewings, the
history of exams, messages, audit entries), and this reads them side by side and puts them in order.
What somebody wrote (answers, notes, replies) is not in it; when and by whom is.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from turnout.core.events.programme import list_sessions
from turnout.core.identity.countries import find_country
from turnout.core.ids import EventId, OrgId, PersonId, RegistrationId, SessionId
from turnout.core.messaging.numbers import sought_addresses
from turnout.core.people.finding import list_former_addresses, list_former_names
from turnout.core.registrations.giving_back import CANCELLED
from turnout.core.timeline.sql import sql
from turnout.errors import Missing
from turnout.store import Tx

MESSAGES = 200


class Moment(NamedTuple):
    """Something that happened. `at` in epoch ms; `world` is `registration`, `person`,
    `waiting list`, `invitation`, `ticket`, `session`, `door`, `watching`, `exam` or `message`;
    `who` is empty where nobody's name is kept."""

    at: int
    world: str
    what: str
    who: str = ""


class _Facts(NamedTuple):
    org_id: OrgId
    id: RegistrationId
    uuid: str
    event_id: EventId
    person_id: PersonId
    email: str
    phone: str
    source: str
    sti: str
    sitting: int
    created_at: int


def read_timeline(tx: Tx, org_id: OrgId, registration_id: RegistrationId) -> list[Moment]:
    """Everything that happened to a registration and its person at the event, oldest first, with up
    to 200 messages to each of their addresses and numbers, former ones too. Raises Missing."""
    row = sql.find_facts(tx, org_id=org_id, id=registration_id)
    if row is None:
        raise Missing("registration.missing", registration_id=registration_id)
    facts = _Facts(org_id, registration_id, *row)
    moments = [moment for read in _WORLDS for moment in read(tx, facts)]
    return sorted(moments, key=lambda moment: moment.at)


def _registration(tx: Tx, facts: _Facts) -> Iterator[Moment]:
    source = f"{facts.source}, {facts.sti}" if facts.sti else facts.source
    yield Moment(facts.created_at, "registration", f"registered ({source or 'staff'})")
    sessions = list_sessions(tx, facts.org_id, facts.event_id)
    titles = {session.id: session.title for session in sessions}
    for at, who, action, about in sql.list_audited(
        tx, org_id=facts.org_id, noun="registration", id=facts.id
    ):
        known = msgspec.json.decode(about)
        title = titles.get(known.get("session_id"))
        yield Moment(at, "registration", f"{action} {title}" if title else action, who)
        if action == CANCELLED:
            yield from _ended_bookings(at, known, titles)


def _ended_bookings(
    at: int, known: dict[str, Any], titles: Mapping[SessionId, str]
) -> Iterator[Moment]:
    """The bookings that ended with a cancellation, which kept them."""
    for session_id, booked_at in zip(
        known.get("sessions", ()), known.get("booked_at", ()), strict=False
    ):
        if title := titles.get(session_id):
            yield Moment(booked_at, "session", f"booked {title}")
            yield Moment(at, "session", f"gave back {title}")


def _person(tx: Tx, facts: _Facts) -> Iterator[Moment]:
    for former in list_former_names(tx, facts.org_id, facts.person_id):
        yield Moment(former.until, "person", f"was called {former.name} until then")


def _waiting_list(tx: Tx, facts: _Facts) -> Iterator[Moment]:
    for name, state, created_at, offered_at, updated_at in sql.list_waited(
        tx, org_id=facts.org_id, event_id=facts.event_id, person_id=facts.person_id
    ):
        yield Moment(created_at, "waiting list", f"waits for {name}")
        if offered_at:
            yield Moment(offered_at, "waiting list", f"is offered {name}")
        if state not in ("waiting", "offered"):
            yield Moment(updated_at, "waiting list", state)


def _invitations(tx: Tx, facts: _Facts) -> Iterator[Moment]:
    for id_, name, created_at, sent_at, declined_at in sql.list_invited(
        tx, org_id=facts.org_id, event_id=facts.event_id, person_id=facts.person_id
    ):
        yield Moment(created_at, "invitation", f"invited: {name}")
        if sent_at:
            yield Moment(sent_at, "invitation", f"written to: {name}")
        entries = sql.list_audited(tx, org_id=facts.org_id, noun="invitation", id=id_)
        yield from (
            Moment(at, "invitation", f"{action}: {name}", who) for at, who, action, _ in entries
        )
        if declined_at and not any(entry.action == "declined" for entry in entries):
            yield Moment(declined_at, "invitation", f"declined: {name}")


def _tickets(tx: Tx, facts: _Facts) -> Iterator[Moment]:
    for code, name, state, granted_by, created_at, updated_at in sql.list_ticket_steps(
        tx, org_id=facts.org_id, registration_id=facts.id
    ):
        yield Moment(created_at, "ticket", f"{code} issued ({name}, by {granted_by})")
        if state == "cancelled":
            yield Moment(updated_at, "ticket", f"{code} cancelled")


def _sessions(tx: Tx, facts: _Facts) -> Iterator[Moment]:
    for title, at in sql.list_booked(tx, org_id=facts.org_id, registration_id=facts.id):
        yield Moment(at, "session", f"booked {title}")


def _doors(tx: Tx, facts: _Facts) -> Iterator[Moment]:
    for code, result, gate, device, at in sql.list_scanned(
        tx, org_id=facts.org_id, event_id=facts.event_id, registration_id=facts.id
    ):
        place = f" at {gate}" if gate else ""
        yield Moment(at, "door", f"{code} {result}{place}", device)


def _watching(tx: Tx, facts: _Facts) -> Iterator[Moment]:
    named: dict[str, Any] = {"org_id": facts.org_id, "event_id": facts.event_id}
    for mode, title, starts_at, ends_at in sql.list_viewed(tx, **named, registration_id=facts.id):
        seconds = (ends_at - starts_at) // 1000
        yield Moment(starts_at, "watching", f"watched {title} ({mode}, {seconds} s)")
    for title, at in sql.list_asked(tx, **named, registration_id=facts.id):
        yield Moment(at, "watching", f"asked a question in {title}")


def _exam(tx: Tx, facts: _Facts) -> Iterator[Moment]:
    if not facts.sitting:
        return
    for type_, at, who, reason in sql.list_exam_steps(
        tx, org_id=facts.org_id, registration_uuid=facts.uuid
    ):
        yield Moment(at, "exam", f"{type_}: {reason}" if reason else type_, who)


def _messages(tx: Tx, facts: _Facts) -> Iterator[Moment]:
    former = list_former_addresses(tx, facts.org_id, facts.person_id)
    emails = [facts.email, *(past.address for past in former if past.medium == "email")]
    phones = [facts.phone, *(past.address for past in former if past.medium == "phone")]
    for address in sought_addresses(emails, phones, find_country(tx, facts.org_id)):
        named: dict[str, Any] = {"org_id": facts.org_id, "address": address, "limit": MESSAGES}
        for row in sql.list_messages(tx, **named):
            at = row.sent_at or row.accepted_at
            yield Moment(at, "message", f"{row.channel} {row.status}: {row.name}")
        for name, received_at, is_opt_out in sql.list_replied(tx, **named):
            did = "opted out of" if is_opt_out else "replied to"
            yield Moment(received_at, "message", f"{did}: {name}")


_WORLDS = (
    _registration,
    _person,
    _waiting_list,
    _invitations,
    _tickets,
    _sessions,
    _doors,
    _watching,
    _exam,
    _messages,
)
