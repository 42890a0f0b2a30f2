"""Registering everybody who is in a file: upload, a preview with what each column becomes and which
rows cannot be taken, then the import.

Nothing is kept between the two: the page of the preview carries the file as CSV, and each step
reads it again. Rows are taken in slices, a transaction each; each row is taken or refused alone.
"""

import io
from collections.abc import Sequence
from typing import NamedTuple

from falcon.asgi import Request, Response

from turnout.core.erasure.returning import refuse_erased
from turnout.core.events.model import TicketType
from turnout.core.events.programme import list_ticket_types
from turnout.core.ids import TicketTypeId
from turnout.core.importing.layout import Layout, Use
from turnout.core.importing.records import (
    Fault,
    Record,
    fault_of,
    read_layout,
    read_records,
)
from turnout.core.registrations.files import REGISTRATIONS, import_registration, read_choices
from turnout.core.text import email_key
from turnout.errors import Conflict, Failure, Invalid, Missing
from turnout.formats.spreadsheets import to_csv
from turnout.formats.tables import read_table
from turnout.http.body import read_body
from turnout.http.forms import find_boundary, parse_files
from turnout.web.console.faulty_rows import FIELD as FAULTY
from turnout.web.console.faulty_rows import drop_reasons, keep_faulty, send_faulty
from turnout.web.console.forms import Form, fill, read_console_form
from turnout.web.console.page import ConsolePage, Visit
from turnout.web.console.people.mapping import Mapped, list_targets, map_columns, read_headings
from turnout.web.refusals import say_refusal

SIZE = 2_000_000
ROWS = 5_000
FIRST = 5
SLICE = 100
FIELD, NAME = "file", "The file"


class Row(NamedTuple):
    """A row that cannot be taken: its line, the column at fault, and why."""

    line: int
    column: str
    why: str


class Sheet(NamedTuple):
    """A file that was read: its columns and what each becomes, its rows, and those that cannot be
    read. `text` is all of it as CSV."""

    columns: list[Mapped]
    records: list[Record]
    faults: list[Row]
    text: str

    @property
    def first(self) -> list[Record]:
        return self.records[:FIRST]


class ImportPage(ConsolePage):
    """`/console/{event}/people/import`."""

    async def on_get(self, req: Request, resp: Response, scope: str) -> None:
        """The form. Raises Unauthenticated, Denied, Missing."""
        types = await self.console.read(req, "people.import", _list_types)
        template, form = "console/people/import.html", fill({})
        self.console.show(req, resp, template, types=types, form=form, headings=None, targets=[])

    async def on_post(self, req: Request, resp: Response, scope: str) -> None:
        """The preview of a file that was uploaded, or the import of one that was previewed. Raises
        Unauthenticated, Denied, Missing; what is wrong with the file is said on the page."""
        form, content = await _read(req)
        if form.has(FAULTY):
            await self.console.read(req, "people.import", _list_types)
            send_faulty(self.console, req, resp, form, scope)
            return
        try:
            content = map_columns(drop_reasons(content, NAME), form, NAME)
            sheet = read_sheet(content)
        except Invalid as refusal:
            await self.console.write(req, form, "people.import", _list_types)
            form.refuse(refusal, FIELD)
            types = await self.console.read(req, "people.import", _list_types)
            targets = await self.console.read(req, "people.import", list_targets)
            headings = read_headings(content, refusal, NAME)
            more = {"types": types, "headings": headings, "targets": targets}
            self.console.refuse(req, resp, "console/people/import.html", form, **more)
            return
        verb = import_rows if form.has("sure") else try_rows
        write = self.console.write_once if form.has("sure") else self.console.write
        refused = list(sheet.faults)
        # The form is held against the session even where no row is left.
        for first in range(0, max(1, len(sheet.records)), SLICE):
            some = sheet.records[first : first + SLICE]
            refused += await write(req, form, "people.import", verb, some, form)
        self.console.show(
            req,
            resp,
            "console/people/imported.html" if form.has("sure") else "console/people/preview.html",
            sheet=sheet,
            targets=await self.console.read(req, "people.import", list_targets),
            form=form,
            refused=sorted(refused),
            faulty=keep_faulty(content, NAME, map(_explain, sorted(refused))),
            taken=len(sheet.records) + len(sheet.faults) - len(refused),
        )


