"""From the wire to the model: bodies and parameters of the registration API.

Raises Invalid, naming the member and what is wrong with it, for everything that can be judged
without the database.
"""

import re
from typing import Any

import msgspec

from turnout.core.ids import QueueItemId
from turnout.core.people.model import Contact
from turnout.core.questions.model import Answer
from turnout.core.registrations.accepting import MAX_SESSIONS
from turnout.core.registrations.model import Submitted
from turnout.core.registrations.submissions import Application, TargetNoun
from turnout.core.text import clean_line, clean_paragraph, is_blank, is_email
from turnout.dialects.registration.leniency import convert, rename
from turnout.dialects.registration.wire import (
    ContactBody,
    RegisterBody,
    RegistrationBody,
    SessionRef,
)
from turnout.errors import Invalid
from turnout.http.body import UNREADABLE, check_storable
from turnout.http.members import Limits, decode_json, decode_members
from turnout.http.readings import check_spellings

MAX_CUSTOM_ITEMS = 20

_decoder = msgspec.json.Decoder(RegisterBody)
_QUESTION = {"checks": "checks", "limit": "limit"}
_CHECK = {"queueid": "queueId"}
_SIZE = re.compile(r"Expected `str` of length <= (\d+)")
_JSON_TYPES = {"str": "string", "int": "number", "float": "number", "bool": "boolean"}
_PYTHON_TYPE = re.compile(r"\b(?:str|int|float|bool)\b")
LIMITS = Limits(262_144)


def decode_application(body: bytes, content_type: str = "") -> Application:
    """The body of PUT /register (contract 2.1) as an application."""
    registration = _decode_body(body, content_type).registration
    if registration is None:
        raise invalid("registration", 'is required: send {"registration": {…}}')
    noun, pak, sessions = _target(registration)
    paks = _session_paks(f"registration.{noun}", sessions)
    if registration.contact is None:
        raise invalid("registration.contact", "is required")
    return Application(noun, pak, paks, _submitted(registration.contact))


def invalid(member: str, fault: str) -> Invalid:
    """The refusal of one member, `fault` being the end of the sentence about it."""
    return Invalid("member.invalid", fields={member: [fault]}, member=member, fault=fault)


def misshapen(error: msgspec.ValidationError) -> Invalid:
    """The refusal of a body that is not of the documented shape."""
    fault, _, place = str(error).partition(" - at `")
    member = place.rstrip("`").removeprefix("$").removeprefix(".") or "the body"
    if size := _SIZE.match(fault):
        return invalid(member, f"must have at most {size[1]} characters")
    fault = _PYTHON_TYPE.sub(lambda match: _JSON_TYPES[match[0]], fault)
    return invalid(member, f"has the wrong type ({fault[0].lower()}{fault[1:]})")


def _decode_body(body: bytes, content_type: str) -> RegisterBody:
    try:
        decoded, is_exact = _decoder.decode(body), True
    except UNREADABLE:
        decoded, is_exact = _decode_leniently(body, content_type), False
    # Half a pair and a raw NUL are no JSON, so only this escape brings in what cannot be stored.
    if not is_exact or b"\\u0000" in body:
        check_storable(msgspec.to_builtins(decoded.registration), "registration")
    return decoded


def _decode_leniently(body: bytes, content_type: str) -> RegisterBody:
    """The body where it is not exact: names in another case, a form. It costs more."""
    members = decode_members(body, content_type, LIMITS)
    try:
        return convert(members)
    except msgspec.ValidationError as error:
        raise misshapen(error) from error


def _target(
    registration: RegistrationBody,
) -> tuple[TargetNoun, str, list[SessionRef] | None]:
    event, channel = registration.event, registration.channel
    if event and channel:
        raise invalid("registration", "must have either event or channel, not both")
    if event:
        if not event.event_pak:
            raise invalid("registration.event.eventPak", "is required")
        return TargetNoun.EVENT, event.event_pak, event.sessions
    if channel:
        if not channel.channel_pak:
            raise invalid("registration.channel.channelPak", "is required")
        return TargetNoun.CHANNEL, channel.channel_pak, channel.sessions
    raise invalid("registration", "must have an event or a channel")


def _session_paks(path: str, sessions: list[SessionRef] | None) -> list[str]:
    if not sessions:
        raise invalid(f"{path}.sessions", "must name at least one session")
    if len(sessions) > MAX_SESSIONS:
        raise invalid(f"{path}.sessions", f"must name at most {MAX_SESSIONS} sessions")
    paks = []
    for number, session in enumerate(sessions):
        if not session.session_pak:
            raise invalid(f"{path}.sessions[{number}].sessionPak", "is required")
        paks.append(session.session_pak)
    return paks


