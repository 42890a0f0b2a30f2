"""The audience report as a file, in every format of the reporting API. It names people: each file
is in the audit with how many it has, before its first byte is sent."""

from collections.abc import AsyncIterator
from tempfile import SpooledTemporaryFile
from typing import IO

from falcon.asgi import Request, Response

from turnout.core.audience.permissions import ReportedEvent
from turnout.core.audience.reports import ReportFile
from turnout.core.audience.turnout import count_turnout
from turnout.core.audit.recording import record
from turnout.core.events.model import Event
from turnout.core.ids import OrgId
from turnout.errors import Missing
from turnout.http.routing import without_head
from turnout.store import Tx
from turnout.web.console.events.going import lead_to
from turnout.web.console.page import ConsolePage, Visit
from turnout.web.console.report.query import ReportQuery, parse_report
from turnout.web.documents import NO_STORE

IN_MEMORY = 4_000_000
PIECE = 65_536


class ReportFilePage(ConsolePage):
    """`/console/{event}/report.{ending}`."""

    @without_head
    async def on_get(self, req: Request, resp: Response, scope: str, ending: str) -> None:
        """The file, with the filters of the report. Raises Missing, for an ending that there is
        not, too."""
        made = find_file(self.console.report_files, ending, req.path)
        query, form = parse_report(req)
        if form.faults:  # a filter that cannot be read would let in whom it was to keep out
            lead_to(resp, f"/console/{scope}/report?{req.query_string}")
            return
        file, count = await self.console.read(req, "report.export", _write, made, query)
        # Only the trace is written: a long report holds up nobody who writes.
        await self.console.trace(req, "report.export", _trace, ending, count)
        send_file(resp, file, made.content_type, f"report-{scope}.{ending}")


def find_file(files: tuple[ReportFile, ...], ending: str, path: str) -> ReportFile:
    """The format of that ending. Raises Missing."""
    for file in files:
        if file.ending == ending:
            return file
    raise Missing("path.missing", path=path)


def write_file(
    tx: Tx, org_id: OrgId, event: Event, made: ReportFile, query: ReportQuery
) -> tuple[IO[bytes], int]:
    """The report as a file, and how many people it has."""
    zone = query.zone(event.timezone)
    wanted = query.to_filter(zone)
    count = count_turnout(tx, org_id, event.id, wanted, zone).registered
    reported = ReportedEvent(event.id, event.title, event.starts_at, event.ends_at)
    # The one that sends it closes it.
    file: IO[bytes] = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115
    file.writelines(made.make(tx, org_id, reported, zone, wanted))
    return file, count


def send_file(resp: Response, file: IO[bytes], kind: str, name: str) -> None:
    """Answer with a file to keep, and close it."""
    resp.content_type = kind
    resp.content_length = file.tell()
    file.seek(0)
    resp.stream = _pieces(file)
    resp.set_header("Content-Disposition", f'attachment; filename="{name}"')
    resp.set_header("Cache-Control", NO_STORE)


def _write(visit: Visit, made: ReportFile, query: ReportQuery) -> tuple[IO[bytes], int]:
    return write_file(visit.tx, visit.org_id, visit.at, made, query)


def _trace(visit: Visit, ending: str, count: int) -> None:
    record(
        visit.tx,
        visit.org_id,
        visit.user.actor,
        "exported",
        "event",
        visit.at.id,
        what=f"report as {ending}",
        count=count,
    )


async def _pieces(file: IO[bytes]) -> AsyncIterator[bytes]:
    with file:
        while piece := file.read(PIECE):
            yield piece
