"""Wire → model: what requests of the attendance API say."""

import datetime
from typing import NoReturn

from falcon.asgi import Request

from turnout.core.checkin.attendees import AttendeeFilter
from turnout.core.checkin.scans import Scan
from turnout.core.ids import NO_CAMPAIGN, CampaignId, GateId, InviteeId, TicketTypeId
from turnout.core.invitations.invitees import InviteeFilter
from turnout.core.text import is_storable
from turnout.core.times import OVER_AT, YEARS, read_iso
from turnout.errors import Invalid, Missing
from turnout.http.fast_path import Incoming
from turnout.http.members import Limits, read_members, read_query
from turnout.http.readings import Members, Readings, read_over

LIMITS = Limits(16_384, fields=50, depth=8)
STATES = ("checked", "unchecked")
MOST_PER_PAGE = 1000
# Far behind the last page of any event, and within what a database can skip.
LAST_PAGE = 1_000_000
LONGEST = 255
ALL = "all"
_NOTHING: Readings[Members] = Readings({})


def refuse(field: str, fault: str) -> NoReturn:
    """Raise the Invalid of one field."""
    raise Invalid("field.invalid", fields={field: [fault]}, field=field, fault=fault)


def read_filters(req: Request) -> Readings[Members]:
    """The parameters of a list. Raises Invalid for a query that is not UTF-8."""
    return read_over(read_query(req.query_string), {})


def decode_attendee_filter(members: Members, which: str) -> AttendeeFilter:
    """Contract, Get attendee list."""
    since, ticket_id = _member(members, "since"), _member(members, "ticket_id")
    return AttendeeFilter(
        which=which,
        since=decode_time("since", since) if since else 0,
        ticket_type_id=TicketTypeId(decode_number("ticket_id", ticket_id) if ticket_id else 0),
        has_cancelled=_has_cancelled(members),
    )


def decode_page(members: Members) -> tuple[int, int] | None:
    """`page` and `per_page`, an addition; None when neither is asked for."""
    page, per_page = _member(members, "page"), _member(members, "per_page")
    if not page and not per_page:
        return None
    number = decode_number("page", page or "1")
    size = decode_number("per_page", per_page or "100")
    if not 1 <= number <= LAST_PAGE:
        refuse("page", f"must be from 1 to {LAST_PAGE}")
    if not 1 <= size <= MOST_PER_PAGE:
        refuse("per_page", f"must be from 1 to {MOST_PER_PAGE}")
    return number, size


async def decode_scan(req: Request, code: str, now: int) -> Scan:
    """Contract, Check an attendee's ticket: `at`, `gate` and `event_id` in a form, JSON or the
    query. The last is noted for the doors (auth.py)."""
    given = await _note_event(req)
    at, gate_id = given.judge(_decode_place)
    return Scan(
        code=decode_code(code),
        at=now if at is None else at,
        device=_header(req, "X-Device"),
        nonce=_header(req, "X-Nonce"),
        gate_id=gate_id,
    )


def decode_bare_scan(req: Incoming, code: str, now: int) -> Scan:
    """The same of a request that has neither body nor query."""
    return Scan(
        code=decode_code(code),
        at=now,
        device=_header(req, "X-Device"),
        nonce=_header(req, "X-Nonce"),
    )


async def note_event(req: Request) -> None:
    """Note the event ids that a body and query name, for the doors (auth.py). Raises Invalid."""
    await _note_event(req)


async def _note_event(req: Request) -> Readings[Members]:
    # What most scans are: neither body nor query, and nothing to read.
    is_bare = not req.query_string and req.content_length == 0
    given = _NOTHING if is_bare else await _read_given(req)
    req.context.event_ids = [_member(members, "event_id") for members in given.all]
    return given


async def _read_given(req: Request) -> Readings[Members]:
    return read_over(read_query(req.query_string), await read_members(req, LIMITS))


def _decode_place(members: Members) -> tuple[int | None, GateId | None]:
    """When a scan was made (epoch ms) and at which gate; None where they are not given."""
    at, gate = _member(members, "at"), _member(members, "gate")
    return (
        _decode_scan_time(at) if at else None,
        GateId(decode_number("gate", gate)) if gate else None,
    )


def decode_invitee_filter(members: Members, campaign_id: CampaignId) -> InviteeFilter:
    """Contract, Get invitation recipients."""
    state = _member(members, "state").lower()
    if state and state not in ("confirmed", "declined", "pending"):
        refuse("state", "must be confirmed, declined or pending")
    return InviteeFilter(
        campaign_id=campaign_id,
        email=_text(members, "email"),
        first_name=_text(members, "first_name"),
        last_name=_text(members, "last_name"),
        state=state,
    )


def decode_campaign_id(text: str) -> CampaignId:
    """The number of an invitation, NO_CAMPAIGN for `all`. Raises Missing for what is neither."""
    return NO_CAMPAIGN if text.lower() == ALL else CampaignId(_path_number(text, "invitation"))


def decode_invitee_id(text: str) -> InviteeId:
    """The number of an invitee in a path. Raises Missing if it is not a number."""
    return InviteeId(_path_number(text, "recipient"))


def _path_number(text: str, noun: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text[:16]) < 10**15):
        raise Missing(f"{noun}.unreadable", text=text)
    return int(text)


def decode_code(code: str) -> str:
    """A ticket's code from a path. Raises Missing for what cannot be one."""
    if len(code) > LONGEST or not is_storable(code):
        raise Missing("ticket.unreadable")
    return code


def decode_time(field: str, text: str) -> int:
    """An ISO 8601 time as epoch ms; without a zone it is UTC. Raises Invalid."""
    try:
        moment = read_iso(_mend(text.strip()))
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=datetime.UTC)
        return int(moment.timestamp() * 1000)
    except (ValueError, OverflowError):
        refuse(field, "must be an ISO 8601 time such as 2027-03-01T09:00:00+01:00")


def _decode_scan_time(text: str) -> int:
    at = decode_time("at", text)
    if not 0 <= at < OVER_AT:
        refuse("at", f"must be in the years {YEARS.start} to {YEARS.stop - 1}")
    return at


def decode_number(field: str, text: str) -> int:
    """A number in a query. Raises Invalid."""
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        refuse(field, "must be a number")
    return int(text)


def _mend(text: str) -> str:
    """A plus that was not encoded arrives as a blank: `09:00:00 01:00`."""
    return text.replace(" ", "+") if "T" in text else text


def _member(members: Members, name: str) -> str:
    """The text of a member, empty where it is not given. Raises Invalid for what is neither text
    nor a number."""
    value = members.get(name)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        refuse(name, "must be text")
    return str(value).strip()


def _header(req: Incoming, name: str) -> str:
    value = (req.get_header(name) or "").strip()
    if len(value) > LONGEST or not value.isascii():
        refuse(name, f"must have up to {LONGEST} ASCII characters")
    return value


def _has_cancelled(members: Members) -> bool:
    """`state=all`, an addition: with cancelled tickets. Raises Invalid for another state."""
    state = _member(members, "state").lower()
    if state not in ("", "valid", ALL):
        refuse("state", "must be all, or valid")
    return state == ALL


def _text(members: Members, name: str) -> str:
    value = _member(members, name)
    if len(value) > LONGEST or not is_storable(value):
        refuse(name, f"must be text of up to {LONGEST} characters")
    return value
