"""`/console/{event}/exams/candidates/{candidate}`: one candidate: seat, form, help, attendance and
grade; and the pages that ask before somebody is moved or cancelled."""

import uuid as uuids
from collections.abc import Callable
from typing import NamedTuple

from falcon.asgi import Request, Response

from turnout.core.exams.adjusting import assign_form, grant_accommodation, revoke_accommodation
from turnout.core.exams.browsing import ListedCandidate, get_listed
from turnout.core.exams.calendars import PlannedExam, PlannedFilter, list_planned
from turnout.core.exams.history import list_changes
from turnout.core.exams.leaving import cancel_sitting
from turnout.core.exams.letters import Notice
from turnout.core.exams.lists import Room, list_values
from turnout.core.exams.model import Accommodation, Attendance, Exam, Form, ValueKind
from turnout.core.exams.readmitting import readmit
from turnout.core.exams.results import record_attendance, record_grade
from turnout.core.exams.rolls import get_room
from turnout.core.exams.seating import move_into
from turnout.core.exams.seats import set_seat
from turnout.core.exams.sittings import list_accommodations
from turnout.core.ids import EventId
from turnout.errors import Missing
from turnout.web.console.events.going import attempt, lead_to, read_done
from turnout.web.console.exams.candidates import published, read_help
from turnout.web.console.exams.steps import Step, list_steps
from turnout.web.console.exams.telling import draft, read_told, tell_one
from turnout.web.console.forms import Form as Filled
from turnout.web.console.forms import fill
from turnout.web.console.page import ConsolePage, Visit

TEMPLATE = "console/exams/candidate.html"
ASKED = ("move", "cancel")
_DRAFTS = {"move": "moved_one", "cancel": "cancelled_one"}
OTHERS = 100


class Opened(NamedTuple):
    """A candidate with all that is known of them."""

    exam: Exam
    room: Room | None
    candidate: ListedCandidate
    helps: list[Accommodation]
    types: list[str]
    forms: list[Form]
    steps: list[Step]
    others: list[PlannedExam]


class CandidatePage(ConsolePage):
    """`/console/{event}/exams/candidates/{candidate}`."""

    async def on_get(self, req: Request, resp: Response, scope: str, candidate: str) -> None:
        """The candidate. Raises Missing, Denied."""
        opened = await self.console.read(req, "exams.see", open_candidate, read_guid(candidate))
        done = read_done(req, "console.exams.done.")
        self.console.show(req, resp, TEMPLATE, form=_fill(opened), opened=opened, done=done)

    async def on_post(self, req: Request, resp: Response, scope: str, candidate: str) -> None:
        """Do what the pressed button says."""
        form = await self.console.take(req)
        uuid = read_guid(candidate)
        change = _READ.get(form.value("do"), _read_nothing)(form)
        if done := await attempt(self.console, req, form, "exams.change", do, uuid, change):
            lead_to(resp, f"/console/{scope}/exams/candidates/{uuid}", done)
            return
        opened = await self.console.read(req, "exams.change", open_candidate, uuid)
        self.console.refuse(req, resp, TEMPLATE, _typed(form, opened), opened=opened)


class CandidateActionPage(ConsolePage):
    """`/console/{event}/exams/candidates/{candidate}/{action}`: move or cancel, asked first."""

    async def on_get(
        self, req: Request, resp: Response, scope: str, candidate: str, action: str
    ) -> None:
        """What will happen. Raises Missing, Denied."""
        await self._show(req, resp, candidate, action)

    async def on_post(
        self, req: Request, resp: Response, scope: str, candidate: str, action: str
    ) -> None:
        """Do it."""
        form = await self.console.take(req)
        uuid, reason = read_guid(candidate), form.text("reason", limit=500, is_required=False)
        told = read_told(form)
        if action == "move":
            exams = form.numbers("exam")
            if not exams:
                form.fault("exam", "console.exams.fault.exam")
            wanted = EventId(exams[0] if exams else 0)
            moved = await attempt(
                self.console, req, form, "exams.change", move, uuid, wanted, reason, told
            )
            if moved:
                lead_to(resp, f"/console/{moved}/exams/candidates/{uuid}", "moved_here")
                return
        elif action in ASKED and await attempt(
            self.console, req, form, "exams.change", cancel, uuid, reason, told
        ):
            lead_to(resp, f"/console/{scope}/exams/candidates/{uuid}", "cancelled_one")
            return
        await self._show(req, resp, candidate, action, form)

    async def _show(
        self, req: Request, resp: Response, candidate: str, action: str, form: Filled | None = None
    ) -> None:
        opened = await self.console.read(
            req, "exams.change", open_candidate, read_guid(candidate), is_moving=True
        )
        action = _read_action(action)
        one = opened.candidate
        typed = form or fill(draft(_DRAFTS[action], one.name, one.code))
        self.console.answer(req, resp, f"console/exams/{action}.html", typed, opened=opened)


class Act(NamedTuple):
    """What a button does, and what is said then."""

    done: str
    run: Callable[[Visit, str], object]


def read_guid(text: str) -> str:
    """The GUID in an address. Raises Missing."""
    try:
        return str(uuids.UUID(text))
    except ValueError as error:
        raise Missing("path.missing", path=text[:50]) from error


