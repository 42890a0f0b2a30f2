"""The endpoints; each is decode, one verb, present."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import urlencode

import msgspec
from falcon.asgi import Request, Response

from turnout.core.checkin.attendees import (
    Attendee,
    AttendeeFilter,
    find_attendee,
    list_attendees,
    stream_attendees,
)
from turnout.core.checkin.scans import Answer, Result, Scan, check_in, undo_check_in
from turnout.core.events.model import Event
from turnout.core.events.programme import get_event
from turnout.core.events.programmes import Programme, list_programmes
from turnout.core.events.showing import EventView, get_shown_event, list_shown_events
from turnout.core.identity.model import Organization, OrganizationProfile, Principal
from turnout.core.identity.organizations import find_contact_email, get_organization_of
from turnout.core.identity.profiles import get_profile
from turnout.core.ids import NO_REGISTRATION, CampaignId, EventId, InviteeId, OrgId
from turnout.core.invitations.campaigns import Campaign, list_campaigns
from turnout.core.invitations.invitees import (
    Invitee,
    InviteeFilter,
    confirm,
    decline,
    get_invitee,
    list_invitees,
)
from turnout.core.tickets.signing import (
    TicketKey,
    ensure_ticket_key,
    find_plain_code,
    list_ticket_keys,
    read_signed,
    verify_ahead,
)
from turnout.dialects.attendance import decode, present
from turnout.dialects.attendance.auth import Doors, ShownToken, show_bare_token, show_token
from turnout.dialects.attendance.gathering import Gathering
from turnout.dialects.attendance.long_list import present_rows
from turnout.errors import Conflict, Missing
from turnout.http.admission import Pieces, Scoped
from turnout.http.dialect import Resource
from turnout.http.fast_path import DirectRequest
from turnout.http.streaming import join_pieces, make_array, stream_rows
from turnout.store import Database, Tx

MOST_EVENTS = 10_000
# Of `/v1/event/attendees/code/{code}/check`.
CODE_PLACE = 5
Act = Callable[[Tx, OrgId, EventId, Scan], Answer]
_encode = msgspec.json.Encoder().encode


class Parts(msgspec.Struct, frozen=True):
    """What the API is put together from."""

    db: Database
    doors: Doors
    base_url: str
    gathering: Gathering


class _Base(Resource):
    is_open = True

    def __init__(self, parts: Parts) -> None:
        self._db = parts.db
        self._doors = parts.doors
        self._base_url = parts.base_url
        self._gathering = parts.gathering


class EventResource(_Base):
    """Contract, Get event information."""

    async def on_get(self, req: Request, resp: Response) -> None:
        shown, company = await self._doors.read(req, _show_event)
        now = self._db.clock()
        resp.data = _encode(present.present_event(shown, company, self._base_url, now))


class CompanyResource(_Base):
    """Contract, Get events information."""

    async def on_get(self, req: Request, resp: Response) -> None:
        shown = await self._doors.read_company(req, _show_company)
        body = present.present_company(*shown, self._base_url, self._db.clock())
        resp.data = _encode(body)


class AttendeesResource(_Base):
    """Contract, Get attendee list: streamed, or a page where one is asked for."""

    async def on_get(self, req: Request, resp: Response, state: str = "") -> None:
        state = state.lower()
        if state and state not in decode.STATES:
            raise Missing("state.missing", state=state)
        filters = decode.read_filters(req)
        wanted = filters.judge(partial(decode.decode_attendee_filter, which=state))
        page = filters.judge(decode.decode_page)
        if page is not None:
            await self._answer_page(req, resp, wanted, *page)
            return
        event = await self._doors.read(req, _get_event)
        pieces = self._doors.stream(req, _stream, wanted, event.timezone)
        await stream_rows(resp, pieces, join_pieces)

    async def _answer_page(
        self, req: Request, resp: Response, wanted: AttendeeFilter, number: int, size: int
    ) -> None:
        event, attendees, has_more = await self._doors.read(
            req, _list_page, wanted, limit=size, skip=(number - 1) * size
        )
        links = [(number - 1, "prev")] * (number > 1) + [(number + 1, "next")] * has_more
        for page, name in links:
            resp.append_link(_page_url(self._base_url, req, page, size), name)
        clock = present.local_clock(event.timezone)
        resp.data = _encode(
            [
                present.present_attendee(attendee, clock, has_states=wanted.has_cancelled)
                for attendee in attendees
            ]
        )


class CheckResource(_Base):
    """Contract, Check an attendee's ticket."""

    async def on_post(self, req: Request, resp: Response, code: str) -> None:
        scan = await decode.decode_scan(req, code, self._db.clock())
        resp.data = await self._answer(req, show_token(req), scan)

    async def respond(self, req: DirectRequest) -> bytes:
        """The answer to a scan without body and query, past Falcon (http/fast_path.py)."""
        code = req.path.split("/")[CODE_PLACE]
        scan = decode.decode_bare_scan(req, code, self._db.clock())
        return await self._answer(req, show_bare_token(req), scan)

    async def _answer(self, req: Scoped, shown: ShownToken, scan: Scan) -> bytes:
        # Verified here, so that the writer waits for no signature.
        if (signed := read_signed(scan.code)) and not verify_ahead(signed):
            await self._doors.read_by(req, shown, _verify, scan.code)
        event, answer, attendee = await self._scan(req, shown, scan)
        clock = present.local_clock(event.timezone)
        _refuse(answer, scan, clock)
        return _encode(present.present_attendee(attendee, clock))

    async def _scan(self, req: Scoped, shown: ShownToken, scan: Scan) -> "_CheckAnswer":
        if found := await self._gathering.check_in(shown, scan):
            return _CheckAnswer(found.event, *found.admitted)
        return await self._doors.write_by(req, shown, _scan, check_in, scan)


