"""The clock is set back: what began in the future begins again, what waits is pulled back, and what
somebody asked for at a time stays. On both databases."""

from typing import Any

import msgspec
import pytest

from tests.core.audience.cinema import open_cinema
from tests.core.messaging.jobs import (
    LEASE_MS,
    NUMBERS,
    POLICY,
    WAIT_MS,
    answer,
    claim_all,
    job,
    make_login,
    new_job,
    post,
    rows,
)
from tests.support.node import Account, LocalNode
from turnout.core.audience.permissions import begin_session, grant_reporting
from turnout.core.callbacks.model import GIVE_UP_AFTER_MS, Busy, Limits, NewCallback, Turns
from turnout.core.callbacks.model import PAUSES_S as CALL_PAUSES_S
from turnout.core.callbacks.outbox import add_callbacks, claim_callbacks
from turnout.core.callbacks.pulling import pull_callbacks, pull_calls
from turnout.core.identity.idempotency import first_answer, idempotent_request, keep_answer
from turnout.core.identity.model import Principal
from turnout.core.identity.page_sessions import begin_page_session, read_page_session
from turnout.core.ids import JobId, OrgId, RecipientId
from turnout.core.maintenance.clock import (
    ClockJump,
    Clocks,
    follow_jump,
    look_at_clocks,
    note_time,
    pull_queues,
    restart_what_is_ahead,
)
from turnout.core.messaging.model import JobType
from turnout.core.messaging.outcomes import Accepted, Retry
from turnout.core.messaging.pulling import LongestWaits, pull_leases, pull_recipients
from turnout.core.messaging.recording import PAUSES_S
from turnout.core.people.model import Contact
from turnout.core.registrations.accepting import accept
from turnout.core.registrations.model import Submitted
from turnout.core.registrations.submissions import Application, TargetNoun
from turnout.core.verification.codes import CodeRequest, check_code, send_code
from turnout.core.work.claims import claim
from turnout.core.work.pulling import pull_claims
from turnout.errors import Limited
from turnout.store.windows import TOLERANCE_MS

HOUR, DAY = 3_600_000, 24 * 3_600_000
WAITS = LongestWaits(LEASE_MS, WAIT_MS)


@pytest.fixture
def login(node: LocalNode, org_id: OrgId) -> Principal:
    return node.db.call(make_login, org_id, f"au/clock{org_id}")


def set_back(node: LocalNode, seconds: float = 3600) -> None:
    node.clock.advance(-seconds)


def one(node: LocalNode, query: str) -> Any:
    return node.db.call(lambda tx: tx.connection.execute(query).fetchone()[0])


def ask(node: LocalNode, query: str) -> list[Any]:
    return node.db.call(lambda tx: list(tx.connection.execute(query).fetchall()))


def pull(node: LocalNode, verb: Any, *args: Any) -> None:
    place: Any = (0, 0)
    while place is not None:
        place = node.db.call(verb, place, *args)


# -- what begins in the future -------------------------------------------------------------


def test_a_key_answers_as_before_and_lives_for_a_day_from_now(node, org_id):
    request = idempotent_request("key", "POST", "/jobs", b"body")
    assert node.db.call(first_answer, org_id, "user:1", request) is None
    node.db.call(keep_answer, org_id, "user:1", request, "7")
    set_back(node)
    assert node.db.call(first_answer, org_id, "user:1", request) == "7"
    node.db.call(restart_what_is_ahead)
    node.clock.advance(24 * 3600 - 1)
    assert node.db.call(first_answer, org_id, "user:1", request) == "7"
    node.clock.advance(1)
    assert node.db.call(first_answer, org_id, "user:1", request) is None


def test_who_is_signed_in_stays_so_for_as_long_as_ever(node, login):
    token = node.db.call(begin_page_session, login)
    set_back(node)
    node.db.call(restart_what_is_ahead)
    assert node.db.call(read_page_session, token).used_at == node.clock.now
    node.clock.advance(2 * 3600)
    assert one(node, f"SELECT used_at FROM page_sessions WHERE org_id = {login.org_id}") == (
        node.clock.now - 2 * HOUR
    )


def test_a_reporting_session_begins_again(node, login):
    node.db.call(grant_reporting, login.org_id, login.user_id, actor="test")
    node.db.call(begin_session, login)
    set_back(node)
    node.db.call(restart_what_is_ahead)
    stored = f"SELECT used_at FROM reporting_sessions WHERE org_id = {login.org_id}"
    assert one(node, stored) == node.clock.now


def ask_for_code(node: LocalNode, login: Principal, code: str = "123456") -> JobId:
    asked = CodeRequest("ref", JobType.SMS, NUMBERS[0], "[[code]]")
    return node.db.call(send_code, login, asked, POLICY, code)


def test_a_code_can_be_entered_once_it_has_begun_again(node, login):
    ask_for_code(node, login)
    set_back(node)
    assert node.db.call(check_code, login, "ref", "123456") is False
    node.db.call(restart_what_is_ahead)
    assert node.db.call(check_code, login, "ref", "123456") is True


