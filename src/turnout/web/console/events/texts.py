"""`/console/{event}/texts` and `/texts/{kind}`: what an event's mails say, and its reminder."""

from typing import NamedTuple

from falcon.asgi import Request, Response

from turnout.core.events.showing import get_shown_event
from turnout.core.mails.languages import primary
from turnout.core.mails.model import KINDS, MailKind, MailText, fields_of
from turnout.core.mails.sending import choose_for
from turnout.core.mails.texts import OwnText, list_own_texts, reset_text, set_text
from turnout.core.registrations.previewing import Preview, preview_mail, send_test
from turnout.core.registrations.reminding import remind, stop_reminding
from turnout.core.tickets.event_news import Told, count_told
from turnout.core.timeline.overviews import list_next_messages
from turnout.errors import Failure, Invalid, Missing
from turnout.web.console.events.clashes import (
    Clash,
    Values,
    find_clash,
    is_unsaved,
    list_differences,
    version_of,
)
from turnout.web.console.events.details_form import LANGUAGES
from turnout.web.console.events.going import attempt, lead_to, read_done, refuse
from turnout.web.console.forms import Form, fill
from turnout.web.console.page import ConsolePage, Visit

LIST, TEXT = "console/events/texts.html", "console/events/text.html"


class Listed(NamedTuple):
    """Every kind of mail, with the texts that are the event's own; when everybody is reminded
    (epoch ms), and how many that would be now."""

    kinds: list[MailKind]
    own: list[OwnText]
    remind_at: int | None
    told: Told


class Opened(NamedTuple):
    """A text in one language, as it is kept. `is_default`: it is the organization's."""

    kind: MailKind
    language: str
    text: MailText
    is_own: bool
    is_default: bool
    fields: tuple[str, ...]
    required: tuple[str, ...]


class TextsPage(ConsolePage):
    """`/console/{event}/texts`."""

    async def on_get(self, req: Request, resp: Response, scope: str) -> None:
        """The kinds of mails. Raises Missing, Denied."""
        await self._show(req, resp, fill({}))

    async def on_post(self, req: Request, resp: Response, scope: str) -> None:
        """Schedule the reminder, or stop it."""
        form = await self.console.take(req)
        at = "" if form.has("stop") or form.has("now") else form.moment("at")
        is_off = form.has("stop")
        done = await attempt(self.console, req, form, "event.change", set_reminder, at, is_off)
        if done:
            lead_to(resp, f"/console/{scope}/texts", done)
            return
        await self._show(req, resp, form)

    async def _show(self, req: Request, resp: Response, form: Form) -> None:
        listed = await self.console.read(req, "event.change", find_texts)
        self.console.answer(
            req, resp, LIST, form, listed=listed, done=read_done(req, "console.texts.done.")
        )


class TextPage(ConsolePage):
    """`/console/{event}/texts/{kind}?language=`."""

    async def on_get(self, req: Request, resp: Response, scope: str, kind: str) -> None:
        """The text and the mail that it makes. Raises Missing."""
        opened = await self.console.read(req, "event.change", open_text, kind, _language(req))
        form = fill(values_of(opened))
        await self._show(req, resp, opened, form, version_of(values_of(opened)))

    async def on_post(self, req: Request, resp: Response, scope: str, kind: str) -> None:
        """Keep the text, look at it, send it as a test, or use the usual one again."""
        form = await self.console.take(req)
        language = form.value("language") or _language(req)
        if await self._act(req, resp, scope, kind, language, form):
            return
        opened = await self.console.read(req, "event.change", open_text, kind, language)
        version = form.value("version")
        await self._show(req, resp, opened, form, version)

    async def _act(
        self, req: Request, resp: Response, scope: str, kind: str, language: str, form: Form
    ) -> bool:
        """Whether it is done, and answered."""
        path, base = f"/console/{scope}/texts/{kind}", self.console.base_url
        ask, where = (self.console, req, form, "event.change"), (kind, language)
        if form.has("preview"):
            return False
        if form.has("test"):
            text = MailText(form.value("subject"), form.value("body"))
            is_kept = await attempt(*ask, send, *where, text, form.email("to"), base)
            if is_kept is False:
                req.context.did = "console.texts.done.tested"
            done = "tested" if is_kept else ""
        elif form.has("reset"):
            done = "reset" if await attempt(*ask, reset, *where) else ""
        else:
            text = MailText(form.text("subject", limit=200), form.text("body", limit=20_000))
            saved = await attempt(*ask, save, *where, form.value("version"), text)
            if isinstance(saved, Clash):
                req.context.clash = saved
                form.fault("", saved.fault)
            done = "saved" if saved is True else ""
        if done:
            lead_to(resp, path, done, language=language)
        return bool(done)

    async def _show(
        self, req: Request, resp: Response, opened: Opened, form: Form, version: str
    ) -> None:
        clash: Clash | None = getattr(req.context, "clash", None)
        text = MailText(form.value("subject"), form.value("body"))
        seen = (opened.kind, opened.language, text, self.console.base_url)
        preview, wrong = await self.console.read(req, "event.change", look, *seen)
        if wrong and form.has("preview"):
            refuse(form, wrong)
        values = {
            "opened": opened,
            "preview": preview,
            "languages": sorted({*LANGUAGES, opened.language}),
            "version": version_of(clash.now) if clash else version,
            "differences": list_differences(form, clash) if clash else [],
            "done": getattr(req.context, "did", "") or read_done(req, "console.texts.done."),
        }
        self.console.answer(req, resp, TEXT, form, **values)


