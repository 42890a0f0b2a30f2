"""Who is there already: the ticket that counts as what is asked for at a door, and whose it is.

A ticket that an invitation gave, and that its holder asks for at another door too, is that door's
from then on: declining the invitation leaves it.
"""

from turnout.core.ids import OrgId, RegistrationId, TicketTypeId
from turnout.core.registrations.rules import RULES, Door, There
from turnout.core.tickets.issuing import (
    Grant,
    GrantKind,
    Ticket,
    claim_ticket,
    list_valid_tickets,
)
from turnout.store import Tx


def find_there(
    tx: Tx,
    org_id: OrgId,
    registration_id: RegistrationId,
    door: Door,
    ticket_type_id: TicketTypeId | None,
) -> Ticket | None:
    """The newest ticket of a registration that counts as what is wished for."""
    tickets = list_valid_tickets(tx, org_id, registration_id)
    if RULES[door].there is There.SAME_TYPE:
        tickets = [ticket for ticket in tickets if ticket.ticket_type_id == ticket_type_id]
    return tickets[-1] if tickets else None


def claim(
    tx: Tx,
    org_id: OrgId,
    registration_id: RegistrationId,
    door: Door,
    ticket_type_id: TicketTypeId | None = None,
    grant_id: int | None = None,
) -> None:
    """The person of a registration asks at a door for what they have: it is the door's grant now,
    if only invitations gave it. Idempotent."""
    rule = RULES[door]
    if rule.kind is not GrantKind.INVITATION:
        type_id = ticket_type_id if rule.there is There.SAME_TYPE else None
        claim_ticket(tx, org_id, registration_id, type_id, Grant(rule.kind, grant_id))
