"""What old messages say goes by time; what is counted, and the way out, stays."""

import re
from itertools import pairwise
from typing import Any

import pytest

from tests.core.erasure.test_expiring import ask, run_all
from tests.core.messaging.jobs import NUMBERS, POLICY, answer, claim_all, make_login, new_job, post
from tests.core.registrations.office import Office
from tests.support.node import LocalNode
from turnout.core.erasure.emptying import RECIPIENTS
from turnout.core.erasure.expiring import KINDS, find_run, preview_retention, take_stretch
from turnout.core.erasure.message_retention import set_message_retention
from turnout.core.erasure.retention import DAY_MS, list_runs
from turnout.core.identity.model import Principal
from turnout.core.ids import JobId
from turnout.core.messaging.accepting import accept_job
from turnout.core.messaging.files import add_job_files, has_file
from turnout.core.messaging.model import Content, JobType, NewRecipient, Status
from turnout.core.messaging.notices import keep_file
from turnout.core.messaging.opt_outs import (
    ensure_link_key,
    list_opt_outs,
    opt_out_by_link,
    unsubscribe_url,
)
from turnout.core.messaging.outcomes import Accepted, Rejected, Reply
from turnout.core.messaging.replies import receive_replies

SENT = Accepted((), 1, is_final=True)
NOTHING = dict.fromkeys(KINDS, 0)


@pytest.fixture
def office(own_node: LocalNode) -> Office:
    return Office(own_node)


@pytest.fixture
def login(office: Office) -> Principal:
    return office.call(make_login, "au/jo", receive_reports=False)


def post_mail(office: Office, login: Principal, *addresses: str) -> JobId:
    new = new_job(
        JobType.EMAIL,
        name="For Jane Doe",
        sender="a@example.com",
        content=Content(subject="Dear Jane", text="Hello %%recipient%%, %%fruit%%"),
    )
    people = [NewRecipient(to, "ref 1", "Jane Doe", {"fruit": "quince"}) for to in addresses]
    return office.db.call(accept_job, login, new, people, POLICY)


def expire(office: Office) -> None:
    """The rule that keeps messages for 30 days, and the run on the day when all are over."""
    office.act(set_message_retention, 30)
    office.node.clock.now += 31 * DAY_MS
    run_all(office.db)


def dump(office: Office, *tables: str) -> str:
    def read(tx: Any) -> str:
        return repr([tx.connection.execute(f"SELECT * FROM {name}").fetchall() for name in tables])

    return office.db.call(read)


def test_texts_and_addresses_go_and_outcomes_stay(office: Office, login: Principal) -> None:
    job_id = post_mail(office, login, "jane@example.com", "bounce@example.com")
    file = office.db.call(keep_file, office.org_id, "jane.txt", "text/plain", b"of Jane")
    office.db.call(add_job_files, office.org_id, job_id, (file,), None)
    answer(office.db, claim_all(office.db, "email"), SENT, Rejected(Status.BOUNCED, "no Jane"))
    totals = f"SELECT sent, failed, cost_micros FROM jobs WHERE id = {job_id}"
    before = ask(office.db, totals)
    expire(office)
    assert ask(office.db, totals) == before
    left = dump(office, "jobs", "recipients", "attempts", "job_files", "callbacks", "replies")
    assert re.findall("(?i)jane|quince|ref 1|bounce@", left) == []
    assert office.db.call(has_file, office.org_id, file.digest) is False
    states = (
        f"SELECT count(*) FROM recipients WHERE job_id = {job_id} AND status IN ('SENT','BOUN')"
    )
    assert ask(office.db, states) == 2


def test_the_link_in_an_old_mailing_still_works(office: Office, login: Principal) -> None:
    job_id = post_mail(office, login, "Jane@Example.com")
    answer(office.db, claim_all(office.db, "email"), SENT)
    recipient_id = ask(office.db, f"SELECT id FROM recipients WHERE job_id = {job_id}")
    token = unsubscribe_url("", office.db.call(ensure_link_key), recipient_id).rpartition("/")[2]
    expire(office)
    assert office.db.call(opt_out_by_link, token)[1] is True
    [opt_out] = office.call(list_opt_outs, 10)
    assert opt_out.is_erased
    again = post_mail(office, login, "jane@example.com")
    claim_all(office.db, "email")
    assert ask(office.db, f"SELECT status FROM recipients WHERE job_id = {again}") == "OPTO"


