"""Codes: sent ahead, kept as digests, right once, and not to be guessed."""

import itertools

import msgspec
import pytest

from tests.core.messaging.jobs import POLICY, answer, claim_all, make_login
from tests.core.messaging.test_spending import spent
from tests.support.builder import make_organization
from tests.support.failures import refuses
from turnout.core.identity.model import Principal
from turnout.core.ids import JobId
from turnout.core.messaging.merging import Template
from turnout.core.messaging.model import URGENT, JobType, Kind, Status
from turnout.core.messaging.outcomes import Accepted, Rejected
from turnout.core.verification.codes import (
    CLIENT_LIMIT,
    DEFAULT_TEMPLATE,
    WRONG_LIMIT,
    WRONG_LIMIT_OF_SOURCE,
    WRONG_LIMIT_TOGETHER,
    CodeRequest,
    Purpose,
    check_code,
    check_own_code,
    forget_old_codes,
    send_code,
    send_own_code,
)
from turnout.errors import Invalid, Limited, Unauthenticated
from turnout.workers.delivery import merge_fields

_numbers = itertools.count(1)


@pytest.fixture
def login(db, org_id) -> Principal:
    return db.call(make_login, org_id, f"au/codes{next(_numbers)}-{db.backend}")


@pytest.fixture(autouse=True)
def no_other_jobs(db):
    db.call(lambda tx: tx.connection.execute("UPDATE jobs SET ready_at = NULL, due_at = NULL"))


def send(
    db, login, client_ref="c1", code="123456", job_type=JobType.SMS, to="61412345678", policy=POLICY
) -> int:
    asked = CodeRequest(client_ref, job_type, to, DEFAULT_TEMPLATE)
    job_id: JobId = db.call(send_code, login, asked, policy, code)
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


def test_a_code_is_not_read_out_in_a_language_that_no_voice_speaks(db, login):
    asked = CodeRequest("c2", JobType.TTS, "61412345678", "Код [[code]]")
    with refuses(
        Invalid, "job.unspeakable", name="message_template", language="Russian", letter="\u041a"
    ):
        db.call(send_code, login, asked, POLICY)
    db.call(send_code, login, msgspec.structs.replace(asked, job_type=JobType.SMS), POLICY)


def test_codes_are_six_digits_and_not_the_same(db, login):
    for number in range(8):
        asked = CodeRequest("c1", JobType.SMS, f"6141234567{number}", "[[code]]")
        db.call(send_code, login, asked, POLICY)
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
    for _ in range(WRONG_LIMIT):
        assert not check(db, login, "000000")
    assert not check(db, login)
    node.clock.advance(10 * 60 + 1)
    send(db, login, code="654321")
    assert check(db, login, "654321")


def test_right_ones_do_not_count_as_wrong(db, login):
    for number in range(WRONG_LIMIT + 5):
        send(db, login, code=f"{number:06}", to=f"614123456{number:02}")
        assert check(db, login, f"{number:06}")


def test_only_so_many_are_sent_to_one_client(db, login, node):
    for number in range(CLIENT_LIMIT):
        send(db, login, to=f"614123456{number:02}")
        node.clock.advance(1)
    with pytest.raises(Limited) as refusal:
        send(db, login, to="61412345699")
    assert refusal.value.retry_after == 600 - CLIENT_LIMIT
    assert refusal.value.message == (
        "30 codes were sent to this client in 10 minutes. "
        "Enter one of them, or try again in 570 seconds."
    )
    send(db, login, client_ref="c2", to="61412345699")
    node.clock.advance(570)
    send(db, login, to="61412345699")


def test_all_channels_to_one_number_are_one_destination(db, login):
    for number, job_type in enumerate([JobType.SMS, JobType.TTS] * 2 + [JobType.SMS]):
        send(db, login, client_ref=f"c{number}", job_type=job_type)
    for job_type in (JobType.SMS, JobType.TTS):
        with pytest.raises(Limited, match="5 codes were sent to this destination"):
            send(db, login, client_ref="c9", job_type=job_type)


