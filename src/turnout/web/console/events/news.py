"""`/console/{event}/postpone`, `cancel` and `tell`: the mail is read before it goes out."""

from typing import NamedTuple

from falcon.asgi import Request, Response

from turnout.core.events.model import EventState
from turnout.core.exams.planning import is_exam
from turnout.core.mails.composing import check_own_words
from turnout.core.mails.model import MailKind
from turnout.core.registrations.announcing import (
    postpone_event,
    postpone_without_date,
    tell_cancelled,
)
from turnout.core.registrations.places import set_event_state
from turnout.core.registrations.previewing import Preview, preview_news
from turnout.core.registrations.rules import check_no_exam
from turnout.core.tickets.event_news import count_told, tell_registered
from turnout.core.timeline.overviews import count_waiting
from turnout.errors import Conflict, Invalid
from turnout.formats.calendar import load
from turnout.web.console.events.going import attempt_once, lead_to, refuse
from turnout.web.console.forms import Form, fill
from turnout.web.console.page import ConsolePage, Visit

TEMPLATE = "console/events/news.html"


class News(NamedTuple):
    """What is told to how many, as far as it is written; `people` is those who are registered and
    contacts of their parties, `waiting` who waits; `is_exam` = candidates are told elsewhere."""

    preview: Preview
    people: int
    waiting: int
    state: EventState
    is_exam: bool


class NewsPage(ConsolePage):
    """News of an event: `name` is its address, `kind` its mail."""

    name: str
    kind: MailKind
    permission = "event.cancel"

    async def on_get(self, req: Request, resp: Response, scope: str) -> None:
        """What is told, and to how many. Raises Missing, Denied."""
        await self._show(req, resp, fill({}))

    async def on_post(self, req: Request, resp: Response, scope: str) -> None:
        """Look at the mail as it is written, or do it and send it."""
        form = await self.console.take(req)
        message = form.text("message", limit=5000, is_required=False)
        try:
            check_own_words(message)
        except Invalid as refusal:
            refuse(form, refusal)
        has_date = self.kind is MailKind.POSTPONED and not form.has("without_date")
        starts = form.moment("starts") if has_date else ""
        if not form.has("preview"):
            load()
            told = (self.kind, starts, message, form.has("quiet"), self.console.base_url)
            if await attempt_once(self.console, req, form, self.permission, announce, *told):
                done = {"postpone": "postponed", "cancel": "cancelled", "tell": "told"}
                lead_to(resp, f"/console/{scope}", done[self.name])
                return
        await self._show(req, resp, form)

    async def _show(self, req: Request, resp: Response, form: Form) -> None:
        is_open = form.has("without_date")
        starts = "" if is_open else form.value("starts")
        written = (self.kind, starts, form.value("message"), self.console.base_url, is_open)
        news, wrong = await self.console.read(req, self.permission, find_news, *written)
        if wrong and "starts" not in form.faults:
            refuse(form, wrong)
        self.console.answer(req, resp, TEMPLATE, form, news=news, name=self.name)


class PostponePage(NewsPage):
    """`/console/{event}/postpone`."""

    name, kind = "postpone", MailKind.POSTPONED


class CancelPage(NewsPage):
    """`/console/{event}/cancel`."""

    name, kind = "cancel", MailKind.CANCELLED


class TellPage(NewsPage):
    """`/console/{event}/tell`: what has changed."""

    name, kind = "tell", MailKind.CHANGED
    permission = "event.change"


def find_news(
    visit: Visit, kind: MailKind, starts: str, message: str, base_url: str, is_date_open: bool
) -> tuple[News, Invalid | None]:
    """The mail as it is written so far, and what is wrong with its time."""
    tx, org_id, event = visit.tx, visit.org_id, visit.at
    told = count_told(tx, org_id, event.id)
    waits = sum(count_waiting(tx, org_id, event.id).values())
    wrong = None
    whose = (tx, org_id, event.id, kind, base_url)
    try:
        preview = preview_news(
            *whose, message=message, starts_local=starts, is_date_open=is_date_open
        )
    except Invalid as failure:
        wrong = failure
        preview = preview_news(*whose, message=message)
    people = told.registered + told.contacts
    waiting = waits if kind is MailKind.CANCELLED else 0
    return News(preview, people, waiting, event.state, is_exam(tx, org_id, event.id)), wrong


def announce(
    visit: Visit, kind: MailKind, starts: str, message: str, is_quiet: bool, base_url: str
) -> bool:
    """Do it, and tell everybody unless `is_quiet`, in one transaction. Raises Conflict, Invalid."""
    tx, org_id, event, by = visit.tx, visit.org_id, visit.at, visit.user.actor
    check_no_exam(tx, org_id, event.id)
    if event.state in (EventState.DRAFT, EventState.CANCELLED):
        raise Conflict("event.no_news", event_id=event.id, state=event.state.value)
    said = {"base_url": base_url, "message": message}
    if kind is MailKind.POSTPONED and not starts:
        postpone_without_date(tx, org_id, event.id, **said, is_quiet=is_quiet, actor=by)
    elif kind is MailKind.POSTPONED:
        postpone_event(tx, org_id, event.id, starts, **said, is_quiet=is_quiet, actor=by)
    elif kind is MailKind.CANCELLED:
        cancelled = EventState.CANCELLED
        set_event_state(tx, org_id, event.id, cancelled, is_quiet=is_quiet, actor=by)
        if not is_quiet:
            tell_cancelled(tx, org_id, event.id, **said, actor=by)
    else:
        tell_registered(tx, org_id, event.id, **said, kind=kind, actor=by)
    return True
