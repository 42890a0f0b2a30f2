"""Prepaid credit: nothing is sent that was not paid for."""

import itertools

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
from tests.core.messaging.test_lists import make_list
from tests.core.messaging.test_notices import mails
from tests.support.builder import make_organization
from tests.support.turns import run_schedules
from turnout.core.audit.recording import list_entries
from turnout.core.identity.members import require_member
from turnout.core.identity.model import Principal
from turnout.core.ids import OrgId
from turnout.core.messaging.accepting import accept_job
from turnout.core.messaging.credit import (
    Credit,
    add_credit,
    end_credit,
    get_credit,
    list_credit_entries,
    set_credit_alert,
)
from turnout.core.messaging.lists import Entry
from turnout.core.messaging.model import Status
from turnout.core.messaging.outcomes import Accepted, Rejected
from turnout.core.messaging.spending import reserve
from turnout.errors import Invalid, Missing
from turnout.store import Tx

SENT = Accepted((), 1, is_final=True)
_numbers = itertools.count(1)


@pytest.fixture
def firm(db) -> OrgId:
    return db.call(make_organization, f"credit{next(_numbers)}")


@pytest.fixture
def jo(db, firm: OrgId) -> Principal:
    return db.call(make_login, firm, f"au/credit{next(_numbers)}", receive_reports=False)


def left(db, firm: OrgId) -> int:
    return db.call(get_credit, firm).balance_micros


def pay(db, firm: OrgId, micros: int) -> Credit:
    return db.call(add_credit, firm, micros, "Invoice  7", actor="test")


def test_who_never_paid_pays_afterwards(db, firm, jo):
    post(db, jo, new_job(), NUMBERS[:5])
    with pytest.raises(Missing):
        left(db, firm)


@pytest.mark.parametrize("node", ["sqlite"], indirect=True)
def test_of_who_pays_afterwards_no_statement_asks_for_the_credit(db, firm, jo):
    def count(tx: Tx) -> int:
        ran: list[str] = []
        tx.connection.set_trace_callback(ran.append)
        reserve(tx, require_member(tx, jo), 80_000)
        tx.connection.set_trace_callback(None)
        return sum(text.startswith(("UPDATE credit", "SELECT balance")) for text in ran)

    assert db.call(count) == 0
    pay(db, firm, 100_000)
    assert db.call(count) == 2  # the balance, and whether to alert


def test_a_job_draws_what_it_may_cost_and_puts_back_what_it_did_not(db, firm, jo):
    pay(db, firm, 200_000)
    post(db, jo, new_job(), NUMBERS[:2])
    assert left(db, firm) == 40_000
    answer(db, claim_all(db), SENT, Rejected(Status.BLOCKED, "no"))
    assert left(db, firm) == 120_000


def test_what_the_credit_does_not_cover_is_refused_whole(db, firm, jo):
    pay(db, firm, 159_999)
    with pytest.raises(Invalid) as refusal:
        post(db, jo, new_job(), NUMBERS[:2])
    assert refusal.value.code == "credit.exhausted"
    assert left(db, firm) == 159_999
    pay(db, firm, 1)
    post(db, jo, new_job(), NUMBERS[:2])
    assert left(db, firm) == 0


def test_a_refusal_by_the_monthly_limit_draws_nothing(db, firm):
    limited = db.call(make_login, firm, f"au/limited{next(_numbers)}", monthly_limit=0)
    pay(db, firm, 1_000_000)
    with pytest.raises(Invalid) as refusal:
        post(db, limited, new_job(), NUMBERS[:1])
    assert refusal.value.code == "limit.exceeded"
    assert left(db, firm) == 1_000_000


def test_the_limit_counts_nothing_that_the_credit_refused(db, firm):
    jo = db.call(make_login, firm, f"au/both{next(_numbers)}", monthly_limit=1)
    pay(db, firm, 10_000)
    for _ in range(20):
        with pytest.raises(Invalid) as refusal:
            post(db, jo, new_job(), NUMBERS[:1])
        assert refusal.value.code == "credit.exhausted"
    pay(db, firm, 1_000_000)
    post(db, jo, new_job(), NUMBERS[:12])  # 0.96 of a limit of 1
    assert left(db, firm) == 50_000


def test_a_job_to_a_list_is_closed_when_the_credit_ends(db, firm, jo):
    pay(db, firm, 100_000)
    list_id = make_list(db, jo, [Entry(mobile=number) for number in NUMBERS[:3]])
    new = new_job(list_ids=(str(list_id),))
    job_id = db.call(accept_job, jo, new, [], POLICY)
    while db.call(run_schedules, lambda *_: ([], ""), PRICES):
        pass
    assert claim_all(db) == []
    assert set(rows(db, job_id, "status", "notes")) == {
        ("EXPD", "Not sent: the organization's prepaid credit does not cover the job.")
    }
    assert left(db, firm) == 100_000


def test_the_organization_is_told_once_when_little_is_left(db, firm, jo):
    pay(db, firm, 400_000)
    db.call(set_credit_alert, firm, 200_000, actor="test")
    post(db, jo, new_job(), NUMBERS[:2])
    assert mails(db) == []
    post(db, jo, new_job(), NUMBERS[:1])
    post(db, jo, new_job(), NUMBERS[:1])
    [mail] = mails(db)
    assert mail.subject == "Credit for messages: 0.16 left"
    pay(db, firm, 200_000)
    assert mails(db) == []
    post(db, jo, new_job(), NUMBERS[:2])
    assert [mail.subject for mail in mails(db)] == ["Credit for messages: 0.12 left"]


def test_payments_are_listed_and_audited_and_the_balance_never_falls_below_zero(db, firm, node):
    pay(db, firm, 500_000)
    with pytest.raises(Invalid):
        pay(db, firm, -500_001)
    with pytest.raises(Invalid):
        pay(db, firm, 0)
    assert pay(db, firm, -500_000) == Credit(0, None)
    entries = db.call(list_credit_entries, firm, 10)
    assert [(entry.amount_micros, entry.note) for entry in entries] == [
        (-500_000, "Invoice 7"),
        (500_000, "Invoice 7"),
    ]
    db.call(end_credit, firm, actor="test")
    actions = [entry.action for entry in db.call(list_entries, firm, "credit", 0)]
    assert actions == ["added", "added", "ended"]
    with pytest.raises(Missing):
        db.call(end_credit, firm, actor="test")
