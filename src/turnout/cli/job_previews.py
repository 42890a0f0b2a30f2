"""`turnout job preview` and `job test`: what a job would do and say, before it does."""

import asyncio
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from turnout.cli.app import Number, actor, console, database, say_time, settings, show_table
from turnout.cli.numbers import JobNumber
from turnout.core.identity.organizations import get_organization
from turnout.errors import Invalid

if TYPE_CHECKING:
    from turnout.core.identity.model import Member
    from turnout.core.messaging.dry_runs import DryRun, Sample
    from turnout.core.messaging.hours import QuietHours
    from turnout.core.messaging.model import JobHead, NewJob, NewRecipient
    from turnout.core.messaging.sender_ids import MailSender
    from turnout.dialects.messaging.job_body import DecodedJob
    from turnout.settings import Settings
    from turnout.store import Database

MICROS = 1_000_000
_REFUSALS = {
    "limit.exceeded": "this user's monthly limit does not cover it",
    "credit.exhausted": "the organization's prepaid credit does not cover it",
}
LINK = "[personal link]"


def preview(
    org: str,
    number: JobNumber | None = None,
    /,
    *,
    body: Path | None = None,
    user: str = "",
    recipient: Number = 1,
) -> None:
    """Show what a job would do: who gets it and who does not, parts, price and the merged text.

    Nothing is sent or written. The job is one that was accepted and waits, by its number, or one
    that nobody has posted yet: a file with the body of the API's `POST /api/v1/jobs`.

    Example: `turnout job preview acme --body job.json --user acme/jo --recipient 3`

    Args:
        org: Short name of the organization.
        number: Number of an accepted job.
        body: JSON file with a job as the messaging API takes it.
        user: Code of the user who would post it.
        recipient: The recipient whose text is shown, counted from 1.
    """
    from turnout.carriers.networks import read_policy, read_quiet_hours
    from turnout.catalogue.translations import choose_locale
    from turnout.core.messaging.dry_runs import preview_job, preview_new
    from turnout.core.messaging.sender_ids import choose_mail_sender
    from turnout.core.registrations.live_lists import resolve
    from turnout.core.senders.domains import list_signings

    chosen = settings()
    policy = read_policy(chosen)
    with database(chosen) as db:
        organization, now = db.look(get_organization, org), db.clock()
        org_id, locale = organization.org_id, organization.locale
        if number is not None:
            run = db.look(preview_job, org_id, number, policy, resolve, number=recipient)
        else:
            member, job, people = _read(db, chosen, org, body, user)
            run = db.look(preview_new, member, job.new, people, policy, resolve, number=recipient)
        sender = choose_mail_sender(run.head.sender, db.look(list_signings, org_id), policy.senders)
    _say(run, sender)
    if run.sample:
        _say_sample(run, run.sample, recipient, choose_locale(locale))
        _say_quiet(run, run.sample, read_quiet_hours(chosen), now)


def try_out(org: str, /, *, body: Path, user: str, to: str = "", recipient: Number = 1) -> None:
    """Send a job's message to yourself alone, merged as one of its recipients would get it.

    It is a job of one recipient, and costs what it costs.

    Example: `turnout job test acme --body job.json --user acme/jo --to jo@acme.example`

    Args:
        org: Short name of the organization.
        body: JSON file with a job as the messaging API takes it.
        user: Code of the user who would post it.
        to: Address or number; without it, the user's own.
        recipient: The recipient as whom it is merged, counted from 1.
    """
    from turnout.carriers.networks import read_policy
    from turnout.core.messaging.dry_runs import preview_new
    from turnout.core.messaging.trying_out import send_test
    from turnout.core.registrations.live_lists import resolve

    chosen = settings()
    policy = read_policy(chosen)
    with database(chosen) as db:
        member, job, people = _read(db, chosen, org, body, user)
        run = db.look(preview_new, member, job.new, people, policy, resolve, number=recipient)
        if run.sample is None:
            raise Invalid("job.no_recipient", number=recipient, count=run.asked)
        new = asyncio.run(_attach(db, chosen, member, job))
        like = run.sample.recipient
        job_id = db.call(send_test, member, new, like, to, policy, actor=actor())
    console.print(f"Job {job_id} sends it. `turnout job show {org} {job_id}` says how it ends.")


def _read(
    db: "Database", chosen: "Settings", org: str, body: Path | None, user: str
) -> "tuple[Member, DecodedJob, list[NewRecipient]]":
    """The user, and the job of a file as the API would read it, with its recipients."""
    from turnout.core.messaging.trying_out import get_sender_member
    from turnout.dialects.messaging.job_body import JobContext, decode_job
    from turnout.dialects.messaging.job_members import decode_body
    from turnout.settings import split_list

    if body is None or not user:
        raise Invalid("job.preview_what")
    org_id = db.look(get_organization, org).org_id
    member = db.look(get_sender_member, org_id, user)
    voices = split_list(chosen.tts_voices)
    told = JobContext(member.timezone, member.profile.default_tts_voice or voices[0], voices)
    try:
        given = decode_body("", "application/json", body.read_bytes())
        job = given.judge(partial(decode_job, told=told))
        return member, job, list(job.recipients)
    except Invalid as fault:
        if "sentence" in fault.facts:  # the API's own words
            raise Invalid("job.body", file=body, said=fault.facts["sentence"]) from fault
        raise


