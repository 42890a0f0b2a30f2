"""From the wire to members: the bodies of POST /jobs, which may be large.

A body may have 20 MB of files in base64, or 100,000 recipients. Its values are counted first, and
its members are told apart without decoding them; `recipients` stays in the body's own bytes until
it is needed, and what no job has is never decoded. All of it runs in a thread for a large body, so
no step may hold the interpreter for long: nothing here looks for a pattern more than once.
"""

import re
from typing import Any

import msgspec

from turnout.dialects.messaging.attachments import ALL_MEMBERS, MOST_LETTERS
from turnout.dialects.messaging.decode import Given, clean
from turnout.dialects.messaging.rules import refuse
from turnout.http.body import UNREADABLE
from turnout.http.forms import Pairs, nest
from turnout.http.json_shape import check_shape
from turnout.http.members import (
    Kind,
    Limits,
    decode_json,
    decode_members,
    fields_of,
    kind_of,
    not_json,
    read_query,
)
from turnout.http.readings import Readings, read_over

LIMITS = Limits(64 * 1024 * 1024, fields=100_000, values=1_000_000, timeout_s=120)
# One member that is not `recipients`: 2,000,000 characters, each of them an escape; or files.
MEMBER_LIMITS = Limits(12_100_000, values=10_000)
FILES_SIZE = MOST_LETTERS + MEMBER_LIMITS.size
MEMBERS = frozenset(
    {
        *("job_type", "job_name", "scheduled_date", "dedupe", "recipients", "user_list_ids"),
        *("cutoff_hour", "cut_off_hour", "callback_url", "callback_on_sms_status_update"),
        *("additional_report_emails", "message", "manual_sender_id", "response_email_address"),
        *("optout_code", "batch_replies", "expires", "use_two_way_custom_sender_id", "subject"),
        *("header", "voicemail_message", "voice", "skip_message_repeat"),
        *("preferred_destination_type", "two_way_key_responses", "use_high_resolution"),
        *(
            "html_message",
            "text_message",
            "from_name",
            "from_email",
            "purpose",
            "consented_only",
            *ALL_MEMBERS,
        ),
    }
)
# Documented like that, though it is no JSON:  "user_list_ids": 1234,5678
_BARE_IDS = re.compile(rb'("user_list_ids"\s*:\s*)(\d+(?:\s*,\s*\d+)+)')
_FIRST_PART = re.compile(r"[^\[\]]*")


def decode_body(query: str, content_type: str, body: bytes) -> Readings[Given]:
    """The members of a body, JSON or a form, over those of the query.

    `recipients` stays as it came. Members that no job has are not even decoded.
    """
    return read_over(_known_pairs(read_query(query)), _members(body, content_type), clean)


def _members(body: bytes, content_type: str) -> Given:
    kind = kind_of(body, content_type)
    if kind is Kind.EMPTY:
        return {}
    if kind is not Kind.JSON:
        return _known(fields_of(body, content_type, LIMITS))
    check_shape(body, values=LIMITS.values)
    return {
        name: value if name == "recipients" else _decode(name, value)
        for name, value in _split(body).items()
        if name in MEMBERS
    }


def _decode(name: str, raw: msgspec.Raw) -> Any:
    size = memoryview(raw).nbytes
    if size > (FILES_SIZE if name in ALL_MEMBERS else MEMBER_LIMITS.size):
        refuse(name, f"The {{field}} may not be greater than {size} characters.")
    return decode_json(bytes(raw), MEMBER_LIMITS)


def _split(body: bytes) -> Given:
    try:
        return msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    except UNREADABLE as error:
        mended = _BARE_IDS.sub(rb'\1"\2"', body, count=1)
        if mended != body:
            return _split(mended)
        if body[:4096].lstrip().startswith(b"{"):
            raise not_json(body, error, LIMITS.depth) from error
        return decode_members(body, "application/json", LIMITS)


def _known(pairs: Pairs) -> Given:
    """The members that jobs have of a form; `recipients[0][destination]` is nested."""
    return nest(_known_pairs(pairs))


def _known_pairs(pairs: Pairs) -> Pairs:
    return [pair for pair in pairs if _first_part(pair[0]) in MEMBERS]


def _first_part(name: str) -> str:
    found = _FIRST_PART.match(name)
    return found[0] if found else name
