"""What the wire shows of the model, where no golden file has the case."""

import pytest

from turnout.core.events.model import Event, EventDetails, EventState, TicketType
from turnout.core.events.showing import EventView, Place
from turnout.core.ids import EventId, TicketTypeId
from turnout.dialects.attendance.present import present_prices, quantity


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
