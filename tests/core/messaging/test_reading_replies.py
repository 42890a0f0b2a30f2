"""Operators read, search and hand on what people wrote back."""

import pytest

from tests.core.messaging.jobs import NUMBERS, answer, claim_all, make_login, new_job, post
from tests.core.messaging.test_replies import POOL, post_two_way, reply
from tests.support.builder import make_organization
from turnout.core.audit.recording import list_entries
from turnout.core.identity.profiles import OrganizationChange, change_organization
from turnout.core.ids import JobId, OrgId, ReplyId
from turnout.core.messaging.outcomes import Accepted
from turnout.core.messaging.reading_replies import (
    ReplyFilter,
    ReplyLine,
    Stray,
    assign_reply,
    get_reply_line,
    list_replies,
    list_strays,
)
from turnout.errors import Missing


@pytest.fixture(autouse=True)
def no_replies_yet(db):
    for table in ("replies", "stray_replies"):
        db.call(lambda tx, table=table: tx.connection.execute(f"DELETE FROM {table}"))


def ask(db, org_id: OrgId, **wanted) -> list[ReplyLine]:
    return db.look(list_replies, org_id, ReplyFilter(**wanted), limit=100)


def texts(db, org_id: OrgId, **wanted) -> list[str]:
    return [line.text for line in ask(db, org_id, **wanted)]


@pytest.fixture
def job_id(db, login) -> JobId:
    """A job whose three people replied, the last one after another job."""
    first = post_two_way(db, login, *NUMBERS[:3])
    reply(db, NUMBERS[0], "Yes, 100% with Käse")
    reply(db, NUMBERS[1], "no_thanks")
    post_two_way(db, login, NUMBERS[2])
    reply(db, NUMBERS[2], "Which PARKING?")
    return first


def test_replies_are_listed_newest_first_with_what_they_answer(db, org_id, job_id, node):
    third, second, first = ask(db, org_id)
    assert first == ReplyLine(
        first.id, job_id, "test", "", "", NUMBERS[0][1:], POOL, "Yes, 100% with Käse",
        node.clock.now, 0, 0, "",
    )  # fmt: skip
    assert (second.text, third.text) == ("no_thanks", "Which PARKING?")
    assert third.job_id != job_id
    page = db.look(list_replies, org_id, ReplyFilter(), limit=1, before=third.id)
    assert page == [second]
    assert db.look(get_reply_line, org_id, second.id) == second


def test_replies_are_searched(db, org_id, job_id):
    assert texts(db, org_id, said="parking") == ["Which PARKING?"]
    assert texts(db, org_id, said="käse") == ["Yes, 100% with Käse"]
    assert texts(db, org_id, said="%") == ["Yes, 100% with Käse"]
    assert texts(db, org_id, said="_") == ["no_thanks"]
    assert texts(db, org_id, said="' OR 1=1") == []
    assert texts(db, org_id, job_id=job_id) == ["no_thanks", "Yes, 100% with Käse"]
    assert texts(db, org_id, sender="+61 (0)412 340 001") == ["no_thanks"]
    assert texts(db, org_id, sender="0412340001") == []
    change = OrganizationChange(country_code="AU")
    db.call(change_organization, org_id, change, actor="test")
    assert texts(db, org_id, sender="0412340001") == ["no_thanks"]


def test_a_reply_is_given_to_a_user_and_taken_back(db, org_id, job_id):
    db.call(make_login, org_id, f"{org_id}/ann")
    [_, reply_, _] = ask(db, org_id)
    for _ in range(2):
        db.call(assign_reply, org_id, reply_.id, f"{org_id}/ANN", actor="test")
    assert ask(db, org_id, user_code=f"{org_id}/ann") == [
        reply_._replace(user_code=f"{org_id}/ann")
    ]
    assert len(ask(db, org_id, is_open=True)) == 2
    db.call(assign_reply, org_id, reply_.id, "", actor="test")
    assert len(ask(db, org_id, is_open=True)) == 3
    entries = db.call(list_entries, org_id, noun="reply", noun_id=reply_.id)
    assert [entry.action for entry in entries] == ["assigned"] * 3


def test_a_stray_is_nobodys_until_it_is_given_to_somebody(db, org_id, login):
    reply(db, "+491701234567", "who are you?", number="4900")
    [stray] = db.look(list_strays, limit=9)
    assert stray == Stray(stray.id, "491701234567", "4900", "who are you?", stray.received_at)
    assert ask(db, org_id) == []
    db.call(make_login, org_id, f"{org_id}/ann")
    db.call(assign_reply, org_id, stray.id, f"{org_id}/ann", actor="test")
    assert db.look(list_strays, limit=9) == []
    assert ask(db, org_id) == [
        ReplyLine(
            stray.id,
            None,
            "",
            "",
            "",
            "491701234567",
            "4900",
            "who are you?",
            stray.received_at,
            0,
            0,
            f"{org_id}/ann",
        )
    ]
    other = db.call(make_organization, f"other-{org_id}")
    db.call(make_login, other, f"{other}/bob")
    with pytest.raises(Missing):
        db.call(assign_reply, other, stray.id, f"{other}/bob", actor="test")


def test_replies_of_others_are_not_there(db, org_id, job_id):
    other = db.call(make_organization, f"other-{org_id}")
    db.call(make_login, other, f"{other}/bob")
    [reply_, *_] = ask(db, org_id)
    assert ask(db, other) == []
    for reply_id in (reply_.id, ReplyId(1)):
        with pytest.raises(Missing):
            db.call(get_reply_line, other, reply_id)
    with pytest.raises(Missing):
        db.call(assign_reply, other, reply_.id, f"{other}/bob", actor="test")
    with pytest.raises(Missing):  # nobody of this organization
        db.call(assign_reply, org_id, reply_.id, f"{other}/bob", actor="test")


def test_a_stop_word_after_a_one_way_message_is_a_reply_too(db, org_id, login):
    job_id = post(db, login, new_job(), NUMBERS[:1])
    answer(db, claim_all(db), Accepted(is_final=True))
    reply(db, NUMBERS[0], "STOP", number="999")
    [line] = ask(db, org_id)
    assert (line.job_id, line.is_opt_out) == (job_id, 1)
