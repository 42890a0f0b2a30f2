"""`turnout badge` and `turnout attendee`: badges, and lists of names."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from cyclopts import App

from turnout.cli.app import console, counted, database, show_table
from turnout.cli.exports import noting
from turnout.cli.files import new_file
from turnout.cli.hints import say_nameless
from turnout.cli.numbers import EventNumber, SessionNumber, TicketTypeNumber
from turnout.core.events.programme import get_event
from turnout.core.identity.organizations import get_organization
from turnout.core.ids import EventId, OrgId, SessionId, TicketTypeId
from turnout.core.tickets.signing import ensure_ticket_key, sign_ticket
from turnout.errors import Invalid
from turnout.formats.pdf import PaperSize
from turnout.store import Database, Tx

if TYPE_CHECKING:
    from turnout.core.checkin.printing import Printed

badges = App(name="badge")
attendees = App(name="attendee")

Format = Literal["a6", "a6-sheet", "a7", "a7-sheet", "card", "cards", "label"]
Part = Literal["event", "name", "job-title", "company", "type", "qr"]
Paper = Literal["A4", "Letter"]


@badges.command(name="print")
def print_badges(
    org: str,
    event: EventNumber,
    file: Path,
    /,
    *,
    format: Format = "cards",  # noqa: A002
    part: list[Part] | None = None,
    ticket_type: TicketTypeNumber | None = None,
    session: SessionNumber | None = None,
    checked: bool = False,
    unchecked: bool = False,
    code: str = "",
) -> None:
    """Write badges as a PDF, by last name.

    Example: `turnout badge print acme 1000001 badges.pdf --format a6-sheet --ticket-type 3`

    Args:
        org: Short name of the organization.
        event: Number of the event.
        file: The file to write; one of that name is replaced.
        format: `a6` and `a7` upright, `card` (86 by 54 mm) and `label` (100 by 62 mm) have
            a page each; `a6-sheet`, `a7-sheet` and `cards` fill sheets of A4 with lines to cut.
        part: What a badge shows; may be repeated. Without it: event, name, company, type and qr.
        ticket_type: Only tickets of this type.
        session: Only people who booked this session.
        checked: Only tickets that are checked in.
        unchecked: Only tickets that are not.
        code: Only this ticket.
    """
    from turnout.core.checkin.printing import ALL_PARTS, FORMATS, BadgePart, draw_badges

    with database() as db:
        org_id = db.call(get_organization, org).org_id
        shown = db.call(get_event, org_id, event)
        which = _which(checked, unchecked)
        tickets = collect(db, org_id, event, which, ticket_type, session, code)
        sign = signer(db, org_id, event)
        parts = tuple(map(BadgePart, part)) if part else ALL_PARTS
        with new_file(file) as out:
            signed = ((ticket, sign(ticket)) for ticket in tickets)
            pages = draw_badges(out, shown, signed, FORMATS[format], parts)
            noting(db, org_id, "badges", "event", event)(len(tickets))
    badges = counted(len(tickets), "badge")
    console.print(f"{file} has {badges} on {counted(pages, 'page')}.")
    say_nameless([ticket.code for ticket in tickets if not ticket.name.strip()])


@attendees.command(name="list")
def list_attendees(
    org: str,
    event: EventNumber,
    file: Path | None = None,
    /,
    *,
    ticket_type: TicketTypeNumber | None = None,
    session: SessionNumber | None = None,
    checked: bool = False,
    unchecked: bool = False,
    paper: Paper = "A4",
) -> None:
    """List who has a ticket for an event, by last name; into a PDF or XLSX file if one is named.

    Example: `turnout attendee list acme 1000001 names.pdf --unchecked`

    Args:
        org: Short name of the organization.
        event: Number of the event.
        file: The file to write, `.pdf` or `.xlsx`; one of that name is replaced.
        ticket_type: Only tickets of this type.
        session: Only people who booked this session.
        checked: Only tickets that are checked in.
        unchecked: Only tickets that are not.
        paper: What a PDF is printed on.
    """
    from turnout.core.checkin.printing import draw_names, name_rows, name_workbook

    kind = file.suffix.lower() if file else ""
    if kind not in ("", ".pdf", ".xlsx"):
        raise Invalid("print.kind", file=file)
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        shown = db.call(get_event, org_id, event)
        language = db.look(language_of, org_id, event)
        tickets = collect(db, org_id, event, _which(checked, unchecked), ticket_type, session)
        if file is None:
            headings = ("LAST NAME", "FIRST NAME", "COMPANY", "TICKET", "CODE", "CHECKED IN")
            show_table(*headings, rows=name_rows(shown, tickets))
            return
        with new_file(file) as out:
            if kind == ".pdf":
                draw_names(out, shown, tickets, PaperSize(paper).sides, language)
            else:
                out.writelines(name_workbook(shown, tickets, language))
            noting(db, org_id, "names", "event", event)(len(tickets))
    console.print(f"{file} has {counted(len(tickets), 'ticket')}.")


def language_of(tx: Tx, org_id: OrgId, event: EventId) -> str:
    """The language of an event's lists. Raises Missing."""
    from turnout.core.events.showing import get_shown_event
    from turnout.core.mails.languages import event_language

    return event_language(tx, org_id, get_shown_event(tx, org_id, event))


def collect(
    db: Database,
    org_id: OrgId,
    event: EventId,
    which: str,
    ticket_type: TicketTypeId | None,
    session: SessionId | None,
    code: str = "",
) -> "list[Printed]":
    """The tickets of an event that are to be printed, by name. Raises Missing and Conflict."""
    from turnout.core.checkin.printing import PrintFilter, collect_printed, list_printed

    wanted = PrintFilter(which, ticket_type or TicketTypeId(0), session or SessionId(0), code)
    return collect_printed(lambda after: db.look(list_printed, org_id, event, wanted, after))


def signer(db: Database, org_id: OrgId, event: EventId) -> "Callable[[Printed], str]":
    """What says which text the code of a ticket holds."""
    key = db.call(ensure_ticket_key, org_id)
    return lambda ticket: sign_ticket(key, event, ticket.code, ticket.ticket_type_id)


def _which(checked: bool, unchecked: bool) -> str:
    if checked and unchecked:
        raise Invalid("print.which")
    return "checked" if checked else "unchecked" if unchecked else ""
