"""A ticket on paper and in calendars: PDF, QR code, `.ics`. Pure and slow: not in a transaction."""

import datetime
import io
from collections.abc import Iterable
from typing import BinaryIO, NamedTuple
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from turnout.core.events.model import EventState
from turnout.core.events.showing import EventView
from turnout.formats.calendar import Entry
from turnout.formats.pdf import PaperSize
from turnout.formats.pdf.paper import Box, Font, Paper

MARGIN = 15.0
GAP = 12.0
QR_SIDE = 75.0
_GREY = (100, 100, 100)
TITLE, HOLDER = Font(22, is_bold=True), Font(15, is_bold=True)
CODE, FACT, NOTE = Font(18, is_bold=True), Font(11.5), Font(8.5, colour=_GREY)


class TicketFacts(NamedTuple):
    """What is printed. `signed` goes into the QR code; `holder` empty = not named."""

    shown: EventView
    organizer: str
    type_name: str
    code: str
    signed: str
    holder: str = ""


def say_when(shown: EventView) -> str:
    """The event's times by its own clock: `Monday, 1 March 2027, 09:00 to 17:00 (UTC)`."""
    event = shown.event
    zone = ZoneInfo(event.timezone)
    starts, ends = (
        datetime.datetime.fromtimestamp(at // 1000, zone) for at in (event.starts_at, event.ends_at)
    )
    day = f"{starts:%A}, {starts.day} {starts:%B %Y, %H:%M}"
    if starts.date() == ends.date():
        return f"{day} to {ends:%H:%M} ({event.timezone})"
    return f"{day} to {ends:%A}, {ends.day} {ends:%B %Y, %H:%M} ({event.timezone})"


def say_where(shown: EventView) -> str:
    """Venue, address and city on one line; empty without a venue."""
    place = shown.place
    return ", ".join(filter(None, (place.venue, place.address, place.city)))


def ticket_pdf(facts: TicketFacts, size: PaperSize = PaperSize.A4) -> bytes:
    """The ticket as one page to print, which folds in two."""
    out = io.BytesIO()
    draw_tickets(out, [facts], facts.shown.event.title, size)
    return out.getvalue()


def draw_tickets(
    out: BinaryIO,
    tickets: Iterable[TicketFacts],
    title: str,
    size: PaperSize = PaperSize.A4,
    *,
    per_sheet: int = 1,
) -> None:
    """Write tickets on sheets, one to three on each, with lines to fold or cut along."""
    paper = Paper(out, size.sides, f"Ticket: {title}")
    height = size.sides.height / max(per_sheet, 2)
    for number, facts in enumerate(tickets):
        place = number % per_sheet
        if place == 0:
            paper.new_page()
        _draw_pass(paper, Box(0, place * height, size.sides.width, height), facts)
    paper.finish()


def event_entry(
    shown: EventView, organizer: str, at: int, url: str, *, is_given_back: bool = False
) -> Entry:
    """The event as an entry of calendars, in a file that is made `at` (epoch ms). `url` is an
    address of this server, where the event or the ticket is shown; `is_given_back`: whoever has the
    entry does not come any more. Every change of the event makes the sequence higher."""
    event = shown.event
    is_cancelled = is_given_back or event.state is EventState.CANCELLED
    changed_at = max(shown.updated_at, shown.created_at)
    return Entry(
        uid=f"{event.uuid}@turnout",
        title=event.title,
        timezone=event.timezone,
        starts_at=event.starts_at,
        ends_at=event.ends_at,
        made_at=at,
        organizer=(organizer, f"noreply@{urlsplit(url).hostname or 'localhost'}"),
        changed_at=changed_at,
        sequence=max(0, changed_at - shown.created_at) // 1000,
        place=say_where(shown),
        description=shown.details.description,
        url=url,
        is_cancelled=is_cancelled,
        is_tentative=event.state is EventState.DRAFT,
    )


def _draw_pass(paper: Paper, part: Box, facts: TicketFacts) -> None:
    """A ticket in its part of a sheet: the code to scan on the left, what it is for on the right,
    and a line to cut or fold along below."""
    box = Box(part.x + MARGIN, part.y + MARGIN, part.width - 2 * MARGIN, part.height - 2 * MARGIN)
    side = min(QR_SIDE, box.height - CODE.line_height - NOTE.line_height - 2)
    paper.draw_qr(box.x, box.y, side, facts.signed)
    below = Box(box.x, box.y + side + 2, side, 0)
    below = _down(below, paper.write_big(below._replace(height=CODE.line_height), facts.code, CODE))
    paper.write(below, "Show this code at the door, on paper or on a phone.", NOTE, limit=2)
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
    lines = (facts.type_name, say_when(facts.shown), say_where(facts.shown))
    for label, text in zip(("Ticket", "When", "Where"), lines, strict=True):
        if text and at.y + NOTE.line_height + FACT.line_height <= bottom:
            at = _down(at, paper.write(at, label, NOTE))
            room = max(1, int((bottom - at.y) / FACT.line_height))
            at = _down(at, paper.write(at, text, FACT, limit=min(room, 3)), 1.5)
    if event.state is EventState.CANCELLED:
        paper.write(at, "The event is cancelled.", HOLDER, limit=1)
    paper.write_cut(box._replace(y=bottom), facts.organizer, NOTE)


def _down(box: Box, height: float, gap: float = 0) -> Box:
    """The rest of a box below what was written; nothing written needs no gap."""
    return box._replace(y=box.y + height + (gap if height else 0))
