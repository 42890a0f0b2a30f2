"""What somebody asked for by themselves stays theirs when they decline an invitation."""

import pytest

from tests.core.registrations.doors import Doors

DOORS = {
    "the registration API": lambda doors: doors.queue("a", [0]),
    "the event's page": lambda doors: doors.page("a", 1),
    "the page for another type": lambda doors: doors.page("a", 0),
    "a program": lambda doors: doors.program("a"),
}


@pytest.fixture
def doors(node) -> Doors:
    return Doors(node, None, [None] * 3, [None, None])


@pytest.mark.parametrize("door", DOORS)
def test_declining_leaves_what_was_asked_for_at_another_door(doors, door):
    assert doors.confirm("a", 1) == ""
    DOORS[door](doors)
    before = doors.tickets(), doors.bookings(), doors.held()
    assert doors.decline("a", 1) == ""
    assert (doors.tickets(), doors.bookings(), doors.held()) == before
    assert doors.answers()["a", 1] == "declined"
    assert (doors.confirm("a", 1), doors.decline("a", 1)) == ("", "")
    assert (doors.tickets(), doors.bookings(), doors.held()) == before


def test_declining_gives_back_what_nobody_asked_for_elsewhere(doors):
    assert (doors.confirm("a", 1), doors.confirm("a", 2)) == ("", "")
    doors.page("a", 0)
    assert (doors.decline("a", 1), len(doors.tickets()["a"])) == ("", 1)
    assert (doors.decline("a", 2), len(doors.tickets()["a"])) == ("", 1)
    assert (doors.cancel("a"), doors.tickets()) == ("", {})


def test_a_session_that_is_full_claims_nothing(node):
    doors = Doors(node, None, [None] * 3, [0, None])
    assert doors.confirm("a", 1) == ""
    doors.queue("a", [0])
    assert (doors.decline("a", 1), doors.tickets()) == ("", {})


def test_two_invitations_to_one_type_are_declined_one_by_one(doors):
    assert (doors.confirm("a", 1), doors.confirm("a", 3)) == ("", "")
    before = doors.tickets(), doors.held()
    assert len(before[0]["a"]) == 1
    assert doors.decline("a", 1) == ""
    assert (doors.tickets(), doors.held()) == before
    answers = doors.answers()
    assert (answers["a", 1], answers["a", 3]) == ("declined", "confirmed")
    assert (doors.decline("a", 3), doors.tickets()) == ("", {})
    answers = doors.answers()
    assert (answers["a", 1], answers["a", 3]) == ("declined", "declined")


def test_the_second_invitation_to_a_type_is_declined_first(doors):
    assert (doors.confirm("a", 1), doors.confirm("a", 3), doors.decline("a", 3)) == ("", "", "")
    answers = doors.answers()
    assert (answers["a", 1], answers["a", 3]) == ("confirmed", "declined")
    assert (doors.decline("a", 1), doors.tickets()) == ("", {})


def test_an_invitation_that_nobody_confirmed_keeps_nothing(doors):
    assert (doors.confirm("a", 1), doors.decline("a", 1), doors.tickets()) == ("", "", {})
    assert doors.answers()["a", 3] == "pending"


def test_a_confirmation_ends_with_the_ticket(doors):
    for campaign in (1, 3):
        assert doors.confirm("a", campaign) == ""
    assert doors.cancel("a") == ""
    assert (doors.confirm("a", 1), doors.decline("a", 1), doors.tickets()) == ("", "", {})
