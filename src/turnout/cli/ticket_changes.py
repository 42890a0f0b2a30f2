"""`turnout ticket transfer` and `change-type`: a ticket by its code."""

from turnout.cli.app import actor, console, database
from turnout.cli.hints import say_no_name
from turnout.cli.numbers import TicketTypeNumber
from turnout.core.identity.organizations import get_organization
from turnout.core.ids import OrgId, TicketTypeId
from turnout.core.people.model import Contact
from turnout.core.registrations.telling import read_holding, tell_changed, tell_passed_on
from turnout.core.registrations.transferring import (
    change_ticket_type,
    find_holder,
    transfer_ticket,
)
from turnout.core.tickets.signing import normalize
from turnout.store import Tx


def transfer(
    org: str,
    code: str,
    /,
    *,
    email: str,
    first_name: str = "",
    last_name: str = "",
    quiet: bool = False,
) -> None:
    """Pass a ticket on to somebody else, who gets a new one by mail; whose it was is told.

    Example: `turnout ticket transfer acme GKB5Y66GZ9 --email zoe@example.com`

    Args:
        org: Short name of the organization.
        code: The ticket's code; it lets nobody in from now on.
        email: Address of who gets it.
        first_name: Their first name.
        last_name: Their last name.
        quiet: Do not tell whose it was.
    """
    contact = Contact(email=email, first_name=first_name, last_name=last_name)
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        new = db.call(_transfer, org_id, code, contact, quiet)
    console.print(f"{email} has the ticket {new} now; {code} lets nobody in any more.")
    say_no_name(first_name, last_name)


def change_type(
    org: str, code: str, ticket_type: TicketTypeNumber, /, *, quiet: bool = False
) -> None:
    """Make a ticket one of another type; its code stays, and the person is told by mail.

    Example: `turnout ticket change-type acme GKB5Y66GZ9 3`

    Args:
        org: Short name of the organization.
        code: The ticket's code.
        ticket_type: Number of the other type.
        quiet: Mail nothing.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        db.call(_change_type, org_id, code, ticket_type, quiet)
    console.print(f"The ticket {code} is of type {ticket_type} now.")


def _transfer(tx: Tx, org_id: OrgId, code: str, contact: Contact, is_quiet: bool) -> str:
    registration_id = find_holder(tx, org_id, code)
    new = transfer_ticket(tx, org_id, code, contact, actor=actor())
    if not is_quiet:
        tell_passed_on(tx, org_id, registration_id, normalize(code))
    return new


def _change_type(
    tx: Tx, org_id: OrgId, code: str, ticket_type_id: TicketTypeId, is_quiet: bool
) -> None:
    registration_id = find_holder(tx, org_id, code)
    before = read_holding(tx, org_id, registration_id)
    change_ticket_type(tx, org_id, code, ticket_type_id, actor=actor())
    if not is_quiet:
        tell_changed(tx, org_id, registration_id, before)
