"""Replies find the newest message that they answer; some of them end it."""

import msgspec
import pytest

from tests.core.messaging.jobs import (
    NUMBERS,
    POLICY,
    PRICES,
    answer,
    claim_all,
    make_login,
    new_job,
    post,
    rows,
)
from tests.support.builder import make_organization
from turnout.core.callbacks.outbox import list_callbacks
from turnout.core.identity.organizations import get_organization_of
from turnout.core.identity.profiles import OrganizationChange, change_organization
from turnout.core.ids import JobId
from turnout.core.messaging.accepting import accept_job
from turnout.core.messaging.model import Content, JobOptions, JobType, NewRecipient
from turnout.core.messaging.opt_outs import list_opt_outs
from turnout.core.messaging.outcomes import Accepted, Outcome, Reply, Unknown
from turnout.core.messaging.replies import KEPT_MS, forget_reply_keys, receive_replies
from turnout.core.messaging.retrying import retry_failed

SENT = Accepted((), 1, is_final=True)
POOL = POLICY.reply_numbers[0]


def post_two_way(
    db, login, *to: str, job_type=JobType.TWO_WAY_SMS, outcome: Outcome = SENT, **options
) -> JobId:
    new = new_job(job_type, content=Content(text="Lunch?"), options=JobOptions(**options))
    recipients = [NewRecipient(number) for number in to]
    job_id: JobId = db.call(accept_job, login, new, recipients, POLICY)
    answer(db, claim_all(db, "mms" if job_type is JobType.MMS else "sms"), outcome)
    return job_id


def reply(db, sender: str, text: str = "yes", number: str = POOL) -> None:
    got = Reply(carrier="net", sender=sender.lstrip("+"), recipient=number, text=text, at=0)
    db.call(receive_replies, [got])


def replies(db, table: str = "replies", columns: str = "job_id, text, is_late, is_opt_out"):
    statement = f"SELECT {columns} FROM {table} ORDER BY id"
    return db.call(lambda tx: [tuple(row) for row in tx.connection.execute(statement).fetchall()])


@pytest.fixture(autouse=True)
def no_replies_yet(db):
    for table in ("replies", "stray_replies"):
        db.call(lambda tx, table=table: tx.connection.execute(f"DELETE FROM {table}"))


def test_a_reply_belongs_to_the_newest_job_that_wrote_to_its_sender(db, login):
    first = post_two_way(db, login, NUMBERS[10], NUMBERS[11])
    reply(db, NUMBERS[10], "one")
    second = post_two_way(db, login, NUMBERS[10])
    reply(db, NUMBERS[10], "two")
    reply(db, NUMBERS[11], "three")
    assert replies(db) == [(first, "one", 0, 0), (second, "two", 0, 0), (first, "three", 0, 0)]


def test_a_reply_that_comes_again_is_stored_once(db, login):
    first = post_two_way(db, login, NUMBERS[60])
    sender = NUMBERS[60].lstrip("+")
    got = Reply(carrier="net", sender=sender, recipient=POOL, text="yes", at=0, key="a")
    stray = msgspec.structs.replace(got, sender="61400000999", key="b")
    db.call(receive_replies, [got, got, stray])
    db.call(receive_replies, [stray, got, msgspec.structs.replace(got, carrier="other")])
    db.call(receive_replies, [msgspec.structs.replace(got, key="c")])
    assert replies(db, columns="job_id, text, carrier") == [
        (first, "yes", "net"),
        (first, "yes", "other"),
        (first, "yes", "net"),
    ]
    assert replies(db, "stray_replies", "sender") == [("61400000999",)]


def test_a_reply_without_a_key_may_come_again(db, login):
    job_id = post_two_way(db, login, NUMBERS[61])
    reply(db, NUMBERS[61])
    reply(db, NUMBERS[61])
    assert replies(db) == [(job_id, "yes", 0, 0)] * 2


def test_keys_of_replies_are_forgotten_after_a_month(db, login):
    sender = NUMBERS[62].lstrip("+")
    got = Reply(carrier="old", sender=sender, recipient=POOL, text="yes", at=0, key="a")
    db.call(receive_replies, [got])
    assert db.call(forget_reply_keys, 100) == 0
    age = f"UPDATE reply_keys SET at = at - {KEPT_MS} - 1 WHERE carrier = 'old'"
    db.call(lambda tx: tx.connection.execute(age))
    assert db.call(forget_reply_keys, 100) == 1
    db.call(receive_replies, [got])
    assert len(replies(db, "stray_replies", "id")) == 2


def test_mms_takes_replies_too(db, login):
    job_id = post_two_way(db, login, NUMBERS[12], job_type=JobType.MMS)
    reply(db, NUMBERS[12])
    assert replies(db) == [(job_id, "yes", 0, 0)]


