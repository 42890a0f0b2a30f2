"""Printers of an event, and the badges that phones send to them."""

import pytest

from turnout.core.door.badges import read_badge, read_print
from turnout.core.door.printers import MOST_PRINTERS, add_printer, list_printers, remove_printer
from turnout.core.ids import PrinterId, TicketId
from turnout.errors import Conflict, Invalid, Missing
from turnout.formats.labels import PrinterLanguage

ANN = "ann@example.com"
ZPL = PrinterLanguage.ZPL


def test_a_printer_prints_the_badge_of_a_valid_ticket(desk, hall):
    (code,) = hall.guests(ANN, first_name="Ann", last_name="Lee")
    where = (desk.org_id, desk.event.id)
    made = desk.db.call(add_printer, *where, " Desk ", ZPL, " 192.0.2.7 ", actor="t")
    assert (made.name, made.host, made.port) == ("Desk", "192.0.2.7", 9100)
    assert desk.db.call(list_printers, *where) == [made]
    device = hall.device("Door 1")
    ticket = hall.scan(device, code).ticket
    badge, printer = desk.db.call(read_print, *device, ticket, made.id)
    assert (badge.ticket.name, printer) == ("Ann Lee", made)
    assert badge.signed.startswith("TK1:")
    assert badge.draw_pdf().startswith(b"%PDF")
    assert badge.draw_for(printer).startswith(b"^XA")
    with pytest.raises(Missing):
        desk.db.call(read_badge, *device, TicketId(5))
    desk.db.call(remove_printer, *where, made.id, actor="t")
    with pytest.raises(Missing):
        desk.db.call(read_print, *device, ticket, made.id)
    with pytest.raises(Missing):
        desk.db.call(remove_printer, *where, PrinterId(5), actor="t")


@pytest.mark.parametrize(("name", "host", "port"), [("", "a", 1), ("A", "a b", 1), ("A", "a", 0)])
def test_an_address_that_is_none_is_refused(desk, name, host, port):
    where = (desk.org_id, desk.event.id, name, ZPL, host, port)
    with pytest.raises(Invalid):
        desk.db.call(add_printer, *where, actor="t")


def test_an_event_has_a_few_printers(desk):
    where = (desk.org_id, desk.event.id)
    for number in range(MOST_PRINTERS):
        desk.db.call(add_printer, *where, f"Printer {number}", ZPL, "a", actor="t")
    with pytest.raises(Conflict):
        desk.db.call(add_printer, *where, "One more", ZPL, "a", actor="t")
