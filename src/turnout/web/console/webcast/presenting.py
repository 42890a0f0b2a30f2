"""`/console/{event}/webcast/{session}/present`: who watches now, questions and polls of a session.

What changes by itself (`#live`) is fetched again every few seconds; forms stand outside of it, so
nothing that is typed is lost. Without a script the page is loaded again by its link.
"""

from typing import NamedTuple

from falcon.asgi import Request, Response

from turnout.core.audience.asking import answer_question
from turnout.core.audience.media import find_media
from turnout.core.audience.presenting import (
    NEWEST,
    AskedQuestion,
    QuestionState,
    count_to_answer,
    count_watching,
    dismiss_question,
    list_asked,
    publish_question,
    require_question,
)
from turnout.core.audience.summary import SurveyResult, list_results
from turnout.core.audience.surveys import (
    Item,
    Survey,
    create_survey,
    get_survey,
    list_surveys,
    set_survey_open,
)
from turnout.core.events.arranging import find_session
from turnout.core.events.model import Session
from turnout.core.ids import QuestionId, SessionId, SurveyId
from turnout.errors import Missing
from turnout.web.console.events.going import attempt_once, lead_to, read_done, read_number
from turnout.web.console.forms import Form, fill
from turnout.web.console.page import ConsolePage, Visit
from turnout.web.console.report.drawing import percent
from turnout.web.console.webcast.sessions import stage_of
from turnout.web.numbers import parse_number

PAGE = 50
LONGEST = 2000
MARKS = ("publish", "take_back", "dismiss", "reopen")


class Poll(NamedTuple):
    """A poll or survey that the session shows, and what was answered so far."""

    survey: Survey
    result: SurveyResult


class Presented(NamedTuple):
    """All that the page shows; `answering` is the question whose answer is being written."""

    session: Session
    stage: str
    watching: int
    to_answer: int
    questions: list[AskedQuestion]
    has_more: bool
    answering: AskedQuestion | None
    polls: list[Poll]
    pak: str


class PresenterPage(ConsolePage):
    """`/console/{event}/webcast/{session}/present`."""

    async def on_get(self, req: Request, resp: Response, scope: str, session: str) -> None:
        """What is asked and answered. Raises Missing."""
        await self._show(req, resp, session, None)

    async def on_post(self, req: Request, resp: Response, scope: str, session: str) -> None:
        """Answer or mark a question; open, close or add a poll. Raises Missing."""
        form = await self.console.take(req)
        number = SessionId(read_number(session))
        do = form.value("do")
        if do == "answer":
            text = form.text("answer", limit=LONGEST)
            question = QuestionId(read_number(form.value("question")))
            is_published = form.has("publish")
            verb = await attempt_once(
                self.console, req, form, "webcast.change", _answer, question, text, is_published
            )
        elif do in MARKS:
            question = QuestionId(read_number(form.value("question")))
            verb = await self.console.write(req, form, "webcast.change", _mark, question, do)
        elif do in ("open", "close"):
            survey = SurveyId(read_number(form.value("survey")))
            verb = await self.console.write(req, form, "webcast.change", _set_open, survey, do)
        elif do == "poll":
            title, items, is_poll = read_poll(form)
            verb = await attempt_once(
                self.console, req, form, "webcast.change", _add, number, title, items, is_poll
            )
        else:
            verb = await self.console.write(req, form, "webcast.change", _refuse, req.path)
        if verb:
            state = req.get_param("state", default="")
            lead_to(resp, req.path, do, state=state)
            return
        await self._show(req, resp, session, form)

    async def _show(self, req: Request, resp: Response, session: str, form: Form | None) -> None:
        number = SessionId(read_number(session))
        state, before = parse_state(req), _number(req, "before")
        wanted = _number(req, "answer") or (form and _digits(form.value("question"))) or 0
        found = await self.console.read(
            req, "webcast.see", present, number, state, before, QuestionId(wanted)
        )
        if form is None and found.answering:
            form = fill({"answer": found.answering.answer, "publish": "1"})
        self.console.answer(
            req,
            resp,
            "console/webcast/present.html",
            form or fill({"kind": "poll"}),
            found=found,
            state=state,
            states=QuestionState,
            is_first=not before,
            percent=percent,
            done=read_done(req, "console.present.done."),
        )