def test_a_reply_that_answers_nothing_is_kept_apart(db, login):
    post_two_way(db, login, NUMBERS[13])
    reply(db, NUMBERS[14], "who are you?")
    reply(db, NUMBERS[13], "hm", number="61499999999")
    assert replies(db) == []
    assert replies(db, "stray_replies", "sender, number, text") == [
        (NUMBERS[14].lstrip("+"), POOL, "who are you?"),
        (NUMBERS[13].lstrip("+"), "61499999999", "hm"),
    ]


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("STOP", True),
        (" Stop ", True),
        ("unsubscribe", True),
        ("Quit", True),
        ("enough", True),
        (" ENOUGH", True),
        ("please stop", True),
        ("please stop by", False),
        ("", False),
        ("ok", False),
    ],
)
def test_a_word_ends_it(db, login, text, ends):
    job_id = post_two_way(db, login, NUMBERS[15], opt_out_code="Enough")
    reply(db, NUMBERS[15], text)
    assert replies(db) == [(job_id, text, 0, int(ends))]
    gone = [
        (opt_out.medium, opt_out.address, opt_out.source, opt_out.job_id)
        for opt_out in db.call(list_opt_outs, login.org_id, 10)
    ]
    assert gone == ([("sms", NUMBERS[15].lstrip("+"), "reply", job_id)] if ends else [])
    again = post_two_way(db, login, NUMBERS[15])
    assert rows(db, again, "status") == [("OPTO" if ends else "SENT",)]


@pytest.mark.parametrize(
    ("to", "job_type"),
    [(NUMBERS[63], JobType.TWO_WAY_SMS), (NUMBERS[64], JobType.SMS), (NUMBERS[65], JobType.MMS)],
)
def test_a_message_that_may_have_arrived_can_be_answered(db, login, to, job_type):
    """Nobody knows whether they got it; they do."""
    lost = Unknown("the connection broke")
    job_id = post_two_way(db, login, to, job_type=job_type, outcome=lost)
    assert rows(db, job_id, "status") == [("SVRE",)]
    reply(db, to, "stop")
    assert replies(db) == [(job_id, "stop", 0, 1)]
    [gone] = db.call(list_opt_outs, login.org_id, 10)
    assert (gone.address, gone.job_id) == (to.lstrip("+"), job_id)
    again = db.call(retry_failed, login.org_id, job_id, PRICES, is_wide=True, actor="test")
    claim_all(db, "mms" if job_type is JobType.MMS else "sms")
    assert rows(db, again.job_id, "status") == [("OPTO",)]


def test_after_their_time_replies_are_kept_and_nobody_is_told(db, login, node):
    hook = "https://example.com/hook"
    job_id = post_two_way(db, login, NUMBERS[16], callback_url=hook, expires_hours=2)
    node.clock.advance(2 * 3600 - 1)
    reply(db, NUMBERS[16], "in time")
    node.clock.advance(1)
    reply(db, NUMBERS[16], "late, and stop it")
    reply(db, NUMBERS[16], "stop")
    assert replies(db) == [
        (job_id, "in time", 0, 0),
        (job_id, "late, and stop it", 1, 0),
        (job_id, "stop", 1, 1),
    ]
    told = db.call(list_callbacks, login.org_id, job_id=job_id, state=None, limit=10)
    assert len(told) == 1
    assert len(db.call(list_opt_outs, login.org_id, 10)) == 1


def opted_out(db, org_id):
    return [
        (opt_out.medium.value, opt_out.address, opt_out.job_id)
        for opt_out in db.call(list_opt_outs, org_id, 10)
    ]


def confirmations(db, org_id):
    statement = (
        "SELECT r.destination, j.sender, j.content FROM jobs j JOIN recipients r "
        "ON r.org_id = j.org_id AND r.job_id = j.id "
        f"WHERE j.org_id = {org_id} AND j.kind = 'notice' AND j.channel = 'sms' ORDER BY j.id"
    )
    found = db.call(lambda tx: [tuple(row) for row in tx.connection.execute(statement).fetchall()])
    return [(to, sender, msgspec.json.decode(content)["text"]) for to, sender, content in found]


def post_one_way(db, login, *to: str, **members) -> JobId:
    job_id = post(db, login, new_job(**members), to)
    answer(db, claim_all(db), SENT)
    return job_id


def test_a_reply_as_its_country_writes_it_finds_its_message(db, login):
    job_id = post_two_way(db, login, NUMBERS[17])
    reply(db, "0" + NUMBERS[17].removeprefix("+61"))
    assert replies(db, columns="job_id, sender") == [(job_id, NUMBERS[17].lstrip("+"))]


def test_stop_to_any_number_ends_one_way_messages(db, login):
    job_id = post_one_way(db, login, NUMBERS[18], sender="ACME")
    reply(db, NUMBERS[18], "hm", number="61499999999")
    reply(db, NUMBERS[18], "Stop!\nSent from my iPhone", number="61499999999")
    assert replies(db) == [(job_id, "Stop!\nSent from my iPhone", 0, 1)]
    assert replies(db, "stray_replies", "text") == [("hm",)]
    assert opted_out(db, login.org_id) == [("sms", NUMBERS[18].lstrip("+"), job_id)]
    again = post_one_way(db, login, NUMBERS[18])
    assert rows(db, again, "status") == [("OPTO",)]


