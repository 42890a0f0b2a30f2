"""One job: how it stands, what it says, who gets it, and what is done to it."""

from collections.abc import AsyncIterator, Callable
from typing import NamedTuple

from falcon.asgi import Request, Response, SSEvent

from turnout.core.ids import JobId, RecipientId
from turnout.core.messaging.accepting import Policy
from turnout.core.messaging.approvals import approve_job
from turnout.core.messaging.browsing import (
    BrowsedJob,
    BrowsedRecipient,
    Stage,
    browse_recipients,
    get_browsed_job,
)
from turnout.core.messaging.controlling import cancel_job, pause_job, resume_job
from turnout.core.messaging.dry_runs import DryRun, preview_job
from turnout.core.messaging.hours import QuietHours
from turnout.core.messaging.model import Channel, JobState, Status
from turnout.core.messaging.overview import Fate, count_fates, find_quiet_end
from turnout.core.messaging.prices import Prices
from turnout.core.messaging.reading_replies import ReplyFilter, ReplyLine, list_replies
from turnout.core.messaging.retrying import retry_failed
from turnout.core.messaging.sender_ids import (
    MailSender,
    foresee_mail_sender,
    shown_name,
)
from turnout.core.messaging.sights import events_of
from turnout.core.registrations.browsing import PersonEvent
from turnout.core.registrations.live_lists import resolve
from turnout.core.timeline.deliveries import Story, get_story, list_addressed
from turnout.errors import Conflict, Denied, Invalid, Missing
from turnout.formats import fax
from turnout.http.routing import without_head
from turnout.http.server_sent_events import answer_events, paced
from turnout.web.console.events.going import lead_to
from turnout.web.console.forms import Form, fill
from turnout.web.console.messages.audiences import name_list
from turnout.web.console.messages.query import (
    RecipientsQuery,
    job_number,
    parse_recipients,
)
from turnout.web.console.page import ConsolePage, Visit
from turnout.web.console.words import render_console
from turnout.web.forms import read_done

SEE, SEND = "messages.see", "messages.send"
PAGE = 50
REPLIES = 20
DONE = frozenset(
    {"sent", "scheduled", "held", "tested", "paused", "resumed", "cancelled", "approved"}
) | {
    "retried",
    "nothing",
}
# How a job stands after what was done to it; what is missing here stays true.
_GOING = frozenset({Stage.WAITING, Stage.APPROVAL, Stage.SENDING})
LEFT = {
    **dict.fromkeys(("sent", "tested", "retried", "resumed"), _GOING),
    "scheduled": frozenset({Stage.WAITING, Stage.APPROVAL}),
    "held": frozenset({Stage.WAITING, Stage.APPROVAL}),
    "paused": frozenset({Stage.PAUSED}),
    "approved": _GOING,
}
# Why a job ended early, by the name that its label has.
REASONS = {
    "cancelled": "cancelled",
    "cut off": "cut_off",
    "credit": "credit",
    "limit": "limit",
    "set aside": "set_aside",
}
ASKED = frozenset({"cancel", "retry", "approve"})
# A stream ends after so many looks; a browser that still wants it asks again.
LOOKS, PAUSE_S = 15, 1.0
RETRIABLE = (Status.FAILED, Status.BUSY, Status.NO_ANSWER, Status.NO_FAX)
UNCERTAIN = (Status.PATHWAY_ERROR, Status.EXPIRED)


class OpenedJob(NamedTuple):
    """A job with a page of its recipients. `quiet_end` is until when (epoch ms) it waits for the
    end of quiet hours; `failed` may be tried again, `uncertain` too, which may have arrived. `run`
    is what it would still do, where somebody asked. `sender` is who a mail is from, None = it is
    no mail."""

    job: BrowsedJob
    fates: list[Fate]
    quiet_end: int | None
    recipients: list[BrowsedRecipient]
    has_more: bool
    replies: list[ReplyLine]
    run: DryRun | None
    lists: list[str]
    sender: MailSender | None

    @property
    def sender_name(self) -> str:
        """The name beside the address of From."""
        name = self.job.said.from_name
        return shown_name(name, self.sender) if self.sender else name

    @property
    def is_drawn(self) -> bool:
        """Whether the pages of a fax can be looked at here."""
        return fax.is_available()

    @property
    def failed(self) -> int:
        return _count(self.fates, RETRIABLE)

    @property
    def uncertain(self) -> int:
        return _count(self.fates, UNCERTAIN)


