"""The endpoints; each is decode, one verb, present."""

import csv
import io
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AsyncExitStack
from typing import Any, NamedTuple

import msgspec
from falcon.asgi import Request, Response

from turnout.core.audience.model import Registrant
from turnout.core.audience.readers import (
    Reader,
    list_reported_events,
    require_event,
)
from turnout.core.audience.reporting import (
    list_custom_questions,
    read_registrant,
    stream_registrants,
)
from turnout.core.events.model import Event
from turnout.dialects.reporting import decode, envelope, present
from turnout.dialects.reporting.auth import Readers
from turnout.dialects.reporting.errors import JSON, XML
from turnout.http.dialect import Resource
from turnout.http.streaming import ClosingBody
from turnout.store import Database, Tx

CSV = "text/csv; charset=utf-8"
_encode = msgspec.json.Encoder().encode


class Parts(msgspec.Struct, frozen=True):
    """What the API is put together from."""

    db: Database
    readers: Readers


class _Base(Resource):
    """An endpoint that GET and POST ask alike; `form` is xml, json or csv."""

    def __init__(self, parts: Parts, form: str = "xml") -> None:
        self._db = parts.db
        self._readers = parts.readers
        self._form = form

    async def on_get(self, req: Request, resp: Response) -> None:
        envelope.wants_json.set(self._form != "xml")
        given = await decode.read_parameters(req)
        decode.check_version(given)
        resp.set_header("Cache-Control", "no-store")
        await self.answer(req, resp, given)

    async def on_post(self, req: Request, resp: Response) -> None:
        await self.on_get(req, resp)

    async def answer(self, req: Request, resp: Response, given: decode.Parameters) -> None:
        raise NotImplementedError

    def _succeed(self, resp: Response, success: dict[str, Any]) -> None:
        result = {"returnCode": 1, "success": success}
        now = self._db.clock()
        is_json = self._form == "json"
        resp.content_type = JSON if is_json else XML
        resp.data = envelope.to_json(now, result) if is_json else envelope.to_xml(now, result)


class LoginResource(_Base):
    """Contract, Authentication."""

    async def answer(self, req: Request, resp: Response, given: decode.Parameters) -> None:
        session_id, user_id = await self._readers.sign_in(req, given)
        success = {
            "sessionid": {"description": "Authenticated session ID.", "value": session_id},
            "userid": {"description": "Authenticated user ID.", "value": user_id},
        }
        self._succeed(resp, success)


class EventListResource(_Base):
    """Contract, Event ID List Request."""

    async def answer(self, req: Request, resp: Response, given: decode.Parameters) -> None:
        self._succeed(resp, {"event_list": {"event_info": await self._list(given)}})

    async def _list(self, given: decode.Parameters) -> list[envelope.Attributes]:
        reader = await self._readers.admit(given)
        events = await self._db.read(list_reported_events, reader)
        now = self._db.clock()
        return [present.present_event(each, now) for each in events]


class AllEventsResource(EventListResource):
    """The older sibling of the event list."""

    async def answer(self, req: Request, resp: Response, given: decode.Parameters) -> None:
        found = await self._list(given)
        self._succeed(resp, {"event_list": {"core_event": {"event_info": found}}})


class _Report(NamedTuple):
    """What a report is of."""

    event: Event
    zone: str
    now: int
    questions: list[str]


class ReportResource(_Base):
    """Contract, Event Report Request: streamed."""

    async def answer(self, req: Request, resp: Response, given: decode.Parameters) -> None:
        reader = await self._readers.admit(given)
        event_id = decode.decode_event_id(given)
        zone = decode.decode_zone(given)
        wanted = decode.decode_filter(given, zone)
        is_csv = self._form == "csv"
        event, questions = await self._db.read(_open, reader, event_id, has_columns=is_csv)
        report = _Report(event, zone, self._db.clock(), questions)
        open_stream = AsyncExitStack()
        rows = await open_stream.enter_async_context(
            self._db.stream(stream_registrants, reader.org_id, event_id, wanted)
        )
        write, kind = _FORMS[self._form]
        resp.content_type = kind
        if is_csv:
            resp.set_header(
                "Content-Disposition", f'attachment; filename="audience-{event_id}.csv"'
            )
        resp.stream = ClosingBody(write(aiter(rows), report), open_stream)


Batches = AsyncIterator[list[tuple[Any, ...]]]


async def _write_xml(batches: Batches, report: _Report) -> AsyncIterator[bytes]:
    clock = present.clock_of(report.zone)
    head = [
        envelope.xml_head(report.now, report.zone),
        "<result>\n<returnCode>1</returnCode>\n<success>\n",
        envelope.element("eventid", report.event.id),
        envelope.element("eventtitle", report.event.title),
        "<attendee_list>\n",
    ]
    yield "".join(head).encode()
    async for rows in batches:
        yield b"".join(present.to_xml(each, clock) for each in _read(rows))
    yield f"</attendee_list>\n</success>\n</result>\n{envelope.XML_TAIL}".encode()


async def _write_json(batches: Batches, report: _Report) -> AsyncIterator[bytes]:
    clock = present.clock_of(report.zone)
    whole = envelope.to_json(
        report.now,
        {
            "returnCode": 1,
            "success": {
                "eventid": report.event.id,
                "eventtitle": envelope.clean(report.event.title),
                "attendee_list": {"attendee": []},
            },
        },
        report.zone,
    )
    head, tail = whole[: whole.rindex(b"]")], whole[whole.rindex(b"]") :]
    yield head
    separator = b""
    async for rows in batches:
        if rows:
            yield separator + b",".join(present.to_json(each, clock) for each in _read(rows))
            separator = b","
    yield tail


async def _write_csv(batches: Batches, report: _Report) -> AsyncIterator[bytes]:
    clock = present.clock_of(report.zone)
    yield _to_csv([present.heading(report.questions)])
    async for rows in batches:
        yield _to_csv(present.to_row(each, clock, report.questions) for each in _read(rows))


_FORMS: dict[str, tuple[Callable[[Batches, _Report], AsyncIterator[bytes]], str]] = {
    "xml": (_write_xml, XML),
    "json": (_write_json, JSON),
    "csv": (_write_csv, CSV),
}


def _read(rows: list[tuple[Any, ...]]) -> Iterable[Registrant]:
    return map(read_registrant, rows)


def _to_csv(rows: Iterable[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _open(tx: Tx, reader: Reader, event_id: int, *, has_columns: bool) -> tuple[Event, list[str]]:
    event = require_event(tx, reader, event_id)
    questions = list_custom_questions(tx, reader.org_id, event_id) if has_columns else []
    return event, questions
