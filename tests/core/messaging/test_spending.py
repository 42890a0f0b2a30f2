"""Reservations, the costs they end as, and the limit of a month, which holds whatever is done."""

import itertools
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.core.messaging.jobs import (
    LEASE_MS,
    NUMBERS,
    PATIENCE,
    POLICY,
    PRICES,
    answer,
    claim_all,
    job,
    make_login,
    new_job,
    post,
    rows,
)
from tests.core.messaging.test_lists import make_list
from tests.support import proof
from tests.support.turns import run_schedules
from turnout.core.identity.model import Principal
from turnout.core.ids import JobId, OrgId
from turnout.core.messaging.accepting import (
    accept_job,
    add_slice,
    begin_job,
    finish_job,
    give_up_job,
)
from turnout.core.messaging.controlling import cancel_job
from turnout.core.messaging.correcting import correct_recipients
from turnout.core.messaging.credit import add_credit, list_credit_entries
from turnout.core.messaging.delivering import claim
from turnout.core.messaging.ending import RecipientEnding, bounce_sent
from turnout.core.messaging.lists import Entry
from turnout.core.messaging.model import Channel, Content, JobType, NewJob, NewRecipient, Status
from turnout.core.messaging.outcomes import Accepted, Outcome, Rejected, Retry, Unknown
from turnout.core.messaging.recording import Result, record
from turnout.core.messaging.starting import Page, sweep_staged
from turnout.core.verification.codes import CodeRequest, send_code
from turnout.errors import Conflict, Invalid, Limited, Unavailable
from turnout.store import Database, Ids, Tx, open_database

SENT = Accepted((), 1, is_final=True)
_names = itertools.count(1)


def spent(db, login) -> int:
    return db.call(
        lambda tx: tx.connection.execute(
            f"SELECT spent_micros FROM spending WHERE user_id = {login.user_id} ORDER BY month DESC"
        ).fetchone()[0]
    )


def test_what_was_reserved_becomes_what_it_cost(db, login):
    post(db, login, new_job(), NUMBERS[:3])
    assert spent(db, login) == 240_000
    refused = Rejected(Status.BLOCKED, "no")
    answer(db, claim_all(db), SENT, refused)
    assert spent(db, login) == 80_000
    post(db, login, new_job(), NUMBERS[:2])
    answer(db, claim_all(db), refused)
    assert spent(db, login) == 80_000


def test_a_network_that_takes_more_parts_than_were_reckoned_costs_no_more(db, login):
    job_id = post(db, login, new_job(), NUMBERS[:1])
    answer(db, claim_all(db), Accepted((), 3, is_final=True))
    assert rows(db, job_id, "parts", "quote_micros", "cost_micros") == [(3, 80_000, 80_000)]
    assert spent(db, login) == 80_000


def test_a_long_text_is_reserved_for_all_its_parts(db, login):
    post(db, login, new_job(content=Content(text="x" * 161)), NUMBERS[:1])
    assert spent(db, login) == 160_000
    post(db, login, new_job(content=Content(text="x" * 307)), NUMBERS[:1])
    assert spent(db, login) == 400_000


def test_what_is_cancelled_is_given_back(db, login):
    job_id = post(db, login, new_job(), NUMBERS[:3])
    db.call(cancel_job, login.org_id, job_id, actor="test")
    claim_all(db)
    assert job(db, job_id, "state", "cost_micros", "reserved_micros") == ("closed", 0, 0)
    assert spent(db, login) == 0


def test_the_months_limit_holds_and_ends_with_the_month(db, org_id, node):
    login = db.call(make_login, org_id, f"limited-{db.backend}", monthly_limit=1)
    fax = new_job(JobType.FAX)
    for _ in range(3):
        post(db, login, fax, ["61298765432"])  # 0.3 each
    with pytest.raises(Invalid, match="The limit of messages for this month is reached"):
        post(db, login, fax, ["61298765432"])
    assert spent(db, login) == 900_000
    post(db, login, new_job(JobType.EMAIL), ["a@example.com"] * 10)  # exactly what is left
    with pytest.raises(Invalid):
        post(db, login, new_job(JobType.EMAIL), ["a@example.com"])
    node.clock.advance(32 * 24 * 3600)
    post(db, login, fax, ["61298765432"])
    assert spent(db, login) == 300_000


