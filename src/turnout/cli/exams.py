"""`turnout venue`, `assessment` and `exam`: venues, forms and exams."""

from functools import partial
from pathlib import Path
from typing import Literal

from cyclopts import App

from turnout.catalogue.histories import phrase_known, tell
from turnout.cli.app import Number, actor, console, database, say_time, show_table, tell_twice
from turnout.cli.cancelling import cancel_exam
from turnout.cli.imports import (
    IgnoreUnknown,
    Preview,
    Row,
    import_rows,
    number_of,
    read_guid,
    say_imported,
)
from turnout.cli.numbers import EventNumber, RoomNumber
from turnout.core.events.model import EventState
from turnout.core.exams import lists
from turnout.core.exams.history import list_changes
from turnout.core.exams.lists import ExamSettings, NewVenue
from turnout.core.exams.model import ExamKind, ExamRequest, ValueKind
from turnout.core.exams.planning import (
    get_exam,
    list_exams,
    make_exam,
    set_appearance,
    set_exam_state,
)
from turnout.core.identity.organizations import get_organization
from turnout.core.ids import OrgId
from turnout.core.times import instant
from turnout.errors import Invalid
from turnout.formats.pdf import PaperSize
from turnout.store import Tx

venues = App(name="venue")
exams = App(name="exam")


@venues.command(name="import")
def import_venues(
    org: str, file: Path, /, *, preview: Preview = False, ignore_unknown: IgnoreUnknown = False
) -> None:
    """Import venues from a CSV file or a workbook (XLSX), a row for each room.

    Its columns are Name, and as there are Timezone, Address, City, Country (two
    letters), Room, Seats and Identifier (a GUID). A venue that is known gets the room.

    Example: `turnout venue import acme venues.csv`

    Args:
        org: Short name of the organization.
        file: The file.
    """
    columns = ("name", "timezone", "address", "city", "country", "room", "seats", "identifier")
    with database() as db:
        organization = db.call(get_organization, org)
        take = partial(_take_venue, organization.org_id, organization.timezone, actor())
        count = import_rows(
            db, file, columns, ["name"], take, preview=preview, ignore_unknown=ignore_unknown
        )
    if not preview:
        console.print(say_imported(count))


@venues.command(name="list")
def list_venues(org: str, /) -> None:
    """List venues with their rooms.

    Example: `turnout venue list acme`

    Args:
        org: Short name of the organization.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        found = db.call(lists.list_venues, org_id)
        rooms = {venue.id: db.call(lists.list_rooms, org_id, venue.id) for venue in found}
    if not found:
        console.print("There are no venues. `turnout venue import` makes some.")
        return
    rows = (
        (
            venue.uuid,
            venue.timezone,
            ", ".join(f"{room.name} ({room.id}): {room.seats}" for room in rooms[venue.id]),
            venue.name,
        )
        for venue in found
    )
    show_table("GUID", "TIME ZONE", "ROOMS AND SEATS", "NAME", rows=rows)


@exams.command
def create(
    org: str,
    title: str,
    /,
    *,
    venue: str,
    starts: str,
    billing_code: str,
    exam_type: str = "Class",
    exam_format: str = "Online",
    kind: ExamKind = ExamKind.EXAM,
    limit: Number | None = None,
) -> None:
    """Make an exam or class, drafted.

    Example:
    `turnout exam create acme "Welder 1" --venue Hall --starts 2027-03-01T09:00
    --billing-code "Trades (3hr)"`

    Args:
        org: Short name of the organization.
        title: What it is called; empty, its venue and assessments name it.
        venue: GUID of the venue.
        starts: Local time at the venue, such as 2027-03-01T09:00.
        billing_code: One of the organization's billing codes; `(3hr)` in it is the length.
        exam_type: One of the organization's exam types.
        exam_format: One of the organization's formats.
        kind: How the calendar shows it.
        limit: How many candidates at most.
    """
    with database() as db:
        organization = db.call(get_organization, org)
        zones = {
            venue.uuid: venue.timezone for venue in db.call(lists.list_venues, organization.org_id)
        }
        zone = zones.get(venue.lower(), organization.timezone)
        tell_twice(zone, starts)
        wanted = ExamRequest(
            venue=venue.lower(),
            starts_at=instant(starts, zone),
            exam_type=exam_type,
            exam_format=exam_format,
            billing_code=billing_code,
            registration_limit=limit,
        )
        made = db.call(
            make_exam, organization.org_id, wanted, kind=kind, title=title, actor=actor()
        )
    console.print(f"Exam {made.event_id}, GUID {made.uuid}: {made.title}")


@exams.command(name="list")
def list_all(org: str, /, *, limit: Number = 50) -> None:
    """List exams, the newest number first.

    Example: `turnout exam list acme`

    Args:
        org: Short name of the organization.
        limit: How many at most.
    """
    with database() as db:
        found = db.call(list_exams, db.call(get_organization, org).org_id, limit)
    if not found:
        console.print("There are no exams.")
        return
    rows = (
        (
            str(exam.event_id),
            str(exam.number),
            exam.state,
            say_time(exam.starts_at),
            f"{exam.held} of {exam.capacity}" if exam.capacity is not None else str(exam.held),
            exam.uuid,
            exam.title,
        )
        for exam in found
    )
    show_table("EVENT", "NUMBER", "STATE", "STARTS", "CANDIDATES", "GUID", "TITLE", rows=rows)


@exams.command(name="set")
def set_exam(
    org: str,
    event: EventNumber,
    /,
    *,
    state: EventState | None = None,
    room: RoomNumber | None = None,
    no_room: bool = False,
    show: bool = False,
    hide: bool = False,
) -> None:
    """Publish, close, cancel or draft an exam, give it a room, or show it on the calendar.

    Cancelling it cancels its candidates' registrations, each with its history.

    Example: `turnout exam set acme 1000001 --state closed`

    Args:
        org: Short name of the organization.
        event: Number of its event.
        state: open is published.
        room: Number of a room of its venue, whose seats limit it.
        no_room: It is in no room.
        show: The calendar shows it.
        hide: The calendar does not.
    """
    if (state, room) == (None, None) and not (no_room or show or hide):
        raise Invalid("exam.unchanged")
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        if room is not None or no_room:
            exam = db.call(get_exam, org_id, event)
            db.call(lists.assign_room, org_id, exam, room, actor=actor())
        if show or hide:
            db.call(set_appearance, org_id, event, is_on_calendar=not hide, actor=actor())
        if state is EventState.CANCELLED:
            cancel_exam(db, org_id, event)
        elif state is not None:
            db.call(set_exam_state, org_id, event, state, actor=actor())
        now = db.call(get_exam, org_id, event)
    shown = "on the calendar" if now.is_on_calendar else "not on the calendar"
    console.print(f"Exam {event} ({now.title}) is {now.state} and {shown}.")


@exams.command
def values(
    org: str,
    kind: ValueKind,
    /,
    *,
    add: list[str] | None = None,
    remove: list[str] | None = None,
) -> None:
    """List the values of a kind, such as billing codes, and change them.

    Example: `turnout exam values acme billing-code`

    Args:
        org: Short name of the organization.
        kind: exam-type, exam-format, billing-code, registrant-type or accommodation-type.
        add: A value to add; may be repeated.
        remove: A value to take off; may be repeated.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        for value in add or []:
            db.call(lists.add_value, org_id, kind, value, actor=actor())
        for value in remove or []:
            db.call(lists.remove_value, org_id, kind, value, actor=actor())
        found = db.call(lists.list_values, org_id, kind)
    for value in found:
        console.print(value)
    if not found:
        console.print("There are none: `--add` makes some.")


