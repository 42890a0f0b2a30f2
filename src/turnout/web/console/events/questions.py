"""`/console/{event}/questions` and `/questions/{question}`: what is asked of those who register."""

from typing import NamedTuple

from falcon.asgi import Request, Response

from turnout.core.events.model import TicketType
from turnout.core.events.programme import list_ticket_types
from turnout.core.ids import EventQuestionId, TicketTypeId
from turnout.core.questions.editing import (
    QuestionChange,
    add_question,
    change_question,
    move_question,
    remove_question,
)
from turnout.core.questions.model import WITH_CHOICES, Kind, Question, Way
from turnout.core.questions.reading import AnswerCount, count_answers, list_questions
from turnout.core.registrations.booking import count_registrations
from turnout.errors import Missing
from turnout.web.console.events.clashes import (
    Clash,
    Values,
    find_clash,
    list_differences,
    version_of,
)
from turnout.web.console.events.going import attempt, attempt_once, lead_to, read_done, read_number
from turnout.web.console.forms import Form, fill
from turnout.web.console.page import ConsolePage, Visit
from turnout.web.questions import show_fields

NEW = "new"
TEMPLATE = "console/events/questions.html"
NOBODY = AnswerCount(0, {})


class Found(NamedTuple):
    """The questions that are asked, those that were, which one is open (0 = a new one, None =
    none), and what was answered."""

    asked: list[Question]
    removed: list[Question]
    opened: int | None
    counts: dict[str, AnswerCount]
    types: list[TicketType]
    registered: int

    @property
    def open_question(self) -> Question | None:
        every = (*self.asked, *self.removed)
        return next((question for question in every if question.id == self.opened), None)


class Wanted(NamedTuple):
    """What a form asks for."""

    version: str
    change: QuestionChange


class QuestionsPage(ConsolePage):
    """`/console/{event}/questions`."""

    async def on_get(self, req: Request, resp: Response, scope: str) -> None:
        """The questions. Raises Missing, Denied."""
        found = await self.console.read(req, "event.change", find_questions, "")
        done = read_done(req, "console.questions.done.")
        _show(self, req, resp, found, None, done=done)

    async def on_post(self, req: Request, resp: Response, scope: str) -> None:
        """Move a question, or ask one again that was removed."""
        form = await self.console.take(req)
        number, place = form.whole("id", least=1), form.whole("place", least=1)
        path = f"/console/{scope}/questions"
        if number and form.has("restore"):
            asked = EventQuestionId(number)
            if await attempt(self.console, req, form, "event.change", restore, asked):
                lead_to(resp, path, "restored", f"question-{number}")
                return
        elif number and place:
            moved = (EventQuestionId(number), place)
            if await attempt(self.console, req, form, "event.change", move, *moved):
                lead_to(resp, path, "moved", f"question-{number}")
                return
        found = await self.console.read(req, "event.change", find_questions, "")
        _show(self, req, resp, found, form)


class QuestionPage(ConsolePage):
    """`/console/{event}/questions/{question}`; `new` = one more."""

    async def on_get(self, req: Request, resp: Response, scope: str, question: str) -> None:
        """The questions with one open. Raises Missing."""
        found = await self.console.read(req, "event.change", find_questions, question)
        values = values_of(found.open_question)
        _show(self, req, resp, found, fill(values), version=version_of(values))

    async def on_post(self, req: Request, resp: Response, scope: str, question: str) -> None:
        """Save it unless somebody else saved before, look at it, or remove it."""
        form = await self.console.take(req)
        path, clash = f"/console/{scope}/questions", None
        if form.has("remove"):
            done = await attempt(self.console, req, form, "event.change", remove, question)
            if done:
                lead_to(resp, path, done)
                return
        elif not form.has("preview"):
            wanted = read_question(form)
            saved = await attempt_once(
                self.console, req, form, "event.change", save, question, wanted
            )
            if isinstance(saved, Clash):
                clash = saved
                form.fault("", saved.fault)
            elif saved:
                done = "added" if question == NEW else "saved"
                lead_to(resp, path, done, f"question-{saved}")
                return
        found = await self.console.read(req, "event.change", find_questions, question)
        version = version_of(clash.now) if clash else form.value("version")
        _show(self, req, resp, found, form, version=version, clash=clash)


def find_questions(visit: Visit, opened: str) -> Found:
    """What the event asks. Raises Missing for a question that is not there."""
    tx, org_id, event_id = visit.tx, visit.org_id, visit.at.id
    every = list_questions(tx, org_id, event_id, is_all=True)
    number = None if not opened else 0 if opened == NEW else read_number(opened)
    if number and number not in {question.id for question in every}:
        raise Missing("event_question.missing", question_id=number, event_id=event_id)
    return Found(
        [question for question in every if not question.is_removed],
        [question for question in every if question.is_removed],
        number,
        count_answers(tx, org_id, event_id) if every else {},
        list_ticket_types(tx, org_id, event_id),
        count_registrations(tx, org_id, event_id),
    )


