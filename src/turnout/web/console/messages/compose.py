"""Writing a message: purpose first, to whom, what it says, when; checked, tried out, then sent."""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from falcon.asgi import Request, Response

from turnout.core.audit.recording import record
from turnout.core.identity.idempotency import IdempotentRequest
from turnout.core.identity.profiles import get_profile
from turnout.core.ids import JobId, TemplateId
from turnout.core.messaging.accepting import (
    StagedJob,
    accept_for,
    add_slice,
    begin_job,
    finish_job,
    give_up_job,
)
from turnout.core.messaging.browsing import (
    BrowsedJob,
    WantedJobs,
    browse_jobs,
    get_browsed_job,
)
from turnout.core.messaging.dry_runs import FIRST, preview_new
from turnout.core.messaging.files import (
    has_file,
    read_file,
)
from turnout.core.messaging.model import Channel, NewJob, NewRecipient, Purpose
from turnout.core.messaging.sender_ids import list_sender_ids
from turnout.core.messaging.staging import SLICE
from turnout.core.messaging.templates import MessageTemplate, get_template, list_templates
from turnout.core.messaging.trying_out import send_test
from turnout.core.registrations.live_lists import resolve
from turnout.errors import Conflict, Invalid
from turnout.formats import fax
from turnout.store import deadlines
from turnout.web.console.events.going import attempt, attempt_once, lead_to
from turnout.web.console.forms import Form, fill
from turnout.web.console.messages.audiences import (
    Choices,
    find_one,
    is_open,
    list_choices,
    list_filtered,
)
from turnout.web.console.messages.checking import Check, check, has_fields
from turnout.web.console.messages.draft import (
    ENDINGS,
    FIELDS,
    SHOWN,
    Draft,
    Place,
    read_channel,
    read_draft,
    to_file,
)
from turnout.web.console.messages.lists import RowFault, make_list
from turnout.web.console.messages.merge_fields import spell_draft
from turnout.web.console.messages.query import job_number
from turnout.web.console.messages.sending import Sending
from turnout.web.console.messages.templates import fields_of
from turnout.web.console.messages.uploads import judge_upload, keep_upload
from turnout.web.console.once import read_once
from turnout.web.console.page import ConsolePage, Visit
from turnout.web.console.people.query import PeopleQuery, parse_people
from turnout.web.refusals import say_refusal

SEND = "messages.send"
TEMPLATE = "console/messages/compose.html"
SIZE = 6_000_000
# The fields that are taken at once, whatever is still missing in the message.
UPLOADS = ("upload", "list_file", "list_name")
EARLIER = 12


class Desk(NamedTuple):
    """What the form offers. `sender_ids` are those that texts may be from (none = any), `own` the
    addresses that a test goes to; `earlier` messages and `templates` are what it may begin with."""

    place: Place
    choices: Choices
    sender_ids: list[str]
    own: dict[str, str]
    usual: dict[str, str]
    is_own: bool
    earlier: list[BrowsedJob]
    templates: list[MessageTemplate]