@exams.command
def choose(
    org: str,
    /,
    *,
    paper: PaperSize | None = None,
    overlaps: Literal["note", "refuse"] | None = None,
) -> None:
    """Choose the paper that scrap paper is printed on, and whether overlapping exams of one learner
    are refused; without options, say what is chosen.

    Example: `turnout exam choose acme --paper A4`

    Args:
        org: Short name of the organization.
        paper: A4 or Letter.
        overlaps: What happens with an exam during another of the same learner.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        now = db.call(lists.get_settings, org_id)
        chosen = ExamSettings(
            paper or now.paper_size,
            now.refuses_overlaps if overlaps is None else overlaps == "refuse",
        )
        if chosen != now:
            db.call(lists.set_settings, org_id, chosen, actor=actor())
    said = "refused" if chosen.refuses_overlaps else "noted"
    console.print(f"Paper: {chosen.paper_size}. Overlapping exams are {said}.")


@exams.command
def history(org: str, registration: str, /) -> None:
    """Show everything that happened to a registration.

    Example: `turnout exam history acme 2f6c1c9e-0000-4000-8000-000000000001`

    Args:
        org: Short name of the organization.
        registration: GUID of the registration; a deleted one has its history still.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        found = db.call(list_changes, org_id, registration.strip().lower())
    if not found:
        console.print("Nothing is known of this registration.")
        return
    rows = (
        (
            say_time(change.at),
            tell(phrase_known("exams.change", change.type.value)),
            change.actor,
            _say(change.was),
            _say(change.became),
            change.reason,
        )
        for change in found
    )
    show_table("AT", "WHAT", "WHO", "BEFORE", "AFTER", "REASON", rows=rows)


def _take_venue(org_id: OrgId, timezone: str, by: str, tx: Tx, row: Row) -> None:
    new = NewVenue(
        name=row["name"],
        timezone=row.get("timezone") or timezone,
        address=row.get("address", ""),
        city=row.get("city", ""),
        country_code=row.get("country", "").upper()[:2],
        room=row.get("room", ""),
        seats=number_of(row, "seats", 0),
        uuid=read_guid(row),
    )
    lists.set_venue(tx, org_id, new, actor=by)


def _say(facts: dict[str, object]) -> str:
    return ", ".join(f"{name}: {value}" for name, value in facts.items())
