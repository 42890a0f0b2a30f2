"""What staff do to a registration: add one by hand, change it (restoring.py restores it).

Rules.
- Staff may add where the event is a draft or closed (rules.py), and nobody where it is full.
- A candidate's registration is changed in its exam (exams/), not here.
- Audit entries name what was changed, never what people wrote.
- Places are taken in the order of places.py: the offer, sessions, ticket type, event.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from turnout.core.audit.recording import record
from turnout.core.events.model import SessionState
from turnout.core.events.programme import get_event, list_sessions, list_ticket_types
from turnout.core.ids import EventId, OrgId, RegistrationId, SessionId, TicketTypeId
from turnout.core.people.contacts import check_contact, check_details
from turnout.core.people.correcting import change_address
from turnout.core.people.merging import add_guest
from turnout.core.people.model import Contact
from turnout.core.people.reach import Reach, meet_person
from turnout.core.questions.judging import find_unmet, question_key, unmet
from turnout.core.questions.model import Answer
from turnout.core.questions.reading import accept_answers, list_questions
from turnout.core.registrations import booking, places
from turnout.core.registrations.granting import Granted, Wish, change_type, grant
from turnout.core.registrations.joining import queue_ticket_mail
from turnout.core.registrations.model import (
    Registration,
    RegistrationState,
    Submitted,
    join_submissions,
)
from turnout.core.registrations.pricing import Asking
from turnout.core.registrations.rules import Door, check
from turnout.core.registrations.sql import sql
from turnout.core.registrations.telling import find_mail_address
from turnout.core.text import is_blank, is_paragraph
from turnout.core.tickets.issuing import Ticket, list_valid_tickets
from turnout.core.waiting_list.entries import lock_offer
from turnout.errors import Conflict, Invalid
from turnout.store import Tx

SOURCE = "staff"
LONGEST_QUESTION, LONGEST_ANSWER, MOST_ANSWERS = 200, 2000, 100
NOT_CHANGED = ("email",)


def add_by_staff(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    contact: Contact,
    *,
    ticket_type_id: TicketTypeId | None = None,
    session_ids: Sequence[SessionId] = (),
    answers: Sequence[Answer] = (),
    is_mailed: bool = True,
    is_complete: bool = True,
    source: str = SOURCE,
    asking: Asking | None = None,
    reach: Reach | None = None,
    needs_address: bool = True,
    actor: str,
) -> Granted:
    """Register somebody by hand, with a ticket of the type (None = the event's default one) and a
    booking of the sessions; the new ticket is mailed. Idempotent: a ticket of the type is kept, and
    sessions and answers are added. Required questions must be answered if `is_complete`. `asking`
    says whether the price of a new ticket is asked for, None = as the event does at this door.
    `reach` is that of staff (people/reach.py), who may not change everybody whom they may add.
    Without `needs_address` the address may be empty: then they are a new person each time.

    Raises Conflict when the event is cancelled, over or an exam, or a place is missing, Invalid for
    the contact, an answer, a payment of a free ticket, a type or session of another event,
    Missing.
    """
    has_address = needs_address or bool(contact.email.strip())
    (check_contact if has_address else check_details)(contact)
    _check_answers(answers)
    get_event(tx, org_id, event_id)
    if ticket_type_id is None:
        ticket_type_id = _default_type(tx, org_id, event_id)
    _check_type(tx, org_id, event_id, ticket_type_id)
    _check_sessions(tx, org_id, event_id, session_ids)
    if has_address:
        person_id = meet_person(tx, org_id, contact, reach)
    else:
        person_id = add_guest(tx, org_id, contact)
    lock_offer(tx, org_id, event_id, person_id)
    known = booking.find_registration(tx, org_id, event_id, person_id)
    is_known = known is not None and known.state is RegistrationState.CONFIRMED
    booked = booking.list_booked_sessions(tx, org_id, known.id) if known and is_known else []
    wanted = _take_sessions(tx, org_id, event_id, set(session_ids).difference(booked))
    must_meet = ticket_type_id if is_complete else None
    before = known.submitted.answers if known else ()
    kept = accept_answers(tx, org_id, event_id, answers, must_meet=must_meet, known=before)
    submitted = Submitted(contact, kept)
    wish = Wish(Door.STAFF, event_id, person_id, ticket_type_id, source, submitted)
    granted = grant(tx, org_id, wish._replace(asking=asking))
    booking.add_bookings(tx, org_id, granted.registration_id, wanted)
    if known and is_known:
        joined = join_submissions(known.submitted, submitted)
        booking.set_answers(tx, org_id, known.id, joined)
    if is_mailed and granted.is_new:
        queue_ticket_mail(tx, org_id, granted.ticket.id)
    record(tx, org_id, actor, "added", "registration", granted.registration_id, sessions=wanted)
    return granted


def set_answers(
    tx: Tx,
    org_id: OrgId,
    registration_id: RegistrationId,
    answers: Mapping[str, str],
    *,
    actor: str,
) -> None:
    """Change what was answered to some questions; an empty answer takes one away. Raises Invalid,
    also for an answer that its question does not take and for taking away one that is required,
    Missing."""
    registration = booking.lock_registration(tx, org_id, registration_id)
    given = [Answer(question.strip(), answer) for question, answer in answers.items()]
    _check_answers(given)
    given = _judge(tx, org_id, registration, given)
    known = {answer.question: answer for answer in registration.submitted.answers}
    known |= {answer.question: answer for answer in given}
    kept = [answer for answer in known.values() if answer.answer.strip()]
    if len(kept) > MOST_ANSWERS:
        raise Invalid("answer.many", limit=MOST_ANSWERS)
    submitted = msgspec.structs.replace(registration.submitted, answers=kept)
    booking.set_answers(tx, org_id, registration_id, submitted)
    record(tx, org_id, actor, "changed answers", "registration", registration_id, count=len(given))


def set_details(
    tx: Tx,
    org_id: OrgId,
    registration_id: RegistrationId,
    details: Mapping[str, str],
    *,
    actor: str,
) -> None:
    """Correct what is known of the person (fields of Contact but the address), in the registration
    and for good; a learner's name stays. Raises Invalid, Missing."""
    registration = booking.lock_registration(tx, org_id, registration_id)
    if (
        unknown := set(details)
        .difference(Contact.__struct_fields__)
        .union(set(details).intersection(NOT_CHANGED))
    ):
        raise Invalid("contact.field", field=min(unknown))
    contact = msgspec.structs.replace(registration.submitted.contact, **details)
    check_details(contact)
    submitted = msgspec.structs.replace(registration.submitted, contact=contact)
    booking.set_answers(tx, org_id, registration_id, submitted)
    sql.set_person_details(
        tx,
        org_id=org_id,
        id=registration.person_id,
        now=tx.now,
        **{
            name: details.get(name, "")
            for name in Contact.__struct_fields__
            if name not in NOT_CHANGED
        },
    )
    record(
        tx,
        org_id,
        actor,
        "changed details",
        "registration",
        registration_id,
        fields=sorted(details),
    )


def set_address(
    tx: Tx, org_id: OrgId, registration_id: RegistrationId, email: str, *, actor: str
) -> None:
    """Give the person an e-mail address, such as a guest of a party who had none, in the
    registration and for good; the mails of a party still go to its contact. Raises Conflict when it
    is somebody else's, Invalid, Missing."""
    registration = booking.lock_registration(tx, org_id, registration_id)
    change_address(tx, org_id, registration.person_id, email, actor=actor)
    contact = msgspec.structs.replace(registration.submitted.contact, email=email.strip())
    submitted = msgspec.structs.replace(registration.submitted, contact=contact)
    booking.set_answers(tx, org_id, registration_id, submitted)


def book_session(
    tx: Tx, org_id: OrgId, registration_id: RegistrationId, session_id: SessionId, *, actor: str
) -> None:
    """Book a session of the event with a registration. Idempotent. Raises Conflict when it is full
    or cancelled or the registration is, Invalid for a session of another event, Missing."""
    registration = _lock_confirmed(tx, org_id, registration_id)
    _check_sessions(tx, org_id, registration.event_id, [session_id])
    if session_id in booking.list_booked_sessions(tx, org_id, registration_id):
        return
    taken = _take_sessions(tx, org_id, registration.event_id, {session_id})
    booking.add_bookings(tx, org_id, registration_id, taken)
    sql.touch_registration(tx, org_id=org_id, id=registration_id, now=tx.now)
    record(tx, org_id, actor, "booked", "registration", registration_id, session_id=session_id)


def leave_session(
    tx: Tx, org_id: OrgId, registration_id: RegistrationId, session_id: SessionId, *, actor: str
) -> None:
    """Cancel the booking of a session; the registration stays. Idempotent. Raises Missing."""
    booking.lock_registration(tx, org_id, registration_id)
    named: dict[str, Any] = {"org_id": org_id, "registration_id": registration_id}
    if not sql.delete_booking(tx, **named, session_id=session_id):
        return
    places.release_session_place(tx, org_id, session_id)
    sql.touch_registration(tx, org_id=org_id, id=registration_id, now=tx.now)
    record(tx, org_id, actor, "left", "registration", registration_id, session_id=session_id)


def set_type(
    tx: Tx, org_id: OrgId, registration_id: RegistrationId, type_id: TicketTypeId, *, actor: str
) -> None:
    """Make the registration's one ticket one of another type; its code stays. Idempotent.

    Raises Conflict when it has several tickets (change one by its code) or the ticket was used,
    none of the type is left, the registration is cancelled or the event over; Invalid, Missing.
    """
    registration = _lock_confirmed(tx, org_id, registration_id)
    event = get_event(tx, org_id, registration.event_id)
    check(Door.STAFF, event.state, event.ends_at, tx.now)
    _check_type(tx, org_id, registration.event_id, type_id)
    ticket = get_only_ticket(tx, org_id, registration)
    if ticket.ticket_type_id == type_id:
        return
    if sql.is_checked_in(tx, org_id=org_id, id=ticket.id):
        raise Conflict("ticket.used", code=ticket.code)
    change_type(tx, org_id, registration, ticket, type_id)
    facts = {"ticket_type_id": type_id}
    record(tx, org_id, actor, "changed ticket type", "registration", registration_id, **facts)


def resend_tickets(tx: Tx, org_id: OrgId, registration_id: RegistrationId, *, actor: str) -> int:
    """Mail the tickets of a registration again, a party's to its contact; returns how many. Raises
    Conflict for one that is cancelled and for somebody without an address, Missing."""
    registration = booking.lock_registration(tx, org_id, registration_id)
    _check_confirmed(registration)
    if not find_mail_address(tx, org_id, registration):
        raise Conflict("registration.no_address", registration_id=registration_id)
    tickets = list_valid_tickets(tx, org_id, registration_id)
    for ticket in tickets:
        queue_ticket_mail(tx, org_id, ticket.id)
    record(tx, org_id, actor, "resent", "registration", registration_id, tickets=len(tickets))
    return len(tickets)


def has_checked_in(tx: Tx, org_id: OrgId, registration_id: RegistrationId) -> bool:
    """Whether a valid ticket of the registration came through the door, for callers that go on to
    write: that stays so until this transaction ends. Raises Missing."""
    booking.lock_registration(tx, org_id, registration_id)
    tickets = list_valid_tickets(tx, org_id, registration_id)
    return any(sql.is_checked_in(tx, org_id=org_id, id=ticket.id) for ticket in tickets)


def get_only_ticket(tx: Tx, org_id: OrgId, registration: Registration) -> Ticket:
    """The valid ticket of a registration that has one. Raises Conflict, also for one that is
    cancelled."""
    _check_confirmed(registration)
    tickets = list_valid_tickets(tx, org_id, registration.id)
    if len(tickets) != 1:
        codes = [ticket.code for ticket in tickets]
        raise Conflict("registration.tickets", registration_id=registration.id, codes=codes)
    return tickets[0]


# -- what may be changed -------------------------------------------------------------------


def _lock_confirmed(tx: Tx, org_id: OrgId, registration_id: RegistrationId) -> Registration:
    registration = booking.lock_registration(tx, org_id, registration_id)
    _check_no_candidate(registration)
    _check_confirmed(registration)
    return registration


def _check_no_candidate(registration: Registration) -> None:
    if registration.sitting:
        raise Conflict("registration.candidate", registration_id=registration.id)


def _check_confirmed(registration: Registration) -> None:
    if registration.state is not RegistrationState.CONFIRMED:
        raise Conflict("registration.not_confirmed", registration_id=registration.id)


def _check_answers(answers: Sequence[Answer]) -> None:
    for given in answers:
        fits = len(given.question) <= LONGEST_QUESTION and len(given.answer) <= LONGEST_ANSWER
        if is_blank(given.question) or not fits or not is_paragraph(given.question + given.answer):
            raise Invalid("answer.text", question=given.question, limit=LONGEST_ANSWER)


def _judge(tx: Tx, org_id: OrgId, registration: Registration, given: list[Answer]) -> list[Answer]:
    """What was answered, as it is kept, with those that are taken away. Raises Invalid."""
    asked = list_questions(tx, org_id, registration.event_id)
    names = {question_key(question.name): question.name for question in asked}
    filled = [answer for answer in given if answer.answer.strip()]
    taken = [
        Answer(names.get(question_key(answer.question), answer.question), "")
        for answer in given
        if not answer.answer.strip()
    ]
    gone = {answer.question for answer in taken}
    for question in find_unmet(asked, taken, registration.ticket_type_id):
        if question.name in gone:
            raise unmet(question)
    return accept_answers(tx, org_id, registration.event_id, filled) + taken


def _check_type(tx: Tx, org_id: OrgId, event_id: EventId, type_id: TicketTypeId) -> None:
    if type_id not in {kind.id for kind in list_ticket_types(tx, org_id, event_id)}:
        raise Invalid("ticket_type.not_in_event")


def _default_type(tx: Tx, org_id: OrgId, event_id: EventId) -> TicketTypeId:
    types = list_ticket_types(tx, org_id, event_id)
    return next(kind.id for kind in types if kind.is_default)


def _check_sessions(
    tx: Tx, org_id: OrgId, event_id: EventId, session_ids: Sequence[SessionId]
) -> None:
    if not session_ids:
        return
    states = {found.id: found.state for found in list_sessions(tx, org_id, event_id)}
    for session_id in session_ids:
        if session_id not in states:
            raise Invalid("session.not_in_event", session_id=session_id, event_id=event_id)
        if states[session_id] is SessionState.CANCELLED:
            raise Conflict("session.cancelled")


def _take_sessions(
    tx: Tx, org_id: OrgId, event_id: EventId, session_ids: set[SessionId]
) -> list[SessionId]:
    """Take a place in each of them. Raises Conflict."""
    wanted = sorted(session_ids)
    full = set(wanted) - places.take_session_places(tx, org_id, wanted)
    for found in list_sessions(tx, org_id, event_id) if full else []:
        if found.id in full:
            raise Conflict(
                "session.taken", title=found.title, held=found.held, capacity=found.capacity
            )
    return wanted
