"""The mails that Turnout writes itself: reports, replies, alerts.

Each is a job of the kind NOTICE, queued in the transaction of what it tells of: it goes out exactly
when that is stored. Whatever people wrote (names, replies) is put in by merging, so that `%%` in it
is text. What is attached is bounded: beyond ATTACHED rows the mail says where the rest is.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from turnout.catalogue.translations import ENGLISH
from turnout.core.identity.members import find_live_member
from turnout.core.identity.model import Member, Profile
from turnout.core.identity.organizations import find_contact_email
from turnout.core.identity.profiles import Sender, get_profile
from turnout.core.ids import NO_REPLY, JobId, OrgId, ReplyId, UserId
from turnout.core.messaging.files import add_job_files, cut, digest_of, finish_file, store_piece
from turnout.core.messaging.jobs import get_job_head
from turnout.core.messaging.letterheads import find_brand, lay_out_text
from turnout.core.messaging.model import (
    Content,
    JobFile,
    JobHead,
    JobType,
    Kind,
    NewJob,
    NewRecipient,
)
from turnout.core.messaging.sql import sql
from turnout.core.messaging.staging import SCHEDULE, add_internal_job, add_job
from turnout.core.text import is_email
from turnout.core.times import wall_clock
from turnout.formats.spreadsheets import to_csv
from turnout.store import Tx

ATTACHED = 10_000
KEPT_HOURS = 7 * 24
MICROS = 1_000_000
TURNOUT = Sender("Turnout")


def queue_job_report(tx: Tx, org_id: OrgId, job_id: JobId) -> None:
    """Queue the report mails of a job that has just ended, to whom its user and the job name.

    The user's `receive_reports` sends it to the user and `additional_reports_address`;
    `report_type` "Summary" leaves the recipients out, as does `show_recipients_in_email_report`
    off; `hide_costs_in_reports` leaves out what it cost. Jobs of one recipient wait for the
    day's mail (digests.py).
    """
    job = get_job_head(tx, org_id, job_id)
    member = find_live_member(tx, org_id, job.user_id) if job.user_id else None
    if member is None:
        return
    addresses = [*job.options.report_addresses, *report_addresses(member)]
    if not addresses:
        return
    started_at, completed_at, total, sent, failed, cost, timezone = sql.get_totals(
        tx, org_id=org_id, id=job_id
    )
    lines = [
        f"Job {job_id}, {job.job_type.value}: {job.name}",
        f"Started: {_local(started_at, timezone)} ({timezone})",
        f"Ended: {_local(completed_at, timezone)} ({timezone})",
        f"Recipients: {total}",
        f"Sent: {sent}",
        f"Failed: {failed}",
    ]
    if not member.profile.hide_costs_in_reports:
        lines.append(f"Cost: {money(cost)}")
    files: tuple[JobFile, ...] = ()
    if total and shows_recipients(member):
        rows = _report_rows(tx, job, timezone, hides_costs=member.profile.hide_costs_in_reports)
        files = (keep_table(tx, org_id, f"report-{job_id}.csv", rows),)
        if total > ATTACHED:
            lines.append(f"Attached are the first {ATTACHED}; the API's job details have all.")
    queue_mail(
        tx,
        job.org_id,
        job.user_id,
        f"Report: {job.name} ({sent} sent, {failed} failed)",
        lines,
        addresses,
        files,
    )


def report_addresses(member: Member) -> list[str]:
    """Who gets the reports of a user's jobs; nobody, where the user wants none."""
    if not member.profile.receive_reports:
        return []
    return [member.user.email, *split(member.profile.additional_reports_address)]


def queue_credit_alert(tx: Tx, member: Member, spent_micros: int) -> None:
    """Queue the mail that says a user's month has become dear. Once a month (spending.py)."""
    lines = [
        f"The jobs of {member.user.user_code} have cost {money(spent_micros)} this month,",
        f"and an alert was asked for at {member.profile.credit_limit_for_alert}.",
    ]
    queue_mail(
        tx,
        member.user.org_id,
        member.user.id,
        f"Spending of {member.user.user_code}: {money(spent_micros)} this month",
        lines,
        split(member.profile.credit_limit_alert_address),
    )


