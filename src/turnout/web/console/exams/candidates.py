"""`/console/{event}/exams/candidates`: who sits the exam, searched; `add`: one more."""

from typing import NamedTuple
from urllib.parse import urlencode

from falcon.asgi import Request, Response

from turnout.core.exams.browsing import (
    ListedCandidate,
    count_by_state,
    find_learners,
    list_listed,
)
from turnout.core.exams.lists import list_forms, list_values
from turnout.core.exams.model import Accommodation, Exam, Form, Learner, ValueKind
from turnout.core.exams.planning import get_exam
from turnout.core.exams.seating import add_walk_in, seat_learner
from turnout.web.console.events.going import attempt_once, lead_to, read_done
from turnout.web.console.forms import Form as Filled
from turnout.web.console.forms import fill
from turnout.web.console.page import ConsolePage, Visit

PAGE = 100
LEARNERS = 200
LONGEST_NUMBER = 9
STATES = ("confirmed", "cancelled")


class CandidatesQuery(NamedTuple):
    """What an address asks for; `after` is a sequence number."""

    text: str = ""
    state: str = "confirmed"
    after: int = 0

    def to(self, **changed: object) -> str:
        """The query of this, with what is changed; the page goes unless it is given."""
        asked = self._replace(after=0)._replace(**changed)  # type: ignore[arg-type]
        named = {"q": asked.text, "state": asked.state, "after": asked.after or ""}
        return "?" + urlencode({name: value for name, value in named.items() if value})


class Candidates(NamedTuple):
    """A page of the list; `following` is the next page's sequence number, 0 = none."""

    exam: Exam
    rows: list[ListedCandidate]
    counts: dict[str, int]
    following: int


class Adding(NamedTuple):
    """What can be chosen for a new candidate."""

    exam: Exam
    learners: list[Learner]
    forms: list[Form]
    helps: list[str]


class CandidatesPage(ConsolePage):
    """`/console/{event}/exams/candidates`."""

    async def on_get(self, req: Request, resp: Response, scope: str) -> None:
        """The list. Raises Missing, Denied."""
        query = parse_candidates(req)
        found = await self.console.read(req, "exams.see", find_candidates, query)
        done = read_done(req, "console.exams.done.")
        template = "console/exams/candidates.html"
        self.console.show(req, resp, template, found=found, query=query, done=done)


class AddCandidatePage(ConsolePage):
    """`/console/{event}/exams/candidates/add`."""

    async def on_get(self, req: Request, resp: Response, scope: str) -> None:
        """The form; the address may name the learner. Raises Missing, Denied."""
        await self._show(req, resp, fill({"learner": req.get_param("learner", default="")[:50]}))

    async def on_post(self, req: Request, resp: Response, scope: str) -> None:
        """Seat the learner."""
        form = await self.console.take(req)
        named = (form.text("learner", limit=100), form.text("form", limit=100))
        wanted = (*named, read_help(form), form.has("here"))
        uuid = await attempt_once(self.console, req, form, "exams.change", add, *wanted)
        if uuid:
            lead_to(resp, f"/console/{scope}/exams/candidates/{uuid}", "added")
            return
        await self._show(req, resp, form)

    async def _show(self, req: Request, resp: Response, form: Filled) -> None:
        adding = await self.console.read(req, "exams.change", open_adding)
        template = "console/exams/add.html"
        self.console.answer(req, resp, template, form, adding=adding)


def parse_candidates(req: Request) -> CandidatesQuery:
    """What the address asks for; what cannot be read is left out. Everybody = `any`."""
    state = req.get_param("state", default="confirmed")
    after = req.get_param("after", default="")
    is_number = after.isascii() and after.isdigit() and len(after) <= LONGEST_NUMBER
    return CandidatesQuery(
        req.get_param("q", default="").strip()[:200],
        state if state in STATES else "any",
        int(after) if is_number else 0,
    )


def find_candidates(visit: Visit, query: CandidatesQuery) -> Candidates:
    """A page of the list. Raises Missing for an event that is no exam."""
    tx, org_id, event_id = visit.tx, visit.org_id, visit.at.id
    exam = get_exam(tx, org_id, event_id)
    rows = list_listed(
        tx,
        org_id,
        event_id,
        text=query.text,
        state="" if query.state == "any" else query.state,
        after=query.after,
        limit=PAGE + 1,
    )
    following = rows[PAGE - 1].sequence if len(rows) > PAGE else 0
    return Candidates(exam, rows[:PAGE], count_by_state(tx, org_id, event_id), following)


def open_adding(visit: Visit) -> Adding:
    """What can be chosen. Raises Missing."""
    tx, org_id = visit.tx, visit.org_id
    exam = get_exam(tx, org_id, visit.at.id)
    helps = list_values(tx, org_id, ValueKind.ACCOMMODATION_TYPE)
    learners = find_learners(tx, org_id, limit=LEARNERS, viewer=visit.user.access)
    return Adding(exam, learners, published(visit), helps)


def published(visit: Visit) -> list[Form]:
    """The newest published version of each form that can be sat, by code."""
    forms = list_forms(visit.tx, visit.org_id)
    found = {f.code: f for f in forms if f.is_published and not f.is_bilingual}
    return list(found.values())


def read_help(form: Filled) -> tuple[Accommodation, ...]:
    """The accommodation that was typed, if one was."""
    type_ = form.text("help", limit=100, is_required=False)
    name = form.text("help_name", limit=200, is_required=False)
    minutes = form.whole("minutes", most=24 * 60) or 0
    if (name or minutes) and not type_:
        form.fault("help", "console.exams.fault.help")
    return (Accommodation(type_, name, minutes),) if type_ else ()


def add(
    visit: Visit, learner: str, code: str, helps: tuple[Accommodation, ...], is_here: bool
) -> str:
    """Seat the learner; at the door they are present, too. Raises Invalid, Conflict, Missing."""
    verb, by = add_walk_in if is_here else seat_learner, visit.user.actor
    where = (visit.tx, visit.org_id, visit.at.id)
    return verb(*where, learner, code, accommodations=helps, actor=by)
