"""Large jobs wait for a second person, where the organization wants it."""

import random

import pytest

from tests.core.messaging.jobs import (
    NUMBERS,
    POLICY,
    PRICES,
    answer,
    claim_all,
    job,
    make_login,
    new_job,
    post,
)
from tests.support.builder import make_organization
from tests.support.node import database, open_node
from tests.support.turns import run_schedules
from turnout.core.audit.recording import list_entries
from turnout.core.identity.profiles import OrganizationChange, change_organization
from turnout.core.ids import JobId, OrgId
from turnout.core.messaging.accepting import add_slice, begin_job, finish_job
from turnout.core.messaging.approvals import approve_job
from turnout.core.messaging.controlling import cancel_job, pause_job, resume_job
from turnout.core.messaging.holding import Approval, find_approval
from turnout.core.messaging.lists import Entry, add_entries, begin_list, finish_list
from turnout.core.messaging.model import JobOptions, NewRecipient
from turnout.core.messaging.outcomes import Accepted
from turnout.errors import Conflict, Denied, Missing

HOUR_MS = 3_600_000


@pytest.fixture
def second(db, org_id, login) -> str:
    """The code of a second user of an organization that sends to two without approval."""
    change = OrganizationChange(approval_above=2)
    db.call(change_organization, org_id, change, actor="test")
    code = f"{org_id}/second"
    db.call(make_login, org_id, code)
    return code


def approve(db, org_id, job_id: JobId, code: str) -> None:
    db.call(approve_job, org_id, job_id, code, actor="test")


def run(db) -> None:
    while db.call(run_schedules, lambda *_: ([], ""), PRICES):
        pass


def sent(db) -> int:
    claimed = claim_all(db)
    answer(db, claimed, Accepted(is_final=True))
    return sum(len(found.recipients) for found in claimed)


def test_without_a_setting_nothing_waits(db, login, org_id):
    job_id = post(db, login, new_job(), NUMBERS[:50])
    assert job(db, job_id, "state", "approval") == ("sending", "")


def test_a_job_above_the_number_waits_until_a_second_person_approves(db, login, org_id, second):
    small = post(db, login, new_job(), NUMBERS[:2])
    assert job(db, small, "state") == ("sending",)
    assert sent(db) == 2
    job_id = post(db, login, new_job(), NUMBERS[:3])
    run(db)
    assert job(db, job_id, "state", "approval", "due_at") == ("scheduled", "waiting", None)
    assert sent(db) == 0
    approve(db, org_id, job_id, second.upper())
    assert sent(db) == 3
    assert job(db, job_id, "state", "approval") == ("complete", "approved")
    with pytest.raises(Conflict):
        approve(db, org_id, job_id, second)
    entries = db.call(list_entries, org_id, noun="job", noun_id=job_id)
    assert [entry.action for entry in entries] == ["approved"]
    assert list(entries[0].facts) == ["user_id"]


def test_who_made_it_cannot_approve_it_nor_can_others(db, login, org_id, second, node):
    job_id = post(db, login, new_job(), NUMBERS[:3])
    [own] = node.db.call(
        lambda tx: tx.connection.execute(
            f"SELECT user_code FROM users WHERE id = {login.user_id}"
        ).fetchone()
    )
    with pytest.raises(Denied):
        approve(db, org_id, job_id, own)
    with pytest.raises(Missing):
        approve(db, org_id, job_id, "nobody")
    with pytest.raises(Missing):
        approve(db, org_id, JobId(7), second)
    assert db.call(find_approval, org_id, job_id) is Approval.WAITING
    assert sent(db) == 0


def test_a_scheduled_job_waits_at_once_and_still_goes_at_its_time(db, login, org_id, second, node):
    when = "2027-01-01T11:00:00"
    early = post(db, login, new_job(scheduled_local=when), NUMBERS[:3])
    late = post(db, login, new_job(scheduled_local=when), NUMBERS[:3])
    assert job(db, early, "approval") == ("waiting",)
    approve(db, org_id, early, second)
    [due_at] = job(db, early, "due_at")
    run(db)
    assert job(db, early, "state") == ("scheduled",)
    node.clock.now = due_at
    run(db)
    assert job(db, early, "state") == ("sending",)
    assert job(db, late, "state") == ("scheduled",)
    approve(db, org_id, late, second)
    assert job(db, late, "state") == ("sending",)