class ComposePage(ConsolePage):
    """`/console/{scope}/messages/new`."""

    async def on_get(self, req: Request, resp: Response, scope: str) -> None:
        """The form; with `like` as an earlier message. Raises Unauthenticated, Denied, Missing."""
        query, like = parse_people(req), req.get_param("like", default="")
        desk = await self.console.read(req, SEND, open_desk, query)
        values: dict[str, str | Sequence[str]] = dict(desk.usual)
        if like:
            values |= await self.console.read(req, SEND, read_like, job_number(like))
        if asked := req.get_param("template", default=""):
            values |= await self.console.read(req, SEND, read_template, job_number(asked))
        for name in ("channel", "to", "purpose"):
            if asked := req.get_param(name, default=""):
                values[name] = asked[:100]
        values |= {"dedupe": "1", "when": "now"}
        await self._show(req, resp, scope, fill(values), query, desk)

    async def on_post(self, req: Request, resp: Response, scope: str) -> None:
        """Check it, turn to another channel or person, take a file, try it out, or send it."""
        form, files = await self.console.take_files(req, SIZE)
        query, rows, listed = parse_people(req), list[RowFault](), None
        if form.has("make_list"):
            content = files.get("list_file", b"")
            listed, rows = await make_list(self.console, req, form, content, "list_")
        desk = await self.console.read(req, SEND, open_desk, query)
        form = await self._turn(req, form, files)
        if listed is not None:
            form = form.changed({"to": str(listed), "list_name": ""})
        draft, found = read_draft(form, query, desk.place), None
        if not any(form.has(name) for name in ("check", "send", "test")):
            # Nothing is asked for yet but to look: what is missing is not a fault.
            form.faults = {name: why for name, why in form.faults.items() if name in UPLOADS}
        elif form.is_right:
            found = await self._check_fields(req, form, draft)
            if not (found and found.is_misspelt) and (job := await self._act(req, form, draft)):
                is_later = bool(draft.job.scheduled_local)
                done = "tested" if form.has("test") else "scheduled" if is_later else "sent"
                done = "held" if form.value("send") == "held" else done
                lead_to(resp, f"/console/{scope}/messages/{job}", done)
                return
        done = "console.compose.done.listed" if listed is not None else ""
        where = (req, resp, scope, form, query, desk)
        await self._show(*where, draft=draft, rows=rows, done=done, found=found)

    async def _check_fields(self, req: Request, form: Form, draft: Draft) -> Check | None:
        """What is sent has no field that nobody has, unless the user says that it may: else the
        check, with a fault beside the text."""
        is_asked = form.has("check") or (form.has("send") and not form.has("anyway"))
        if not (is_asked and has_fields(draft)):
            return None
        sending = self.console.sending
        found = await self.console.read(req, SEND, check, draft, sending, is_whole=True)
        if found.is_misspelt and not form.has("anyway"):
            found.fault_misspelt(form, draft)
        return found

    async def _turn(self, req: Request, form: Form, files: dict[str, bytes]) -> Form:
        """The form with what a button in it changes: the channel, the person, a field, a file."""
        changes: dict[str, str] = {}
        if form.has("to_channel"):
            changes["channel"] = read_channel(form).value
        if form.has("turn"):
            now = form.whole("number") or form.whole("shown") or 1
            changes["number"] = str(max(1, now + (1 if form.value("turn") == "next" else -1)))
        if form.has("insert"):
            changes["text"] = f"{form.exact('text')}%%{form.value('insert')[:100]}%%"
        if form.has("template"):
            number = job_number(form.value("template"))
            changes |= await self.console.read(req, SEND, read_template, number)
        if form.has("remove_file"):
            changes |= {"file_digest": "", "file_name": ""}
        if (content := files.get("upload", b"")) and not req.get_header("HX-Request"):
            changes |= await self._keep(req, form, content)
        return form.changed(changes) if changes else form

    async def _keep(self, req: Request, form: Form, content: bytes) -> dict[str, str]:
        """What the form says of a file that was uploaded, once it is kept."""
        name, endings = form.value("upload_name")[:200], ENDINGS.get(read_channel(form), ())
        if name.rpartition(".")[2].lower() not in endings:
            form.fault("upload", "console.compose.fault.ending", known=", ".join(endings))
        channel, draws = read_channel(form), self.console.sending.policy.draws_faxes
        try:
            await asyncio.to_thread(judge_upload, channel, name, content, draws_faxes=draws)
        except Invalid as refusal:
            form.refuse(refusal, "upload")
        deadlines.renew()  # the judgement took its time, and none of the database's
        quota = self.console.file_quota
        digest = await attempt(self.console, req, form, SEND, keep_upload, name, content, quota)
        return {"file_digest": digest, "file_name": name} if digest else {}

    async def _act(self, req: Request, form: Form, draft: Draft) -> JobId | None:
        """Try it out or send it; the number of the job, None where it was refused or not asked."""
        sending = self.console.sending
        if form.has("test"):
            to = form.text("test_to", limit=254, is_required=False)
            draft = draft._replace(number=draft.number or form.whole("shown") or FIRST)
            return await attempt_once(self.console, req, form, SEND, try_out, draft, to, sending)
        if not form.has("send"):
            return None
        asked = read_once(req, form)
        if not draft.audience.is_filter:
            return await attempt(self.console, req, form, SEND, send, draft, asked, sending)
        begun = await attempt(self.console, req, form, SEND, begin, draft, asked, sending)
        if begun is None:
            return None
        people, staged = begun
        if not staged.is_repetition:
            for first in range(0, len(people), SLICE):
                some = people[first : first + SLICE]
                if not await attempt(self.console, req, form, SEND, add, staged, some, sending):
                    await self.console.write(req, form, SEND, give_up, staged)
                    return None
        return await attempt(self.console, req, form, SEND, finish, staged, asked)

    async def _show(
        self,
        req: Request,
        resp: Response,
        scope: str,
        form: Form,
        query: PeopleQuery,
        desk: Desk,
        *,
        draft: Draft | None = None,
        rows: Sequence[RowFault] = (),
        done: str = "",
        found: Check | None = None,
    ) -> None:
        if draft is None:
            draft = read_draft(form, query, desk.place)
            form.faults = {}
        is_whole = form.has("check") or form.has("send")
        if found is None:
            found = await self.console.read(
                req, SEND, check, draft, self.console.sending, is_whole=is_whole and form.is_right
            )
        if found.refusal and found.refusal.code == "job.scheduled_past" and is_whole:
            form.refuse(found.refusal, "at")
        values = {
            "desk": desk,
            "draft": draft,
            "found": found,
            "is_sendable": form.is_right or found.is_misspelt,
            "query": query,
            "channel": read_channel(form),
            "channels": Channel,
            "purposes": Purpose,
            "voices": await asyncio.to_thread(self.console.sending.list_voices),
            "has_quiet": bool(self.console.sending.quiet),
            "endings": ENDINGS,
            "draws": fax.is_available(),
            "base": f"/console/{scope}/messages",
            "carried": sorted(FIELDS - SHOWN[read_channel(form)]),
            "refuse": say_refusal,
            "rows": rows,
            "done": done,
        }
        self.console.answer(req, resp, TEMPLATE, form, **values)


