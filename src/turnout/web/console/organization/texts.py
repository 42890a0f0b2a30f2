"""`/console/{org}/settings/texts` and `/texts/{kind}`: what mails say at all events that have no
text of their own."""

from typing import NamedTuple

from falcon.asgi import Request, Response

from turnout.core.events.model import Event
from turnout.core.events.programme import list_events
from turnout.core.mails.defaults import (
    get_default_text,
    list_default_texts,
    reset_default_text,
    set_default_text,
)
from turnout.core.mails.languages import primary
from turnout.core.mails.model import KINDS, MailKind, MailText, fields_of
from turnout.core.mails.texts import ChosenText, OwnText
from turnout.core.registrations.previewing import Preview, preview_mail, send_test
from turnout.errors import Conflict, Failure, Invalid, Missing
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

LIST = "console/organization/texts.html"
TEXT = "console/organization/text.html"
SEE, CHANGE = "organization.see", "organization.change"
EVENTS_LIMIT = 500


class Seen(NamedTuple):
    """A text as it is kept, and the mail that `text` makes at the newest event; None where there is
    no event. `wrong` is why the text makes none."""

    chosen: ChosenText
    event: Event | None
    preview: Preview | None
    wrong: Failure | None


class DefaultTextsPage(ConsolePage):
    """`/console/{scope}/settings/texts`."""

    async def on_get(self, req: Request, resp: Response, scope: str) -> None:
        """The kinds of mails. Raises Missing, Denied."""
        own = await self.console.read(req, SEE, find_texts)
        self.console.show(req, resp, LIST, kinds=list(KINDS), own=own)


class DefaultTextPage(ConsolePage):
    """`/console/{scope}/settings/texts/{kind}?language=`."""

    async def on_get(self, req: Request, resp: Response, scope: str, kind: str) -> None:
        """The text and the mail that it makes. Raises Missing, Denied."""
        await self._show(req, resp, SEE, kind, _language(req))

    async def on_post(self, req: Request, resp: Response, scope: str, kind: str) -> None:
        """Keep the text, look at it, send it as a test, or use the usual one again."""
        form = await self.console.take(req)
        language = form.value("language") or _language(req)
        if done := await self._act(req, form, kind, language):
            lead_to(resp, req.path, done, language=primary(language))
            return
        await self._show(req, resp, CHANGE, kind, language, form)

    async def _act(self, req: Request, form: Form, kind: str, language: str) -> str:
        """What was done, as a label; empty = nothing."""
        ask, where = (self.console, req, form, CHANGE), (kind, language)
        text = MailText(form.value("subject"), form.value("body"))
        if form.has("preview"):
            return ""
        if form.has("test"):
            to, base = form.email("to"), self.console.base_url
            is_kept = await attempt(*ask, send, *where, text, to, base)
            if is_kept is False:
                req.context.did = "console.texts.done.tested"
            return "tested" if is_kept else ""
        if form.has("reset"):
            return await attempt(*ask, reset, *where) or ""
        text = MailText(form.text("subject", limit=200), form.text("body", limit=20_000))
        saved = await attempt(*ask, save, *where, form.value("version"), text)
        if isinstance(saved, Clash):
            req.context.clash = saved
            form.fault("", saved.fault)
        return "saved" if saved is True else ""

    async def _show(
        self,
        req: Request,
        resp: Response,
        permission: str,
        kind: str,
        language: str,
        form: Form | None = None,
    ) -> None:
        text = MailText(form.value("subject"), form.value("body")) if form else None
        base = self.console.base_url
        seen = await self.console.read(req, permission, look, kind, language, text, base)
        clash: Clash | None = getattr(req.context, "clash", None)
        now = values_of(seen.chosen)
        if form and seen.wrong and form.has("preview"):
            refuse(form, seen.wrong)
        of = MailKind(kind)
        version = form.value("version") if form and not clash else version_of(now)
        values = {
            "kind": kind,
            "fields": fields_of(of),
            "required": KINDS[of].required,
            "seen": seen,
            "languages": sorted({*LANGUAGES, seen.chosen.language}),
            "version": version,
            "differences": list_differences(form, clash) if form and clash else [],
            "done": getattr(req.context, "did", "") or read_done(req, "console.texts.done."),
        }
        self.console.answer(req, resp, TEXT, form or fill(now), **values)


def find_texts(visit: Visit) -> list[OwnText]:
    """The organization's own texts."""
    return list_default_texts(visit.tx, visit.org_id)


def values_of(chosen: ChosenText) -> Values:
    """What the form shows."""
    return {"subject": chosen.text.subject, "body": chosen.text.body}


def look(visit: Visit, kind: str, language: str, text: MailText | None, base_url: str) -> Seen:
    """The kept text, and the mail of `text` (None = the kept one) at the newest event. Raises
    Missing."""
    of = _kind(kind)
    chosen = get_default_text(visit.tx, visit.org_id, of, language or visit.organization.locale)
    event = _find_sample(visit)
    if event is None:
        return Seen(chosen, None, None, None)
    where = (visit.tx, visit.org_id, event.id, of, base_url)
    try:
        preview = preview_mail(*where, language=chosen.language, text=text or chosen.text)
    except Invalid as failure:
        kept = preview_mail(*where, language=chosen.language, text=chosen.text)
        return Seen(chosen, event, kept, failure)
    return Seen(chosen, event, preview, None)


def save(visit: Visit, kind: str, language: str, version: str, text: MailText) -> Clash | bool:
    """Keep a text, unless somebody else did before. Raises Invalid."""
    of, language = _kind(kind), language or visit.organization.locale
    now = values_of(get_default_text(visit.tx, visit.org_id, of, language))
    if clash := find_clash(version, now, visit, visit.org_id, "organization"):
        return clash
    set_default_text(visit.tx, visit.org_id, of, language, text, actor=visit.user.actor)
    return True


def reset(visit: Visit, kind: str, language: str) -> str:
    """Use the usual text again. Raises Missing."""
    of, language = _kind(kind), language or visit.organization.locale
    reset_default_text(visit.tx, visit.org_id, of, language, actor=visit.user.actor)
    return "reset"


def send(visit: Visit, kind: str, language: str, text: MailText, to: str, base_url: str) -> bool:
    """Send a text to an address of the user's own, as at the newest event; whether it is the one
    that is kept. Raises Invalid, Conflict without an event."""
    of, event = _kind(kind), _find_sample(visit)
    if event is None:
        raise Conflict("mail.no_event")
    where = (visit.tx, visit.org_id, event.id, of, base_url, to)
    language = language or visit.organization.locale
    send_test(*where, language=language, text=text, actor=visit.user.actor)
    kept = get_default_text(visit.tx, visit.org_id, of, language)
    return not is_unsaved(fill(text._asdict()), values_of(kept))


def _find_sample(visit: Visit) -> Event | None:
    """The event at which a text is shown: the newest."""
    events = list_events(visit.tx, visit.org_id, limit=EVENTS_LIMIT)
    return max(events, key=lambda event: event.id, default=None)


def _kind(kind: str) -> MailKind:
    if kind not in set(MailKind):
        raise Missing("path.missing", path=kind[:50])
    return MailKind(kind)


def _language(req: Request) -> str:
    asked = req.get_param("language", default="")
    return asked if asked.isascii() and asked.isalpha() and len(asked) <= 3 else ""
