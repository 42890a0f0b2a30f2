"""What an organization has of its own: its values, settings, rooms and assessment forms."""

from typing import NamedTuple

from turnout.core.audit.recording import record
from turnout.core.events.model import Venue
from turnout.core.events.programme import create_venue
from turnout.core.exams.model import DEFAULTS, Exam, Form, ValueKind
from turnout.core.exams.sql import sql
from turnout.core.ids import EventId, FormId, OrgId, RoomId, VenueId
from turnout.core.registrations.places import set_event_capacity
from turnout.core.text import fold
from turnout.errors import Conflict, Invalid, Missing
from turnout.formats.pdf import PaperSize
from turnout.store import Tx


class ExamSettings(NamedTuple):
    """An organization's choices: the paper that is printed on, and whether a learner may have two
    exams at one time."""

    paper_size: PaperSize
    refuses_overlaps: bool


class Room(NamedTuple):
    """A room of a venue."""

    id: RoomId
    venue_id: VenueId
    name: str
    seats: int


class NewVenue(NamedTuple):
    """A venue as it is imported, with one of its rooms; `uuid` and `room` may be empty."""

    name: str
    timezone: str
    address: str = ""
    city: str = ""
    country_code: str = ""
    room: str = ""
    seats: int = 0
    uuid: str = ""


class NewForm(NamedTuple):
    """A version of an assessment form, as it is imported. `time_limit` in minutes."""

    code: str
    version: int
    name: str
    title: str
    language: str = "en"
    is_bilingual: bool = False
    is_published: bool = True
    time_limit: int = 180
    uuid: str = ""


def list_values(tx: Tx, org_id: OrgId, kind: ValueKind) -> list[str]:
    """The organization's values of a kind; where it has none of its own, the common ones."""
    own = [value for (value,) in sql.list_values(tx, org_id=org_id, kind=kind.value)]
    return own or list(DEFAULTS[kind])


def find_value(tx: Tx, org_id: OrgId, kind: ValueKind, text: str) -> str | None:
    """The value that this is a spelling of, in whatever case; None where there is none."""
    wanted = fold(text.strip())
    return next((value for value in list_values(tx, org_id, kind) if fold(value) == wanted), None)


def add_value(tx: Tx, org_id: OrgId, kind: ValueKind, value: str, *, actor: str) -> None:
    """Add a value to an organization's list; idempotent. Raises Invalid for
    an empty one."""
    if not value.strip():
        raise Invalid("exam_value.empty", kind=kind.value)
    if sql.add_value(tx, org_id=org_id, kind=kind.value, value=value.strip()):
        record(tx, org_id, actor, "added", "exam_value", 0, kind=kind.value, value=value)


def remove_value(tx: Tx, org_id: OrgId, kind: ValueKind, value: str, *, actor: str) -> None:
    """Take a value off an organization's list. Raises Missing."""
    if not sql.remove_value(tx, org_id=org_id, kind=kind.value, value=value):
        raise Missing("exam_value.missing", value=value)
    record(tx, org_id, actor, "removed", "exam_value", 0, kind=kind.value, value=value)


def get_settings(tx: Tx, org_id: OrgId) -> ExamSettings:
    """The organization's choices."""
    chosen = sql.get_settings(tx, org_id=org_id)
    return chosen or ExamSettings(PaperSize.LETTER, refuses_overlaps=False)


def set_settings(tx: Tx, org_id: OrgId, chosen: ExamSettings, *, actor: str) -> None:
    """Choose paper, and whether overlapping exams are refused."""
    sql.set_settings(
        tx,
        org_id=org_id,
        paper_size=chosen.paper_size.value,
        refuses_overlaps=int(chosen.refuses_overlaps),
    )
    record(tx, org_id, actor, "set", "exam_settings", 0, **chosen._asdict())


def list_venues(tx: Tx, org_id: OrgId) -> list[Venue]:
    """The organization's venues, oldest first."""
    return sql.list_venues(tx, org_id=org_id)


def set_venue(tx: Tx, org_id: OrgId, new: NewVenue, *, actor: str) -> Venue:
    """Make a venue with a room, or add the room to the one with that GUID or, without one, that
    name. Raises Invalid for an unknown time zone, an empty name or a room without seats."""
    if not new.name.strip():
        raise Invalid("venue.name")
    known = list_venues(tx, org_id)
    same = [venue for venue in known if (new.uuid or venue.uuid) == venue.uuid]
    venue = next((known for known in same if new.uuid or known.name == new.name), None)
    if venue is None:
        venue = create_venue(
            tx,
            org_id,
            new.name,
            timezone=new.timezone,
            address=new.address,
            city=new.city,
            country_code=new.country_code,
            uuid=new.uuid,
            actor=actor,
        )
    if new.room:
        add_room(tx, org_id, venue.id, new.room, new.seats, actor=actor)
    return venue