def test_stop_ends_what_it_answers_and_what_came_last(db, login, node):
    other_org = db.call(make_organization, "last-writer")
    other = db.call(make_login, other_org, f"other-{db.backend}")
    asked = post_two_way(db, login, NUMBERS[19])
    node.clock.advance(1)
    told = post_one_way(db, other, NUMBERS[19], sender="OTHER")
    reply(db, NUMBERS[19], "stop")
    assert replies(db) == [(asked, "stop", 0, 1)]
    assert opted_out(db, login.org_id) == [("sms", NUMBERS[19].lstrip("+"), asked)]
    assert opted_out(db, other.org_id) == [("sms", NUMBERS[19].lstrip("+"), told)]


def test_stop_is_confirmed_once_in_the_organizations_words(db, login):
    name = db.call(get_organization_of, login.org_id).name
    post_two_way(db, login, NUMBERS[20], NUMBERS[21], NUMBERS[22])
    for _ in range(3):
        reply(db, NUMBERS[20], "STOP")
    change = OrganizationChange(stop_reply="Bye then.")
    db.call(change_organization, login.org_id, change, actor="test")
    reply(db, NUMBERS[21], "STOP")
    change = OrganizationChange(stop_reply="-")
    db.call(change_organization, login.org_id, change, actor="test")
    reply(db, NUMBERS[22], "STOP")
    assert confirmations(db, login.org_id) == [
        (NUMBERS[20], POOL, f"{name}: you will get no more messages."),
        (NUMBERS[21], POOL, "Bye then."),
    ]
    assert len(opted_out(db, login.org_id)) == 3


def test_the_operator_has_stop_words_of_its_own(db, login):
    post_two_way(db, login, NUMBERS[23])
    sender = NUMBERS[23].lstrip("+")
    got = Reply(carrier="net", sender=sender, recipient=POOL, text="Gen\u00fcg", at=0)
    db.call(receive_replies, [got])
    assert opted_out(db, login.org_id) == []
    db.call(receive_replies, [got], ["gen\u00fcg"])
    assert len(opted_out(db, login.org_id)) == 1


@pytest.mark.parametrize("sender", ["ACME", "0491 570 110"])
def test_replies_find_a_message_with_a_sender_of_its_own(db, login, sender):
    change = OrganizationChange(country_code="AU")
    db.call(change_organization, login.org_id, change, actor="test")
    new = new_job(
        JobType.TWO_WAY_SMS,
        content=Content(text="Answer to %%ReplyNum%%"),
        options=JobOptions(has_custom_sender=True, callback_url="https://example.com/hook"),
        sender=sender,
    )
    job_id = post(db, login, new, [NUMBERS[24]])
    claimed = claim_all(db)
    (head,) = [job.head for job in claimed]
    # A number goes out in E.164.
    sent_from = sender if sender == "ACME" else "61491570110"
    assert (head.sender, head.options.reply_number) == (sent_from, POOL)
    answer(db, claimed, SENT)
    reply(db, NUMBERS[24], "to the pool")
    reply(db, NUMBERS[24], "to the sender", number=sent_from)
    kept = [(job_id, "to the pool"), (job_id, "to the sender")]
    assert replies(db, columns="job_id, text") == kept
    reply(db, NUMBERS[24], "stop")
    assert opted_out(db, login.org_id) == [("sms", NUMBERS[24].lstrip("+"), job_id)]
    told = db.call(list_callbacks, login.org_id, job_id=job_id, state=None, limit=10)
    assert len(told) == 3


@pytest.mark.parametrize(
    ("sender", "number", "shown"),
    [
        ("ACME", "acme", "acme"),
        ("1st Choice", "1ST CHOICE", "1ST CHOICE"),
        ("131234", "131234", "131234"),
        ("61491570110", "0491570110", "61491570110"),
        ("61491570110", "0061491570110", "61491570110"),
    ],
)
def test_networks_may_spell_what_was_answered_otherwise(db, login, sender, number, shown):
    """A short code stays one, also where it could be a national number."""
    change = OrganizationChange(country_code="AU")
    db.call(change_organization, login.org_id, change, actor="test")
    new = new_job(JobType.TWO_WAY_SMS, options=JobOptions(has_custom_sender=True), sender=sender)
    job_id = post(db, login, new, [NUMBERS[25]])
    answer(db, claim_all(db), SENT)
    reply(db, NUMBERS[25], number=number)
    assert replies(db, columns="job_id, number") == [(job_id, shown)]
    reply(db, NUMBERS[25], "hm", number="31234")
    assert replies(db, "stray_replies", "number") == [("31234",)]


def test_a_network_may_leave_out_what_was_answered(db, login):
    job_id = post_one_way(db, login, NUMBERS[26])
    reply(db, NUMBERS[26], "hm", number="")
    reply(db, NUMBERS[26], "Stop", number="")
    assert replies(db, columns="job_id, text, number") == [(job_id, "Stop", "")]
    assert replies(db, "stray_replies", "text") == [("hm",)]
    assert opted_out(db, login.org_id) == [("sms", NUMBERS[26].lstrip("+"), job_id)]
    [(to, sender, _)] = confirmations(db, login.org_id)
    assert (to, sender) == (NUMBERS[26], "")
