"""Registrations from files and in files: a row for each, with what was answered as columns."""

from collections import Counter
from collections.abc import Container, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from turnout.core.events.model import Session, TicketType
from turnout.core.events.programme import list_sessions, list_ticket_types
from turnout.core.ids import EventId, OrgId, RegistrationId, SessionId, TicketTypeId
from turnout.core.importing.layout import Known
from turnout.core.importing.records import Record
from turnout.core.people.contact_rows import CONTACT_KEYS, read_contact
from turnout.core.people.merging import find_person
from turnout.core.people.reach import Reach
from turnout.core.questions.judging import question_key
from turnout.core.questions.model import Answer, Question
from turnout.core.questions.reading import list_questions
from turnout.core.registrations.changing import add_by_staff
from turnout.core.registrations.granting import Granted
from turnout.core.registrations.listing import ListedRegistration
from turnout.core.registrations.sql import sql
from turnout.core.text import fold
from turnout.core.times import stamp
from turnout.errors import Invalid
from turnout.store import Tx

if TYPE_CHECKING:
    from turnout.core.registrations.sql import ListExportedTicketsRow

SOURCE = "import"
MOST_QUESTIONS = 100
PAGE = 500
REGISTRATIONS = Known(
    (*CONTACT_KEYS, "tickettype", "session"), needed=(("email",),), customs=MOST_QUESTIONS
)
"""What a file of registrations has; other columns are answers to the question that names them."""

HEADINGS = (
    *("Registration", "State", "First name", "Last name", "Email", "Company", "Job title", "Phone"),
    *("Address", "Post code", "City", "Province", "Country", "Ticket type", "Session"),
    *("Ticket code", "Checked in", "Source", "Registered"),
)
"""What a file of registrations begins with, before the questions."""


class Choices(NamedTuple):
    """What rows may name: the ticket types, sessions and questions of the event."""

    event_id: EventId
    ticket_types: Mapping[str, TicketTypeId]
    sessions: Mapping[str, SessionId]
    type_names: list[str]
    session_names: list[str]
    questions: list[Question]


def read_choices(tx: Tx, org_id: OrgId, event_id: EventId) -> Choices:
    """The ticket types and sessions of an event, by name in any case, number and pak, and what
    it asks."""
    types = list_ticket_types(tx, org_id, event_id)
    sessions = list_sessions(tx, org_id, event_id)
    return Choices(
        event_id,
        {name: kind.id for kind in types for name in _names_of(kind)},
        {name: session.id for session in sessions for name in _names_of(session)},
        [kind.name for kind in types],
        [session.title for session in sessions],
        list_questions(tx, org_id, event_id),
    )


class Exported(NamedTuple):
    """A registration with all that its row says: the person's details from Job title to Country,
    and the names of the types of its valid tickets, of which one may come twice, their codes and
    the booked sessions. One that is cancelled has its newest ticket."""

    listed: ListedRegistration
    details: list[str]
    type_names: list[str]
    codes: list[str]
    session_names: list[str]
    checked_in_at: int | None


def import_registration(
    tx: Tx,
    org_id: OrgId,
    choices: Choices,
    row: Record,
    *,
    ticket_type_id: TicketTypeId | None,
    is_mailed: bool,
    reach: Reach | None = None,
    actor: str,
) -> Granted:
    """Register one row as staff would; `ticket_type_id` None = each type that the row names; where
    it names none, somebody who is registered keeps what they have, and others get the event's
    default one. Required questions may stay without an answer. Idempotent. Raises Invalid, and as
    `add_by_staff` does."""
    contact = read_contact(row)
    named = [ticket_type_id] if ticket_type_id else _find_types(row["tickettype"], choices)
    own = None if named else _find_own_type(tx, org_id, choices.event_id, contact.email)
    common: dict[str, Any] = {
        "is_mailed": is_mailed,
        "is_complete": False,
        "source": SOURCE,
        "reach": reach,
    }
    granted = add_by_staff(
        tx,
        org_id,
        choices.event_id,
        contact,
        ticket_type_id=named[0] if named else own,
        session_ids=_find_sessions(row["session"], choices),
        answers=_read_answers(row, choices),
        actor=actor,
        **common,
    )
    for other in named[1:]:
        add_by_staff(
            tx,
            org_id,
            choices.event_id,
            contact,
            ticket_type_id=other,
            actor=actor,
            **common,
        )
    return granted


def note_questions(questions: dict[str, None], page: Sequence[ListedRegistration]) -> None:
    """Add what was asked to the questions that are known, in the order in which they came up."""
    for registration in page:
        questions |= dict.fromkeys(answer.question for answer in registration.answers)


