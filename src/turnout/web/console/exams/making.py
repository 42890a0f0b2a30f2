"""`/console/{scope}/exams/new` and `/console/{event}/exams/change`: planning an exam."""

from typing import NamedTuple

from falcon.asgi import Request, Response

from turnout.core.events.venues import VenueView, list_venues
from turnout.core.exams.changing import ExamChange, change_exam
from turnout.core.exams.lists import list_values
from turnout.core.exams.model import Exam, ExamKind, ExamRequest, ValueKind
from turnout.core.exams.planning import get_exam, make_exam
from turnout.core.ids import EventId
from turnout.core.times import instant, local
from turnout.web.console.events.clashes import (
    Clash,
    Values,
    find_clash,
    list_differences,
    version_of,
)
from turnout.web.console.events.going import attempt, attempt_once, lead_to
from turnout.web.console.forms import Form, fill
from turnout.web.console.page import ConsolePage, Visit

TEMPLATE = "console/exams/plan.html"
KINDS = (ValueKind.EXAM_TYPE, ValueKind.EXAM_FORMAT, ValueKind.BILLING_CODE)


class Choices(NamedTuple):
    """What can be chosen for an exam, by the name of the field; `exam` None = a new one."""

    exam: Exam | None
    venues: list[VenueView]
    values: dict[str, list[str]]


class NewExamPage(ConsolePage):
    """`/console/{scope}/exams/new`."""

    async def on_get(self, req: Request, resp: Response, scope: str) -> None:
        """The form; the address may name the day. Raises Denied."""
        choices = await self.console.read(req, "exams.change", list_choices)
        day = req.get_param("date", default="")[:10]
        form = fill(_first_of(choices, f"{day}T09:00" if day else ""))
        self.console.show(req, resp, TEMPLATE, form=form, choices=choices, version="")

    async def on_post(self, req: Request, resp: Response, scope: str) -> None:
        """Make it, a draft."""
        form = await self.console.take(req)
        change = read_plan(form)
        kind = form.choice("kind", list(ExamKind))
        venue = form.choice("venue", filter(None, form.values("venue")))
        made = await attempt_once(
            self.console, req, form, "exams.change", make, venue, kind, change
        )
        if made:
            lead_to(resp, f"/console/{made}/exams", "made")
            return
        choices = await self.console.read(req, "exams.change", list_choices)
        self.console.refuse(req, resp, TEMPLATE, form, choices=choices, version="")


class ChangeExamPage(ConsolePage):
    """`/console/{event}/exams/change`."""

    async def on_get(self, req: Request, resp: Response, scope: str) -> None:
        """The form. Raises Missing, Denied."""
        choices, values = await self.console.read(req, "exams.change", open_plan)
        more = {"choices": choices, "version": version_of(values), "differences": []}
        self.console.show(req, resp, TEMPLATE, form=fill(values), **more)

    async def on_post(self, req: Request, resp: Response, scope: str) -> None:
        """Save it, unless somebody else did before; where it moved, candidates are written to."""
        form = await self.console.take(req)
        change, clash = read_plan(form), None
        version = form.value("version")
        saved = await attempt(self.console, req, form, "exams.change", save, version, change)
        if isinstance(saved, Clash):
            clash = saved
            form.fault("", saved.fault)
        elif saved:
            tail = "exams/tell" if saved == "moved" else "exams"
            lead_to(resp, f"/console/{scope}/{tail}", saved)
            return
        choices, values = await self.console.read(req, "exams.change", open_plan)
        version = version_of(values) if clash else version
        differences = list_differences(form, clash) if clash else []
        more = {"choices": choices, "version": version, "differences": differences}
        self.console.refuse(req, resp, TEMPLATE, form, **more)


class Plan(NamedTuple):
    """What was typed; `starts` is a local time at the venue."""

    starts: str
    title: str
    exam_type: str
    exam_format: str
    billing_code: str
    limit: int | None
    is_on_calendar: bool