def test_five_are_sent_to_one_destination_in_ten_minutes_and_twenty_in_a_day(db, login, node):
    spellings = (
        "61412345678",
        "+61 412 345 678",
        "+61(412)345678",
        "61-412-345-678",
        "61412345678",
    )
    for number, to in enumerate(spellings):
        send(db, login, client_ref=f"c{number}", to=to)
    with pytest.raises(Limited, match="5 codes were sent to this destination in 10 minutes"):
        send(db, login, client_ref="c9")
    send(db, login, client_ref="c9", to="61412345679")
    send(db, login, client_ref="c9", to="ada@example.com", job_type=JobType.EMAIL)
    for round_ in range(3):
        node.clock.advance(601)
        for number in range(5):
            send(db, login, client_ref=f"r{round_}-{number}")
    node.clock.advance(601)
    with pytest.raises(Limited, match="20 codes were sent to this destination in a day") as refusal:
        send(db, login, client_ref="c9")
    assert refusal.value.retry_after == 86_400 - 4 * 601
    node.clock.advance(refusal.value.retry_after)
    send(db, login, client_ref="c9")


# -- names that callers choose, and those of our own pages -------------------------------------

OWN_REFS = ("1:ada@example.com", "watch:1:ada@example.com", "watch", ":watch:1", "api:1:ada", "")


def send_own(db, login, ref="1:ada@example.com", code="123456", to="ada@example.com") -> int:
    asked = CodeRequest(ref, JobType.EMAIL, to, "[[code]]")
    job_id: JobId = db.call(send_own_code, login.org_id, Purpose.WATCH, asked, code)
    return job_id


def check_own(db, login, entered="123456", ref="1:ada@example.com", source="198.51.100.1"):
    return db.call(check_own_code, login.org_id, Purpose.WATCH, ref, entered, source)


@pytest.mark.parametrize("ref", OWN_REFS)
def test_a_callers_name_never_meets_a_pages_own(db, login, ref):
    """Anyone who calls the API with a name that a page uses neither makes nor uses up its codes,
    nor counts in its limits; nor the other way round."""
    send(db, login, client_ref=ref, code="111111", to="ada@example.com", job_type=JobType.EMAIL)
    send_own(db, login, ref, code="222222")
    assert check_own(db, login, "111111", ref) is False
    assert not check(db, login, "222222", client_ref=ref)
    for _ in range(WRONG_LIMIT):
        check(db, login, "000000", client_ref=ref)
    assert check_own(db, login, "222222", ref) is True
    for _ in range(4):
        send(db, login, client_ref="c", to="ada@example.com", job_type=JobType.EMAIL)
    send_own(db, login, ref)


def test_a_new_code_of_a_page_ends_the_older_ones(db, login):
    send_own(db, login, code="111111")
    send_own(db, login, ref="1:eve@example.com", code="111111", to="eve@example.com")
    send_own(db, login, code="222222")
    assert check_own(db, login, "111111") is False
    assert check_own(db, login, "222222") is True
    assert check_own(db, login, "222222") is False
    assert check_own(db, login, "111111", ref="1:eve@example.com") is True


def test_a_page_counts_wrong_tries_for_each_source_too(db, login, node):
    """A guesser locks nobody else out from elsewhere."""
    send_own(db, login)
    for _ in range(WRONG_LIMIT):
        assert check_own(db, login, "000000") is False
    locked = check_own(db, login)
    assert isinstance(locked, Limited)
    assert (locked.message, locked.retry_after) == (
        "Too many wrong codes were entered. Try again in 600 seconds.",
        600,
    )
    assert check_own(db, login, source="198.51.100.2") is True
    node.clock.advance(600)
    send_own(db, login)
    assert check_own(db, login) is True


def test_a_page_counts_wrong_tries_for_one_name_from_everywhere(db, login, node):
    send_own(db, login)
    for number in range(WRONG_LIMIT_TOGETHER):
        assert check_own(db, login, "000000", source=f"198.51.100.{number}") is False
    assert isinstance(check_own(db, login, source="203.0.113.1"), Limited)
    node.clock.advance(600)
    send_own(db, login)
    assert check_own(db, login, source="203.0.113.1") is True


