"""What the wire shows of the model, where no golden file has the case."""

import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from turnout.core.events.model import Event, EventDetails, EventState, TicketType
from turnout.core.events.showing import EventView, Place
from turnout.core.ids import EventId, TicketTypeId
from turnout.dialects.attendance.present import local_clock, present_prices, quantity


@pytest.mark.parametrize(
    ("of_type", "of_event", "expected", "available"),
    [
        (10, None, 10, 7),
        (10, 5, 10, 7),
        (None, 20, 19, 16),
        (None, 4, 3, 0),
        (None, None, 1_000_000, 999_997),
    ],
)
def test_quantity_is_always_a_number(
    of_type: int | None, of_event: int | None, expected: int, available: int
) -> None:
    """Three tickets of the type are held, four places of the event."""
    ticket_type = TicketType(TicketTypeId(2), EventId(1), "Visitor", True, 0, "", of_type, 3)
    event = Event(EventId(1), "", "", "Fair", EventState.OPEN, "UTC", "", "", 0, 1, of_event, 4)
    shown = EventView(event, EventDetails(), Place(), [ticket_type])
    found = quantity(shown, ticket_type)
    assert (found, found - ticket_type.held) == (expected, available)


@pytest.mark.parametrize(
    ("price_minor", "currency", "prices"),
    [
        (1_050, "EUR", {"eur": "10.50"}),
        (1_000, "EUR", {"eur": "10"}),
        (10_000, "CLP", {"clp": "10000"}),
        (1_500, "KWD", {"kwd": "1.500"}),
        (2_000, "KWD", {"kwd": "2"}),
        (0, "JPY", {"jpy": 0}),
        (0, "", {}),
    ],
)
def test_prices_have_the_decimals_of_their_currency(
    price_minor: int, currency: str, prices: dict[str, str | int]
) -> None:
    ticket_type = TicketType(
        TicketTypeId(2), EventId(1), "Visitor", True, price_minor, currency, None, 0
    )
    assert present_prices(ticket_type) == prices


# With a change of summer time, with offsets of parts of an hour, and with one of seconds.
ZONES = ("UTC", "Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe", "Africa/Monrovia")


@given(st.integers(0, 32_503_680_000_000 - 1), st.sampled_from(ZONES))
def test_a_wall_clock_says_what_the_zone_says(at: int, zone: str) -> None:
    moment = datetime.datetime.fromtimestamp(at // 1000, ZoneInfo(zone))
    assert local_clock(zone)(at) == moment.isoformat()


@pytest.mark.parametrize("zone", ZONES)
def test_a_wall_clock_is_right_around_every_change_of_offset(zone: str) -> None:
    clock, own = local_clock(zone), ZoneInfo(zone)
    hours = range(0, 2_000_000_000, 3600 * 24 * 7)
    offsets = [datetime.datetime.fromtimestamp(at, own).utcoffset() for at in hours]
    changed = [at for at, a, b in zip(hours, offsets, offsets[1:], strict=False) if a != b]
    for week in changed[:12]:
        for second in range(week, week + 3600 * 24 * 7, 450):
            expected = datetime.datetime.fromtimestamp(second, own).isoformat()
            assert clock(second * 1000) == expected
