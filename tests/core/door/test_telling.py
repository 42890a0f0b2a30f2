"""Those who come together at the door: the party with the one who registered it."""

import pytest

from turnout.core.door.snapshots import list_snapshot_tickets
from turnout.core.events.describing import EventChange, change_event
from turnout.core.events.programme import list_ticket_types
from turnout.core.people.model import Contact
from turnout.core.registrations.companions import Companion, register_with_companions
from turnout.core.registrations.parties import Guest, grant_party
from turnout.core.registrations.rules import Door

ANN = Contact(email="ann@example.com", first_name="Ann")
ZOE, MAX = Contact(email="", first_name="Zoe"), Contact(email="", first_name="Max")


@pytest.fixture
def send(desk):
    """Send the form of the event's page."""
    where = (desk.org_id, desk.event.id)
    desk.db.call(change_event, *where, EventChange(companions=3), actor="test")
    kind = desk.db.call(list_ticket_types, *where)[0].id

    def form(sender, *others):
        people = [Companion(one, kind) for one in (sender, *others)]
        call = (register_with_companions, *where, people[0], people[1:], "http://turnout.test")
        desk.db.call(*call)

    return form


def groups(desk, device) -> dict[str, int]:
    """The number of each one's group on a phone, by first name."""
    rows = desk.db.call(list_snapshot_tickets, *device)
    return {first: group for _, _, first, _, _, _, _, group, *_ in rows}


def test_a_party_is_one_group_with_the_one_who_registered_it(desk, hall, send):
    (code,) = hall.guests("bob@example.com", first_name="Bob")
    send(ANN, ZOE)
    send(ANN, ZOE, MAX)
    device = hall.device("Door 1")
    of = groups(desk, device)
    assert (len({of["Ann"], of["Zoe"], of["Max"]}), len(of)) == (1, 4)
    assert of["Bob"] != of["Ann"]
    told = hall.scan(device, hall.code_of(ANN.email))
    assert sorted(one.name for one in told.companions) == ["Max", "Zoe"]
    zoe = next(one for one in told.companions if one.name == "Zoe")
    told = hall.scan(device, "", ticket=zoe.ticket)
    assert sorted(one.name for one in told.companions) == ["Ann", "Max"]
    assert hall.scan(device, code).companions == []


def test_a_party_whose_contact_does_not_come_is_one_group(desk, hall):
    where = (desk.org_id, desk.event.id)
    kind = desk.db.call(list_ticket_types, *where)[0].id
    guests = [Guest(ZOE, kind), Guest(MAX, kind)]
    desk.db.call(grant_party, *where, ANN, guests, door=Door.STAFF, source="t", actor="t")
    device = hall.device("Door 1")
    of = groups(desk, device)
    assert of == {"Zoe": of["Max"], "Max": of["Zoe"]}
    (zoe,) = desk.ask(f"""SELECT t.id FROM tickets t
        JOIN registrations r ON r.org_id = t.org_id AND r.id = t.registration_id
        JOIN people p ON p.org_id = r.org_id AND p.id = r.person_id
        WHERE r.event_id = {desk.event.id} AND p.first_name = 'Zoe'""")
    told = hall.scan(device, "", ticket=zoe)
    assert [one.name for one in told.companions] == ["Max"]
