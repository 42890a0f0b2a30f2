"""Printers of badges that phones at the door use through the server. Whether an address may be
called is judged with each call (http/outbound.py), as of every address that users give."""

import re
from typing import NamedTuple

from turnout.core.audit.recording import record
from turnout.core.door.pairing import check_name
from turnout.core.door.sql import sql
from turnout.core.events.programme import get_event
from turnout.core.ids import EventId, OrgId, PrinterId
from turnout.errors import Conflict, Invalid, Missing
from turnout.formats.labels import PrinterLanguage
from turnout.store import Tx

MOST_PRINTERS = 20
USUAL_PORT, LAST_PORT = 9100, 65_535
_HOST = re.compile(r"[0-9A-Za-z._:-]{1,255}")


class Printer(NamedTuple):
    """A label printer in a network."""

    id: PrinterId
    name: str
    language: PrinterLanguage
    host: str
    port: int


def add_printer(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    name: str,
    language: PrinterLanguage,
    host: str,
    port: int = USUAL_PORT,
    *,
    actor: str,
) -> Printer:
    """Let the event's phones use a printer. Raises Invalid for a name, host or port, Conflict for
    more than 20, Missing."""
    get_event(tx, org_id, event_id)
    host = host.strip()
    if not _HOST.fullmatch(host):
        raise Invalid("printer.host", host=host)
    if not 0 < port <= LAST_PORT:
        raise Invalid("printer.port", limit=LAST_PORT)
    if len(list_printers(tx, org_id, event_id)) >= MOST_PRINTERS:
        raise Conflict("printer.many", limit=MOST_PRINTERS)
    made = Printer(PrinterId(tx.next_id("programme")), check_name(name), language, host, port)
    named = made._asdict() | {"language": language.value}
    sql.add_printer(tx, org_id=org_id, event_id=event_id, now=tx.now, **named)
    record(tx, org_id, actor, "created", "printer", made.id, name=made.name)
    return made


def list_printers(tx: Tx, org_id: OrgId, event_id: EventId) -> list[Printer]:
    """The event's printers."""
    return sql.list_printers(tx, org_id=org_id, event_id=event_id)


def get_printer(tx: Tx, org_id: OrgId, event_id: EventId, printer_id: PrinterId) -> Printer:
    """A printer of the event. Raises Missing."""
    for printer in list_printers(tx, org_id, event_id):
        if printer.id == printer_id:
            return printer
    raise Missing("printer.missing", printer_id=printer_id)


def remove_printer(
    tx: Tx, org_id: OrgId, event_id: EventId, printer_id: PrinterId, *, actor: str
) -> None:
    """Forget a printer. Raises Missing."""
    printer = get_printer(tx, org_id, event_id, printer_id)
    sql.delete_printer(tx, org_id=org_id, id=printer_id)
    record(tx, org_id, actor, "deleted", "printer", printer_id, name=printer.name)
