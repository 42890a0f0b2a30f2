"""`/console/{scope}/log.csv`: who changed what, as a file, with the filters of the page."""

from collections.abc import Iterator
from tempfile import SpooledTemporaryFile
from typing import IO

import msgspec
from falcon.asgi import Request, Response

from turnout.core.audit.recording import LogFilter
from turnout.core.times import stamp
from turnout.formats.spreadsheets import csv_line, to_csv
from turnout.http.routing import without_head
from turnout.web.console.log import PERMISSION, Change, Line, read_filter, read_log
from turnout.web.console.page import ConsolePage, Visit
from turnout.web.console.people.files import IN_MEMORY, send_file

STRETCH = 1000
HEADINGS = ("Time (UTC)", "Who", "What", "Of", "Number", "Name", "Changes")


class LogCsv(ConsolePage):
    """`/console/{scope}/log.csv`."""

    @without_head
    async def on_get(self, req: Request, resp: Response, scope: str) -> None:
        """The file, newest first. Raises Denied, Missing."""
        file = await self.console.read(req, PERMISSION, write_log, read_filter(req))
        send_file(resp, file, "text/csv; charset=utf-8", f"log-{scope}.csv")


def write_log(visit: Visit, wanted: LogFilter) -> IO[bytes]:
    """All changes that are asked for, as CSV."""
    # The one that sends it closes it.
    file: IO[bytes] = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115
    file.write(to_csv([HEADINGS]))
    for line in _lines(visit, wanted):
        file.write(csv_line(_row(line)).encode())
    return file


def _lines(visit: Visit, wanted: LogFilter) -> Iterator[Line]:
    while True:
        view = read_log(visit, wanted, STRETCH)
        yield from view.lines
        if not view.has_more:
            return
        wanted = msgspec.structs.replace(wanted, before=view.lines[-1].line.id)


def _row(line: Line) -> list[str]:
    number = str(line.line.noun_id or "")
    changes = "; ".join(map(_say, line.changes))
    return [stamp(line.line.at), line.actor, line.what, line.noun, number, line.name, changes]


def _say(change: Change) -> str:
    if change.before is None:
        return f"{change.name}: {change.after}"
    return f"{change.name}: {change.before} \u2192 {change.after}"
