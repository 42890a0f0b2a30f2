"""An office that handles the registrations of one small event, for the tests of staff's verbs."""

import itertools
from typing import Any

from tests.support.builder import Builder, contact
from tests.support.node import START, LocalNode
from turnout.core.audit.recording import list_entries
from turnout.core.identity.model import Organization
from turnout.core.identity.organizations import get_organization
from turnout.core.ids import EventId, OrgId, RegistrationId, SessionId, TicketTypeId
from turnout.core.people.merging import find_person
from turnout.core.registrations import booking
from turnout.core.registrations.changing import add_by_staff
from turnout.core.registrations.model import Registration
from turnout.core.tickets.issuing import Ticket, list_valid_tickets
from turnout.store import Tx

_numbers = itertools.count(1)


class Office:
    """An event of `places`: a general ticket, two for the hall, a talk, a tour of one place."""

    def __init__(self, node: LocalNode, places: int | None = None) -> None:
        node.clock.now = START
        self.node, self.db = node, node.db
        self.slug = f"office-{next(_numbers)}"
        made = self.db.call(_make, self.slug, places)
        self.org_id = OrgId(made[0])
        self.event_id = EventId(made[1])
        self.general = TicketTypeId(made[2])
        self.hall = TicketTypeId(made[3])
        self.talk = SessionId(made[4])
        self.tour = SessionId(made[5])

    def call(self, verb: Any, *arguments: Any, **named: Any) -> Any:
        return self.db.call(verb, self.org_id, *arguments, **named)

    def act(self, verb: Any, *arguments: Any, **named: Any) -> Any:
        return self.call(verb, *arguments, actor="test", **named)

    def add(self, name: str, **more: Any) -> RegistrationId:
        """Register somebody by hand; the number of their registration."""
        facts = more.pop("facts", {})
        added = self.act(add_by_staff, self.event_id, contact(name, **facts), **more)
        return added.registration_id

    def get(self, registration_id: RegistrationId) -> Registration:
        return self.call(booking.lock_registration, registration_id)

    def sessions(self, registration_id: RegistrationId) -> list[SessionId]:
        return self.call(booking.list_booked_sessions, registration_id)

    def tickets(self, registration_id: RegistrationId) -> list[Ticket]:
        return self.call(list_valid_tickets, registration_id)

    def organization(self, tx: Tx) -> Organization:
        return get_organization(tx, self.slug)

    def person(self, name: str) -> Any:
        return self.call(find_person, f"{name}@example.com")

    def audited(self, registration_id: RegistrationId) -> list[str]:
        entries = self.call(list_entries, "registration", registration_id)
        return [entry.action for entry in entries]

    def held(self) -> dict[str, int]:
        """How many places are taken: in the event, of each type, in each session."""
        return self.db.call(self._held)

    def mails(self) -> int:
        """How many tickets wait to be mailed."""
        question = f"SELECT count(*) FROM ticket_mails WHERE org_id = {self.org_id}"
        return self.db.call(lambda tx: tx.connection.execute(question).fetchone()[0])

    def _held(self, tx: Tx) -> dict[str, int]:
        where = f"org_id = {self.org_id}"
        return {
            name: tx.connection.execute(
                f"SELECT held FROM {table} WHERE {where} AND id = {id_}"
            ).fetchone()[0]
            for name, table, id_ in (
                ("event", "events", self.event_id),
                ("general", "ticket_types", self.general),
                ("hall", "ticket_types", self.hall),
                ("talk", "sessions", self.talk),
                ("tour", "sessions", self.tour),
            )
        }


def _make(tx: Tx, slug: str, places: int | None) -> tuple[int, ...]:
    house = Builder(tx, slug)
    event = house.event(capacity=places)
    hall = house.ticket_type(event, "Hall", capacity=2)
    talk = house.session(event, "Talk", capacity=50)
    tour = house.session(event, "Tour", capacity=1)
    return house.org_id, event.id, house.default_type(event).id, hall.id, talk.id, tour.id