def find_texts(visit: Visit) -> Listed:
    """The kinds of mails of the event."""
    tx, org_id, event_id = visit.tx, visit.org_id, visit.at.id
    remind_at = list_next_messages(tx, org_id, event_id).remind_at
    told = count_told(tx, org_id, event_id)
    return Listed(list(KINDS), list_own_texts(tx, org_id, event_id), remind_at, told)


def set_reminder(visit: Visit, at: str, is_off: bool) -> str:
    """Remind everybody at that local time, empty = now; or nobody. What was done, as a label."""
    tx, org_id, event_id, by = visit.tx, visit.org_id, visit.at.id, visit.user.actor
    if is_off:
        stop_reminding(tx, org_id, event_id, actor=by)
        return "unplanned"
    remind(tx, org_id, event_id, at, actor=by)
    return "planned" if at else "reminded"


def open_text(visit: Visit, kind: str, language: str) -> Opened:
    """A text as it is kept; `language` empty = the event's. Raises Missing."""
    if kind not in set(MailKind):
        raise Missing("path.missing", path=kind)
    of = MailKind(kind)
    shown = get_shown_event(visit.tx, visit.org_id, visit.at.id)
    chosen = choose_for(visit.tx, visit.org_id, shown, of, language)
    spoken = primary(language) if language else chosen.language
    is_own = chosen.is_own and chosen.language == spoken
    is_default = chosen.is_default and chosen.language == spoken
    needs = (fields_of(of), KINDS[of].required)
    return Opened(of, spoken, chosen.text, is_own, is_default, *needs)


def values_of(opened: Opened) -> Values:
    """What the form shows."""
    return {"subject": opened.text.subject, "body": opened.text.body}


def look(
    visit: Visit, kind: MailKind, language: str, text: MailText, base_url: str
) -> tuple[Preview, Failure | None]:
    """The mail that a text makes; of the kept one where that text cannot be, and why."""
    where = (visit.tx, visit.org_id, visit.at.id, kind, base_url)
    try:
        return preview_mail(*where, language=language, text=text), None
    except Invalid as failure:
        return preview_mail(*where, language=language), failure


def save(visit: Visit, kind: str, language: str, version: str, text: MailText) -> Clash | bool:
    """Keep a text, unless somebody else did before. Raises Invalid."""
    opened = open_text(visit, kind, language)
    if clash := find_clash(version, values_of(opened), visit, visit.at.id, "event"):
        return clash
    where = (visit.tx, visit.org_id, visit.at.id, opened.kind, language or opened.language)
    set_text(*where, text, actor=visit.user.actor)
    return True


def reset(visit: Visit, kind: str, language: str) -> bool:
    """Use the usual text again. Raises Missing."""
    opened = open_text(visit, kind, language)
    where = (visit.tx, visit.org_id, visit.at.id, opened.kind, language or opened.language)
    reset_text(*where, actor=visit.user.actor)
    return True


def send(visit: Visit, kind: str, language: str, text: MailText, to: str, base_url: str) -> bool:
    """Send a text to an address of the user's own; whether it is the one that is kept. Raises
    Invalid."""
    opened = open_text(visit, kind, language)
    where = (visit.tx, visit.org_id, visit.at.id, opened.kind, base_url, to)
    send_test(*where, language=opened.language, text=text, actor=visit.user.actor)
    return not is_unsaved(fill(text._asdict()), values_of(opened))


def _language(req: Request) -> str:
    asked = req.get_param("language", default="")
    return asked if asked.isascii() and asked.isalpha() and len(asked) <= 3 else ""
