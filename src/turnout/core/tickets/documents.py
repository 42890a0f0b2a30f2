"""A ticket on paper and in calendars: PDF, QR code, `.ics`. Pure and slow: not in a transaction."""

import datetime
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from turnout.core.events.model import EventState
from turnout.core.events.showing import EventView
from turnout.formats.calendar import Entry, calendar_file
from turnout.formats.pdf import FAMILY, PaperSize, finish, new_paper
from turnout.formats.qr import qr_rows

if TYPE_CHECKING:
    from fpdf import FPDF

MARGIN = 20.0
QR_SIDE = 70.0


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
    """The ticket as one page to print."""
    event = facts.shown.event
    texts = [event.title, facts.organizer, facts.type_name, facts.holder, say_where(facts.shown)]
    paper = new_paper(size, f"Ticket: {event.title}", texts)
    paper.set_margins(MARGIN, MARGIN)
    paper.add_page()
    _write(paper, facts.type_name.upper(), 10, grey=110)
    _write(paper, event.title, 22, is_bold=True, gap=3)
    _write(paper, say_when(facts.shown), 12)
    _write(paper, say_where(facts.shown), 12, gap=2)
    _write(paper, facts.holder, 14, is_bold=True, gap=4)
    _draw_qr(paper, facts.signed)
    paper.ln(4)
    _write(paper, facts.code, 20, is_bold=True)
    _write(paper, "Show this code at the door, on paper or on a phone.", 10, grey=110, gap=4)
    if event.state is EventState.CANCELLED:
        _write(paper, "The event is cancelled.", 12, is_bold=True)
    _write(paper, facts.organizer, 10, grey=110)
    return finish(paper)


def event_calendar(shown: EventView, at: int, url: str = "") -> bytes:
    """The event as an `.ics` file made `at` (epoch ms); a newer one replaces it in the
    calendar."""
    event = shown.event
    return calendar_file(
        Entry(
            uid=f"{event.uuid}@turnout",
            title=event.title,
            timezone=event.timezone,
            starts_at=event.starts_at,
            ends_at=event.ends_at,
            changed_at=at,
            place=say_where(shown),
            description=shown.details.description,
            url=url,
            is_cancelled=event.state is EventState.CANCELLED,
        )
    )


def _write(
    paper: "FPDF", text: str, points: float, *, is_bold: bool = False, grey: int = 0, gap: float = 0
) -> None:
    if not text:
        return
    paper.set_font(FAMILY, "B" if is_bold else "", points)
    paper.set_text_color(grey)
    paper.multi_cell(0, points * 0.5, text, new_x="LMARGIN", new_y="NEXT")
    paper.ln(gap + 1)


def _draw_qr(paper: "FPDF", text: str) -> None:
    """Draw the code, row by row, with its dark modules joined so that no printer parts them."""
    rows = qr_rows(text)
    side = QR_SIDE / len(rows)
    left, top = paper.l_margin, paper.get_y()
    paper.set_fill_color(0)
    for y, row in enumerate(rows):
        x = 0
        while x < len(row):
            end = x
            while end < len(row) and row[end]:
                end += 1
            if end > x:
                paper.rect(left + x * side, top + y * side, (end - x) * side, side * 1.01, "F")
            x = max(end, x + 1)
    paper.set_y(top + QR_SIDE)