def read_sheet(content: bytes) -> Sheet:
    """A file's rows. Raises Invalid for one that is none, lacks a column or is too long."""
    if not content.strip():
        raise Invalid("console.no_file")
    with read_table(io.BytesIO(content), NAME) as table:
        rows = [row.cells for row in table.rows]
    if len(rows) > ROWS + 1:
        raise Invalid("console.long_file", limit=ROWS)
    with read_table(io.BytesIO(content), NAME) as table:
        layout = read_layout(table, REGISTRATIONS, file=NAME)
        found = list(read_records(table, layout))
    records = [row for row in found if isinstance(row, Record)]
    faults = [_row(fault) for fault in found if isinstance(fault, Fault)]
    return Sheet(_columns(layout), records, faults + _twice(records), to_csv(rows).decode())


def import_rows(visit: Visit, records: Sequence[Record], form: Form) -> list[Row]:
    """Register the rows; those that cannot be taken, and why."""
    choices = read_choices(visit.tx, visit.org_id, visit.at.id)
    kinds = [TicketTypeId(number) for number in form.numbers("ticket")]
    refused = []
    for record in records:
        try:
            with visit.tx.savepoint():
                _refuse_erased(visit, record)
                import_registration(
                    visit.tx,
                    visit.org_id,
                    choices,
                    record,
                    ticket_type_id=kinds[0] if kinds else None,
                    is_mailed=form.has("mail"),
                    reach=visit.reach,
                    actor=visit.user.actor,
                )
        except (Conflict, Invalid, Missing) as failure:
            refused.append(_row(fault_of(record, failure)))
    return refused


def _refuse_erased(visit: Visit, record: Record) -> None:
    try:
        refuse_erased(visit.tx, visit.org_id, [record["email"]], [record["phone"]])
    except Conflict as erased:
        raise Conflict("console.erased", address=record["email"]) from erased


def try_rows(visit: Visit, records: Sequence[Record], form: Form) -> list[Row]:
    """What `import_rows` would refuse; nothing is written."""
    with visit.tx.trial():
        return import_rows(visit, records, form)


async def _read(req: Request) -> tuple[Form, bytes]:
    """The form, and the file that it brings: uploaded, or as the preview carried it."""
    boundary = find_boundary(b"", req.content_type or "")
    if boundary:
        pairs, files = parse_files(await read_body(req, SIZE), boundary, 50)
        return Form(pairs), files[0].content if files else b""
    form = await read_console_form(req, SIZE * 3)
    return form, form.value("content").encode()


def _columns(layout: Layout) -> list[Mapped]:
    """Each heading, and what it becomes."""
    return [
        Mapped(
            column.place,
            column.heading,
            layout.known.label(column.key) if column.use is Use.FIELD else "",
        )
        for column in layout.columns
    ]


def _twice(records: list[Record]) -> list[Row]:
    """Rows about somebody whom an earlier row has with the same ticket type; they are taken out."""
    seen: dict[tuple[str, str], int] = {}
    found: list[Row] = []
    for record in list(records):
        about = (email_key(record["email"]), record["tickettype"])
        if record["email"] and about in seen:
            refusal = Invalid("row.twice", value=record["email"], first=seen[about])
            found.append(_row(fault_of(record, refusal)))
            records.remove(record)
        seen.setdefault(about, record.line)
    return found


def _explain(row: Row) -> tuple[int, str]:
    return row.line, f"{row.column}: {row.why}" if row.column else row.why


def _row(fault: Fault) -> Row:
    refusal: Failure = fault.refusal
    return Row(fault.line, fault.column, say_refusal(refusal))


def _list_types(visit: Visit) -> list[TicketType]:
    return list_ticket_types(visit.tx, visit.org_id, visit.at.id)
