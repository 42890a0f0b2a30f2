"""Calls and faxes by way of a gateway: what is posted, and what its events mean.

docs/call-gateways.md is the protocol, and a test holds its tables to these.
"""

import datetime
from collections.abc import Mapping
from typing import Any

import msgspec

from turnout.carriers import Accepted, Attachment, Message, Outcome, Parcel, Rejected
from turnout.carriers.http_sms.settings import HttpSmsSettings
from turnout.core.counterparts import read_object, tidy, to_count, to_text
from turnout.core.messaging.call_ends import Q850, SIP
from turnout.core.messaging.merging import Template
from turnout.core.messaging.model import Channel, Status
from turnout.core.messaging.outcomes import LONGEST_CALL_S, name_call

CALLS = frozenset({Channel.TTS, Channel.VOICE, Channel.FAX})
_MOST_PAGES = 10_000

# What an event says of a call or fax, in any case; None = it goes on, and is not reported.
FATES: dict[str, Status | None] = {
    "queued": None,
    "ringing": None,
    "answered": None,
    "completed": Status.SENT,
    "voicemail": Status.SENT,
    "busy": Status.BUSY,
    "no_answer": Status.NO_ANSWER,
    "invalid_number": Status.INVALID_NUMBER,
    "blocked": Status.BLOCKED,
    "no_fax": Status.NO_FAX,
    "not_converted": Status.NOT_CONVERTED,
    "opted_out": Status.OPTED_OUT,
    "expired": Status.EXPIRED,
    "cancelled": Status.EXPIRED,
    "failed": Status.FAILED,
    "unknown": Status.PATHWAY_ERROR,
}


class CallEvent(msgspec.Struct, frozen=True):
    """What a gateway tells: the call's name there, its end (None = it goes on), facts, and our own
    name for the call where it gives both."""

    network_id: str
    status: Status | None
    notes: str = ""
    duration_s: int = 0
    key: str = ""
    is_voicemail: bool = False
    reference: str = ""


class CallTexts:
    """The texts of a call, taken apart once."""

    def __init__(self, message: Message) -> None:
        self.header = Template(message.header)
        self.voicemail = Template(message.voicemail)
        self.keys = [(key, Template(key.message)) for key in message.keys]


def reference_of(parcel: Parcel) -> str:
    """Our own name for a call, the same whenever it is posted."""
    return name_call(parcel.attempt_id)


