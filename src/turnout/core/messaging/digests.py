"""Reports of jobs of one recipient, gathered: one mail a day to each user.

Theory. Who sends a message for each order or reminder would get a mail for each. A job of one
recipient that names no report addresses of its own is put down when it ends, in the same
transaction, and the worker makes one mail of them after midnight on the user's clock. `report_type`
with the word "each" sends them one by one.

Rules.
- Taking and mailing are one transaction: each job is in one mail, whatever is killed.
- At most ATTACHED jobs a mail; more of a day are in a further one.
"""

import datetime
from typing import NamedTuple

from turnout.core.identity.members import find_live_member
from turnout.core.identity.model import Member
from turnout.core.ids import JobId, OrgId, UserId
from turnout.core.messaging.jobs import get_job_head
from turnout.core.messaging.model import JobFile, JobHead, JobType, Status
from turnout.core.messaging.notices import (
    ATTACHED,
    keep_table,
    money,
    queue_job_report,
    queue_mail,
    report_addresses,
    shows_recipients,
    words_of,
)
from turnout.core.messaging.sql import sql
from turnout.core.times import derive, local, wall_clock
from turnout.core.work.apart import do_apart
from turnout.store import Tx, to_json


class Line(NamedTuple):
    """The report of a job of one recipient. `cost_micros` in millionths of the currency's unit,
    `sent_at` in epoch ms."""

    job_id: JobId
    job_type: str
    job_name: str
    reference: str
    name: str
    destination: str
    status: str
    duration_s: int
    cost_micros: int
    sent_at: int | None
    notes: str


class Digest(NamedTuple):
    """A user's day that is over; `due_at` in epoch ms, the midnight after it."""

    org_id: OrgId
    user_id: UserId
    due_at: int


def report_job(tx: Tx, org_id: OrgId, job_id: JobId) -> None:
    """Report a job that has just ended: by a mail of its own, or in the day's. Idempotent for
    those of the day."""
    job = get_job_head(tx, org_id, job_id)
    member = find_live_member(tx, org_id, job.user_id) if job.user_id else None
    if member is not None and _is_gathered(tx, job, member):
        due_at = _next_midnight(tx.now, job.timezone)
        sql.add_single_report(
            tx, org_id=org_id, user_id=member.user.id, due_at=due_at, job_id=job_id
        )
    else:
        queue_job_report(tx, org_id, job_id)


def send_digest(tx: Tx) -> bool:
    """Queue the mail of one user's day that is over; returns whether there was one."""
    digest = sql.find_due_digest(tx, now=tx.now)
    if digest is None:
        return False
    taken = sql.take_single_reports(
        tx, org_id=digest.org_id, user_id=digest.user_id, due_at=digest.due_at, limit=ATTACHED
    )
    ids = sorted(row.job_id for row in taken)
    do_apart(tx, "report digest", lambda tx, days: _mail(tx, *days[0]), [(digest, ids)])
    return True


def _is_gathered(tx: Tx, job: JobHead, member: Member) -> bool:
    total = sql.get_totals(tx, org_id=job.org_id, id=job.id).total
    return (
        total == 1
        and not job.options.report_addresses
        and bool(report_addresses(member))
        and "each" not in words_of(member.profile)
    )


def _next_midnight(at: int, timezone: str) -> int:
    tomorrow = local(at, timezone).date() + datetime.timedelta(days=1)
    return derive(f"{tomorrow.isoformat()}T00:00", timezone)


def _mail(tx: Tx, digest: Digest, ids: list[JobId]) -> None:
    member = find_live_member(tx, digest.org_id, digest.user_id)
    lines = sql.list_single_reports(tx, org_id=digest.org_id, ids=to_json(ids))
    if member is None or not lines:
        return
    timezone = get_job_head(tx, digest.org_id, lines[0].job_id).timezone
    day = local(digest.due_at - 1, timezone).date().isoformat()
    sent = sum(line.status == Status.SENT for line in lines)
    text = [
        f"Messages to one recipient that ended on {day}: {len(lines)}",
        f"Sent: {sent}",
        f"Failed: {len(lines) - sent}",
    ]
    if not member.profile.hide_costs_in_reports:
        text.append(f"Cost: {money(sum(line.cost_micros for line in lines))}")
    files: tuple[JobFile, ...] = ()
    if shows_recipients(member):
        rows = _rows(lines, timezone, hides_costs=member.profile.hide_costs_in_reports)
        files = (keep_table(tx, digest.org_id, f"report-{day}.csv", rows),)
    subject = f"Report of {day} ({sent} sent, {len(lines) - sent} failed)"
    queue_mail(tx, digest.org_id, digest.user_id, subject, text, report_addresses(member), files)


def _rows(lines: list[Line], timezone: str, *, hides_costs: bool) -> list[tuple[object, ...]]:
    heading = (
        "Job",
        "Type",
        "Name",
        "Reference",
        "Recipient",
        "Destination",
        "Status",
        "Duration",
        *(() if hides_costs else ("Cost",)),
        "Sent",
        "Notes",
    )
    return [heading, *(_row(line, timezone, hides_costs=hides_costs) for line in lines)]


def _row(line: Line, timezone: str, *, hides_costs: bool) -> tuple[object, ...]:
    return (
        line.job_id,
        JobType(line.job_type).value,
        *line[2:8],
        *(() if hides_costs else (money(line.cost_micros),)),
        "never" if line.sent_at is None else wall_clock(line.sent_at, timezone),
        line.notes,
    )
