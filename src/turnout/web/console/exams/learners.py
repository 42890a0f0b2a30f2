"""`/console/{org}/exams/learners`: who may sit exams; added, or changed by their code."""

from typing import NamedTuple

from falcon.asgi import Request, Response

from turnout.core.audit.recording import record
from turnout.core.erasure.returning import refuse_erased
from turnout.core.exams.browsing import find_learners
from turnout.core.exams.learners import NewLearner, add_learner, find_learner_by_code
from turnout.core.exams.model import Learner
from turnout.errors import Conflict
from turnout.formats.spreadsheets import to_csv
from turnout.http.routing import without_head
from turnout.web.console.events.going import attempt_once, lead_to, read_done
from turnout.web.console.everyone.listing import may_know
from turnout.web.console.forms import Form, fill
from turnout.web.console.page import ConsolePage, Visit
from turnout.web.documents import NO_STORE

PAGE, SLICE = 50, 1_000
COLUMNS = ("Code", "First name", "Last name", "Email")
TEMPLATE = "console/exams/learners.html"


class Learners(NamedTuple):
    """A page of the list; `following` is the code after which the next begins, empty = none."""

    text: str
    after: str
    rows: list[Learner]
    following: str


class LearnersPage(ConsolePage):
    """`/console/{scope}/exams/learners`."""

    async def on_get(self, req: Request, resp: Response, scope: str) -> None:
        """The list; `code` opens the form of one. Raises Denied."""
        await self._show(req, resp, "exams.see", None)

    async def on_post(self, req: Request, resp: Response, scope: str) -> None:
        """Add a learner, or change the one that the page had open."""
        form = await self.console.take(req)
        new = read_learner(form)
        is_known = form.has("known")
        if await attempt_once(self.console, req, form, "exams.change", save, new, is_known):
            done = "learner" if is_known else "learner_added"
            lead_to(resp, f"/console/{scope}/exams/learners", done, q=new.code)
            return
        await self._show(req, resp, "exams.change", form)

    async def _show(self, req: Request, resp: Response, permission: str, form: Form | None) -> None:
        text = req.get_param("q", default="").strip()[:200]
        after = req.get_param("after", default="")[:100]
        code = req.get_param("code", default="")[:100]
        found, opened = await self.console.read(req, permission, find, text, after, code)
        done = read_done(req, "console.exams.done.")
        typed = form or fill(_values(opened))
        more = {"found": found, "opened": opened, "done": done}
        self.console.answer(req, resp, TEMPLATE, typed, **more)


class LearnersCsv(ConsolePage):
    """`/console/{scope}/exams/learners.csv`: the learners that the same list has."""

    @without_head
    async def on_get(self, req: Request, resp: Response, scope: str) -> None:
        """The file; the audit has how many are in it. Raises Denied."""
        text = req.get_param("q", default="").strip()[:200]
        learners = await self.console.read(req, "people.export", list_all, text)
        await self.console.trace(req, "people.export", note_export, len(learners))
        rows = [[one.code, one.first_name, one.last_name, one.email] for one in learners]
        resp.content_type = "text/csv; charset=utf-8"
        resp.data = to_csv([COLUMNS, *rows])
        resp.set_header("Content-Disposition", 'attachment; filename="learners.csv"')
        resp.set_header("Cache-Control", NO_STORE)


def list_all(visit: Visit, text: str) -> list[Learner]:
    """All learners whose name, address or code has the text. Raises Denied."""
    visit.user.access.require("people.export")
    found: list[Learner] = []
    while page := find_learners(
        visit.tx,
        visit.org_id,
        text=text,
        after=found[-1].code if found else "",
        limit=SLICE,
        viewer=visit.user.access,
    ):
        found += page
    return found


def note_export(visit: Visit, count: int) -> None:
    """Write down that somebody took the list."""
    tx, by = visit.tx, visit.user.actor
    record(tx, visit.org_id, by, "exported", "learner", 0, what="learners", count=count)


def find(visit: Visit, text: str, after: str, code: str) -> tuple[Learners, Learner | None]:
    """A page of the list, and the learner whose form is open. Raises Denied."""
    visit.user.access.require("exams.see")
    viewer = visit.user.access
    rows = find_learners(
        visit.tx, visit.org_id, text=text, after=after, limit=PAGE + 1, viewer=viewer
    )
    following = rows[PAGE - 1].code if len(rows) > PAGE else ""
    opened = find_learner_by_code(visit.tx, visit.org_id, code) if code else None
    if opened and not may_know(visit, opened.person_id):
        opened = None
    return Learners(text, after, rows[:PAGE], following), opened


def read_learner(form: Form) -> NewLearner:
    """What was typed."""
    new = NewLearner(
        form.text("code", limit=50),
        form.text("first_name", limit=100, is_required=False),
        form.text("last_name", limit=100, is_required=False),
        form.email("email", is_required=False),
    )
    if not (new.first_name or new.last_name):
        form.fault("first_name", "console.exams.fault.name")
    return new


def save(visit: Visit, new: NewLearner, is_known: bool) -> bool:
    """Add the learner, or change one. Raises Invalid, Conflict for a code that somebody has."""
    visit.user.access.require("exams.change")
    known = find_learner_by_code(visit.tx, visit.org_id, new.code)
    if known and not may_know(visit, known.person_id):
        raise Conflict("person.beyond", person_id=known.person_id)
    if known and not is_known:
        raise Conflict("learner.code_taken", code=new.code, name=known.name)
    refuse_erased(visit.tx, visit.org_id, [new.email])
    add_learner(visit.tx, visit.org_id, new, reach=visit.reach, actor=visit.user.actor)
    return True


def _values(opened: Learner | None) -> dict[str, str]:
    if opened is None:
        return {}
    return {
        "code": opened.code,
        "first_name": opened.first_name,
        "last_name": opened.last_name,
        "email": opened.email,
    }
