"""One registration beside the list: contact, tickets, answers, notes, and everything in order."""

import re
from collections.abc import Iterable
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from falcon.asgi import Request, Response

from turnout.catalogue.histories import tell
from turnout.core.door.telling import list_together
from turnout.core.erasure.overview import find_erased_at
from turnout.core.events.model import Session, TicketType
from turnout.core.events.programme import list_sessions, list_ticket_types
from turnout.core.exams.sittings import ExamPlace, find_place
from turnout.core.ids import NO_REGISTRATION, PersonId, RegistrationId
from turnout.core.payments.settling import list_of_registration
from turnout.core.people.model import Contact
from turnout.core.questions.model import Answer
from turnout.core.questions.reading import list_questions, order_answers
from turnout.core.registrations.booking import get_contact, list_booked_sessions
from turnout.core.registrations.browsing import get_registration, list_check_ins
from turnout.core.registrations.model import Registration, RegistrationState
from turnout.core.registrations.notes import Note, list_notes, list_tags
from turnout.core.tickets.issuing import Ticket, list_tickets
from turnout.core.timeline.reading import Moment, read_timeline
from turnout.errors import Gone
from turnout.web.console.actors import name_actor, name_actors, say_by
from turnout.web.console.figures import in_zone
from turnout.web.console.page import ConsolePage, Visit
from turnout.web.console.people.listing import PeopleList, read_people
from turnout.web.console.people.query import READ, Column, PeopleQuery, State, parse_people
from turnout.web.console.people.telling import say_person_done
from turnout.web.numbers import parse_number

if TYPE_CHECKING:
    from turnout.core.payments.sql import ListOfRegistrationRow

WORLDS = {
    "registration": ("person", ""),
    "person": ("person", ""),
    "waiting list": ("clock", "wait"),
    "invitation": ("mail", ""),
    "ticket": ("ticket", ""),
    "session": ("calendar", ""),
    "door": ("door", "go"),
    "watching": ("video", "info"),
    "exam": ("exam", "info"),
    "message": ("mail", ""),
}
"""The icon of each world of a timeline, and its state."""
_STOPS = re.compile(
    r"cancelled|Cancelled|timeline\.message\.(?!sent|queued)|scanned\.(elsewhere|unknown|unpaid)"
)
"""The codes of what went wrong or came to an end."""


class HeldTicket(NamedTuple):
    """A ticket with the name of its type and when it was checked in (epoch ms)."""

    ticket: Ticket
    type_name: str
    checked_in_at: int | None


class Stop(NamedTuple):
    """Something that happened, as the line shows it; `who` is by whom."""

    at: int
    world: str
    icon: str
    kind: str
    what: str
    who: str


class Person(NamedTuple):
    """Everything that the panel shows. `days` are the stops by day, the newest first; `together`
    are the names of those who come along, by their registrations."""

    registration: Registration
    contact: Contact
    tickets: list[HeldTicket]
    sessions: list[Session]
    types: list[TicketType]
    answers: list[Answer]
    notes: list[Note]
    tags: list[str]
    days: list[tuple[int, list[Stop]]]
    names: dict[str, str]
    erased_at: int | None
    payments: "list[ListOfRegistrationRow]"
    together: dict[RegistrationId, str]
    exam: ExamPlace | None

    @property
    def is_erased(self) -> bool:
        """Whether nothing is left that tells who it was."""
        return self.erased_at is not None and not self.name

    @property
    def name(self) -> str:
        """First and last name, else the address."""
        return self.contact.name or self.contact.email

    @property
    def is_confirmed(self) -> bool:
        return self.registration.state is RegistrationState.CONFIRMED

    @property
    def checked_in_at(self) -> int | None:
        """When the first valid ticket came through the door (epoch ms)."""
        times = [held.checked_in_at for held in self.tickets if held.ticket.state == "valid"]
        return min((at for at in times if at is not None), default=None)


class PersonPage(ConsolePage):
    """`/console/{event}/people/{registration}`."""

    async def on_get(self, req: Request, resp: Response, scope: str, registration: str) -> None:
        """The panel, over the list that the address asks for. Raises Unauthenticated, Denied,
        Missing."""
        query = parse_people(req)
        number = registration_number(registration)
        people, person = await self.console.read(req, "people.see", read_beside, query, number)
        is_messages = req.get_param("only", default="") == "messages"
        self.console.show(
            req,
            resp,
            "console/people/person.html",
            **frame_of(people),
            person=person,
            is_messages=is_messages,
            done=say_person_done(
                req, scope, number, people.query, is_checked_in=person.checked_in_at is not None
            ),
        )


def frame_of(people: PeopleList) -> dict[str, object]:
    """What the list beside the panel needs."""
    return {"people": people, "query": people.query, "columns": Column, "states": State}


def registration_number(text: str) -> RegistrationId:
    """The number in an address; 0, which no registration has, if it is not a number: only those who
    may ask are told that it is missing."""
    number = parse_number(text)
    return NO_REGISTRATION if number is None else RegistrationId(number)


