"""Parties: registrations of one event that are made together.

Each guest is a registration of their own (granting.py); the party has a contact who gets the mails.
Whom a party counts together at a limit for one person is said in granting.py, too.
"""

from collections.abc import Sequence
from typing import NamedTuple

from turnout.core.audit.recording import record
from turnout.core.ids import EventId, OrgId, PartyId, PersonId, TicketTypeId
from turnout.core.people.contacts import check_contact, check_details
from turnout.core.people.merging import add_guest, merge_person
from turnout.core.people.model import Contact
from turnout.core.questions.model import Answer
from turnout.core.registrations.granting import Granted, Wish, grant
from turnout.core.registrations.model import Submitted
from turnout.core.registrations.rules import Door
from turnout.core.registrations.sql import sql
from turnout.core.text import email_key
from turnout.errors import Invalid
from turnout.store import Tx


class Guest(NamedTuple):
    """One of a party, their ticket type, and what they answered. The address may be empty."""

    contact: Contact
    ticket_type_id: TicketTypeId
    answers: Sequence[Answer] = ()


class Party(NamedTuple):
    """Registrations that were made together."""

    id: PartyId
    tickets: list[Granted]


def grant_party(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    contact: Contact,
    guests: Sequence[Guest],
    *,
    door: Door,
    source: str,
    sti: str = "",
    actor: str,
) -> Party:
    """Register people together, all or nobody; each has a registration and a ticket of their own,
    and the mails go to `contact`, who need not be one of them. Who has an address and is registered
    already keeps that; what is said of people counts, as by staff. Raises as `grant` does, and
    Invalid for a guest that is named twice."""
    check_contact(contact)
    _check_guests(guests)
    contact_id = merge_person(tx, org_id, contact).id
    party_id = PartyId(tx.next_id("registration"))
    sql.add_party(
        tx, org_id=org_id, id=party_id, event_id=event_id, contact_id=contact_id, now=tx.now
    )
    tickets = []
    for guest in guests:
        person_id = _know(tx, org_id, guest.contact)
        wish = Wish(
            door,
            event_id,
            person_id,
            guest.ticket_type_id,
            source=source,
            submitted=Submitted(guest.contact, list(guest.answers)),
            sti=sti,
            party_id=party_id,
        )
        tickets.append(grant(tx, org_id, wish))
    record(tx, org_id, actor, "created", "party", party_id, tickets=len(tickets))
    return Party(party_id, tickets)


def _know(tx: Tx, org_id: OrgId, contact: Contact) -> PersonId:
    """A guest as a person; one without an address is a new one."""
    if not contact.email.strip():
        return add_guest(tx, org_id, contact)
    return merge_person(tx, org_id, contact).id


def _check_guests(guests: Sequence[Guest]) -> None:
    """Raise Invalid for details with control characters, and for an address of two guests."""
    seen: set[str] = set()
    for guest in guests:
        check_details(guest.contact)
        email = guest.contact.email.strip()
        if email and email_key(email) in seen:
            raise Invalid("party.twice", email=email)
        seen.add(email_key(email))
