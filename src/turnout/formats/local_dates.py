"""Dates, times, waits and amounts as people of a language write them, by Babel.

Patterns are labels (catalogue/dates.py), so that a translation brings its own. A language without a
translation, such as that of an organizer's own text, has the patterns of CLDR; one that Babel does
not know is written as English. Babel is loaded when it is first used.
"""

import datetime
from typing import TYPE_CHECKING

from turnout.catalogue.translations import ENGLISH, find_locale, label
from turnout.formats.money import DECIMALS

if TYPE_CHECKING:
    from babel import Locale

MINUTE, HOUR, DAY = 60, 3600, 86_400


def say_language(code: str) -> str:
    """A language by its own name: `Deutsch` of `de`; the code of one that Babel does not know."""
    from babel import Locale, UnknownLocaleError

    try:
        name = Locale.parse(code, sep="-").get_display_name()
    except (UnknownLocaleError, ValueError):
        return code
    return name[:1].upper() + name[1:] if name else code


def say_day(at: datetime.datetime, language: str) -> str:
    """`1 March 2027`."""
    return _format(at, "date.day", language)


def say_moment(at: datetime.datetime, language: str) -> str:
    """`Monday, 1 March 2027, 09:00`."""
    return _format(at, "date.moment", language)


def say_day_time(at: datetime.datetime, language: str) -> str:
    """`1 March 2027, 09:00`."""
    return _format(at, "date.day_time", language)


def say_short_moment(at: datetime.datetime, language: str) -> str:
    """`1 March, 09:00`."""
    return _format(at, "date.short_moment", language)


def say_sign(day: datetime.date, language: str) -> str:
    """The month as on a date plate: `Mar`."""
    from babel.dates import format_date

    return format_date(day, "LLL", locale=_babel_name(language)).rstrip(".")


def say_weekday(day: datetime.date, language: str) -> str:
    """`Monday, 1 March`."""
    from babel.dates import format_date

    own = label(language, "date.weekday") if _is_translated(language) else "full"
    return format_date(day, own, locale=_babel_name(language))


def say_time(at: datetime.datetime, language: str) -> str:
    """`09:00`."""
    return _format(at, "date.time", language)


def say_span(
    starts: datetime.datetime, ends: datetime.datetime, timezone: str, language: str
) -> str:
    """`Monday, 1 March 2027, 09:00 to 17:00 (UTC)`; the day again if it ends on another."""
    say_end = say_time if starts.date() == ends.date() else say_moment
    first, last = say_moment(starts, language), say_end(ends, language)
    if not _is_translated(language):
        return f"{_join(first, last, language)} ({timezone})"
    return label(language, "date.span", start=first, end=last, timezone=timezone)


def say_days(starts: datetime.datetime, ends: datetime.datetime, language: str) -> str:
    """`11 May 2027`, or `11 May 2027 to 12 May 2027`."""
    first, last = say_day(starts, language), say_day(ends, language)
    if first == last:
        return first
    if not _is_translated(language):
        return _join(first, last, language)
    return label(language, "date.days", first=first, last=last)


def say_money(minor: int, currency: str, language: str) -> str:
    """An amount in the smallest unit of its currency (ISO 4217): `€10.50`, `10,50 €`."""
    from decimal import Decimal

    from babel.numbers import format_currency

    amount = Decimal(minor).scaleb(-DECIMALS.get(currency, 2))
    # Not rounded: of some currencies CLDR shows fewer decimals than they have.
    return format_currency(
        amount, currency, locale=_babel_name(language), decimal_quantization=False
    )


def say_price(micros: int, currency: str, language: str) -> str:
    """An amount in millionths of a currency's unit, with as many decimals as it needs, at least
    those of the currency: `€0.08`, `€0.0075`."""
    from decimal import Decimal

    from babel.numbers import format_currency

    amount, decimals = Decimal(micros).scaleb(-6), DECIMALS.get(currency, 2)
    cents = amount.quantize(Decimal(1).scaleb(-decimals))
    shown = cents if cents == amount else amount.normalize()
    locale = _babel_name(language)
    return format_currency(shown, currency, locale=locale, decimal_quantization=shown is cents)


def with_offset(said: str, at: datetime.datetime) -> str:
    """A time, with its offset where clocks go back and show it twice: `02:30 (+02:00)`."""
    first, second = (at.replace(fold=fold).utcoffset() for fold in (0, 1))
    # Where clocks go forward the offset grows, and the time is no time at all.
    if first is None or second is None or first <= second:
        return said
    return f"{said} ({at.isoformat()[-6:]})"


def say_wait(seconds: int, language: str) -> str:
    """A time to wait, rounded up: "20 seconds", "a minute", "5 minutes", "an hour", "2 days"."""
    if seconds < MINUTE:
        return _count(language, "wait.second", "wait.seconds", seconds)
    minutes = -(-seconds // MINUTE) * MINUTE
    # Not "2 hours" for 75 minutes: a unit is used from twice its length, or when it fits.
    fitting = (unit for unit in _UNITS if minutes == unit[0] or minutes >= 2 * unit[0])
    size, one, many = next(fitting, _UNITS[-1])
    return _count(language, one, many, -(-minutes // size))


_UNITS = (
    (DAY, "wait.day", "wait.days"),
    (HOUR, "wait.hour", "wait.hours"),
    (MINUTE, "wait.minute", "wait.minutes"),
)


def _count(language: str, one: str, many: str, count: int) -> str:
    return label(language, one if count == 1 else many, count=count)


def _format(at: datetime.datetime, code: str, language: str) -> str:
    from babel.dates import format_datetime

    own = label(language, code) if _is_translated(language) else _cldr_pattern(language, code)
    said = format_datetime(at, own, locale=_babel_name(language))
    return said if code == "date.day" else with_offset(said, at)


def _is_translated(language: str) -> bool:
    """Whether its patterns are labels; English stands for what Babel does not know."""
    return bool(find_locale(_babel_name(language)))


_DATES = {"date.day": "long", "date.day_time": "long", "date.moment": "full"}


def _cldr_pattern(language: str, code: str) -> str:
    """What CLDR has for a label of a date or time."""
    known = _locale(language)
    time = str(known.time_formats["short"].pattern)
    if code == "date.time":
        return time
    date = str(known.date_formats[_DATES.get(code, "long")].pattern)
    if code == "date.short_moment" and "MMMMd" in known.datetime_skeletons:
        date = str(known.datetime_skeletons["MMMMd"].pattern)
    if code == "date.day":
        return date
    return str(known.datetime_formats["full"]).replace("{1}", date).replace("{0}", time)


def _join(first: str, last: str, language: str) -> str:
    """From one to the other."""
    return str(_locale(language).interval_formats[None]).format(first, last)


def _locale(language: str) -> "Locale":
    from babel import Locale

    return Locale.parse(_babel_name(language))


def _babel_name(language: str) -> str:
    from babel.localedata import exists

    return language if exists(language) else ENGLISH
