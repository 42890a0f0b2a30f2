"""Files of exams: `/console/{event}/exams/results/import` has attendance and grades,
`/console/{org}/exams/learners/import` learners. A file is uploaded; a preview says which rows
cannot be taken and why; then it is imported. The page of the preview carries the file.
"""

import io
import uuid as uuids
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from falcon.asgi import Request, Response

from turnout.core.erasure.returning import refuse_erased
from turnout.core.exams.browsing import get_listed
from turnout.core.exams.learners import LEARNERS, NewLearner, add_learner
from turnout.core.exams.model import Attendance
from turnout.core.exams.planning import get_exam
from turnout.core.exams.results import find_candidate, record_attendance, record_grade
from turnout.core.importing.records import Fault, Record, read_layout, read_records
from turnout.core.text import fold
from turnout.errors import Conflict, Failure, Invalid, Missing
from turnout.formats.spreadsheets import to_csv
from turnout.formats.tables import read_table
from turnout.web.console.exams.candidate import read_guid
from turnout.web.console.faulty_rows import FIELD as FAULTY
from turnout.web.console.faulty_rows import drop_reasons, keep_faulty, send_faulty
from turnout.web.console.forms import fill
from turnout.web.console.page import ConsolePage, Visit
from turnout.web.refusals import say_refusal

SIZE = 2_000_000
ROWS = 5_000
SLICE = 100
NAME = "The file"
TEMPLATE = "console/exams/import.html"
COLUMNS = {
    "registration": "registration",
    "guid": "registration",
    "code": "code",
    "attendance": "attendance",
    "grade": "grade",
}


class Line(NamedTuple):
    """A row of the file by its columns, with the number of its line."""

    number: int
    cells: Mapping[str, str]


class Refused(NamedTuple):
    """A row that cannot be taken, and why."""

    line: int
    why: str


class Sheet(NamedTuple):
    """A file that was read: its rows, and those that cannot be read. `text` is all of it as
    CSV."""

    lines: list[Line]
    refused: list[Refused]
    text: str


Take = Callable[[Visit, Mapping[str, str]], None]


class Kind(NamedTuple):
    """What a file may be of: how it is read, and what one row of it does."""

    name: str
    read: Callable[[bytes], Sheet]
    take: Take


class ImportPage(ConsolePage):
    """A page that takes files of one `kind`."""

    kind: Kind

    async def on_get(self, req: Request, resp: Response, scope: str) -> None:
        """The form. Raises Missing, Denied."""
        title = await self.console.read(req, "exams.change", find_title)
        more = {"kind": self.kind.name, "title": title, "sheet": None}
        self.console.show(req, resp, TEMPLATE, form=fill({}), **more)

    async def on_post(self, req: Request, resp: Response, scope: str) -> None:
        """The preview of a file that was uploaded, or the import of one that was previewed."""
        form, files = await self.console.take_files(req, SIZE * 3)
        title = await self.console.read(req, "exams.change", find_title)
        page: dict[str, Any] = {"kind": self.kind.name, "title": title}
        if form.has(FAULTY):
            send_faulty(self.console, req, resp, form, scope)
            return
        try:
            given = files.get("file") or form.value("content").encode()
            content = drop_reasons(given, NAME)
            sheet = self.kind.read(content)
        except Invalid as refusal:
            form.refuse(refusal, "file")
            self.console.refuse(req, resp, TEMPLATE, form, **page, sheet=None)
            return
        verb = import_lines if form.has("sure") else try_lines
        write = self.console.write_once if form.has("sure") else self.console.write
        refused, take = list(sheet.refused), self.kind.take
        for first in range(0, max(1, len(sheet.lines)), SLICE):
            some = sheet.lines[first : first + SLICE]
            refused += await write(req, form, "exams.change", verb, some, take)
        taken = len(sheet.lines) + len(sheet.refused) - len(refused)
        page |= {"sheet": sheet, "refused": sorted(refused), "taken": taken}
        page["faulty"] = keep_faulty(content, NAME, refused)
        self.console.show(req, resp, TEMPLATE, form=form, **page, is_done=form.has("sure"))


def find_title(visit: Visit) -> str:
    """What the page is called after: the exam of the event, or nothing. Raises Missing, Denied."""
    if visit.event is None:
        visit.user.access.require("exams.change")
        return ""
    return get_exam(visit.tx, visit.org_id, visit.event.id).title


