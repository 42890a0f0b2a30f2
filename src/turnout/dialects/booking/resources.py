"""The endpoints; each is decode, one verb, present."""

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar
from urllib.parse import quote

import falcon
import msgspec
from falcon.asgi import Request, Response

from turnout.core.exams import adjusting, leaving, planning, printing, searching, seating
from turnout.core.exams.model import SittingFilter, SittingRecord
from turnout.core.exams.printing import Link, Opening
from turnout.core.exams.searching import CalendarEntry
from turnout.core.identity.link_keys import ensure_link_key
from turnout.core.identity.model import Organization, Principal
from turnout.core.identity.organizations import get_organization_of
from turnout.core.ids import OrgId
from turnout.dialects import FindMember
from turnout.dialects.booking import decode, present
from turnout.dialects.booking.auth import Developers
from turnout.dialects.booking.errors import SIGN_IN
from turnout.dialects.booking.papers import PaperDesk
from turnout.errors import Failure, Invalid, Missing, Unauthenticated
from turnout.http.admission import Pieces
from turnout.http.dialect import Resource
from turnout.http.fast_path import DirectRequest, Incoming
from turnout.http.readings import Readings
from turnout.http.streaming import join_pieces, make_array, stream_rows
from turnout.store import Database, Tx

_encode = msgspec.json.Encoder().encode
T = TypeVar("T")

Given = Readings[decode.Members]
SIGN_IN_PAGE = "/console/sign-in"
# Which part of a path of `register-lax` is the registration's GUID.
REGISTRATION_PLACE = 3


class Parts(msgspec.Struct, frozen=True):
    """What the API is put together from."""

    db: Database
    developers: Developers
    base_url: str
    find_member: FindMember


class _Base(Resource):
    def __init__(self, parts: Parts) -> None:
        self._db = parts.db
        self._developers = parts.developers
        self._base_url = parts.base_url


# -- events --------------------------------------------------------------------------------


class CalendarResource(_Base):
    """Contract, list-events."""

    is_open = True

    async def on_get(self, req: Request, resp: Response) -> None:
        try:
            date = decode.get_query(req, "date")
        except Failure:
            await self._developers.read_calendar(req, _find_org)  # strangers are told nothing else
            raise
        found, of = await self._developers.read_calendar(req, _list_calendar, date)
        resp.data = _encode(
            [present.present_entry(entry, of.slug, of.timezone, self._base_url) for entry in found]
        )


class EventResource(_Base):
    """Contract, Add a new event."""

    async def on_post(self, req: Request, resp: Response, event: str) -> None:
        async with self._developers.refusing_strangers(req):
            uuid = decode.decode_guid(event)
            wanted = (await decode.read_members(req)).judge(decode.decode_exam)
        exam = await self._developers.write(req, _act, planning.add_exam, uuid, wanted)
        resp.data = _encode({"Exam": exam.uuid, "event": exam.uuid})


class CancelEventResource(_Base):
    """Contract, cancel an event."""

    async def on_post(self, req: Request, resp: Response, event: str) -> None:
        async with self._developers.refusing_strangers(req):
            uuid = decode.decode_guid(event)
            await decode.read_members(req)
        await self._developers.write(req, _act, planning.cancel_exam, uuid)
        resp.data = _encode("OK")


class ClassesResource(_Base):
    """Contract, classes: for anybody."""

    is_open = True

    async def on_get(self, req: Request, resp: Response) -> None:
        uuid = decode.decode_guid(decode.get_query(req, "organization"))
        found = await self._db.read(searching.list_classes, uuid)
        resp.data = _encode([present.present_class(exam) for exam in found])


class ScrapPaperResource(_Base):
    """Contract, scrap-paper: for anybody, and always 200."""

    is_open = True

    async def on_get(self, req: Request, resp: Response) -> None:
        try:
            uuid = decode.decode_guid(decode.get_query(req, "id"))
        except Invalid:
            uuid = ""
        url = await self._make_link(req, uuid) if uuid else ""
        resp.content_type = "text/plain; charset=utf-8"
        resp.set_header("Cache-Control", "no-store")
        resp.text = url or "OK"

    async def _make_link(self, req: Request, uuid: str) -> str | None:
        url = await self._developers.read_for_anybody(req, _make_link, uuid, self._base_url)
        if url is None:
            await self._db.write(ensure_link_key)
            url = await self._developers.read_for_anybody(req, _make_link, uuid, self._base_url)
        return url


