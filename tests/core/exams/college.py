"""A college that holds exams: a venue with a room, learners, assessment forms, billing codes."""

import itertools
from typing import Any

from tests.support.builder import Builder
from tests.support.node import START, LocalNode
from turnout.core.exams import history, leaving, lists, planning, searching, seating
from turnout.core.exams.learners import NewLearner, add_learner
from turnout.core.exams.lists import NewForm, NewVenue
from turnout.core.exams.model import (
    Accommodation,
    Exam,
    ExamRequest,
    SittingFilter,
    SittingRecord,
    ValueKind,
)
from turnout.core.exams.seating import Move, NewSitting
from turnout.core.ids import OrgId
from turnout.store import Tx

ZONE = "America/Vancouver"
DAY_MS = 86_400_000
HOUR_MS = 3_600_000
# 2027-01-10T09:00 in Vancouver.
MORNING = START + 9 * DAY_MS + 8 * HOUR_MS
BILLING = "Trades (3hr)"
_numbers = itertools.count(1)


def guid(number: int) -> str:
    """A GUID that is known by its number."""
    return f"00000000-0000-4000-8000-{number:012d}"


class College:
    """The organization with two venues (`hall`, `annex`), learners by letter, forms W1, W2, BI."""

    def __init__(self, node: LocalNode, slug: str = "", number: int = 0) -> None:
        self.node, self.db = node, node.db
        self.number = number or next(_numbers)
        self.slug = slug or f"college-{self.number}"
        made: dict[str, Any] = self.db.call(_make, self.slug, self.number)
        self.org_id: OrgId = made["org_id"]
        self.uuid: str = made["uuid"]
        self.hall: str = made["hall"]
        self.annex: str = made["annex"]
        self.learners: dict[str, str] = made["learners"]

    def guid(self, number: int) -> str:
        """A GUID of this college's own."""
        return guid(self.number * 1000 + number)

    def exam(self, **chosen: Any) -> ExamRequest:
        """A class in the hall in the morning, or another."""
        facts: dict[str, Any] = {
            "venue": self.hall,
            "starts_at": MORNING,
            "exam_type": "Class",
            "exam_format": "Online",
            "billing_code": BILLING,
        }
        return ExamRequest(**(facts | chosen))

    def register(
        self,
        number: int,
        learner: str = "a",
        form: str = "W1",
        accommodations: tuple[Accommodation, ...] = (),
        **exam: Any,
    ) -> str:
        """Register a learner under that number; the event's GUID."""
        new = NewSitting(
            uuid=self.guid(number),
            exam=self.exam(**exam),
            learner=self.learners.get(learner, learner),
            form_code=form,
            accommodations=accommodations,
        )
        return self.db.call(seating.book_seat, self.org_id, new, actor="test")

    def transfer(self, number: int, learner: str = "a", **exam: Any) -> str:
        """Move a registration to another exam; the event's GUID."""
        move = Move(ExamRequest(**exam), self.learners.get(learner, learner), "because")
        return self.db.call(
            seating.move_candidate, self.org_id, self.guid(number), move, actor="test"
        )

    def cancel(self, number: int) -> None:
        self.db.call(leaving.cancel_sitting, self.org_id, self.guid(number), "ill", actor="test")

    def find(self, number: int) -> SittingRecord:
        return self.db.call(searching.get_found_sitting, self.org_id, self.guid(number))

    def get_exam(self, uuid: str) -> Exam:
        exam = self.db.call(planning.find_exam, self.org_id, uuid)
        assert exam, f"{uuid} is no exam"
        return exam

    def changes(self, number: int) -> list[str]:
        """What happened to a registration, in its order."""
        found = self.db.call(history.list_changes, self.org_id, self.guid(number))
        return [accommodation.type.value for accommodation in found]

    def search(self, **wanted: Any) -> list[str]:
        """The learners' codes, newest change first."""

        def read(tx: Tx) -> list[str]:
            batches = searching.stream_found(tx, self.org_id, SittingFilter(**wanted))
            return [SittingRecord(*row).learner_code for rows in batches for row in rows]

        found = self.db.call(read)
        assert self.db.call(searching.count_found, self.org_id, SittingFilter(**wanted)) == len(
            found
        )
        return found

    def code(self, number: int) -> str:
        """The code of a registration's newest ticket, valid or not."""
        question = (
            "SELECT t.code FROM tickets t JOIN registrations r ON r.org_id = t.org_id "
            f"AND r.id = t.registration_id WHERE r.uuid = '{self.guid(number)}' ORDER BY t.id DESC"
        )
        return self.db.call(lambda tx: tx.connection.execute(question).fetchone()[0])

    def sitting(self, number: int, columns: str) -> tuple[Any, ...]:
        """Columns of what is kept for a registration."""
        question = (
            f"SELECT {columns} FROM exam_registrations s JOIN registrations r "
            "ON r.org_id = s.org_id AND r.id = s.registration_id "
            f"WHERE r.uuid = '{self.guid(number)}'"
        )
        return self.db.call(lambda tx: tuple(tx.connection.execute(question).fetchone()))


LEARNERS = {
    "a": ("Ada", "Lovelace", "ada@example.com"),
    "b": ("Björn", "Åkesson", "bjorn@example.com"),
    "c": ("Chloé", "O'Neill", ""),
    "d": ("小明", "王", "ada@example.com"),
}


def _make(tx: Tx, slug: str, number: int) -> dict[str, Any]:
    house = Builder(tx, slug, timezone=ZONE)
    org_id = house.org_id
    hall, annex = (
        lists.set_venue(
            tx,
            org_id,
            NewVenue(name, ZONE, room=f"{name} 1", seats=2, uuid=guid(number * 1000 + 900 + place)),
            actor="test",
        ).uuid
        for place, name in enumerate(("Trades Hall", "Annex"))
    )
    for code in (BILLING, "Short (1h)"):
        lists.add_value(tx, org_id, ValueKind.BILLING_CODE, code, actor="test")
    for place, form in enumerate(
        (
            NewForm("W1", 1, "Welder 1 old", "Welder Level 1 (old)"),
            NewForm("W1", 2, "Welder 1", "Welder Level 1", time_limit=120),
            NewForm("W1", 3, "Welder 1 next", "Welder Level 1 (next)", is_published=False),
            NewForm("W2", 1, "Welder 2", "Welder Level 2", time_limit=180),
            NewForm("BI", 1, "Both", "Both languages", is_bilingual=True),
        )
    ):
        uuid = guid(number * 1000 + 950 + place)
        lists.add_form(tx, org_id, form._replace(uuid=uuid), actor="test")
    learners = {
        letter: add_learner(
            tx,
            org_id,
            NewLearner(f"L-{letter.upper()}", first, last, email, guid(number * 1000 + 800 + n)),
            actor="test",
        ).uuid
        for n, (letter, (first, last, email)) in enumerate(LEARNERS.items())
    }
    return {
        "org_id": org_id,
        "uuid": house.organization.uuid,
        "hall": hall,
        "annex": annex,
        "learners": learners,
    }