def queue_reply_forward(tx: Tx, job: JobHead, reply_id: ReplyId) -> None:
    """Queue the mail that brings one reply to the job's reply address."""
    sender, name, reference, text, received_at, is_opt_out = sql.get_reply(
        tx, org_id=job.org_id, id=reply_id
    )
    lines = [
        f"From: {sender} {name}".rstrip(),
        *([f"Reference: {reference}"] if reference else []),
        f"At: {_local(received_at, job.timezone)}",
        f"In reply to: job {job.id}, {job.name}",
        *(["This number gets no more messages: the reply opts out."] if is_opt_out else []),
        "",
        text,
    ]
    subject = f"Reply from {name or sender}: {job.name}"
    queue_mail(tx, job.org_id, job.user_id, subject, lines, split(job.options.reply_address))
    sql.mark_forwarded(tx, org_id=job.org_id, job_id=job.id, id=reply_id, now=tx.now)


def queue_reply_digest(tx: Tx, job: JobHead) -> None:
    """Queue the mail with all replies to a job, at the end of their time, where the job asks for
    one; `batch_replies` of the contract."""
    addresses = split(job.options.reply_address)
    if not (job.options.batches_replies and addresses):
        return
    replies = sql.list_replies(tx, org_id=job.org_id, job_id=job.id, limit=ATTACHED + 1)
    rows = [
        (sender, name, reference, _local(received_at, job.timezone), text, _yes(is_opt_out))
        for sender, name, reference, text, received_at, is_opt_out in replies[:ATTACHED]
    ]
    lines = [f"Job {job.id}, {job.name}: {_count(len(replies), 'reply', 'replies')}."]
    files: tuple[JobFile, ...] = ()
    if rows:
        heading = ("From", "Recipient", "Reference", "At", "Reply", "Opts out")
        files = (keep_table(tx, job.org_id, f"replies-{job.id}.csv", [heading, *rows]),)
    subject = f"{_count(len(replies), 'reply', 'replies')}: {job.name}"
    queue_mail(tx, job.org_id, job.user_id, subject, lines, addresses, files)
    sql.mark_forwarded(tx, org_id=job.org_id, job_id=job.id, id=NO_REPLY, now=tx.now)


def split(addresses: str | None) -> list[str]:
    """The e-mail addresses of a setting that may hold several."""
    found = (addresses or "").replace(";", ",").split(",")
    return [part.strip() for part in found if is_email(part)]


def shows_recipients(member: Member) -> bool:
    """Whether reports by mail list the recipients: unless `report_type` has the word "summary"."""
    profile = member.profile
    return profile.show_recipients_in_email_report and "summary" not in words_of(profile)


def words_of(profile: Profile) -> set[str]:
    """The words of `report_type`, in small letters: detailed, summary, each."""
    return set(profile.report_type.casefold().split())


def _report_rows(
    tx: Tx, job: JobHead, timezone: str, *, hides_costs: bool
) -> list[tuple[object, ...]]:
    heading = [
        "Reference",
        "Recipient",
        "Destination",
        "Status",
        "Duration",
        "Cost",
        "Sent",
        "Notes",
    ]
    rows: list[tuple[object, ...]] = [tuple(heading)]
    found = sql.list_first_reports(tx, org_id=job.org_id, job_id=job.id, limit=ATTACHED)
    for _, reference, name, destination, status, _, notes, _, duration, cost, sent_at in found:
        sent = _local(sent_at, timezone)
        rows.append((reference, name, destination, status, duration, money(cost), sent, notes))
    if hides_costs:
        place = heading.index("Cost")
        return [row[:place] + row[place + 1 :] for row in rows]
    return rows


def queue_mail(
    tx: Tx,
    org_id: OrgId,
    user_id: UserId | None,
    subject: str,
    lines: Sequence[str],
    addresses: Sequence[str],
    files: tuple[JobFile, ...] = (),
    *,
    sender: Sender = TURNOUT,
) -> None:
    """Queue one mail to each of these addresses, as a job of that user, or of nobody (None) where
    no user asked for it; without addresses, nothing."""
    fields = {"subject": " ".join(subject.split()), "text": "\n".join(lines)}
    unique = dict.fromkeys(address.strip() for address in addresses if address.strip())
    if not unique:
        return
    job_id = add_internal_job(
        tx,
        org_id,
        user_id,
        kind=Kind.NOTICE,
        job_type=JobType.EMAIL,
        name=fields["subject"],
        content=_content("%%subject%%", "%%text%%\n", sender, files),
        recipients=[NewRecipient(address, fields=fields) for address in unique],
    )
    add_job_files(tx, org_id, job_id, files, KEPT_HOURS)


