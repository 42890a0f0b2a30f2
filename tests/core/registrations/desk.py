"""A desk at which one account's applications are handed in and decided."""

from typing import Any, NamedTuple

from tests.support.node import Account, LocalNode
from turnout.core.events.model import Event
from turnout.core.ids import TicketTypeId
from turnout.core.people.merging import find_person
from turnout.core.people.model import Contact
from turnout.core.questions.model import Answer
from turnout.core.registrations import booking
from turnout.core.registrations.accepting import accept
from turnout.core.registrations.model import Registration, Submitted
from turnout.core.registrations.queue_items import list_items
from turnout.core.registrations.submissions import Application, QueueItem, TargetNoun
from turnout.core.tickets.issuing import TicketState, list_tickets
from turnout.store import Database, Tx


class Held(NamedTuple):
    """Places taken in the account's event: in it, of its ticket type, in each session."""

    event: int
    tickets: int
    sessions: list[int]


class Kept(NamedTuple):
    """A registration as it is kept: its sessions by title, its tickets by state."""

    registration: Registration
    sessions: list[str]
    tickets: dict[TicketState, int]


class Desk:
    """Applications of one account, and their outcome."""

    def __init__(self, node: LocalNode, account: Account) -> None:
        self.node = node
        self.db: Database = node.db
        self.account = account
        self.org_id = account.org_id
        self.event = account.event
        self.paks = [session.pak for session in account.sessions]
        self.channel_paks = [session.pak for session in account.channel_sessions]

    def apply(self, email: str, paks: list[str] | None = None, **contact: str) -> Application:
        """An application for sessions of the event; all of them where none is named."""
        submitted = self._submitted(email, contact)
        return Application(TargetNoun.EVENT, self.event.pak, paks or self.paks, submitted)

    def apply_for_channel(self, email: str, paks: list[str] | None = None) -> Application:
        """An application for sessions of the channel; all of them where none is named."""
        pak = self.account.channel.pak
        submitted = self._submitted(email, {})
        return Application(TargetNoun.CHANNEL, pak, paks or self.channel_paks, submitted)

    def accept(self, *applications: Application) -> list[QueueItem]:
        """Hand them in; the items of all of them."""
        return [
            item
            for application in applications
            for item in self.db.call(accept, self.account.caller, application)
        ]

    def decide(self, *applications: Application) -> list[tuple[str, str | None]]:
        """Hand them in and decide the queue; status of each item, and the code of a failed one."""
        items = self.accept(*applications)
        self.node.run_intake()
        return [(item.status, item.code) for item in self.look_up(items)]

    def look_up(self, items: list[QueueItem]) -> list[QueueItem]:
        ids = [item.id for item in items]
        return self.db.call(list_items, self.account.caller, ids, limit=1000).items

    def find(self, email: str, event: Event | None = None) -> Kept | None:
        """The registration that the address has for the event (the account's own one)."""
        return self.db.call(self._find, email, event or self.event)

    def get(self, email: str, event: Event | None = None) -> Kept:
        kept = self.find(email, event)
        assert kept, f"{email} is not registered"
        return kept

    def held(self) -> Held:
        org, event = f"org_id = {self.org_id}", self.event.id
        sessions = f"SELECT held FROM sessions WHERE {org} AND event_id = {event} ORDER BY id"
        (in_event,) = self.ask(f"SELECT held FROM events WHERE {org} AND id = {event}")
        (tickets,) = self.ask(f"SELECT held FROM ticket_types WHERE {org} AND event_id = {event}")
        return Held(in_event, tickets, self.ask(sessions))

    def ask(self, question: str) -> list[Any]:
        """The first column of what SQL finds."""
        return self.db.call(lambda tx: [row[0] for row in tx.connection.execute(question)])

    def count(self, table: str) -> int:
        """How many rows of the table are the account's."""
        return self.ask(f"SELECT count(*) FROM {table} WHERE org_id = {self.org_id}")[0]

    def set(self, table: str, number: int, **columns: Any) -> None:
        """Change a row behind the product's back."""
        changes = ", ".join(f"{name} = {value!r}" for name, value in columns.items())
        self.node.execute(
            f"UPDATE {table} SET {changes} WHERE org_id = {self.org_id} AND id = {number}"
        )

    @property
    def ticket_type_id(self) -> TicketTypeId:
        question = f"SELECT id FROM ticket_types WHERE event_id = {self.event.id}"
        return self.ask(question)[0]

    def _submitted(self, email: str, contact: dict[str, str]) -> Submitted:
        return Submitted(Contact(email=email, **contact), [Answer("Asked by", email)])

    def _find(self, tx: Tx, email: str, event: Event) -> Kept | None:
        person = find_person(tx, self.org_id, email)
        if person is None:
            return None
        registration = booking.find_registration(tx, self.org_id, event.id, person.id)
        if registration is None:
            return None
        booked = booking.list_booked_sessions(tx, self.org_id, registration.id)
        sessions = (*self.account.sessions, *self.account.channel_sessions)
        titles = [session.title for session in sessions if session.id in booked]
        assert len(titles) == len(booked)
        states = [ticket.state for ticket in list_tickets(tx, self.org_id, registration.id)]
        return Kept(registration, titles, {state: states.count(state) for state in set(states)})
