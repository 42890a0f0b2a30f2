"""Parties: registered together, counted together at a limit for one person, at every door."""

import pytest

from tests.core.registrations.doors import Doors
from tests.core.registrations.hosts import NAMELESS, Hosts
from tests.core.registrations.invariants import find_faults
from tests.support.builder import contact
from tests.support.failures import refuses
from tests.support.node import START
from turnout.core.events.programme import create_ticket_type, set_person_limit
from turnout.core.ids import TicketTypeId
from turnout.core.people.model import Contact
from turnout.core.registrations.changing import add_by_staff, set_type
from turnout.core.registrations.giving_back import cancel_registration
from turnout.core.registrations.joining import LARGEST_PARTY, register_party
from turnout.core.registrations.parties import Guest, Party
from turnout.core.registrations.restoring import restore_registration
from turnout.core.tickets.mails import claim_ticket_mails
from turnout.errors import Conflict, Invalid, Missing


@pytest.fixture(autouse=True)
def clock(node) -> None:
    """What one test does to the clock is nothing to the next."""
    node.clock.now = START


@pytest.fixture
def hosts(node) -> Hosts:
    return Hosts(Doors(node, 4, [None] * 3, [1, None]))


def test_a_party_is_registered_with_a_ticket_each_and_mailed_to_its_contact(hosts):
    party = hosts.seat("h", [contact("h"), contact("a"), NAMELESS, NAMELESS])
    assert [ticket.is_new for ticket in party.tickets] == [True] * 4
    assert len({ticket.registration_id for ticket in party.tickets}) == 4
    assert hosts.doors.held()[:2] == [(4, 4), (4, None)]
    assert sorted(hosts.mails(party)) == [
        ("h@example.com", "A Guest"),
        ("h@example.com", "H Guest"),
        ("h@example.com", "Zoe"),
        ("h@example.com", "Zoe"),
    ]
    assert hosts.db.call(find_faults) == {}


def test_a_party_that_does_not_fit_is_registered_as_nobody(hosts):
    before = [hosts.count(table) for table in ("parties", "registrations", "tickets", "people")]
    with refuses(Conflict, "event.full"):
        hosts.seat("h", [contact("a"), *[NAMELESS] * 4])
    after = [hosts.count(table) for table in ("parties", "registrations", "tickets", "people")]
    assert after == before
    assert hosts.doors.held()[:2] == [(0, 4), (0, None)]


def test_who_is_registered_already_stays_in_a_party_as_they_are(hosts):
    assert hosts.doors.page("a", 0) == ""
    party = hosts.seat("h", [contact("a"), contact("b")])
    assert [ticket.is_new for ticket in party.tickets] == [False, True]
    assert hosts.doors.held()[:2] == [(2, 4), (2, None)]


def test_a_person_limit_counts_the_whole_party(hosts):
    hosts.limit(2)
    with refuses(Conflict, "ticket_type.person_full", name="General admission", limit=2):
        hosts.seat("h", [contact("a"), NAMELESS, NAMELESS])
    assert hosts.doors.held()[:2] == [(0, 4), (0, None)]
    hosts.seat("h", [contact("a"), NAMELESS])
    # Their own ticket is one more of the type, another party's too; another host has a limit apart.
    with refuses(Conflict, "ticket_type.person_full", name="General admission", limit=2):
        hosts.seat("h", [NAMELESS])
    assert hosts.doors.page("h", 0) == "ticket_type.person_full"
    assert hosts.doors.page("h", 1) == ""
    hosts.seat("g", [NAMELESS])
    assert hosts.doors.held()[:3] == [(4, 4), (3, None), (1, None)]


def test_a_lower_limit_takes_nothing_and_none_lets_all_in(hosts):
    hosts.seat("h", [NAMELESS] * 2)
    hosts.limit(1)
    with refuses(Conflict, "ticket_type.person_full", name="General admission", limit=1):
        hosts.seat("h", [NAMELESS])
    hosts.limit(None)
    hosts.seat("h", [NAMELESS])
    assert hosts.doors.held()[:2] == [(3, 4), (3, None)]


def test_a_person_limit_that_cannot_be_is_refused(hosts):
    with refuses(Invalid, "ticket_type.person_limit", limit=0):
        hosts.limit(0)
    with refuses(Missing, "ticket_type.no_such", ticket_type_id=0):
        hosts.doors.call(set_person_limit, 0, 1, actor="test")
    other = hosts.doors.college.org_id
    with refuses(Missing, "ticket_type.no_such", ticket_type_id=hosts.doors.type_ids[0]):
        hosts.db.call(set_person_limit, other, hosts.doors.type_ids[0], 1, actor="test")
    with refuses(Invalid, "ticket_type.person_limit", limit=0):
        hosts.doors.call(
            create_ticket_type, hosts.doors.event_id, "Box", person_limit=0, actor="test"
        )


# -- staff ---------------------------------------------------------------------------------


