"""Registrations in and out of files: `turnout registration import` and `export`."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from turnout.cli.app import actor, console, counted, database
from turnout.cli.exports import noting
from turnout.cli.imports import Again, IgnoreUnknown, Preview, Row, import_rows, say_imported
from turnout.cli.numbers import EventNumber, TicketTypeNumber
from turnout.cli.registration_lists import NO_FILTERS, AnyFilters
from turnout.cli.tables import check_ending, write_table
from turnout.core.erasure.returning import refuse_erased
from turnout.core.events.programme import get_event
from turnout.core.identity.organizations import get_organization
from turnout.core.ids import NO_REGISTRATION, OrgId, RegistrationId, TicketTypeId
from turnout.core.questions.reading import list_questions, order_names
from turnout.core.registrations.files import (
    HEADINGS,
    PAGE,
    REGISTRATIONS,
    Choices,
    import_registration,
    note_questions,
    read_choices,
    read_exported,
    row_of,
)
from turnout.core.registrations.listing import (
    ListedRegistration,
    RegistrationFilter,
    check_filter,
    list_registrations,
)
from turnout.core.text import email_key, fold
from turnout.store import Database, Tx


def import_file(
    org: str,
    event: EventNumber,
    file: Path,
    /,
    *,
    ticket_type: TicketTypeNumber | None = None,
    mail: bool = False,
    preview: Preview = False,
    ignore_unknown: IgnoreUnknown = False,
    again: Again = False,
) -> None:
    """Register people from a CSV file or a workbook (XLSX), also for a draft or a closed event.

    It needs a column Email; First name, Last name (or Name), Company, Job title, Phone, Address,
    Post code, City, State, Country, Ticket type and Session (several with ; between them) are known
    too, under their usual names in English, German, French or Spanish. Any other column is a
    question, and its cells are answers. Somebody who is registered keeps their ticket where a row
    names no type. Exports of pretix, Eventbrite, Hi.Events and of Turnout
    itself are recognized. Rows that cannot be taken are listed; the others are registered.

    Example: turnout registration import acme 1000001 people.xlsx --preview

    Args:
        org: Short name of the organization.
        event: Number of the event.
        file: The file.
        ticket_type: Number of the ticket type that all get, whatever the file says.
        mail: Mail everybody who is new their ticket.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        db.call(get_event, org_id, event)
        choices = db.call(read_choices, org_id, event)
        take = partial(_take, org_id, choices, ticket_type, mail, again, actor())
        count = import_rows(
            db,
            file,
            REGISTRATIONS,
            (),
            take,
            key=_key_of,
            asked=[question.name for question in choices.questions],
            preview=preview,
            ignore_unknown=ignore_unknown,
        )
    if not preview:
        console.print(say_imported(count))


def export_file(
    org: str, event: EventNumber, file: Path, /, *, filters: AnyFilters = NO_FILTERS
) -> None:
    """Write the registrations of an event to a CSV file or a workbook (XLSX), as its name ends.

    A registration is a row, with all its valid tickets and sessions (`;` between several). Each
    question of the event is a column, in their order, and behind them whatever else was answered.
    `turnout registration import` reads it again.

    Example: turnout registration export acme 1000001 people.xlsx --state confirmed

    Args:
        org: Short name of the organization.
        event: Number of the event.
        file: The file, which is replaced.
    """
    check_ending(file)
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        timezone = db.call(get_event, org_id, event).timezone
        wanted = filters.of(event)
        db.call(check_filter, org_id, wanted)
        questions: dict[str, None] = {}
        for page in _pages(db, org_id, wanted):
            note_questions(questions, page)
        asked = db.call(list_questions, org_id, event, is_all=True)
        names = order_names(asked, questions)
        heading = [*HEADINGS, *names]
        rows = (
            row_of(exported, names, timezone)
            for page in _pages(db, org_id, wanted)
            for exported in db.look(read_exported, org_id, event, page)
        )
        note = noting(db, org_id, "registrations", "event", event)
        count = write_table(file, "Registrations", heading, rows, note)
    console.print(f"{file.name} has {counted(count, 'registration')}.")


def _pages(
    db: Database, org_id: OrgId, wanted: RegistrationFilter
) -> Iterator[list[ListedRegistration]]:
    """The registrations, a transaction for each page: no other waits for the whole list."""
    after: RegistrationId = NO_REGISTRATION
    while page := db.look(list_registrations, org_id, wanted, after=after, limit=PAGE):
        yield page
        after = page[-1].id


def _key_of(row: Row) -> tuple[object, str]:
    """Somebody may be there once for each ticket type; a second row would change the first."""
    return (email_key(row["email"]), fold(row["tickettype"])), row["email"]


def _take(
    org_id: OrgId,
    choices: Choices,
    ticket_type: TicketTypeId | None,
    mail: bool,
    again: bool,
    by: str,
    tx: Tx,
    row: Row,
) -> None:
    if not again:
        refuse_erased(tx, org_id, [row["email"]], [row["phone"]])
    import_registration(
        tx, org_id, choices, row, ticket_type_id=ticket_type, is_mailed=mail, actor=by
    )
