"""Tickets, badges and lists of names on paper: who is on them, and how they are drawn.

Reading is a verb for short transactions, a slice at a time; drawing needs none. The slices are
sorted by name in memory, which a print of up to 50,000 tickets allows; pages are written as they
fill (turnout/formats/pdf).
"""

import enum
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import BinaryIO, NamedTuple

import msgspec

from turnout.catalogue.translations import ENGLISH, label
from turnout.core.checkin.sql import sql
from turnout.core.events.model import Event
from turnout.core.ids import EventId, OrgId, SessionId, TicketId, TicketTypeId
from turnout.core.text import without_marks
from turnout.core.tickets.signing import find_plain_code
from turnout.core.times import local, wall_clock
from turnout.errors import Conflict, Missing
from turnout.formats.local_dates import say_moment
from turnout.formats.pdf import Sides
from turnout.formats.pdf.paper import Align, Box, Font, Paper
from turnout.formats.pdf.table import Column, Sheet, write_table
from turnout.formats.workbook import write_workbook
from turnout.store import Tx

SLICE = 1000
LIMIT = 50_000
_GREY = (90, 90, 90)
_WHITE = (255, 255, 255)
_BAND = (30, 30, 30)


class PrintFilter(msgspec.Struct, frozen=True):
    """Whose papers are asked for: `which` is empty, `checked` or `unchecked`; `code` empty, and the
    numbers 0 = any."""

    which: str = ""
    ticket_type_id: TicketTypeId = TicketTypeId(0)
    session_id: SessionId = SessionId(0)
    code: str = ""


class Printed(NamedTuple):
    """A valid ticket with its holder, and the language in which they registered (empty = not
    known). `checked_in_at` in epoch ms."""

    id: TicketId
    first_name: str
    last_name: str
    company: str
    job_title: str
    code: str
    ticket_type_id: TicketTypeId
    type_name: str
    checked_in_at: int | None
    language: str = ""

    @property
    def name(self) -> str:
        return " ".join(filter(None, (self.first_name, self.last_name)))


class BadgePart(enum.StrEnum):
    """What a badge shows."""

    EVENT = "event"
    NAME = "name"
    JOB_TITLE = "job-title"
    COMPANY = "company"
    TYPE = "type"
    QR = "qr"


ALL_PARTS = tuple(part for part in BadgePart if part is not BadgePart.JOB_TITLE)


class BadgeFormat(NamedTuple):
    """A badge, and the sheet that it is printed on with others; all in millimetres. Badges fill the
    sheet from its top left `margin` on."""

    badge: Sides
    sheet: Sides
    margin: Sides

    @property
    def columns(self) -> int:
        return max(1, int((self.sheet.width - 2 * self.margin.width + 0.01) / self.badge.width))

    @property
    def rows(self) -> int:
        return max(1, int((self.sheet.height - 2 * self.margin.height + 0.01) / self.badge.height))


_A4 = Sides(210, 297)
_NONE = Sides(0, 0)
FORMATS = {
    "a6": BadgeFormat(Sides(105, 148), Sides(105, 148), _NONE),
    "a7": BadgeFormat(Sides(74, 105), Sides(74, 105), _NONE),
    "a6-sheet": BadgeFormat(Sides(105, 148), _A4, _NONE),
    "a7-sheet": BadgeFormat(Sides(74, 105), Sides(297, 210), _NONE),
    # Ten name cards on a sheet, as stationers sell them perforated.
    "cards": BadgeFormat(Sides(86, 54), _A4, Sides(19, 13.5)),
    "card": BadgeFormat(Sides(86, 54), Sides(86, 54), _NONE),
    # A roll of labels for shipping and names.
    "label": BadgeFormat(Sides(100, 62), Sides(100, 62), _NONE),
}


