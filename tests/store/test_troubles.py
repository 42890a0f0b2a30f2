"""A trouble that lasts is told now and then, and when it is over."""

import logging

from structlog.testing import capture_logs

from turnout.errors import Unavailable
from turnout.store.troubles import QUIET_S, Troubles


def test_a_lasting_trouble_is_told_ever_more_rarely_and_its_end_once() -> None:
    now = 0.0
    troubles = Troubles("database failed", clock=lambda: now)
    with capture_logs() as lines:
        for second in range(101):
            now = float(second)
            troubles.failed("store.full", "writing", error="disk is full")
            troubles.worked("reading")
    told = [(line["event"], line["code"], line["times"]) for line in lines]
    assert told == [("database failed", "store.full", times) for times in (1, 11, 31, 71)]
    with capture_logs() as lines:
        for _ in range(3):
            now += QUIET_S / 2
            troubles.worked("writing")
        troubles.failed("store.full", "writing", error="disk is full")
    assert [(line["event"], line["times"]) for line in lines] == [
        ("works again", 101),
        ("database failed", 1),
    ]


def test_a_trouble_is_over_when_it_meets_nobody() -> None:
    now = 0.0
    troubles = Troubles("workers wait", clock=lambda: now)
    with capture_logs() as lines:
        for who in ("intake", "delivery", "callbacks"):
            troubles.failed("store.failed", who)
        now = QUIET_S
        troubles.worked("intake")
        troubles.worked("callbacks")
        assert len(lines) == 1
        troubles.worked("delivery")
    assert [line["event"] for line in lines] == ["workers wait", "works again"]


def test_a_trouble_is_told_at_its_level() -> None:
    with capture_logs() as lines:
        Troubles("rows are held", level=logging.WARNING).failed("store.held", "rows")
        Troubles("database failed").failed("store.full", "writing")
    assert [line["log_level"] for line in lines] == ["warning", "error"]


def test_an_error_without_a_known_cause_is_told_each_time_with_its_traceback() -> None:
    troubles = Troubles("a bounce cannot be stored")
    fault = LookupError("no such attempt")
    with capture_logs() as lines:
        for _ in range(2):
            troubles.met(Unavailable("store.away"), "bounces", attempt=7)
            troubles.met(fault, "bounces", attempt=7)
    known = {
        "event": "a bounce cannot be stored",
        "log_level": "error",
        "code": "store.away",
        "times": 1,
        "error": "The database cannot be reached. Nothing was changed; try again.",
    }
    unknown = {
        "event": "a bounce cannot be stored",
        "log_level": "error",
        "who": "bounces",
        "attempt": 7,
        "exc_info": fault,
    }
    assert lines == [known, unknown, unknown]


def test_successes_among_failures_end_nothing_and_are_not_told() -> None:
    """As on a full disk, where a small row fits now and then."""
    now = 0.0
    troubles = Troubles("database failed", clock=lambda: now)
    with capture_logs() as lines:
        for _ in range(200):
            now += 0.125
            troubles.failed("store.full", "writing")
            troubles.worked("writing")
    assert [(line["event"], line["times"]) for line in lines] == [
        ("database failed", 1),
        ("database failed", 81),
    ]


def test_a_trouble_lasts_until_it_is_quiet_and_what_met_it_works() -> None:
    now = 0.0
    troubles = Troubles("database failed", clock=lambda: now)
    assert not troubles.lasts("store.full", "writing", 3)
    troubles.failed("store.full", "writing")
    now = 5.0
    assert troubles.lasts("store.full", "writing", 3)
    troubles.worked("writing")
    assert troubles.lasts("store.full", "writing", 6)
    assert not troubles.lasts("store.full", "writing", 5)