def register(hosts: Hosts, host: str, guests: list[Contact], type_: int = 0) -> Party:
    type_id = hosts.doors.type_ids[type_]
    wanted = [Guest(guest, type_id) for guest in guests]
    event_id = hosts.doors.event_id
    return hosts.db.call(
        register_party, hosts.org_id, event_id, contact(host), wanted, actor="test"
    )


def test_staff_register_a_party_whose_new_tickets_are_mailed_to_its_contact(hosts):
    party = register(hosts, "h", [contact("h"), contact("a"), NAMELESS])
    assert [ticket.is_new for ticket in party.tickets] == [True] * 3
    mails = [mail for mail in hosts.db.call(claim_ticket_mails) if mail.org_id == hosts.org_id]
    assert sorted((mail.email, mail.facts.holder) for mail in mails) == [
        ("h@example.com", "A Guest"),
        ("h@example.com", "H Guest"),
        ("h@example.com", "Zoe"),
    ]
    again = register(hosts, "h", [contact("a")])
    assert [ticket.is_new for ticket in again.tickets] == [False]
    assert hosts.db.call(claim_ticket_mails) == []
    assert hosts.doors.held()[:2] == [(3, 4), (3, None)]
    assert hosts.db.call(find_faults) == {}


def test_a_limit_for_one_person_counts_a_party_of_staff_too(hosts):
    hosts.limit(2)
    with refuses(Conflict, "ticket_type.person_full", name="General admission", limit=2):
        register(hosts, "h", [contact("h"), NAMELESS, NAMELESS])
    assert hosts.doors.held()[:2] == [(0, 4), (0, None)]
    assert len(register(hosts, "h", [contact("h"), NAMELESS]).tickets) == 2


def test_a_party_is_told_what_is_wrong_with_it(hosts):
    for guests in ([], [NAMELESS] * (LARGEST_PARTY + 1)):
        with refuses(Invalid, "party.size", limit=LARGEST_PARTY):
            register(hosts, "h", guests)
    with refuses(Invalid, "contact.email", email="a@"):
        register(hosts, "h", [Contact(email="a@")])
    with refuses(Missing, "ticket_type.no_such", ticket_type_id=0):
        hosts.db.call(
            register_party,
            *(hosts.org_id, hosts.doors.event_id, contact("h")),
            [Guest(NAMELESS, TicketTypeId(0))],
            actor="test",
        )
    assert hosts.count("parties") == 0


FULL = {"name": "General admission", "limit": 2}


def test_staff_add_nobody_beyond_the_limit_that_a_party_has_reached(hosts):
    hosts.limit(2)
    register(hosts, "h", [contact("a"), NAMELESS])
    add = (add_by_staff, hosts.doors.event_id, contact("h"))
    with refuses(Conflict, "ticket_type.person_full", **FULL):
        hosts.doors.call(*add, actor="test")
    assert hosts.doors.held()[:2] == [(2, 4), (2, None)]
    assert "h" not in hosts.doors.tickets()
    # One of another type is another thing, and so is somebody else.
    hosts.doors.call(*add, ticket_type_id=hosts.doors.type_ids[1], actor="test")
    hosts.doors.call(add_by_staff, hosts.doors.event_id, contact("g"), actor="test")
    assert hosts.doors.held()[:3] == [(4, 4), (3, None), (1, None)]
    # Somebody of the party who has the ticket keeps it.
    again = hosts.doors.call(add_by_staff, hosts.doors.event_id, contact("a"), actor="test")
    assert not again.is_new


def test_a_limit_holds_where_staff_change_the_type_restore_or_pass_on(hosts):
    hosts.limit(2)
    doors = hosts.doors
    register(hosts, "h", [contact("a"), NAMELESS])
    assert doors.page("h", 1) == ""
    own = doors.registration_id("h")
    with refuses(Conflict, "ticket_type.person_full", **FULL):
        doors.call(set_type, own, doors.type_ids[0], actor="test")
    assert doors.page("b", 0) == ""
    code = next(iter(doors.tickets()["b"]))
    doors.cancel("h")
    assert doors.transfer(code, "h") == "ticket_type.person_full"
    assert doors.held()[:3] == [(3, 4), (3, None), (0, None)]
    # A guest's place in the party comes back with the registration, and counts again.
    guest = doors.registration_id("a")
    doors.call(cancel_registration, guest, actor="test")
    assert doors.transfer(code, "h") == ""
    with refuses(Conflict, "ticket_type.person_full", **FULL):
        doors.call(restore_registration, guest, actor="test")
    assert hosts.db.call(find_faults) == {}


def test_a_guests_ticket_may_go_to_the_contact_of_the_party(hosts):
    hosts.limit(2)
    register(hosts, "h", [contact("a"), NAMELESS])
    code = next(iter(hosts.doors.tickets()["a"]))
    assert hosts.doors.transfer(code, "h") == ""
    assert hosts.doors.held()[:2] == [(2, 4), (2, None)]
    assert hosts.db.call(find_faults) == {}
