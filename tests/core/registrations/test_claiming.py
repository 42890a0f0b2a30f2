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
