"""Templates: texts that an organization keeps by name, to begin messages with."""

from falcon.asgi import Request, Response

from turnout.core.ids import TemplateId
from turnout.core.messaging.lengths import MAIL_LENGTH, MESSAGE_LENGTH, SUBJECT_LENGTH
from turnout.core.messaging.model import Channel, Purpose
from turnout.core.messaging.templates import (
    LONGEST_MAIL,
    LONGEST_NAME,
    WITH_SUBJECT,
    WRITTEN,
    MessageTemplate,
    NewTemplate,
    change_template,
    copy_template,
    create_template,
    delete_template,
    get_template,
    list_templates,
)
from turnout.web.console.events.clashes import (
    Clash,
    Values,
    find_clash,
    list_differences,
    version_of,
)
from turnout.web.console.events.going import attempt, attempt_once, lead_to, read_done
from turnout.web.console.forms import Form, fill
from turnout.web.console.messages.own import require_organization
from turnout.web.console.messages.query import job_number, read_one
from turnout.web.console.page import ConsolePage, Visit
from turnout.web.console.words import say

SEE, SEND = "messages.see", "messages.send"
NEW = "new"
LIST, ONE = "console/messages/templates.html", "console/messages/template.html"
DONE = "console.templates.done."


class TemplatesPage(ConsolePage):
    """`/console/{org}/messages/templates`."""

    async def on_get(self, req: Request, resp: Response, scope: str) -> None:
        """The templates by name. Raises Unauthenticated, Denied, Missing."""
        rows = await self.console.read(req, SEE, find_all)
        values = {"rows": rows, "base": f"/console/{scope}/messages", "done": read_done(req, DONE)}
        self.console.show(req, resp, LIST, **values)


class TemplatePage(ConsolePage):
    """`/console/{org}/messages/templates/{template}`; `new` = one more, for `?channel=`."""

    async def on_get(self, req: Request, resp: Response, scope: str, template: str) -> None:
        """What it says. Raises Unauthenticated, Denied, Missing."""
        known = await self.console.read(req, SEND, find_one, template)
        channel = known.channel if known else _asked(req)
        values = _values(known)
        form = fill({**values, "channel": channel.value, "copy_name": _copy_name(known)})
        self._show(req, resp, scope, known, form, version_of(values))

    async def on_post(self, req: Request, resp: Response, scope: str, template: str) -> None:
        """Save, copy or delete it. Raises Denied, Missing."""
        form = await self.console.take(req, 2 * MAIL_LENGTH)
        here, clash = f"/console/{scope}/messages/templates", None
        if form.has("delete"):
            if await attempt(self.console, req, form, SEND, remove, template):
                lead_to(resp, here, "deleted")
                return
        elif form.has("copy"):
            name = form.text("copy_name", limit=LONGEST_NAME)
            if copied := await attempt_once(self.console, req, form, SEND, copy, template, name):
                lead_to(resp, f"{here}/{copied}", "copied")
                return
        else:
            new = read_template(form)
            saved = await attempt_once(
                self.console, req, form, SEND, save, template, form.value("version"), new
            )
            if isinstance(saved, Clash):
                clash = saved
                form.fault("", saved.fault)
            elif saved:
                lead_to(resp, here, "saved")
                return
        known = await self.console.read(req, SEND, find_one, template)
        version = version_of(clash.now) if clash else form.value("version")
        if known and not form.has("text"):
            form = _with(form, fill(_values(known)))
        self._show(req, resp, scope, known, form, version, clash)

    def _show(
        self,
        req: Request,
        resp: Response,
        scope: str,
        known: MessageTemplate | None,
        form: Form,
        version: str,
        clash: Clash | None = None,
    ) -> None:
        typed = form.value("channel")
        channel = known.channel if known else Channel(typed if typed in WRITTEN else Channel.EMAIL)
        values = {
            "known": known,
            "channel": channel,
            "channels": WRITTEN,
            "has_subject": channel in WITH_SUBJECT,
            "purposes": Purpose,
            "version": version,
            "differences": list_differences(form, clash) if clash else [],
            "asks": req.get_param("delete", default="") != "",
            "base": f"/console/{scope}/messages",
            "done": read_done(req, DONE),
        }
        self.console.answer(req, resp, ONE, form, **values)


def find_all(visit: Visit) -> list[MessageTemplate]:
    """The organization's templates. Raises Missing at an event."""
    require_organization(visit)
    return list_templates(visit.tx, visit.org_id)


def find_one(visit: Visit, template: str) -> MessageTemplate | None:
    """The template of that number, None = a new one. Raises Missing."""
    require_organization(visit)
    if template == NEW:
        return None
    return get_template(visit.tx, visit.org_id, TemplateId(job_number(template)))


def read_template(form: Form) -> NewTemplate:
    """What was typed."""
    channel = Channel(form.choice("channel", [one.value for one in WRITTEN]) or Channel.EMAIL)
    is_mail = channel is Channel.EMAIL
    html = form.text("html", limit=LONGEST_MAIL, is_required=False) if is_mail else ""
    return NewTemplate(
        form.text("name", limit=LONGEST_NAME),
        channel,
        Purpose(form.choice("purpose", list(Purpose)) or Purpose.SERVICE),
        form.text("subject", limit=SUBJECT_LENGTH, is_required=False),
        form.text("text", limit=LONGEST_MAIL if is_mail else MESSAGE_LENGTH, is_required=not html),
        html,
    )


def save(visit: Visit, template: str, version: str, new: NewTemplate) -> Clash | TemplateId:
    """Keep a template, unless somebody else changed it before. Raises Invalid, Conflict."""
    known, by = find_one(visit, template), visit.user.actor
    if known is None:
        return create_template(visit.tx, visit.org_id, new, actor=by)
    if clash := find_clash(version, _values(known), visit, known.id, "template"):
        return clash
    return change_template(visit.tx, visit.org_id, known.id, new, actor=by).id


def copy(visit: Visit, template: str, name: str) -> TemplateId:
    """Keep the same texts under another name. Raises Missing, Invalid, Conflict."""
    require_organization(visit)
    number = TemplateId(job_number(template))
    return copy_template(visit.tx, visit.org_id, number, name, actor=visit.user.actor)


def remove(visit: Visit, template: str) -> bool:
    """Delete it. Raises Missing."""
    require_organization(visit)
    number = TemplateId(job_number(template))
    delete_template(visit.tx, visit.org_id, number, actor=visit.user.actor)
    return True


def fields_of(template: MessageTemplate) -> dict[str, str]:
    """What a message takes over, by the fields of its form."""
    said = {"subject": template.subject, "text": template.text, "html": template.html}
    kept = {name: text for name, text in said.items() if text or name == "text"}
    return kept | {"channel": template.channel.value, "purpose": template.purpose.value}


def _asked(req: Request) -> Channel:
    found = read_one(req, "channel", WRITTEN)
    return Channel(found) if found else Channel.EMAIL


def _values(known: MessageTemplate | None) -> Values:
    if known is None:
        return {"name": "", "purpose": Purpose.SERVICE.value, "subject": "", "text": "", "html": ""}
    return {
        "name": known.name,
        "purpose": known.purpose.value,
        "subject": known.subject,
        "text": known.text,
        "html": known.html,
    }


def _copy_name(known: MessageTemplate | None) -> str:
    return (
        say("console.templates.copy_of", name=known.name).unescape()[:LONGEST_NAME] if known else ""
    )


def _with(form: Form, stored: Form) -> Form:
    """The stored texts beside what another part of the page had typed."""
    kept = stored.changed({name: form.value(name) for name in form.names})
    kept.faults = form.faults
    return kept