def test_the_recipients_of_lists_count(db, login, org_id, second):
    list_id = db.call(begin_list, org_id, login.user_id, "many")
    entries = [Entry(mobile=number) for number in NUMBERS[:3]]
    db.call(add_entries, org_id, list_id, 1, entries)
    db.call(finish_list, org_id, list_id, 3, actor="test")
    job_id = post(db, login, new_job(list_ids=(str(list_id),)), [])
    run(db)
    assert job(db, job_id, "state", "approval", "total") == ("scheduled", "waiting", 3)
    assert sent(db) == 0
    approve(db, org_id, job_id, second)
    assert sent(db) == 3
    assert job(db, job_id, "state", "total", "sent") == ("complete", 3, 3)


def test_a_job_in_slices_waits_too(db, login, org_id, second):
    begun = db.call(begin_job, login, new_job(), POLICY)
    for number in NUMBERS[:3]:
        db.call(add_slice, org_id, begun.job_id, [NewRecipient(number)], PRICES)
    db.call(finish_job, org_id, begun.job_id)
    assert job(db, begun.job_id, "approval") == ("waiting",)


def test_a_job_that_nobody_approves_is_cancelled(db, login, org_id, second):
    job_id = post(db, login, new_job(), NUMBERS[:3])
    db.call(cancel_job, org_id, job_id, actor="test")
    with pytest.raises(Conflict):
        approve(db, org_id, job_id, second)
    assert sent(db) == 0
    assert job(db, job_id, "state", "approval", "failed") == ("closed", "refused", 3)


def test_a_paused_job_is_sent_once_both_are_over(db, login, org_id, second):
    job_id = post(db, login, new_job(), NUMBERS[:3])
    db.call(pause_job, org_id, job_id, actor="test")
    approve(db, org_id, job_id, second)
    assert sent(db) == 0
    db.call(resume_job, org_id, job_id, actor="test")
    assert sent(db) == 3


def test_a_job_approved_after_its_cut_off_is_closed(db, login, org_id, second, node):
    options = JobOptions(cutoff_hour="23:00")
    job_id = post(db, login, new_job(options=options), NUMBERS[:3])
    node.clock.now += 24 * HOUR_MS
    approve(db, org_id, job_id, second)
    assert sent(db) == 0
    assert job(db, job_id, "state", "closing_reason") == ("closed", "cut off")


@pytest.mark.parametrize("seed", range(6))
def test_nothing_leaves_before_approval_in_any_order(seed, node, tmp_path, request, monkeypatch):
    """A job to people and to a list that is read one by one, while it is paused, resumed, looked at
    and its server restarted."""
    monkeypatch.setattr("turnout.core.messaging.starting.SLICE", 1)
    dice, backend = random.Random(seed), node.db.backend
    cluster = request.getfixturevalue("cluster") if backend == "postgresql" else None
    with database(backend, tmp_path, cluster) as url:
        with open_node(url) as own:
            job_id, org_id = make_waiting(own.db)
            now = own.clock.now
        for _ in range(4):  # a restart each
            with open_node(url) as own:
                own.clock.now = now
                for _ in range(8):
                    disturb(own, dice, org_id, job_id)
                    assert sent(own.db) == 0
                now = own.clock.now
        with open_node(url) as own:
            own.clock.now = now
            own.db.call(resume_job, org_id, job_id, actor="test")
            run(own.db)
            assert job(own.db, job_id, "state", "approval", "total") == ("scheduled", "waiting", 5)
            assert sent(own.db) == 0
            approve(own.db, org_id, job_id, "second")
            assert sent(own.db) == 5
            assert job(own.db, job_id, "state", "total", "sent") == ("complete", 5, 5)


def make_waiting(db) -> tuple[JobId, OrgId]:
    """A job to two people and a list of three, of an organization that sends to two at most."""
    org_id = db.call(make_organization, "many")
    db.call(change_organization, org_id, OrganizationChange(approval_above=2), actor="test")
    first = db.call(make_login, org_id, "first", receive_reports=False)
    db.call(make_login, org_id, "second")
    list_id = db.call(begin_list, org_id, first.user_id, "many")
    db.call(add_entries, org_id, list_id, 1, [Entry(mobile=number) for number in NUMBERS[2:5]])
    db.call(finish_list, org_id, list_id, 3, actor="test")
    return post(db, first, new_job(list_ids=(str(list_id),)), NUMBERS[:2]), org_id


def disturb(node, dice: random.Random, org_id: OrgId, job_id: JobId) -> None:
    """Something that may happen to a job before it is approved."""
    match dice.randrange(4):
        case 0:
            node.db.call(pause_job, org_id, job_id, actor="test")
        case 1:
            node.db.call(resume_job, org_id, job_id, actor="test")
        case 2:
            node.db.call(run_schedules, lambda *_: ([], ""), PRICES)
        case _:
            node.clock.advance(dice.choice((1, 3600, 90_000)))
