"""What messages cost: a price for a part, by channel and destination. Amounts are micros:
millionths of the currency unit."""

from turnout.core.messaging.model import Channel

MICROS = 1_000_000


class UnreadablePriceError(ValueError):
    """An entry is not `channel[:prefix]=price`."""

    def __init__(self, entry: str) -> None:
        super().__init__(entry)
        self.entry = entry


class Prices:
    """A price for each channel and destination prefix, in micros a part of `currency` (ISO 4217),
    which limits and credit are in, too."""

    def __init__(self, text: str, currency: str = "EUR") -> None:
        """Read `channel[:prefix]=price …`; the longest prefix that fits wins. Raises
        UnreadablePriceError for the first entry that cannot be read."""
        self.currency = currency
        self._prices: dict[Channel, list[tuple[str, int]]] = {channel: [] for channel in Channel}
        for entry in text.split():
            name, equals, price = entry.partition("=")
            channel, _, prefix = name.partition(":")
            try:
                amount = round(float(price) * MICROS)
                if not equals or amount < 0:
                    raise ValueError(entry)
                self._prices[Channel(channel)].append((prefix.lstrip("+"), amount))
            except (ValueError, OverflowError) as error:  # infinity
                raise UnreadablePriceError(entry) from error
        for prices in self._prices.values():
            prices.sort(key=lambda price: -len(price[0]))

    def entries(self) -> list[tuple[Channel, str, int]]:
        """All prices: the channel, the prefix (empty = any other), and the micros of a part."""
        return [
            (channel, prefix, amount)
            for channel, prices in self._prices.items()
            for prefix, amount in sorted(prices)
        ]

    def price_micros(self, channel: Channel, address: str) -> int:
        """What one part to `address` costs; 0 where no price is set."""
        for prefix, amount in self._prices[channel]:
            if address.startswith(prefix):
                return amount
        return 0
