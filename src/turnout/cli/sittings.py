"""`turnout exam …` on the day: the invigilator's list, walk-ins, seats, attendance, grades,
notices."""

import uuid as uuids
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from turnout.cli.app import actor, console, counted, database, show_table
from turnout.cli.exams import exams
from turnout.cli.exports import noting
from turnout.cli.files import new_file, open_text
from turnout.cli.imports import IgnoreUnknown, Preview, Row, import_rows, say_imported
from turnout.cli.numbers import EventNumber
from turnout.core.exams import results
from turnout.core.exams.model import Accommodation, Attendance
from turnout.core.exams.readmitting import readmit
from turnout.core.exams.seating import add_walk_in
from turnout.core.exams.seats import set_seat as give_seat
from turnout.core.identity.organizations import get_organization
from turnout.core.ids import EventId, OrgId
from turnout.errors import Invalid
from turnout.formats.pdf import PaperSize
from turnout.store import Database, Tx

if TYPE_CHECKING:
    from turnout.core.exams.letters import Notice

Said = Literal["present", "absent", "pending"]


@exams.command
def candidates(
    org: str, event: EventNumber, file: Path | None = None, /, *, paper: PaperSize = PaperSize.A4
) -> None:
    """List the candidates of an exam by seat; into a PDF to sign or an XLSX file if one is named.

    Example: `turnout exam candidates acme 1000001 list.pdf`

    Args:
        org: Short name of the organization.
        event: Number of its event.
        file: The file to write, `.pdf` or `.xlsx`; one of that name is replaced.
        paper: What a PDF is printed on.
    """
    from turnout.cli.papers import language_of
    from turnout.core.exams.rolls import (
        collect_candidates,
        draw_roll,
        get_room,
        list_candidates,
        roll_workbook,
        say_accommodations,
    )

    kind = file.suffix.lower() if file else ""
    if kind not in ("", ".pdf", ".xlsx"):
        raise Invalid("print.kind", file=file)
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        exam, room = db.look(get_room, org_id, event)
        found = collect_candidates(lambda after: db.look(list_candidates, org_id, event, after))
    if file is None:
        rows = (
            (
                *(str(candidate.seat or ""), candidate.code, candidate.name),
                *(candidate.attendance, candidate.grading, f"{candidate.minutes} min"),
                *(candidate.uuid, say_accommodations(candidate)),
            )
            for candidate in found
        )
        headings = ("SEAT", "CODE", "NAME", "ATTENDANCE", "GRADE", "TIME", "GUID", "HELP")
        show_table(*headings, rows=rows)
        return
    with database() as db, new_file(file) as out:
        if kind == ".pdf":
            language = db.look(language_of, org_id, event)
            draw_roll(out, exam, room, found, paper.sides, language)
        else:
            out.writelines(roll_workbook(found))
        noting(db, org_id, "candidates", "event", event)(len(found))
    console.print(f"{file} has {counted(len(found), 'candidate')}.")


@exams.command
def walk_in(
    org: str,
    event: EventNumber,
    learner: str,
    form: str,
    /,
    *,
    extra_minutes: int = 0,
) -> None:
    """Seat a learner who stands at the door, and mark them present; a closed exam takes them too.

    Example: `turnout exam walk-in acme 1000001 L-17 W1`

    Args:
        org: Short name of the organization.
        event: Number of the exam's event.
        learner: The learner's code.
        form: Code of the assessment form.
        extra_minutes: Time that this candidate has beyond the form's.
    """
    extra = (Accommodation("Time Extension", "", extra_minutes),) if extra_minutes else ()
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        uuid = db.call(
            add_walk_in, org_id, event, learner, form, accommodations=extra, actor=actor()
        )
    console.print(f"Learner {learner} is in the exam and present: registration {uuid}")


@exams.command
def seat(org: str, registration: str, number: int, /) -> None:
    """Give a candidate a seat of the exam's room.

    `turnout exam set --room` gives everybody one; this changes it.

    Example: `turnout exam seat acme 2f6c1c9e-… 12`

    Args:
        org: Short name of the organization.
        registration: GUID of the registration.
        number: Number of the seat.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        db.call(give_seat, org_id, _guid(registration), number, actor=actor())
    console.print(f"Registration {registration} has seat {number}.")


@exams.command
def restore(org: str, registration: str, /, *, reason: str = "") -> None:
    """Register a cancelled candidate again in the same exam, with a new ticket.

    Form and accommodations are those of before; in a room they get the next free seat.

    Example: `turnout exam restore acme 2f6c1c9e-0000-4000-8000-000000000001`

    Args:
        org: Short name of the organization.
        registration: GUID of the registration.
        reason: What the history says of it.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        done = db.call(readmit, org_id, _guid(registration), reason, actor=actor())
    said = "is confirmed again" if done else "is not cancelled"
    console.print(f"Registration {registration} {said}.")


