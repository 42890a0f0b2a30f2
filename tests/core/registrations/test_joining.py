"""Which ticket types the doors offer: hidden, locked and priced ones, and those by code."""

import pytest

from tests.core.registrations.hall import Hall
from tests.support.builder import contact
from tests.support.node import START
from turnout.core.events.programme import list_ticket_types
from turnout.core.events.ticket_types import TicketTypeChange, edit_ticket_type
from turnout.core.registrations.changing import add_by_staff
from turnout.core.registrations.joining import (
    is_for_few,
    is_offered,
    list_offered,
    register_directly,
)
from turnout.core.registrations.offers import join_list
from turnout.core.registrations.rules import Door
from turnout.errors import Invalid

CODE = "members-2027"
HELD_BACK = [{"is_hidden": True}, {"is_locked": True}]


@pytest.fixture
def hall(node) -> Hall:
    node.clock.now = START
    return Hall(node, None, (1, None))


def change(hall: Hall, **fields) -> None:
    wanted = TicketTypeChange(**fields)
    hall.call(edit_ticket_type, hall.event_id, hall.type_ids[0], wanted, actor="test")


def kind(hall: Hall):
    types = hall.call(list_ticket_types, hall.event_id)
    return next(kind for kind in types if kind.id == hall.type_ids[0])


@pytest.mark.parametrize("fields", HELD_BACK)
def test_a_type_that_is_held_back_is_given_by_staff_alone(hall, fields):
    change(hall, **fields)
    assert not is_offered(kind(hall), hall.node.clock.now)
    for door in (Door.FORM, Door.PROGRAM):
        with pytest.raises(Invalid) as refused:
            hall.call(register_directly, hall.event_id, hall.type_ids[0], contact("a"), door=door)
        assert refused.value.code == "ticket_type.offered"
    assert (hall.tickets(), hall.places().types[0]) == ({}, (0, 1))
    add = (add_by_staff, hall.event_id, contact("b"))
    hall.call(*add, ticket_type_id=hall.type_ids[0], actor="test")
    assert hall.tickets() == {"b": [0]}


@pytest.mark.parametrize("fields", HELD_BACK)
def test_a_type_that_is_offered_again_is_given_at_the_page(hall, fields):
    change(hall, **fields)
    change(hall, **dict.fromkeys(fields, False))
    assert is_offered(kind(hall), hall.node.clock.now)
    assert hall.call(register_directly, hall.event_id, hall.type_ids[0], contact("a"))
    assert hall.tickets() == {"a": [0]}


def test_a_type_with_a_code_is_for_few_at_the_form_and_may_be_waited_for(hall):
    change(hall, access_code=CODE)
    own = kind(hall)
    assert (own.access_code, is_for_few(own)) == (CODE, True)
    # The page asks for the code, and then it is a type like any other.
    assert is_offered(own, hall.node.clock.now)
    assert hall.call(register_directly, hall.event_id, own.id, contact("a"))
    entry = hall.call(join_list, hall.event_id, own.id, contact("b"))
    assert (hall.tickets(), hall.queue()) == ({"a": [0]}, [("b", "waiting")])
    assert entry.ticket_type_id == own.id
    change(hall, access_code="")
    assert not is_for_few(kind(hall))


@pytest.mark.parametrize(
    ("code", "is_shown"),
    [
        (CODE, True),
        ("", False),
        (CODE.upper(), False),
        (f" {CODE}", False),
        (CODE[:-1], False),
        ("müll\udcff", False),
    ],
)
def test_a_type_with_a_code_is_shown_to_those_who_have_it(hall, code, is_shown):
    change(hall, access_code=CODE)
    offered = list_offered(hall.call(list_ticket_types, hall.event_id), hall.node.clock.now, code)
    assert (hall.type_ids[0] in {own.id for own in offered}) == is_shown
    assert hall.type_ids[1] in {own.id for own in offered}
    change(hall, access_code=CODE, is_hidden=True)
    types = hall.call(list_ticket_types, hall.event_id)
    offered = list_offered(types, hall.node.clock.now, code)
    assert hall.type_ids[0] not in {own.id for own in offered}


@pytest.mark.parametrize(
    ("code", "is_taken"),
    [("short", False), ("  members-2027  ", True), ("x" * 65, False), ("line\nfeed", False)],
)
def test_a_code_has_a_length_and_one_line(hall, code, is_taken):
    if is_taken:
        change(hall, access_code=code)
        assert kind(hall).access_code == code.strip()
        return
    with pytest.raises(Invalid):
        change(hall, access_code=code)
    assert kind(hall).access_code == ""


def test_a_price_is_taken_at_the_page_alone(hall):
    change(hall, price_minor=100, currency="EUR")
    own = kind(hall)
    assert [is_offered(own, hall.node.clock.now, sells=sells) for sells in (True, False)] == [
        True,
        False,
    ]