def test_replies_go_with_their_job(office: Office, login: Principal) -> None:
    new = new_job(JobType.TWO_WAY_SMS, content=Content(text="Lunch?"))
    office.db.call(accept_job, login, new, [NewRecipient(NUMBERS[0])], POLICY)
    answer(office.db, claim_all(office.db), SENT)
    given = Reply(
        carrier="net",
        sender=NUMBERS[0].lstrip("+"),
        recipient=POLICY.reply_numbers[0],
        text="It is Jane",
        at=0,
    )
    office.db.call(receive_replies, [given])
    assert "Jane" in dump(office, "replies")
    office.node.clock.now += 10 * DAY_MS  # replies may come for some days
    expire(office)
    left = dump(office, "replies", "recipients")
    assert re.findall(f"Jane|{NUMBERS[0].lstrip('+')}", left) == []


def say_stop(office: Office, sender: str, text: str = "Stop") -> None:
    given = Reply(
        carrier="net",
        sender=sender.lstrip("+"),
        recipient=POLICY.reply_numbers[0],
        text=text,
        at=0,
    )
    office.db.call(receive_replies, [given])


@pytest.mark.parametrize("job_type", [JobType.SMS, JobType.MMS, JobType.TWO_WAY_SMS])
def test_stop_counts_for_old_texts(office: Office, login: Principal, job_type: JobType) -> None:
    new = new_job(job_type, content=Content(text="Lunch?"))
    job_id = post(office.db, login, new, NUMBERS[:1])
    answer(office.db, claim_all(office.db, "mms" if job_type is JobType.MMS else "sms"), SENT)
    office.node.clock.now += 10 * DAY_MS  # replies may come for some days
    expire(office)
    assert NUMBERS[0].lstrip("+") not in dump(office, "recipients")
    say_stop(office, NUMBERS[1])  # nobody's
    assert office.call(list_opt_outs, 10) == []
    say_stop(office, NUMBERS[0])
    [gone] = office.call(list_opt_outs, 10)
    assert (gone.address, gone.job_id) == (NUMBERS[0].lstrip("+"), job_id)
    kept = f"SELECT count(*) FROM replies WHERE job_id = {job_id} AND is_opt_out = 1"
    assert ask(office.db, f"{kept} AND sender = '' AND text = ''") == 1
    again = post(office.db, login, new_job(), NUMBERS[:1])
    claim_all(office.db)
    assert ask(office.db, f"SELECT status FROM recipients WHERE job_id = {again}") == "OPTO"


def test_stop_is_for_the_newest_text_emptied_or_not(office: Office, login: Principal) -> None:
    other = Office(office.node)
    theirs = other.call(make_login, "au/other", receive_reports=False)
    post(office.db, theirs, new_job(), NUMBERS[:1])
    answer(office.db, claim_all(office.db), SENT)
    office.node.clock.now += DAY_MS
    post(office.db, login, new_job(), NUMBERS[:1])
    answer(office.db, claim_all(office.db), SENT)
    expire(office)
    say_stop(office, NUMBERS[0])
    assert len(office.call(list_opt_outs, 10)) == 1
    assert other.call(list_opt_outs, 10) == []


def test_what_is_younger_or_under_way_stays(office: Office, login: Principal) -> None:
    post(office.db, login, new_job(name="under way"), NUMBERS[:1])
    office.act(set_message_retention, 30)
    office.node.clock.now += 20 * DAY_MS
    post(office.db, login, new_job(name="young"), NUMBERS[1:2])
    answer(office.db, claim_all(office.db), SENT)
    office.node.clock.now += 12 * DAY_MS
    assert office.call(preview_retention) == NOTHING
    run_all(office.db)
    names = "SELECT count(*) FROM jobs WHERE name IN ('under way', 'young')"
    assert ask(office.db, names) == 2


def test_a_long_job_goes_in_slices_whoever_does_them(
    office: Office, login: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("turnout.core.erasure.emptying.RECIPIENTS", 3)
    monkeypatch.setattr("turnout.core.erasure.expiring.RECIPIENTS", 3)
    assert RECIPIENTS == 1000
    for size in (1, 8, 2, 1, 3):
        post(office.db, login, new_job(name=f"of {size}"), NUMBERS[:size])
    answer(office.db, claim_all(office.db), SENT)
    office.act(set_message_retention, 30)
    office.node.clock.now += 31 * DAY_MS
    assert office.call(preview_retention)["jobs"] == 5
    left = [15]
    while run := office.db.look(find_run):
        office.db.call(take_stretch, run)
        left.append(ask(office.db, "SELECT count(*) FROM recipients WHERE address LIKE '%61412%'"))
        office.db.call(take_stretch, run)  # a worker that was slow
    assert max(before - after for before, after in pairwise(left)) <= 6  # two slices
    assert left[-1] == 0
    [done] = office.call(list_runs, 10)
    assert done.counts["jobs"] == 5
