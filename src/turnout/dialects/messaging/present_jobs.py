"""From the model to the wire: lists of jobs, and one job with its recipients and reports."""

import datetime
from collections.abc import AsyncIterator, Callable
from typing import Any, NamedTuple

import msgspec

from turnout.core.identity.model import Member
from turnout.core.messaging.listing import (
    Asked,
    JobDetails,
    JobPage,
    JobReply,
    JobSummary,
    Progress,
    Recipients,
    Report,
    read_asked,
    read_details,
)
from turnout.core.messaging.model import Channel, Content, JobFile, JobType, Purpose
from turnout.core.messaging.prices import MICROS
from turnout.core.times import local
from turnout.dialects.messaging.job_question import STATUSES, JobQuestion
from turnout.dialects.messaging.paginator import paginate
from turnout.dialects.messaging.wire import JobBody, JobList, ReportBody

_encode = msgspec.json.Encoder().encode
_CALLS = (Channel.TTS, Channel.VOICE, Channel.FAX)
LEFT_OUT = "Only the first file was sent."

Value = Callable[[JobDetails], object]


def present_job_page(page: JobPage, question: JobQuestion, path: str) -> bytes:
    """The answer of GET /jobs. `path` is the list's address."""
    pages = paginate(
        path, question.query, page=question.page, per_page=question.page_size, total=page.total
    )
    view = _View(page.caller)
    return _encode(
        JobList(
            current_page=pages.current,
            data=[_job(job, view, path) for job in page.jobs],
            first_page_url=pages.first_url,
            from_=pages.first_item,
            last_page=pages.last,
            last_page_url=pages.last_url,
            links=pages.links,
            next_page_url=pages.next_url,
            path=path,
            per_page=question.page_size,
            prev_page_url=pages.previous_url,
            to=pages.last_item,
            total=page.total,
        )
    )


def present_job(caller: Member, job: JobDetails, recipients: Recipients) -> bytes:
    """The answer of GET /jobs/{id}; contract, Get Job Details."""
    frame = _frame(caller, job)
    asked = b",".join(map(_asked, recipients.asked))
    reports = b",".join(_report(report, job, frame.view) for report in recipients.reports)
    return b"".join((frame.before, asked, frame.between, reports, frame.after))


async def present_rows(
    caller: Member, batches: AsyncIterator[list[tuple[Any, ...]]]
) -> AsyncIterator[bytes]:
    """The same answer in pieces, from the rows of `listing.stream_job`."""
    writer = _Writer(caller)
    async for batch in batches:
        yield b"".join(map(writer.write, batch))
    yield writer.after


class _Writer:
    """Writes row after row: the job, who was asked for, a row of nothing, the reports."""

    def __init__(self, caller: Member) -> None:
        self._caller = caller
        self._job: JobDetails | None = None
        self._are_reports = False
        self._comma = b""
        self.after = b""

    def write(self, row: tuple[Any, ...]) -> bytes:
        if self._job is None:
            self._job = read_details(row)
            self._frame = _frame(self._caller, self._job)
            self.after = self._frame.after
            return self._frame.before
        if not row:
            self._are_reports, self._comma = True, b""
            return self._frame.between
        comma, self._comma = self._comma, b","
        if self._are_reports:
            return comma + _report(Report(*row), self._job, self._frame.view)
        return comma + _asked(read_asked(row))


class _View(NamedTuple):
    """For whom something is shown: dates are in the caller's zone, costs for who may see them."""

    caller: Member

    def listed(self, instant: int | None) -> str | None:
        moment = self._moment(instant)
        return moment.strftime("%Y-%m-%d %H:%M:%S") if moment else None

    def detailed(self, instant: int | None) -> str | None:
        moment = self._moment(instant)
        return moment.isoformat() if moment else None

    def cost(self, micros: int) -> float | None:
        return None if self.caller.profile.hide_costs_in_reports else micros / MICROS

    def total(self, job: JobSummary) -> float | None:
        return None if job.progress is Progress.OPEN else self.cost(job.cost_micros)

    def _moment(self, instant: int | None) -> datetime.datetime | None:
        if instant is None:
            return None
        return local(instant, self.caller.timezone)


class _Frame(NamedTuple):
    """An answer around its two long lists."""

    view: _View
    before: bytes
    between: bytes
    after: bytes


def _job(job: JobSummary, view: _View, path: str) -> JobBody:
    return JobBody(
        job_id=job.id,
        user_id=job.user_id,
        user_code=job.user_code,
        job_type=job.job_type.value,
        job_name=job.name,
        start_date=view.listed(job.accepted_at) or "",
        send_date=view.listed(job.started_at),
        complete_date=view.listed(job.completed_at),
        scheduled_date=view.listed(job.scheduled_at),
        total_recipients=job.total,
        failed_recipients=job.failed,
        sent_recipients=job.sent,
        total_amount=view.total(job),
        job_status=STATUSES[job.progress],
        details_url=f"{path}/{job.id}",
    )


