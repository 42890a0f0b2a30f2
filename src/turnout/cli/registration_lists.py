"""Finding registrations: the filters that lists and bulk changes share, and what is shown."""

import datetime
from dataclasses import dataclass
from typing import Annotated, Literal

from cyclopts import Parameter

from turnout.catalogue.histories import tell
from turnout.cli.app import Number, console, database, say_time, show_table
from turnout.cli.known import org_of_event
from turnout.cli.numbers import EventNumber, RegistrationNumber, SessionNumber, TicketTypeNumber
from turnout.core.events.model import EventState
from turnout.core.events.programme import get_event, list_sessions, list_ticket_types
from turnout.core.identity.organizations import get_organization
from turnout.core.ids import OrgId, RegistrationId, SessionId, TicketTypeId
from turnout.core.people.model import Contact
from turnout.core.questions.model import Answer
from turnout.core.questions.reading import list_questions, order_answers
from turnout.core.registrations.booking import (
    get_contact,
    list_booked_sessions,
    lock_registration,
)
from turnout.core.registrations.listing import (
    ListedRegistration,
    RegistrationFilter,
    check_filter,
    list_registrations,
)
from turnout.core.registrations.model import Registration, RegistrationState
from turnout.core.registrations.notes import Note, list_notes, list_tags
from turnout.core.tickets.issuing import list_valid_tickets
from turnout.core.timeline.reading import Moment, read_timeline
from turnout.errors import Invalid
from turnout.formats.money import say_money
from turnout.store import Tx


@dataclass(frozen=True)
class Filters:
    """Which registrations.

    Args:
        text: A part of name, address, company or ticket code, in any case.
        state: confirmed or cancelled.
        ticket_type: Number of the ticket type that they have.
        session: Number of a session that they booked.
        question: A part of a question that they answered.
        answer: A part of an answer, to that question or to any.
        checked: yes = checked in, no = not.
        source: Where they came from: registration (the API), page, program, invitation, "waiting
            list", staff, import, transfer or exam.
        since: Registered on this day or later, such as 2027-03-01 (UTC).
        until: Registered before this day.
        tag: A tag of the staff.
        payment: How one of the tickets' payments stands.
    """

    text: str = ""
    state: RegistrationState | None = None
    ticket_type: TicketTypeNumber | None = None
    session: SessionNumber | None = None
    question: str = ""
    answer: str = ""
    checked: Literal["yes", "no"] | None = None
    source: str = ""
    since: str = ""
    until: str = ""
    tag: str = ""
    payment: Literal["open", "paid", "waived", "refunded"] | None = None

    def of(self, event: EventNumber) -> RegistrationFilter:
        """The same for the model. Raises Invalid for what is no date."""
        return RegistrationFilter(
            event_id=event,
            text=self.text,
            state=self.state,
            ticket_type_id=self.ticket_type or TicketTypeId(0),
            session_id=self.session or SessionId(0),
            question=self.question,
            answer=self.answer,
            is_checked_in=None if self.checked is None else self.checked == "yes",
            source=self.source,
            since=_day(self.since),
            until=_day(self.until),
            tag=self.tag,
            payment=self.payment or "",
        )


AnyFilters = Annotated[Filters, Parameter(name="*", help="Only registrations that fit all.")]
NO_FILTERS = Filters()


def list_all(
    org: str,
    event: EventNumber,
    /,
    *,
    filters: AnyFilters = NO_FILTERS,
    after: Number | None = None,
    limit: Number = 100,
) -> None:
    """List the registrations of an event, by number, with the newest ticket of each.

    Example: turnout registration list acme 1000001 --state confirmed --question diet --answer vegan

    Args:
        org: Short name of the organization.
        event: Number of the event.
        after: Go on behind this number, the last of the list before.
        limit: How many at most.
    """
    with database() as db:
        org_id = org_of_event(db, org, event)
        behind = RegistrationId(after or 0)
        wanted = filters.of(event)
        db.call(check_filter, org_id, wanted)
        found = db.call(list_registrations, org_id, wanted, after=behind, limit=limit)
        is_cancelled = db.call(get_event, org_id, event).state is EventState.CANCELLED
    if is_cancelled:
        console.print(f"Event {event} is cancelled: no ticket of it is let in.")
    if not found:
        console.print("No registration fits.")
        return
    show_registrations(found)


