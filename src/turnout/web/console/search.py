"""The search of the bar: an organization's events by title or number, people by name, address or
phone, tickets by code or payment reference, and messages by the name or number of their job."""

from typing import NamedTuple

from falcon.asgi import Request, Response

from turnout.core.events.listing import list_date_open
from turnout.core.events.model import Event
from turnout.core.events.programme import list_events
from turnout.core.ids import EventId, JobId, PersonId
from turnout.core.messaging.browsing import BrowsedJob, WantedJobs, browse_jobs, get_browsed_job
from turnout.core.payments.settling import find_referenced
from turnout.core.people.finding import search_people
from turnout.core.people.model import Person
from turnout.core.people.searching import find_named, finds_parts
from turnout.core.registrations.booking import get_contact
from turnout.core.registrations.browsing import (
    PersonEvent,
    find_by_code,
    get_registration,
    list_person_events,
)
from turnout.core.text import search_key
from turnout.errors import Missing
from turnout.web.console.page import ConsolePage, Visit

LONGEST = 100
EVENTS, PEOPLE, JOBS = 500, 20, 20
LONGEST_NUMBER = 15
# So many slices of people are looked through; more would keep the page waiting.
SLICES = 40


class FoundPerson(NamedTuple):
    """A person, and the registrations of which the user may know; of somebody who `is_read` also
    the address."""

    person: Person
    events: list[PersonEvent]
    is_read: bool = True


class Found(NamedTuple):
    """What a text finds; `ticket` is the registration whose code or payment reference it
    is, of `holder`.
    `finds_parts`: people are found by any part of their names, else by how they begin; `date_open`
    are the events that are postponed without a new date."""

    events: list[Event]
    ticket: PersonEvent | None
    holder: str
    people: list[FoundPerson]
    jobs: list[BrowsedJob]
    finds_parts: bool = True
    date_open: frozenset[EventId] = frozenset()

    @property
    def is_empty(self) -> bool:
        return not (self.events or self.ticket or self.people or self.jobs)


class SearchPage(ConsolePage):
    """`/console/search`."""

    async def on_get(self, req: Request, resp: Response) -> None:
        """What is found. Raises Unauthenticated."""
        text = req.get_param("q", default="").strip()[:LONGEST]
        found = await self.console.read(req, "events.see", search, text)
        self.console.show(req, resp, "console/search.html", found=found, text=text)


def search(visit: Visit, text: str) -> Found:
    """Everything that has the text, as far as the user may see it."""
    if not text:
        return Found([], None, "", [], [])
    ticket, events = _find_ticket(visit, text), _find_events(visit, text)
    return Found(
        events,
        ticket,
        _name_holder(visit, ticket) if ticket else "",
        _find_people(visit, text),
        _find_jobs(visit, text),
        finds_parts(visit.tx),
        list_date_open(visit.tx, visit.org_id) if events else frozenset(),
    )


def _find_events(visit: Visit, text: str) -> list[Event]:
    wanted = search_key(text)
    events = list_events(visit.tx, visit.org_id, limit=EVENTS)
    return [
        event
        for event in sorted(events, key=lambda event: -event.starts_at)
        if (wanted in search_key(event.title) or text == str(event.id))
        and visit.user.may("event.see", event.id)
    ]


def _find_ticket(visit: Visit, text: str) -> PersonEvent | None:
    """The registration that has a ticket with that code, or one that is paid with that
    reference."""
    found = find_by_code(visit.tx, visit.org_id, text)
    if found is None and len(text.split()) == 1:
        code = find_referenced(visit.tx, visit.org_id, text)
        found = find_by_code(visit.tx, visit.org_id, code) if code else None
    return found if found and visit.user.may("people.see", found.event_id) else None


def _name_holder(visit: Visit, ticket: PersonEvent) -> str:
    """First and last name of whose ticket it is, else the address; empty = erased."""
    tx, org_id = visit.tx, visit.org_id
    registration = get_registration(tx, org_id, ticket.event_id, ticket.id)
    contact = get_contact(tx, org_id, registration.person_id)
    return contact.name or (contact.email if visit.user.may("people.read", ticket.event_id) else "")


def _find_people(visit: Visit, text: str) -> list[FoundPerson]:
    """Whom the user may see at one event at least: those who are called just that first."""
    named = find_named(visit.tx, visit.org_id, text, PEOPLE)
    found = [one for one in (_with_events(visit, one, text) for one in named) if one.events]
    first = {one.person.id for one in found}
    after: PersonId | None = PersonId(0)
    for _ in range(SLICES):
        if after is None or len(found) >= PEOPLE:
            break
        some, after = search_people(visit.tx, visit.org_id, text, after, PEOPLE)
        others = (_with_events(visit, one, text) for one in some if one.id not in first)
        found += [person for person in others if person.events]
    return found[:PEOPLE]


def _with_events(visit: Visit, person: Person, text: str) -> FoundPerson:
    """Somebody with the registrations that the user may see: by the name alone, where that is all
    that the user reads."""
    events = list_person_events(visit.tx, visit.org_id, person.id)
    read = [one for one in events if visit.user.may("people.read", one.event_id)]
    called = search_key(person.contact.name)
    if read or not all(word in called for word in search_key(text).split()):
        return FoundPerson(person, read)
    seen = [one for one in events if visit.user.may("people.see", one.event_id)]
    return FoundPerson(person, seen, is_read=False)


def _find_jobs(visit: Visit, text: str) -> list[BrowsedJob]:
    """The messages of those who may see all of the organization's."""
    if visit.user.access.is_limited or not visit.user.may("messages.see"):
        return []
    found = browse_jobs(visit.tx, visit.org_id, WantedJobs(text), limit=JOBS, viewer=visit.viewer)
    if text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER:
        try:
            numbered = get_browsed_job(
                visit.tx, visit.org_id, None, JobId(int(text)), viewer=visit.viewer
            )
        except Missing:
            return found
        return [numbered, *(job for job in found if job.id != numbered.id)]
    return found
