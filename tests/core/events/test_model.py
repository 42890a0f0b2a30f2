"""When things are: planned in local time, kept as instants too."""

import datetime

import pytest

from turnout.core.events.model import Span, instant, span
from turnout.errors import Invalid


def utc(text: str) -> int:
    return int(datetime.datetime.fromisoformat(f"{text}+00:00").timestamp() * 1000)


@pytest.mark.parametrize(
    ("local", "zone", "expected"),
    [
        ("2027-06-01T09:00", "UTC", "2027-06-01T09:00"),
        ("2027-06-01T09:00", "Europe/Berlin", "2027-06-01T07:00"),
        ("2027-01-01T09:00", "Europe/Berlin", "2027-01-01T08:00"),
        ("2027-01-01T09:00:30", "Asia/Kathmandu", "2027-01-01T03:15:30"),
        ("2027-01-01", "America/New_York", "2027-01-01T05:00"),
        # 28 March 2027: the clock goes from 02:00 to 03:00.
        ("2027-03-28T01:59", "Europe/Berlin", "2027-03-28T00:59"),
        ("2027-03-28T02:30", "Europe/Berlin", "2027-03-28T01:30"),
        ("2027-03-28T03:00", "Europe/Berlin", "2027-03-28T01:00"),
        # 31 October 2027: 02:00 to 03:00 comes twice, and the first is meant.
        ("2027-10-31T02:30", "Europe/Berlin", "2027-10-31T00:30"),
        ("2027-10-31T03:00", "Europe/Berlin", "2027-10-31T02:00"),
    ],
)
def test_local_time_is_an_instant(local, zone, expected):
    assert instant(local, zone) == utc(expected)


@pytest.mark.parametrize(
    ("local", "zone", "code"),
    [
        ("", "UTC", "time.unreadable"),
        ("tomorrow", "UTC", "time.unreadable"),
        ("2027-02-29T09:00", "UTC", "time.unreadable"),
        ("2027-06-01T25:00", "UTC", "time.unreadable"),
        ("2027-06-01T09:00", "Nowhere/Land", "time.unreadable"),
        ("2027-06-01T09:00", "Europe", "time.unreadable"),
        ("2027-06-01T09:00", "../UTC", "time.unreadable"),
        ("2027-06-01T09:00", "", "time.unreadable"),
        ("2027-06-01T09:00+02:00", "UTC", "time.offset"),
        ("2027-06-01T09:00Z", "UTC", "time.offset"),
        ("1969-12-31T23:59", "UTC", "time.year"),
        ("3000-01-01T00:00", "UTC", "time.year"),
    ],
)
def test_what_is_no_local_time_is_refused(local, zone, code):
    with pytest.raises(Invalid) as refusal:
        instant(local, zone)
    assert refusal.value.code == code


def test_a_span_keeps_what_was_planned_and_the_instants():
    assert span("2027-06-01T09:00", "2027-06-01T17:00", "Europe/Berlin") == Span(
        "Europe/Berlin",
        "2027-06-01T09:00",
        "2027-06-01T17:00",
        utc("2027-06-01T07:00"),
        utc("2027-06-01T15:00"),
    )


def test_a_night_in_which_the_clock_changes_is_shorter_or_longer():
    hours = {
        day: (night.ends_at - night.starts_at) / 3_600_000
        for day in ("2027-03-28", "2027-06-01", "2027-10-31")
        for night in [span(f"{day}T00:00", f"{day}T06:00", "Europe/Berlin")]
    }
    assert hours == {"2027-03-28": 5, "2027-06-01": 6, "2027-10-31": 7}


@pytest.mark.parametrize("end", ["2027-06-01T09:00", "2027-06-01T08:59", "2026-06-01T10:00"])
def test_an_end_that_is_not_behind_the_start_is_refused(end):
    with pytest.raises(Invalid) as refusal:
        span("2027-06-01T09:00", end, "UTC")
    assert refusal.value.code == "span.order"


def test_an_end_that_only_looks_later_is_refused():
    """03:00 is the same instant as the skipped 02:00, so nothing lies between them."""
    with pytest.raises(Invalid):
        span("2027-03-28T02:00", "2027-03-28T03:00", "Europe/Berlin")
