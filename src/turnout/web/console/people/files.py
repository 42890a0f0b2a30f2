"""Registrations as files: all that a list has as CSV or a workbook, a badge, and what is known of
one person. Each file is in the audit with how many it has, before its first byte is sent."""

import io
from collections.abc import AsyncIterator, Iterable, Iterator
from tempfile import SpooledTemporaryFile
from typing import IO, ClassVar

import falcon
import msgspec
from falcon.asgi import Request, Response

from turnout.core.audit.recording import record
from turnout.core.checkin.printing import FORMATS, PrintFilter, collect_printed, draw_badges
from turnout.core.checkin.printing import list_printed as read_printed
from turnout.core.erasure.exporting import export_person
from turnout.core.ids import NO_REGISTRATION, RegistrationId, SessionId, TicketTypeId
from turnout.core.questions.reading import list_questions, order_names
from turnout.core.registrations.browsing import get_registration
from turnout.core.registrations.files import (
    HEADINGS,
    PAGE,
    note_questions,
    read_exported,
    row_of,
)
from turnout.core.registrations.listing import (
    ListedRegistration,
    RegistrationFilter,
    list_registrations,
)
from turnout.core.registrations.model import RegistrationState
from turnout.core.tickets.issuing import list_valid_tickets
from turnout.core.tickets.signing import ensure_ticket_key, sign_ticket
from turnout.errors import Missing
from turnout.formats.spreadsheets import csv_line, to_csv
from turnout.formats.workbook import write_workbook
from turnout.http.routing import without_head
from turnout.web.console.page import ConsolePage, Visit
from turnout.web.console.people.person import registration_number
from turnout.web.console.people.query import PeopleQuery, parse_people
from turnout.web.documents import NO_STORE

IN_MEMORY = 4_000_000
PIECE = 65_536


class PeopleCsv(ConsolePage):
    """`/console/{event}/people.csv`: the registrations that the same list has."""

    ending: ClassVar[str] = "csv"
    kind: ClassVar[str] = "text/csv; charset=utf-8"

    @without_head
    async def on_get(self, req: Request, resp: Response, scope: str) -> None:
        """The file. Raises Unauthenticated, Denied, Missing."""
        file, count = await self.console.read(
            req, "people.export", write_people, parse_people(req), self.ending
        )
        # Only the trace is written: a long list holds up nobody who writes.
        await self.console.trace(req, "people.export", _trace_people, count)
        send_file(resp, file, self.kind, f"registrations-{scope}.{self.ending}")


class PeopleWorkbook(PeopleCsv):
    """`/console/{event}/people.xlsx`."""

    ending = "xlsx"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class BadgePage(ConsolePage):
    """`/console/{event}/people/{registration}/badge.pdf`."""

    @without_head
    async def on_get(self, req: Request, resp: Response, scope: str, registration: str) -> None:
        """The badge of a registration's tickets. Raises Unauthenticated, Denied, Missing."""
        number = registration_number(registration)
        file = await self.console.trace(req, "people.see", write_badges, number)
        send_file(resp, file, "application/pdf", f"badge-{number}.pdf")


class PersonExportPage(ConsolePage):
    """`/console/{event}/people/{registration}/export.json`."""

    @without_head
    async def on_get(self, req: Request, resp: Response, scope: str, registration: str) -> None:
        """All that is known of the person. Raises Unauthenticated, Denied, Missing."""
        number = registration_number(registration)
        text = await self.console.trace(req, "people.export", read_export, number)
        resp.content_type = falcon.MEDIA_JSON
        resp.data = text
        name_file(resp, f"person-{number}.json")


def write_people(visit: Visit, query: PeopleQuery, ending: str) -> tuple[IO[bytes], int]:
    """The registrations that a list has, in the order of their numbers, and how many."""
    wanted = to_filter(query.permitted(visit), visit)
    asked = list_questions(visit.tx, visit.org_id, visit.at.id, is_all=True)
    questions: dict[str, None] = {}
    for page in _pages(visit, wanted):
        note_questions(questions, page)
    names = order_names(asked, questions)
    rows = [
        row_of(exported, names, visit.at.timezone)
        for page in _pages(visit, wanted)
        for exported in read_exported(visit.tx, visit.org_id, visit.at.id, page)
    ]
    heading = [*HEADINGS, *names]
    pieces = (
        write_workbook("Registrations", heading, rows) if ending == "xlsx" else _csv(heading, rows)
    )
    return _collect(pieces), len(rows)


