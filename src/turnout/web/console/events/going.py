"""What the pages of an event share: where a form leads, what is said then, and refusals."""

from collections.abc import Awaitable, Mapping
from http import HTTPStatus
from typing import ParamSpec, TypeVar
from urllib.parse import urlencode

from falcon.asgi import Request, Response

from turnout.catalogue.labels import CONSOLE
from turnout.core.events.model import Span, span
from turnout.errors import Conflict, Failure, Gone, Invalid, Missing
from turnout.web.console.forms import Form
from turnout.web.console.page import Console, VisitVerb
from turnout.web.documents import NO_STORE
from turnout.web.numbers import parse_number

P = ParamSpec("P")
T = TypeVar("T")
REFUSALS = (Conflict, Gone, Invalid, Missing)


async def attempt(
    console: Console,
    req: Request,
    form: Form,
    permission: str,
    verb: VisitVerb[P, T],
    /,
    *args: P.args,
    **kwargs: P.kwargs,
) -> T | None:
    """Run `verb` for a form in which nothing is wrong. None = something was, or the verb refused;
    why is said in the form then."""
    if not form.is_right:
        return None
    return await _unless_refused(form, console.write(req, form, permission, verb, *args, **kwargs))


async def attempt_once(
    console: Console,
    req: Request,
    form: Form,
    permission: str,
    verb: VisitVerb[P, T],
    /,
    *args: P.args,
    **kwargs: P.kwargs,
) -> T | None:
    """As `attempt`, for what makes something: a form that is sent twice makes one thing."""
    if not form.is_right:
        return None
    written = console.write_once(req, form, permission, verb, *args, **kwargs)
    return await _unless_refused(form, written)


async def _unless_refused(form: Form, written: Awaitable[T]) -> T | None:
    try:
        return await written
    except REFUSALS as failure:
        refuse(form, failure)
        return None


def refuse(form: Form, failure: Failure) -> None:
    """Say in a form why a verb refused: beside the field that it is about, in the console's own
    words where it has some."""
    name = _find_field(form, failure)
    own = "console.refusal." + failure.code
    if own in CONSOLE:
        form.fault(name, own, **failure.facts)
        return
    form.refuse(failure, name)


def plan_times(form: Form, starts: str, ends: str, zone: str) -> Span | None:
    """When something is, from what was typed; what is wrong with it is said beside whatever else
    is. None where it is, or where a part is missing."""
    if not (starts and ends and zone):
        return None
    try:
        return span(starts, ends, zone)
    except Invalid as failure:
        refuse(form, failure)
        return None


def lead_to(resp: Response, path: str, done: str = "", part: str = "", **query: str) -> None:
    """Answer a form that was done with 303 to a page that says so, at the section `part`."""
    asked = {name: value for name, value in {**query, "done": done}.items() if value}
    resp.status = HTTPStatus.SEE_OTHER
    resp.set_header("Cache-Control", NO_STORE)
    resp.location = path + (f"?{urlencode(asked)}" if asked else "") + (f"#{part}" if part else "")


def read_done(req: Request, begins: str) -> str:
    """The label of what was done, as the address says, by what such labels begin with; empty for
    what is not known, and beside a form's answer: that was the step before."""
    code = begins + req.get_param("done", default="")
    return code if code in CONSOLE and req.method != "POST" else ""


def read_number(text: str) -> int:
    """A number in an address. Raises Missing."""
    number = parse_number(text)
    if number is None:
        raise Missing("path.missing", path=text)
    return number


