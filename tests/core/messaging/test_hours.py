"""Cut-off hours and quiet hours: worked out, and kept by those who claim."""

import datetime

import pytest

from tests.core.messaging.jobs import (
    LEASE_MS,
    NUMBERS,
    POLICY,
    PRICES,
    answer,
    claim_all,
    job,
    make_login,
    new_job,
    post,
    rows,
)
from tests.core.messaging.test_lists import make_list
from tests.support.turns import run_schedules
from turnout.core.messaging.accepting import accept_job
from turnout.core.messaging.controlling import pause_job, resume_job
from turnout.core.messaging.delivering import claim
from turnout.core.messaging.hours import QuietHours, UnreadableHoursError, cutoff_after
from turnout.core.messaging.lists import Entry
from turnout.core.messaging.model import Channel, JobOptions, JobType
from turnout.core.messaging.outcomes import Accepted, Retry

SENT = Accepted((), 1, is_final=True)
CUT_OFF = ("EXPD", "Not sent: the job's cut-off hour had passed.")
HOUR_S = 3600


def instant(text: str) -> int:
    return round(datetime.datetime.fromisoformat(text).timestamp() * 1000)


def shown(at: int | None) -> str:
    assert at is not None
    return datetime.datetime.fromtimestamp(at / 1000, datetime.UTC).strftime("%Y-%m-%dT%H:%M")


@pytest.mark.parametrize(
    ("hour", "zone", "at", "expected"),
    [
        ("17:30", "Australia/Melbourne", "2027-01-05T02:00Z", "2027-01-05T06:30"),
        ("17:30", "UTC", "2027-01-05T02:00Z", "2027-01-05T17:30"),
        ("00:00", "Europe/Berlin", "2027-01-05T02:00Z", "2027-01-04T23:00"),
        # 02:30 is skipped on this day, and comes twice on the other: nobody is called after it.
        ("02:30", "Europe/Berlin", "2027-03-28T00:10Z", "2027-03-28T00:30"),
        ("02:30", "Europe/Berlin", "2027-10-31T00:10Z", "2027-10-31T00:30"),
        ("02:30", "Europe/Berlin", "2027-10-31T01:10Z", "2027-10-31T00:30"),
    ],
)
def test_a_cut_off_is_on_the_local_day(hour, zone, at, expected):
    assert shown(cutoff_after(hour, instant(at), zone)) == expected
    assert cutoff_after("", 0, zone) is None


# -- the cut-off hour, for those who claim ---------------------------------------------------


@pytest.fixture
def evening(node) -> str:
    """It is 17:00 UTC; the cut-off hour is 18:00."""
    now = datetime.datetime.fromtimestamp(node.clock() / 1000, datetime.UTC)
    node.clock.advance(86_400 - (now.hour * 3600 + now.minute * 60 + now.second) + 17 * HOUR_S)
    return "18:00"


def calls(evening: str, **members):
    return new_job(JobType.TTS, options=JobOptions(cutoff_hour=evening), **members)


def _no_list(tx, org_id, list_id, cursor, limit):
    raise AssertionError(list_id)


def run_clock(db) -> None:
    while db.call(run_schedules, _no_list, PRICES):
        pass


def cut_off(db, job_id) -> None:
    """Nobody of the job is claimed any more, and all who were left say why."""
    assert claim_all(db, "tts") == []
    assert job(db, job_id, "state", "open") == ("closed", 0)
    assert CUT_OFF in rows(db, job_id, "status", "notes")


def test_whoever_claims_knows_the_cut_off_though_the_clocks_loop_is_late(db, login, node, evening):
    job_id = post(db, login, calls(evening), NUMBERS[:2])
    node.clock.advance(HOUR_S)
    cut_off(db, job_id)
    assert rows(db, job_id, "status", "notes") == [CUT_OFF] * 2