@pytest.mark.parametrize(
    ("text", "fields", "parts"),
    [
        ("%%a%%", {"a": "x" * 160}, 1),
        ("%%a%%", {"a": "x" * 161}, 2),
        ("%%A%%!", {"a": "€" * 80}, 2),
        ("%%a%%", {"a": "ж" * 70}, 1),
        ("%%a%%", {"a": "ж" * 71}, 2),
        ("x" * 161, {}, 2),
        ("%%a%%" * 3, {"a": "x" * 3000}, 59),
        ("%%missing%%", {}, 1),
    ],
)
def test_merged_texts_are_reserved_as_networks_cut_them(db, login, text, fields, parts):
    to = [NewRecipient(NUMBERS[0], fields=fields)]
    job_id = db.call(accept_job, login, new_job(content=Content(text=text)), to, POLICY)
    assert rows(db, job_id, "quote_micros") == [(parts * 80_000,)]
    assert spent(db, login) == parts * 80_000


def test_an_address_that_is_none_and_a_duplicate_are_not_reserved(db, login):
    to = [NUMBERS[0], "none", NUMBERS[0].replace("+61", "+61 ")]
    job_id = post(db, login, new_job(is_deduped=True), to)
    assert rows(db, job_id, "quote_micros") == [(80_000,), (0,)]
    assert (spent(db, login), *job(db, job_id, "reserved_micros")) == (80_000, 80_000)


def test_a_filter_of_characters_is_reckoned(db, org_id):
    login = db.call(
        make_login, org_id, f"au/ascii{next(_names)}-{db.backend}", filter_non_ascii_in_sms=True
    )
    to = [NewRecipient(NUMBERS[0], fields={"a": "жж" + "x" * 150})]
    job_id = db.call(accept_job, login, new_job(content=Content(text="ж%%a%%")), to, POLICY)
    assert rows(db, job_id, "quote_micros") == [(80_000,)]


def test_a_mail_that_bounces_after_its_jobs_end_is_given_back(db, login):
    job_id = post(db, login, new_job(JobType.EMAIL), ["a@example.com", "b@example.com"])
    answer(db, claim_all(db, "email"), SENT)
    [(first,), _] = rows(db, job_id, "id")
    db.call(bounce_sent, login.org_id, job_id, [first], "gone")
    assert (spent(db, login), *job(db, job_id, "cost_micros")) == (10_000, 10_000)


def limited(db, org_id, limit: int = 1) -> Principal:
    login: Principal = db.call(
        make_login,
        org_id,
        f"au/limited{next(_names)}-{db.backend}",
        monthly_limit=limit,
        receive_reports=False,
    )
    return login


def test_a_list_that_would_exceed_the_limit_closes_its_job_with_a_note(db, org_id):
    login = limited(db, org_id)
    fits = make_list(db, login, [Entry(mobile=number) for number in NUMBERS[:6]])
    exceeds = make_list(db, login, [Entry(mobile=number) for number in NUMBERS[:7]])
    first = db.call(accept_job, login, new_job(list_ids=(str(fits),)), [], POLICY)
    _run(db)
    assert job(db, first, "state", "reserved_micros") == ("sending", 480_000)
    ids = (str(fits), str(exceeds))
    second = db.call(accept_job, login, new_job(list_ids=ids), [], POLICY)
    _run(db)
    claimed = claim_all(db)
    assert [(job_.head.id, len(job_.recipients)) for job_ in claimed] == [(first, 6)]
    assert job(db, second, "state", "unsent", "reserved_micros") == ("closed", 13, 0)
    assert set(rows(db, second, "status", "notes")) == {
        ("EXPD", "Not sent: the job would have exceeded its user's monthly limit.")
    }
    answer(db, claimed, SENT)
    assert spent(db, login) == 480_000


def test_a_long_job_that_is_given_up_or_swept_frees_what_it_reserved(db, org_id, node):
    login = limited(db, org_id)
    recipients = [NewRecipient(number) for number in NUMBERS[:10]]
    begun = [db.call(begin_job, login, new_job(), POLICY) for _ in range(2)]
    db.call(add_slice, org_id, begun[0].job_id, recipients, PRICES)
    with pytest.raises(Invalid):
        db.call(add_slice, org_id, begun[1].job_id, recipients, PRICES)
    assert spent(db, login) == 800_000
    for _ in range(2):
        db.call(give_up_job, org_id, begun[0].job_id)
    assert spent(db, login) == 0
    db.call(add_slice, org_id, begun[1].job_id, recipients, PRICES)
    node.clock.advance(3601)
    while db.call(sweep_staged, 100):
        pass
    assert spent(db, login) == 0


def test_a_finished_job_is_not_given_up(db, org_id):
    login = limited(db, org_id)
    begun = db.call(begin_job, login, new_job(), POLICY)
    db.call(add_slice, org_id, begun.job_id, [NewRecipient(NUMBERS[0])], PRICES)
    db.call(finish_job, org_id, begun.job_id)
    db.call(give_up_job, org_id, begun.job_id)
    assert spent(db, login) == 80_000


