"""The form of a message: what was typed, as a job."""

import datetime
import mimetypes
from typing import NamedTuple

from turnout.core.ids import EventId
from turnout.core.messaging.dry_runs import FIRST
from turnout.core.messaging.lengths import MAIL_LENGTH, MESSAGE_LENGTH, SUBJECT_LENGTH
from turnout.core.messaging.model import (
    Channel,
    Content,
    JobFile,
    JobOptions,
    JobType,
    NewJob,
    Purpose,
)
from turnout.core.times import local, plan
from turnout.errors import Invalid
from turnout.web.console.forms import Form
from turnout.web.console.messages.audiences import Audience
from turnout.web.console.people.query import PeopleQuery

REPEATS = 2
# What networks take: a recording, a picture, pages.
ENDINGS: dict[Channel, tuple[str, ...]] = {
    Channel.VOICE: ("wav",),
    Channel.MMS: ("jpg", "jpeg", "png", "gif"),
    Channel.FAX: (
        *("pdf", "tif", "tiff", "jpg", "jpeg", "png", "gif", "txt"),
        *("doc", "docx", "xls", "xlsx", "ppt", "pptx"),
    ),
    Channel.EMAIL: ("pdf", "ics", "jpg", "jpeg", "png", "gif", "docx", "xlsx", "txt", "csv"),
}
# What each channel's form asks for; the other fields are carried on, unseen.
SHOWN: dict[Channel, frozenset[str]] = {
    Channel.EMAIL: frozenset({"mail_sender", "from_name", "reply_to", "subject", "text", "html"}),
    Channel.SMS: frozenset({"sender", "two_way", "reply_address", "text"}),
    Channel.MMS: frozenset({"sender", "subject", "text"}),
    Channel.TTS: frozenset({"sender", "text", "voice", "voicemail", "once_only"}),
    Channel.VOICE: frozenset({"sender"}),
    Channel.FAX: frozenset({"sender", "fine"}),
}
FIELDS = frozenset[str]().union(*SHOWN.values())
NEEDED = (Channel.VOICE, Channel.MMS, Channel.FAX)
TYPES = {
    Channel.EMAIL: JobType.EMAIL,
    Channel.SMS: JobType.SMS,
    Channel.MMS: JobType.MMS,
    Channel.TTS: JobType.TTS,
    Channel.VOICE: JobType.VOICE,
    Channel.FAX: JobType.FAX,
}


class Draft(NamedTuple):
    """A message as it was written so far. `number` is the person as whom it is read, from 1, or
    FIRST; `file` is the digest and the name of what goes with it, empty = nothing. `other_local`
    is the second time with the clock reading at which it goes, empty = it comes once."""

    job: NewJob
    audience: Audience
    number: int
    file: tuple[str, str]
    other_local: str = ""


class Place(NamedTuple):
    """Where a message is written: at an event or not, in whose zone its times are typed, and in
    whose zone the job has them."""

    event_id: EventId | None
    zone: str
    user_zone: str


def read_channel(form: Form) -> Channel:
    """The channel that was chosen; mail where none was."""
    chosen = form.value("to_channel") or form.value("channel")
    return Channel(chosen) if chosen in set(Channel) else Channel.EMAIL


def read_audience(form: Form, query: PeopleQuery) -> Audience:
    """To whom it goes."""
    return Audience(
        form.value("to"), query, form.value("question")[:100], form.value("answer")[:200]
    )


