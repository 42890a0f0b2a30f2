"""Names are found by beginnings, initials, sound, and in any script."""

import pytest

from turnout.core.door.model import DoorRole
from turnout.core.door.searching import search_names
from turnout.errors import Denied, Invalid

PEOPLE = {
    "a@example.com": ("Zoë", "Müller"),
    "b@example.com": ("Jørgen", "Mueller-Straßer"),
    "c@example.com": ("山田", "太郎"),
    "d@example.com": ("Anna", "Meyer"),
    "e@example.com": ("Ann", "Maier"),
    "f@example.com": ("Иван", "Петров"),
    "g@example.com": ("Luz", "Peña"),
    "h@example.com": ("Rui", "Pena"),
    "i@example.com": ("Ana", "Penaforte"),
}


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("mull", ["Zoë Müller"]),
        ("MÜLL", ["Zoë Müller"]),
        ("jor", ["Jørgen Mueller-Straßer"]),
        ("strasser", ["Jørgen Mueller-Straßer"]),
        ("田", ["山田 太郎"]),
        ("maier", ["Ann Maier", "Anna Meyer"]),
        ("anna mayr", ["Anna Meyer", "Ann Maier"]),
        ("zm", ["Zoë Müller"]),
        ("петр", ["Иван Петров"]),
        ("ann", ["Ann Maier", "Anna Meyer", "Ana Penaforte"]),
        ("Pena", ["Rui Pena", "Luz Peña", "Ana Penaforte"]),
        ("peña", ["Luz Peña", "Rui Pena", "Ana Penaforte"]),
        ("nobody", []),
        ("  ", []),
    ],
)
def test_a_name_is_found(desk, hall, typed, found):
    desk.decide(
        *(
            desk.apply(email, first_name=first, last_name=last)
            for email, (first, last) in PEOPLE.items()
        )
    )
    chief = hall.device("Desk", DoorRole.SUPERVISOR)
    assert [one.name for one in desk.db.call(search_names, *chief, typed)] == found


def test_a_steward_does_not_search(desk, hall):
    with pytest.raises(Denied):
        desk.db.call(search_names, *hall.device("Door 1"), "ann")


def test_what_is_too_long_is_refused(desk, hall):
    chief = hall.device("Desk", DoorRole.SUPERVISOR)
    assert desk.db.call(search_names, *chief, "x" * 100) == []
    with pytest.raises(Invalid):
        desk.db.call(search_names, *chief, "x" * 101)