def list_printed(
    tx: Tx, org_id: OrgId, event_id: EventId, wanted: PrintFilter, after: TicketId
) -> list[Printed]:
    """Valid tickets of an event after a number, 1,000 at most. Raises Missing for a code that is
    none of the organization's."""
    code = find_plain_code(tx, org_id, wanted.code) if wanted.code else ""
    if wanted.code and not code:
        raise Missing("ticket.not_in_event", code=wanted.code)
    rows = sql.list_printed(
        tx,
        org_id=org_id,
        event_id=event_id,
        after=after,
        limit=SLICE,
        which=wanted.which,
        ticket_type_id=wanted.ticket_type_id,
        session_id=wanted.session_id,
        code=code or "",
    )
    return [Printed(*row) for row in rows]


def collect_printed(read: Callable[[TicketId], list[Printed]]) -> list[Printed]:
    """All tickets that `read(after)` gives, slice by slice, by last name and first name. Raises
    Conflict when they are more than one print takes, Missing when there are none."""
    found: list[Printed] = []
    while tickets := read(found[-1].id if found else TicketId(0)):
        found += tickets
        if len(found) > LIMIT:
            raise Conflict("print.long", limit=LIMIT)
    if not found:
        raise Missing("print.empty")
    return sorted(
        found, key=lambda ticket: (_sorted(ticket.last_name), _sorted(ticket.first_name), ticket.id)
    )


def draw_badges(
    out: BinaryIO,
    event: Event,
    tickets: Iterable[tuple[Printed, str]],
    layout: BadgeFormat,
    parts: Sequence[BadgePart] = ALL_PARTS,
) -> int:
    """Write a badge for each ticket with its signed code. Returns how many sheets they take."""
    paper = Paper(out, layout.sheet, f"Badges: {event.title}")
    per_sheet = layout.columns * layout.rows
    for number, (ticket, signed) in enumerate(tickets):
        row, column = divmod(number % per_sheet, layout.columns)
        if row == column == 0:
            paper.new_page()
            _draw_cuts(paper, layout)
        x = layout.margin.width + column * layout.badge.width
        y = layout.margin.height + row * layout.badge.height
        box = Box(x, y, layout.badge.width, layout.badge.height)
        _Badge(paper, box, parts).draw(event, ticket, signed)
    paper.finish()
    return paper.page_count


class _Badge:
    """One badge in its box: the event above, the name as big as it gets, the code in a corner, and
    a band with the ticket's type below."""

    def __init__(self, paper: Paper, box: Box, parts: Sequence[BadgePart]) -> None:
        self._paper = paper
        self._parts = frozenset(parts)
        self._pad = min(box.width, box.height) * 0.07
        self._unit = min(box.width, box.height * 1.3) / 74
        self._box = box
        self._is_wide = box.width > box.height

    def draw(self, event: Event, ticket: Printed, signed: str) -> None:
        box, pad = self._box, self._pad
        band = self._draw_band(ticket.type_name)
        inner = Box(box.x + pad, box.y + pad, box.width - 2 * pad, box.height - 2 * pad - band)
        inner = self._draw_code(inner, signed)
        if BadgePart.EVENT in self._parts:
            font = Font(9 * self._unit, colour=_GREY)
            height = self._paper.write(inner, event.title, font, self._align, limit=2)
            inner = inner._replace(y=inner.y + height + 1, height=inner.height - height - 1)
        self._draw_person(inner, ticket)

    @property
    def _align(self) -> Align:
        return Align.START if self._is_wide else Align.CENTER

    def _draw_band(self, type_name: str) -> float:
        """The ticket's type, white on a dark band. Returns the band's height."""
        if BadgePart.TYPE not in self._parts or not type_name:
            return 0.0
        box, font = self._box, Font(11 * self._unit, is_bold=True, colour=_WHITE)
        height = font.line_height * 1.5
        top = box.y + box.height - height
        self._paper.fill(Box(box.x, top, box.width, height), _BAND)
        line = Box(box.x + self._pad, top + font.line_height / 4, box.width - 2 * self._pad, 0)
        self._paper.write_cut(line, type_name, font, self._align)
        return height

    def _draw_code(self, inner: Box, signed: str) -> Box:
        """The code, at the right of a wide badge and at the foot of a high one. Returns what room
        is left."""
        if BadgePart.QR not in self._parts:
            return inner
        if self._is_wide:
            side = min(inner.height * 0.62, inner.width * 0.36)
            x, y = inner.x + inner.width - side, inner.y + inner.height - side
            left = inner._replace(width=inner.width - side - self._pad)
        else:
            side = min(inner.height * 0.36, inner.width * 0.6)
            x, y = inner.x + (inner.width - side) / 2, inner.y + inner.height - side
            left = inner._replace(height=inner.height - side - self._pad)
        self._paper.draw_qr(x, y, side, signed, is_quick=True)
        return left

    def _draw_person(self, room: Box, ticket: Printed) -> None:
        lines = [
            (BadgePart.JOB_TITLE, ticket.job_title),
            (BadgePart.COMPANY, ticket.company),
        ]
        texts = [text for part, text in lines if part in self._parts and text]
        font = Font(12 * self._unit)
        below = len(texts) * font.line_height * 1.1
        if BadgePart.NAME in self._parts:
            name = room._replace(height=room.height - below)
            big = Font(30 * self._unit, is_bold=True)
            height = self._paper.write_big(name, ticket.name, big, self._align, keeps_words=True)
            room = room._replace(y=room.y + height + self._unit, height=below)
        for text in texts:
            self._paper.write_cut(room, text, font, self._align)
            room = room._replace(y=room.y + font.line_height * 1.1)


