"""Dates by locale, days of the week, and times of day."""

import re

from turnout.formats.spoken.numbers import cardinal, digits, ordinal, two_digits, year
from turnout.formats.spoken.rules import Locale, Rule
from turnout.formats.spoken.words import DAY_OF, MONTH_OF, MONTHS

_LONGEST_FIRST = sorted({*MONTH_OF}, key=len, reverse=True)
_MONTH = "(?:" + "|".join(f"{name.capitalize()}|{name.upper()}" for name in _LONGEST_FIRST) + ")"
_ALL_DAYS = sorted({*DAY_OF}, key=len, reverse=True)
_DAY = "(?:" + "|".join(f"{name.capitalize()}|{name.upper()}" for name in _ALL_DAYS) + ")"
_NTH = "(?:st|nd|rd|th)?"
_DASH = r"\s{0,2}-\s{0,2}"
# What makes `4/12` a date.
_BEFORE_DATE = "on|by|from|until|till|before|after|since|dated|due|starting|ending"


def say_date(day: int, month: int, its_year: int | None, locale: Locale, before: str = "") -> str:
    """The date as the locale says it; `before` is the word before it."""
    return _say_days(ordinal(day), month, its_year, locale, before)


def _say_days(days: str, month: int, its_year: int | None, locale: Locale, before: str = "") -> str:
    article = "" if before.lower() == "the" else "the "
    said = f"{article}{days} of {MONTHS[month - 1]}"
    if locale.is_month_first:
        said = f"{MONTHS[month - 1]} {days}"
    if its_year is None:
        return said
    comma = "," if locale.is_month_first else ""
    return f"{said}{comma} {year(its_year, locale.joint)}"


