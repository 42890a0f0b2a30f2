"""Badges and lists of names: who is on them, and that the codes on them open the door."""

import io
from functools import partial

import openpyxl
import pypdfium2
import pytest
import zxingcpp

from tests.core.checkin.test_scans import AT, code_of, scan
from tests.formats.pdf.reading import read_text, render, squeeze
from tests.support import proof
from tests.support.memory import measure
from turnout.core.checkin.printing import (
    ALL_PARTS,
    FORMATS,
    BadgePart,
    Printed,
    PrintFilter,
    collect_printed,
    draw_badges,
    draw_names,
    list_printed,
    name_workbook,
)
from turnout.core.checkin.scans import Result
from turnout.core.events.model import Event
from turnout.core.events.programme import create_ticket_type
from turnout.core.ids import TicketId, TicketTypeId
from turnout.core.registrations.giving_back import cancel_registration
from turnout.core.tickets.signing import ensure_ticket_key, sign_ticket
from turnout.errors import Conflict, Missing
from turnout.formats.pdf import PaperSize

PEOPLE = {
    "ann@example.com": ("Ann", "Ångström"),
    "bob@example.com": ("Bob", "andersen"),
    "fat@example.com": ("فاطمة", "الزهراء"),
    "sak@example.com": ("さくら", "山田"),
}
ANN, BOB, FATIMA, SAKURA = PEOPLE


@pytest.fixture
def full(desk):
    """The desk once four people are registered; Bob for the first session only."""
    for email, (first, last) in PEOPLE.items():
        paks = desk.paks[:1] if email == BOB else desk.paks[1:]
        desk.decide(desk.apply(email, paks, first_name=first, last_name=last, company="Acme"))
    return desk


def find(desk, **wanted) -> list[str]:
    """First names of those who are printed, in their order."""
    return [ticket.first_name for ticket in collect(desk, **wanted)]


def collect(desk, **wanted) -> list[Printed]:
    choice = PrintFilter(**wanted)
    return collect_printed(
        lambda after: desk.db.call(list_printed, desk.org_id, desk.event.id, choice, after)
    )


def draw(desk, layout: str, parts=ALL_PARTS, **wanted) -> tuple[int, bytes]:
    key = desk.db.call(ensure_ticket_key, desk.org_id)
    signed = [
        (ticket, sign_ticket(key, desk.event.id, ticket.code, ticket.ticket_type_id))
        for ticket in collect(desk, **wanted)
    ]
    out = io.BytesIO()
    pages = draw_badges(out, desk.event, signed, FORMATS[layout], parts)
    return pages, out.getvalue()


def test_tickets_are_in_the_order_of_names(full):
    assert find(full) == ["Bob", "Ann", "فاطمة", "さくら"]


def test_filters(full):
    scan(full, code_of(full, ANN))
    other = full.db.call(create_ticket_type, full.org_id, full.event.id, "Other", actor="test")
    assert find(full, which="checked") == ["Ann"]
    assert find(full, which="unchecked") == ["Bob", "فاطمة", "さくら"]
    assert find(full, session_id=full.account.sessions[0].id) == ["Bob"]
    assert find(full, ticket_type_id=full.ticket_type_id) == find(full)
    assert find(full, code=code_of(full, SAKURA).lower()) == ["さくら"]
    with pytest.raises(Missing) as nobody:
        find(full, ticket_type_id=other.id)
    assert nobody.value.code == "print.empty"


def test_who_cancelled_is_not_printed(full):
    full.db.call(cancel_registration, full.org_id, full.get(ANN).registration.id, actor="test")
    assert find(full) == ["Bob", "فاطمة", "さくら"]


def test_nobody_elses_tickets_are_printed(full, node):
    other = node.add_account(f"other-{full.org_id}")
    wanted = PrintFilter(code=code_of(full, ANN))
    read = list_printed, other.org_id, full.event.id, wanted, TicketId(0)
    assert full.db.call(*read) == []
    assert full.db.call(list_printed, other.org_id, full.event.id, PrintFilter(), TicketId(0)) == []


def test_more_than_a_print_takes_are_refused(full, monkeypatch):
    monkeypatch.setattr("turnout.core.checkin.printing.LIMIT", 3)
    with pytest.raises(Conflict) as long:
        find(full)
    assert (long.value.code, long.value.facts) == ("print.long", {"limit": 3})