def import_lines(visit: Visit, lines: Sequence[Line], take: Take) -> list[Refused]:
    """Write the rows down; those that cannot be taken, and why."""
    refused = []
    for line in lines:
        try:
            with visit.tx.savepoint():
                take(visit, line.cells)
        except (Conflict, Invalid, Missing) as failure:
            refused.append(_refuse(line.number, failure))
    return refused


def try_lines(visit: Visit, lines: Sequence[Line], take: Take) -> list[Refused]:
    """What `import_lines` would refuse; nothing is written."""
    with visit.tx.trial():
        return import_lines(visit, lines, take)


# -- attendance and grades -----------------------------------------------------------------


def read_results(content: bytes) -> Sheet:
    """A file's rows. Raises Invalid for one that is none, lacks a column or is too long."""
    rows = _read_rows(content)
    keys = [COLUMNS.get(fold(cell.strip()), "") for cell in rows[0]] if rows else []
    if not {"registration", "code"} & set(keys) or not {"attendance", "grade"} & set(keys):
        raise Invalid("console.exams.columns")
    with read_table(io.BytesIO(content), NAME) as table:
        lines = [Line(row.line, _by_key(keys, row.cells)) for row in list(table.rows)[1:]]
    return Sheet(lines, [], to_csv(rows).decode())


def take_result(visit: Visit, cells: Mapping[str, str]) -> None:
    """Write down what one row says. Raises Invalid, Missing, Conflict."""
    tx, org_id, event_id, by = visit.tx, visit.org_id, visit.at.id, visit.user.actor
    if text := cells.get("registration", ""):
        uuid = get_listed(tx, org_id, event_id, read_guid(text)).uuid
    else:
        uuid = find_candidate(tx, org_id, event_id, cells.get("code", ""))
    if said := cells.get("attendance", "").title():
        if said not in list(Attendance):
            raise Invalid("attendance.unknown", text=cells["attendance"])
        record_attendance(tx, org_id, uuid, Attendance(said), actor=by)
    if grading := cells.get("grade", ""):
        record_grade(tx, org_id, uuid, grading, actor=by)


class ImportResultsPage(ImportPage):
    """`/console/{event}/exams/results/import`."""

    kind = Kind("results", read_results, take_result)


# -- learners ------------------------------------------------------------------------------


def read_learners(content: bytes) -> Sheet:
    """The same for learners; a second row with one code is refused."""
    rows = _read_rows(content)
    with read_table(io.BytesIO(content), NAME) as table:
        found = list(read_records(table, read_layout(table, LEARNERS, file=NAME)))
    lines, seen = list[Line](), dict[str, int]()
    refused = [_refuse(row.line, row.refusal) for row in found if isinstance(row, Fault)]
    for row in found:
        if not isinstance(row, Record):
            continue
        first = seen.setdefault(fold(row["code"]), row.line)
        if first != row.line:
            refused.append(_refuse(row.line, Invalid("row.twice", value=row["code"], first=first)))
        else:
            lines.append(Line(row.line, row))
    return Sheet(lines, refused, to_csv(rows).decode())


def take_learner(visit: Visit, row: Mapping[str, str]) -> None:
    """Add one learner, or change the one with that code. Raises Invalid, Conflict."""
    visit.user.access.require("exams.change")
    try:
        refuse_erased(visit.tx, visit.org_id, [row["email"]])
    except Conflict as erased:
        raise Conflict("console.erased", address=row["email"]) from erased
    names = (row["code"], row["firstname"], row["lastname"], row["email"])
    new = NewLearner(*names, uuid=_read_guid(row["identifier"]))
    add_learner(visit.tx, visit.org_id, new, reach=visit.reach, actor=visit.user.actor)


class ImportLearnersPage(ImportPage):
    """`/console/{org}/exams/learners/import`."""

    kind = Kind("learners", read_learners, take_learner)


def _read_rows(content: bytes) -> list[list[str]]:
    if not content.strip():
        raise Invalid("console.no_file")
    with read_table(io.BytesIO(content), NAME) as table:
        rows = [row.cells for row in table.rows]
    if len(rows) > ROWS + 1:
        raise Invalid("console.long_file", limit=ROWS)
    return rows


def _by_key(keys: list[str], cells: list[str]) -> dict[str, str]:
    return {key: cell.strip() for key, cell in zip(keys, cells, strict=False) if key}


def _read_guid(text: str) -> str:
    try:
        return str(uuids.UUID(text)) if text else ""
    except ValueError as error:
        raise Invalid("import.guid", text=text) from error


def _refuse(line: int, failure: Failure) -> Refused:
    return Refused(line, str(say_refusal(failure)))
