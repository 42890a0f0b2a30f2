"""Which jobs are listed for whom, and what is told of one."""

import datetime
from collections.abc import Iterator

import pytest

from tests.core.messaging.jobs import POLICY, answer, claim_all, new_job, post
from tests.dialects.messaging.people import People
from tests.support.node import START, LocalNode
from turnout.core.identity.members import find_password
from turnout.core.identity.model import Principal
from turnout.core.ids import CredentialId, JobId
from turnout.core.messaging.accepting import accept_job, begin_job
from turnout.core.messaging.controlling import cancel_job
from turnout.core.messaging.listing import (
    JobFilter,
    Progress,
    get_job,
    list_jobs,
    read_asked,
    read_details,
    read_job,
    stream_job,
)
from turnout.core.messaging.lists import begin_list, finish_list
from turnout.core.messaging.model import Content, JobOptions, JobType, Kind, NewRecipient, Status
from turnout.core.messaging.outcomes import Accepted, Outcome, Rejected
from turnout.core.messaging.staging import add_internal_job
from turnout.errors import Missing, Unauthenticated

WHO = ("admin", "agent", "acct", "colleague", "rival", "stranger")


@pytest.fixture(scope="module")
def people(node: LocalNode) -> People:
    return People(node)


@pytest.fixture(scope="module")
def logins(node: LocalNode, people: People) -> dict[str, Principal]:
    found = {name: node.db.call(find_password, f"au/{name}") for name in WHO}
    return {name: password.principal for name, password in found.items() if password}


@pytest.fixture(scope="module")
def jobs(node: LocalNode, logins: dict[str, Principal]) -> Iterator[dict[str, JobId]]:
    """One job of each user, under its name, a second after one another."""
    posted = {}
    for name in WHO:
        node.clock.advance(1)
        posted[name] = post(node.db, logins[name], new_job(name=f"of {name}"), ["+61412345678"])
    yield posted
    node.db.call(lambda tx: tx.connection.execute("DELETE FROM recipients"))
    node.db.call(lambda tx: tx.connection.execute("DELETE FROM jobs"))


def seen(node, login: Principal, **wanted) -> list[int]:
    page = node.db.call(list_jobs, login, JobFilter(**wanted), limit=100, skip=0)
    assert page.total == len(page.jobs)
    return [job.id for job in page.jobs]


def test_everybody_sees_the_jobs_of_whom_they_see_newest_first(node, logins, jobs):
    newest_first = list(reversed(WHO))
    expected = {
        "admin": newest_first,
        "agent": ["colleague", "acct", "agent"],
        "acct": ["acct"],
        "colleague": ["colleague"],
        "rival": ["rival"],
        "stranger": ["stranger"],
    }
    for name, theirs in expected.items():
        assert seen(node, logins[name]) == [jobs[name] for name in theirs], name


def test_jobs_of_one_user(node, logins, people, jobs):
    id_ = people.id
    assert seen(node, logins["admin"], user_id=id_("rival")) == [jobs["rival"]]
    assert seen(node, logins["admin"], user_code="AU/Rival") == [jobs["rival"]]
    assert seen(node, logins["admin"], user_code="au/rival", user_id=id_("rival")) == [
        jobs["rival"]
    ]
    assert seen(node, logins["admin"], user_code="au/rival", user_id=id_("acct")) == []
    assert seen(node, logins["admin"], user_code="au/riv") == []
    assert seen(node, logins["agent"], user_id=id_("rival")) == []
    assert seen(node, logins["agent"], user_code="au/acct") == [jobs["acct"]]
    assert seen(node, logins["acct"], user_id=id_("acct")) == [jobs["acct"]]
    assert seen(node, logins["acct"], user_code="au/ACCT") == [jobs["acct"]]
    assert seen(node, logins["acct"], user_id=id_("colleague")) == []
    assert seen(node, logins["acct"], user_code="au/colleague") == []


def test_a_job_is_found_by_whoever_sees_it(node, logins, jobs):
    for name, login in logins.items():
        for owner, job_id in jobs.items():
            if job_id in seen(node, login):
                caller, job = node.db.call(get_job, login, job_id)
                assert (caller.user.user_code, job.summary.id) == (f"au/{name}", job_id)
                assert job.summary.user_code == f"au/{owner}"
            else:
                with pytest.raises(Missing):
                    node.db.call(get_job, login, job_id)


def test_who_may_no_longer_sign_in_sees_nothing(node, logins, jobs):
    ended = Principal(logins["acct"].org_id, CredentialId(0), logins["acct"].user_id)
    with pytest.raises(Unauthenticated):
        node.db.call(list_jobs, ended, JobFilter(), limit=10, skip=0)
    with pytest.raises(Unauthenticated):
        node.db.call(read_job, ended, jobs["acct"])


def test_pages(node, logins, jobs):
    page = node.db.call(list_jobs, logins["admin"], JobFilter(), limit=2, skip=2)
    assert ([job.id for job in page.jobs], page.total) == ([jobs["colleague"], jobs["acct"]], 6)
    one = node.db.call(list_jobs, logins["acct"], JobFilter(), limit=2, skip=2)
    assert (one.jobs, one.total) == ([], 1)


def test_filters(node, db, login):
    sms = post(db, login, new_job(name="Quick Send"), ["+61412345678"])
    fax = post(db, login, new_job(JobType.FAX, name="Quick Sent"), ["+61312345678"])
    assert seen(node, login) == [fax, sms]
    assert seen(node, login, name="Quick Send") == [sms]
    assert seen(node, login, name="Quick") == []
    assert seen(node, login, job_type=JobType.FAX) == [fax]
    assert seen(node, login, job_type=JobType.TWO_WAY_SMS) == []
    assert seen(node, login, job_type=JobType.SMS, name="Quick Sent") == []


