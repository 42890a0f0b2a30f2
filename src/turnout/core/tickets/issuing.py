"""Issuing and cancelling tickets."""

import enum

import msgspec

from turnout.core.tickets.sql import sql
from turnout.errors import Unavailable
from turnout.store import Tx

CODE_LENGTH = 10
ATTEMPTS = 20


class TicketState(enum.StrEnum):
    """Whether a ticket lets anybody in."""

    VALID = "valid"
    CANCELLED = "cancelled"


class Ticket(msgspec.Struct, frozen=True):
    """A ticket; `code` is what its holder shows."""

    id: int
    code: str
    ticket_type_id: int
    state: TicketState


def issue_ticket(tx: Tx, org_id: int, registration_id: int, ticket_type_id: int) -> str:
    """Issue a ticket and return its code: 10 readable characters, some 49 bits."""
    for _ in range(ATTEMPTS):
        code = tx.ids.code(CODE_LENGTH)
        if sql.add_ticket(
            tx,
            org_id=org_id,
            id=tx.next_id("ticket"),
            code=code,
            registration_id=registration_id,
            ticket_type_id=ticket_type_id,
            now=tx.now,
        ):
            return code
    raise Unavailable("ticket.code", "No free ticket code was found. Try again.")


def cancel_tickets(tx: Tx, org_id: int, registration_id: int) -> None:
    """Cancel every valid ticket of the registration."""
    sql.cancel_tickets(tx, org_id=org_id, registration_id=registration_id, now=tx.now)


def set_ticket_type(tx: Tx, org_id: int, registration_id: int, ticket_type_id: int) -> None:
    """Make the registration's valid tickets ones of another type; their codes stay."""
    sql.set_ticket_type(
        tx,
        org_id=org_id,
        registration_id=registration_id,
        ticket_type_id=ticket_type_id,
        now=tx.now,
    )


def list_tickets(tx: Tx, org_id: int, registration_id: int) -> list[Ticket]:
    """All tickets of the registration, oldest first."""
    return [
        Ticket(id_, code, ticket_type_id, TicketState(state))
        for id_, code, ticket_type_id, state in sql.list_tickets(
            tx, org_id=org_id, registration_id=registration_id
        )
    ]