def _frame(caller: Member, job: JobDetails) -> _Frame:
    view, summary = _View(caller), job.summary
    head: dict[str, object] = {
        "job_id": summary.id,
        "user_id": summary.user_id,
        "cost": view.cost(summary.cost_micros),
        "user_code": summary.user_code,
        "job_type": summary.job_type.value,
        "job_name": summary.name,
        "start_date": view.detailed(summary.accepted_at),
        "send_date": view.detailed(summary.started_at),
        "complete_date": view.detailed(summary.completed_at),
        "scheduled_date": view.detailed(summary.scheduled_at),
        "dedupe": int(job.is_deduped),
        "total_recipients": summary.total,
        "failed_recipients": summary.failed,
        "sent_recipients": summary.sent,
        "total_amount": view.total(summary),
        "total_duration": _duration(summary.job_type, job.parts, job.duration_s),
        "job_status": STATUSES[summary.progress],
    }
    if summary.job_type.channel in (Channel.SMS, Channel.MMS):
        head["manual_sender_id"] = job.options.submitted.get("manual_sender_id")
    lists = job.options.submitted.get("user_list_ids") if job.list_ids else None
    rest: dict[str, object] = {"user_list_ids": lists}
    rest |= {name: value(job) for name, value in _OWN_FIELDS[summary.job_type].items()}
    rest |= {
        "callback_url": None,
        "additional_report_emails": ",".join(job.options.report_addresses) or None,
        "cutoff_hour": job.options.cutoff_hour or None,
    }
    if summary.job_type.channel in (Channel.SMS, Channel.MMS):
        rest["batch_replies"] = job.options.batches_replies
        rest["callback_on_sms_status_update"] = False
    if job.options.purpose is Purpose.SERVICE:
        rest["purpose"] = job.options.purpose.value
    if job.options.is_consented_only:
        rest["consented_only"] = True
    if job.approval:
        rest["approval"] = job.approval.value
    if job.replies:
        rest["replies"] = [_reply(reply, view) for reply in job.replies]
    # Who was asked for by a list is the list's affair.
    opening, closing = (b"null", b"") if job.list_ids else (b"[", b"]")
    return _Frame(
        view,
        b'{"data":' + _encode(head)[:-1] + b',"recipients":' + opening,
        closing + b"," + _encode(rest)[1:-1] + b',"reports":[',
        b']},"status":200}',
    )


def _text(member: str) -> Value:
    return lambda job: getattr(job.content, member) or None


def _files(job: JobDetails) -> list[dict[str, object]]:
    return [_file(file) for file in job.content.files]


def _file(file: JobFile) -> dict[str, object]:
    return {"name": file.name, "url": file.source_url or None}


def _one_file(job: JobDetails) -> dict[str, object] | None:
    return _files(job)[0] if job.content.files else None


def _keys(content: Content) -> list[dict[str, object]]:
    return [
        {
            "key_press": key.key,
            "redirect_to": key.redirect_to or None,
            "response_message": key.message or None,
        }
        for key in content.keys
    ]


_SMS: dict[str, Value] = {"message": _text("text")}
_REPLIES: dict[str, Value] = {
    "response_email_address": lambda job: job.options.reply_address or None,
    "optout_code": lambda job: job.options.opt_out_code or None,
    "expires": lambda job: job.options.expires_hours,
    "use_two_way_custom_sender_id": lambda job: job.options.has_custom_sender,
}
_CALL: dict[str, Value] = {
    "preferred_destination_type": lambda job: job.options.preferred_number or None
}
_SPEECH: dict[str, Value] = {
    "header": _text("header"),
    "message": _text("text"),
    "voicemail_message": _text("voicemail"),
    "voice": _text("voice"),
    "skip_message_repeat": lambda job: job.content.repeats == 1,
    **_CALL,
}
# The members with which each type is made, in the order of the contract's tables.
_OWN_FIELDS: dict[JobType, dict[str, Value]] = {
    JobType.SMS: _SMS,
    JobType.TWO_WAY_SMS: _SMS | _REPLIES,
    JobType.MMS: _SMS | {"subject": _text("subject"), "files": _files} | _REPLIES,
    JobType.TTS: _SPEECH,
    JobType.TWO_WAY_TTS: _SPEECH | {"two_way_key_responses": lambda job: _keys(job.content)},
    JobType.FAX: {
        "use_high_resolution": lambda job: job.content.is_high_resolution,
        "files": _files,
    },
    JobType.EMAIL: {
        "subject": _text("subject"),
        "html_message": _text("html"),
        "text_message": _text("text"),
        "from_name": _text("from_name"),
        "from_email": lambda job: job.sender,
        "attachments": _files,
    },
    JobType.VOICE: {"audiofile": _one_file, **_CALL},
}


def _asked(asked: Asked) -> bytes:
    body = {
        "destination": asked.destination,
        "reference": asked.reference or None,
        "recipient": asked.name or None,
    }
    return _encode(body | asked.fields)


def _report(report: Report, job: JobDetails, view: _View) -> bytes:
    return _encode(
        ReportBody(
            report_id=report.id,
            reference=report.reference or None,
            recipient=report.name or None,
            destination=report.destination,
            status=report.status,
            duration=_duration(
                job.summary.job_type, report.parts if _was_sent(report) else 0, report.duration_s
            ),
            message_cost=view.cost(report.cost_micros),
            stage=report.stage,
            notes=_notes(report, job),
            send_date_time=view.detailed(report.sent_at),
        )
    )


def _reply(reply: JobReply, view: _View) -> dict[str, object]:
    return {
        "report_id": reply.recipient_id,
        "reference": reply.reference or None,
        "recipient": reply.name or None,
        "destination": reply.sender,
        "response": reply.text,
        "received_date_time": view.detailed(reply.received_at),
    }


def _was_sent(report: Report) -> bool:
    return report.status == "SENT"


def _notes(report: Report, job: JobDetails) -> str | None:
    left_out = LEFT_OUT if "files_left_out" in job.options.submitted else ""
    return " ".join(filter(None, (report.notes, left_out))) or None


def _duration(job_type: JobType, parts: int, seconds: int) -> int:
    """Seconds of calls and faxes, else messages' parts."""
    return seconds if job_type.channel in _CALLS else parts
