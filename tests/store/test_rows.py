"""From rows to the classes that statements declare."""

import enum
from typing import NamedTuple, NewType

import msgspec
import pytest

from turnout.store.rows import fields_of, nested_maker, row_maker, split_optional

GuestId = NewType("GuestId", int)


class Mood(enum.StrEnum):
    CALM = "calm"
    LATE = "late"


class Address(msgspec.Struct, frozen=True, omit_defaults=True):
    city: str = ""
    floors: tuple[int, ...] = ()


class Guest(msgspec.Struct, frozen=True):
    id: GuestId
    name: str
    age: int | None
    is_here: bool
    mood: Mood
    last_mood: Mood | None
    address: Address
    tags: list[str] | None


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    email: str
    is_known: bool = False


class Seat(NamedTuple):
    row: str
    number: int


class Booking(NamedTuple):
    seat: str
    is_paid: bool


PLAIN = (7, "Ada", None, 0, "calm", None, "{}", None)
FULL = (8, "Bea", 36, 1, "late", "calm", '{"city":"Bern","floors":[1,2]}', '["a"]')


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (PLAIN, Guest(GuestId(7), "Ada", None, False, Mood.CALM, None, Address(), None)),
        (
            FULL,
            Guest(
                GuestId(8), "Bea", 36, True, Mood.LATE, Mood.CALM, Address("Bern", (1, 2)), ["a"]
            ),
        ),
    ],
)
def test_a_struct_is_made_of_its_columns_in_order(row, expected):
    assert row_maker(Guest)(row) == expected


@pytest.mark.parametrize(
    ("row_class", "row", "expected"),
    [(Seat, ("B", 7), Seat("B", 7)), (Booking, ("B7", 1), Booking("B7", True))],
)
def test_a_named_tuple_is_made_of_its_columns_in_order(row_class, row, expected):
    made = row_maker(row_class)(row)
    assert made == expected
    assert type(made) is row_class
    assert [type(value) for value in made] == [type(value) for value in expected]


def test_a_struct_that_takes_names_alone_is_made_too():
    assert row_maker(Contact)(("a@example.org", 1)) == Contact(email="a@example.org", is_known=True)
    with pytest.raises(ValueError, match="zip"):
        row_maker(Contact)(("a@example.org", 1, 1))


@pytest.mark.parametrize(
    ("row", "error"),
    [
        ((7, "Ada", None, 2, "calm", None, "{}", None), KeyError),
        ((7, "Ada", None, 0, "sad", None, "{}", None), KeyError),
        ((7, "Ada", None, None, "calm", None, "{}", None), KeyError),
        ((7, "Ada", None, 0, "calm", None, "no JSON", None), msgspec.DecodeError),
        ((*PLAIN, 1), TypeError),
    ],
)
def test_a_row_that_does_not_fit_is_an_error(row, error):
    with pytest.raises(error):
        row_maker(Guest)(row)


def test_some_columns_of_a_row_make_one_value():
    class Ticket(NamedTuple):
        id: int
        seat: Seat
        note: str
        booking: Booking

    make = nested_maker(Ticket, [None, Seat, None, Booking])
    made = make((1, "B", 7, "", "B7", 0))
    assert made == Ticket(1, Seat("B", 7), "", Booking("B7", False))
    assert (type(made), type(made.seat), type(made.booking)) == (Ticket, Seat, Booking)


def test_fields_are_in_their_order_with_their_types():
    assert fields_of(Seat) == {"row": str, "number": int}
    assert list(fields_of(Guest))[:3] == ["id", "name", "age"]


@pytest.mark.parametrize(
    ("type_", "expected"),
    [
        (int, (int, False)),
        (GuestId, (int, False)),
        (GuestId | None, (int, True)),
        (str | None, (str, True)),
        (list[str], (list[str], False)),
    ],
)
def test_a_type_is_split_from_its_none(type_, expected):
    assert split_optional(type_) == expected