def test_a_page_counts_wrong_tries_of_one_source_for_all_names(db, login):
    send_own(db, login)
    for number in range(WRONG_LIMIT_OF_SOURCE):
        assert check_own(db, login, "000000", ref=f"1:{number}@example.com") is False
    assert isinstance(check_own(db, login), Limited)
    assert check_own(db, login, source="198.51.100.2") is True


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
    node.clock.advance(24 * 3600)
    db.call(forget_old_codes, 100)
    assert count() == 5
    node.clock.advance(1)
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


def test_a_code_costs_what_a_message_costs_and_counts_for_the_limit(db, org_id):
    login = db.call(make_login, org_id, f"au/paying{next(_numbers)}-{db.backend}", monthly_limit=1)
    for number in range(12):
        send(db, login, client_ref=f"c{number}", to=f"614123456{number:02}")
    with pytest.raises(Invalid) as refusal:
        send(db, login, client_ref="c12", to="61412345612")
    assert refusal.value.code == "limit.exceeded"
    assert spent(db, login) == 960_000
    answer(db, claim_all(db, URGENT), Accepted(is_final=True), Rejected(Status.BLOCKED, "no"))
    assert spent(db, login) == 80_000
    assert check(db, login, client_ref="c0")


def test_a_long_code_is_reserved_for_all_its_parts(db, login):
    asked = CodeRequest("c1", JobType.SMS, "61412345678", "ж" * 65 + "[[code]]")
    db.call(send_code, login, asked, POLICY)
    assert spent(db, login) == 160_000


def test_a_user_sends_so_many_codes_in_an_hour(db, login, org_id, node):
    policy = msgspec.structs.replace(POLICY, codes_per_hour=3)
    other = db.call(make_login, org_id, f"au/other{next(_numbers)}-{db.backend}")
    for number in range(3):
        send(db, login, client_ref=f"c{number}", to=f"6141234560{number}", policy=policy)
    with pytest.raises(Limited) as refusal:
        send(db, login, client_ref="c3", to="61412345603", policy=policy)
    assert refusal.value.code == "code.many_of_user"
    assert refusal.value.facts == {"limit": 3, "minutes": 60, "retry_after": 3600}
    send(db, other, client_ref="c3", to="61412345603", policy=policy)
    node.clock.advance(3601)
    send(db, login, client_ref="c3", to="61412345604", policy=policy)


def test_a_mail_with_a_code_has_the_subject_asked_for(db, login):
    asked = CodeRequest("c1", JobType.EMAIL, "a@example.com", "[[code]]", "Your 100%% code")
    db.call(send_code, login, asked, POLICY, "123456")
    [job] = claim_all(db, URGENT)
    [recipient] = job.recipients
    fields = merge_fields(job.head, recipient, "")
    assert Template(job.head.content.subject).merge(fields) == "Your 100%% code"
    assert Template(job.head.content.text).merge(fields) == "123456"


@pytest.mark.parametrize("job_type", [JobType.SMS, JobType.EMAIL])
def test_what_a_company_is_called_stays_text(db, login, job_type):
    """What merges and what turns the reading direction: in the company's name and the template."""
    to = "a@example.com" if job_type is JobType.EMAIL else "61412345678"
    company = "Mr. %%reference%% [[code]] [[company_name]]\u202e & Co"
    for template, company_, text in (
        (
            DEFAULT_TEMPLATE,
            company,
            "Your Mr. %%reference%% [[code]] [[company_name]] & Co verification code is 123456",
        ),
        ("\u2066[[code]]\x07\n[[company_name]]\u2028", None, "123456\n[[company_name]]\u2028"),
    ):
        asked = CodeRequest("c1", job_type, to, template, company=company_)
        db.call(send_code, login, asked, POLICY, "123456")
        [job] = claim_all(db, URGENT)
        [recipient] = job.recipients
        fields = merge_fields(job.head, recipient, "")
        assert Template(job.head.content.text).merge(fields) == text
        db.call(lambda tx: tx.connection.execute("UPDATE jobs SET ready_at = NULL, due_at = NULL"))


def test_a_number_that_is_none_in_its_country_is_told_so(db):
    other = db.call(make_organization, "codesau", country="AU")
    login = db.call(make_login, other, f"au/codes{next(_numbers)}-{db.backend}")
    with refuses(Invalid, "number.none", number="0412 34", country="AU"):
        send(db, login, to="0412 34")
