"""The endpoints; each is decode, one verb, present."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import msgspec
from falcon.asgi import Request, Response

from turnout.core.audience.permissions import (
    ReportedEvent,
    list_reported_events,
    require_event,
)
from turnout.core.audience.summary import Summary, summarize
from turnout.core.identity.model import Principal
from turnout.core.ids import EventId, OrgId
from turnout.dialects.reporting import present
from turnout.dialects.reporting.auth import Sessions
from turnout.dialects.reporting.decode import (
    check_version,
    decode_event,
    decode_ids,
    decode_mark,
    decode_report,
    read_parameters,
)
from turnout.dialects.reporting.envelope import (
    CSV_TYPE,
    JSON_TYPE,
    XML_TYPE,
    Element,
    Many,
    Moment,
    json_envelope,
    xml_envelope,
)
from turnout.dialects.reporting.errors import wants_json
from turnout.formats.workbook import CONTENT_TYPE as XLSX_TYPE
from turnout.http.client_address import address_of
from turnout.http.dialect import Resource
from turnout.http.routing import acts
from turnout.http.streaming import join_pieces, stream_rows
from turnout.store import Database, Tx


class Parts(msgspec.Struct, frozen=True):
    """What the API is put together from."""

    db: Database
    sessions: Sessions


class Format(NamedTuple):
    """One format of a report, and how it is made."""

    content_type: str
    make: Callable[..., present.Report]
    ending: str = ""


# A format with an ending is a file to keep.
FORMATS = {
    "": Format(XML_TYPE, present.xml_report),
    "/json": Format(JSON_TYPE, present.json_report),
    "/csv": Format(CSV_TYPE, present.csv_report, "csv"),
    "/xlsx": Format(XLSX_TYPE, present.xlsx_report, "xlsx"),
}


class _Base(Resource):
    def __init__(self, parts: Parts) -> None:
        self._db = parts.db
        self._sessions = parts.sessions

    async def on_post(self, req: Request, resp: Response) -> None:
        """As a GET: parameters may come in a form."""
        await self.on_get(req, resp)

    async def on_get(self, req: Request, resp: Response) -> None:
        """Answer it."""
        raise NotImplementedError

    def _answer(self, resp: Response, result: list[Element | Many]) -> None:
        is_json = wants_json.get()
        resp.content_type = JSON_TYPE if is_json else XML_TYPE
        make = json_envelope if is_json else xml_envelope
        resp.data = make(Moment(self._db.clock()), result)


class LoginResource(_Base):
    """Contract, Authentication."""

    @acts
    async def on_get(self, req: Request, resp: Response) -> None:
        given = await read_parameters(req)
        given.judge(check_version)
        first = given.first
        username, password = first.get("username", ""), first.get("password", "")
        ids = await self._sessions.login(username, password, address_of(req.scope))
        self._answer(resp, present.present_login(*ids))


class EventListResource(_Base):
    """Contract, Event ID List Request."""

    _is_core = False

    async def on_get(self, req: Request, resp: Response) -> None:
        given = await read_parameters(req)
        events = await self._sessions.read(decode_ids(given.first), _list_events)
        given.judge(check_version)
        now = self._db.clock()
        self._answer(resp, present.present_events(events, now, is_core=self._is_core))


class CoreListResource(EventListResource):
    """The event list's older sibling, which real clients use."""

    _is_core = True


class ReportResource(_Base):
    """Contract, Event Report Request: streamed."""

    def __init__(self, parts: Parts, chosen: Format) -> None:
        super().__init__(parts)
        self._format = chosen

    async def on_get(self, req: Request, resp: Response) -> None:
        given = await read_parameters(req)
        ids = decode_ids(given.first)
        await self._sessions.read(ids, _nothing)  # a stranger is told nothing but that
        asked = given.judge(decode_report)
        mark = given.judge(decode_mark)
        org_id, event = await self._sessions.read(ids, _open_event, asked.event_id)
        moment = Moment(self._db.clock(), asked.zone)
        rows = self._db.stream(self._format.make, org_id, event, moment, asked.wanted)
        resp.content_type = self._format.content_type
        if self._format.ending:
            name = f"audience_report_{event.id}.{self._format.ending}"
            resp.set_header("Content-Disposition", f'attachment; filename="{name}"')
        opening = mark if self._format.content_type == CSV_TYPE else b""
        await stream_rows(resp, rows, partial(join_pieces, opening=opening))


class SummaryResource(_Base):
    """An addition: an event in figures, as JSON."""

    async def on_get(self, req: Request, resp: Response) -> None:
        given = await read_parameters(req)
        ids = decode_ids(given.first)
        await self._sessions.read(ids, _nothing)
        given.judge(check_version)
        found = await self._sessions.read(ids, _summarize, given.judge(decode_event))
        resp.content_type = JSON_TYPE
        resp.data = present.present_summary(*found, Moment(self._db.clock()))


def _nothing(_tx: Tx, _login: Principal) -> None:
    return None


def _list_events(tx: Tx, principal: Principal) -> list[ReportedEvent]:
    return list_reported_events(tx, principal)


def _summarize(tx: Tx, principal: Principal, event_id: EventId) -> tuple[ReportedEvent, Summary]:
    event = require_event(tx, principal, event_id)
    return event, summarize(tx, principal.org_id, event_id)


def _open_event(tx: Tx, principal: Principal, event_id: EventId) -> tuple[OrgId, ReportedEvent]:
    return principal.org_id, require_event(tx, principal, event_id)