def queue_to_organization(tx: Tx, org_id: OrgId, subject: str, lines: Sequence[str]) -> None:
    """Queue a mail to the organization's oldest user and its contact."""
    addresses = [find_contact_email(tx, org_id), get_profile(tx, org_id).contact_email]
    queue_mail(tx, org_id, None, subject, lines, addresses)


def queue_content(
    tx: Tx,
    org_id: OrgId,
    user_id: UserId | None,
    content: Content,
    recipients: Sequence[NewRecipient],
) -> None:
    """Queue one mail to each of these recipients, with what their fields stand for filled in, as a
    job of that user, or of nobody (None); without recipients, nothing."""
    if not recipients:
        return
    job_id = add_internal_job(
        tx,
        org_id,
        user_id,
        kind=Kind.NOTICE,
        job_type=JobType.EMAIL,
        name=content.subject,
        content=content,
        recipients=recipients,
    )
    add_job_files(tx, org_id, job_id, content.files, KEPT_HOURS)


def queue_to_list(tx: Tx, org_id: OrgId, list_id: str, content: Content) -> JobId:
    """Queue one mail to everybody on a live list, such as `event:1000001`, however many they are:
    a worker reads the list. Nobody opts out of it. Returns the job's number."""
    new = NewJob(
        job_type=JobType.EMAIL,
        name=content.subject,
        content=content,
        list_ids=(list_id,),
        is_deduped=True,
    )
    job_id = JobId(tx.next_id("job"))
    add_job(tx, org_id, None, job_id, Kind.NOTICE, new, timezone="UTC", scheduled_at=None)
    add_job_files(tx, org_id, job_id, content.files, KEPT_HOURS)
    sql.schedule_job(tx, org_id=org_id, id=job_id, due_at=tx.now)
    tx.wake(SCHEDULE)
    return job_id


def _content(subject: str, text: str, sender: Sender, files: tuple[JobFile, ...] = ()) -> Content:
    return Content(
        subject=subject, text=text, from_name=sender.name, reply_to=sender.reply_to, files=files
    )


class Letter(NamedTuple):
    """A mail that only this address gets; `subject` on one line."""

    address: str
    subject: str
    text: str


def queue_letters(
    tx: Tx,
    org_id: OrgId,
    user_id: UserId | None,
    name: str,
    letters: Sequence[Letter],
    *,
    sender: Sender = TURNOUT,
    language: str = ENGLISH,
) -> None:
    """Queue mails that differ, as one job called `name`, on the organizer's page in that language;
    without letters, nothing."""
    if not letters:
        return
    add_internal_job(
        tx,
        org_id,
        user_id,
        kind=Kind.NOTICE,
        job_type=JobType.EMAIL,
        name=name,
        content=msgspec.structs.replace(
            _content("%%subject%%", "%%text%%\n", sender),
            html=lay_out_text("%%text%%", name, language, find_brand(tx, org_id, language)),
        ),
        recipients=[
            NewRecipient(
                letter.address.strip(),
                fields={"subject": " ".join(letter.subject.split()), "text": letter.text},
            )
            for letter in letters
        ],
    )


def keep_file(tx: Tx, org_id: OrgId, name: str, content_type: str, content: bytes) -> JobFile:
    """Keep a file that goes with a mail. Idempotent."""
    digest = digest_of(content)
    for number, piece in cut(content):
        store_piece(tx, org_id, digest, number, piece)
    finish_file(tx, org_id, digest, len(content))
    return JobFile(name, content_type, digest, len(content))


def keep_table(tx: Tx, org_id: OrgId, name: str, rows: Iterable[Iterable[object]]) -> JobFile:
    """Keep a table that goes with a mail, as CSV. Idempotent."""
    return keep_file(tx, org_id, name, "text/csv", to_csv(rows))


def _local(at: int | None, timezone: str) -> str:
    if at is None:
        return "never"
    return wall_clock(at, timezone)


def money(micros: int) -> str:
    """An amount in currency units, with two decimals."""
    return f"{micros / MICROS:.2f}"


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _yes(flag: int) -> str:
    return "yes" if flag else "no"
