"""Dates, times and amounts as people of a language write them."""

import datetime
import re
import unicodedata
from zoneinfo import ZoneInfo

import pytest
from babel.localedata import locale_identifiers

from turnout.formats.local_dates import (
    say_day_time,
    say_days,
    say_money,
    say_short_moment,
    say_span,
    say_time,
    say_wait,
)

ZONE = "Europe/Madrid"
STARTS = datetime.datetime(2027, 3, 1, 9, 5, tzinfo=ZoneInfo(ZONE))
SAME_DAY, NEXT_DAY = STARTS.replace(hour=17), STARTS.replace(day=2)
SPANS = {
    "en": ("Monday, 1 March 2027, 09:05 to 17:05 ({z})", "1 March 2027 to 2 March 2027"),
    "de": ("Montag, 1. März 2027, 09:05 bis 17:05 ({z})", "1. März 2027 bis 2. März 2027"),
    "es": (
        "lunes, 1 de marzo de 2027, 09:05 a 17:05 ({z})",
        "1 de marzo de 2027 a 2 de marzo de 2027",
    ),
    # Not in the catalogue: as CLDR has it.
    "fr": (
        "lundi 1 mars 2027, 09:05\u2009\u2013\u200917:05 ({z})",
        "1 mars 2027\u2009\u2013\u20092 mars 2027",
    ),
    "pt": (
        "segunda-feira, 1 de março de 2027 09:05\u2009\u2013\u200917:05 ({z})",
        "1 de março de 2027\u2009\u2013\u20092 de março de 2027",
    ),
    "ja": ("2027年3月1日月曜日 9:05\uff5e17:05 ({z})", "2027年3月1日\uff5e2027年3月2日"),
    # Not in Babel either.
    "zz": ("Monday, 1 March 2027, 09:05 to 17:05 ({z})", "1 March 2027 to 2 March 2027"),
}


@pytest.mark.parametrize("language", SPANS)
def test_the_times_of_an_event(language: str) -> None:
    span, days = SPANS[language]
    assert say_span(STARTS, SAME_DAY, ZONE, language) == span.format(z=ZONE)
    assert say_days(STARTS, NEXT_DAY, language) == days
    assert (
        say_days(STARTS, SAME_DAY, language)
        == re.split(r" to | bis | a |\s\u2013\s|\uff5e", days)[0]
    )


def test_an_event_that_ends_on_another_day_says_so() -> None:
    said = say_span(STARTS, NEXT_DAY, ZONE, "de")
    assert said == f"Montag, 1. März 2027, 09:05 bis Dienstag, 2. März 2027, 09:05 ({ZONE})"


@pytest.mark.parametrize(
    "language", sorted({name.partition("_")[0] for name in locale_identifiers()} - {"root"})
)
def test_every_language_of_babel_has_dates(language: str) -> None:
    """With all that a date has, whatever the order, in figures of the language's own."""
    said = say_span(STARTS, NEXT_DAY, ZONE, language)
    digits = [unicodedata.digit(sign) for sign in said if sign.isdigit()]
    assert digits.count(5) == 2
    assert digits.count(7) >= 2
    assert said.endswith(f" ({ZONE})")
    assert "{" not in said
    assert say_time(STARTS, language) in say_short_moment(STARTS, language)
    assert say_time(STARTS, language) in say_day_time(STARTS, language)
    assert say_days(STARTS, SAME_DAY, language) in say_day_time(STARTS, language)


def test_a_time_that_comes_twice_has_its_offset() -> None:
    zone = ZoneInfo("Europe/Berlin")
    first = datetime.datetime(2027, 10, 31, 2, 30, tzinfo=zone)
    second = datetime.datetime(2027, 10, 31, 2, 15, fold=1, tzinfo=zone)
    assert say_span(first, second, "Europe/Berlin", "en") == (
        "Sunday, 31 October 2027, 02:30 (+02:00) to 02:15 (+01:00) (Europe/Berlin)"
    )
    assert say_time(second, "en") == "02:15 (+01:00)"
    assert say_day_time(first, "de") == "31. Oktober 2027, 02:30 (+02:00)"
    assert say_days(first, second, "en") == "31 October 2027"
    # The hour that is left out, and one that comes once.
    assert say_time(datetime.datetime(2027, 3, 28, 2, 30, tzinfo=zone), "en") == "02:30"
    assert say_time(first.replace(hour=3), "en") == "03:30"


def test_shorter_forms() -> None:
    assert say_day_time(STARTS, "de") == "1. März 2027, 09:05"
    assert say_short_moment(STARTS, "es") == "1 de marzo, 09:05"
    assert say_time(STARTS, "en") == "09:05"
    assert say_short_moment(STARTS, "fr") == "1 mars, 09:05"
    assert say_day_time(STARTS, "fr") == "1 mars 2027, 09:05"


@pytest.mark.parametrize(
    ("minor", "currency", "language", "said"),
    [
        (1050, "EUR", "en", "€10.50"),
        (1050, "EUR", "de", "10,50\xa0€"),
        (1050, "EUR", "es", "10,50\xa0€"),
        (1000, "JPY", "en", "¥1,000"),
        (10_505, "KWD", "en", "KWD10.505"),
        (10_505, "IQD", "de", "10,505\xa0IQD"),
    ],
)
def test_an_amount_has_the_decimals_of_its_currency(
    minor: int, currency: str, language: str, said: str
) -> None:
    assert say_money(minor, currency, language) == said


@pytest.mark.parametrize(
    ("language", "said"), [("en", "5 minutes"), ("de", "5 Minuten"), ("es", "5 minutos")]
)
def test_a_wait(language: str, said: str) -> None:
    assert say_wait(282, language) == said
