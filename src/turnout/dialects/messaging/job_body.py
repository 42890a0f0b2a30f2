"""From the wire to the model: the job that POST /jobs is to make; contract, Create Job.

Members are judged in the order of the contract's tables: first those of all jobs, then the
type's own, then its files; the first fault is the answer. What another type has is passed over.
"""

import datetime
import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from turnout.core.messaging.lengths import MAIL_LENGTH, MESSAGE_LENGTH, SUBJECT_LENGTH
from turnout.core.messaging.model import (
    Channel,
    Content,
    JobOptions,
    JobType,
    KeyResponse,
    NewJob,
    Purpose,
)
from turnout.dialects.messaging import rules
from turnout.dialects.messaging.attachments import GivenFiles, decode_files
from turnout.dialects.messaging.decode import Given, clean, needed, one
from turnout.dialects.messaging.recipients import Recipients, decode_recipients
from turnout.dialects.messaging.rules import refuse, required

LONGEST_EXPIRY_H = 24 * 365
MOST_LISTS = 100
MOST_KEYS = 12
MOST_REPORT_ADDRESSES = 20
REPEATS = 2
NAMES = {
    Channel.SMS: "SMS",
    Channel.EMAIL: "Email",
    Channel.FAX: "Fax",
    Channel.TTS: "TTS",
    Channel.VOICE: "Voice",
    Channel.MMS: "MMS",
}
_LIST_ID = re.compile(
    r"\d{1,15}|event:\d{1,15}(?::[a-z-]{1,20})?(?:\?[^=]{1,600}=.{1,600})?",
    re.ASCII | re.IGNORECASE,
)
_line, _message = rules.text(), rules.text(MESSAGE_LENGTH)
_subject, _mail = rules.text(SUBJECT_LENGTH), rules.text(MAIL_LENGTH)
_expiry = rules.whole(1, LONGEST_EXPIRY_H)
_phones = rules.choice(("Phone", "Mobile"))
_purpose = rules.choice(tuple(Purpose))


class JobContext(NamedTuple):
    """What is told apart from the request: the user's zone and usual voice, and all voices."""

    timezone: str
    voice: str
    voices: Sequence[str]


class DecodedJob(NamedTuple):
    """A job as it was asked for; its files are still to be fetched and kept."""

    new: NewJob
    files: GivenFiles
    recipients: Recipients


def decode_job(given: Given, told: JobContext) -> DecodedJob:
    """The job of POST /jobs. Raises Invalid at the first fault; recipients are judged later."""
    job_type = needed(given, "job_type", rules.job_type)
    channel = job_type.channel
    name = one(given, "job_name", _line, f"Rest API {NAMES[channel]}")
    scheduled = one(given, "scheduled_date", rules.moment, None)
    local = _local(scheduled, told.timezone) if scheduled else ""
    is_deduped = one(given, "dedupe", rules.flag, False)
    list_ids = _list_ids(given.get("user_list_ids"))
    recipients = Recipients([]) if list_ids else _recipients(given)
    options = _options(given, job_type)
    content, sender = _CONTENTS[channel](given, job_type, told)
    files = decode_files(given, job_type)
    submitted = _submitted(given, sender if channel in (Channel.SMS, Channel.MMS) else "", files)
    new = NewJob(
        job_type=job_type,
        name=name,
        content=content,
        options=msgspec.structs.replace(options, submitted=submitted),
        sender=sender,
        list_ids=list_ids,
        is_deduped=is_deduped,
        scheduled_local=local,
    )
    return DecodedJob(new, files, recipients)


def _local(moment: datetime.datetime, timezone: str) -> str:
    """The moment on the clocks of the user's zone. Whether it lies ahead is the core's to say."""
    if moment.tzinfo is not None:
        moment = moment.astimezone(ZoneInfo(timezone))
    return moment.replace(tzinfo=None, microsecond=0).isoformat()


def _list_ids(value: Any) -> tuple[str, ...]:
    if value is None or value == []:
        return ()
    if isinstance(value, list):
        value = ",".join(map(str, value))
    written = rules.text(rules.LONG_TEXT_LENGTH)("user_list_ids", value)
    ids = tuple(filter(None, re.split(r"[\s,;]+", written.lower())))
    if not ids or len(ids) > MOST_LISTS or not all(map(_LIST_ID.fullmatch, ids)):
        refuse("user_list_ids", "The {field} format is invalid.")
    return ids


def _recipients(given: Given) -> Recipients:
    recipients = decode_recipients(given.get("recipients"))
    if not recipients:
        refuse("recipients", "The {field} field is required when user_list_ids is not present.")
    return recipients


def _options(given: Given, job_type: JobType) -> JobOptions:
    cutoff = "cutoff_hour" if given.get("cutoff_hour") is not None else "cut_off_hour"
    options = JobOptions(
        cutoff_hour=one(given, cutoff, rules.hour, ""),
        callback_url=one(given, "callback_url", rules.url, ""),
        has_sms_callbacks=one(given, "callback_on_sms_status_update", rules.truthy, False),
        report_addresses=_report_addresses(given),
        is_consented_only=one(given, "consented_only", rules.flag, False),
        purpose=Purpose(one(given, "purpose", _purpose, Purpose.MARKETING.value)),
    )
    if job_type.takes_replies:
        return msgspec.structs.replace(
            options,
            reply_address=one(given, "response_email_address", rules.emails, ""),
            opt_out_code=one(given, "optout_code", _line, ""),
            batches_replies=one(given, "batch_replies", rules.flag, False),
            expires_hours=one(given, "expires", _expiry, 24),
            has_custom_sender=one(given, "use_two_way_custom_sender_id", rules.flag, False),
        )
    if job_type.channel in (Channel.TTS, Channel.VOICE):
        preferred = one(given, "preferred_destination_type", _phones, "")
        return msgspec.structs.replace(options, preferred_number=preferred)
    return options


