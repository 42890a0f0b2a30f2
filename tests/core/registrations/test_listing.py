"""Registrations are found by everything that is known of them."""

import pytest

from tests.core.registrations.office import Office
from turnout.core.checkin.attendees import find_attendee
from turnout.core.checkin.scans import Scan, check_in
from turnout.core.ids import TicketTypeId
from turnout.core.questions.model import Answer
from turnout.core.registrations import listing
from turnout.core.registrations.giving_back import cancel_registration
from turnout.core.registrations.listing import (
    RegistrationFilter,
    count_matching,
    list_registrations,
)
from turnout.core.registrations.live_lists import resolve
from turnout.core.registrations.model import RegistrationState
from turnout.core.registrations.notes import add_tag
from turnout.core.registrations.restoring import restore_registration
from turnout.core.tickets.issuing import list_tickets
from turnout.store import Ids, open_database


@pytest.fixture
def office(node) -> Office:
    """Ann (vegan, hall, talk, checked in, a VIP), Bob (cancelled), Zoë (a day later, tour)."""
    office = Office(node)
    ann = office.add(
        "ann",
        ticket_type_id=office.hall,
        session_ids=[office.talk],
        answers=[Answer("Diet", "Vegan"), Answer("Shirt", "M")],
    )
    bob = office.add("bob", facts={"company": "Müller & Söhne"})
    office.act(cancel_registration, bob)
    node.clock.now += 86_400_000
    facts = {"first_name": "ZOË", "last_name": "Ωmega"}
    office.add("zoe", facts=facts, session_ids=[office.tour], answers=[Answer("Diet", "none")])
    office.act(add_tag, ann, "Vip")
    code = office.tickets(ann)[0].code
    office.call(check_in, office.event_id, Scan(code=code, at=node.clock()))
    return office


def names(office: Office, **wanted) -> list[str]:
    asked = RegistrationFilter(office.event_id, **wanted)
    found = office.call(list_registrations, asked, limit=100)
    assert office.call(count_matching, asked) == len(found)
    return [registration.email.partition("@")[0] for registration in found]


def test_each_filter_finds_its_own(office):
    day = 86_400_000
    now = office.db.clock()
    for wanted, expected in (
        ({}, ["ann", "bob", "zoe"]),
        ({"text": "ann@EXAMPLE"}, ["ann"]),
        ({"text": "zoë ωMEGA"}, ["zoe"]),
        ({"text": "söhne"}, ["bob"]),
        ({"text": "nobody"}, []),
        ({"state": RegistrationState.CANCELLED}, ["bob"]),
        ({"state": RegistrationState.CONFIRMED}, ["ann", "zoe"]),
        ({"ticket_type_id": office.hall}, ["ann"]),
        ({"ticket_type_id": office.general}, ["bob", "zoe"]),
        ({"session_id": office.tour}, ["zoe"]),
        ({"question": "diet"}, ["ann", "zoe"]),
        ({"question": "diet", "answer": "VEGAN"}, ["ann"]),
        ({"answer": "m"}, ["ann"]),
        ({"question": "shirt", "answer": "vegan"}, []),
        ({"is_checked_in": True}, ["ann"]),
        ({"is_checked_in": False}, ["bob", "zoe"]),
        ({"source": "staff"}, ["ann", "bob", "zoe"]),
        ({"source": "page"}, []),
        ({"since": now}, ["zoe"]),
        ({"until": now}, ["ann", "bob"]),
        ({"since": now - day, "until": now - day + 1}, ["ann", "bob"]),
        ({"tag": " VIP"}, ["ann"]),
        ({"tag": "VI"}, []),
        ({"is_checked_in": True, "session_id": office.tour}, []),
    ):
        assert names(office, **wanted) == expected, wanted


def test_a_listed_registration_says_what_it_has(office):
    [ann, *_] = office.call(list_registrations, RegistrationFilter(office.event_id), limit=1)
    assert (ann.name, ann.type_name, ann.is_candidate) == ("Ann Guest", "Hall", False)
    assert (ann.code, ann.checked_in_at) == (office.tickets(ann.id)[0].code, office.db.clock())
    assert ann.answers == [Answer("Diet", "Vegan"), Answer("Shirt", "M")]


def test_the_ticket_of_the_type_that_is_asked_for_is_listed(office):
    office.add("zoe", ticket_type_id=office.hall)
    for wanted, shown in (
        (office.general, "General admission"),
        (office.hall, "Hall"),
        (TicketTypeId(0), "Hall"),
    ):
        asked = RegistrationFilter(office.event_id, text="zoe", ticket_type_id=wanted)
        (zoe,) = office.call(list_registrations, asked, limit=9)
        ticket = office.call(list_tickets, zoe.id)[0 if wanted == office.general else 1]
        assert (zoe.type_name, zoe.code) == (shown, ticket.code)


def test_a_list_goes_on_behind_its_last_and_over_pages(office, monkeypatch):
    monkeypatch.setattr(listing, "PAGE", 1)
    assert names(office) == ["ann", "bob", "zoe"]
    wanted = RegistrationFilter(office.event_id)
    first = office.call(list_registrations, wanted, limit=2)
    rest = office.call(list_registrations, wanted, after=first[-1].id, limit=2)
    assert [found.email[:3] for found in (*first, *rest)] == ["ann", "bob", "zoe"]


def test_another_organization_finds_nothing(office, org_id):
    wanted = RegistrationFilter(office.event_id)
    assert office.db.call(list_registrations, org_id, wanted, limit=9) == []
    everything = office.call(list_registrations, RegistrationFilter(), limit=9)
    assert len(everything) == 3


def test_the_valid_ticket_is_shown_whatever_process_made_it(node):
    """Each process takes numbers of its own: one that began earlier gives a later ticket a lower
    number."""
    office = Office(node)
    here, other = office.db, open_database(node.settings, clock=node.clock, ids=Ids(99))
    try:
        office.db = other
        office.add("first")
        office.db = here
        for number in range(101):  # the rest of the block that this process has, and a new one
            ann = office.add(f"ann-{number}", is_mailed=False)
        [old] = office.tickets(ann)
        office.act(cancel_registration, ann)
        node.clock.now += 1000
        office.db = other
        office.act(restore_registration, ann, is_mailed=False)
    finally:
        office.db = here
        other.close()
    [new] = office.tickets(ann)
    assert new.id < old.id
    assert [ticket.id for ticket in office.call(list_tickets, ann)] == [old.id, new.id]
    wanted = RegistrationFilter(office.event_id, text="ann-100")
    [listed] = office.call(list_registrations, wanted, limit=9)
    assert (listed.code, listed.type_name) == (new.code, "General admission")
    people, _ = office.call(resolve, f"event:{office.event_id}", "", 999)
    assert [who.fields["TicketCode"] for who in people if "ann-100@" in who.email] == [new.code]
    shown = office.call(find_attendee, office.event_id, old.code)
    assert [ticket.code for ticket in shown.tickets] == [old.code, new.code]
    assert office.audited(ann) == ["added", "cancelled", "restored"]
