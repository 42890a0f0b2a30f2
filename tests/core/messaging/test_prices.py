"""What messages cost."""

import pytest

from turnout.core.messaging.model import Channel
from turnout.core.messaging.prices import Prices, UnreadablePriceError


def test_the_longest_prefix_wins_and_what_is_not_named_is_free():
    prices = Prices("sms=0.08 sms:44=0.06 sms:4479=0.05 fax:+61=1.5")
    micros = [
        prices.price_micros(Channel.SMS, number) for number in ("61", "4477", "4479", "447912")
    ]
    assert micros == [80_000, 60_000, 50_000, 50_000]
    assert prices.price_micros(Channel.FAX, "6129") == 1_500_000
    assert prices.price_micros(Channel.FAX, "49") == 0
    assert prices.price_micros(Channel.EMAIL, "a@example.com") == 0
    assert Prices("").price_micros(Channel.SMS, "61") == 0


@pytest.mark.parametrize("entry", ["sms", "sms=", "sms=-1", "pigeon=1", "sms=x", "sms=nan"])
def test_an_entry_that_cannot_be_read_is_named(entry):
    with pytest.raises(UnreadablePriceError) as refusal:
        Prices(f"email=0.1 {entry}")
    assert refusal.value.entry == entry


def test_all_prices_are_told():
    prices = Prices("sms=0.2 sms:61=0.05 email=0.001")
    assert prices.entries() == [
        (Channel.EMAIL, "", 1_000),
        (Channel.SMS, "", 200_000),
        (Channel.SMS, "61", 50_000),
    ]
