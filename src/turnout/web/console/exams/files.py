"""`/console/{event}/exams/roll.pdf`, `roll.xlsx` and `paper.pdf`: what invigilators carry. Each
file is in the audit with how many candidates it has, before its first byte is sent."""

import asyncio
import io
from typing import NamedTuple

from falcon.asgi import Request, Response

from turnout.core.audit.recording import record
from turnout.core.events.showing import get_shown_event
from turnout.core.exams.lists import Room, get_settings
from turnout.core.exams.model import Exam
from turnout.core.exams.printing import ScrapPaper, draw_scrap_paper, read_scrap_paper
from turnout.core.exams.rolls import Candidate, draw_roll, get_room, roll_workbook
from turnout.core.mails.languages import event_language
from turnout.formats.pdf import PaperSize
from turnout.http.routing import without_head
from turnout.web.console.exams.one import read_candidates
from turnout.web.console.page import ConsolePage, Visit
from turnout.web.documents import NO_STORE

PDF = "application/pdf"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Roll(NamedTuple):
    """What the list of candidates is drawn of."""

    exam: Exam
    room: Room | None
    candidates: list[Candidate]
    size: PaperSize
    language: str


class RollPdf(ConsolePage):
    """`/console/{event}/exams/roll.pdf`: the list to sign."""

    @without_head
    async def on_get(self, req: Request, resp: Response, scope: str) -> None:
        """The file. Raises Missing, Denied."""
        roll = await self.console.read(req, "exams.change", read_roll)
        await self.console.trace(req, "exams.change", note, "candidates", len(roll.candidates))
        out = io.BytesIO()
        drawn = (out, roll.exam, roll.room, roll.candidates, roll.size.sides, roll.language)
        await asyncio.to_thread(draw_roll, *drawn)
        _send(resp, out.getvalue(), PDF, f"candidates-{scope}.pdf")


class RollWorkbook(ConsolePage):
    """`/console/{event}/exams/roll.xlsx`: the same, which results are imported by."""

    @without_head
    async def on_get(self, req: Request, resp: Response, scope: str) -> None:
        """The file. Raises Missing, Denied."""
        roll = await self.console.read(req, "exams.change", read_roll)
        await self.console.trace(req, "exams.change", note, "candidates", len(roll.candidates))
        content = await asyncio.to_thread(lambda: b"".join(roll_workbook(roll.candidates)))
        _send(resp, content, XLSX, f"candidates-{scope}.xlsx")


class PaperPdf(ConsolePage):
    """`/console/{event}/exams/paper.pdf`: scrap paper, a page for each candidate."""

    @without_head
    async def on_get(self, req: Request, resp: Response, scope: str) -> None:
        """The file; `from` is the first candidate where there are more than a thousand. Raises
        Missing, Denied, Conflict."""
        text = req.get_param("from", default="")
        first = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
        paper = await self.console.read(req, "exams.change", read_paper, first)
        await self.console.trace(req, "exams.change", note, "scrap paper", len(paper.candidates))
        content = await asyncio.to_thread(draw_scrap_paper, paper)
        _send(resp, content, PDF, f"scrap-paper-{scope}.pdf")


def read_roll(visit: Visit) -> Roll:
    """The candidates of the event's exam. Raises Missing."""
    tx, org_id, event_id = visit.tx, visit.org_id, visit.at.id
    exam, room = get_room(tx, org_id, event_id)
    language = event_language(tx, org_id, get_shown_event(tx, org_id, event_id))
    size = get_settings(tx, org_id).paper_size
    return Roll(exam, room, read_candidates(visit), PaperSize(size), language)


def read_paper(visit: Visit, first: int | None) -> ScrapPaper:
    """The paper of the event's exam. Raises Missing, Conflict, Invalid."""
    return read_scrap_paper(visit.tx, visit.org_id, visit.at.id, first)


def note(visit: Visit, what: str, count: int) -> None:
    """Write down that somebody took a file."""
    tx, event_id, by = visit.tx, visit.at.id, visit.user.actor
    record(tx, visit.org_id, by, "exported", "event", event_id, what=what, count=count)


def _send(resp: Response, content: bytes, kind: str, name: str) -> None:
    resp.content_type = kind
    resp.data = content
    resp.set_header("Content-Disposition", f'attachment; filename="{name}"')
    resp.set_header("Cache-Control", NO_STORE)
