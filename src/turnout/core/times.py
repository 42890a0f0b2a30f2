"""Instants (epoch ms), and how they read on a clock in an IANA time zone."""

import datetime
from zoneinfo import ZoneInfo

# Which moments may be kept: those of years in which each has a date in every zone.
YEARS = range(1970, 3000)
# The epoch ms when these years are over.
OVER_AT = 32_503_680_000_000


def local(at: int, timezone: str) -> datetime.datetime:
    """An instant in an IANA zone, in whole seconds."""
    return datetime.datetime.fromtimestamp(at // 1000, ZoneInfo(timezone))


def wall_clock(at: int, timezone: str) -> str:
    """The same as `YYYY-MM-DD HH:MM:SS`."""
    return local(at, timezone).strftime("%Y-%m-%d %H:%M:%S")
