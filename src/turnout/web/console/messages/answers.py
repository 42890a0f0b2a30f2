"""Canned answers: short texts to answer replies with."""

from falcon.asgi import Request, Response

from turnout.core.ids import CannedAnswerId
from turnout.core.messaging.canned_answers import (
    FIELDS,
    LONGEST_NAME,
    LONGEST_TEXT,
    CannedAnswer,
    change_canned,
    create_canned,
    delete_canned,
    list_canned,
)
from turnout.web.console.events.going import attempt, attempt_once, lead_to, read_done
from turnout.web.console.forms import Form, fill
from turnout.web.console.messages.own import require_organization
from turnout.web.console.page import ConsolePage, Visit

SEE, SEND = "messages.see", "messages.send"
TEMPLATE = "console/messages/answers.html"


class AnswersPage(ConsolePage):
    """`/console/{org}/messages/answers`; `?edit=` opens one."""

    async def on_get(self, req: Request, resp: Response, scope: str) -> None:
        """The answers by name. Raises Unauthenticated, Denied, Missing."""
        await self._show(req, resp, scope, None)

    async def on_post(self, req: Request, resp: Response, scope: str) -> None:
        """Keep one, change it, or forget it. Raises Denied, Missing."""
        form, here = await self.console.take(req), f"/console/{scope}/messages/answers"
        number = CannedAnswerId(form.whole("number") or 0)
        if form.has("delete"):
            if await attempt(self.console, req, form, SEND, remove, number):
                lead_to(resp, here, "deleted")
                return
        else:
            said = (form.text("name", limit=LONGEST_NAME), form.text("text", limit=LONGEST_TEXT))
            if await attempt_once(self.console, req, form, SEND, keep, number, *said):
                lead_to(resp, here, "saved")
                return
        await self._show(req, resp, scope, form)

    async def _show(self, req: Request, resp: Response, scope: str, form: Form | None) -> None:
        rows = await self.console.read(req, SEE, find_all)
        asked = form.value("number") if form else req.get_param("edit", default="")
        opened = next((row for row in rows if str(row.id) == asked), None)
        stored = {"name": opened.name, "text": opened.text} if opened else {}
        values = {
            "rows": rows,
            "opened": opened,
            "fields": [f"%%{name}%%" for name in FIELDS],
            "longest": LONGEST_TEXT,
            "base": f"/console/{scope}/messages",
            "done": read_done(req, "console.answers.done."),
        }
        self.console.answer(req, resp, TEMPLATE, form or fill(stored), **values)


def find_all(visit: Visit) -> list[CannedAnswer]:
    """The organization's canned answers. Raises Missing at an event."""
    require_organization(visit)
    return list_canned(visit.tx, visit.org_id)


def keep(visit: Visit, number: CannedAnswerId, name: str, text: str) -> CannedAnswerId:
    """Keep an answer; `number` 0 = a new one. Raises Missing, Invalid, Conflict."""
    require_organization(visit)
    tx, org_id, by = visit.tx, visit.org_id, visit.user.actor
    if not number:
        return create_canned(tx, org_id, name, text, actor=by)
    change_canned(tx, org_id, number, name, text, actor=by)
    return number


def remove(visit: Visit, number: CannedAnswerId) -> bool:
    """Forget one. Raises Missing."""
    require_organization(visit)
    delete_canned(visit.tx, visit.org_id, number, actor=visit.user.actor)
    return True