def test_codes_of_the_future_refuse_no_code_of_now(node, login):
    for _ in range(5):
        ask_for_code(node, login)
    with pytest.raises(Limited):
        ask_for_code(node, login)
    set_back(node)
    for _ in range(5):
        ask_for_code(node, login)
    with pytest.raises(Limited) as refused:
        ask_for_code(node, login)
    assert refused.value.retry_after == 600


def test_wrong_tries_of_the_future_lock_nobody_out(node, login):
    ask_for_code(node, login)
    for _ in range(11):
        node.db.call(check_code, login, "ref", "000000")
    set_back(node)
    ask_for_code(node, login, "654321")
    assert node.db.call(check_code, login, "ref", "654321") is True


# -- messages --------------------------------------------------------------------------------


def test_a_job_that_was_accepted_in_the_future_is_sent_now(node, login):
    job_id = post(node.db, login, new_job(), NUMBERS[:3])
    set_back(node)
    assert claim_all(node.db) == []
    pull(node, pull_recipients, WAITS)
    assert [len(job.recipients) for job in claim_all(node.db) if job.head.id == job_id] == [3]


@pytest.mark.parametrize("attempts", range(1, len(PAUSES_S.steps) + 1))
def test_a_retry_waits_for_its_pause_and_no_longer(node, login, attempts):
    job_id = post(node.db, login, new_job(), NUMBERS[:1])
    for number in range(attempts):
        if number:
            node.clock.advance(PAUSES_S.steps[number - 1])
        answer(
            node.db,
            [job for job in claim_all(node.db) if job.head.id == job_id],
            Retry(1, "busy"),
        )
    set_back(node, 3 * 3600)
    pull(node, pull_recipients, WAITS)
    due_at = node.clock.now + PAUSES_S.steps[attempts - 1] * 1000
    assert rows(node.db, job_id, "due_at") == [(due_at,)]


def test_a_report_is_awaited_for_as_long_as_from_now(node, login):
    job_id = post(node.db, login, new_job(), NUMBERS[:1])
    answer(node.db, [job for job in claim_all(node.db) if job.head.id == job_id], Accepted(("n",)))
    set_back(node)
    pull(node, pull_recipients, WAITS)
    assert rows(node.db, job_id, "state", "due_at") == [("accepted", node.clock.now + WAIT_MS)]


def test_a_lease_is_left_to_whoever_may_still_hold_it_and_taken_over_at_last(node, login):
    job_id = post(node.db, login, new_job(), NUMBERS[:2])
    claim_all(node.db)
    ends_at = node.clock.now + LEASE_MS
    set_back(node)
    pull(node, pull_recipients, WAITS)
    assert rows(node.db, job_id, "state", "due_at") == [("claimed", ends_at)] * 2
    pull(node, pull_leases, WAITS)  # as is done a lease later
    assert rows(node.db, job_id, "state", "due_at") == [("claimed", node.clock.now)] * 2
    (claimed,) = [job for job in claim_all(node.db) if job.head.id == job_id]
    assert rows(node.db, job_id, "is_repeated") == [(1,)] * 2
    assert len(claimed.recipients) == 2


def test_what_is_in_order_is_left_alone(node, login):
    job_id = post(node.db, login, new_job(), NUMBERS[:3])
    claimed = [job for job in claim_all(node.db, limit=2) if job.head.id == job_id]
    answer(node.db, claimed, Accepted(("a",)), Retry(1, "busy"))
    before = rows(node.db, job_id, "state", "due_at")
    for verb in (pull_recipients, pull_leases):
        pull(node, verb, WAITS)
    node.db.call(pull_queues)
    assert rows(node.db, job_id, "state", "due_at") == before


def test_a_job_for_next_week_stays_next_weeks(node, login):
    later = new_job(scheduled_local="2027-01-09T10:00")
    job_id = post(node.db, login, later, NUMBERS[:1])
    before = job(node.db, job_id, "state", "scheduled_at", "due_at")
    set_back(node)
    node.db.call(pull_queues)
    pull(node, pull_recipients, WAITS)
    assert job(node.db, job_id, "state", "scheduled_at", "due_at") == before


def test_replies_are_taken_from_now_on_and_no_job_ends_before_it_began(node, login):
    job_id = post(node.db, login, new_job(JobType.TWO_WAY_SMS), NUMBERS[:1])
    claimed = [job for job in claim_all(node.db) if job.head.id == job_id]
    set_back(node)
    answer(node.db, claimed, Accepted((), is_final=True))
    started_at, completed_at = job(node.db, job_id, "started_at", "completed_at")
    assert completed_at == started_at == node.clock.now + HOUR
    node.db.call(pull_queues)
    expected = (node.clock.now, node.clock.now + DAY, node.clock.now + DAY)
    assert job(node.db, job_id, "started_at", "expires_at", "due_at") == expected


