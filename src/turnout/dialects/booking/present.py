"""Model → wire: PascalCase, without members that are empty."""

from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from turnout.core.exams.model import ExamKind, SittingRecord
from turnout.core.exams.searching import CalendarEntry, OpenClass, SittingRow
from turnout.core.identity.short_names import page_path
from turnout.core.times import local, wall_clock
from turnout.formats.clocks import Clock

COLOURS: dict[str | None, str] = {
    ExamKind.APPOINTMENT.value: "info",
    ExamKind.CLASS.value: "primary",
    ExamKind.EXAM.value: "danger",
}
OTHER = "#28a745"
_encode = msgspec.json.Encoder().encode


class _Row(msgspec.Struct, omit_defaults=True, gc=False, rename="pascal"):
    """A registration as a search finds it; a member that is empty is left out."""

    registration_identifier: str = ""
    event_identifier: str = ""
    event_number: int = 0
    event_format: str = ""
    event_scheduled_start: str = ""
    assessment_form_identifier: str = ""
    assessment_form_code: str = ""
    assessment_form_name: str = ""
    assessment_form_title: str = ""
    learner_identifier: str = ""
    learner_code: str = ""
    learner_name: str = ""
    learner_email: str = ""
    attendance_status: str = ""
    last_change_time: str = ""
    last_change_type: str = ""


class Rows:
    """Contract, Search registrations, some hundred at a time; `RegistrationIdentifier` is an
    addition. Changes are shown in the organization's zone, exams in their own."""

    def __init__(self, timezone: str) -> None:
        self._own, self._clocks = Clock(ZoneInfo(timezone)), _Clocks()

    def present(self, rows: list[SittingRow]) -> bytes:
        """A JSON array."""
        columns = SittingRecord._make(zip(*rows, strict=True))
        return _encode(list(map(_Row, *self._members(columns))))

    def _members(self, columns: Any) -> tuple[Iterable[Any], ...]:
        """The columns of a `_Row`, from those of a record."""
        starts = zip(columns.timezone, columns.starts_at, strict=True)
        names = zip(columns.first_name, columns.last_name, strict=True)
        return (
            columns.uuid,
            columns.event_uuid,
            columns.event_number,
            columns.event_format,
            [self._clocks[timezone](at) for timezone, at in starts],
            *[
                [text or "" for text in column]
                for column in (
                    columns.form_uuid,
                    columns.form_code,
                    columns.form_name,
                    columns.form_title,
                )
            ],
            columns.learner_uuid,
            columns.learner_code,
            [f"{first} {last}" if first and last else first or last for first, last in names],
            columns.email,
            columns.attendance,
            self._own.show_all(columns.changed_at),
            columns.change_type,
        )


class _Clocks(dict[str, Clock]):
    def __missing__(self, timezone: str) -> Clock:
        self[timezone] = clock = Clock(ZoneInfo(timezone))
        return clock


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