class PaperResource(_Base):
    """`/scrap-paper/{token}`: the paper that a link leads to."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        self._find_member = parts.find_member
        self._desk = PaperDesk(parts.db.clock)

    async def on_get(self, req: Request, resp: Response, token: str) -> None:
        """Answer the PDF. Raises Missing, Gone, and Unauthenticated for a stranger with a link
        that only members open; somebody of another organization is told that there is nothing."""
        first = decode.decode_first(req)
        link = await self._db.read(printing.read_link, token)
        if link.opening is Opening.MEMBERS:
            await self._check_member(req, link)
        paper = await self._db.read(printing.read_scrap_paper, link.org_id, link.event_id, first)
        resp.content_type = "application/pdf"
        resp.set_header("Cache-Control", "no-store")
        resp.data = await self._desk.get_pdf(link.org_id, paper)

    async def _check_member(self, req: Request, link: Link) -> None:
        org_id = await self._developers.read_for_anybody(req, _find_org)
        if not org_id:
            org_id = await self._ask_member(req)
        if org_id != link.org_id:
            raise Missing("link.missing")

    async def _ask_member(self, req: Request) -> OrgId:
        try:
            return await self._find_member(req)
        except Unauthenticated as refusal:
            if "text/html" in req.accept.lower() and not req.get_header("Authorization"):
                where = quote(req.relative_uri, safe="")
                raise falcon.HTTPSeeOther(
                    f"{SIGN_IN_PAGE}?next={where}", headers={"Cache-Control": "no-store"}
                ) from refusal
            raise Unauthenticated(SIGN_IN) from refusal


# -- registrations -------------------------------------------------------------------------


class CountResource(_Base):
    """Contract, Count registrations."""

    async def on_post(self, req: Request, resp: Response) -> None:
        async with self._developers.refusing_strangers(req):
            wanted = (await decode.read_members(req)).judge(decode.decode_filter)
        resp.data = _encode(await self._developers.read(req, _count, wanted))


class SearchResource(_Base):
    """Contract, Search registrations: streamed."""

    async def on_post(self, req: Request, resp: Response) -> None:
        async with self._developers.refusing_strangers(req):
            wanted = (await decode.read_members(req)).judge(decode.decode_filter)
        zone = await self._developers.read(req, _find_zone)
        pieces = self._developers.stream(req, _search, wanted, zone)
        await stream_rows(resp, pieces, join_pieces)


class RegistrationResource(_Base):
    """Contract, Retrieve and Delete a registration."""

    async def on_get(self, req: Request, resp: Response, registration: str) -> None:
        uuid = await self._decode_uuid(req, registration)
        found, zone = await self._developers.read(req, _get_sitting, uuid)
        resp.data = _encode(present.present_sitting(found, zone))

    async def on_delete(self, req: Request, resp: Response, registration: str) -> None:
        uuid = await self._decode_uuid(req, registration)
        await self._developers.write(req, _act, leaving.delete_sitting, uuid)
        resp.data = _encode(uuid)

    async def _decode_uuid(self, req: Request, registration: str) -> str:
        async with self._developers.refusing_strangers(req):
            return decode.decode_guid(registration)


class _Command(_Base):
    """A command to one registration."""

    verb: Callable[..., Any]

    async def on_post(self, req: Request, resp: Response, registration: str) -> None:
        async with self._developers.refusing_strangers(req):
            uuid = decode.decode_guid(registration)
            members = await decode.read_members(req)
            args = self.read(uuid, members)
        done = await self._developers.write(req, _act, self.verb, *args)
        resp.data = _encode(self.answer(uuid, done))

    def read(self, uuid: str, members: Given) -> tuple[Any, ...]:
        """The verb's arguments, from the registration's GUID and the body."""
        raise NotImplementedError

    def answer(self, uuid: str, done: Any) -> object:
        """The answer, from what the verb returned."""
        raise NotImplementedError


class RegisterResource(_Base):
    """Contract, Create a registration."""

    async def on_post(self, req: Request, resp: Response, registration: str) -> None:
        resp.data = await self._answer(req, registration)

    async def respond(self, req: DirectRequest) -> bytes:
        """The answer past Falcon (http/fast_path.py)."""
        return await self._answer(req, req.path.split("/")[REGISTRATION_PLACE])

    async def _answer(self, req: Incoming, registration: str) -> bytes:
        async with self._developers.refusing_strangers(req):
            uuid = decode.decode_guid(registration)
            members = await decode.read_members(req)
            new = members.judge(partial(decode.decode_new_sitting, uuid))
        return _encode({"Exam": await self._developers.book_seat(req, new), "registration": uuid})


class TransferResource(_Command):
    """Contract, Transfer a registration."""

    verb = staticmethod(seating.move_candidate)

    def read(self, uuid: str, members: Given) -> tuple[Any, ...]:
        return uuid, members.judge(decode.decode_move)

    def answer(self, uuid: str, done: str) -> object:
        return {"Exam": done, "registration": uuid}


class CancelResource(_Command):
    """Contract, Cancel a registration."""

    verb = staticmethod(leaving.cancel_sitting)

    def read(self, uuid: str, members: Given) -> tuple[Any, ...]:
        return uuid, members.judge(decode.decode_reason)

    def answer(self, uuid: str, done: object) -> object:
        return "OK"


class ChangeAssessmentResource(_Command):
    """Contract, Assign an assessment to a registration."""

    verb = staticmethod(adjusting.assign_form)

    def read(self, uuid: str, members: Given) -> tuple[Any, ...]:
        return uuid, members.judge(decode.decode_assessment)

    def answer(self, uuid: str, done: str) -> object:
        return {"form": done, "registration": uuid}


class GrantResource(_Command):
    """Contract, Add an accommodation to a registration."""

    verb = staticmethod(adjusting.grant_accommodation)

    def read(self, uuid: str, members: Given) -> tuple[Any, ...]:
        return uuid, members.judge(decode.decode_accommodation)

    def answer(self, uuid: str, done: object) -> object:
        return uuid


class RevokeResource(_Command):
    """Contract, Remove an accommodation from a registration."""

    verb = staticmethod(adjusting.revoke_accommodation)

    def read(self, uuid: str, members: Given) -> tuple[Any, ...]:
        return uuid, members.judge(decode.decode_type)

    def answer(self, uuid: str, done: object) -> object:
        return uuid


# -- at the database -----------------------------------------------------------------------


def _act(tx: Tx, principal: Principal, verb: Callable[..., T], *args: object) -> T:
    """A verb of the core, in the principal's organization and name."""
    return verb(tx, principal.org_id, *args, actor=principal.actor)