def _trace_people(visit: Visit, count: int) -> None:
    _note(visit, "registrations", "event", visit.at.id, count)


def to_filter(query: PeopleQuery, visit: Visit) -> RegistrationFilter:
    """What the list asks for, as files know it."""
    wanted = query.browsed(visit.at.id)
    return RegistrationFilter(
        wanted.event_id,
        wanted.text,
        RegistrationState(wanted.state) if wanted.state else None,
        wanted.ticket_type_id,
        wanted.session_id,
        is_checked_in=wanted.is_checked_in,
        source=wanted.source,
        tag=wanted.tag,
        payment=wanted.payment,
    )


def write_badges(visit: Visit, registration_id: RegistrationId) -> IO[bytes]:
    """The badges of a registration's valid tickets, a page each."""
    tx, org_id, event = visit.tx, visit.org_id, visit.at
    get_registration(tx, org_id, event.id, registration_id)
    key = ensure_ticket_key(tx, org_id)
    found = [
        printed
        for ticket in list_valid_tickets(tx, org_id, registration_id)
        for printed in collect_printed(
            lambda after, code=ticket.code: read_printed(  # type: ignore[misc]
                tx,
                org_id,
                event.id,
                PrintFilter("", TicketTypeId(0), SessionId(0), code),
                after,
            )
        )
    ]
    if not found:
        raise Missing("print.empty")
    signed = ((one, sign_ticket(key, event.id, one.code, one.ticket_type_id)) for one in found)
    file = io.BytesIO()
    draw_badges(file, event, signed, FORMATS["a6"])
    _note(visit, "badges", "registration", registration_id, len(found))
    return file


def read_export(visit: Visit, registration_id: RegistrationId) -> bytes:
    """Everything that is known of the person of a registration, as JSON, and a trace of it: for
    users who see some events only, what these events have. Raises Conflict for a person whom the
    user does not reach."""
    registration = get_registration(visit.tx, visit.org_id, visit.at.id, registration_id)
    visit.check_reached(registration.person_id)
    is_limited = visit.user.access.is_limited and not visit.user.access.is_owner
    found = export_person(visit.tx, visit.org_id, registration.person_id, is_own_only=is_limited)
    _note(visit, "a person", "person", registration.person_id, 1)
    return msgspec.json.format(msgspec.json.encode(found), indent=2)


def _pages(visit: Visit, wanted: RegistrationFilter) -> Iterator[list[ListedRegistration]]:
    after = NO_REGISTRATION
    while page := list_registrations(visit.tx, visit.org_id, wanted, after=after, limit=PAGE):
        yield page
        after = page[-1].id


def _csv(heading: list[str], rows: Iterable[list[str]]) -> Iterator[bytes]:
    yield to_csv([heading])
    yield from (csv_line(row).encode() for row in rows)


def _collect(pieces: Iterable[bytes]) -> IO[bytes]:
    # The one that sends it closes it.
    file: IO[bytes] = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115
    file.writelines(pieces)
    return file


def _note(visit: Visit, what: str, noun: str, noun_id: int, count: int) -> None:
    record(
        visit.tx, visit.org_id, visit.user.actor, "exported", noun, noun_id, what=what, count=count
    )


def send_file(resp: Response, file: IO[bytes], kind: str, name: str) -> None:
    """Answer with a file to keep, which is closed once it was sent."""
    resp.content_type = kind
    resp.content_length = file.tell()
    file.seek(0)
    resp.stream = _pieces(file)
    name_file(resp, name)


def name_file(resp: Response, name: str) -> None:
    """Let a browser keep the answer under that name."""
    resp.set_header("Content-Disposition", f'attachment; filename="{name}"')
    resp.set_header("Cache-Control", NO_STORE)


async def _pieces(file: IO[bytes]) -> AsyncIterator[bytes]:
    with file:
        while piece := file.read(PIECE):
            yield piece
