"""`/console/{event}/exams/cancel` and `tell`: the message to the candidates is read before it goes
out. Candidates are cancelled in slices; the page goes on where it was interrupted."""

from typing import NamedTuple

from falcon.asgi import Request, Response

from turnout.core.events.showing import get_shown_event
from turnout.core.exams.leaving import cancel_exam_by_staff
from turnout.core.exams.letters import SLICE, Notice, check_notice, fill_notice, send_notice
from turnout.core.exams.model import Exam
from turnout.core.exams.rolls import get_room
from turnout.core.mails.languages import event_language
from turnout.errors import Invalid
from turnout.web.console.events.going import attempt_once, lead_to, read_done, refuse
from turnout.web.console.exams.one import read_candidates
from turnout.web.console.forms import Form, fill
from turnout.web.console.page import ConsolePage, Visit
from turnout.web.console.words import say

TEMPLATE = "console/exams/news.html"


class News(NamedTuple):
    """A notice as its first candidate reads it; `reached` candidates have an address, `unreached`
    have none."""

    exam: Exam
    preview: Notice | None
    sample: str
    reached: int
    unreached: int


class NewsPage(ConsolePage):
    """News of an exam; `name` is its address."""

    name: str

    async def on_get(self, req: Request, resp: Response, scope: str) -> None:
        """What is told, and to how many. Raises Missing, Denied."""
        moved = "moved" if req.get_param("done", default="") == "moved" else self.name
        drafted = {
            part: say("console.exams.draft." + f"{moved}.{part}").unescape() for part in _PARTS
        }
        await self._show(req, resp, fill(drafted))

    async def on_post(self, req: Request, resp: Response, scope: str) -> None:
        """Look at the message as it is written, or do it and send it."""
        form = await self.console.take(req)
        is_quiet = form.has("quiet")
        notice = read_notice(form, is_required=not is_quiet)
        if not form.has("preview"):
            verb = begin_cancelling if self.name == "cancel" else tell
            told = None if is_quiet else notice
            if await attempt_once(self.console, req, form, "exams.change", verb, told):
                while self.name == "cancel" and await self.console.write(
                    req, form, "exams.change", cancel_some
                ):
                    pass
                done = "cancelled" if self.name == "cancel" else "told"
                lead_to(resp, f"/console/{scope}/exams", done)
                return
        await self._show(req, resp, form)

    async def _show(self, req: Request, resp: Response, form: Form) -> None:
        notice = read_notice(form, is_required=False)
        news, wrong = await self.console.read(req, "exams.change", find_news, notice)
        if wrong and not form.has("quiet"):
            refuse(form, wrong)
        done = read_done(req, "console.exams.done.")
        more = {"news": news, "name": self.name, "done": done}
        self.console.answer(req, resp, TEMPLATE, form, **more)


class CancelExamPage(NewsPage):
    """`/console/{event}/exams/cancel`."""

    name = "cancel"


class TellPage(NewsPage):
    """`/console/{event}/exams/tell`."""

    name = "tell"


_PARTS = ("subject", "text")


def read_notice(form: Form, *, is_required: bool) -> Notice:
    """What was typed."""
    return Notice(
        form.text("subject", limit=200, is_required=is_required),
        form.text("text", limit=20_000, is_required=is_required),
    )


def find_news(visit: Visit, notice: Notice) -> tuple[News, Invalid | None]:
    """The message as it is written so far, and what is wrong with it."""
    tx, org_id = visit.tx, visit.org_id
    exam, room = get_room(tx, org_id, visit.at.id)
    candidates = read_candidates(visit)
    reached = [candidate for candidate in candidates if candidate.email]
    wrong = None
    try:
        check_notice(notice)
    except Invalid as failure:
        wrong = failure if notice.subject or notice.text else None
    preview, sample = None, ""
    if reached and not wrong:
        language = event_language(tx, org_id, get_shown_event(tx, org_id, exam.event_id))
        preview = fill_notice(notice, exam, room, reached[0], language)
        sample = reached[0].name
    news = News(exam, preview, sample, len(reached), len(candidates) - len(reached))
    return news, wrong


def tell(visit: Visit, notice: Notice | None) -> bool:
    """Write to all candidates who have an address. Raises Invalid, Missing."""
    if notice is None:
        return True
    check_notice(notice)
    tx, org_id, by = visit.tx, visit.org_id, visit.user.actor
    exam, room = get_room(tx, org_id, visit.at.id)
    reached = [candidate for candidate in read_candidates(visit) if candidate.email]
    for start in range(0, len(reached), SLICE):
        some = reached[start : start + SLICE]
        send_notice(tx, org_id, exam, room, some, notice, actor=by)
    return True


def begin_cancelling(visit: Visit, notice: Notice | None) -> bool:
    """Tell the candidates, and cancel the exam with the first of them, in one transaction."""
    tell(visit, notice)
    cancel_some(visit)
    return True


def cancel_some(visit: Visit) -> bool:
    """Cancel the exam, and some candidates; whether some are left."""
    reason, by = say("console.exams.cancel_reason").unescape(), visit.user.actor
    return cancel_exam_by_staff(visit.tx, visit.org_id, visit.at.id, reason, actor=by)
