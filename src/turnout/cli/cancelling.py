"""Cancelling an exam, for the commands of exams and of events.

In a module of its own: what else the commands of exams need takes longer to load than the help of
an event's commands.
"""

from turnout.cli.app import actor
from turnout.core.exams.leaving import cancel_exam_by_staff
from turnout.core.ids import EventId, OrgId
from turnout.store import Database


def cancel_exam(db: Database, org_id: OrgId, event_id: EventId) -> None:
    """Cancel an exam with the registrations of its candidates, a slice at a time. Raises what
    `cancel_exam_by_staff` raises."""
    while db.call(cancel_exam_by_staff, org_id, event_id, "The exam is cancelled.", actor=actor()):
        pass
