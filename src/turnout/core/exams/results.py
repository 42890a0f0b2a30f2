"""What an invigilator writes down afterwards: who came, and how they did.

A candidate who is present is checked in at the door of the attendance API too, and one who is
absent is not: both look at one ticket.
"""

from turnout.core.audit.recording import record
from turnout.core.exams.adjusting import grade, take_attendance
from turnout.core.exams.model import Attendance
from turnout.core.exams.planning import get_exam
from turnout.core.exams.sittings import check_confirmed, require_sitting
from turnout.core.exams.sql import sql
from turnout.core.ids import EventId, OrgId
from turnout.core.text import fold, is_storable
from turnout.errors import Conflict, Invalid, Missing
from turnout.store import Tx

SLICE = 100
LONGEST_GRADE = 100
_TAKEN = (Attendance.PENDING, Attendance.PRESENT, Attendance.ABSENT)


def record_attendance(
    tx: Tx, org_id: OrgId, uuid: str, attendance: Attendance, *, actor: str
) -> None:
    """Write down whether a candidate came; idempotent. Raises Missing, Conflict for a cancelled
    registration, Invalid for Withdrawn, which is what cancelling leaves."""
    if attendance not in _TAKEN:
        raise Invalid("attendance.withdrawn")
    check_confirmed(require_sitting(tx, org_id, uuid))
    take_attendance(tx, org_id, uuid, attendance, actor=actor)


def record_grade(tx: Tx, org_id: OrgId, uuid: str, grading: str, *, actor: str) -> None:
    """Write down how a candidate did: up to 100 characters, free text, empty takes it back.

    Raises Missing, Invalid, Conflict for a cancelled registration.
    """
    grading = grading.strip()
    if len(grading) > LONGEST_GRADE or not is_storable(grading):
        raise Invalid("grade.long", limit=LONGEST_GRADE)
    check_confirmed(require_sitting(tx, org_id, uuid))
    grade(tx, org_id, uuid, grading, actor=actor)


def mark_rest_absent(tx: Tx, org_id: OrgId, event_id: EventId, *, actor: str) -> int:
    """Mark up to 100 candidates of an exam absent of whom nothing is written down. Returns how
    many; 0 when all are. Raises Missing, Conflict before the exam has begun."""
    exam = get_exam(tx, org_id, event_id)
    if exam.starts_at > tx.now:
        raise Conflict("attendance.early", event_id=event_id)
    pending = sql.list_pending(tx, org_id=org_id, event_id=event_id, limit=SLICE)
    for (uuid,) in pending:
        take_attendance(tx, org_id, uuid, Attendance.ABSENT, actor=actor)
    if pending:
        record(tx, org_id, actor, "marked absent", "event", event_id, count=len(pending))
    return len(pending)


def find_candidate(tx: Tx, org_id: OrgId, event_id: EventId, code: str) -> str:
    """The GUID of a learner's registration in an exam. Raises Missing for nobody's code, and
    Conflict for a learner who sits in it several times."""
    found = sql.list_learner_sittings(
        tx, org_id=org_id, event_id=event_id, code_key=fold(code.strip())
    )
    if not found:
        raise Missing("candidate.missing", code=code, event_id=event_id)
    if len(found) > 1:
        raise Conflict("candidate.several", code=code, event_id=event_id)
    return found[0].uuid
