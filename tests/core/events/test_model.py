"""When things are: planned in local time, kept as instants too."""

import datetime

import pytest

from turnout.core.events.model import Span, span
from turnout.core.times import Planned, derive, instant, plan, say_twice, stamp
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
        ("2027-03-28T03:00", "Europe/Berlin", "2027-03-28T01:00"),
        # 31 October 2027: 02:00 to 03:00 comes twice, and the first is meant.
        ("2027-10-31T02:30", "Europe/Berlin", "2027-10-31T00:30"),
        ("2027-10-31T02:30+02:00", "Europe/Berlin", "2027-10-31T00:30"),
        ("2027-10-31T02:30+01:00", "Europe/Berlin", "2027-10-31T01:30"),
        ("2027-10-31T03:00", "Europe/Berlin", "2027-10-31T02:00"),
        ("2027-06-01T09:00+02:00", "Europe/Berlin", "2027-06-01T07:00"),
        ("2027-06-01T09:00Z", "UTC", "2027-06-01T09:00"),
        # A day ends at 24:00.
        ("2027-05-31T24:00", "Europe/Berlin", "2027-05-31T22:00"),
        ("2027-12-31 24:00:00", "UTC", "2028-01-01T00:00"),
        ("2027-05-31T24:00:00+02:00", "Europe/Berlin", "2027-05-31T22:00"),
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
        ("2027-06-01T09:00Z", "Europe/Berlin", "time.offset"),
        ("2027-03-28T02:30", "Europe/Berlin", "time.skipped"),
        ("2027-03-28T02:30+01:00", "Europe/Berlin", "time.skipped"),
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
    """02:00 is skipped, and 03:00 comes at once."""
    with pytest.raises(Invalid):
        span("2027-03-28T02:00", "2027-03-28T03:00", "Europe/Berlin")


def test_a_time_that_the_clock_skips_is_refused_with_the_two_that_would_do():
    for zone, skipped, said in (
        ("Europe/Berlin", "2027-03-28T02:30", "write 2027-03-28T01:30 or 2027-03-28T03:30."),
        ("Australia/Lord_Howe", "2027-10-03T02:15", "write 2027-10-03T01:45 or 2027-10-03T02:45."),
        ("Pacific/Apia", "2011-12-30T09:00", "write 2011-12-29T09:00 or 2011-12-31T09:00."),
    ):
        with pytest.raises(Invalid) as refusal:
            plan(skipped, zone)
        start = f"{skipped} does not exist in {zone}, where the clock goes forward: "
        assert refusal.value.message == start + said
        for time in (refusal.value.facts["before"], refusal.value.facts["after"]):
            assert plan(str(time), zone).other == ""


def test_of_a_time_that_comes_twice_it_is_said_which_is_meant():
    first = plan("2027-10-31T02:30", "Europe/Berlin")
    assert first == Planned(
        "2027-10-31T02:30+02:00", utc("2027-10-31T00:30"), "2027-10-31T02:30+01:00"
    )
    assert plan(first.other, "Europe/Berlin") == Planned(
        first.other, utc("2027-10-31T01:30"), first.local
    )
    assert say_twice(first, "Europe/Berlin") == (
        "The clock shows 2027-10-31T02:30 twice in Europe/Berlin: 2027-10-31T02:30+02:00 is meant; "
        "write 2027-10-31T02:30+01:00 for the other."
    )
    assert say_twice(plan("2027-10-31T04:30", "Europe/Berlin"), "Europe/Berlin") == ""
    night = span("2027-10-31T02:30", "2027-10-31T02:30+01:00", "Europe/Berlin")
    assert night.ends_at - night.starts_at == 3_600_000
    assert (night.starts_local, night.ends_local) == (first.local, first.other)


def test_a_stored_time_is_derived_whatever_the_rules_of_today():
    assert derive("2027-03-28T02:30", "Europe/Berlin") == utc("2027-03-28T01:30")
    assert derive("2027-10-31T02:30+01:00", "Europe/Berlin") == utc("2027-10-31T01:30")
    assert derive("2027-10-31T02:30+02:00", "Europe/Berlin") == utc("2027-10-31T00:30")
    assert derive("2027-06-01T09:00+05:00", "Europe/Berlin") == utc("2027-06-01T07:00")


def test_every_list_shows_times_in_one_format():
    at = utc("2027-06-01T07:00")
    assert (stamp(at), stamp(at, "Europe/Berlin"), stamp(at, "Europe/London")) == (
        "2027-06-01 07:00:00Z",
        "2027-06-01 09:00:00+02:00",
        "2027-06-01 08:00:00+01:00",
    )
    assert stamp(utc("2027-01-01T07:00"), "Europe/London") == "2027-01-01 07:00:00+00:00"


@pytest.mark.parametrize("text", ["2027-05-31T24:01", "2027-05-31T25:00", "9999-12-31T24:00"])
def test_no_day_is_longer(text):
    with pytest.raises(Invalid):
        plan(text, "UTC")


def test_the_end_of_a_day_is_kept_as_the_begin_of_the_next():
    assert plan("2027-05-31T24:00", "UTC").local == "2027-06-01T00:00"