def read_beside(
    visit: Visit, query: PeopleQuery, registration_id: RegistrationId
) -> tuple[PeopleList, Person]:
    """The list, and the person beside it."""
    return read_people(visit, query), read_person(visit, registration_id)


def read_person(visit: Visit, registration_id: RegistrationId) -> Person:
    """Everything that is known of a registration of the event; for who may not read it, what the
    door needs. Raises Missing."""
    person = _read_all(visit, registration_id)
    return person if visit.may(READ) else _for_door(visit, person)


def _for_door(visit: Visit, person: Person) -> Person:
    """The name, tickets and state, with the notes and answers that phones at the door show."""
    questions = list_questions(visit.tx, visit.org_id, visit.at.id, is_all=True)
    asked = {question.name for question in questions if question.is_at_door}
    contact = person.contact
    return person._replace(
        contact=Contact(
            email="" if contact.name else contact.email,
            first_name=contact.first_name,
            last_name=contact.last_name,
        ),
        sessions=[],
        answers=[answer for answer in person.answers if answer.question in asked],
        notes=[note for note in person.notes if note.is_at_door],
        tags=[],
        days=[],
        payments=[],
        exam=None,
    )


def _read_all(visit: Visit, registration_id: RegistrationId) -> Person:
    """Everything, for a user who may read it."""
    tx, org_id, event = visit.tx, visit.org_id, visit.at
    found = get_registration(tx, org_id, event.id, registration_id)
    types = list_ticket_types(tx, org_id, event.id)
    booked = set(list_booked_sessions(tx, org_id, registration_id))
    names, notes = name_actors(visit), list_notes(tx, org_id, registration_id)
    is_reached = visit.reaches(found.person_id)
    moments = read_timeline(tx, org_id, registration_id, is_of_event_only=not is_reached)
    return Person(
        found,
        _read_contact(visit, found, is_reached=is_reached),
        _list_held(visit, registration_id, types),
        [session for session in list_sessions(tx, org_id, event.id) if session.id in booked],
        types,
        order_answers(list_questions(tx, org_id, event.id, is_all=True), found.submitted.answers),
        notes,
        list_tags(tx, org_id, registration_id),
        _by_day(moments, names, event.timezone),
        {note.actor: name_actor(note.actor, names) for note in notes},
        find_erased_at(tx, org_id, found.person_id),
        list_of_registration(tx, org_id, registration_id),
        list_together(tx, org_id, event.id, registration_id, found.party_id),
        find_place(tx, org_id, registration_id) if visit.may("exams.see") else None,
    )


def check_not_erased(visit: Visit, person_id: PersonId) -> None:
    """Raise Gone for somebody of whom nothing is left that could be changed."""
    contact = get_contact(visit.tx, visit.org_id, person_id)
    is_named = contact.name or contact.email
    if not is_named and find_erased_at(visit.tx, visit.org_id, person_id) is not None:
        raise Gone("person.erased")


def _read_contact(visit: Visit, found: Registration, *, is_reached: bool) -> Contact:
    """How the person is reached; what other events know beyond what was said here is not for those
    who do not see these. The name stays: it is on the ticket and the lists of this event."""
    contact = get_contact(visit.tx, visit.org_id, found.person_id)
    if is_reached:
        return contact
    said = found.submitted.contact
    known = {"email": contact.email, "first_name": contact.first_name}
    return msgspec.structs.replace(said, last_name=contact.last_name, **known)


def _list_held(
    visit: Visit, registration_id: RegistrationId, types: Iterable[TicketType]
) -> list[HeldTicket]:
    """The tickets, the valid ones first."""
    names = {kind.id: kind.name for kind in types}
    checked = list_check_ins(visit.tx, visit.org_id, registration_id)
    tickets = list_tickets(visit.tx, visit.org_id, registration_id)
    held = [
        HeldTicket(ticket, names.get(ticket.ticket_type_id, ""), checked.get(ticket.id))
        for ticket in tickets
    ]
    return sorted(held, key=lambda one: one.ticket.state != "valid")


def _by_day(
    moments: list[Moment], names: dict[str, str], zone: str
) -> list[tuple[int, list[Stop]]]:
    """The timeline, newest first, by days of the event's zone, each with an instant of its day."""
    stops = [_stop(moment, names) for moment in reversed(moments)]
    days = groupby(stops, key=lambda stop: in_zone(stop.at, zone).date())
    return [(own[0].at, own) for own in (list(group) for _, group in days)]


def _stop(moment: Moment, names: dict[str, str]) -> Stop:
    icon, kind = WORLDS.get(moment.world, ("question", ""))
    if _STOPS.search(moment.what.code):
        kind = "stop"
    who = say_by(moment.who, names)
    return Stop(moment.at, moment.world, icon, kind, tell(moment.what), who)