def add_room(
    tx: Tx, org_id: OrgId, venue_id: VenueId, name: str, seats: int, *, actor: str
) -> Room:
    """Add a room to a venue, or change how many seats it has. Raises Invalid below one seat."""
    if seats < 1:
        raise Invalid("room.seats", name=name)
    room_id = sql.add_room(
        tx,
        org_id=org_id,
        id=RoomId(tx.next_id("programme")),
        venue_id=venue_id,
        name=name,
        seats=seats,
    )
    record(tx, org_id, actor, "set", "room", room_id, name=name, seats=seats)
    return Room(room_id, venue_id, name, seats)


def list_rooms(tx: Tx, org_id: OrgId, venue_id: VenueId) -> list[Room]:
    """The rooms of a venue by name."""
    return sql.list_rooms(tx, org_id=org_id, venue_id=venue_id)


def assign_room(tx: Tx, org_id: OrgId, exam: Exam, room_id: RoomId | None, *, actor: str) -> None:
    """Put an exam into a room of its venue, whose seats limit it from now on; None takes it out.
    Candidates keep their seats where the room has them; the others get the lowest free ones, in
    their sequence.

    Raises Invalid for a room elsewhere, Conflict when it has fewer seats than candidates.
    """
    seats: int | None = None
    if room_id is not None:
        rooms = {room.id: room for room in list_rooms(tx, org_id, exam.venue_id)}
        if room_id not in rooms:
            raise Invalid("room.venue", room_id=room_id)
        seats = rooms[room_id].seats
    limits = [limit for limit in (seats, exam.registration_limit) if limit is not None]
    capacity = min(limits) if limits else None
    if capacity is not None and exam.held > capacity:
        raise Conflict("room.too_small", seats=seats, candidates=exam.held)
    set_event_capacity(tx, org_id, exam.event_id, capacity, actor=actor)
    sql.set_room(tx, org_id=org_id, event_id=exam.event_id, room_id=room_id)
    _reseat(tx, org_id, exam.event_id, seats or 0)
    record(tx, org_id, actor, "assigned", "room", room_id or 0, event_id=exam.event_id)


def _reseat(tx: Tx, org_id: OrgId, event_id: EventId, seats: int) -> None:
    """Give every candidate a seat from 1 to `seats`; 0 = nobody has one."""
    candidates = sql.list_seated(tx, org_id=org_id, event_id=event_id)
    kept = {seat for _, seat in candidates if seat is not None and seat <= seats}
    free = (seat for seat in range(1, seats + 1) if seat not in kept)
    for registration_id, seat in candidates:
        if seat not in kept and (seat is not None or seats):
            new = next(free, None)
            sql.set_seat(tx, org_id=org_id, registration_id=registration_id, seat=new)


def add_form(tx: Tx, org_id: OrgId, new: NewForm, *, actor: str) -> FormId:
    """Add a version of an assessment form, or change the one with its code and version; its id.

    Raises Invalid for an empty code or a time limit below a minute.
    """
    if not new.code.strip() or new.time_limit < 1 or new.version < 1:
        raise Invalid("form.facts")
    form_id: FormId = sql.add_form(
        tx,
        org_id=org_id,
        id=FormId(tx.next_id("programme")),
        uuid=new.uuid or tx.uuid(),
        code=new.code.strip(),
        code_key=fold(new.code.strip()),
        version=new.version,
        name=new.name,
        title=new.title or new.name,
        language=new.language,
        is_bilingual=int(new.is_bilingual),
        is_published=int(new.is_published),
        time_limit=new.time_limit,
        now=tx.now,
    )
    record(tx, org_id, actor, "set", "form", form_id, code=new.code, version=new.version)
    return form_id


def find_published_form(tx: Tx, org_id: OrgId, code: str) -> Form | None:
    """The newest published form with that code which is not bilingual."""
    return sql.find_published_form(tx, org_id=org_id, code_key=fold(code.strip()))


def get_form(tx: Tx, org_id: OrgId, form_id: FormId) -> Form:
    """The form of that number. Raises Missing."""
    form = sql.get_form(tx, org_id=org_id, id=form_id)
    if form is None:
        raise Missing("form.missing", form_id=form_id)
    return form


def list_forms(tx: Tx, org_id: OrgId) -> list[Form]:
    """All forms by code and version."""
    return sql.list_forms(tx, org_id=org_id)