def read_draft(form: Form, query: PeopleQuery, place: Place) -> Draft:
    """The message; leaves faults in the form."""
    channel = read_channel(form)
    purpose = form.choice("purpose", list(Purpose))
    audience = read_audience(form, query)
    if not audience.to:
        form.fault("to", "console.compose.fault.to")
    job_type = TYPES[channel]
    if channel is Channel.SMS and form.has("two_way"):
        job_type = JobType.TWO_WAY_SMS
    file = _read_file(form, channel)
    scheduled_local, other_local = _read_time(form, place)
    content = _read_content(form, channel)
    job = NewJob(
        job_type=job_type,
        name=form.text("name", limit=200),
        content=content,
        options=_read_options(form, job_type, Purpose(purpose or Purpose.MARKETING), place),
        sender=_read_sender(form, channel),
        list_ids=(audience.list_id,) if audience.list_id else (),
        is_deduped=form.has("dedupe"),
        scheduled_local=scheduled_local,
    )
    number = form.whole("number", most=10**6) or FIRST
    return Draft(job, audience, number, file, other_local)


def to_file(file: tuple[str, str], size: int) -> JobFile:
    """A file that is kept, as a job has it."""
    digest, name = file
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return JobFile(name, kind, digest, size)


def _read_content(form: Form, channel: Channel) -> Content:
    if channel is Channel.EMAIL:
        html = form.text("html", limit=MAIL_LENGTH, is_required=False)
        return Content(
            subject=form.text("subject", limit=SUBJECT_LENGTH),
            text=form.text("text", limit=MAIL_LENGTH, is_required=not html),
            html=html,
            from_name=form.text("from_name", limit=200, is_required=False),
            reply_to=form.email("reply_to", is_required=False),
        )
    if channel is Channel.TTS:
        return Content(
            text=form.text("text", limit=MESSAGE_LENGTH),
            voicemail=form.text("voicemail", limit=MESSAGE_LENGTH, is_required=False),
            voice=form.value("voice"),
            repeats=1 if form.has("once_only") else REPEATS,
        )
    if channel is Channel.VOICE:
        return Content()
    if channel is Channel.FAX:
        return Content(is_high_resolution=form.has("fine"))
    is_needed = channel is Channel.SMS
    text = form.text("text", limit=MESSAGE_LENGTH, is_required=is_needed)
    subject = form.text("subject", limit=SUBJECT_LENGTH, is_required=False) if not is_needed else ""
    return Content(text=text, subject=subject)


def _read_sender(form: Form, channel: Channel) -> str:
    if channel is Channel.EMAIL:
        return form.email("mail_sender")
    if channel is Channel.SMS and form.has("two_way"):
        return ""
    return form.text("sender", limit=50, is_required=False)


def _read_options(form: Form, job_type: JobType, purpose: Purpose, place: Place) -> JobOptions:
    cutoff = form.value("cutoff")
    if cutoff and not _is_hour(cutoff):
        form.fault("cutoff", "console.compose.fault.hour")
        cutoff = ""
    is_consented = form.has("consented") and purpose is Purpose.MARKETING
    replies = form.email("reply_address", is_required=False) if job_type.takes_replies else ""
    return JobOptions(
        purpose=purpose,
        event="" if place.event_id is None else str(place.event_id),
        is_consented_only=is_consented,
        cutoff_hour=cutoff[:5],
        reply_address=replies,
    )


def _read_time(form: Form, place: Place) -> tuple[str, str]:
    """When it goes, on the clocks of the user's zone, empty = now; and the other time that the
    place's clocks show so."""
    if form.value("when") != "later" or not (typed := form.moment("at")):
        return "", ""
    try:
        planned = plan(typed, place.zone)
    except Invalid as refusal:
        form.refuse(refusal, "at")
        return "", ""
    there = local(planned.at, place.user_zone)
    return there.replace(tzinfo=None).isoformat(timespec="seconds"), planned.other


def _read_file(form: Form, channel: Channel) -> tuple[str, str]:
    digest, name = form.value("file_digest")[:64], form.value("file_name")[:200]
    if channel not in ENDINGS or not digest:
        if channel in NEEDED:
            form.fault("file", "console.compose.fault.file." + channel.value)
        return "", ""
    return digest, name


def _is_hour(text: str) -> bool:
    try:
        datetime.time.fromisoformat(text)
    except ValueError:
        return False
    return len(text) >= 5