def _submitted(body: ContactBody) -> Submitted:
    if not body.email or not body.email.strip():
        raise invalid("registration.contact.email", "is required")
    if not is_email(body.email):
        raise invalid("registration.contact.email", "is not a valid e-mail address")
    answers = [
        Answer(
            _described(item.item_desc, number),
            clean_paragraph(item.item_value or ""),
        )
        for number, item in enumerate(body.contact_custom_items or [], 1)
        if not (is_blank(item.item_desc or "") and is_blank(item.item_value or ""))
    ]
    if len(answers) > MAX_CUSTOM_ITEMS:
        raise invalid(
            "registration.contact.contactCustomItems", f"must be at most {MAX_CUSTOM_ITEMS} items"
        )
    return Submitted(_contact(body, body.email), answers)


def _described(description: str | None, number: int) -> str:
    """What an item is called in lists and reports: by its place where it says nothing."""
    text = clean_paragraph(description or "")
    return f"Item {number}" if is_blank(text) else text


def _contact(body: ContactBody, email: str) -> Contact:
    return Contact(
        email=email,
        title=_line(body.title),
        first_name=_line(body.first_name),
        last_name=_line(body.last_name),
        company=_line(body.company),
        job_title=_line(body.job_title),
        address_line1=_line(body.address_line1),
        address_line2=_line(body.address_line2),
        address_line3=_line(body.address_line3),
        city=_line(body.city),
        county_or_state=_line(body.county_or_state),
        post_code=_line(body.post_code),
        country_code=_line(body.country_code),
        phone=_line(body.phone),
    )


def _line(text: str | None) -> str:
    """A detail as given, but without control characters: real clients leave line ends in them."""
    return clean_line(text) if text else ""


# -- register status -----------------------------------------------------------------------

DEFAULT_LIMIT = 25
MAX_LIMIT = 100
MAX_QUEUE_ID = 2_147_483_647
MAX_CHECKS = 1000


class StatusQuestion(msgspec.Struct, frozen=True):
    """Which queue items are asked for, and which page of the matches."""

    queue_ids: list[QueueItemId]
    limit: int
    skip: int


def decode_question(body: bytes, query: dict[str, list[str]]) -> StatusQuestion:
    """A status question (contract 2.2) from a JSON body, the query, or both.

    Members of the body are taken in any letter case, so `QueueId` is `queueId`. The query has
    `queueId` (repeated or comma-separated), `limit` and `skip`; what the body says goes first.
    """
    asked = _question_body(body)
    parts = [part for value in query.get("queueid", []) for part in value.split(",")]
    queried = [_queue_id(part) for part in parts if part.strip()]
    ids = [_checked_id(check) for check in asked.get("checks") or []] or queried
    if not ids:
        raise invalid("queueId", "is required: name at least one queue id")
    if len(ids) > MAX_CHECKS:
        raise invalid("checks", f"must be at most {MAX_CHECKS} queue ids")
    limits: list[Any] = [DEFAULT_LIMIT, *query.get("limit", [])]
    if asked.get("limit") is not None:
        limits.append(asked["limit"])
    # The last counts; the others must be readable too.
    limit = [_whole(limit, "limit", 1, MAX_LIMIT) for limit in limits][-1]
    skip = [_whole(text, "skip", 0, MAX_QUEUE_ID) for text in query.get("skip", ["0"])][-1]
    return StatusQuestion(sorted(set(ids)), limit, skip)


def _question_body(body: bytes) -> dict[str, Any]:
    if not body.strip():
        return {}
    asked = decode_json(body, LIMITS)
    if not asked:
        return {}
    if not isinstance(asked, dict):
        raise invalid("the body", "must be an object")
    _check_spellings(asked, _QUESTION)
    asked = rename(asked, _QUESTION)
    if not isinstance(asked.get("checks") or [], list):
        raise invalid("checks", "must be a list")
    return asked


def _checked_id(check: Any) -> QueueItemId:
    if not isinstance(check, dict):
        raise invalid("checks", 'must be a list of {"queueId": number}')
    _check_spellings(check, _CHECK)
    value = rename(check, _CHECK).get("queueId")
    if value is None:
        raise invalid("checks[].queueId", "is required")
    return _queue_id(value)


def _check_spellings(members: dict[str, Any], names: dict[str, str]) -> None:
    """Raise Invalid where a member of the table is there in two spellings that say two things."""
    check_spellings(
        {
            name: member
            for name, member in members.items()
            if name.lower() in names and member is not None
        }
    )


def _queue_id(value: Any) -> QueueItemId:
    return QueueItemId(_whole(value, "queueId", 1, MAX_QUEUE_ID))


def _whole(value: Any, member: str, least: int, limit: int) -> int:
    text = value.strip() if isinstance(value, str) else value
    if isinstance(text, float) and text.is_integer():
        text = int(text)
    is_digits = isinstance(text, str) and text.isascii() and text.isdigit() and len(text) <= 10
    if is_digits or (isinstance(text, int) and not isinstance(text, bool)):
        number = int(text)
        if least <= number <= limit:
            return number
    raise invalid(member, f"must be a whole number from {least} to {limit}")