def to_call(
    settings: HttpSmsSettings,
    message: Message,
    parcel: Parcel,
    text: str,
    texts: CallTexts,
    urls: list[str],
    callback_url: str,
) -> dict[str, Any]:
    """What is posted for somebody; `text` is the merged message, `urls` lead to the attachments."""
    call: dict[str, Any] = {
        "id": reference_of(parcel),
        "type": message.channel.value,
        "to": f"+{parcel.destination}",
        "callback_url": callback_url,
        "limits": {
            "ring_seconds": settings.ring_seconds,
            "call_seconds": settings.call_seconds,
            "redirects_at_once": message.redirects,
        },
    }
    if parcel.sender:
        call["from"] = f"+{parcel.sender}" if parcel.sender.isdigit() else parcel.sender
    if (until := parcel.valid_until or parcel.not_after) is not None:
        at = datetime.datetime.fromtimestamp(until // 1000, datetime.UTC)
        call["not_after"] = at.strftime("%Y-%m-%dT%H:%M:%SZ")
    if message.channel is Channel.FAX:
        resolution = "fine" if message.is_high_resolution else "standard"
        files = zip(message.attachments, urls, strict=True)
        call["fax"] = {"resolution": resolution, "documents": [_file(*file) for file in files]}
        if message.header:
            call["fax"]["header"] = message.header
    else:
        call["script"] = _script(message, parcel.fields, text, texts, urls)
    return call


def _script(
    message: Message, fields: Mapping[str, str], text: str, texts: CallTexts, urls: list[str]
) -> dict[str, Any]:
    said: dict[str, Any] = {"repeat": message.repeats}
    if message.channel is Channel.VOICE:
        said["audio"] = _file(message.attachments[0], urls[0])
    else:
        said |= {"text": text, "voice": message.voice}
    if header := texts.header.merge(fields):
        said["header"] = header
    if voicemail := texts.voicemail.merge(fields):
        said["voicemail"] = voicemail
    if texts.keys:
        said["keys"] = {
            key.key: _without_empty(say=reply.merge(fields), redirect_to=key.redirect_to)
            for key, reply in texts.keys
        }
    return said


def _file(attachment: Attachment, url: str) -> dict[str, str]:
    return {"name": attachment.name, "content_type": attachment.content_type, "url": url}


def _without_empty(**members: str) -> dict[str, str]:
    return {name: value for name, value in members.items() if value}


def judge_call(outcome: Outcome, parcel: Parcel, body: bytes) -> Outcome:
    """The outcome of a call by the answer to its request: a gateway that names no id calls it by
    ours, and one that refuses it may say why in the words of events."""
    if isinstance(outcome, Accepted):
        name = to_text(read_object(body).get("id") or "") or reference_of(parcel)
        return Accepted((name,), 1)
    if isinstance(outcome, Rejected):
        said = read_object(body)
        status = _judge(_word(said), said) if "status" in said else None
        if status is None or status is Status.SENT:
            status = outcome.status  # a call that was refused has reached nobody
        return Rejected(status, outcome.reason)
    return outcome


def read_event(body: bytes) -> CallEvent | None:
    """What a gateway tells of a call or fax; None = it names none, or says nothing of it."""
    said = read_object(body)
    reference = to_text(said.get("reference") or "")
    network_id = to_text(said.get("id") or "") or reference
    word = _word(said)
    if not network_id or word not in FATES:
        return None
    return CallEvent(
        network_id,
        _judge(word, said),
        _say(word, said),
        max(_duration(said), 0),
        _key(said),
        word == "voicemail" or said.get("voicemail") is True,
        reference if reference != network_id else "",
    )


def _duration(said: Mapping[str, object]) -> int:
    """In seconds; below 0 = cannot be read."""
    value = said.get("duration")
    return 0 if value is None else to_count(value, -1, limit=LONGEST_CALL_S)


def _word(said: Mapping[str, object]) -> str:
    return to_text(said.get("status") or "").strip().lower().replace("-", "_")


def _judge(word: str, said: Mapping[str, object]) -> Status | None:
    status = FATES.get(word, Status.FAILED)
    if word != "failed":
        return status
    cause = Q850.get(to_count(said.get("q850"), 0))
    return cause or SIP.get(to_count(said.get("sip"), 0), Status.FAILED)


def _key(said: Mapping[str, object]) -> str:
    """The first key that was pressed."""
    value = said.get("key")
    key = str(value) if isinstance(value, int) and not isinstance(value, bool) else to_text(value)
    return key if key in ("*", "#") or (len(key) == 1 and key.isdecimal()) else ""


def _has_odd_key(said: Mapping[str, object]) -> bool:
    return said.get("key") not in (None, "") and not _key(said)


def _say(word: str, said: Mapping[str, object]) -> str:
    """What stands in the report's notes."""
    notes = []
    if "pages" in said or "pages_total" in said:
        sent = to_count(said.get("pages"), 0, limit=_MOST_PAGES)
        total = to_count(said.get("pages_total"), sent, limit=_MOST_PAGES)
        notes.append(f"{sent} of {total} pages.")
    if key := _key(said):
        notes.append(f"Pressed {key}.")
    if redirect := tidy(to_text(said.get("redirected_to") or ""), 50):
        notes.append(f"Connected to {redirect}.")
    if word == "cancelled":
        notes.append("Cancelled before it was answered.")
    if word == "unknown":
        notes.append("The gateway does not know how it ended; it may have been called.")
    if word == "failed":
        notes += [f"{name} {code}." for name, code in _list_codes(said) if code]
    odd = {"duration": _duration(said) < 0, "key": _has_odd_key(said)}
    notes += [f"The gateway's {name} could not be read." for name, is_odd in odd.items() if is_odd]
    if note := tidy(to_text(said.get("note") or ""), 200):
        notes.append(note)
    return " ".join(notes)


def _list_codes(said: Mapping[str, object]) -> list[tuple[str, int]]:
    return [
        ("SIP", to_count(said.get("sip"), 0, limit=999)),
        ("Q.850", to_count(said.get("q850"), 0, limit=255)),
    ]
