"""Issuing and cancelling tickets. Places of a type are registrations' business."""

import enum
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from turnout.core.ids import EventId, OrgId, PersonId, RegistrationId, TicketId, TicketTypeId
from turnout.core.tickets.sql import sql
from turnout.errors import Unavailable
from turnout.store import Tx, to_json

CODE_LENGTH = 10
ATTEMPTS = 20


class TicketState(enum.StrEnum):
    """Whether a ticket lets anybody in."""

    VALID = "valid"
    CANCELLED = "cancelled"


class GrantKind(enum.StrEnum):
    """Who asked for a ticket: the event's page, a program, an invitation, an offer of the waiting
    list, an exam's registration, or staff."""

    FORM = "form"
    INTEGRATION = "integration"
    INVITATION = "invitation"
    OFFER = "offer"
    EXAM = "exam"
    STAFF = "staff"


class Grant(NamedTuple):
    """Why somebody has a ticket. `id` is the invitation's or the waiting entry's number."""

    kind: GrantKind
    id: int | None = None


class Ticket(msgspec.Struct, frozen=True):
    """A ticket; `code` is what its holder shows. `created_at` in epoch ms."""

    id: TicketId
    code: str
    ticket_type_id: TicketTypeId
    state: TicketState
    granted_by: GrantKind
    grant_id: int | None
    created_at: int


def make_code(tx: Tx) -> str:
    """A code that probably no ticket has: 10 readable characters, some 49 bits."""
    return tx.ids.code(CODE_LENGTH)


def issue_ticket(
    tx: Tx,
    org_id: OrgId,
    registration_id: RegistrationId,
    ticket_type_id: TicketTypeId,
    grant: Grant,
) -> Ticket:
    """Issue a ticket with a code of its own. Tickets of a registration are made one after another,
    by `created_at`, whatever the nodes' clocks say: invitations tell by it what came after somebody
    declined. Raises Unavailable."""
    for _ in range(ATTEMPTS):
        id_, code = TicketId(tx.next_id("ticket")), make_code(tx)
        created_at = sql.add_ticket(
            tx,
            org_id=org_id,
            id=id_,
            code=code,
            registration_id=registration_id,
            ticket_type_id=ticket_type_id,
            granted_by=grant.kind.value,
            grant_id=grant.id,
            now=tx.now,
        )
        if created_at is not None:
            return Ticket(id_, code, ticket_type_id, TicketState.VALID, *grant, created_at)
    raise Unavailable("ticket.code")


class FirstTicket(NamedTuple):
    """The first ticket of a registration that was made in this transaction."""

    org_id: OrgId
    id: TicketId
    code: str
    registration_id: RegistrationId
    ticket_type_id: TicketTypeId


def issue_first_tickets(
    tx: Tx, wanted: Sequence[tuple[OrgId, str, RegistrationId, TicketTypeId]], kind: GrantKind
) -> list[FirstTicket] | None:
    """`issue_ticket` for many new registrations in one statement, each with a code. None = one of
    the codes was taken: what was written is to be taken back."""
    ids = [TicketId(number) for number in tx.next_ids("ticket", len(wanted))]
    tickets = [
        FirstTicket(org_id, id_, code, registration_id, type_id)
        for id_, (org_id, code, registration_id, type_id) in zip(ids, wanted, strict=True)
    ]
    added = sql.add_tickets(tx, rows=to_json(tickets), granted_by=kind.value, now=tx.now)
    return tickets if added == len(tickets) else None


def claim_ticket(
    tx: Tx,
    org_id: OrgId,
    registration_id: RegistrationId,
    ticket_type_id: TicketTypeId | None,
    grant: Grant,
) -> None:
    """Note that somebody asked by themselves for what an invitation alone gave them, a ticket of
    the type (None = of any): from here on this grant gave it, and declining leaves it. Idempotent.
    """
    sql.claim_ticket(
        tx,
        org_id=org_id,
        registration_id=registration_id,
        ticket_type_id=ticket_type_id,
        granted_by=grant.kind.value,
        grant_id=grant.id,
    )


def regrant_ticket(tx: Tx, org_id: OrgId, ticket_id: TicketId, grant_id: int) -> None:
    """Let another grant of the same kind, say an invitation, stand behind a ticket. Idempotent."""
    sql.regrant_ticket(tx, org_id=org_id, id=ticket_id, grant_id=grant_id)


def cancel_tickets(tx: Tx, org_id: OrgId, registration_id: RegistrationId) -> None:
    """Cancel every valid ticket of the registration."""
    sql.cancel_tickets(tx, org_id=org_id, registration_id=registration_id, now=tx.now)


def cancel_ticket(tx: Tx, org_id: OrgId, ticket_id: TicketId) -> None:
    """Cancel a ticket. Idempotent."""
    sql.cancel_ticket(tx, org_id=org_id, id=ticket_id, now=tx.now)


def take_check_in_along(tx: Tx, org_id: OrgId, from_id: TicketId, to_id: TicketId) -> bool:
    """A ticket that comes in the place of a former one is checked in if that was, at the same time:
    its holder is inside, and the code lets nobody else in. Whether it was."""
    return bool(
        sql.take_check_in_along(tx, org_id=org_id, from_id=from_id, to_id=to_id, now=tx.now)
    )


def set_ticket_type(
    tx: Tx, org_id: OrgId, ticket_id: TicketId, ticket_type_id: TicketTypeId
) -> None:
    """Make a ticket one of another type; its code stays."""
    sql.set_ticket_type(tx, org_id=org_id, id=ticket_id, ticket_type_id=ticket_type_id, now=tx.now)


def list_tickets(tx: Tx, org_id: OrgId, registration_id: RegistrationId) -> list[Ticket]:
    """All tickets of the registration, oldest first."""
    return sql.list_tickets(tx, org_id=org_id, registration_id=registration_id)


def list_valid_tickets(tx: Tx, org_id: OrgId, registration_id: RegistrationId) -> list[Ticket]:
    """The registration's tickets that let somebody in, oldest first."""
    return _that_are_valid(list_tickets(tx, org_id, registration_id))


def list_valid_tickets_of_person(
    tx: Tx, org_id: OrgId, event_id: EventId, person_id: PersonId
) -> list[Ticket]:
    """The same of a person's registration for the event, which is not held; sittings of exams are
    left out."""
    return _that_are_valid(
        sql.list_tickets_of_person(tx, org_id=org_id, event_id=event_id, person_id=person_id)
    )


def _that_are_valid(tickets: list[Ticket]) -> list[Ticket]:
    return [ticket for ticket in tickets if ticket.state is TicketState.VALID]
