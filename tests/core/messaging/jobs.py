"""Making jobs, claiming and recording, for the tests of messaging."""

from collections.abc import Iterable
from typing import Any

from turnout.core.identity.members import find_password
from turnout.core.identity.model import Principal, Profile
from turnout.core.identity.users import create_user
from turnout.core.ids import JobId, OrgId
from turnout.core.messaging.accepting import Policy, accept_job
from turnout.core.messaging.delivering import ClaimedJob, ClaimedRecipient, claim
from turnout.core.messaging.model import Content, JobType, NewJob, NewRecipient
from turnout.core.messaging.outcomes import Outcome
from turnout.core.messaging.prices import Prices
from turnout.core.messaging.recording import Patience, Result, record
from turnout.store import Database, Tx

PRICES = Prices("email=0.01 sms=0.08 sms:4479=0.05 tts=0.2 fax=0.3")
POLICY = Policy(PRICES, ("61400000100",), "no-reply@turnout.test")
LEASE_MS, WAIT_MS = 60_000, 72 * 3600 * 1000
PATIENCE = Patience(WAIT_MS)
NUMBERS = [f"+6141234{n:04}" for n in range(1000)]


def make_login(tx: Tx, org_id: OrgId, code: str, /, **profile: Any) -> Principal:
    """A user of the organization, who has signed in."""
    create_user(
        tx,
        org_id,
        code,
        name=code,
        email=f"{code}@example.com",
        password_hash="none",
        profile=Profile(**profile),
        actor="test",
    )
    found = find_password(tx, code)
    assert found is not None
    return found.principal


def new_job(job_type: JobType = JobType.SMS, **members: Any) -> NewJob:
    content = members.pop("content", Content(text="Hello %%recipient%%"))
    return NewJob(**({"job_type": job_type, "name": "test", "content": content} | members))


def post(db: Database, login: Principal, new: NewJob, to: Iterable[str]) -> JobId:
    """Accept a job for these destinations; its number."""
    recipients = [NewRecipient(number, reference=f"ref {n}") for n, number in enumerate(to)]
    return db.call(accept_job, login, new, recipients, POLICY)


def claim_all(db: Database, lane: str = "sms", limit: int = 1000) -> list[ClaimedJob]:
    return db.call(claim, lane, limit, LEASE_MS)


def claim_job(
    db: Database, job_id: JobId, lane: str = "sms", limit: int = 1000
) -> list[ClaimedRecipient]:
    """What is claimed of one job; the others' leases run on."""
    return [
        recipient
        for job in claim_all(db, lane, limit)
        if job.head.id == job_id
        for recipient in job.recipients
    ]


def answer(
    db: Database, claimed: list[ClaimedJob], *outcomes: Outcome, carrier: str = "net"
) -> None:
    """Record the outcomes, one for each recipient in order; the last one goes on."""
    results: list[Result] = []
    for job in claimed:
        for recipient in job.recipients:
            outcome = outcomes[min(len(results), len(outcomes) - 1)]
            results.append(Result(job.head, recipient, carrier, outcome))
    db.call(record, results, PRICES, PATIENCE)


def rows(db: Database, job_id: JobId, *columns: str) -> list[tuple[Any, ...]]:
    """Columns of a job's recipients, in order."""
    return db.call(
        lambda tx: [
            tuple(row)
            for row in tx.connection.execute(
                f"SELECT {', '.join(columns)} FROM recipients WHERE job_id = {job_id} ORDER BY id"
            ).fetchall()
        ]
    )


def job(db: Database, job_id: JobId, *columns: str) -> tuple[Any, ...]:
    """Columns of a job."""
    return db.call(
        lambda tx: tuple(
            tx.connection.execute(
                f"SELECT {', '.join(columns)} FROM jobs WHERE id = {job_id}"
            ).fetchone()
        )
    )