def open_desk(visit: Visit, query: PeopleQuery) -> Desk:
    """What the form offers, and begins with."""
    member, event = visit.user.access.member, visit.event
    zone = event.timezone if event else member.timezone
    profile = get_profile(visit.tx, visit.org_id)
    phone = member.profile.mobile or member.profile.phone or ""
    own = dict.fromkeys([channel.value for channel in Channel], phone)
    own |= {"email": member.user.email, "fax": member.profile.fax or ""}
    usual = {
        "mail_sender": profile.reply_address or profile.contact_email or member.user.email,
        "from_name": profile.sender_name or visit.organization.name,
    }
    place = Place(event.id if event else None, zone, member.timezone)
    return Desk(
        place,
        list_choices(visit, query),
        [row.sender for row in list_sender_ids(visit.tx, visit.org_id)],
        own,
        usual,
        member.user.org_id == visit.org_id,
        browse_jobs(
            visit.tx,
            visit.org_id,
            WantedJobs(event_id=place.event_id),
            limit=EARLIER,
            viewer=visit.viewer,
        ),
        list_templates(visit.tx, visit.org_id),
    )


def read_template(visit: Visit, number: int) -> dict[str, str]:
    """The form of a message that begins with a template. Raises Missing."""
    return fields_of(get_template(visit.tx, visit.org_id, TemplateId(number)))


