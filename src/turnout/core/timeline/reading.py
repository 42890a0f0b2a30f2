"""One timeline of a registration over all worlds.

Theory. Nothing is written for it: each world keeps its own record (tickets, scans, viewings, the
history of exams, messages, audit entries), and this reads them side by side and puts them in order.
What somebody wrote (answers, notes, replies) is not in it; when and by whom is. A reason given at
the door is: it says why somebody came in.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from turnout.catalogue import Phrase
from turnout.catalogue.histories import phrase_change, phrase_known
from turnout.core.events.programme import list_sessions
from turnout.core.identity.countries import find_country
from turnout.core.ids import EventId, OrgId, PersonId, RegistrationId, SessionId
from turnout.core.messaging.holding import Approval
from turnout.core.messaging.model import Status
from turnout.core.messaging.numbers import sought_addresses
from turnout.core.people.finding import list_former_addresses, list_former_names
from turnout.core.registrations.giving_back import CANCELLED
from turnout.core.timeline.sql import sql
from turnout.errors import Missing
from turnout.store import Tx

MESSAGES = 200
_CHANNELS = frozenset({"email", "sms", "mms", "fax"})


class Moment(NamedTuple):
    """Something that happened. `at` in epoch ms; `world` is `registration`, `person`,
    `waiting list`, `invitation`, `ticket`, `session`, `door`, `watching`, `exam` or `message`;
    `what` is told by `catalogue/histories.py`; `who` is the actor of the audit or the device, empty
    where nobody's name is kept."""

    at: int
    world: str
    what: Phrase
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


def read_timeline(
    tx: Tx, org_id: OrgId, registration_id: RegistrationId, *, is_of_event_only: bool = False
) -> list[Moment]:
    """Everything that happened to a registration and its person at the event, oldest first, with up
    to 200 messages to each of their addresses and numbers, former ones too. `is_of_event_only`
    leaves out what tells of other events: messages and former names. Raises Missing."""
    row = sql.find_facts(tx, org_id=org_id, id=registration_id)
    if row is None:
        raise Missing("registration.missing", registration_id=registration_id)
    facts = _Facts(org_id, registration_id, *row)
    worlds = [read for read in _WORLDS if not (is_of_event_only and read in _BEYOND)]
    moments = [moment for read in worlds for moment in read(tx, facts)]
    return sorted(moments, key=lambda moment: moment.at)


def _registration(tx: Tx, facts: _Facts) -> Iterator[Moment]:
    yield Moment(facts.created_at, "registration", _say_registered(facts))
    sessions = list_sessions(tx, facts.org_id, facts.event_id)
    titles = {session.id: session.title for session in sessions}
    for at, who, action, about in sql.list_audited(
        tx, org_id=facts.org_id, noun="registration", id=facts.id
    ):
        known = msgspec.json.decode(about)
        yield Moment(at, "registration", _say_step(action, known, titles), who)
        if action == CANCELLED:
            yield from _ended_bookings(at, known, titles)


def _say_registered(facts: _Facts) -> Phrase:
    through = _say_through(facts.source or "staff")
    if facts.sti:
        return Phrase("timeline.registered_sti", {"through": through, "sti": facts.sti})
    return Phrase("timeline.registered", {"through": through})


def _say_through(source: str) -> Phrase:
    known = phrase_known("timeline.through", source)
    other = Phrase("timeline.through.other", {"source": source})
    return other if known.code == "timeline.other" else known


def _say_step(action: str, known: dict[str, Any], titles: Mapping[SessionId, str]) -> Phrase:
    session_id = known.get("session_id")
    title = titles.get(session_id) if session_id else None
    return phrase_change("registration", action, known | ({"session": title} if title else {}))


def _ended_bookings(
    at: int, known: dict[str, Any], titles: Mapping[SessionId, str]
) -> Iterator[Moment]:
    """The bookings that ended with a cancellation, which kept them."""
    for session_id, booked_at in zip(
        known.get("sessions", ()), known.get("booked_at", ()), strict=False
    ):
        if title := titles.get(session_id):
            yield Moment(booked_at, "session", _say("booked", title=title))
            yield Moment(at, "session", _say("booking_ended", title=title))


def _person(tx: Tx, facts: _Facts) -> Iterator[Moment]:
    for former in list_former_names(tx, facts.org_id, facts.person_id):
        yield Moment(former.until, "person", _say("called", name=former.name))


def _waiting_list(tx: Tx, facts: _Facts) -> Iterator[Moment]:
    for name, state, created_at, offered_at, updated_at in sql.list_waited(
        tx, org_id=facts.org_id, event_id=facts.event_id, person_id=facts.person_id
    ):
        yield Moment(created_at, "waiting list", _say("waits", name=name))
        if offered_at:
            yield Moment(offered_at, "waiting list", _say("offered", name=name))
        if state not in ("waiting", "offered"):
            yield Moment(
                updated_at, "waiting list", phrase_known("timeline.waited", state, name=name)
            )