MINUTES = len("2027-03-01T09:00")
# The fields that a refusal may be about, where its facts do not name one: the first that the form
# has.
FIELDS: Mapping[str, tuple[str, ...]] = {
    "title.missing": ("title",),
    "name.missing": ("name",),
    "page_name.form": ("name",),
    "page_name.taken": ("name",),
    "span.order": ("ends", "sale_ends"),
    "capacity.held": ("capacity",),
    "capacity.negative": ("capacity",),
    "session.held": ("capacity",),
    "ticket_type.held": ("capacity",),
    "ticket_type.same_name": ("name",),
    "ticket_type.code": ("access_code",),
    "ticket_type.price": ("price",),
    "ticket_type.person_limit": ("person_limit",),
    "colour.form": ("colour",),
    "payment.text": ("payment_text",),
    "payment.text_field": ("payment_text",),
    "payment.days": ("pay_within_days",),
    "venue.missing": ("venue",),
    "country.form": ("country_code", "call_countries"),
    "calling.agent": ("call_agents",),
    "calling.agents": ("call_agents",),
    "calling.word": ("call_words",),
    "calling.words": ("call_words",),
    "timezone.unknown": ("timezone",),
    "language.form": ("locale", "language"),
    "url.form": ("online_url",),
    "contact.email": ("contact_email", "email", "to"),
    "invitation.email": ("people",),
    "campaign.sender": ("sender_email",),
    "campaign.body": ("body",),
    "campaign.field": ("body",),
    "campaign.reminder_body": ("reminder_body",),
    "campaign.time": ("send_at", "remind_at"),
    "campaign.sti": ("sti",),
    "waiting.hours": ("hours",),
    "waiting.priority": ("priority",),
    "waiting.subject": ("subject",),
    "waiting.text": ("text",),
    "filter.name": ("name",),
    "filter.query": ("name",),
    "filter.many": ("name",),
    "reminder.time": ("at",),
    "picture.large": ("picture",),
    "picture.form": ("picture",),
    "picture.broken": ("picture",),
    "picture.pixels": ("picture",),
    "picture.quota": ("picture",),
    "event_question.choices": ("choices",),
    "event_question.choice": ("choices",),
    "event_question.choice_twice": ("choices",),
    "event_question.no_choices": ("choices",),
    "event_question.same_name": ("name",),
    "event_question.removed_name": ("name",),
    "event_question.sign": ("name",),
    "event_question.answered": ("name",),
    "event_question.text_missing": ("text",),
    "event_question.consent_required": ("is_required",),
    "exam.start_past": ("starts",),
    "exam.start_late": ("starts",),
    "exam.venue": ("venue",),
    "exam.type": ("exam_type",),
    "exam.format": ("exam_format",),
    "exam.billing_code": ("billing_code",),
    "exam.limit": ("limit",),
    "exam.limit_held": ("limit",),
    "room.too_small": ("room",),
    "room.venue": ("room",),
    "seat.taken": ("seat",),
    "seat.unknown": ("seat",),
    "seat.no_room": ("seat",),
    "sitting.has_form": ("form",),
    "form.unknown": ("form",),
    "form.exists": ("version",),
    "form.facts": ("time_limit",),
    "learner.missing": ("learner",),
    "learner.code_taken": ("code",),
    "candidate.there": ("learner",),
    "exam.full": ("exam", "learner"),
    "notice.empty": ("text",),
    "notice.field": ("text", "subject"),
    "notice.long": ("text",),
    "opt_out.address": ("address",),
    "opt_out.missing": ("address",),
    "suppression.address": ("address",),
    "suppression.missing": ("address",),
    "sender.domain": ("domain",),
    "sender.domain_known": ("domain",),
    "sender.domain_own": ("domain",),
    "sender.domains_many": ("domain",),
    "sender.id": ("sender",),
    "sender.id_known": ("sender",),
    "sender.ids_many": ("sender",),
    "number.national": ("sender", "address"),
    "job.scheduled_past": ("at",),
    "job.list_unknown": ("to",),
    "job.no_own_address": ("test_to",),
    "job.message_long": ("text",),
    "job.nothing_said": ("text", "header", "voicemail"),
    "job.unspeakable": ("text", "header", "voicemail"),
    "sender.id_refused": ("sender",),
    "sender.domain_refused": ("mail_sender",),
    "console.message_nobody": ("to",),
    "console.upload_quota": ("upload",),
    "console.upload_gone": ("upload",),
    "media.url": ("url",),
    "captions.cue": ("file",),
    "captions.empty": ("file",),
    "captions.encoding": ("file",),
    "captions.language": ("language",),
    "captions.large": ("file",),
    "captions.order": ("file",),
    "captions.quota": ("file",),
    "captions.start": ("file",),
    "media.window": ("live_until",),
    "door.rescue_phone": ("phone",),
    "survey.items": ("items",),
    "text.length": ("answer", "title"),
    "mail.empty": ("body",),
    "mail.long": ("body",),
    "mail.text": ("body",),
    "mail.words_field": ("message",),
    "mail.field": ("body",),
    "mail.link": ("body",),
    "mail.target": ("body",),
}


def _find_field(form: Form, failure: Failure) -> str:
    named = failure.facts.get("field", "")
    known = (*FIELDS.get(failure.code, ()), named if isinstance(named, str) else "")
    moments = _find_moments(form, failure)
    return next((name for name in (*moments, *known) if form.has(name)), "")


def _find_moments(form: Form, failure: Failure) -> list[str]:
    """The fields with the local time that a refusal is about, such as one that the clock skips."""
    local = failure.facts.get("local")
    if not isinstance(local, str) or not local:
        return []
    return [name for name in form.names if form.value(name)[:MINUTES] == local[:MINUTES]]