async def _attach(
    db: "Database", chosen: "Settings", member: "Member", job: "DecodedJob"
) -> "NewJob":
    """The job with its files, fetched and kept."""
    from turnout.dialects.messaging.file_intake import FileIntake
    from turnout.http.outbound import Outbound

    if not job.files.files:
        return job.new
    outbound = Outbound(chosen.outbound_allow, chosen.outbound_ports)
    try:
        intake = FileIntake(db, outbound, chosen.file_quota_mb * 1_000_000)
        return await intake.attach(member.user.org_id, job.new, job.files)
    finally:
        await outbound.close()


def _say(run: "DryRun", sender: "MailSender") -> None:
    head = run.head
    from_, reply_to = _sender_of(head, sender)
    rows = [
        ("Type", head.job_type.value),
        ("Purpose", head.options.purpose.value),
        ("From", from_),
        ("Reply to", reply_to),
        ("Recipients", str(run.asked)),
        *((f"Left out: {reason}", str(count)) for reason, count in sorted(run.left_out.items())),
        ("Sent to", str(run.recipients)),
        ("Parts", str(run.parts)),
        ("Price", f"{run.micros / MICROS:.2f}"),
    ]
    if odd := run.unicode_sample:
        assert odd.alphabet is not None  # noqa: S101 - those that are Unicode have one
        sign, place = odd.alphabet.character, odd.alphabet.place or 0
        why = f"{run.unicode}, first because of {sign!r} (character {place + 1})"
        rows.append(("In Unicode", why))
    if run.refusal:
        rows.append(("Refused", _REFUSALS[run.refusal]))
    if run.unknown:
        rows.append(("Fields that nobody has", ", ".join(f"%%{name}%%" for name in run.unknown)))
    show_table("WHAT", "IS", rows=[(what, is_) for what, is_ in rows if is_])


def _sender_of(head: "JobHead", sender: "MailSender") -> tuple[str, str]:
    """From whom it goes out and where answers go, as a mail's head says it."""
    from turnout.core.messaging.model import Channel
    from turnout.workers.messages import to_message
    from turnout.workers.senders import with_sender

    if head.job_type.channel is not Channel.EMAIL:
        return head.sender, ""
    message = with_sender(to_message(head, ()), sender)
    name, address = message.from_name, sender.address
    return f'"{name}" <{address}>' if name else address, message.reply_to


def _say_quiet(run: "DryRun", sample: "Sample", quiet: "QuietHours", now: int) -> None:
    """Until when a message that goes now waits for the end of quiet hours."""
    if sample.left_out or not quiet.apply(run.head.job_type.channel):
        return
    end = quiet.ends_at(sample.address, now, run.head.timezone)
    cutoff_at = run.head.cutoff_at
    if end is not None and cutoff_at is not None and cutoff_at <= end:
        console.print(
            f"Sent now, it would wait until {say_time(end)} (quiet hours), and the cut-off is at "
            f"{say_time(cutoff_at)}: it is not sent."
        )
    elif end is not None:
        console.print(f"Sent now, it waits until {say_time(end)} (quiet hours).")


def _say_sample(run: "DryRun", sample: "Sample", number: int, language: str) -> None:
    from turnout.carriers.mails.mime import html_value
    from turnout.core.messaging.merged_links import harmless_text
    from turnout.core.messaging.merging import UNSUBSCRIBE, Template
    from turnout.core.messaging.model import Channel
    from turnout.workers.messages import as_sent, to_message

    left_out = f": gets none ({sample.left_out})" if sample.left_out else ""
    console.print()
    console.print(f"Recipient {number}, {sample.recipient.destination}{left_out}")
    message = as_sent(to_message(run.head, ()), run.head, language)
    fields = sample.fields | ({UNSUBSCRIBE: LINK} if run.head.can_be_left else {})
    if sample.left_out == "text too long":
        return
    for name in ("subject", "header", "text", "html", "voicemail"):
        if text := getattr(message, name):
            is_html = name == "html"
            is_mail_text = name == "text" and run.head.job_type.channel is Channel.EMAIL
            escapes = html_value if is_html else harmless_text if is_mail_text else None
            template = Template(text, escapes, is_html=is_html, is_mail_text=is_mail_text)
            merged = template.merge(fields)
            console.print(f"{name.capitalize()}: {merged}")