def read_like(visit: Visit, job_id: JobId) -> dict[str, str]:
    """The form of a message like an earlier one. Raises Missing."""
    job = get_browsed_job(
        visit.tx, visit.org_id, visit.event.id if visit.event else None, job_id, viewer=visit.viewer
    )
    said, options = job.said, job.carried_out
    is_mail = job.job_type.channel is Channel.EMAIL
    found = {
        "channel": job.job_type.channel.value,
        "purpose": options.purpose.value,
        "name": job.name,
        "subject": said.subject,
        "text": said.text,
        "html": said.html,
        "from_name": said.from_name,
        "reply_to": said.reply_to,
        "mail_sender" if is_mail else "sender": "" if job.job_type.takes_replies else job.sender,
        "voicemail": said.voicemail,
        "voice": said.voice,
        "cutoff": options.cutoff_hour,
        "reply_address": options.reply_address,
        "to": job.lists[0] if len(job.lists) == 1 else "",
    }
    if job.job_type.takes_replies:
        found["two_way"] = "1"
    if said.is_high_resolution:
        found["fine"] = "1"
    if said.files:
        found |= {"file_digest": said.files[0].digest, "file_name": said.files[0].name}
    return {name: text for name, text in found.items() if text}


def try_out(visit: Visit, draft: Draft, to: str, sending: Sending) -> JobId:
    """Send it to oneself alone, as the person gets it as whom it is read. Raises Invalid."""
    new = _ready(visit, draft)
    like = find_one(visit, draft.audience, new.job_type.channel, draft.number)
    if like is None:
        raise Invalid("console.message_nobody")
    member, by = visit.user.access.member, visit.user.actor
    test = msgspec.structs.replace(new, list_ids=())
    preview_new(visit.tx, member, test, [like], sending.policy, resolve)
    return send_test(visit.tx, member, new, like, to, sending.policy, actor=by)


def send(visit: Visit, draft: Draft, asked: IdempotentRequest, sending: Sending) -> JobId:
    """Send it to a list. Raises Invalid, Conflict."""
    new = _ready(visit, draft)
    job_id = accept_for(visit.tx, visit.user.access.member, new, [], sending.policy, asked)
    _record(visit, job_id)
    return job_id


def begin(
    visit: Visit, draft: Draft, asked: IdempotentRequest, sending: Sending
) -> tuple[list[NewRecipient], StagedJob]:
    """Stage a job for those whom a filter leaves. Raises Invalid for nobody."""
    new = _ready(visit, draft)
    people = list_filtered(visit, draft.audience.query, new.job_type.channel)
    if not people:
        raise Invalid("console.message_nobody")
    return people, begin_job(visit.tx, visit.principal, new, sending.policy, asked)


def add(visit: Visit, staged: StagedJob, some: list[NewRecipient], sending: Sending) -> bool:
    """Add some recipients to a staged job. Raises Invalid beyond limit and credit."""
    add_slice(visit.tx, visit.org_id, staged.job_id, some, sending.policy.prices)
    return True


def give_up(visit: Visit, staged: StagedJob) -> None:
    """A staged job is not sent after all: what was set aside for it is free."""
    give_up_job(visit.tx, visit.org_id, staged.job_id)


def finish(visit: Visit, staged: StagedJob, asked: IdempotentRequest) -> JobId:
    """Let a staged job go."""
    job_id = finish_job(visit.tx, visit.org_id, staged.job_id, asked)
    _record(visit, job_id)
    return job_id


def _ready(visit: Visit, draft: Draft) -> NewJob:
    """The job with its file. Raises Invalid for an audience that is not the user's to write to,
    Conflict for an organization that is not the user's own."""
    if visit.user.access.member.user.org_id != visit.org_id:
        raise Conflict("console.message_other_organization")
    if not is_open(visit, draft.audience):
        raise Invalid("job.list_unknown")
    person = find_one(visit, draft.audience, draft.job.job_type.channel, draft.number)
    draft = spell_draft(visit, draft, person)
    digest, _ = draft.file
    if not digest:
        return draft.job
    if not has_file(visit.tx, visit.org_id, digest):
        raise Invalid("console.upload_gone")
    size = len(read_file(visit.tx, visit.org_id, digest))
    content = msgspec.structs.replace(draft.job.content, files=(to_file(draft.file, size),))
    return msgspec.structs.replace(draft.job, content=content)


def _record(visit: Visit, job_id: JobId) -> None:
    record(visit.tx, visit.org_id, visit.user.actor, "sent", "job", job_id)