def _invitations(tx: Tx, facts: _Facts) -> Iterator[Moment]:
    for row in sql.list_invited(
        tx, org_id=facts.org_id, event_id=facts.event_id, person_id=facts.person_id
    ):
        id_, name, created_at, sent_at, declined_at, reminded_at, reminders = row
        yield Moment(created_at, "invitation", _say("invited", name=name))
        if sent_at:
            yield Moment(sent_at, "invitation", _say("written", name=name))
        if reminded_at:
            code = "reminded_often" if reminders > 1 else "reminded"
            yield Moment(reminded_at, "invitation", _say(code, name=name, count=reminders))
        entries = sql.list_audited(tx, org_id=facts.org_id, noun="invitation", id=id_)
        yield from (
            Moment(at, "invitation", _say_answer(action, name), who)
            for at, who, action, _ in entries
        )
        if declined_at and not any(entry.action == "declined" for entry in entries):
            yield Moment(declined_at, "invitation", _say("declined", name=name))


def _say_answer(action: str, name: str) -> Phrase:
    return _say("answered", what=phrase_change("invitation", action, {}), name=name)


def _tickets(tx: Tx, facts: _Facts) -> Iterator[Moment]:
    for code, name, state, granted_by, issued_by, created_at, updated_at in sql.list_ticket_steps(
        tx, org_id=facts.org_id, registration_id=facts.id
    ):
        kind = "ticket_kept" if issued_by else "ticket"
        through, kept = _say_through(issued_by or granted_by), _say_through(granted_by)
        issued = _say(kind, code=code, name=name, through=through, kept=kept)
        yield Moment(created_at, "ticket", issued)
        if state == "cancelled":
            yield Moment(updated_at, "ticket", _say("ticket_cancelled", code=code))


def _sessions(tx: Tx, facts: _Facts) -> Iterator[Moment]:
    for title, at in sql.list_booked(tx, org_id=facts.org_id, registration_id=facts.id):
        yield Moment(at, "session", _say("booked", title=title))


def _doors(tx: Tx, facts: _Facts) -> Iterator[Moment]:
    for code, result, gate, device, at in sql.list_scanned(
        tx, org_id=facts.org_id, event_id=facts.event_id, registration_id=facts.id
    ):
        what = phrase_known("timeline.scanned", result, code=code)
        yield _at_door(at, what, gate, device)
    for code, kind, reason, gate, device, at in sql.list_passed(
        tx, org_id=facts.org_id, event_id=facts.event_id, registration_id=facts.id
    ):
        what = phrase_known("timeline.passed", kind, code=code, reason=reason)
        yield _at_door(at, what, gate, device)


def _at_door(at: int, what: Phrase, gate: str | None, device: str) -> Moment:
    shown = _say("scanned_at", what=what, gate=gate) if gate else what
    return Moment(at, "door", shown, f"device:{device}" if device else "")


def _watching(tx: Tx, facts: _Facts) -> Iterator[Moment]:
    named: dict[str, Any] = {"org_id": facts.org_id, "event_id": facts.event_id}
    for mode, title, starts_at, ends_at in sql.list_viewed(tx, **named, registration_id=facts.id):
        time = _say_time((ends_at - starts_at) // 1000)
        what = phrase_known("timeline.watched", mode, title=title, time=time)
        yield Moment(starts_at, "watching", what)
    for title, at in sql.list_asked(tx, **named, registration_id=facts.id):
        yield Moment(at, "watching", _say("asked", title=title))


def _say_time(seconds: int) -> Phrase:
    hours, minutes = seconds // 3600, seconds // 60
    kind = "time.hours" if hours else "time.minutes" if minutes else "time.seconds"
    return _say(kind, hours=hours, minutes=minutes % 60, seconds=seconds % 60)


def _exam(tx: Tx, facts: _Facts) -> Iterator[Moment]:
    if not facts.sitting:
        return
    for type_, at, who, reason in sql.list_exam_steps(
        tx, org_id=facts.org_id, registration_uuid=facts.uuid
    ):
        what = phrase_known("exams.change", type_)
        yield Moment(at, "exam", _say("reason", what=what, reason=reason) if reason else what, who)


def _messages(tx: Tx, facts: _Facts) -> Iterator[Moment]:
    former = list_former_addresses(tx, facts.org_id, facts.person_id)
    emails = [facts.email, *(past.address for past in former if past.medium == "email")]
    phones = [facts.phone, *(past.address for past in former if past.medium == "phone")]
    for address in sought_addresses(emails, phones, find_country(tx, facts.org_id)):
        named: dict[str, Any] = {"org_id": facts.org_id, "address": address, "limit": MESSAGES}
        for row in sql.list_messages(tx, **named):
            at = row.sent_at or row.accepted_at
            kind = row.channel if row.channel in _CHANNELS else "call"
            channel = _say(f"channel.{kind}")
            is_held = row.status == Status.QUEUED and row.approval == Approval.WAITING
            outcome = "message.held" if is_held else f"message.{Status(row.status).name.lower()}"
            yield Moment(at, "message", _say(outcome, channel=channel, name=row.name))
        for name, received_at, is_opt_out in sql.list_replied(tx, **named):
            did = "opted_out" if is_opt_out else "replied"
            yield Moment(received_at, "message", _say(did, name=name))


def _say(kind: str, **facts: Any) -> Phrase:
    return Phrase(f"timeline.{kind}", facts)


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
_BEYOND = (_person, _messages)