@exams.command
def attend(org: str, attendance: Said, registration: list[str], /) -> None:
    """Write down whether candidates came.

    Who is present is checked in at the event's doors too, and who is absent is not.

    Example: `turnout exam attend acme absent 2f6c1c9e-…`

    Args:
        org: Short name of the organization.
        attendance: present, absent, or pending, which takes it back.
        registration: GUIDs of registrations.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        for uuid in map(_guid, registration):
            value = Attendance(attendance.title())
            db.call(results.record_attendance, org_id, uuid, value, actor=actor())
    are = "is" if len(registration) == 1 else "are"
    console.print(f"{counted(len(registration), 'registration')} {are} {attendance}.")


@exams.command
def rest_absent(org: str, event: EventNumber, /) -> None:
    """Mark everybody absent of whom nothing is written down, once the exam has begun.

    Example: `turnout exam rest-absent acme 1000001`

    Args:
        org: Short name of the organization.
        event: Number of the exam's event.
    """
    count = 0
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        while marked := db.call(results.mark_rest_absent, org_id, event, actor=actor()):
            count += marked
    console.print(f"{counted(count, 'candidate is', 'candidates are')} absent.")


@exams.command
def grade(org: str, registration: str, grading: str, /) -> None:
    """Write down how a candidate did.

    Example: `turnout exam grade acme 2f6c1c9e-… "82 %"`

    Args:
        org: Short name of the organization.
        registration: GUID of the registration.
        grading: Up to 100 characters; empty takes it back.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        db.call(results.record_grade, org_id, _guid(registration), grading, actor=actor())
    console.print(f"Registration {registration} is graded.")


@exams.command
def import_results(
    org: str,
    file: Path,
    /,
    *,
    event: EventNumber | None = None,
    preview: Preview = False,
    ignore_unknown: IgnoreUnknown = False,
) -> None:
    """Import attendance and grades from a CSV file or a workbook (XLSX).

    Its columns are Registration (a GUID) or, with `--event`, Code (the
    learner's), and as there are Attendance (Present, Absent, Pending) and Grade. Empty cells
    change nothing.

    Example: `turnout exam import-results acme results.csv --event 1000001`

    Args:
        org: Short name of the organization.
        file: The file.
        event: Number of the event in which learners are looked for by code.
    """
    columns = ("registration", "code", "attendance", "grade")
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        take = partial(_take_result, org_id, event, actor())
        count = import_rows(
            db, file, columns, [], take, preview=preview, ignore_unknown=ignore_unknown
        )
    if not preview:
        console.print(say_imported(count))


@exams.command
def notify(
    org: str, event: EventNumber, subject: str, text: Path, /, *, dry_run: bool = False
) -> None:
    """Send a notice to all candidates of an exam who have an address.

    `%%name%%`, `%%code%%`, `%%exam%%`, `%%date%%`, `%%place%%`, `%%room%%`, `%%seat%%`,
    `%%minutes%%` and `%%accommodations%%` are filled in for each.

    Example: `turnout exam notify acme 1000001 "Your exam on %%date%%" notice.txt`

    Args:
        org: Short name of the organization.
        event: Number of the exam's event.
        subject: Subject of the mail.
        text: A file with its text, in UTF-8.
        dry_run: Only say how many would get it.
    """
    from turnout.core.exams.letters import Notice, check_notice

    with open_text(text) as lines:
        notice = Notice(subject, lines.read())
    check_notice(notice)
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        sent, left = _notify(db, org_id, event, notice, is_dry=dry_run)
    gets = "would get" if dry_run else "gets" if sent == 1 else "get"
    console.print(f"{counted(sent, 'candidate')} {gets} the notice.")
    if left:
        console.print(f"{counted(left, 'has', 'have')} no address.")


def _notify(
    db: Database, org_id: OrgId, event: EventId, notice: "Notice", *, is_dry: bool
) -> tuple[int, int]:
    """How many candidates get the notice, and how many have no address."""
    from turnout.core.exams.letters import SLICE, send_notice
    from turnout.core.exams.rolls import collect_candidates, get_room, list_candidates

    exam, room = db.look(get_room, org_id, event)
    found = collect_candidates(lambda after: db.look(list_candidates, org_id, event, after))
    reached = [candidate for candidate in found if candidate.email]
    if not is_dry:
        for start in range(0, len(reached), SLICE):
            some = reached[start : start + SLICE]
            db.call(send_notice, org_id, exam, room, some, notice, actor=actor())
    return len(reached), len(found) - len(reached)


def _take_result(org_id: OrgId, event: EventId | None, by: str, tx: Tx, row: Row) -> None:
    if uuid := row.get("registration", ""):
        uuid = _guid(uuid)
    elif (code := row.get("code", "")) and event is not None:
        uuid = results.find_candidate(tx, org_id, event, code)
    else:
        raise Invalid("candidate.unnamed")
    if said := row.get("attendance", "").title():
        if said not in list(Attendance):
            raise Invalid("attendance.unknown", text=row["attendance"])
        results.record_attendance(tx, org_id, uuid, Attendance(said), actor=by)
    if grading := row.get("grade", ""):
        results.record_grade(tx, org_id, uuid, grading, actor=by)


def _guid(text: str) -> str:
    try:
        return str(uuids.UUID(text.strip()))
    except ValueError as error:
        raise Invalid("import.guid", text=text) from error