# -- whatever is done ------------------------------------------------------------------------


def _no_list(_tx: Tx, _org_id: OrgId, list_id: str, _cursor: str, _most: int) -> Page:
    raise AssertionError(list_id)


def _run(db: Database) -> None:
    while db.call(run_schedules, _no_list, PRICES):
        pass


TEXTS = ("Hi", "x" * 161, "%%a%% %%b%%", "ж%%a%%", "%%a%%" * 6, "{%%a%%}" * 20)
VALUES = ("", "x" * 90, "ж" * 40, "€" * 79, "🎟" * 36)
TYPES = (JobType.SMS, JobType.SMS, JobType.TWO_WAY_SMS, JobType.TTS, JobType.FAX, JobType.EMAIL)
OUTCOMES: tuple[Outcome, ...] = (
    SENT,
    Accepted((), 9, is_final=True),
    Rejected(Status.BLOCKED, "no"),
    Unknown("it broke"),
    Retry(1, "later"),
)
REFUSALS = (Invalid, Limited, Conflict, Unavailable)
recipients_ = st.lists(
    st.builds(
        lambda number, a, b: NewRecipient(number, fields={"a": a, "B": b}),
        st.sampled_from([*NUMBERS[:4], "+447911123456", "none", "a@example.com"]),
        st.sampled_from(VALUES),
        st.sampled_from(VALUES),
    ),
    min_size=1,
    max_size=5,
)
Step = Callable[["_Spender", Database], None]


class _Spender:
    """A user, and what it and others do; each step may meet others of the same moment."""

    def __init__(self, db: Database, login: Principal) -> None:
        self.org_id, self.login = login.org_id, login
        self.lists = [
            str(
                make_list(db, login, [Entry(mobile=n, custom={"a": "ж" * 60}) for n in NUMBERS[:k]])
            )
            for k in (2, 9)
        ]

    def post(self, db: Database, **asked: Any) -> None:
        new, recipients = self._asked(**asked)
        db.call(accept_job, self.login, new, recipients, POLICY)

    def post_long(self, db: Database, **asked: Any) -> None:
        new, recipients = self._asked(**asked)
        begun = db.call(begin_job, self.login, new, POLICY)
        try:
            for recipient in recipients:
                db.call(add_slice, self.org_id, begun.job_id, [recipient], PRICES)
            db.call(finish_job, self.org_id, begun.job_id)
        except Invalid:
            db.call(give_up_job, self.org_id, begun.job_id)

    def _asked(
        self, job_type: JobType, text: str, to: list[NewRecipient], is_deduped: bool
    ) -> tuple[NewJob, list[NewRecipient]]:
        content = Content(text=text, repeats=1)
        return new_job(job_type, content=content, is_deduped=is_deduped), to

    def post_list(self, db: Database, number: int, text: str) -> None:
        new = new_job(content=Content(text=text), list_ids=(self.lists[number],))
        db.call(accept_job, self.login, new, [], POLICY)
        _run(db)

    def code(self, db: Database, text: str) -> None:
        asked = CodeRequest("c", JobType.SMS, NUMBERS[5], f"{text}[[code]]")
        db.call(send_code, self.login, asked, POLICY)

    def deliver(self, db: Database, outcome: Outcome) -> None:
        for lane in ("urgent", *Channel):
            claimed = db.call(claim, str(lane), 50, LEASE_MS)
            results = [
                Result(job_.head, recipient, "n", outcome)
                for job_ in claimed
                for recipient in job_.recipients
            ]
            db.call(record, results, PRICES, PATIENCE)

    def correct(self, db: Database, status: Status) -> None:
        """Networks say otherwise of what has ended."""
        found = _ask(
            db,
            "SELECT r.job_id, r.id FROM recipients r JOIN jobs j ON j.org_id = r.org_id "
            f"AND j.id = r.job_id WHERE r.org_id = {self.org_id} AND r.state = 'done' "
            f"AND j.user_id = {self.login.user_id} AND r.status <> '{status.value}'",
        )
        ends = [RecipientEnding(self.org_id, job_id, id_, status) for job_id, id_ in found]
        db.call(correct_recipients, ends)

    def cancel(self, db: Database) -> None:
        for (job_id,) in _ask(db, f"SELECT id FROM jobs WHERE org_id = {self.org_id}"):
            db.call(cancel_job, self.org_id, JobId(job_id), actor="test")


def _ask(db: Database, statement: str) -> list[tuple[Any, ...]]:
    def ask(tx: Tx) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in tx.connection.execute(statement).fetchall()]

    return db.call(ask)


