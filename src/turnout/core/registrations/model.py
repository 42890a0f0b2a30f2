"""A registration and what was answered in it."""

import enum
from typing import NamedTuple

import msgspec

from turnout.core.ids import (
    EventId,
    PartyId,
    PersonId,
    RegistrationId,
    SessionId,
    TicketTypeId,
)
from turnout.core.people.model import Contact
from turnout.core.questions.model import Answer


class RegistrationState(enum.StrEnum):
    """Whether the person is still expected."""

    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"


class Submitted(msgspec.Struct, frozen=True):
    """What somebody entered when registering, kept as it was submitted."""

    contact: Contact
    answers: list[Answer] = []


class Registration(msgspec.Struct, frozen=True):
    """One person at one event. Instants in epoch ms; `ticket_type_id` is the type with which it was
    made or revived (what it holds are its tickets); `sitting` is 0 unless it is a candidate's;
    `party_id` None = it was made alone."""

    id: RegistrationId
    uuid: str
    event_id: EventId
    person_id: PersonId
    ticket_type_id: TicketTypeId
    state: RegistrationState
    source: str
    submitted: Submitted
    created_at: int
    updated_at: int
    sitting: int
    party_id: PartyId | None


class WantedSession(NamedTuple):
    """A session that somebody asks for, and what decides about it, as it is stored;
    `ticket_type_ids` is JSON, `places_left` None = any number."""

    pak: str
    id: SessionId
    event_id: EventId
    state: str
    event_state: str
    is_exam: int
    mails_tickets: int
    waits_when_full: int
    ticket_type_ids: str
    has_questions: int
    places_left: int | None


def join_submissions(old: Submitted, new: Submitted) -> Submitted:
    """Both submissions of one person: the newer wins where it says something."""
    known = {name: value for name, value in msgspec.structs.asdict(new.contact).items() if value}
    answers = {answer.question: answer for answer in (*old.answers, *new.answers)}
    return Submitted(msgspec.structs.replace(old.contact, **known), list(answers.values()))