def parse_state(req: Request) -> QuestionState | None:
    """Which questions the address asks for: the open ones where it does not say, `all` = any."""
    wanted = req.get_param("state", default="")
    if wanted == "all":
        return None
    return QuestionState(wanted) if wanted in set(QuestionState) else QuestionState.OPEN


def present(
    visit: Visit,
    number: SessionId,
    state: QuestionState | None,
    before: int,
    answering: QuestionId,
) -> Presented:
    """A session as its presenter sees it. Raises Missing."""
    tx, org_id, event_id = visit.tx, visit.org_id, visit.at.id
    session = find_session(tx, org_id, event_id, number)
    asked = (tx, org_id, event_id, number)
    behind = QuestionId(before) if before else NEWEST
    rows = list_asked(*asked, state, before=behind, limit=PAGE + 1)
    one = list_asked(*asked, None, before=QuestionId(answering + 1), limit=1) if answering else []
    results = {result.id: result for result in list_results(tx, org_id, event_id)}
    return Presented(
        session,
        stage_of(find_media(tx, org_id, number), tx.now),
        count_watching(tx, org_id, event_id).get(number, 0),
        count_to_answer(tx, org_id, event_id).get(number, 0),
        rows[:PAGE],
        len(rows) > PAGE,
        next((question for question in one if question.id == answering), None),
        [
            Poll(survey, results[survey.id])
            for survey in reversed(list_surveys(tx, org_id, event_id))
            if survey.session_id in (None, number)
        ],
        session.pak,
    )


def read_poll(form: Form) -> tuple[str, tuple[Item, ...], bool]:
    """A poll, or a survey of several questions: a line each, with choices behind bars."""
    kind = form.choice("kind", ("poll", "survey"))
    title = form.text("title", limit=200)
    text = form.text("items", limit=LONGEST)
    items = [_item(line) for line in text.splitlines() if line.strip()]
    if kind == "poll" and (len(items) != 1 or len(items[0].choices) < 2) and text:
        form.fault("items", "console.present.fault.poll")
    if any(not (item.question and all(item.choices)) for item in items):
        form.fault("items", "console.present.fault.item")
    return title, tuple(items), kind == "poll"


def _item(line: str) -> Item:
    question, *choices = (part.strip() for part in line.split("|"))
    return Item(question, tuple(choices))


def _answer(visit: Visit, question: QuestionId, text: str, is_published: bool) -> bool:
    tx, org_id, event_id, actor = visit.tx, visit.org_id, visit.at.id, visit.user.actor
    require_question(tx, org_id, event_id, question)
    answer_question(tx, org_id, question, text, actor=actor)
    publish_question(tx, org_id, event_id, question, is_published=is_published, actor=actor)
    return True


def _mark(visit: Visit, question: QuestionId, do: str) -> bool:
    tx, org_id, event_id, actor = visit.tx, visit.org_id, visit.at.id, visit.user.actor
    if do in ("publish", "take_back"):
        is_on = do == "publish"
        publish_question(tx, org_id, event_id, question, is_published=is_on, actor=actor)
    else:
        is_on = do == "dismiss"
        dismiss_question(tx, org_id, event_id, question, is_dismissed=is_on, actor=actor)
    return True


def _refuse(visit: Visit, path: str) -> bool:
    """There is no such action; strangers are not told even that."""
    raise Missing("path.missing", path=path)


def _set_open(visit: Visit, survey: SurveyId, do: str) -> bool:
    if get_survey(visit.tx, visit.org_id, survey).event_id != visit.at.id:
        raise Missing("survey.missing", survey_id=survey)
    set_survey_open(visit.tx, visit.org_id, survey, do == "open", actor=visit.user.actor)
    return True


def _add(
    visit: Visit, number: SessionId, title: str, items: tuple[Item, ...], is_poll: bool
) -> bool:
    create_survey(
        visit.tx,
        visit.org_id,
        visit.at.id,
        title,
        items,
        session_id=number,
        is_poll=is_poll,
        actor=visit.user.actor,
    )
    return True


def _number(req: Request, name: str) -> int:
    return _digits(req.get_param(name, default=""))


def _digits(text: str) -> int:
    return parse_number(text) or 0