def test_how_far_a_job_is(node, db, login):
    done = post(db, login, new_job(), ["+61412345678"])
    answer(db, claim_all(db), Accepted(is_final=True))
    cancelled = post(db, login, new_job(), ["+61412345678"])
    db.call(cancel_job, login.org_id, cancelled, actor="test")
    while claim_all(db):
        pass
    under_way = post(db, login, new_job(), ["+61412345678"])
    assert seen(node, login, progress=Progress.COMPLETE) == [done]
    assert seen(node, login, progress=Progress.CLOSED) == [cancelled]
    assert seen(node, login, progress=Progress.OPEN) == [under_way]


def test_dates_leave_out_their_own_second_and_are_in_the_callers_zone(node, logins, jobs):
    # `acct` is in Melbourne, eleven hours ahead, and posted in the third second.
    local = datetime.datetime.fromisoformat("2027-01-01T20:00:03")
    second = datetime.timedelta(seconds=1)
    start = datetime.datetime.fromtimestamp(START / 1000, datetime.UTC)
    theirs, mine = logins["acct"], [jobs["acct"]]
    assert seen(node, theirs, accepted_after=local) == []
    assert seen(node, theirs, accepted_after=local - second) == mine
    assert seen(node, theirs, accepted_before=local) == []
    assert seen(node, theirs, accepted_before=local + second) == mine
    aware = start + 3 * second
    assert seen(node, theirs, accepted_before=aware + second, accepted_after=aware - second) == mine
    assert seen(node, theirs, accepted_after=aware) == []


def test_what_turnout_does_for_itself_and_what_is_not_yet_whole_is_not_listed(node, db, login):
    hidden = [
        db.call(
            add_internal_job,
            login.org_id,
            login.user_id,
            kind=kind,
            job_type=JobType.SMS,
            name="hidden",
            content=Content(text="123456"),
            recipients=[NewRecipient("+61412345678")],
        )
        for kind in (Kind.CODE, Kind.NOTICE)
    ]
    hidden.append(db.call(begin_job, login, new_job(), POLICY).job_id)
    assert seen(node, login) == []
    for job_id in hidden:
        with pytest.raises(Missing):
            db.call(read_job, login, job_id)


LONG = "Hi %%a%% " + "x" * 160


def test_a_job_in_full(node, db, login):
    options = JobOptions(cutoff_hour="23:00", submitted={"user_list_ids": "1"})
    new = new_job(
        content=Content(text=LONG), options=options, sender="JANE", is_deduped=True, name="n"
    )
    to = [
        NewRecipient("+61 412 345 678", "r1", "Jane", {"a": "1", "B": "zwei"}),
        NewRecipient("0412"),
    ]
    job_id = db.call(accept_job, login, new, to, POLICY)
    outcomes: list[Outcome] = [
        Accepted(parts=2, is_final=True),
        Rejected(Status.INVALID_NUMBER, "no number"),
    ]
    answer(db, claim_all(db), *outcomes)

    caller, job, recipients = db.call(read_job, login, job_id)

    assert caller.user.id == login.user_id
    assert job == (
        job.summary,
        True,
        (),
        "JANE",
        Content(text=LONG),
        options,
        2,
        0,
        [],
        "",
    )
    assert job.summary == (
        login.org_id,
        job_id,
        login.user_id,
        caller.user.user_code,
        JobType.SMS,
        "n",
        Progress.COMPLETE,
        node.clock.now,
        None,
        node.clock.now,
        node.clock.now,
        2,
        1,
        1,
        160_000,
    )
    assert recipients is not None
    assert recipients.asked == [
        ("+61 412 345 678", "r1", "Jane", {"a": "1", "B": "zwei"}),
        ("0412", "", "", {}),
    ]
    first, second = recipients.reports
    assert first[1:] == (
        *("r1", "Jane", "+61 412 345 678", "SENT", "Confirmed", first.notes),
        *(2, 0, 160_000, node.clock.now),
    )
    assert (second.status, second.destination, second.cost_micros) == ("INVN", "0412", 0)


def test_a_long_job_comes_in_rows(node, db, login):
    job_id = post(db, login, new_job(), ["+61412345678", "+61412345679"])
    caller, job, recipients = db.call(read_job, login, job_id)
    assert recipients is not None
    assert db.call(read_job, login, job_id, 1)[1:] == (job, None)

    rows = db.call(lambda tx: list(stream_job(tx, caller, job_id)))

    middle = rows.index(())
    assert read_details(rows[0]) == job
    assert [read_asked(row) for row in rows[1:middle]] == recipients.asked
    assert rows[middle + 1 :] == recipients.reports


def test_who_was_asked_for_by_a_list_is_not_told(node, db, login):
    list_id = str(db.call(begin_list, login.org_id, login.user_id, "Everyone"))
    db.call(finish_list, login.org_id, int(list_id), 0, actor="tests")
    job_id = db.call(accept_job, login, new_job(list_ids=(list_id,)), [], POLICY)
    caller, job, recipients = db.call(read_job, login, job_id)
    assert (job.list_ids, recipients) == ((list_id,), ([], []))
    rows = db.call(lambda tx: list(stream_job(tx, caller, job_id)))
    assert rows[1:] == [()]