# -- callbacks, registrations, claims --------------------------------------------------------


def add_call(node: LocalNode, org_id: OrgId) -> None:
    new = NewCallback(JobId(1), RecipientId(1), "http://receiver.test/", "a=1", "net")
    node.db.call(add_callbacks, org_id, [new])


@pytest.mark.parametrize("attempts", range(len(CALL_PAUSES_S.steps) + 2))
def test_a_call_waits_for_its_pause_and_no_longer_and_is_given_up_after_a_day(
    node, org_id, attempts
):
    add_call(node, org_id)
    due_at = node.clock.now + HOUR * (attempts > 0)
    node.execute(f"UPDATE callbacks SET attempts = {attempts}, due_at = {due_at}")
    set_back(node, 2 * 3600)
    node.db.call(pull_callbacks)
    pause_s = CALL_PAUSES_S.pause(attempts) if attempts else 0
    stored = "SELECT due_at FROM callbacks WHERE org_id = {} AND give_up_at = {}"
    give_up_at = node.clock.now + GIVE_UP_AFTER_MS
    assert one(node, stored.format(org_id, give_up_at)) == node.clock.now + pause_s * 1000


def test_a_call_that_nobody_can_hold_any_more_is_taken_over(node, org_id):
    add_call(node, org_id)
    limits = Limits(10, 10, 10)
    node.db.call(claim_callbacks, Busy(), Turns(), limits, lease_ms=LEASE_MS)
    set_back(node)
    node.db.call(pull_callbacks)
    stored = f"SELECT due_at FROM callbacks WHERE org_id = {org_id}"
    assert one(node, stored) == node.clock.now + HOUR + LEASE_MS
    node.db.call(pull_calls, LEASE_MS)
    assert one(node, stored) == node.clock.now


@pytest.mark.parametrize(("attempts", "pause_ms"), [(0, 0), (1, 1_000), (2, 4_000), (4, 64_000)])
def test_a_registration_waits_for_its_pause_and_no_longer(
    node: LocalNode, account: Account, attempts, pause_ms
):
    submitted = Submitted(Contact(email="ada@example.com"), [])
    paks = [session.pak for session in account.sessions]
    application = Application(TargetNoun.EVENT, account.event.pak, paks, submitted)
    node.db.call(accept, account.caller, application)
    node.execute(f"UPDATE submissions SET attempts = {attempts} WHERE org_id = {account.org_id}")
    set_back(node)
    node.db.call(pull_queues)
    stored = f"SELECT due_at FROM submissions WHERE org_id = {account.org_id}"
    assert one(node, stored) == node.clock.now + pause_ms


def test_a_claim_that_nobody_can_hold_any_more_ends(node, org_id):
    node.db.call(claim, "clock test", [(org_id, 1)])
    set_back(node)
    node.db.call(pull_claims, 600_000)
    stored = f"SELECT claimed_until FROM work_claims WHERE org_id = {org_id}"
    assert one(node, stored) == node.clock.now


def test_a_mail_that_is_held_back_moves_with_the_clock(node, org_id):
    cinema = open_cinema(node.db, org_id)
    for _ in range(3):
        cinema.register()
    node.execute("DELETE FROM ticket_mails")
    node.execute(
        "INSERT INTO ticket_mails (org_id, ticket_id, due_at) "
        f"SELECT org_id, id, {node.clock.now} FROM tickets WHERE org_id = {org_id}"
    )
    ids = [row[0] for row in ask(node, "SELECT ticket_id FROM ticket_mails ORDER BY ticket_id")]
    for ticket_id, hours in zip(ids, (0, 1, 3), strict=True):
        node.execute(
            f"UPDATE ticket_mails SET due_at = due_at + {hours * HOUR} "
            f"WHERE ticket_id = {ticket_id}"
        )
    set_back(node)
    for _ in range(2):  # another process notices the same
        node.db.call(follow_jump, -HOUR)
    found = ask(node, "SELECT due_at FROM ticket_mails ORDER BY ticket_id")
    assert [row[0] - node.clock.now for row in found] == [0, HOUR, 3 * HOUR]


# -- noticing --------------------------------------------------------------------------------


def test_the_newest_time_tells_that_the_clock_was_set_back(node):
    node.db.call(note_time)
    node.clock.advance(60)
    assert node.db.call(note_time) == 0
    set_back(node)
    assert node.db.call(look_at_clocks).ahead_ms == HOUR
    assert node.db.call(note_time) == HOUR
    assert node.db.call(note_time) == 0
    node.clock.advance(-TOLERANCE_MS / 1000)
    assert node.db.call(note_time) == 0


def test_the_last_jump_is_kept_for_operators(node):
    node.clock.advance(DAY / 1000)
    node.db.call(follow_jump, -HOUR)
    assert node.db.call(look_at_clocks) == Clocks(0, ClockJump(node.clock.now, -HOUR))
    assert msgspec.json.encode(ClockJump(1, -HOUR)) == b'{"at":1,"by_ms":-3600000}'
