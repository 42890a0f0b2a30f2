"""The nouns of exams. Instants in epoch ms, time limits and extensions in minutes."""

import enum
import re
from typing import NamedTuple

import msgspec

from turnout.core.ids import (
    EventId,
    FormId,
    PersonId,
    RegistrationId,
    RoomId,
    TicketTypeId,
    VenueId,
)

INDIVIDUAL = "Individual"
INDIVIDUAL_WITH, INDIVIDUAL_WITHOUT = "Individual (A)", "Individual (N)"
MINUTE_MS = 60_000
DEFAULT_HOURS = 3
_HOURS = re.compile(r"\((\d{1,2})\s*hr?s?\)", re.IGNORECASE | re.ASCII)


class ValueKind(enum.StrEnum):
    """A list of values that an organization may have of its own."""

    EXAM_TYPE = "exam_type"
    EXAM_FORMAT = "exam_format"
    BILLING_CODE = "billing_code"
    REGISTRANT_TYPE = "registrant_type"
    ACCOMMODATION_TYPE = "accommodation_type"


# What counts where an organization has no list of its own; billing codes are always its own.
DEFAULTS: dict[ValueKind, tuple[str, ...]] = {
    ValueKind.EXAM_TYPE: (
        "Class",
        "Individual",
        INDIVIDUAL_WITH,
        INDIVIDUAL_WITHOUT,
        "Sitting",
        "Test",
        "Accessibility and Resource Centre (ARC)",
    ),
    ValueKind.EXAM_FORMAT: ("Online", "Paper"),
    ValueKind.BILLING_CODE: (),
    ValueKind.REGISTRANT_TYPE: ("Apprentice", "Challenger"),
    ValueKind.ACCOMMODATION_TYPE: (
        "Reader",
        "Time Extension",
        "Translator",
        "Translation Dictionary",
        "Scribe",
        "Split Exam",
    ),
}


class ExamKind(enum.StrEnum):
    """How the calendar shows it."""

    EXAM = "Exam"
    CLASS = "Class"
    APPOINTMENT = "Appointment"


class Attendance(enum.StrEnum):
    """Whether a candidate came."""

    PENDING = "Pending"
    PRESENT = "Present"
    ABSENT = "Absent"
    WITHDRAWN = "Withdrawn"


class Change(enum.StrEnum):
    """What happened to a registration; each moves its LastChangeTime."""

    REQUESTED = "RegistrationRequested"
    FORM_ASSIGNED = "ExamFormAssigned"
    EVENT_CHANGED = "EventChanged"
    CANCELLED = "RegistrationCancelled"
    DELETED = "RegistrationDeleted"
    ATTENDANCE = "AttendanceTaken"
    GRADED = "GradeAssigned"
    GRANTED = "AccommodationGranted"
    REVOKED = "AccommodationRevoked"
    OVERLAP = "OverlapWarning"


class Form(msgspec.Struct, frozen=True):
    """One version of an assessment; the published one with the highest version is used."""

    id: FormId
    uuid: str
    code: str
    version: int
    name: str
    title: str
    language: str
    is_bilingual: bool
    is_published: bool
    time_limit: int


class Learner(NamedTuple):
    """Somebody who sits exams."""

    person_id: PersonId
    uuid: str
    code: str
    email: str
    first_name: str
    last_name: str

    @property
    def name(self) -> str:
        """First and last name."""
        return " ".join(filter(None, (self.first_name, self.last_name)))


class Accommodation(msgspec.Struct, frozen=True):
    """Help that a candidate gets. `time_extension` in minutes."""

    type: str
    name: str = ""
    time_extension: int = 0


class ExamRequest(msgspec.Struct, frozen=True):
    """Which exam somebody wants. Texts empty and `starts_at` None = not given."""

    venue: str = ""
    starts_at: int | None = None
    exam_type: str = ""
    exam_format: str = ""
    billing_code: str = ""
    registration_limit: int | None = None


class Exam(msgspec.Struct, frozen=True):
    """An exam with its event. `is_full`: its limit is reached."""

    event_id: EventId
    uuid: str
    number: int
    title: str
    state: str
    kind: ExamKind
    exam_type: str
    exam_format: str
    billing_code: str
    venue_id: VenueId
    venue_uuid: str
    venue_name: str
    timezone: str
    starts_at: int
    ends_at: int
    capacity: int | None
    held: int
    room_id: RoomId | None
    registration_limit: int | None
    is_on_calendar: bool
    has_own_title: bool


class Sitting(msgspec.Struct, frozen=True):
    """A candidate's registration, as it is kept."""

    registration_id: RegistrationId
    uuid: str
    event_id: EventId
    person_id: PersonId
    ticket_type_id: TicketTypeId
    state: str
    form_id: FormId | None
    time_limit: int
    attendance: Attendance


class SittingRecord(NamedTuple):
    """A registration as it is found and retrieved, with its exam, form and learner."""

    uuid: str
    attendance: str
    changed_at: int
    change_type: str
    event_uuid: str
    event_number: int
    event_format: str
    event_type: str
    starts_at: int
    timezone: str
    venue_uuid: str
    learner_uuid: str
    learner_code: str
    first_name: str
    last_name: str
    email: str
    form_uuid: str | None
    form_code: str | None
    form_name: str | None
    form_title: str | None


class SittingFilter(msgspec.Struct, frozen=True):
    """Which registrations are asked for: texts are contained in any case, `since` (epoch ms) is
    inclusive, `until` exclusive; empty and None = any."""

    name: str = ""
    email: str = ""
    code: str = ""
    since: int | None = None
    until: int | None = None

    @property
    def has_text(self) -> bool:
        """Whether it asks for particular people."""
        return bool(self.name or self.email or self.code)


def hours_of(billing_code: str) -> int:
    """How long an exam with that billing code lasts: `…(3hr)`, `…(4h)`; otherwise 3 hours."""
    found = _HOURS.findall(billing_code)
    return int(found[-1]) or DEFAULT_HOURS if found else DEFAULT_HOURS


def is_individual(exam_type: str) -> bool:
    """Whether such an exam is of one candidate alone."""
    return exam_type.casefold().startswith(INDIVIDUAL.casefold())
