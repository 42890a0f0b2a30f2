"""Requests → model. Members are taken in any letter case; null and `[]` mean "not given"."""

import datetime
import re
import uuid as uuids
from contextlib import suppress
from typing import Any
from zoneinfo import ZoneInfo

from falcon.asgi import Request

from turnout.core.exams.model import Accommodation, ExamRequest, SittingFilter
from turnout.core.exams.seating import Move, NewSitting
from turnout.core.text import is_storable
from turnout.dialects.booking.errors import NO_GUID, malformed, no_query
from turnout.errors import Invalid
from turnout.http.fast_path import Incoming
from turnout.http.members import Limits, decode_json, read_query
from turnout.http.members import read_members as read_members_of
from turnout.http.readings import Readings, check_spellings, read_over

LIMITS = Limits(1_048_576)
MOST_ACCOMMODATIONS = 100
LONGEST = 4000
LARGEST = 2**31 - 1
# As it is kept: most GUIDs come like this, and need no reading.
_PLAIN_GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
Members = dict[str, Any]


async def read_members(req: Incoming) -> Readings[Members]:
    """The members of the body, JSON or a form, over those of the query, by their names in small
    letters. Raises Invalid for what cannot be read, is too large or comes too slowly."""
    try:
        query = read_query(req.query_string)
        return read_over(query, await read_members_of(req, LIMITS), _lower)
    except Invalid as refusal:
        raise malformed(refusal) from refusal


def decode_guid(text: str) -> str:
    """A GUID of a path or query, in small letters with dashes. Raises Invalid for another text and
    for the empty GUID."""
    found = _guid(text)
    if not found:
        raise malformed()
    return found


def get_query(req: Request, name: str) -> str:
    """A query parameter, whose name is taken in any case. Raises Missing without it."""
    _check_query(req)
    for given, value in req.params.items():
        if given.lower() == name:
            return value[0] if isinstance(value, list) else value
    raise no_query(req.uri)


def _check_query(req: Request) -> None:
    """Raise Invalid for a parameter in two spellings."""
    try:
        check_spellings(req.params)
    except Invalid as refusal:
        raise malformed(refusal) from refusal


def decode_exam(members: Members) -> ExamRequest:
    """Which exam is wanted; contract, Add a new event and Create a registration."""
    return ExamRequest(
        venue=_guid(_text(members, "eventvenue")),
        starts_at=_time(members, "eventstart"),
        exam_type=_text(members, "eventexamtype"),
        exam_format=_text(members, "eventexamformat"),
        billing_code=_text(members, "eventbillingcode"),
        registration_limit=_number(members, "registrationlimit") or None,
    )


def decode_new_sitting(uuid: str, members: Members) -> NewSitting:
    """Contract, Create a registration."""
    return NewSitting(
        uuid=uuid,
        exam=decode_exam(members),
        learner=_guid(_text(members, "learner")),
        form_code=_text(members, "assessment"),
        registrant_type=_text(members, "learnerregistranttype"),
        accommodations=_accommodations(members),
    )


def decode_move(members: Members) -> Move:
    """Contract, Transfer a registration."""
    return Move(
        exam=decode_exam(members),
        learner=_guid(_text(members, "learner")),
        reason=_text(members, "reason"),
        accommodations=_accommodations(members),
    )


def decode_accommodation(members: Members) -> Accommodation:
    """Contract, Add an accommodation."""
    return Accommodation(
        type=_text(members, "type").strip(),
        name=_text(members, "name"),
        time_extension=_number(members, "timeextension"),
    )


def decode_reason(members: Members) -> str:
    """Contract, Cancel a registration."""
    return _text(members, "reason")


def decode_type(members: Members) -> str:
    """Contract, Remove an accommodation."""
    return _text(members, "type")


def decode_assessment(members: Members) -> str:
    """Contract, Assign an assessment."""
    return _text(members, "assessment")


def decode_filter(members: Members) -> SittingFilter:
    """Contract, Search registrations."""
    return SittingFilter(
        name=_text(members, "name").strip(),
        email=_text(members, "email").strip(),
        code=_text(members, "code").strip(),
        since=_time(members, "lastchangetimesince"),
        until=_time(members, "lastchangetimebefore"),
    )


def decode_date(text: str, timezone: str) -> datetime.date | None:
    """The day of a `date` parameter in that zone; None for an unreadable one, which is no
    filter. A time without an offset is one of that zone."""
    for given in (text.strip(), text.strip().replace(" ", "+")):
        with suppress(ValueError, OverflowError):
            moment = datetime.datetime.fromisoformat(given)
            return (moment.astimezone(ZoneInfo(timezone)) if moment.tzinfo else moment).date()
    return None


def decode_first(req: Request) -> int | None:
    """`from` of a scrap paper: the candidate to begin with, from 1. Raises Invalid."""
    text = req.get_param("from", default="").strip()
    if text and not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Invalid("paper.not_number", text=text[:20])
    return int(text) if text else None


def _lower(members: dict[str, Any]) -> Members:
    check_spellings(members)
    return {name.lower(): value for name, value in members.items()}


def _text(members: Members, name: str) -> str:
    value = members.get(name)
    if value is None or value == []:
        return ""
    if not isinstance(value, str) or len(value) > LONGEST or not is_storable(value):
        raise malformed()
    return value


def _number(members: Members, name: str) -> int:
    value = members.get(name)
    if value is None or value == []:
        return 0
    if isinstance(value, str) and value.strip().lstrip("-").isdigit() and value.isascii():
        value = int(value[:20])
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > LARGEST:
        raise malformed()
    return value


def _guid(text: str) -> str:
    """Small letters with dashes; empty for none and for the empty GUID. Raises Invalid."""
    text = text.strip()
    if not text:
        return ""
    if _PLAIN_GUID.fullmatch(text) and text != NO_GUID:
        return text
    try:
        found = str(uuids.UUID(text))
    except ValueError as error:
        raise malformed() from error
    return "" if found == NO_GUID else found


def _time(members: Members, name: str) -> int | None:
    """Epoch ms of an ISO 8601 time; without an offset it is UTC."""
    text = _text(members, name).strip()
    if not text:
        return None
    try:
        moment = datetime.datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=datetime.UTC)
        return int(moment.timestamp() * 1000)
    except (ValueError, OverflowError) as error:
        raise malformed() from error


def _accommodations(members: Members) -> tuple[Accommodation, ...]:
    found = members.get("accommodations")
    if isinstance(found, str) and found.lstrip().startswith("["):
        found = decode_json(found.encode(), LIMITS)  # JSON in a form's field
    if not found:
        return ()
    if not isinstance(found, list) or len(found) > MOST_ACCOMMODATIONS:
        raise malformed()
    if not all(isinstance(accommodation, dict) for accommodation in found):
        raise malformed()
    return tuple(decode_accommodation(_lower(accommodation)) for accommodation in found)
