"""From the wire to members: the bodies of POST /jobs, which may be large.

A body may have 20 MB of files in base64, or 100,000 recipients. Its members are told apart
without decoding them; `recipients` stays in the body's own bytes until it is needed, and what no
job has is never decoded.
"""

import re
from collections.abc import Sequence
from typing import Any

import msgspec
from falcon.asgi import Request

from turnout.dialects.messaging.attachments import ALL_MEMBERS
from turnout.dialects.messaging.decode import FORM, Given, clean, pairs_of
from turnout.errors import Invalid
from turnout.http.body import UNREADABLE

MEMBERS = frozenset(
    {
        *("job_type", "job_name", "scheduled_date", "dedupe", "recipients", "user_list_ids"),
        *("cutoff_hour", "cut_off_hour", "callback_url", "callback_on_sms_status_update"),
        *("additional_report_emails", "message", "manual_sender_id", "response_email_address"),
        *("optout_code", "batch_replies", "expires", "use_two_way_custom_sender_id", "subject"),
        *("header", "voicemail_message", "voice", "skip_message_repeat"),
        *("preferred_destination_type", "two_way_key_responses", "use_high_resolution"),
        *("html_message", "text_message", "from_name", "from_email", *ALL_MEMBERS),
    }
)
# Documented like that, though it is no JSON:  "user_list_ids": 1234,5678
_BARE_IDS = re.compile(rb'("user_list_ids"\s*:\s*)(\d+(?:\s*,\s*\d+)+)')
_FORM_NAME = re.compile(r"(\w+)((?:\[[^\[\]]*\])*)")


def decode_body(req: Request, body: bytes) -> Given:
    """The members of a body, JSON or a form, and what the query has beside them.

    `recipients` stays as it came. Members that no job has are not even decoded.
    """
    given = clean(_nested(pairs_of(req.query_string)))
    return given | clean(_members(body, req.content_type or ""))


def _members(body: bytes, content_type: str) -> Given:
    body = body.strip()
    if not body:
        return {}
    if content_type.lower().startswith(FORM) and not body.startswith((b"{", b"[")):
        return _nested(pairs_of(body.decode("utf-8", "replace")))
    raw = _split(body)
    return {
        name: value if name == "recipients" else _decode(value)
        for name, value in raw.items()
        if name in MEMBERS
    }


def _split(body: bytes) -> dict[str, msgspec.Raw]:
    try:
        return msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    except UNREADABLE as error:
        mended = _BARE_IDS.sub(rb'\1"\2"', body)
        if mended != body:
            return _split(mended)
        if body.startswith(b"{"):
            raise Invalid("body.malformed", "The body is not valid JSON.") from error
        return _no_object(body)


def _no_object(body: bytes) -> dict[str, msgspec.Raw]:
    if _decode(body) == []:  # what PHP makes of an empty array
        return {}
    raise Invalid("body.malformed", "The body must be a JSON object.")


def _decode(raw: bytes | msgspec.Raw) -> Any:
    try:
        return msgspec.json.decode(raw)
    except UNREADABLE as error:
        raise Invalid("body.malformed", "The body is not valid JSON.") from error


def _nested(pairs: Sequence[tuple[str, str]]) -> Given:
    """Members of a form; `recipients[0][destination]` is a member of a member of a member."""
    given: Given = {}
    for name, value in pairs:
        found = _FORM_NAME.fullmatch(name)
        if found is None or found[1] not in MEMBERS:
            continue
        path = [found[1], *re.findall(r"\[([^\[\]]*)\]", found[2])]
        place: Any = given
        for part in path[:-1]:
            place = place.setdefault(part or str(len(place)), {})
            if not isinstance(place, dict):
                break
        else:
            place[path[-1] or str(len(place))] = value
    return given
