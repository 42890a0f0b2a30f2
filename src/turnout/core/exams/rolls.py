"""The invigilator's list: who sits where, for how long, with which help, and a place to sign.

Reading is a verb for a short transaction, a slice at a time; drawing needs none.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import BinaryIO, NamedTuple

from turnout.catalogue.translations import ENGLISH, label
from turnout.core.exams.lists import Room
from turnout.core.exams.model import Accommodation, Exam
from turnout.core.exams.planning import get_exam
from turnout.core.exams.sql import sql
from turnout.core.ids import EventId, OrgId, RegistrationId
from turnout.core.times import local
from turnout.formats.local_dates import say_moment
from turnout.formats.pdf import Sides
from turnout.formats.pdf.table import Column, Sheet, write_table
from turnout.formats.workbook import Cell, write_workbook
from turnout.store import Tx

SLICE = 500
SIGNING_HEIGHT = 12.0
COLUMNS = (
    *("Seat", "No.", "Last name", "First name", "Code", "Exam", "Minutes", "Accommodations"),
    *("Attendance", "Signature"),
)
_HEADINGS = (
    *("roll.seat", "roll.sequence", "list.last_name", "list.first_name", "list.code", "roll.exam"),
    *("roll.minutes", "roll.accommodations", "roll.attendance", "roll.signature"),
)
_ATTENDANCE = {"Present": "roll.present", "Absent": "roll.absent"}
_SHARES = (1, 0.9, 2.6, 2.6, 1.8, 3, 1.3, 3.2, 1.8, 3.4)
BOOK_COLUMNS = (*COLUMNS[:-1], "Grade", "E-mail", "Registration")


class Candidate(NamedTuple):
    """A candidate of an exam. `minutes` is the time that this candidate has; `seat` None = none
    yet."""

    registration_id: RegistrationId
    uuid: str
    sequence: int
    seat: int | None
    first_name: str
    last_name: str
    code: str
    email: str
    form: str
    minutes: int
    attendance: str
    grading: str
    accommodations: tuple[Accommodation, ...] = ()

    @property
    def name(self) -> str:
        return " ".join(filter(None, (self.first_name, self.last_name)))


def list_candidates(tx: Tx, org_id: OrgId, event_id: EventId, after: int = 0) -> list[Candidate]:
    """The candidates of an exam after a sequence number, 500 at most."""
    rows = sql.list_roll(tx, org_id=org_id, event_id=event_id, after=after, limit=SLICE)
    if not rows:
        return []
    granted: dict[int, list[Accommodation]] = {}
    for help_ in sql.list_exam_accommodations(tx, org_id=org_id, event_id=event_id):
        granted.setdefault(help_.registration_id, []).append(
            Accommodation(help_.type, help_.name, help_.time_extension)
        )
    return [
        Candidate(
            **row._asdict() | {"form": row.form or ""},
            accommodations=tuple(granted.get(row.registration_id, ())),
        )
        for row in rows
    ]


def collect_candidates(read: Callable[[int], list[Candidate]]) -> list[Candidate]:
    """All candidates that `read(after)` gives, slice by slice: by seat, those without one last."""
    found: list[Candidate] = []
    while candidates := read(found[-1].sequence if found else 0):
        found += candidates
    return sorted(found, key=_seat_order)


def _seat_order(candidate: Candidate) -> tuple[bool, int, int]:
    return candidate.seat is None, candidate.seat or 0, candidate.sequence


def get_room(tx: Tx, org_id: OrgId, event_id: EventId) -> tuple[Exam, Room | None]:
    """An exam and the room that it is in. Raises Missing."""
    exam = get_exam(tx, org_id, event_id)
    row = sql.find_room(tx, org_id=org_id, id=exam.room_id) if exam.room_id else None
    return exam, Room(exam.room_id, exam.venue_id, *row) if row and exam.room_id else None


def draw_roll(
    out: BinaryIO,
    exam: Exam,
    room: Room | None,
    candidates: Sequence[Candidate],
    sides: Sides,
    language: str = ENGLISH,
) -> int:
    """Write the list, on paper that lies on its side. Returns how many candidates there are."""
    headings = (label(language, code) for code in _HEADINGS)
    columns = tuple(Column(*pair) for pair in zip(headings, _SHARES, strict=True))
    notes = tuple(_notes(exam, room, candidates, language))
    page = label(language, "list.page", number="{number}")
    sheet = Sheet(exam.title, notes, columns, SIGNING_HEIGHT, page)
    lying = Sides(max(sides), min(sides))
    return write_table(out, lying, sheet, (_row(candidate, language) for candidate in candidates))


def roll_workbook(candidates: Iterable[Candidate]) -> Iterator[bytes]:
    """The same as a workbook, in pieces, with what results are imported by: in English, as its
    columns are read again."""
    return write_workbook("Candidates", BOOK_COLUMNS, map(_book_row, candidates))


def say_accommodations(candidate: Candidate) -> str:
    """`Reader, Time Extension: half an hour (+30 min)`."""
    return ", ".join(
        "".join(
            (
                accommodation.type,
                f": {accommodation.name}" if accommodation.name else "",
                f" (+{accommodation.time_extension} min)" if accommodation.time_extension else "",
            )
        )
        for accommodation in candidate.accommodations
    )


def say_start(exam: Exam, language: str) -> str:
    """`Monday, 1 March 2027, 09:00 (UTC)`, by the clock of its venue."""
    moment = say_moment(local(exam.starts_at, exam.timezone), language)
    return label(language, "date.zoned", moment=moment, timezone=exam.timezone)


def _notes(
    exam: Exam, room: Room | None, candidates: Sequence[Candidate], language: str
) -> Iterator[str]:
    yield say_start(exam, language)
    yield ", ".join(filter(None, (exam.venue_name, room.name if room else "")))
    facts = {"number": exam.number, "count": len(candidates)}
    if room:
        yield label(language, "roll.numbers_in_room", **facts, seats=room.seats)
    else:
        yield label(language, "roll.numbers", **facts)


def _row(candidate: Candidate, language: str) -> tuple[str, ...]:
    code = _ATTENDANCE.get(candidate.attendance, "")
    attendance = label(language, code) if code else ""
    return (
        *(str(candidate.seat or ""), str(candidate.sequence)),
        *(candidate.last_name, candidate.first_name, candidate.code, candidate.form),
        *(str(candidate.minutes), say_accommodations(candidate), attendance, ""),
    )


def _book_row(candidate: Candidate) -> tuple[Cell, ...]:
    return (
        *(candidate.seat or "", candidate.sequence),
        *(candidate.last_name, candidate.first_name, candidate.code, candidate.form),
        *(candidate.minutes, say_accommodations(candidate), candidate.attendance),
        *(candidate.grading, candidate.email, candidate.uuid),
    )
