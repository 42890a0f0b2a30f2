"""`/console/{event}/exams/results`: attendance and grades of many candidates at once.

Each field carries what it was filled with; only what somebody changed is written, so two people who
write at once lose nothing of each other's.
"""

from typing import NamedTuple

from falcon.asgi import Request, Response

from turnout.core.exams.browsing import ListedCandidate, count_by_state, get_listed, list_listed
from turnout.core.exams.model import Attendance, Exam
from turnout.core.exams.planning import get_exam
from turnout.core.exams.results import (
    LONGEST_GRADE,
    mark_rest_absent,
    record_attendance,
    record_grade,
)
from turnout.web.console.events.going import attempt, lead_to, read_done
from turnout.web.console.exams.candidate import read_guid
from turnout.web.console.exams.candidates import parse_candidates
from turnout.web.console.forms import Form, fill
from turnout.web.console.page import ConsolePage, Visit

TEMPLATE = "console/exams/results.html"
PAGE = 50
CAME = (Attendance.PENDING, Attendance.PRESENT, Attendance.ABSENT)


class Results(NamedTuple):
    """A page of candidates; `following` is the next page's sequence number, 0 = none."""

    exam: Exam
    rows: list[ListedCandidate]
    total: int
    following: int
    has_begun: bool


class Result(NamedTuple):
    """What is to be written of one candidate; None = nothing."""

    uuid: str
    attendance: Attendance | None
    grading: str | None


class ResultsPage(ConsolePage):
    """`/console/{event}/exams/results`."""

    async def on_get(self, req: Request, resp: Response, scope: str) -> None:
        """The form. Raises Missing, Denied."""
        after = parse_candidates(req).after
        found = await self.console.read(req, "exams.see", find_results, after)
        done = read_done(req, "console.exams.done.")
        form = fill(_values(found.rows))
        self.console.show(req, resp, TEMPLATE, form=form, found=found, after=after, done=done)

    async def on_post(self, req: Request, resp: Response, scope: str) -> None:
        """Write down what was changed, or mark the rest absent."""
        form = await self.console.take(req)
        after = parse_candidates(req).after
        path = f"/console/{scope}/exams/results"
        if form.has("rest"):
            while count := await attempt(self.console, req, form, "exams.change", mark_absent):
                if count < 0:
                    break
            if form.is_right:
                lead_to(resp, path, "rest_absent")
                return
        else:
            wanted = read_results(form)
            if await attempt(self.console, req, form, "exams.change", write, wanted):
                query = {"after": str(after)} if after else {}
                lead_to(resp, path, "results", **query)
                return
        found = await self.console.read(req, "exams.change", find_results, after)
        self.console.refuse(req, resp, TEMPLATE, form, found=found, after=after)


def find_results(visit: Visit, after: int) -> Results:
    """A page of confirmed candidates. Raises Missing."""
    tx, org_id, event_id = visit.tx, visit.org_id, visit.at.id
    exam = get_exam(tx, org_id, event_id)
    rows = list_listed(tx, org_id, event_id, state="confirmed", after=after, limit=PAGE + 1)
    following = rows[PAGE - 1].sequence if len(rows) > PAGE else 0
    total = count_by_state(tx, org_id, event_id)["confirmed"]
    return Results(exam, rows[:PAGE], total, following, exam.starts_at <= tx.now)


def read_results(form: Form) -> list[Result]:
    """What was changed, by candidate."""
    found = []
    for uuid in map(read_guid, form.values("candidate")):
        came = form.choice(f"came-{uuid}", CAME)
        grade = form.text(f"grade-{uuid}", limit=LONGEST_GRADE, is_required=False)
        is_other = came and came != form.value(f"was-came-{uuid}")
        result = Result(
            uuid,
            Attendance(came) if is_other else None,
            grade if grade != form.value(f"was-grade-{uuid}") else None,
        )
        if result[1:] != (None, None):
            found.append(result)
    return found


def write(visit: Visit, wanted: list[Result]) -> bool:
    """Write it down. Raises Missing, Conflict for somebody who was cancelled, Invalid."""
    tx, org_id, by = visit.tx, visit.org_id, visit.user.actor
    for result in wanted:
        get_listed(tx, org_id, visit.at.id, result.uuid)
        if result.attendance is not None:
            record_attendance(tx, org_id, result.uuid, result.attendance, actor=by)
        if result.grading is not None:
            record_grade(tx, org_id, result.uuid, result.grading, actor=by)
    return True


def mark_absent(visit: Visit) -> int:
    """Mark some of the rest absent; -1 when all are. Raises Missing, Conflict."""
    by = visit.user.actor
    return mark_rest_absent(visit.tx, visit.org_id, visit.at.id, actor=by) or -1


def _values(rows: list[ListedCandidate]) -> dict[str, str]:
    return {f"came-{one.uuid}": one.attendance for one in rows} | {
        f"grade-{one.uuid}": one.grading for one in rows
    }
