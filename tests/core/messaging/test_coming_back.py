"""START undoes what STOP from the same number did, and nothing else."""

import pytest

from tests.core.messaging.jobs import NUMBERS, rows
from tests.core.messaging.test_replies import (
    confirmations,
    opted_out,
    post_one_way,
    post_two_way,
    replies,
    reply,
)
from turnout.core.identity.organizations import get_organization_of
from turnout.core.identity.profiles import OrganizationChange, change_organization
from turnout.core.messaging.model import Medium
from turnout.core.messaging.opt_outs import add_opt_out, opt_out


@pytest.fixture(autouse=True)
def no_replies_yet(db):
    for table in ("replies", "stray_replies"):
        db.call(lambda tx, table=table: tx.connection.execute(f"DELETE FROM {table}"))


@pytest.mark.parametrize("word", ["START", "unstop"])
def test_start_undoes_stop_and_is_answered_once(db, login, word):
    job_id = post_two_way(db, login, NUMBERS[30])
    reply(db, NUMBERS[30], "STOP")
    assert len(opted_out(db, login.org_id)) == 1
    reply(db, NUMBERS[30], word)
    reply(db, NUMBERS[30], word)
    assert opted_out(db, login.org_id) == []
    assert [row[1:] for row in replies(db)] == [("STOP", 0, 1), (word, 0, 0), (word, 0, 0)]
    name = db.call(get_organization_of, login.org_id).name
    assert [text for _, _, text in confirmations(db, login.org_id)] == [
        f"{name}: you will get no more messages.",
        f"{name}: you will get messages again.",
    ]
    again = post_two_way(db, login, NUMBERS[30])
    assert again != job_id
    assert rows(db, again, "status") == [("SENT",)]


def test_start_undoes_stop_to_a_one_way_message(db, login):
    post_one_way(db, login, NUMBERS[31], sender="ACME")
    reply(db, NUMBERS[31], "Stop", number="61499999999")
    reply(db, NUMBERS[31], "Start", number="61499999999")
    assert opted_out(db, login.org_id) == []
    assert replies(db, columns="text") == [("Stop",), ("Start",)]


def test_start_from_somebody_who_never_stopped_is_a_reply_like_others(db, login):
    post_one_way(db, login, NUMBERS[32])
    reply(db, NUMBERS[32], "START", number="61499999999")
    assert replies(db, "stray_replies", "text") == [("START",)]
    assert confirmations(db, login.org_id) == []


@pytest.mark.parametrize("is_first", [True, False])
@pytest.mark.parametrize("source", ["cli", "link"])
def test_what_others_refused_stays(db, login, is_first, source):
    post_two_way(db, login, NUMBERS[33], NUMBERS[34])
    number = NUMBERS[33].lstrip("+")
    if not is_first:
        reply(db, NUMBERS[33], "STOP")
    if source == "cli":
        db.call(add_opt_out, login.org_id, Medium.SMS, NUMBERS[33], actor="test")
    else:
        db.call(opt_out, login.org_id, Medium.SMS, number, source="link")
    if is_first:
        reply(db, NUMBERS[33], "STOP")
    reply(db, NUMBERS[33], "START")
    reply(db, NUMBERS[34], "START")
    assert [address for _, address, _ in opted_out(db, login.org_id)] == [number]


def test_an_organization_that_answers_no_stop_word_answers_no_start(db, login):
    db.call(change_organization, login.org_id, OrganizationChange(stop_reply="-"), actor="test")
    post_two_way(db, login, NUMBERS[35])
    reply(db, NUMBERS[35], "STOP")
    reply(db, NUMBERS[35], "START")
    assert opted_out(db, login.org_id) == []
    assert confirmations(db, login.org_id) == []