def test_a_job_that_is_posted_after_its_hour_calls_nobody(db, login, node, evening):
    node.clock.advance(2 * HOUR_S)
    cut_off(db, post(db, login, calls(evening), NUMBERS[:1]))


def test_a_call_that_is_to_be_tried_again_is_not_after_the_hour(db, login, node, evening):
    job_id = post(db, login, calls(evening), NUMBERS[:1])
    node.clock.advance(HOUR_S - 10)
    answer(db, claim_all(db, "tts"), Retry(30, "busy"))
    node.clock.advance(60)
    cut_off(db, job_id)


def test_a_paused_job_is_cut_off_when_it_is_resumed(db, login, node, evening):
    job_id = post(db, login, calls(evening), NUMBERS[:2])
    db.call(pause_job, login.org_id, job_id, actor="test")
    node.clock.advance(16 * HOUR_S)  # the next morning
    db.call(resume_job, login.org_id, job_id, actor="test")
    cut_off(db, job_id)


def test_what_a_dead_worker_had_is_not_called_after_the_hour(db, login, node, evening):
    job_id = post(db, login, calls(evening), NUMBERS[:2])
    assert len(claim_all(db, "tts")) == 1
    node.clock.advance(16 * HOUR_S)
    assert claim_all(db, "tts") == []
    assert (
        rows(db, job_id, "status", "notes") == [("SVRE", "May have been sent; then cancelled.")] * 2
    )


@pytest.mark.parametrize("is_list", [False, True])
def test_an_outage_over_midnight_does_not_move_the_hour(db, login, node, evening, is_list):
    """The day is that of the schedule, not that of the start."""
    now = datetime.datetime.fromtimestamp(node.clock() / 1000 + 1800, datetime.UTC)
    lists = (str(make_list(db, login, [Entry(phone=NUMBERS[0])])),) if is_list else ()
    new = calls(evening, scheduled_local=now.strftime("%Y-%m-%dT%H:%M:%S"), list_ids=lists)
    job_id = post(db, login, new, [] if is_list else NUMBERS[:1])
    node.clock.advance(16 * HOUR_S)
    run_clock(db)
    cut_off(db, job_id)


def test_a_job_for_another_day_is_cut_off_on_that_day(db, login, node, evening):
    now = datetime.datetime.fromtimestamp(node.clock() / 1000 + 20 * HOUR_S, datetime.UTC)
    new = calls(evening, scheduled_local=now.strftime("%Y-%m-%dT%H:%M:%S"))
    job_id = post(db, login, new, NUMBERS[:1])
    node.clock.advance(20 * HOUR_S)
    run_clock(db)
    answer(db, claim_all(db, "tts"), SENT)
    assert job(db, job_id, "state", "sent") == ("complete", 1)


def test_the_hour_is_that_of_the_users_zone(db, org_id, node, evening):

    login = db.call(
        make_login, org_id, f"au/zone-{db.backend}", timezone_id=17
    )  # it is 4 in Melbourne
    new = calls("05:00")
    late = post(db, login, calls("03:00"), NUMBERS[:1])
    job_id = db.call(accept_job, login, new, [], POLICY)
    assert job(db, job_id, "cutoff_at") == (node.clock() + HOUR_S * 1000,)
    cut_off(db, late)


# -- quiet hours -----------------------------------------------------------------------------

SYDNEY, BERLIN, NEW_YORK = "61291234567", "493012345678", "12125551234"


@pytest.mark.parametrize(
    "entry", ["21-9", "AU=21:00", "25:00-09:00", "AUS=21:00-09:00", "09:00-09:00"]
)
def test_an_entry_that_cannot_be_read_is_named(entry):
    with pytest.raises(UnreadableHoursError) as refusal:
        QuietHours(f"AU=21:00-09:00 {entry}")
    assert refusal.value.entry == entry