class JobPage(ConsolePage):
    """`/console/{scope}/messages/{job}`."""

    async def on_get(self, req: Request, resp: Response, scope: str, job: str) -> None:
        """How it stands. Raises Unauthenticated, Denied, Missing."""
        await self._show(req, resp, scope, job_number(job), fill({}))

    async def on_post(self, req: Request, resp: Response, scope: str, job: str) -> None:
        """Pause, resume, cancel, retry or approve it. Raises Denied, Missing."""
        form, job_id = await self.console.take(req), job_number(job)
        here = f"/console/{scope}/messages"
        try:
            if form.value("do") == "retry":
                prices, is_wide = self.console.sending.policy.prices, form.has("wide")
                new = await self.console.write_once(req, form, SEND, retry, job_id, prices, is_wide)
                lead_to(resp, f"{here}/{new or job_id}", "retried" if new else "nothing")
                return
            done = await self.console.write(req, form, SEND, change, job_id, form.value("do"))
            lead_to(resp, f"{here}/{job_id}", done)
        except (Conflict, Invalid) as refusal:
            form.refuse(refusal)
            await self._show(req, resp, scope, job_id, form)
        except Denied as refusal:
            if refusal.code != "job.own_approval":
                raise
            form.refuse(refusal)
            await self._show(req, resp, scope, job_id, form)

    async def _show(
        self, req: Request, resp: Response, scope: str, job_id: JobId, form: Form
    ) -> None:
        query = parse_recipients(req)
        quiet = self.console.sending.quiet
        policy, is_looking = self.console.sending.policy, bool(req.get_param("look"))
        what = (job_id, query, quiet, policy)
        opened = await self.console.read(req, SEE, open_job, *what, is_looking=is_looking)
        asked = req.get_param("ask", default="")
        values = {
            "opened": opened,
            "job": opened.job,
            "query": query,
            "reasons": REASONS,
            "base": f"/console/{scope}/messages",
            "asked": asked if asked in ASKED and not form.faults else "",
            "done": _still_true(read_done(req, DONE), opened.job),
        }
        self.console.answer(req, resp, "console/messages/job.html", form, **values)


def _still_true(done: str, job: BrowsedJob) -> str:
    """What was done, while the job stands as that left it; a page that is read again later says
    how it stands instead."""
    left = LEFT.get(done)
    stage = Stage.ENDED if job.state is JobState.CLOSING else job.stage
    if done in ("sent", "scheduled") and stage is Stage.APPROVAL:
        return "held"
    return done if left is None or stage in left else ""


class ProgressPage(ConsolePage):
    """`/console/{scope}/messages/{job}/progress`: the same part of the page, sent as it changes."""

    @without_head
    async def on_get(self, req: Request, resp: Response, scope: str, job: str) -> None:
        """Events with the part's HTML; `end` when the job has ended. Raises Unauthenticated,
        Denied, Missing."""
        job_id = job_number(job)
        first = await self.console.read(req, SEE, read_job, job_id)
        answer_events(resp, self._tell(req, first))

    async def _tell(self, req: Request, job: BrowsedJob) -> AsyncIterator[SSEvent]:
        said = ""
        async for look in paced(req, LOOKS, PAUSE_S):
            if look:
                job = await self.console.read(req, SEE, read_job, job.id)
            part = _draw_progress(req, job, self.console.price_currency)
            if part != said:
                said = part
                yield SSEvent(text=part)
            if job.state.is_ended:
                yield SSEvent(event="end", text="end")
                return


class RecipientPage(ConsolePage):
    """`/console/{scope}/messages/{job}/recipients/{recipient}`."""

    async def on_get(
        self, req: Request, resp: Response, scope: str, job: str, recipient: str
    ) -> None:
        """Everything that happened to one message. Raises Unauthenticated, Denied, Missing."""
        named = job_number(job), RecipientId(job_number(recipient))
        found, story, person = await self.console.read(
            req, SEE, read_story, *named, self.console.sending.quiet
        )
        base = f"/console/{scope}/messages"
        values = {"job": found, "story": story, "person": person, "base": base}
        self.console.show(
            req, resp, "console/messages/recipient.html", statuses=set(Status), **values
        )


