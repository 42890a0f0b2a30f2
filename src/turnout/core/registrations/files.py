"""Registrations from files and in files: a row for each, with what was answered as columns."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from turnout.core.events.model import Session, TicketType
from turnout.core.events.programme import list_sessions, list_ticket_types
from turnout.core.ids import EventId, OrgId, SessionId, TicketTypeId
from turnout.core.importing.layout import Known
from turnout.core.importing.records import Record
from turnout.core.people.contact_rows import CONTACT_KEYS, read_contact
from turnout.core.questions.judging import question_key
from turnout.core.questions.model import Answer, Question
from turnout.core.questions.reading import list_questions
from turnout.core.registrations.changing import add_by_staff
from turnout.core.registrations.granting import Granted
from turnout.core.registrations.listing import ListedRegistration
from turnout.core.text import fold
from turnout.core.times import stamp
from turnout.errors import Invalid
from turnout.store import Tx

SOURCE = "import"
MOST_QUESTIONS = 100
PAGE = 500
REGISTRATIONS = Known(
    (*CONTACT_KEYS, "tickettype", "session"), needed=(("email",),), customs=MOST_QUESTIONS
)
"""What a file of registrations has; other columns are answers to the question that names them."""

HEADINGS = (
    *("Registration", "State", "First name", "Last name", "Email", "Company", "Ticket type"),
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


def import_registration(
    tx: Tx,
    org_id: OrgId,
    choices: Choices,
    row: Record,
    *,
    ticket_type_id: TicketTypeId | None,
    is_mailed: bool,
    actor: str,
) -> Granted:
    """Register one row as staff would; `ticket_type_id` None = the one that the row names, or the
    event's default one. Required questions may stay without an answer. Idempotent. Raises Invalid,
    and as `add_by_staff` does."""
    return add_by_staff(
        tx,
        org_id,
        choices.event_id,
        read_contact(row),
        ticket_type_id=ticket_type_id or _find_type(row["tickettype"], choices),
        session_ids=[_find_session(name, choices) for name in _parts(row["session"])],
        answers=_read_answers(row, choices),
        is_mailed=is_mailed,
        is_complete=False,
        source=SOURCE,
        actor=actor,
    )


def note_questions(questions: dict[str, None], page: Sequence[ListedRegistration]) -> None:
    """Add what was asked to the questions that are known, in the order in which they came up."""
    for registration in page:
        questions |= dict.fromkeys(answer.question for answer in registration.answers)


def row_of(registration: ListedRegistration, questions: Sequence[str], timezone: str) -> list[str]:
    """A registration as a row below HEADINGS and the questions; times by the clock of a zone.
    Several answers to one question have `; ` between them."""
    checked_in_at = registration.checked_in_at
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
        registration.type_name,
        registration.code,
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


def _find_type(name: str, choices: Choices) -> TicketTypeId | None:
    if not name:
        return None
    found = choices.ticket_types.get(fold(name.strip()))
    if found is None:
        raise Invalid("import.ticket_type", name=name, known=choices.type_names)
    return found


def _find_session(name: str, choices: Choices) -> SessionId:
    found = choices.sessions.get(fold(name))
    if found is None:
        raise Invalid("import.session", name=name, known=choices.session_names)
    return found


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(";") if part.strip()]
