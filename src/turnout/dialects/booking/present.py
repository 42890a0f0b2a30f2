"""Model → wire: PascalCase, without members that are empty."""

from typing import Any

from turnout.core.exams.model import ExamKind, SittingRecord
from turnout.core.exams.searching import CalendarEntry, OpenClass
from turnout.core.identity.short_names import page_path
from turnout.core.times import local, wall_clock

COLOURS: dict[str | None, str] = {
    ExamKind.APPOINTMENT.value: "info",
    ExamKind.CLASS.value: "primary",
    ExamKind.EXAM.value: "danger",
}
OTHER = "#28a745"


def present_entry(entry: CalendarEntry, slug: str, timezone: str, base_url: str) -> dict[str, Any]:
    """Contract, list-events; times in the caller's zone."""
    return _full(
        EventID=entry.uuid,
        Title=entry.title,
        AppointmentType=entry.appointment_type,
        Description=entry.description,
        StartDate=_wall(entry.starts_at, timezone),
        EndDate=_wall(entry.ends_at or entry.starts_at, timezone),
        ThemeColor=COLOURS.get(entry.kind, OTHER),
        Url=f"{base_url}{page_path(slug)}/{entry.event_id}",
    )


def present_class(exam: OpenClass) -> dict[str, Any]:
    """Contract, classes."""
    return _full(
        Identifier=exam.uuid, Title=exam.title, IsFull=exam.is_full, IsClosed=exam.is_closed
    )


def present_row(found: SittingRecord, timezone: str) -> dict[str, Any]:
    """Contract, Search registrations; `RegistrationIdentifier` is an addition."""
    return _full(
        RegistrationIdentifier=found.uuid,
        EventIdentifier=found.event_uuid,
        EventNumber=found.event_number,
        EventFormat=found.event_format,
        EventScheduledStart=_instant(found.starts_at, found.timezone),
        **_form(found),
        **_learner(found),
        AttendanceStatus=found.attendance,
        LastChangeTime=_instant(found.changed_at, timezone),
        LastChangeType=found.change_type,
    )


def present_sitting(found: SittingRecord, timezone: str) -> dict[str, Any]:
    """Contract, Retrieve a registration."""
    return _full(
        RegistrationIdentifier=found.uuid,
        RegistrationAttendanceStatus=found.attendance,
        LastChangeTime=_instant(found.changed_at, timezone),
        LastChangeType=found.change_type,
        EventIdentifier=found.event_uuid,
        EventNumber=found.event_number,
        EventFormat=found.event_format,
        EventStart=_instant(found.starts_at, found.timezone),
        EventVenue=found.venue_uuid,
        EventExamType=found.event_type,
        **_learner(found),
        **_form(found),
    )


def _learner(found: SittingRecord) -> dict[str, Any]:
    return {
        "LearnerIdentifier": found.learner_uuid,
        "LearnerCode": found.learner_code,
        "LearnerName": " ".join(filter(None, (found.first_name, found.last_name))),
        "LearnerEmail": found.email,
    }


def _form(found: SittingRecord) -> dict[str, Any]:
    return {
        "AssessmentFormIdentifier": found.form_uuid,
        "AssessmentFormCode": found.form_code,
        "AssessmentFormName": found.form_name,
        "AssessmentFormTitle": found.form_title,
    }


def _full(**members: Any) -> dict[str, Any]:
    """The members that are not empty."""
    return {name: value for name, value in members.items() if value}


def _instant(at: int, timezone: str) -> str:
    return local(at, timezone).isoformat()


def _wall(at: int, timezone: str) -> str:
    return wall_clock(at, timezone)