def read_plan(form: Form) -> Plan:
    """What was typed."""
    return Plan(
        form.moment("starts"),
        form.text("title", limit=200, is_required=False),
        form.text("exam_type", limit=200),
        form.text("exam_format", limit=200),
        form.text("billing_code", limit=200),
        form.whole("limit", least=1, most=100_000),
        form.has("is_on_calendar"),
    )


def list_choices(visit: Visit, exam: Exam | None = None) -> Choices:
    """What can be chosen. Raises Denied for somebody who sees some events only."""
    if exam is None:
        visit.user.access.require("exams.change")
    tx, org_id = visit.tx, visit.org_id
    values = {kind.value: list_values(tx, org_id, kind) for kind in KINDS}
    return Choices(exam, list_venues(tx, org_id), values)


def open_plan(visit: Visit) -> tuple[Choices, Values]:
    """The exam of the event, and what its form shows. Raises Missing."""
    exam = get_exam(visit.tx, visit.org_id, visit.at.id)
    values = {
        "title": exam.title if exam.has_own_title else "",
        "starts": local(exam.starts_at, exam.timezone).strftime("%Y-%m-%dT%H:%M"),
        "exam_type": exam.exam_type,
        "exam_format": exam.exam_format,
        "billing_code": exam.billing_code,
        "limit": "" if exam.registration_limit is None else str(exam.registration_limit),
        "is_on_calendar": "1" if exam.is_on_calendar else "",
    }
    choices = list_choices(visit, exam)
    for kind in KINDS:  # one that is not on the list any more can stay
        if values[kind.value] not in choices.values[kind.value]:
            choices.values[kind.value].append(values[kind.value])
    return choices, values


def make(visit: Visit, venue: str, kind: str, plan: Plan) -> EventId:
    """Make the exam; the number of its event. Raises Invalid, Denied."""
    visit.user.access.require("exams.change")
    tx, org_id, by = visit.tx, visit.org_id, visit.user.actor
    found = next((one for one in list_venues(tx, org_id) if str(one.id) == venue), None)
    zone = found.timezone if found else visit.organization.timezone
    wanted = ExamRequest(
        venue=found.uuid if found else "",
        starts_at=instant(plan.starts, zone),
        exam_type=plan.exam_type,
        exam_format=plan.exam_format,
        billing_code=plan.billing_code,
        registration_limit=plan.limit,
    )
    shown = plan.is_on_calendar
    made = make_exam(
        tx,
        org_id,
        wanted,
        kind=ExamKind(kind),
        title=plan.title,
        is_on_calendar=shown,
        actor=by,
    )
    return made.event_id


def save(visit: Visit, version: str, plan: Plan) -> Clash | str:
    """Change the exam unless somebody else did; `moved` or `saved`. Raises Invalid, Conflict."""
    tx, org_id, event_id, by = visit.tx, visit.org_id, visit.at.id, visit.user.actor
    choices, values = open_plan(visit)
    if clash := find_clash(version, values, visit, event_id, "event", "exam"):
        return clash
    exam = choices.exam
    if exam is None:
        return ""
    # The minute is the form's; a time that comes twice stays the one that it is.
    starts_at = exam.starts_at
    if plan.starts != values["starts"]:
        starts_at = instant(plan.starts, exam.timezone)
    change = ExamChange(
        plan.title,
        starts_at,
        plan.exam_type,
        plan.exam_format,
        plan.billing_code,
        plan.limit,
        plan.is_on_calendar,
    )
    is_moved = change_exam(tx, org_id, event_id, change, actor=by)
    return "moved" if is_moved and exam.held else "saved"


def _first_of(choices: Choices, starts: str) -> dict[str, str]:
    """What a new form shows."""
    first = {name: values[0] for name, values in choices.values.items() if values}
    venue = str(choices.venues[0].id) if len(choices.venues) == 1 else ""
    return first | {"starts": starts, "venue": venue, "kind": "Exam", "is_on_calendar": "1"}