class AttendeeResource(CheckResource):
    """Contract, Get attendee by ticket code; a POST checks the ticket, as the text's curl does."""

    async def on_get(self, req: Request, resp: Response, code: str) -> None:
        event, attendee = await self._doors.read(req, _find, decode.decode_code(code))
        clock = present.local_clock(event.timezone)
        resp.data = _encode(present.present_attendee(attendee, clock))


class UncheckResource(CheckResource):
    """An addition: take a check-in back."""

    async def _scan(self, req: Scoped, shown: ShownToken, scan: Scan) -> "_CheckAnswer":
        return await self._doors.write_by(req, shown, _scan, undo_check_in, scan)


class TicketKeysResource(_Base):
    """An addition: the public keys with which a device tells signed tickets from forgeries."""

    async def on_get(self, req: Request, resp: Response) -> None:
        keys = await self._doors.read(req, _list_keys)
        if not keys and req.method != "HEAD":  # the first device that asks has one made
            keys = await self._doors.write(req, _ensure_keys)
        resp.data = _encode({"keys": [present.present_ticket_key(key) for key in keys]})


class InvitationsResource(_Base):
    """Contract, Get invitations."""

    async def on_get(self, req: Request, resp: Response) -> None:
        event, campaigns = await self._doors.read(req, _list_campaigns)
        clock = present.local_clock(event.timezone)
        resp.data = _encode(
            [present.present_campaign(campaign, answers, clock) for campaign, answers in campaigns]
        )


class RecipientsResource(_Base):
    """Contract, Get invitation recipients."""

    async def on_get(self, req: Request, resp: Response, invitation_id: str) -> None:
        campaign_id = decode.decode_campaign_id(invitation_id)
        decode_filter = partial(decode.decode_invitee_filter, campaign_id=campaign_id)
        wanted = decode.read_filters(req).judge(decode_filter)
        org_id, found = await self._doors.read(req, _list_invitees, wanted)
        resp.data = _encode(
            [present.present_invitee(invitee, org_id, self._base_url) for invitee in found]
        )


class RecipientResource(_Base):
    """Contract, Recipient actions."""

    async def on_post(
        self, req: Request, resp: Response, invitation_id: str, recipient_id: str, action: str
    ) -> None:
        await decode.note_event(req)
        act = _ACTIONS.get(action.lower())
        if act is None:
            raise Missing("action.missing", action=action)
        campaign_id = decode.decode_campaign_id(invitation_id)
        number = decode.decode_invitee_id(recipient_id)
        org_id, invitee = await self._doors.write(req, _answer, campaign_id, number, act)
        resp.data = _encode(present.present_invitee(invitee, org_id, self._base_url))


_ACTIONS = {"confirm": confirm, "decline": decline}


def _page_url(base_url: str, req: Request, page: int, size: int) -> str:
    kept = {name: value for name, value in req.params.items() if name not in ("page", "per_page")}
    query = urlencode(kept | {"page": page, "per_page": size}, doseq=True)
    return f"{base_url}{req.path}.json?{query}"


# -- at the database -----------------------------------------------------------------------


class _EventAttendee(NamedTuple):
    event: Event
    attendee: Attendee


def _list_keys(tx: Tx, principal: Principal) -> list[TicketKey]:
    return list_ticket_keys(tx, principal.org_id)


def _ensure_keys(tx: Tx, principal: Principal) -> list[TicketKey]:
    ensure_ticket_key(tx, principal.org_id)
    return list_ticket_keys(tx, principal.org_id)