def values_of(question: Question | None) -> Values:
    """What the form shows of a question."""
    if question is None:
        return {"kind": Kind.TEXT.value}
    return {
        "label": question.label,
        "name": question.name,
        "kind": question.kind.value,
        "hint": question.hint,
        "choices": "\n".join(question.choices),
        "is_required": "1" if question.is_required else "",
        "is_at_door": "1" if question.is_at_door else "",
        "types": [str(number) for number in question.ticket_type_ids],
        "text": question.text,
        "consents": [way.value for way in question.consents],
    }


def read_question(form: Form) -> Wanted:
    """What was typed; choices are a line each, and a name is made of the label where none is
    given."""
    label = form.text("label", limit=500)
    kind = form.choice("kind", [one.value for one in Kind])
    name = form.text("name", limit=200, is_required=False) or label.replace("=", "")[:200]
    is_agreement = kind == Kind.AGREEMENT
    change = QuestionChange(
        name=name,
        kind=Kind(kind) if kind else None,
        label=label,
        hint=form.text("hint", limit=1000, is_required=False),
        choices=_lines(form.value("choices")) if kind in WITH_CHOICES else (),
        is_required=form.value("is_required") == "1",
        is_at_door=form.value("is_at_door") == "1",
        ticket_type_ids=[TicketTypeId(number) for number in form.numbers("types")],
        text=form.text("text", limit=20_000, is_required=False) if is_agreement else "",
        consents=[way for way in Way if way in form.values("consents")] if is_agreement else (),
    )
    return Wanted(form.value("version"), change)


def list_as_typed(found: Found, form: Form | None) -> list[Question]:
    """The questions as people would be asked them, the open one as it is typed so far."""
    if found.opened is None or form is None or not form.value("label"):
        return found.asked
    kind = form.value("kind")
    typed = Question(
        id=EventQuestionId(found.opened),
        position=0,
        name=form.value("name"),
        kind=Kind(kind) if kind in set(Kind) else Kind.TEXT,
        label=form.value("label"),
        hint=form.value("hint"),
        choices=tuple(_lines(form.value("choices")) or ["…"]) if kind in WITH_CHOICES else (),
        is_required=form.value("is_required") == "1",
        ticket_type_ids=tuple(TicketTypeId(number) for number in form.numbers("types")),
        version=1,
        text=form.value("text") if kind == Kind.AGREEMENT else "",
        is_answered=False,
        is_removed=False,
    )
    shown = [typed if one.id == typed.id else one for one in found.asked]
    return shown if typed in shown else [*shown, typed]


def save(visit: Visit, question: str, wanted: Wanted) -> Clash | EventQuestionId:
    """Add a question, or change one unless somebody else did. Raises Invalid, Conflict."""
    tx, org_id, event_id, by = visit.tx, visit.org_id, visit.at.id, visit.user.actor
    if question == NEW:
        return add_question(tx, org_id, event_id, wanted.change, actor=by).id
    known = find_questions(visit, question).open_question
    if clash := find_clash(
        wanted.version, values_of(known), visit, read_number(question), "event_question"
    ):
        return clash
    number = EventQuestionId(read_number(question))
    return change_question(tx, org_id, event_id, number, wanted.change, actor=by).id


def move(visit: Visit, number: EventQuestionId, place: int) -> bool:
    """Move a question."""
    by = visit.user.actor
    move_question(visit.tx, visit.org_id, visit.at.id, number, place, actor=by)
    return True


def restore(visit: Visit, number: EventQuestionId) -> bool:
    """Ask a question again."""
    change, by = QuestionChange(is_removed=False), visit.user.actor
    change_question(visit.tx, visit.org_id, visit.at.id, number, change, actor=by)
    return True


def remove(visit: Visit, question: str) -> str:
    """Ask a question no more; what was done, as a label."""
    number, by = EventQuestionId(read_number(question)), visit.user.actor
    is_deleted = remove_question(visit.tx, visit.org_id, visit.at.id, number, actor=by)
    return "removed" if is_deleted else "ended"


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _show(
    page: ConsolePage,
    req: Request,
    resp: Response,
    found: Found,
    form: Form | None,
    *,
    version: str = "",
    clash: Clash | None = None,
    done: str = "",
) -> None:
    values = {
        "found": found,
        "version": version,
        "differences": list_differences(form, clash) if form and clash else [],
        "kinds": [kind.value for kind in Kind],
        "ways": [way.value for way in Way],
        "nobody": NOBODY,
        "preview": show_fields(list_as_typed(found, form), found.types, {}, {}),
        "done": done,
    }
    page.console.answer(req, resp, TEMPLATE, form, **values)
