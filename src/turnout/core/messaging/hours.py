"""When nobody is called or written to: after a job's cut-off hour, and in the quiet hours of the
recipient's country.

Cut-off. The hour is that of the day for which a job was asked: of its schedule, or of the request.
It is worked out when the job starts, from that day and not from the start, so an outage or a pause
over midnight does not move it to the next evening. A worker looks at it when it claims, and a
carrier before it writes the first byte.

Quiet hours are the operator's, off by default. A number is in the zones of its country (a mobile
number's may be several): it is quiet there when it is quiet in one of them.
"""

import datetime
import re
from functools import lru_cache
from zoneinfo import ZoneInfo

from turnout.core.messaging.model import Channel

DAY_MS = 24 * 3_600_000
CHANNELS = frozenset({Channel.SMS, Channel.MMS, Channel.TTS, Channel.VOICE})
_ENTRY = re.compile(r"(?:([A-Za-z]{2})=)?(\d\d):([0-5]\d)-(\d\d):([0-5]\d)", re.ASCII)
_UNKNOWN = "Etc/Unknown"


class UnreadableHoursError(ValueError):
    """An entry is not `[country=]HH:MM-HH:MM`."""

    def __init__(self, entry: str) -> None:
        super().__init__(entry)
        self.entry = entry


class QuietHours:
    """From when to when nobody is called or texted, by country."""

    def __init__(self, text: str = "") -> None:
        """Read `[country=]HH:MM-HH:MM …`; one without a country is for all others. Raises
        UnreadableHoursError for the first entry that cannot be read."""
        self._hours: dict[str, tuple[int, int]] = {}
        for entry in text.split():
            match = _ENTRY.fullmatch(entry)
            if match is None or int(match[2]) > 23 or int(match[4]) > 23:
                raise UnreadableHoursError(entry)
            begin = int(match[2]) * 60 + int(match[3])
            end = int(match[4]) * 60 + int(match[5])
            if begin == end:
                raise UnreadableHoursError(entry)
            self._hours[(match[1] or "").upper()] = begin, end

    def __bool__(self) -> bool:
        return bool(self._hours)

    def apply(self, channel: Channel) -> bool:
        """Whether there are such hours on that channel at all."""
        return channel in CHANNELS and bool(self._hours)

    def ends_at(self, address: str, at: int, timezone: str) -> int | None:
        """When the quiet hours of somebody end that run at the instant `at`; None = they do not
        run. `timezone` is the zone of a number whose country has none. Instants in epoch ms."""
        country, zones = _place_of(address)
        hours = self._hours.get(country, self._hours.get(""))
        if hours is None:
            return None
        end = _end(hours, zones or (timezone,), at)
        if end is not None and end - at > DAY_MS:  # it is always quiet in one of so many zones
            return _end(hours, (timezone,), at)
        return end

    def begin_at(self, address: str, at: int, timezone: str) -> int | None:
        """When the quiet hours of somebody begin next, whom it is not quiet for at `at`; None =
        they have none."""
        country, zones = _place_of(address)
        hours = self._hours.get(country, self._hours.get(""))
        if hours is None:
            return None
        return min(_next(hours[0], zone, at) for zone in zones or (timezone,))


def cutoff_after(hour: str, at: int, timezone: str) -> int | None:
    """The instant of `hour` (`HH:MM`) on the local day of `at`, None for an empty hour. An hour
    that the clock skips or shows twice is the earlier one."""
    if not hour:
        return None
    hours, minutes = map(int, hour.split(":"))
    return _instant(_local(at, timezone), hours * 60 + minutes, ZoneInfo(timezone))


def _end(hours: tuple[int, int], zones: tuple[str, ...], at: int) -> int | None:
    end = at
    while end - at <= DAY_MS and (ends := [_end_in(hours, zone, end) for zone in zones]):
        latest = max((one for one in ends if one is not None), default=None)
        if latest is None:
            break
        end = latest
    return end if end > at else None


def _end_in(hours: tuple[int, int], zone: str, at: int) -> int | None:
    begin, end = hours
    local = _local(at, zone)
    minute = local.hour * 60 + local.minute
    is_quiet = begin <= minute < end if begin < end else minute >= begin or minute < end
    return _next(end, zone, at) if is_quiet else None


def _next(minute: int, zone: str, at: int) -> int:
    """The next instant after `at` at which clocks there show that minute of a day."""
    local, info = _local(at, zone), ZoneInfo(zone)
    found = _instant(local, minute, info)
    return found if found > at else _instant(local + datetime.timedelta(days=1), minute, info)


def _local(at: int, zone: str) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(at // 1000, ZoneInfo(zone))


def _instant(day: datetime.datetime, minute: int, zone: ZoneInfo) -> int:
    time = datetime.time(minute // 60, minute % 60)
    both = (datetime.datetime.combine(day.date(), time, zone).replace(fold=fold) for fold in (0, 1))
    return round(min(moment.timestamp() for moment in both) * 1000)


@lru_cache(maxsize=20_000)
def _place_of(address: str) -> tuple[str, tuple[str, ...]]:
    """The country (two letters) and the zones of a number in digits; empty where unknown."""
    import phonenumbers
    from phonenumbers.timezone import time_zones_for_number

    try:
        number = phonenumbers.parse(f"+{address}")
    except phonenumbers.NumberParseException:
        return "", ()
    zones = tuple(zone for zone in time_zones_for_number(number) if zone != _UNKNOWN)
    return phonenumbers.region_code_for_number(number) or "", zones