def _list_calendar(
    tx: Tx, principal: Principal, date: str
) -> tuple[list[CalendarEntry], Organization]:
    organization = get_organization_of(tx, principal.org_id)
    zone = organization.timezone
    day = decode.decode_date(date, zone)
    return searching.list_calendar(tx, principal.org_id, zone, day), organization


def _make_link(tx: Tx, principal: Principal, uuid: str, base_url: str) -> str | None:
    return printing.make_link(tx, uuid, base_url, asked_by=principal.org_id)


def _find_org(_tx: Tx, principal: Principal) -> OrgId:
    return principal.org_id


def _find_zone(tx: Tx, principal: Principal) -> str:
    return get_organization_of(tx, principal.org_id).timezone


def _count(tx: Tx, principal: Principal, wanted: SittingFilter) -> int:
    return searching.count_found(tx, principal.org_id, wanted)


def _search(tx: Tx, principal: Principal, wanted: SittingFilter, timezone: str) -> Pieces:
    found = searching.stream_found(tx, principal.org_id, wanted)
    return make_array(map(present.Rows(timezone).present, found))


def _get_sitting(tx: Tx, principal: Principal, uuid: str) -> tuple[SittingRecord, str]:
    found = searching.get_found_sitting(tx, principal.org_id, uuid)
    return found, _find_zone(tx, principal)
