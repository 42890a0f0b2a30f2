"""A centre of the desk's organization with a room, learners, forms, and an exam for each test."""

from typing import NamedTuple

import pytest

from tests.support.node import LocalNode
from tests.web.console.desk import Desk
from turnout.core.events.model import EventState
from turnout.core.exams import lists
from turnout.core.exams.learners import NewLearner, add_learner, find_learner_by_code
from turnout.core.exams.lists import NewForm, NewVenue
from turnout.core.exams.model import Accommodation, Exam, ExamRequest, ValueKind
from turnout.core.exams.planning import make_exam
from turnout.core.exams.seating import seat_learner
from turnout.core.ids import EventId, OrgId, RoomId, VenueId
from turnout.core.times import instant
from turnout.store import Tx

BILLING, ZONE = "Trades (3hr)", "Europe/Berlin"
NAMES = {"A-1": "Ada", "B-2": "Björn", "C-3": "Chloé", "D-4": "Dmitri"}
HELP = (Accommodation("Time Extension", "half an hour", 30),)


class Sitting(NamedTuple):
    """An exam with Ada, Björn (who has 90 minutes more) and Chloé; `free` is another one an hour
    after its end in the same venue."""

    event_id: EventId
    venue_id: VenueId
    room_id: RoomId
    free: EventId
    uuids: dict[str, str]

    @property
    def path(self) -> str:
        return f"/console/{self.event_id}/exams"

    def of(self, code: str) -> str:
        """The page of a candidate."""
        return f"{self.path}/candidates/{self.uuids[code]}"


@pytest.fixture
def sitting(node: LocalNode, desk: Desk, org_id: OrgId, request: pytest.FixtureRequest) -> Sitting:
    """A new venue and exam for each test."""
    return node.db.call(_make, org_id, request.node.name[:60])


def _make(tx: Tx, org_id: OrgId, title: str) -> Sitting:
    lists.add_value(tx, org_id, ValueKind.BILLING_CODE, BILLING, actor="test")
    new = NewVenue(f"Hall of {title}", ZONE, room="Aula", seats=4)
    venue = lists.set_venue(tx, org_id, new, actor="test")
    form = NewForm("W1", 1, "Welder 1", "Welder Level 1", time_limit=120)
    lists.add_form(tx, org_id, form, actor="test")
    for code, name in NAMES.items():
        if find_learner_by_code(tx, org_id, code) is None:
            learner = NewLearner(code, name, "Example", f"{code.lower()}@example.com")
            add_learner(tx, org_id, learner, actor="test")
    exam = _exam(tx, org_id, venue.uuid, "2097-03-01T09:00", title)
    free = _exam(tx, org_id, venue.uuid, "2097-03-01T13:00", f"Later {title}")
    uuids = {
        code: seat_learner(
            tx,
            org_id,
            exam.event_id,
            code,
            "W1",
            accommodations=HELP if code == "B-2" else (),
            actor="test",
        )
        for code in ("A-1", "B-2", "C-3")
    }
    (room,) = lists.list_rooms(tx, org_id, venue.id)
    return Sitting(exam.event_id, venue.id, room.id, free.event_id, uuids)


def _exam(tx: Tx, org_id: OrgId, venue: str, starts: str, title: str) -> Exam:
    wanted = ExamRequest(
        venue=venue,
        starts_at=instant(starts, ZONE),
        exam_type="Class",
        exam_format="Paper",
        billing_code=BILLING,
    )
    return make_exam(tx, org_id, wanted, title=title, state=EventState.OPEN, actor="test")