def _steps() -> st.SearchStrategy[Step]:
    asked = st.fixed_dictionaries(
        {
            "job_type": st.sampled_from(TYPES),
            "text": st.sampled_from(TEXTS),
            "to": recipients_,
            "is_deduped": st.booleans(),
        }
    )
    return st.one_of(
        asked.map(lambda a: lambda s, db: s.post(db, **a)),
        asked.map(lambda a: lambda s, db: s.post_long(db, **a)),
        st.tuples(st.integers(0, 1), st.sampled_from(TEXTS)).map(
            lambda a: lambda s, db: s.post_list(db, *a)
        ),
        st.sampled_from(("", "x" * 161, "ж" * 80)).map(lambda a: lambda s, db: s.code(db, a)),
        st.sampled_from(OUTCOMES).map(lambda a: lambda s, db: s.deliver(db, a)),
        st.sampled_from((Status.SENT, Status.FAILED)).map(lambda a: lambda s, db: s.correct(db, a)),
        st.just(lambda s, db: s.cancel(db)),
    )


@pytest.fixture
def other_db(node) -> Iterator[Database]:
    """The same database by another node."""
    other = open_database(node.settings, clock=node.clock, ids=Ids(99))
    yield other
    other.close()


@pytest.mark.proof
def test_whatever_is_done_at_once_a_user_never_spends_more_than_the_limit(node, db, other_db):
    done: dict[str, int] = {"examples": 0, "steps": 0, "refused": 0, "full": 0, "corrected": 0}
    org_id = node.add_account(f"spenders-{db.backend}").org_id
    owed: list[int] = []

    def take(spender: _Spender, own: Database, steps: list[Step]) -> None:
        for step in steps:
            done["steps"] += 1
            try:
                step(spender, own)
            except REFUSALS:
                done["refused"] += 1

    several = st.lists(_steps(), min_size=3, max_size=8)

    @settings(
        max_examples=proof.scale(15, 300),
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.integers(0, 3), st.integers(1, 3_000_000), several, several)
    def check(limit: int, paid: int, here: list[Step], there: list[Step]) -> None:
        node.execute("UPDATE jobs SET ready_at = NULL, due_at = NULL")
        done["examples"] += 1
        login = limited(db, org_id, limit)
        db.call(add_credit, org_id, paid, "", actor="test")
        spender = _Spender(db, login)
        with ThreadPoolExecutor(2) as pool:
            both = [
                pool.submit(take, spender, db, here),
                pool.submit(take, spender, other_db, there),
            ]
            for taken in both:
                taken.result()
        found = _ask(
            db,
            "SELECT coalesce(sum(spent_micros), 0) FROM spending "
            f"WHERE org_id = {org_id} AND user_id = {login.user_id}",
        )
        balance, spent_by_all = _ask(
            db,
            f"SELECT balance_micros, (SELECT coalesce(sum(spent_micros), 0) FROM spending s "
            f"WHERE s.org_id = {org_id}) FROM credit WHERE org_id = {org_id}",
        )[0]
        prepaid = sum(row.amount_micros for row in db.call(list_credit_entries, org_id, 10_000))
        assert balance + spent_by_all == prepaid
        reserved, cost = _ask(
            db,
            "SELECT coalesce(sum(reserved_micros), 0), coalesce(sum(cost_micros), 0) FROM jobs "
            f"WHERE org_id = {org_id} AND user_id = {login.user_id}",
        )[0]
        spent_ = int(found[0][0])
        done["full"] += spent_ * 2 > limit * 1_000_000
        corrected = int(
            _ask(
                db,
                "SELECT coalesce(sum(r.cost_micros), 0) FROM recipients r JOIN jobs j "
                "ON j.org_id = r.org_id AND j.id = r.job_id "
                f"WHERE r.org_id = {org_id} AND j.user_id = {login.user_id} "
                "AND r.notes LIKE '%Corrected by a later report%'",
            )[0][0]
        )
        assert int(cost) <= spent_ == int(reserved) <= limit * 1_000_000 + corrected
        owed.append(corrected)
        done["corrected"] += corrected > 0
        assert (
            _ask(
                db,
                "SELECT id, status, cost_micros, quote_micros FROM recipients "
                f"WHERE org_id = {org_id} AND cost_micros <> CASE WHEN status <> 'SENT' THEN 0 "
                "WHEN notes LIKE '%Corrected by%' THEN coalesce(quote_micros, 0) "
                "ELSE cost_micros END AND state = 'done'",
            )
            == []
        )
        assert balance + sum(owed) >= 0

    check()
    assert done["steps"] > done["refused"]
    proof.report("spending", backend=db.backend, seed=proof.seed(), **done)
