"""Codes: sent ahead, kept as digests, right once, and not to be guessed."""

import itertools

import pytest

from tests.core.messaging.jobs import claim_all, make_login
from turnout.core.identity.model import Login
from turnout.core.messaging.model import URGENT, JobType, Kind
from turnout.core.verification.codes import (
    DEFAULT_TEMPLATE,
    MOST_SENT,
    MOST_WRONG,
    CodeRequest,
    check_code,
    forget_old_codes,
    send_code,
)
from turnout.errors import Limited, Unauthenticated

_numbers = itertools.count(1)


@pytest.fixture
def login(db, org_id) -> Login:
    return db.call(make_login, org_id, f"au/codes{next(_numbers)}-{db.backend}")


@pytest.fixture(autouse=True)
def no_other_jobs(db):
    db.call(lambda tx: tx.connection.execute("UPDATE jobs SET ready_at = NULL, due_at = NULL"))


def send(db, login, client_ref="c1", code="123456", job_type=JobType.SMS, to="61412345678") -> int:
    asked = CodeRequest(client_ref, job_type, to, DEFAULT_TEMPLATE)
    job_id: int = db.call(send_code, login, asked, code)
    return job_id


def check(db, login, entered="123456", client_ref="c1", window_min=10) -> bool:
    is_right: bool = db.call(check_code, login, client_ref, entered, window_min)
    return is_right


def test_a_code_goes_out_in_a_lane_of_its_own(db, login):
    job_id = send(db, login)
    assert [lane for lane in ("sms", "email") if claim_all(db, lane)] == []
    [job] = claim_all(db, URGENT)
    assert (job.head.id, job.head.kind) == (job_id, Kind.CODE)
    [recipient] = job.recipients
    assert recipient.address == "61412345678"
    assert recipient.fields == ('{"message":"Your [[company_name]] verification code is 123456"}')


def test_codes_are_six_digits_and_not_the_same(db, login):
    asked = CodeRequest("c1", JobType.SMS, "61412345678", "[[code]]")
    for _ in range(8):
        db.call(send_code, login, asked)
    codes = {
        recipient.fields[len('{"message":"') : -len('"}')]
        for job in claim_all(db, URGENT)
        for recipient in job.recipients
    }
    assert len(codes) > 1
    assert all(len(code) == 6 and code.isdigit() for code in codes)


def test_a_code_is_right_once(db, login):
    send(db, login)
    assert check(db, login, " 123456 ")
    assert not check(db, login)


def test_every_code_sent_in_the_window_is_good(db, login):
    send(db, login, code="111111")
    send(db, login, code="222222")
    assert check(db, login, "111111")
    assert check(db, login, "222222")


def test_a_code_is_for_one_client_of_one_organization(db, login, node):
    send(db, login)
    assert not check(db, login, client_ref="c2")
    other = node.add_account(f"codes-{next(_numbers)}").org_id
    stranger = db.call(make_login, other, f"au/stranger{next(_numbers)}-{db.backend}")
    assert not check(db, stranger)
    assert check(db, login)


@pytest.mark.parametrize("window_min", [1, 10, 120])
def test_a_code_is_good_for_the_window_that_the_check_names(db, login, node, window_min):
    send(db, login)
    node.clock.advance(window_min * 60 - 1)
    assert check(db, login, window_min=window_min)
    send(db, login, code="222222")
    node.clock.advance(window_min * 60 + 1)
    assert not check(db, login, "222222", window_min=window_min)


def test_after_ten_wrong_ones_nothing_is_right_until_the_window_ends(db, login, node):
    send(db, login)
    for _ in range(MOST_WRONG):
        assert not check(db, login, "000000")
    assert not check(db, login)
    node.clock.advance(10 * 60 + 1)
    send(db, login, code="654321")
    assert check(db, login, "654321")


def test_right_ones_do_not_count_as_wrong(db, login):
    for number in range(MOST_WRONG + 5):
        send(db, login, code=f"{number:06}")
        assert check(db, login, f"{number:06}")


def test_only_so_many_are_sent_to_one_client(db, login, node):
    for _ in range(MOST_SENT):
        send(db, login)
    with pytest.raises(Limited, match="30 codes were sent") as refusal:
        send(db, login)
    assert refusal.value.retry_after == 600
    send(db, login, client_ref="c2")
    node.clock.advance(10 * 60 + 1)
    send(db, login)


def test_a_code_and_its_client_cannot_be_read_in_the_database(db, login):
    send(db, login, client_ref="client-7")
    kept = db.call(
        lambda tx: [
            str(row) for row in tx.connection.execute("SELECT * FROM verification_codes").fetchall()
        ]
    )
    assert kept
    assert not any("123456" in row or "client-7" in row for row in kept)


def test_old_codes_are_forgotten(db, login, node):
    def count() -> int:
        statement = f"SELECT count(*) FROM verification_codes WHERE org_id = {login.org_id}"
        return db.call(lambda tx: tx.connection.execute(statement).fetchone()[0])

    for number in range(5):
        send(db, login, client_ref=f"c{number}")
    check(db, login, "000000")
    db.call(forget_old_codes, 100)
    assert count() == 5
    node.clock.advance(121 * 60)
    while db.call(forget_old_codes, 2):
        pass
    assert count() == 0


def test_whoever_was_disabled_sends_and_checks_none(db, login):
    send(db, login)
    statement = f"UPDATE users SET disabled_at = 1 WHERE id = {login.user_id}"
    db.call(lambda tx: tx.connection.execute(statement))
    with pytest.raises(Unauthenticated):
        send(db, login)
    with pytest.raises(Unauthenticated):
        check(db, login)
