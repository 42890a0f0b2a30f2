"""A request becomes a job: what the user's settings add, what is refused, what is kept once."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import msgspec
import pytest

from tests.core.messaging.jobs import NUMBERS, POLICY, job, make_login, new_job, post, rows
from tests.support.failures import refuses
from turnout.core.identity.idempotency import IdempotentRequest
from turnout.core.identity.profiles import OrganizationChange, change_organization
from turnout.core.messaging.accepting import accept_job, begin_job, finish_job
from turnout.core.messaging.jobs import get_job_head
from turnout.core.messaging.model import (
    Content,
    JobOptions,
    JobType,
    KeyResponse,
    NewRecipient,
)
from turnout.core.messaging.staging import add_recipients
from turnout.core.messaging.starting import sweep_staged
from turnout.errors import Conflict, Invalid, Unauthenticated


def head_of(db, login, new, to=NUMBERS[:1]):
    return db.call(get_job_head, login.org_id, post(db, login, new, to))


def login_with(db, org_id, code, **profile):
    return db.call(make_login, org_id, f"{code}-{db.backend}", **profile)


def test_the_users_settings_complete_a_job(db, org_id):
    login = login_with(
        db,
        org_id,
        "defaults",
        call_back_url="https://example.com/hook",
        default_sms_sender_id="Acme",
        default_voice_caller_id="61298765432",
        default_sms_reply_email_address="desk@example.com",
        default_tts_voice="olivia",
        tts_repeat_count=3,
        tts_message_prefix="Hello.",
    )
    sms = head_of(db, login, new_job())
    assert (sms.sender, sms.options.callback_url) == ("Acme", "https://example.com/hook")
    two_way = head_of(db, login, new_job(JobType.TWO_WAY_SMS))
    assert (two_way.sender, two_way.options.reply_address) == (
        *(POLICY.reply_numbers[0], "desk@example.com"),
    )
    tts = head_of(db, login, new_job(JobType.TTS, content=Content(text="Come.", repeats=2)))
    assert (tts.sender, tts.content.text) == ("61298765432", "Hello. Come.")
    assert (tts.content.repeats, tts.content.voice) == (3, "olivia")
    once = head_of(db, login, new_job(JobType.TTS, content=Content(text="Come.", voice="jack")))
    assert (once.content.repeats, once.content.voice) == (1, "jack")


def test_the_job_itself_goes_before_the_users_settings(db, org_id):
    login = login_with(
        db,
        org_id,
        "own",
        call_back_url="https://example.com/hook",
        default_sms_sender_id="Acme",
        default_sms_reply_email_address="desk@example.com",
    )
    options = JobOptions(callback_url="https://example.org/", reply_address="me@example.com")
    head = head_of(db, login, new_job(JobType.TWO_WAY_SMS, options=options))
    assert head.options.callback_url == "https://example.org/"
    assert head.options.reply_address == "me@example.com"
    assert head_of(db, login, new_job(sender="Own")).sender == "Own"
    custom = JobOptions(has_custom_sender=True)
    head = head_of(db, login, new_job(JobType.TWO_WAY_SMS, options=custom, sender="61400111222"))
    assert head.sender == "61400111222"


def test_texts_are_cleaned_where_the_user_wants_that(db, org_id):
    login = login_with(db, org_id, "ascii", filter_non_ascii_in_sms=True)
    content = Content(text="Grüße, 寿司!")
    assert head_of(db, login, new_job(content=content)).content.text == "Gre, !"
    mail = head_of(db, login, new_job(JobType.EMAIL, content=content), ["a@example.com"])
    assert mail.content.text == content.text


def test_speech_has_the_users_limit(db, org_id):
    login = login_with(db, org_id, "brief", tts_max_character_limit=10)
    post(db, login, new_job(JobType.TTS, content=Content(text="x" * 10)), NUMBERS[:1])
    with refuses(Invalid, "job.message_long", limit=10):
        post(db, login, new_job(JobType.TTS, content=Content(text="x" * 11)), NUMBERS[:1])


def test_a_call_that_would_be_silent_is_refused(db, login):
    def call(**texts: Any) -> None:
        content = Content(**({"text": "Hello", "voice": "sophie"} | texts))
        post(db, login, new_job(JobType.TWO_WAY_TTS, content=content), NUMBERS[:1])

    call(text="Café Zoë, %%имя%%", header="1, 2")
    for name, texts in (
        ("message", {"text": "Привет"}),
        ("header", {"header": "Hello Привет"}),
        ("voicemail_message", {"voicemail": "Привет"}),
        ("two_way_key_responses", {"keys": (KeyResponse("1", "Привет"),)}),
    ):
        with refuses(Invalid, "job.unspeakable", name=name, language="Russian", letter="П"):
            call(**texts)
    with refuses(Invalid, "job.nothing_said", name="message"):
        call(text="... !")
    reading = msgspec.structs.replace(POLICY, scripts={"anna": frozenset({"LATIN", "CYRILLIC"})})
    new = new_job(JobType.TTS, content=Content(text="Привет, Ann", voice="anna"))
    db.call(accept_job, login, new, [NewRecipient(NUMBERS[0])], reading)


def test_duplicates_are_left_out_where_asked(db, login):
    to = [NUMBERS[0], "61 412 340 000", NUMBERS[1], NUMBERS[0]]
    kept = post(db, login, new_job(is_deduped=True), to)
    assert [row for (row,) in rows(db, kept, "destination")] == [to[0], to[2]]
    assert job(db, kept, "total", "open") == (2, 2)
    everybody = post(db, login, new_job(), to)
    assert job(db, everybody, "total", "open") == (4, 4)
    mails = ["Jo@Example.com", "jo@example.com ", "JO@EXAMPLE.COM", "x@", "x@", "y@"]
    kept = post(db, login, new_job(JobType.EMAIL, is_deduped=True), mails)
    assert [row for (row,) in rows(db, kept, "destination")] == [mails[0], "x@", "y@"]


def test_a_key_makes_one_job(db, login):
    request = IdempotentRequest("key-1", "POST", "/api/v1/jobs", "digest")
    first = db.call(accept_job, login, new_job(), [NewRecipient(NUMBERS[0])], POLICY, request)
    again = db.call(accept_job, login, new_job(), [NewRecipient(NUMBERS[0])], POLICY, request)
    assert again == first
    other = IdempotentRequest("key-1", "POST", "/api/v1/jobs", "another")
    with pytest.raises(Conflict):
        db.call(accept_job, login, new_job(), [NewRecipient(NUMBERS[0])], POLICY, other)


def test_of_two_staged_at_once_with_one_key_the_first_one_finished_counts(db, login):
    request = IdempotentRequest("key-2", "POST", "/api/v1/jobs", "digest")
    begun = [db.call(begin_job, login, new_job(), POLICY, request) for _ in range(2)]
    for job_ in begun:
        db.call(add_recipients, login.org_id, job_.job_id, [NewRecipient(NUMBERS[0])])
    finished = [db.call(finish_job, login.org_id, job_.job_id, request) for job_ in reversed(begun)]
    assert finished == [begun[1].job_id] * 2
    assert [job(db, job_.job_id, "state") for job_ in begun] == [("staging",), ("sending",)]


def test_of_many_finished_at_once_with_one_key_one_counts(db, login):
    for number in range(20):
        request = IdempotentRequest(f"at-once-{number}", "POST", "/api/v1/jobs", "digest")
        begun = [db.call(begin_job, login, new_job(), POLICY, request) for _ in range(4)]
        with ThreadPoolExecutor(4) as pool:
            finished = pool.map(
                partial(db.call, finish_job, login.org_id, request=request),
                [job_.job_id for job_ in begun],
            )
            (first,) = set(finished)
        states = {job_.job_id: job(db, job_.job_id, "state") for job_ in begun}
        assert states.pop(first) != ("staging",)
        assert set(states.values()) == {("staging",)}


def test_what_was_never_finished_is_swept(db, login, node):
    begun = db.call(begin_job, login, new_job(), POLICY)
    db.call(
        add_recipients, login.org_id, begun.job_id, [NewRecipient(number) for number in NUMBERS[:5]]
    )
    db.call(sweep_staged, 100)
    assert len(rows(db, begun.job_id, "id")) == 5
    node.clock.advance(3601)
    while db.call(sweep_staged, 2):
        pass
    assert rows(db, begun.job_id, "id") == []
    count = f"SELECT count(*) FROM jobs WHERE id = {begun.job_id}"
    assert db.call(lambda tx: tx.connection.execute(count).fetchone()[0]) == 0


def test_a_date_that_has_passed_is_refused(db, login):
    with refuses(Invalid, "job.scheduled_past"):
        post(db, login, new_job(scheduled_local="2001-01-01T00:00:00"), NUMBERS[:1])


def test_an_unknown_list_is_refused(db, login):
    with refuses(Invalid, "job.list_unknown"):
        post(db, login, new_job(list_ids=("77777",)), [])


def test_a_user_who_was_disabled_meanwhile_posts_nothing(db, login):
    statement = f"UPDATE users SET disabled_at = 1 WHERE id = {login.user_id}"
    db.call(lambda tx: tx.connection.execute(statement))
    with pytest.raises(Unauthenticated):
        post(db, login, new_job(), NUMBERS[:1])


def test_nothing_is_sent_to_a_number_that_is_none_but_it_is_kept(db, login):
    job_id = post(db, login, new_job(), ["nonsense"])
    assert rows(db, job_id, "destination", "address") == [("nonsense", "")]


def test_national_numbers_are_of_the_organizations_country(db, login, org_id):
    national = ["0412 345 678", "+61 412 345 678", "61412345678"]
    with refuses(Invalid, "number.national", number="0412 345 678"):
        post(db, login, new_job(), ["+61412345678", *national])
    change = OrganizationChange(timezone="Australia/Melbourne")
    db.call(change_organization, org_id, change, actor="test")
    job_id = post(db, login, new_job(is_deduped=True), national)
    assert rows(db, job_id, "destination", "address") == [("0412 345 678", "61412345678")]
