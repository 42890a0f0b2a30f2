"""Tickets: their codes are readable, unguessable and one of a kind in their organization."""

import re

import pytest
from msgspec.structs import replace

from turnout.core.events.programme import list_ticket_types
from turnout.core.people.merging import merge_person
from turnout.core.people.model import Contact
from turnout.core.registrations.booking import add_registration
from turnout.core.registrations.model import Submitted
from turnout.core.tickets.issuing import (
    ATTEMPTS,
    CODE_LENGTH,
    Grant,
    GrantKind,
    Ticket,
    TicketState,
    cancel_tickets,
    issue_ticket,
    list_tickets,
    list_valid_tickets,
)
from turnout.errors import Unavailable
from turnout.store import Ids
from turnout.store.sources import CODE_ALPHABET

STAFF = Grant(GrantKind.STAFF)


@pytest.fixture
def registration(db, account) -> tuple[int, int, int]:
    """The organization, a registration in it without a ticket, and the ticket type."""
    contact = Contact(email="ada@example.com")
    person = db.call(merge_person, account.org_id, contact)
    (ticket_type,) = db.call(list_ticket_types, account.org_id, account.event.id)
    made = db.call(
        add_registration,
        account.org_id,
        account.event.id,
        person.id,
        ticket_type.id,
        source="test",
        submitted=Submitted(contact),
    )
    assert made
    return account.org_id, made, ticket_type.id


def test_a_ticket_is_valid_until_it_is_cancelled(db, registration):
    org_id, registration_id, ticket_type_id = registration
    issued = db.call(issue_ticket, *registration, Grant(GrantKind.INVITATION, 7))
    assert re.fullmatch(f"[{CODE_ALPHABET}]{{{CODE_LENGTH}}}", issued.code)
    (ticket,) = db.call(list_tickets, org_id, registration_id)
    assert ticket == issued
    assert db.call(list_valid_tickets, org_id, registration_id) == [issued]
    assert issued == Ticket(
        issued.id,
        issued.code,
        ticket_type_id,
        TicketState.VALID,
        GrantKind.INVITATION,
        7,
        issued.created_at,
    )
    for _ in range(2):
        db.call(cancel_tickets, org_id, registration_id)
        (cancelled,) = db.call(list_tickets, org_id, registration_id)
        assert cancelled == replace(issued, state=TicketState.CANCELLED)
        assert db.call(list_valid_tickets, org_id, registration_id) == []
    assert db.call(list_tickets, org_id + 1, registration_id) == []


def test_a_code_that_is_taken_is_not_given_again(db, registration, monkeypatch):
    monkeypatch.setattr(db, "ids", Ids(99))
    first = db.call(issue_ticket, *registration, STAFF)
    monkeypatch.setattr(db, "ids", Ids(99))
    second = db.call(issue_ticket, *registration, STAFF)
    codes = [ticket.code for ticket in db.call(list_tickets, *registration[:2])]
    assert codes == [first.code, second.code]
    assert first.code != second.code


def test_the_search_for_a_free_code_ends(db, registration, monkeypatch):
    monkeypatch.setattr(db, "ids", Ids(99))
    for _ in range(ATTEMPTS):
        db.call(issue_ticket, *registration, STAFF)
    monkeypatch.setattr(db, "ids", Ids(99))
    with pytest.raises(Unavailable) as refusal:
        db.call(issue_ticket, *registration, STAFF)
    assert refusal.value.code == "ticket.code"
