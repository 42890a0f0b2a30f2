"""Every door by which people come to an event and leave it, each as a call that says how it ended.

The one place in the tests of places that knows the verbs' names. A door returns "" when it did what
was asked, else why not, in the words of `REASONS`: whatever door refuses, the reason is the same.
"""

import itertools
from typing import Any

from tests.core.exams.college import College
from tests.core.registrations.doors_model import INVITED
from tests.support.builder import Builder, contact
from tests.support.node import LocalNode
from tests.support.turns import move_on
from turnout.core.events.model import EventState, SessionState
from turnout.core.events.programme import get_event, set_session_state
from turnout.core.events.ticket_types import TicketTypeChange
from turnout.core.identity.model import CredentialKind
from turnout.core.ids import CampaignId, EntryId, RegistrationId
from turnout.core.invitations.invitees import InviteeFilter, confirm, decline, list_invitees
from turnout.core.registrations.accepting import accept
from turnout.core.registrations.giving_back import cancel_registration
from turnout.core.registrations.joining import register_directly, register_from_program
from turnout.core.registrations.model import Submitted
from turnout.core.registrations.offers import join_list, leave_list, offer_by_hand, take_offer
from turnout.core.registrations.places import (
    change_ticket_type as edit_ticket_type,
)
from turnout.core.registrations.places import (
    set_event_capacity,
    set_event_state,
    set_ticket_capacity,
)
from turnout.core.registrations.queue_items import list_items
from turnout.core.registrations.submissions import Application, TargetNoun
from turnout.core.registrations.transferring import change_ticket_type, transfer_ticket
from turnout.core.times import local
from turnout.core.waiting_list.entries import (
    WaitingState,
    list_entries,
    set_waiting_hours,
)
from turnout.errors import Conflict, Invalid
from turnout.store import Tx

GUESTS = "abcde"
TYPES = ("General", "Hall", "Balcony")
SESSIONS = ("Talk", "Tour")
HOURS = 2
_numbers = itertools.count(1)

REASONS = {
    "event.draft": "draft",
    "event.closed": "closed",
    "event.cancelled": "cancelled",
    "event.exam": "exam",
    "exam.closed": "closed",
    "session.closed": "session",
    "session.full": "full",
    "event.full": "full",
    "tickets.sold_out": "full",
    "tickets.sold_out_type": "full",
    "exam.full": "full",
    "waiting.registered": "registered",
    "transfer.registered": "registered",
    "waiting.places": "places",
    "waiting.no_offer": "no offer",
    "waiting.lapsed": "no offer",
    "ticket.exam": "exam",
    "ticket_type.offered": "type",
    "ticket_type.none": "type",
    "ticket_type.unknown": "type",
    "ticket_type.locked": "type",
    "ticket_type.hidden": "type",
    "ticket_type.not_yet": "type",
    "ticket_type.sale_over": "type",
    "waiting.ended": "ended",
}