def show_registrations(found: list[ListedRegistration]) -> None:
    """Print a table of registrations."""
    rows = (
        (
            str(registration.id),
            registration.state.value,
            say_time(registration.checked_in_at) if registration.checked_in_at else "",
            registration.type_name,
            registration.code,
            registration.email,
            registration.name,
        )
        for registration in found
    )
    show_table("NUMBER", "STATE", "CHECKED IN", "TICKET TYPE", "CODE", "E-MAIL", "NAME", rows=rows)


def show(org: str, registration: RegistrationNumber, /) -> None:
    """Show a registration: what was entered, tags and notes, and everything that happened.

    The timeline has the registration, invitations, messages, tickets, bookings, the door, what was
    watched and the exam.

    Example: turnout registration show acme 12

    Args:
        org: Short name of the organization.
        registration: Number of the registration in `turnout registration list`.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        found, who, tags, notes, moments = db.call(_read, org_id, registration)
        holds = db.call(_say_holdings, org_id, found)
        asked = db.call(list_questions, org_id, found.event_id, is_all=True)
    entered = found.submitted.contact
    console.print(f"Registration {found.id} for event {found.event_id} is {found.state}.")
    console.print(" ".join(filter(None, (who.name, f"<{who.email}>" if who.email else ""))))
    if entered.name not in ("", who.name):
        console.print(f"Registered with the name {entered.name}.")
    for line in holds:
        console.print(line)
    for given in order_answers(asked, found.submitted.answers):
        console.print(_say_answer(given))
    if tags:
        console.print(f"Tags: {', '.join(tags)}")
    for note in notes:
        console.print(f"{say_time(note.created_at)} {note.actor}: {note.note}")
    rows = (
        (say_time(moment.at), moment.world, tell(moment.what), moment.who) for moment in moments
    )
    show_table("AT", "WHERE", "WHAT", "WHO", rows=rows)


def sessions(org: str, event: EventNumber, /) -> None:
    """List how many booked each session; `turnout registration list --session` says who.

    Example: turnout registration sessions acme 1000001

    Args:
        org: Short name of the organization.
        event: Number of the event.
    """
    with database() as db:
        org_id = org_of_event(db, org, event)
        found = db.call(list_sessions, org_id, event)
    rows = (
        (
            str(session.id),
            session.state.value,
            str(session.held),
            "any" if session.capacity is None else str(session.capacity - session.held),
            session.title,
        )
        for session in found
    )
    show_table("NUMBER", "STATE", "BOOKED", "LEFT", "TITLE", rows=rows)


def _read(
    tx: Tx, org_id: OrgId, registration_id: RegistrationId
) -> tuple[Registration, Contact, list[str], list[Note], list[Moment]]:
    registration = lock_registration(tx, org_id, registration_id)
    return (
        registration,
        get_contact(tx, org_id, registration.person_id),
        list_tags(tx, org_id, registration_id),
        list_notes(tx, org_id, registration_id),
        read_timeline(tx, org_id, registration_id),
    )


def _say_holdings(tx: Tx, org_id: OrgId, registration: Registration) -> list[str]:
    """The tickets with their types and prices, and the sessions that are booked."""
    event_id = registration.event_id
    types = {kind.id: kind for kind in list_ticket_types(tx, org_id, event_id)}
    lines = []
    for ticket in list_valid_tickets(tx, org_id, registration.id):
        kind = types[ticket.ticket_type_id]
        price = say_money(kind.price_minor, kind.currency) if kind.price_minor else "free"
        lines.append(f"Ticket {ticket.code}: {kind.name} ({price})")
    booked = set(list_booked_sessions(tx, org_id, registration.id))
    sessions = [found for found in list_sessions(tx, org_id, event_id) if found.id in booked]
    return lines + [f"Session {found.id}: {found.title}" for found in sessions]


def _say_answer(given: Answer) -> str:
    said = f"{given.question or 'Without a question'}: {given.answer}"
    if not given.agreed_at:
        return said
    return f"{said} (text {given.version}, agreed to {say_time(given.agreed_at)})"


def _day(text: str) -> int:
    """The start of a day in UTC, in epoch ms; 0 where none is given. Raises Invalid."""
    if not text:
        return 0
    try:
        day = datetime.date.fromisoformat(text)
    except ValueError as error:
        raise Invalid("filter.day", text=text) from error
    start = datetime.datetime(day.year, day.month, day.day, tzinfo=datetime.UTC)
    return int(start.timestamp()) * 1000
