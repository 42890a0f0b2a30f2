"""Times to wait, as pages say them."""

import pytest

from turnout.errors import Conflict, Invalid, Limited
from turnout.formats.local_dates import say_wait
from turnout.web.refusals import say_refusal


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (1, "a second"),
        (59, "59 seconds"),
        (60, "a minute"),
        (61, "2 minutes"),
        (282, "5 minutes"),
        (3541, "an hour"),
        (3600, "an hour"),
        (4500, "75 minutes"),
        (7201, "3 hours"),
        (86_400, "a day"),
        (86_401, "25 hours"),
        (172_800, "2 days"),
    ],
)
def test_a_wait_is_said_as_people_do(seconds, words):
    assert say_wait(seconds, "en") == words


def test_only_the_time_to_wait_is_said_otherwise():
    limited = Limited("code.tries", retry_after=282)
    assert say_refusal(limited) == "Too many wrong codes were entered. Try again in 5 minutes."
    started = Conflict("store.late", seconds=282)
    assert say_refusal(started) == started.message


def test_a_time_is_said_as_people_do():
    refused = Invalid("campaign.time", local="2020-01-01T09:00", ends_local="2027-05-11T17:00")
    said = say_refusal(refused)
    assert said.startswith("1 January 2020, 09:00 has passed")
    assert "ends at 11 May 2027, 17:00." in said
    assert "2027-02-30T09:00" in say_refusal(
        Invalid("campaign.time", **refused.facts | {"local": "2027-02-30T09:00"})
    )