@pytest.mark.parametrize(
    ("text", "address", "at", "expected"),
    [
        ("21:00-09:00", BERLIN, "2027-01-05T19:59Z", None),
        ("21:00-09:00", BERLIN, "2027-01-05T20:00Z", "2027-01-06T08:00"),
        ("21:00-09:00", BERLIN, "2027-01-06T03:00Z", "2027-01-06T08:00"),
        ("21:00-09:00", BERLIN, "2027-01-06T08:00Z", None),
        ("12:00-14:00", BERLIN, "2027-01-05T12:30Z", "2027-01-05T13:00"),
        ("AU=21:00-09:00", BERLIN, "2027-01-05T20:00Z", None),
        ("AU=21:00-09:00", SYDNEY, "2027-01-05T20:00Z", "2027-01-05T22:00"),
        ("AU=21:00-09:00 22:00-08:00", NEW_YORK, "2027-01-05T20:00Z", None),
        ("AU=21:00-09:00 22:00-08:00", NEW_YORK, "2027-01-06T03:00Z", "2027-01-06T13:00"),
        # A mobile number may be anywhere in Australia, as far west as the Cocos Islands.
        ("21:00-09:00", "61412345678", "2027-01-05T22:30Z", "2027-01-06T02:30"),
        # Nobody has this number: the job's zone counts, here New York's.
        ("21:00-09:00", "999", "2027-01-06T03:00Z", "2027-01-06T14:00"),
        ("", BERLIN, "2027-01-06T03:00Z", None),
    ],
)
def test_it_is_quiet_by_the_clocks_of_the_recipients_country(text, address, at, expected):
    end = QuietHours(text).ends_at(address, instant(at), "America/New_York")
    assert (end and shown(end)) == expected


def test_the_next_quiet_hours_are_known_beforehand():
    quiet = QuietHours("AU=21:00-09:00")
    assert shown(quiet.begin_at(SYDNEY, instant("2027-01-05T00:00Z"), "UTC")) == "2027-01-05T10:00"
    assert quiet.begin_at(BERLIN, instant("2027-01-05T00:00Z"), "UTC") is None


def test_calls_and_texts_have_quiet_hours_and_nothing_else():
    quiet = QuietHours("21:00-09:00")
    assert {channel for channel in Channel if quiet.apply(channel)} == {
        *(Channel.SMS, Channel.MMS, Channel.TTS, Channel.VOICE),
    }
    assert not any(map(QuietHours("").apply, Channel))


@pytest.mark.parametrize(("job_type", "lane"), [(JobType.TTS, "tts"), (JobType.SMS, "sms")])
def test_those_who_sleep_wait_and_the_others_are_sent_to(db, login, node, evening, job_type, lane):
    quiet = QuietHours("AU=21:00-09:00")
    job_id = post(db, login, new_job(job_type), [f"+{SYDNEY}", f"+{BERLIN}"])  # 4 in Sydney
    claimed = db.call(claim, lane, 100, LEASE_MS, quiet)
    assert [[recipient.address for recipient in job_.recipients] for job_ in claimed] == [[BERLIN]]
    answer(db, claimed, SENT)
    node.clock.advance(5 * HOUR_S - 1)
    assert db.call(claim, lane, 100, LEASE_MS, quiet) == []
    node.clock.advance(1)
    claimed = db.call(claim, lane, 100, LEASE_MS, quiet)
    assert [
        [(recipient.address, recipient.attempts) for recipient in job_.recipients]
        for job_ in claimed
    ] == [[(SYDNEY, 1)]]
    answer(db, claimed, SENT)
    assert job(db, job_id, "state", "sent") == ("complete", 2)


def test_a_cut_off_in_quiet_hours_ends_those_who_wait(db, login, node, evening):
    job_id = post(db, login, calls(evening), [f"+{SYDNEY}"])
    assert db.call(claim, "tts", 100, LEASE_MS, QuietHours("AU=21:00-09:00")) == []
    node.clock.advance(HOUR_S)
    run_clock(db)
    cut_off(db, job_id)