def _draw_cuts(paper: Paper, layout: BadgeFormat) -> None:
    """Lines to cut along, where a sheet holds several badges."""
    if layout.columns * layout.rows == 1:
        return
    left, top = layout.margin.width, layout.margin.height
    right = left + layout.columns * layout.badge.width
    bottom = top + layout.rows * layout.badge.height
    for column in range(layout.columns + 1):
        x = left + column * layout.badge.width
        paper.draw_line((x, top), (x, bottom), 190, is_dashed=True)
    for row in range(layout.rows + 1):
        y = top + row * layout.badge.height
        paper.draw_line((left, y), (right, y), 190, is_dashed=True)


def draw_names(
    out: BinaryIO,
    event: Event,
    tickets: Sequence[Printed],
    sides: Sides,
    language: str = ENGLISH,
) -> int:
    """Write a list of names, to be ticked off where no device is at hand. Returns how many rows
    there are."""
    shares = (3, 3, 2.8, 2.4, 2.5, 2.2)
    columns = tuple(Column(*pair) for pair in zip(_headings(language), shares, strict=True))
    day = say_moment(local(event.starts_at, event.timezone), language)
    notes = (
        label(language, "date.zoned", moment=day, timezone=event.timezone),
        label(language, "list.tickets", count=len(tickets)),
    )
    page = label(language, "list.page", number="{number}")
    sheet = Sheet(event.title, notes, columns, page=page)
    return write_table(out, sides, sheet, name_rows(event, tickets))


def name_workbook(
    event: Event, tickets: Iterable[Printed], language: str = ENGLISH
) -> Iterator[bytes]:
    """The same list as a workbook, in pieces."""
    sheet = label(language, "list.attendees")
    return write_workbook(sheet, _headings(language), name_rows(event, tickets))


def _headings(language: str) -> tuple[str, ...]:
    return (
        *(label(language, "list.last_name"), label(language, "list.first_name")),
        *(label(language, "list.company"), label(language, "list.ticket")),
        *(label(language, "list.code"), label(language, "list.checked_in")),
    )


def name_rows(event: Event, tickets: Iterable[Printed]) -> Iterator[tuple[str, ...]]:
    """The rows of that list; times by the event's clock."""
    return (_name_row(event, ticket) for ticket in tickets)


def _name_row(event: Event, ticket: Printed) -> tuple[str, ...]:
    at = ticket.checked_in_at
    checked = wall_clock(at, event.timezone)[:16] if at else ""
    return (
        *(ticket.last_name, ticket.first_name, ticket.company),
        *(ticket.type_name, ticket.code, checked),
    )


def _sorted(name: str) -> str:
    """A name as lists sort it: Ångström stands beside Angstrom."""
    return without_marks(name.casefold())