class _CheckAnswer(NamedTuple):
    event: Event
    answer: Answer
    attendee: Attendee


def _get_event(tx: Tx, principal: Principal) -> Event:
    return get_event(tx, principal.org_id, principal.event_id)


def _stream(tx: Tx, principal: Principal, wanted: AttendeeFilter, timezone: str) -> Pieces:
    rows = stream_attendees(tx, principal.org_id, principal.event_id, wanted)
    return make_array(present_rows(rows, timezone, has_states=wanted.has_cancelled))


def _show_event(tx: Tx, principal: Principal) -> tuple[EventView, Organization]:
    shown = get_shown_event(tx, principal.org_id, principal.event_id)
    return shown, get_organization_of(tx, principal.org_id)


def _show_company(
    tx: Tx, principal: Principal
) -> tuple[Organization, OrganizationProfile, list[EventView], dict[EventId, Programme], str]:
    events = list_shown_events(tx, principal.org_id, MOST_EVENTS)
    company = get_organization_of(tx, principal.org_id)
    profile = get_profile(tx, principal.org_id)
    programmes = list_programmes(tx, principal.org_id)
    return company, profile, events, programmes, find_contact_email(tx, principal.org_id)


def _list_page(
    tx: Tx, principal: Principal, wanted: AttendeeFilter, *, limit: int, skip: int
) -> tuple[Event, list[Attendee], bool]:
    event = get_event(tx, principal.org_id, principal.event_id)
    attendees, has_more = list_attendees(
        tx, principal.org_id, principal.event_id, wanted, limit=limit, skip=skip
    )
    return event, attendees, has_more


def _find(tx: Tx, principal: Principal, code: str) -> _EventAttendee:
    event = get_event(tx, principal.org_id, principal.event_id)
    return _EventAttendee(event, find_attendee(tx, principal.org_id, principal.event_id, code))


def _verify(tx: Tx, principal: Principal, code: str) -> None:
    find_plain_code(tx, principal.org_id, code)


def _scan(tx: Tx, principal: Principal, act: Act, scan: Scan) -> _CheckAnswer:
    event = get_event(tx, principal.org_id, principal.event_id)
    answer = act(tx, principal.org_id, principal.event_id, scan)
    return _with_attendee(tx, principal, event, answer, scan)


NOBODY = Attendee(NO_REGISTRATION, "", "", "", "", "", "", [])


def _with_attendee(
    tx: Tx, principal: Principal, event: Event, answer: Answer, scan: Scan
) -> _CheckAnswer:
    # A refusal is a value as far as here: its scan is to be kept.
    if answer.result not in (Result.ADMITTED, Result.UNDONE):
        return _CheckAnswer(event, answer, NOBODY)
    attendee = find_attendee(tx, principal.org_id, principal.event_id, scan.code)
    code = find_plain_code(tx, principal.org_id, scan.code)
    return _CheckAnswer(event, answer, attendee.as_answered(code, answer.first_at))


def _refuse(answer: Answer, scan: Scan, clock: present.Clock) -> None:
    """Raise what a refused scan is answered."""
    match answer.result:
        case Result.UNKNOWN | Result.ASK:
            raise Missing("ticket.unscannable", code=scan.code)
        case Result.REPEATED:
            when = "earlier" if answer.first_at is None else f"at {clock(answer.first_at)}"
            raise Conflict("ticket.checked", code=scan.code, when=when)
        case Result.CANCELLED:
            raise Conflict("ticket.scanned_cancelled", code=scan.code)
        case Result.ELSEWHERE:
            raise Conflict("ticket.elsewhere", code=scan.code)
        case Result.UNPAID:
            raise Conflict("ticket.unpaid", code=scan.code)


def _list_campaigns(
    tx: Tx, principal: Principal
) -> tuple[Event, list[tuple[Campaign, dict[str, int]]]]:
    event = get_event(tx, principal.org_id, principal.event_id)
    return event, list_campaigns(tx, principal.org_id, principal.event_id)


def _list_invitees(
    tx: Tx, principal: Principal, wanted: InviteeFilter
) -> tuple[OrgId, list[Invitee]]:
    return principal.org_id, list_invitees(tx, principal.org_id, principal.event_id, wanted)


def _answer(
    tx: Tx, principal: Principal, campaign_id: CampaignId, invitee_id: InviteeId, act: Any
) -> tuple[OrgId, Invitee]:
    get_invitee(tx, principal.org_id, principal.event_id, campaign_id, invitee_id)
    act(tx, principal.org_id, invitee_id, actor=principal.actor)
    invitee = get_invitee(tx, principal.org_id, principal.event_id, campaign_id, invitee_id)
    return principal.org_id, invitee