def open_candidate(visit: Visit, uuid: str, *, is_moving: bool = False) -> Opened:
    """A candidate of the event's exam. Raises Missing."""
    tx, org_id = visit.tx, visit.org_id
    exam, room = get_room(tx, org_id, visit.at.id)
    candidate = get_listed(tx, org_id, exam.event_id, uuid)
    return Opened(
        exam,
        room,
        candidate,
        list_accommodations(tx, org_id, candidate.registration_id),
        list_values(tx, org_id, ValueKind.ACCOMMODATION_TYPE),
        published(visit),
        list_steps(visit, list_changes(tx, org_id, uuid)[::-1]),
        _list_others(visit, exam) if is_moving else [],
    )


def do(visit: Visit, uuid: str, act: Act) -> str:
    """Change the candidate. Raises Missing for one of another exam, Invalid, Conflict."""
    get_listed(visit.tx, visit.org_id, visit.at.id, uuid)
    act.run(visit, uuid)
    return act.done


def move(visit: Visit, uuid: str, event_id: EventId, reason: str, told: Notice | None) -> EventId:
    """Move the candidate to another exam, whose number it returns. Raises Missing, Conflict."""
    get_listed(visit.tx, visit.org_id, visit.at.id, uuid)
    visit.user.access.require("exams.change", event_id)
    by = visit.user.actor
    moved = move_into(visit.tx, visit.org_id, uuid, event_id, reason, actor=by)
    tell_one(visit, event_id, uuid, told)
    return moved.event_id


def cancel(visit: Visit, uuid: str, reason: str, told: Notice | None) -> bool:
    """Tell the candidate, and cancel their registration. Raises Missing, Invalid."""
    get_listed(visit.tx, visit.org_id, visit.at.id, uuid)
    tell_one(visit, visit.at.id, uuid, told)
    cancel_sitting(visit.tx, visit.org_id, uuid, reason, actor=visit.user.actor)
    return True


def _list_others(visit: Visit, exam: Exam) -> list[PlannedExam]:
    """The exams to come that somebody may be moved to; a draft without a room seats nobody yet."""
    coming = list_planned(visit.tx, visit.org_id, PlannedFilter(from_at=visit.tx.now), limit=OTHERS)
    return [
        one
        for one in coming
        if one.event_id != exam.event_id
        and (one.state == "open" or (one.state == "draft" and one.room_name))
        and visit.user.may("exams.change", one.event_id)
    ]


def _read_action(action: str) -> str:
    if action not in ASKED:
        raise Missing("path.missing", path=action[:50])
    return action


# -- what each button of the page does -----------------------------------------------------


def _read_seat(form: Filled) -> Act:
    seat = form.whole("seat", least=1, most=100_000)
    if seat is None:
        form.fault("seat", "console.fault.empty")
    return Act("seat", lambda v, u: set_seat(v.tx, v.org_id, u, seat or 0, actor=v.user.actor))


def _read_form(form: Filled) -> Act:
    code = form.text("form", limit=100)
    return Act("form", lambda v, u: assign_form(v.tx, v.org_id, u, code, actor=v.user.actor))


def _read_grant(form: Filled) -> Act:
    helps = read_help(form)
    if not helps:
        form.fault("help", "console.fault.choice")
    return Act("granted", lambda v, u: _grant(v, u, helps))


def _grant(visit: Visit, uuid: str, helps: tuple[Accommodation, ...]) -> None:
    for help_ in helps:
        grant_accommodation(visit.tx, visit.org_id, uuid, help_, actor=visit.user.actor)


def _read_revoke(form: Filled) -> Act:
    type_ = form.text("type", limit=200)
    return Act(
        "revoked",
        lambda v, u: revoke_accommodation(v.tx, v.org_id, u, type_, actor=v.user.actor),
    )


def _read_result(form: Filled) -> Act:
    came = form.choice("attendance", ("Pending", "Present", "Absent"))
    grading = form.text("grading", limit=100, is_required=False)
    return Act("result", lambda v, u: _set_result(v, u, came, grading))


def _set_result(visit: Visit, uuid: str, came: str, grading: str) -> None:
    tx, org_id, by = visit.tx, visit.org_id, visit.user.actor
    record_attendance(tx, org_id, uuid, Attendance(came), actor=by)
    if grading != get_listed(tx, org_id, visit.at.id, uuid).grading:
        record_grade(tx, org_id, uuid, grading, actor=by)


def _read_restore(form: Filled) -> Act:
    return Act("restored", lambda v, u: readmit(v.tx, v.org_id, u, actor=v.user.actor))


def _read_nothing(form: Filled) -> Act:
    """No button: said only to somebody who may press one."""

    def refuse(_visit: Visit, _uuid: str) -> None:
        raise Missing("path.missing", path=form.value("do")[:50])

    return Act("", refuse)


_READ: dict[str, Callable[[Filled], Act]] = {
    "seat": _read_seat,
    "form": _read_form,
    "grant": _read_grant,
    "revoke": _read_revoke,
    "result": _read_result,
    "restore": _read_restore,
}


def _fill(opened: Opened) -> Filled:
    return fill(_values(opened))


def _typed(form: Filled, opened: Opened) -> Filled:
    """What was typed, and in the other forms of the page what is stored."""
    values = {name: value for name, value in _values(opened).items() if not form.has(name)}
    full = fill(values | {name: form.value(name) for name in form.names})
    full.faults = form.faults
    return full


def _values(opened: Opened) -> dict[str, str]:
    candidate = opened.candidate
    return {
        "seat": str(candidate.seat or ""),
        "form": candidate.form_code or "",
        "attendance": candidate.attendance,
        "grading": candidate.grading,
    }