class Doors:
    """One event of few places, with three ticket types, two sessions and campaigns that invite
    everybody, two of them to one type; and an exam of a college."""

    def __init__(
        self,
        node: LocalNode,
        capacity: int | None,
        types: list[int | None],
        sessions: list[int | None],
    ) -> None:
        self.node, self.db = node, node.db
        self.college = College(node)
        made = self.db.call(_make, f"doors-{next(_numbers)}", capacity, types, sessions)
        self.org_id, self.caller, self.event_id, self.pak = made[:4]
        self.type_ids, self.session_ids, self.session_paks, campaigns = made[4:]
        self.call(set_waiting_hours, self.event_id, HOURS, actor="test")
        self.invitees = {
            number: self._invitees(campaign)
            for number, campaign in zip(INVITED, campaigns, strict=True)
        }

    def call(self, verb, *arguments, **named):
        return self.db.call(verb, self.org_id, *arguments, **named)

    def attempt(self, verb, *arguments, **named) -> str:
        """Why not, or "" when it was done."""
        try:
            self.call(verb, *arguments, **named)
        except (Conflict, Invalid) as refusal:
            return REASONS.get(refusal.code, refusal.code)
        return ""

    # -- into the event ---------------------------------------------------------------------

    def page(self, guest: str, type_: int) -> str:
        """The event's page."""
        return self.attempt(register_directly, self.event_id, self.type_ids[type_], contact(guest))

    def program(self, guest: str) -> str:
        """A platform's client that knows the event's registration password."""
        return self.attempt(
            register_from_program,
            self.event_id,
            contact(guest),
            answers=[],
            sti="",
            is_mailed=False,
        )

    def queue(self, guest: str, sessions: list[int]) -> list[str]:
        """The registration API; how each session's item ended."""
        paks = [self.session_paks[session] for session in sessions]
        wanted = Application(TargetNoun.EVENT, self.pak, paks, Submitted(contact(guest)))
        items = self.db.call(accept, self.caller, wanted)
        self.node.run_intake()
        ids = [item.id for item in items]
        found = self.db.call(list_items, self.caller, ids, limit=100).items
        return [REASONS[item.code] if item.code else "" for item in found]

    def confirm(self, guest: str, campaign: int) -> str:
        return self.attempt(confirm, self.invitees[campaign][guest], actor="test")

    def take(self, guest: str) -> str:
        return self.attempt(take_offer, self.entry(guest), actor="test")

    # -- out of it --------------------------------------------------------------------------

    def decline(self, guest: str, campaign: int) -> str:
        return self.attempt(decline, self.invitees[campaign][guest], actor="test")

    def cancel(self, guest: str) -> str:
        return self.attempt(cancel_registration, self.registration_id(guest), actor="test")

    # -- changes ----------------------------------------------------------------------------

    def transfer(self, code: str, guest: str) -> str:
        return self.attempt(transfer_ticket, code, contact(guest), actor="test")

    def change_type(self, code: str, type_: int) -> str:
        return self.attempt(change_ticket_type, code, self.type_ids[type_], actor="test")

    def join(self, guest: str, type_: int) -> str:
        return self.attempt(join_list, self.event_id, self.type_ids[type_], contact(guest))

    def leave(self, guest: str) -> str:
        return self.attempt(leave_list, self.entry(guest), actor="test")

    def sweep(self) -> None:
        """What the worker does every few seconds: overdue offers lapse."""
        while self.db.call(move_on):
            pass

    # -- staff ------------------------------------------------------------------------------

    def set_state(self, state: str) -> None:
        self.call(set_event_state, self.event_id, EventState(state), actor="test")

    def set_session_state(self, session: int, state: str) -> None:
        self.call(set_session_state, self.session_ids[session], SessionState(state), actor="test")

    def set_capacity(self, capacity: int | None) -> None:
        self.call(set_event_capacity, self.event_id, capacity, actor="test")

    def set_quantity(self, type_: int, quantity: int | None) -> None:
        self.call(set_ticket_capacity, self.type_ids[type_], quantity, actor="test")

    def offer_by_hand(self, guest: str) -> str:
        return self.attempt(offer_by_hand, self.entry(guest), actor="test")

    def set_sale(
        self, type_: int, *, is_locked: bool, is_hidden: bool, starts: int | None, ends: int | None
    ) -> None:
        """Hold a type back, and sell it from then until then (epoch ms)."""
        change = TicketTypeChange(
            is_locked=is_locked,
            is_hidden=is_hidden,
            sale_starts=self._say_local(starts),
            sale_ends=self._say_local(ends),
        )
        self.call(edit_ticket_type, self.event_id, self.type_ids[type_], change, actor="test")

    def _say_local(self, at: int | None) -> str:
        if at is None:
            return ""
        zone = self.call(get_event, self.event_id).timezone
        return local(at, zone).strftime("%Y-%m-%dT%H:%M")

    # -- what is so -------------------------------------------------------------------------

    def tickets(self) -> dict[str, dict[str, int]]:
        """The type of every valid ticket by its code, of all who are registered."""
        found: dict[str, dict[str, int]] = {}
        for email, code, type_id in self._ask(
            "SELECT p.email, t.code, t.ticket_type_id FROM registrations r "
            "JOIN people p ON p.org_id = r.org_id AND p.id = r.person_id "
            "LEFT JOIN tickets t ON t.org_id = r.org_id AND t.registration_id = r.id "
            "AND t.state = 'valid' "
            "WHERE r.org_id = {org} AND r.event_id = {event} AND r.state = 'confirmed' "
            "ORDER BY t.id"
        ):
            own = found.setdefault(email[:1], {})
            if code:
                own[code] = self.type_ids.index(type_id)
        return found

    def bookings(self) -> dict[str, set[int]]:
        """The sessions of everybody who booked one."""
        found: dict[str, set[int]] = {}
        for email, session_id in self._ask(
            "SELECT p.email, b.session_id FROM session_bookings b "
            "JOIN registrations r ON r.org_id = b.org_id AND r.id = b.registration_id "
            "JOIN people p ON p.org_id = r.org_id AND p.id = r.person_id "
            "WHERE r.org_id = {org} AND r.event_id = {event}"
        ):
            found.setdefault(email[0], set()).add(self.session_ids.index(session_id))
        return found

    def held(self) -> list[tuple[int, int | None]]:
        """What is held, and how many there are: of the event, of each type, of each session."""
        return [
            (held, capacity)
            for table, id_ in (
                ("events", self.event_id),
                *(("ticket_types", type_id) for type_id in self.type_ids),
                *(("sessions", session_id) for session_id in self.session_ids),
            )
            for held, capacity in self._ask(
                f"SELECT held, capacity FROM {table} WHERE org_id = {{org}} AND id = {id_}"
            )
        ]

    def line(self) -> list[tuple[str, str]]:
        """Everybody who ever was on the waiting list, in its order."""
        entries = self.call(list_entries, self.event_id, is_all=True, limit=1000)
        return [(entry.email[0], entry.state.value) for entry in entries]

    def deadlines(self) -> dict[str, int | None]:
        """Until when those who are offered a place may take it (epoch ms)."""
        entries = self.call(list_entries, self.event_id, is_all=True, limit=1000)
        offers = [entry for entry in entries if entry.state is WaitingState.OFFERED]
        return {entry.email[0]: entry.deadline_at for entry in offers}

    def answers(self) -> dict[tuple[str, int], str]:
        """What the invitations say: by guest and campaign."""
        found = self.call(list_invitees, self.event_id, InviteeFilter())
        numbers = {id_: number for number, own in self.invitees.items() for id_ in own.values()}
        return {(invitee.email[0], numbers[invitee.id]): invitee.state for invitee in found}

    def entry(self, guest: str) -> EntryId:
        """The number of the guest's newest entry."""
        entries = self.call(list_entries, self.event_id, is_all=True, limit=1000)
        return max(entry.id for entry in entries if entry.email[0] == guest)

    def registration_id(self, guest: str) -> RegistrationId:
        [(found,)] = self._ask(
            "SELECT r.id FROM registrations r "
            "JOIN people p ON p.org_id = r.org_id AND p.id = r.person_id "
            f"WHERE r.org_id = {{org}} AND r.event_id = {{event}} AND p.email LIKE '{guest}@%'"
        )
        return found

    def _invitees(self, campaign: CampaignId) -> dict[str, int]:
        wanted = InviteeFilter(campaign_id=campaign)
        found = self.call(list_invitees, self.event_id, wanted)
        return {invitee.email[0]: invitee.id for invitee in found}

    def _ask(self, question: str) -> list[tuple[Any, ...]]:
        text = question.format(org=self.org_id, event=self.event_id)
        return self.db.call(lambda tx: tx.connection.execute(text).fetchall())


def _make(
    tx: Tx, slug: str, capacity: int | None, types: list[int | None], sessions: list[int | None]
) -> tuple[Any, ...]:
    house = Builder(tx, slug)
    caller, _ = house.credential(CredentialKind.API_KEY)
    event = house.event("Dinner", capacity=capacity)
    default = house.default_type(event)
    set_ticket_capacity(tx, house.org_id, default.id, types[0], actor="test")
    kinds = [default] + [
        house.ticket_type(event, name, capacity=places)
        for name, places in zip(TYPES[1:], types[1:], strict=True)
    ]
    talks = [
        house.session(event, title, capacity=places)
        for title, places in zip(SESSIONS, sessions, strict=True)
    ]
    people = house.people(*GUESTS)
    campaigns = [house.campaign(event, kinds[type_], people).id for type_ in INVITED.values()]
    ids, paks = [talk.id for talk in talks], [talk.pak for talk in talks]
    type_ids = [kind.id for kind in kinds]
    return house.org_id, caller, event.id, event.pak, type_ids, ids, paks, campaigns
