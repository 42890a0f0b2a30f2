"""Issuing and cancelling tickets. Places of a type are registrations' business."""

import enum
from typing import NamedTuple

import msgspec

from turnout.core.ids import OrgId, RegistrationId, TicketId, TicketTypeId
from turnout.core.tickets.sql import sql
from turnout.errors import Unavailable
from turnout.store import Tx

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


def issue_ticket(
    tx: Tx,
    org_id: OrgId,
    registration_id: RegistrationId,
    ticket_type_id: TicketTypeId,
    grant: Grant,
) -> Ticket:
    """Issue a ticket. Its code has 10 readable characters, some 49 bits. Tickets of a registration
    are made one after another, by `created_at`, whatever the nodes' clocks say: invitations tell by
    it what came after somebody declined. Raises Unavailable."""
    for _ in range(ATTEMPTS):
        id_, code = TicketId(tx.next_id("ticket")), tx.ids.code(CODE_LENGTH)
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


def cancel_tickets(tx: Tx, org_id: OrgId, registration_id: RegistrationId) -> None:
    """Cancel every valid ticket of the registration."""
    sql.cancel_tickets(tx, org_id=org_id, registration_id=registration_id, now=tx.now)


def cancel_ticket(tx: Tx, org_id: OrgId, ticket_id: TicketId) -> None:
    """Cancel a ticket. Idempotent."""
    sql.cancel_ticket(tx, org_id=org_id, id=ticket_id, now=tx.now)


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
    tickets = list_tickets(tx, org_id, registration_id)
    return [ticket for ticket in tickets if ticket.state is TicketState.VALID]