def _report_addresses(given: Given) -> tuple[str, ...]:
    addresses = one(given, "additional_report_emails", rules.address_list, ())
    if len(addresses) > MOST_REPORT_ADDRESSES:
        sentence = f"The {{field}} may not have more than {MOST_REPORT_ADDRESSES} items."
        refuse("additional_report_emails", sentence)
    return tuple(addresses)


def _email(given: Given, _type: JobType, _told: JobContext) -> tuple[Content, str]:
    html, text = one(given, "html_message", _mail, ""), one(given, "text_message", _mail, "")
    if not html and not text:
        refuse("html_message", "The {field} field is required when text_message is not present.")
    content = Content(
        subject=one(given, "subject", _subject, ""),
        html=html,
        text=text,
        from_name=one(given, "from_name", _line, ""),
    )
    return content, needed(given, "from_email", rules.email)


def _sms(given: Given, job_type: JobType, _told: JobContext) -> tuple[Content, str]:
    text = needed(given, "message", _message)
    return Content(text=text), _sender(given, job_type)


def _mms(given: Given, job_type: JobType, _told: JobContext) -> tuple[Content, str]:
    content = Content(
        text=one(given, "message", _message, ""), subject=one(given, "subject", _subject, "")
    )
    return content, _sender(given, job_type)


def _sender(given: Given, job_type: JobType) -> str:
    """Who the message is shown to be from; a two-way job needs leave to say so."""
    if not job_type.takes_replies:
        return str(one(given, "manual_sender_id", rules.sender_id, ""))
    if not one(given, "use_two_way_custom_sender_id", rules.flag, False):
        return ""
    if given.get("manual_sender_id") is None:
        refuse(
            "manual_sender_id",
            "The {field} field is required when use_two_way_custom_sender_id is true.",
        )
    return rules.sender_id("manual_sender_id", given["manual_sender_id"])


def _speech(given: Given, job_type: JobType, told: JobContext) -> tuple[Content, str]:
    content = Content(
        header=one(given, "header", _message, ""),
        text=needed(given, "message", _message),
        voicemail=one(given, "voicemail_message", _message, ""),
        voice=one(given, "voice", rules.choice(told.voices), told.voice),
        repeats=1 if one(given, "skip_message_repeat", rules.flag, False) else REPEATS,
        keys=_keys(given) if job_type is JobType.TWO_WAY_TTS else (),
    )
    return content, ""


def _keys(given: Given) -> tuple[KeyResponse, ...]:
    name = "two_way_key_responses"
    value = given.get(name) or []
    if isinstance(value, dict) and all(key.isdigit() for key in value):
        value = list(value.values())
    if not isinstance(value, list):
        refuse(name, "The {field} must be an array.")
    if len(value) > MOST_KEYS:
        refuse(name, f"The {{field}} may not have more than {MOST_KEYS} items.")
    keys = tuple(_key(f"{name}.{number}", member) for number, member in enumerate(value))
    for number, own_key in enumerate(keys):
        if own_key.key in [other.key for other in keys[:number]]:
            refuse(f"{name}.{number}.key_press", "The {field} field has a duplicate value.")
    return keys


def _key(place: str, value: Any) -> KeyResponse:
    if not isinstance(value, dict):
        refuse(place, "The {field} must be an array.")
    given = clean(value)
    if given.get("key_press") is None:
        required(f"{place}.key_press")
    return KeyResponse(
        rules.key_press(f"{place}.key_press", given["key_press"]),
        _message(f"{place}.response_message", given.get("response_message") or ""),
        rules.phone(f"{place}.redirect_to", given["redirect_to"])
        if given.get("redirect_to") is not None
        else "",
    )


def _voice(_given: Given, _type: JobType, _told: JobContext) -> tuple[Content, str]:
    return Content(), ""


def _fax(given: Given, _type: JobType, _told: JobContext) -> tuple[Content, str]:
    is_fine = one(given, "use_high_resolution", rules.flag, False)
    return Content(is_high_resolution=is_fine), ""


_CONTENTS: dict[Channel, Callable[[Given, JobType, JobContext], tuple[Content, str]]] = {
    Channel.EMAIL: _email,
    Channel.SMS: _sms,
    Channel.MMS: _mms,
    Channel.TTS: _speech,
    Channel.VOICE: _voice,
    Channel.FAX: _fax,
}


def _submitted(given: Given, sender: str, files: GivenFiles) -> dict[str, object]:
    """What job details show in the words of the request, and nothing else keeps."""
    submitted: dict[str, object] = {}
    if sender:
        submitted["manual_sender_id"] = sender
    if (ids := given.get("user_list_ids")) not in (None, []):
        submitted["user_list_ids"] = ",".join(map(str, ids)) if isinstance(ids, list) else str(ids)
    if files.left_out:
        submitted["files_left_out"] = files.left_out
    return submitted