def read_exported(
    tx: Tx, org_id: OrgId, event_id: EventId, page: Sequence[ListedRegistration]
) -> list[Exported]:
    """All that their rows say of registrations of an event, which are in the order of their
    numbers."""
    if not page:
        return []
    among: dict[str, Any] = {
        "org_id": org_id,
        "event_id": event_id,
        "first": page[0].id,
        "last": page[-1].id,
    }
    details = {id_: rest for id_, *rest in sql.list_exported_details(tx, **among)}
    tickets: dict[RegistrationId, list[ListExportedTicketsRow]] = {}
    for row in sql.list_exported_tickets(tx, **among):
        tickets.setdefault(row.registration_id, []).append(row)
    booked: dict[RegistrationId, list[SessionId]] = {}
    for registration_id, session_id in sql.list_exported_bookings(tx, **among):
        booked.setdefault(registration_id, []).append(session_id)
    types = _name_each({kind.id: kind.name for kind in list_ticket_types(tx, org_id, event_id)})
    sessions = _name_each({one.id: one.title for one in list_sessions(tx, org_id, event_id)})
    return [
        _export(
            listed,
            details[listed.id],
            [(types[ticket.ticket_type_id], ticket) for ticket in tickets.get(listed.id, ())],
            [sessions[session_id] for session_id in booked.get(listed.id, ())],
        )
        for listed in page
    ]


def _export(
    listed: ListedRegistration,
    details: Sequence[str],
    tickets: Sequence[tuple[str, "ListExportedTicketsRow"]],
    sessions: list[str],
) -> Exported:
    if not tickets:
        types, codes = [listed.type_name], [listed.code]
        return Exported(listed, list(details), types, codes, sessions, listed.checked_in_at)
    checked = [ticket.checked_in_at for _, ticket in tickets if ticket.checked_in_at]
    types, codes = [name for name, _ in tickets], [ticket.code for _, ticket in tickets]
    return Exported(listed, list(details), types, codes, sessions, min(checked, default=None))


def _name_each(names: Mapping[Any, str]) -> dict[Any, str]:
    """How a file names each: by its number where the name is not its own, or would be read as
    several."""
    count = Counter(fold(name.strip()) for name in names.values())
    return {
        number: str(number) if ";" in name or count[fold(name.strip())] > 1 else name
        for number, name in names.items()
    }


def row_of(exported: Exported, questions: Sequence[str], timezone: str) -> list[str]:
    """A registration as a row below HEADINGS and the questions; times by the clock of a zone.
    Several ticket types, codes, sessions, and answers to one question have `; ` between them."""
    registration, checked_in_at = exported.listed, exported.checked_in_at
    answers: dict[str, list[str]] = {}
    for answer in registration.answers:
        answers.setdefault(answer.question, []).append(answer.answer)
    return [
        str(registration.id),
        registration.state.value,
        registration.first_name,
        registration.last_name,
        registration.email,
        registration.company,
        *exported.details,
        *("; ".join(names) for names in (exported.type_names, exported.session_names)),
        "; ".join(exported.codes),
        stamp(checked_in_at, timezone) if checked_in_at else "",
        registration.source,
        stamp(registration.created_at, timezone),
        *("; ".join(answers.get(question, ())) for question in questions),
    ]


def _read_answers(row: Record, choices: Choices) -> list[Answer]:
    """The cells of other columns, and of those that a question shares with a known detail."""
    headings = {question_key(name): key for key, name in row.headings.items() if key in row}
    shared = [
        Answer(question.name, row[key])
        for question in choices.questions
        if (key := headings.get(question_key(question.name)))
    ]
    return shared + [Answer(question, answer) for question, answer in row.customs.items()]


def _names_of(thing: TicketType | Session) -> tuple[str, ...]:
    if isinstance(thing, Session):
        return (str(thing.id), thing.pak, fold(thing.title.strip()))
    return (str(thing.id), fold(thing.name.strip()))


def _find_own_type(tx: Tx, org_id: OrgId, event_id: EventId, email: str) -> TicketTypeId | None:
    """A type of which somebody has a ticket already; None = they have none."""
    person = find_person(tx, org_id, email)
    if person is None:
        return None
    rows = sql.list_entering_types(tx, org_id=org_id, event_id=event_id, person_id=person.id)
    return min((type_id for (type_id,) in rows), default=None)


def _find_types(text: str, choices: Choices) -> list[TicketTypeId]:
    """The types that a cell names, each once."""
    found = []
    for name in _parts(text, choices.ticket_types):
        type_id = choices.ticket_types.get(fold(name))
        if type_id is None:
            raise Invalid("import.ticket_type", name=name, known=choices.type_names)
        found.append(type_id)
    return list(dict.fromkeys(found))


def _find_sessions(text: str, choices: Choices) -> list[SessionId]:
    found = []
    for name in _parts(text, choices.sessions):
        session_id = choices.sessions.get(fold(name))
        if session_id is None:
            raise Invalid("import.session", name=name, known=choices.session_names)
        found.append(session_id)
    return found


def _parts(text: str, known: Container[str]) -> list[str]:
    """The names in a cell, with ; between them unless that is part of one."""
    if fold(text.strip()) in known:
        return [text.strip()]
    return [part.strip() for part in text.split(";") if part.strip()]
