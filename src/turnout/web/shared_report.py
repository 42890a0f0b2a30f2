"""A report that somebody was given a link to: totals, and the files where an owner chose so."""

from typing import IO, NamedTuple

import falcon
from falcon.asgi import Request, Response

from turnout.core.audience.reports import ReportFile
from turnout.core.audience.sharing import (
    NOTED_MS,
    ReportLink,
    get_shared_report,
    note_opened,
    note_taken,
)
from turnout.core.events.programme import get_event
from turnout.core.identity.model import Organization
from turnout.core.identity.organizations import get_organization_of
from turnout.core.ids import OrgId
from turnout.errors import Missing
from turnout.http.dialect import Resource
from turnout.http.routing import without_head
from turnout.store import Database, Tx
from turnout.web.console.report.drawing import draw_report, percent
from turnout.web.console.report.files import find_file, send_file, write_file
from turnout.web.console.report.query import ReportQuery, read_query
from turnout.web.console.report.reading import Report, read_report
from turnout.web.console.words import render_console
from turnout.web.documents import NO_STORE


class SharedReport(NamedTuple):
    """What a link shows."""

    org_id: OrgId
    organization: Organization
    link: ReportLink
    query: ReportQuery
    report: Report


class SharedFile(NamedTuple):
    """A file that a link gives, and how many people it has."""

    org_id: OrgId
    link: ReportLink
    file: IO[bytes]
    people: int


class SharedReportResource(Resource):
    """`/summary/shared/{token}`."""

    def __init__(self, db: Database, files: tuple[ReportFile, ...]) -> None:
        self._db = db
        self._files = files

    async def on_get(self, req: Request, resp: Response, token: str) -> None:
        """The report. Raises Missing, Gone."""
        shared = await self._db.read(_read, token)
        if req.method == "GET" and _is_news(shared.link, shared.report.now):
            await self._db.write(note_opened, shared.org_id, shared.link)
        resp.content_type = falcon.MEDIA_HTML
        resp.set_header("Cache-Control", NO_STORE)
        resp.set_header("X-Robots-Tag", "noindex, nofollow")
        resp.text = render_console(
            "console/report/shared.html",
            organization=shared.organization,
            link=shared.link,
            query=shared.query,
            report=shared.report,
            charts=draw_report(shared.report, None),
            percent=percent,
            files=[file.ending for file in self._files] if shared.link.has_names else [],
            path=req.path,
        )


class SharedFileResource(Resource):
    """`/summary/shared/{token}/report.{ending}`."""

    def __init__(self, db: Database, files: tuple[ReportFile, ...]) -> None:
        self._db = db
        self._files = files

    @without_head
    async def on_get(self, req: Request, resp: Response, token: str, ending: str) -> None:
        """The file, with names. Raises Missing for a link that has none, Gone."""
        made = find_file(self._files, ending, req.path)
        shared = await self._db.read(_write, token, made)
        what = f"report as {ending}"
        await self._db.write(note_taken, shared.org_id, shared.link, what, shared.people)
        send_file(resp, shared.file, made.content_type, f"report.{ending}")
        resp.set_header("X-Robots-Tag", "noindex, nofollow")


def _read(tx: Tx, token: str) -> SharedReport:
    org_id, link = get_shared_report(tx, token)
    query, _ = read_query(link.query)
    event = get_event(tx, org_id, link.event_id)
    report = read_report(tx, org_id, event, query)
    return SharedReport(org_id, get_organization_of(tx, org_id), link, query, report)


def _write(tx: Tx, token: str, made: ReportFile) -> SharedFile:
    org_id, link = get_shared_report(tx, token)
    if not link.has_names:
        raise Missing("report_link.missing")
    query, _ = read_query(link.query)
    file, count = write_file(tx, org_id, get_event(tx, org_id, link.event_id), made, query)
    return SharedFile(org_id, link, file, count)


def _is_news(link: ReportLink, now: int) -> bool:
    return link.opened_at is None or link.opened_at + NOTED_MS <= now
