"""A ticket's paper. Pure and slow: not in a transaction, and loaded only where it is drawn."""

import io
from collections.abc import Iterable
from typing import BinaryIO

from turnout.catalogue.translations import ENGLISH, label
from turnout.core.events.model import EventState
from turnout.core.mails.facts import say_when, say_where
from turnout.core.tickets.documents import TicketFacts
from turnout.formats.pdf import PaperSize
from turnout.formats.pdf.paper import Box, Font, Paper

MARGIN = 15.0
GAP = 12.0
QR_SIDE = 75.0
_GREY = (100, 100, 100)
TITLE, HOLDER = Font(22, is_bold=True), Font(15, is_bold=True)
CODE, FACT, NOTE = Font(18, is_bold=True), Font(11.5), Font(8.5, colour=_GREY)


def ticket_pdf(facts: TicketFacts, size: PaperSize = PaperSize.A4) -> bytes:
    """The ticket as one page to print, which folds in two."""
    out = io.BytesIO()
    draw_tickets(out, [facts], facts.shown.event.title, size, language=facts.language)
    return out.getvalue()


def draw_tickets(
    out: BinaryIO,
    tickets: Iterable[TicketFacts],
    title: str,
    size: PaperSize = PaperSize.A4,
    *,
    per_sheet: int = 1,
    language: str = ENGLISH,
) -> None:
    """Write tickets on sheets, one to three on each, with lines to fold or cut along; `language` is
    that of the document's own title."""
    paper = Paper(out, size.sides, label(language, "paper.ticket_of", event=title))
    height = size.sides.height / max(per_sheet, 2)
    for number, facts in enumerate(tickets):
        place = number % per_sheet
        if place == 0:
            paper.new_page()
        _draw_pass(paper, Box(0, place * height, size.sides.width, height), facts)
    paper.finish()


def _draw_pass(paper: Paper, part: Box, facts: TicketFacts) -> None:
    """A ticket in its part of a sheet: the code to scan on the left, what it is for on the right,
    and a line to cut or fold along below."""
    box = Box(part.x + MARGIN, part.y + MARGIN, part.width - 2 * MARGIN, part.height - 2 * MARGIN)
    side = min(QR_SIDE, box.height - CODE.line_height - NOTE.line_height - 2)
    paper.draw_qr(box.x, box.y, side, facts.signed, is_quick=True)
    below = Box(box.x, box.y + side + 2, side, 0)
    below = _down(below, paper.write_big(below._replace(height=CODE.line_height), facts.code, CODE))
    paper.write(below, label(facts.language, "paper.show_code"), NOTE, limit=2)
    right = box.x + side + GAP
    _write_facts(paper, Box(right, box.y, box.x + box.width - right, box.height), facts)
    edge = part.y + part.height
    if edge < paper.sides.height - 1:
        paper.draw_line((part.x + 5, edge), (part.x + part.width - 5, edge), 150, is_dashed=True)


def _write_facts(paper: Paper, box: Box, facts: TicketFacts) -> None:
    event = facts.shown.event
    foot = NOTE.line_height
    bottom = box.y + box.height - foot - 1
    at = _down(box, paper.write_big(box._replace(height=box.height * 0.3), event.title, TITLE), 2)
    name = at._replace(height=14)
    at = _down(at, paper.write_big(name, facts.holder, HOLDER, keeps_words=True), 2)
    when = say_when(facts.shown, facts.language)
    lines = (facts.type_name, when, say_where(facts.shown))
    for code, text in zip(("paper.ticket", "paper.when", "paper.where"), lines, strict=True):
        if text and at.y + NOTE.line_height + FACT.line_height <= bottom:
            at = _down(at, paper.write(at, label(facts.language, code), NOTE))
            room = max(1, int((bottom - at.y) / FACT.line_height))
            at = _down(at, paper.write(at, text, FACT, limit=min(room, 3)), 1.5)
    if event.state is EventState.CANCELLED:
        paper.write(at, label(facts.language, "paper.cancelled"), HOLDER, limit=1)
    paper.write_cut(box._replace(y=bottom), facts.organizer, NOTE)


def _down(box: Box, height: float, gap: float = 0) -> Box:
    """The rest of a box below what was written; nothing written needs no gap."""
    return box._replace(y=box.y + height + (gap if height else 0))