@pytest.mark.parametrize(
    ("layout", "pages", "side"),
    [
        ("a6", 4, (105, 148)),
        ("a7", 4, (74, 105)),
        ("a6-sheet", 1, (210, 297)),
        ("a7-sheet", 1, (297, 210)),
        ("card", 4, (86, 54)),
        ("cards", 1, (210, 297)),
        ("label", 4, (100, 62)),
    ],
)
def test_a_badge_has_its_format_and_a_code_that_opens_the_door(full, layout, pages, side):
    count, pdf = draw(full, layout)
    document = pypdfium2.PdfDocument(pdf)
    assert count == len(document) == pages
    points = [round(length * 25.4 / 72, 1) for length in document[0].get_size()]
    assert points == list(side)
    text = "".join("".join(read_text(pdf, page)) for page in range(pages))
    for first, last in PEOPLE.values():
        assert squeeze(first) in text
        assert squeeze(last) in text
    assert text.count("Acme") == 4
    image = pypdfium2.PdfDocument(pdf)[0].render(scale=3).to_pil().convert("L")
    codes = zxingcpp.read_barcodes(image)
    assert len(codes) == 4 // pages
    assert scan(full, codes[0].text) == (Result.ADMITTED, AT)


def test_sheets_hold_as_many_badges_as_fit():
    held = {name: layout.columns * layout.rows for name, layout in FORMATS.items()}
    assert held == {
        "a6": 1,
        "a7": 1,
        "card": 1,
        "label": 1,
        "a6-sheet": 4,
        "a7-sheet": 8,
        "cards": 10,
    }


def test_a_badge_shows_the_parts_that_are_chosen(full):
    _, pdf = draw(full, "a6", [BadgePart.NAME], code=code_of(full, ANN))
    assert squeeze("".join(read_text(pdf))) == "AnnÅngström"
    assert zxingcpp.read_barcodes(render(pdf)) == []


def test_the_list_of_names_on_paper_and_as_workbook(full):
    scan(full, code_of(full, ANN))
    tickets = collect(full)
    out = io.BytesIO()
    assert draw_names(out, full.event, tickets, PaperSize.A4.sides) == 4
    text = "".join(read_text(out.getvalue()))
    assert all(ticket.code in text for ticket in tickets)
    book = openpyxl.load_workbook(io.BytesIO(b"".join(name_workbook(full.event, tickets))))
    rows = [[cell or "" for cell in row] for row in book.active.values]
    assert rows[0] == ["Last name", "First name", "Company", "Ticket", "Code", "Checked in"]
    assert [row[:3] for row in rows[1:]] == [
        ["andersen", "Bob", "Acme"],
        ["Ångström", "Ann", "Acme"],
        ["الزهراء", "فاطمة", "Acme"],
        ["山田", "さくら", "Acme"],
    ]
    assert [bool(row[5]) for row in rows[1:]] == [False, True, False, False]


def test_the_list_of_names_speaks_the_events_language(full):
    tickets = collect(full)
    out = io.BytesIO()
    draw_names(out, full.event, tickets, PaperSize.A4.sides, "es")
    text = "".join(read_text(out.getvalue()))
    assert squeeze(f"Entradas: {len(tickets)}") in text
    assert squeeze("Apellidos") in text
    assert squeeze("Página 1") in text
    book = openpyxl.load_workbook(
        io.BytesIO(b"".join(name_workbook(full.event, tickets, "es"))), read_only=True
    )
    assert book.sheetnames == ["Asistentes"]
    assert next(iter(book.active.values))[:2] == ("Apellidos", "Nombre")


class Sink(io.RawIOBase):
    """Takes bytes and forgets them."""

    def write(self, data) -> int:
        return len(data)


def draw_many(event: Event, people: int) -> int:
    signed = "TK1:1000001:GKB5Y66GZ9:1:ABCDEF:" + "A2" * 51 + "B"
    type_id = TicketTypeId(1)
    tickets = (
        Printed(
            TicketId(n), f"Ada {n}", f"Læstname {n}", "Acme", "", f"C{n:09}", type_id, "VIP", None
        )
        for n in range(people)
    )
    return draw_badges(Sink(), event, ((t, signed) for t in tickets), FORMATS["cards"])  # type: ignore[arg-type]


@pytest.mark.proof
def test_badges_of_ten_thousand_people_need_the_memory_of_a_page(desk):
    people = proof.scale(100, 10_000)
    pages, grown = measure(partial(draw_many, desk.event), 10, people)
    proof.report("badges of many people", people=people, pages=pages, kilobytes=grown // 1024)
    assert pages == people // 10
    assert grown < 40_000_000