def is_date(day: int, month: int) -> bool:
    """Whether there is such a day in some year."""
    return 1 <= month <= 12 and 1 <= day <= (29 if month == 2 else 30 + (month + month // 8) % 2)


def in_order(first: int, second: int, locale: Locale) -> tuple[int, int] | None:
    """Day and month of two numbers: in the locale's order, or in the other if only that is one."""
    orders = [(first, second), (second, first)]
    if locale.is_month_first:
        orders.reverse()
    return next((order for order in orders if is_date(*order)), None)


def _last_word(found: "re.Match[str]") -> str:
    before = found.string[max(0, found.start() - 5) : found.start()].split()
    return before[-1] if before else ""


def _iso(found: "re.Match[str]", locale: Locale) -> str | None:
    its_year, month, day = int(found[1]), int(found[2]), int(found[3])
    if not is_date(day, month):
        return None
    at = "," if found[4] else ""
    return say_date(day, month, its_year, locale, _last_word(found)) + at


def _numeric(found: "re.Match[str]", locale: Locale) -> str | None:
    date = in_order(int(found[1]), int(found[3]), locale)
    if date is None or (found[2] != "/" and len(found[4]) != 4):
        return None
    its_year = int(found[4]) + (2000 if len(found[4]) == 2 else 0)
    return say_date(*date, its_year, locale, _last_word(found))


def _short(found: "re.Match[str]", locale: Locale) -> str | None:
    date = in_order(int(found[2]), int(found[3]), locale)
    if date is None:
        return None
    word = DAY_OF.get(found[1].lower(), found[1])
    return f"{word} {say_date(*date, None, locale)}"


def _day_first(found: "re.Match[str]", locale: Locale) -> str | None:
    first, last, month = int(found[1]), found[2], MONTH_OF[found[3].lower()]
    if not is_date(first, month):
        return None
    days = f"{ordinal(first)} to {_the(locale)}{ordinal(int(last))}" if last else ordinal(first)
    its_year = int(found[4]) if found[4] else None
    return _say_days(days, month, its_year, locale, _last_word(found))


def _the(locale: Locale) -> str:
    return "" if locale.is_month_first else "the "


def _month_first(found: "re.Match[str]", locale: Locale) -> str | None:
    month, first, last = MONTH_OF[found[1].lower()], int(found[2]), found[3]
    if not is_date(first, month):
        return None
    days = f"{_the(locale)}{ordinal(first)}"
    if last:
        days += f" to {_the(locale)}{ordinal(int(last))}"
    its_year = f", {year(int(found[4]), locale.joint)}" if found[4] else ""
    return f"{MONTHS[month - 1]} {days}{its_year}"


def _month_year(found: "re.Match[str]", locale: Locale) -> str:
    return f"{MONTHS[MONTH_OF[found[1].lower()] - 1]} {year(int(found[2]), locale.joint)}"


_EACH_DAY = re.compile(rf"({_DAY})\.?|(-)|(&)|(/)|([^\-&/A-Za-z]|[A-Za-z]{{1,5}})")


def _days(found: "re.Match[str]", _locale: Locale) -> str:
    said = ""
    for part in _EACH_DAY.finditer(found[0]):
        day, dash, also, slash, other = part.groups()
        said += DAY_OF[day.lower()] if day else ""
        said += " to " if dash else " and " if also else " or " if slash else other or ""
    return " ".join(said.split())


def _day(found: "re.Match[str]", _locale: Locale) -> str:
    return DAY_OF[found[1].lower()]


def say_time(hour: int, minute: int, half: str = "") -> str | None:
    """A time of day; `half` is a or p, or empty where hours may go to 24."""
    if minute > 59 or hour > (12 if half else 24) or (half and not hour):
        return None
    if not half and hour in (0, 24) and not minute:
        return "midnight"
    if not half and (hour >= 13 or hour == 0):
        half = "a" if hour in (0, 24) else "p"
        hour = hour % 12 or 12
    end = f" {half.upper()}.M." if half else ""
    if not minute:
        return f"{cardinal(hour)}{end}" if end else f"{cardinal(hour)} o'clock"
    return f"{cardinal(hour)} {two_digits(minute)}{end}"


def _time(found: "re.Match[str]", _locale: Locale) -> str | None:
    return say_time(int(found[1]), int(found[2] or 0), found[3].lower())


def _clock(found: "re.Match[str]", _locale: Locale) -> str | None:
    said = say_time(int(found[1]), int(found[2]))
    if said is None or not found[3]:
        return said
    seconds = int(found[3])
    return f"{said} and {cardinal(seconds)} second{'' if seconds == 1 else 's'}"


def _range(found: "re.Match[str]", _locale: Locale) -> str | None:
    first = say_time(int(found[1]), int(found[2] or 0), (found[3] or "").lower())
    last = say_time(int(found[4]), int(found[5] or 0), found[6].lower())
    if not found[3] and not found[2]:
        first = cardinal(int(found[1]))
    return f"{first} to {last}" if first and last else None


def _clock_range(found: "re.Match[str]", _locale: Locale) -> str | None:
    first = say_time(int(found[1]), int(found[2]))
    last = say_time(int(found[3]), int(found[4]))
    return f"{first} to {last}" if first and last else None


def _military(found: "re.Match[str]", _locale: Locale) -> str | None:
    hour, minute = int(found[1]), int(found[2])
    if hour > 24 or minute > 59:
        return None
    said = digits(found[1]) if hour < 10 else cardinal(hour)
    return f"{said} {'hundred' if not minute else two_digits(minute)} hours"


_HALF = r"([AaPp])(?:\.[Mm]\.(?!\s{1,3}[A-Z]|\s{0,3}$)|\.?[Mm](?![A-Za-z]))"

DIGIT_RULES = (
    Rule(re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:(T|\s)(?=\d{2}:)|(?![\w-]))"), _iso),
    Rule(re.compile(r"(\d{1,2})([/.\-])(\d{1,2})\2(\d{4}|\d{2})(?![\w/]|[.\-]\w)"), _numeric),
    Rule(
        re.compile(
            rf"(\d{{1,2}}){_NTH}(?:{_DASH}(\d{{1,2}}){_NTH})?\s{{1,2}}(?:of\s)?({_MONTH})"
            r"(?![A-Za-z])(?:\.(?!\s{1,2}[A-Z]|\s{0,2}$))?(?:,?\s{1,2}(\d{4})(?![\d:]))?"
        ),
        _day_first,
    ),
    Rule(
        re.compile(
            rf"(\d{{1,2}})(?:[:.](\d\d))?\s?(?:{_HALF})?{_DASH}(\d{{1,2}})(?:[:.](\d\d))?\s?{_HALF}"
        ),
        _range,
    ),
    Rule(re.compile(rf"(\d{{1,2}}):(\d\d){_DASH}(\d{{1,2}}):(\d\d)(?![\d:])"), _clock_range),
    Rule(re.compile(rf"(\d{{1,2}})(?:[:.](\d\d))?\s?{_HALF}"), _time),
    Rule(re.compile(r"([01]?\d|2[0-4]):(\d\d)(?::(\d\d))?(?![\d:])"), _clock),
    Rule(re.compile(r"(\d\d)(\d\d)\s?(?:hrs|hours|h)(?![A-Za-z])"), _military),
)
LETTER_RULES = (
    Rule(
        re.compile(
            rf"({_MONTH})\.?\s{{1,2}}(\d{{1,2}}){_NTH}(?:{_DASH}(\d{{1,2}}){_NTH})?"
            r"(?![\d:A-Za-z%]|[.,/]\d)(?:,?\s{1,2}(\d{4})(?![\d:]))?"
        ),
        _month_first,
    ),
    Rule(re.compile(rf"({_MONTH})\.?,?\s{{1,2}}(\d{{4}})(?![\d:])"), _month_year),
    Rule(
        re.compile(
            rf"({_BEFORE_DATE}|{_DAY})\.?,?\s{{1,2}}(\d{{1,2}})/(\d{{1,2}})(?![\d/])",
            re.IGNORECASE,
        ),
        _short,
    ),
    Rule(
        re.compile(
            rf"{_DAY}(?![a-z])(?:\.?\s{{0,2}}(?:[\-,&/]|and|or|to)\s{{0,2}}{_DAY}(?![a-z])){{1,6}}"
        ),
        _days,
    ),
    Rule(
        re.compile(
            rf"({_DAY})(?![A-Za-z])\.?(?=,?\s{{1,2}}(?:\d|at\s|{_MONTH})|\s{{0,2}}-\s{{0,2}}{_DAY})"
        ),
        _day,
    ),
    Rule(re.compile(r"(Mon|Tues?|Wed|Weds|Thu|Thur|Thurs|Fri)(?![A-Za-z])"), _day),
)
