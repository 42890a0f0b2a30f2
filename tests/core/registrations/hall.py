"""An event with few places and two ticket types, whose guests are known by a letter."""

import itertools
from typing import NamedTuple

from tests.support.builder import Builder, contact
from tests.support.node import LocalNode
from turnout.core.events.model import Event
from turnout.core.events.programme import get_event
from turnout.core.events.showing import get_shown_event
from turnout.core.ids import CampaignId, EntryId, OrgId, RegistrationId, TicketTypeId
from turnout.core.invitations.invitees import InviteeFilter, list_invitees
from turnout.core.people.merging import find_person
from turnout.core.registrations import booking
from turnout.core.registrations.model import RegistrationState
from turnout.core.tickets.issuing import Ticket, list_valid_tickets
from turnout.core.waiting_list.entries import list_entries
from turnout.store import Tx

GUESTS = "abcdef"
_numbers = itertools.count(1)


class Places(NamedTuple):
    """Places of the event and of each ticket type: held, and how many there are."""

    event: tuple[int, int | None]
    types: list[tuple[int, int | None]]


class Hall:
    """The event; everybody of GUESTS is invited to both ticket types."""

    def __init__(
        self, node: LocalNode, capacity: int | None, types: tuple[int | None, int | None]
    ) -> None:
        self.node, self.db = node, node.db
        slug = f"hall-{next(_numbers)}"
        self.org_id, self.event, self.type_ids, self.campaigns = self.db.call(
            _make, slug, capacity, types
        )
        self.event_id = self.event.id
        self.invitees = [
            {
                entry.email[0]: entry.id
                for entry in self.db.call(
                    list_invitees, self.org_id, self.event_id, InviteeFilter(campaign_id=campaign)
                )
            }
            for campaign in self.campaigns
        ]

    def call(self, verb, *arguments, **named):
        """One of the verbs, whose first arguments are the organization and what it is about."""
        return self.db.call(verb, self.org_id, *arguments, **named)

    def places(self) -> Places:
        shown = self.call(get_shown_event, self.event_id)
        own = [ticket_type for ticket_type in shown.ticket_types if ticket_type.id in self.type_ids]
        return Places(
            (shown.event.held, shown.event.capacity),
            [(ticket_type.held, ticket_type.capacity) for ticket_type in own],
        )

    def queue(self, *, is_all: bool = False) -> list[tuple[str, str]]:
        """Who is on the waiting list, and how they stand."""
        entries = self.call(list_entries, self.event_id, is_all=is_all, limit=1000)
        return [(entry.email[0], entry.state.value) for entry in entries]

    def entry(self, guest: str) -> EntryId:
        """The number of the guest's newest entry."""
        entries = self.call(list_entries, self.event_id, is_all=True, limit=1000)
        return max(entry.id for entry in entries if entry.email[0] == guest)

    def registered(self) -> dict[str, int]:
        """Who is registered, and with which of the two types."""
        return {guest: types[0] for guest, types in self.tickets().items()}

    def tickets(self) -> dict[str, list[int]]:
        """Who is registered, and of which of the two types their valid tickets are, oldest
        first."""
        found = {guest: self.db.call(self._tickets_of, guest) for guest in GUESTS}
        return {
            guest: [self.type_ids.index(ticket.ticket_type_id) for ticket in tickets]
            for guest, tickets in found.items()
            if tickets
        }

    def code(self, guest: str) -> str:
        """The code of the guest's oldest valid ticket."""
        return self.db.call(self._tickets_of, guest)[0].code

    def registration_id(self, guest: str) -> RegistrationId:
        return self.db.call(self._registration, guest).id

    def _registration(self, tx: Tx, guest: str):
        person = find_person(tx, self.org_id, contact(guest).email)
        return person and booking.find_registration(tx, self.org_id, self.event_id, person.id)

    def _tickets_of(self, tx: Tx, guest: str) -> list[Ticket]:
        found = self._registration(tx, guest)
        is_registered = found is not None and found.state is RegistrationState.CONFIRMED
        return list_valid_tickets(tx, self.org_id, found.id) if is_registered else []


def _make(
    tx: Tx, slug: str, capacity: int | None, types: tuple[int | None, int | None]
) -> tuple[OrgId, Event, list[TicketTypeId], list[CampaignId]]:
    house = Builder(tx, slug)
    event = house.event("Dinner", capacity=capacity)
    ticket_types = [
        house.ticket_type(event, name, capacity=places)
        for name, places in zip(("Hall", "Balcony"), types, strict=True)
    ]
    campaigns = [
        house.campaign(event, ticket_type, house.people(*GUESTS)).id for ticket_type in ticket_types
    ]
    type_ids = [ticket_type.id for ticket_type in ticket_types]
    return house.org_id, get_event(tx, house.org_id, event.id), type_ids, campaigns
