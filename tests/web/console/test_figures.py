"""Numbers, dates and times as the console writes them."""

from turnout.web.console.figures import (
    say_at,
    say_at_day,
    say_at_time,
    say_local,
    say_local_day,
    say_local_month,
    say_local_time,
    say_number,
)

AT = 1_804_546_800_000


def test_numbers() -> None:
    assert [say_number(1184), say_number(1184, "de")] == ["1,184", "1.184"]


def test_planned_times() -> None:
    assert say_local("2027-01-12T09:00") == "Tue 12 Jan 2027, 9:00"
    assert say_local("2027-01-12T09:00", "de") == "Di., 12. Jan. 2027, 09:00"
    assert say_local_day("2027-01-12T09:00") == "12 Jan 2027"
    assert say_local_month("2027-01") == "January 2027"
    assert say_local_month("2027-05", "es") == "mayo de 2027"
    assert say_local_time("2027-01-12T09:00") == "9:00"


def test_instants_are_said_in_their_zone() -> None:
    assert say_at(AT, "Europe/Berlin") == "Tue 9 Mar 2027, 0:00"
    assert say_at(AT, "UTC") == "Mon 8 Mar 2027, 23:00"
    assert (say_at_day(AT, "UTC"), say_at_time(AT, "UTC")) == ("8 Mar 2027", "23:00")
    assert [say(None, "UTC") for say in (say_at, say_at_day, say_at_time)] == ["", "", ""]


def test_times_that_come_twice_have_their_offset() -> None:
    assert say_local("2027-10-31T02:30+02:00") == "Sun 31 Oct 2027, 2:30 (+02:00)"
    assert say_local_time("2027-10-31T02:15+01:00") == "2:15 (+01:00)"
    assert say_at(1_824_938_100_000, "Europe/Berlin") == "Sun 31 Oct 2027, 1:15"
    assert say_at(1_824_941_700_000, "Europe/Berlin") == "Sun 31 Oct 2027, 2:15 (+02:00)"
    assert say_at(1_824_945_300_000, "Europe/Berlin") == "Sun 31 Oct 2027, 2:15 (+01:00)"
    assert say_at(1_824_948_900_000, "Europe/Berlin") == "Sun 31 Oct 2027, 3:15"
