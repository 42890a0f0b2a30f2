"""The endpoints; each is decode, one verb, present."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial
from typing import Any
from urllib.parse import quote

import falcon
import msgspec
from falcon.asgi import Request, Response

from turnout.core.exams import adjusting, leaving, planning, printing, searching, seating
from turnout.core.exams.model import SittingRecord
from turnout.core.exams.printing import Link, Opening
from turnout.core.identity.link_keys import ensure_link_key
from turnout.dialects.booking import decode, present
from turnout.dialects.booking.auth import Developers
from turnout.dialects.booking.errors import SIGN_IN
from turnout.dialects.booking.papers import PaperDesk
from turnout.errors import Invalid, Missing, Unauthenticated
from turnout.http.dialect import Resource
from turnout.http.readings import Readings
from turnout.http.streaming import ClosingBody
from turnout.store import Database

_encode = msgspec.json.Encoder().encode

Given = Readings[decode.Members]
SIGN_IN_PAGE = "/sign-in"
# The organization of the member who is signed in. Raises Unauthenticated.
FindMember = Callable[[Request], Awaitable[int]]


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
        developer = await self._developers.admit_to_calendar(req)
        organization = developer.organization
        zone = organization.timezone
        day = decode.decode_date(decode.get_query(req, "date"), zone)
        found = await self._db.read(searching.list_calendar, developer.org_id, zone, day)
        resp.data = _encode(
            [present.present_entry(each, organization.slug, zone, self._base_url) for each in found]
        )


class EventResource(_Base):
    """Contract, Add a new event."""

    async def on_post(self, req: Request, resp: Response, event: str) -> None:
        developer = await self._developers.admit(req)
        uuid = decode.decode_guid(event)
        wanted = (await decode.read_members(req)).judge(decode.decode_exam)
        exam = await self._db.write(
            planning.add_exam, developer.org_id, uuid, wanted, actor=developer.actor
        )
        resp.data = _encode({"Exam": exam.uuid, "event": exam.uuid})


class CancelEventResource(_Base):
    """Contract, cancel an event."""

    async def on_post(self, req: Request, resp: Response, event: str) -> None:
        developer = await self._developers.admit(req)
        uuid = decode.decode_guid(event)
        await decode.read_members(req)
        await self._db.write(planning.cancel_exam, developer.org_id, uuid, actor=developer.actor)
        resp.data = _encode("OK")


class ClassesResource(_Base):
    """Contract, classes: for anybody."""

    is_open = True

    async def on_get(self, req: Request, resp: Response) -> None:
        uuid = decode.decode_guid(decode.get_query(req, "organization"))
        found = await self._db.read(searching.list_classes, uuid)
        resp.data = _encode([present.present_class(each) for each in found])


class ScrapPaperResource(_Base):
    """Contract, scrap-paper: for anybody, and always 200."""

    is_open = True

    async def on_get(self, req: Request, resp: Response) -> None:
        try:
            uuid = decode.decode_guid(decode.get_query(req, "id"))
        except Invalid:
            uuid = ""
        url = await self._make_link(uuid, await self._developers.find(req)) if uuid else ""
        resp.content_type = "text/plain; charset=utf-8"
        resp.set_header("Cache-Control", "no-store")
        resp.text = url or "OK"

    async def _make_link(self, uuid: str, asked_by: int) -> str | None:
        make = printing.make_link
        url = await self._db.read(make, uuid, self._base_url, asked_by=asked_by)
        if url is None:
            await self._db.write(ensure_link_key)
            url = await self._db.read(make, uuid, self._base_url, asked_by=asked_by)
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
        org_id = await self._developers.find(req)
        if not org_id:
            org_id = await self._ask_member(req)
        if org_id != link.org_id:
            raise Missing("link.missing")

    async def _ask_member(self, req: Request) -> int:
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
        developer = await self._developers.admit(req)
        wanted = (await decode.read_members(req)).judge(decode.decode_filter)
        resp.data = _encode(await self._db.read(searching.count_found, developer.org_id, wanted))


class SearchResource(_Base):
    """Contract, Search registrations: streamed."""

    async def on_post(self, req: Request, resp: Response) -> None:
        developer = await self._developers.admit(req)
        wanted = (await decode.read_members(req)).judge(decode.decode_filter)
        open_stream = AsyncExitStack()
        rows = await open_stream.enter_async_context(
            self._db.stream(searching.stream_found, developer.org_id, wanted)
        )
        zone = developer.organization.timezone
        resp.stream = ClosingBody(_present_rows(aiter(rows), zone), open_stream)


class RegistrationResource(_Base):
    """Contract, Retrieve and Delete a registration."""

    async def on_get(self, req: Request, resp: Response, registration: str) -> None:
        developer = await self._developers.admit(req)
        uuid = decode.decode_guid(registration)
        found = await self._db.read(searching.get_found_sitting, developer.org_id, uuid)
        resp.data = _encode(present.present_sitting(found, developer.organization.timezone))

    async def on_delete(self, req: Request, resp: Response, registration: str) -> None:
        developer = await self._developers.admit(req)
        uuid = decode.decode_guid(registration)
        await self._db.write(leaving.delete_sitting, developer.org_id, uuid, actor=developer.actor)
        resp.data = _encode(uuid)


class _Command(_Base):
    """A command to one registration: `act` says what is answered."""

    async def on_post(self, req: Request, resp: Response, registration: str) -> None:
        developer = await self._developers.admit(req)
        uuid = decode.decode_guid(registration)
        members = await decode.read_members(req)
        resp.data = _encode(await self.act(developer.org_id, uuid, members, developer.actor))

    async def act(self, org_id: int, uuid: str, members: Given, actor: str) -> object:
        raise NotImplementedError


class RegisterResource(_Command):
    """Contract, Create a registration."""

    async def act(self, org_id: int, uuid: str, members: Given, actor: str) -> object:
        new = members.judge(partial(decode.decode_new_sitting, uuid))
        exam = await self._db.write(seating.book_seat, org_id, new, actor=actor)
        return {"Exam": exam, "registration": uuid}


class TransferResource(_Command):
    """Contract, Transfer a registration."""

    async def act(self, org_id: int, uuid: str, members: Given, actor: str) -> object:
        move = members.judge(decode.decode_move)
        exam = await self._db.write(seating.move_candidate, org_id, uuid, move, actor=actor)
        return {"Exam": exam, "registration": uuid}


class CancelResource(_Command):
    """Contract, Cancel a registration."""

    async def act(self, org_id: int, uuid: str, members: Given, actor: str) -> object:
        reason = members.judge(decode.decode_reason)
        await self._db.write(leaving.cancel_sitting, org_id, uuid, reason, actor=actor)
        return "OK"


class ChangeAssessmentResource(_Command):
    """Contract, Assign an assessment to a registration."""

    async def act(self, org_id: int, uuid: str, members: Given, actor: str) -> object:
        code = members.judge(decode.decode_assessment)
        form = await self._db.write(adjusting.assign_form, org_id, uuid, code, actor=actor)
        return {"form": form, "registration": uuid}


class GrantResource(_Command):
    """Contract, Add an accommodation to a registration."""

    async def act(self, org_id: int, uuid: str, members: Given, actor: str) -> object:
        granted = members.judge(decode.decode_accommodation)
        await self._db.write(adjusting.grant_accommodation, org_id, uuid, granted, actor=actor)
        return uuid


class RevokeResource(_Command):
    """Contract, Remove an accommodation from a registration."""

    async def act(self, org_id: int, uuid: str, members: Given, actor: str) -> object:
        type_ = members.judge(decode.decode_type)
        await self._db.write(adjusting.revoke_accommodation, org_id, uuid, type_, actor=actor)
        return uuid


async def _present_rows(
    batches: AsyncIterator[list[tuple[Any, ...]]], timezone: str
) -> AsyncIterator[bytes]:
    """A JSON array, a batch of rows at a time."""
    opening = b"["
    async for rows in batches:
        if rows:
            found = (present.present_row(SittingRecord(*row), timezone) for row in rows)
            yield opening + b",".join(map(_encode, found))
            opening = b","
    yield b"[]" if opening == b"[" else b"]"
