"""Leave to dial: given once, to jobs that go on, for numbers that may be called."""

import itertools

import pytest

from tests.core.messaging.jobs import make_login, new_job, post
from tests.support.builder import Builder
from turnout.core.ids import RecipientId
from turnout.core.messaging.call_ends import LOST
from turnout.core.messaging.controlling import cancel_job
from turnout.core.messaging.dialling import (
    Dialling,
    Leave,
    begin_dialling,
    end_lost,
    find_bar,
    forget_dialling,
    vouch,
)
from turnout.core.messaging.ending import RecipientEnding, end_recipients
from turnout.core.messaging.fence import Fence
from turnout.core.messaging.model import Channel, Content, JobType, Status
from turnout.core.messaging.sql import sql

_names = itertools.count(1)
AGENT, ABROAD = "61398765432", "442079460000"
GIVEN = (Leave.GIVEN, "")


@pytest.fixture
def firm(db):
    """An organization in Australia."""
    name = f"dialling{next(_names)}-{db.backend}"
    return db.call(lambda tx: Builder(tx, name, timezone="Australia/Melbourne").org_id)


@pytest.fixture
def call(db, firm) -> Dialling:
    login = db.call(make_login, firm, f"au/dialling{next(_names)}-{db.backend}")
    new = new_job(JobType.TTS, content=Content(text="Hello"))
    job_id = post(db, login, new, ["+61412345678"])
    id_, account = RecipientId(next(_names)), f"sip_{next(_names)}_{db.backend}"
    ends_at = db.clock() + 60_000
    return Dialling(firm, job_id, id_, Channel.TTS, "61412345678", account, ends_at)


def test_leave_is_given_once_until_it_is_certain_that_nobody_was_called(db, call) -> None:
    assert db.call(begin_dialling, call, Fence()) == GIVEN
    assert db.call(begin_dialling, call, Fence()) == (Leave.TWICE, "")
    db.call(forget_dialling, [(call.org_id, call.id)])
    db.call(forget_dialling, [(call.org_id, call.id)])
    assert db.call(begin_dialling, call, Fence()) == GIVEN


def test_a_number_that_may_not_be_called_any_more_is_barred(db, call) -> None:
    leave, why = db.call(begin_dialling, call._replace(number=ABROAD), Fence())
    assert leave is Leave.BARRED
    assert why == f"Not called: +{ABROAD} is in GB, and the organization may not call there."
    assert db.call(begin_dialling, call._replace(number="000"), Fence())[0] is Leave.BARRED
    assert db.call(begin_dialling, call, Fence()) == GIVEN


def test_nobody_is_called_for_a_job_that_is_being_closed(db, call) -> None:
    db.call(cancel_job, call.org_id, call.job_id, actor="test")
    assert db.call(begin_dialling, call, Fence()) == (Leave.UNWANTED, "")


def test_calls_for_which_nobody_vouches_end_once_whoever_made_them(db, firm) -> None:
    login = db.call(make_login, firm, f"au/dialling{next(_names)}-{db.backend}")
    new = new_job(JobType.TTS, content=Content(text="Hello"))
    job_id = post(db, login, new, [f"+6141234567{digit}" for digit in range(3)])
    ended, vouched, lost = sorted(
        row.id for row in db.look(lambda tx: sql.list_reports(tx, org_id=firm, job_id=job_id))
    )
    for id_ in (ended, vouched, lost):
        call = Dialling(firm, job_id, id_, Channel.TTS, "61412345678", "gone", db.clock() - 1)
        assert db.call(begin_dialling, call, Fence()) == GIVEN
    db.call(vouch, [(firm, vouched)])
    over = RecipientEnding(firm, job_id, ended, Status.BUSY, notes="SIP 486")
    db.call(end_recipients, [over])
    assert db.call(end_lost, 1000)[0].count("gone") == 1
    assert "gone" not in db.call(end_lost, 1000)[0]
    reports = db.look(lambda tx: sql.list_reports(tx, org_id=firm, job_id=job_id))
    assert [(row.status, row.notes) for row in reports] == [
        ("BUSY", "SIP 486"),
        ("QUED", ""),
        ("SVRE", LOST),
    ]
    # A worker who claimed them before they ended gets no leave, though nothing is written down now.
    for id_ in (ended, lost):
        again = Dialling(firm, job_id, id_, Channel.TTS, "61412345678", "gone", db.clock() - 1)
        assert db.call(begin_dialling, again, Fence()) == (Leave.UNWANTED, "")
    assert "gone" not in db.call(end_lost, 1000)[0]


def test_where_a_call_may_be_put_through(db, firm) -> None:
    def bar(number: str, *, is_redirect: bool) -> str:
        return db.look(find_bar, firm, Channel.TTS, number, Fence(), is_redirect=is_redirect)

    assert bar(AGENT, is_redirect=True) == bar(AGENT, is_redirect=False) == ""
    assert bar(ABROAD, is_redirect=True).startswith(f"+{ABROAD} is in GB")