def read_job(visit: Visit, job_id: JobId) -> BrowsedJob:
    """The job, if it is the event's where the visit is at one. Raises Missing."""
    event_id = visit.event.id if visit.event else None
    return get_browsed_job(visit.tx, visit.org_id, event_id, job_id, viewer=visit.viewer)


def open_job(
    visit: Visit,
    job_id: JobId,
    query: RecipientsQuery,
    quiet: QuietHours,
    policy: Policy,
    *,
    is_looking: bool,
) -> OpenedJob:
    """The job with a page of its recipients; `is_looking` also what it would still do. Raises
    Missing."""
    tx, org_id, job = visit.tx, visit.org_id, read_job(visit, job_id)
    run = None
    if is_looking and not job.state.is_ended:
        run = preview_job(tx, org_id, job_id, policy, resolve)
    sender = None
    if job.job_type.channel is Channel.EMAIL:
        sender = foresee_mail_sender(tx, org_id, job.sender, policy.senders, at=job.started_at)
    recipients = browse_recipients(
        tx,
        org_id,
        job_id,
        status=query.status,
        text=query.text,
        after=query.behind,
        limit=PAGE + 1,
    )
    return OpenedJob(
        job,
        count_fates(tx, org_id, job_id),
        find_quiet_end(tx, org_id, job_id, quiet),
        recipients[:PAGE],
        len(recipients) > PAGE,
        list_replies(tx, org_id, ReplyFilter(job_id=job_id), limit=REPLIES),
        run,
        [name_list(visit, list_id) for list_id in job.lists],
        sender,
    )


def change(visit: Visit, job_id: JobId, doing: str) -> str:
    """Pause, resume, cancel or approve a job; what was done. Raises Missing, Conflict, Denied."""
    job = read_job(visit, job_id)
    tx, org_id, by = visit.tx, visit.org_id, visit.user.actor
    if doing == "approve":
        approve_job(tx, org_id, job.id, visit.user.user_code, actor=by)
        return "approved"
    if doing not in _VERBS:
        raise Missing("path.missing", path=doing[:20])
    verb, done = _VERBS[doing]
    verb(tx, org_id, job.id, actor=by)
    return done


def retry(visit: Visit, job_id: JobId, prices: Prices, is_wide: bool) -> JobId | None:
    """Send what failed again; the job that does, None when nothing is left. Raises Missing,
    Conflict, Invalid."""
    job = read_job(visit, job_id)
    done = retry_failed(
        visit.tx, visit.org_id, job.id, prices, is_wide=is_wide, actor=visit.user.actor
    )
    return done.job_id if done else None


def read_story(
    visit: Visit, job_id: JobId, recipient_id: RecipientId, quiet: QuietHours
) -> tuple[BrowsedJob, Story, PersonEvent | None]:
    """A job, everything that happened to one of its messages, and the registration of whom it was
    for, where the user may see it. Raises Missing."""
    job = read_job(visit, job_id)
    story = get_story(visit.tx, visit.org_id, job_id, recipient_id, quiet)
    of = list_addressed(visit.tx, visit.org_id, story.message, events_of(job.lists, ""))
    if visit.event:
        of.sort(key=lambda one: one.event_id != visit.at.id)
    seen = [one for one in of if visit.user.access.may("people.see", one.event_id)]
    return job, story, next(iter(seen), None)


_VERBS: dict[str, tuple[Callable[..., None], str]] = {
    "pause": (pause_job, "paused"),
    "resume": (resume_job, "resumed"),
    "cancel": (cancel_job, "cancelled"),
}


def _count(fates: list[Fate], statuses: tuple[Status, ...]) -> int:
    return sum(fate.recipients for fate in fates if fate.status in statuses)


def _draw_progress(req: Request, job: BrowsedJob, currency: str) -> str:
    frame = req.context.frame
    zone = frame.event.timezone if frame.event else frame.organization.timezone
    drawn = render_console(
        "console/messages/progress.html", job=job, zone=zone, price_currency=currency
    )
    return " ".join(drawn.split())  # an event's text is one line
