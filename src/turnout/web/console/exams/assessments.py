"""`/console/{org}/exams/forms`: the assessment forms that candidates sit."""

from falcon.asgi import Request, Response

from turnout.core.exams.lists import NewForm, add_form, get_form, list_forms
from turnout.core.exams.model import Form
from turnout.core.ids import FormId
from turnout.core.text import fold
from turnout.errors import Conflict
from turnout.web.console.events.going import attempt_once, lead_to, read_done, read_number
from turnout.web.console.forms import Form as Filled
from turnout.web.console.forms import fill
from turnout.web.console.page import ConsolePage, Visit

NEW = "new"
TEMPLATE = "console/exams/form.html"


class FormsPage(ConsolePage):
    """`/console/{scope}/exams/forms`."""

    async def on_get(self, req: Request, resp: Response, scope: str) -> None:
        """The forms by code and version. Raises Denied."""
        forms = await self.console.read(req, "exams.see", list_all)
        done = read_done(req, "console.exams.done.")
        self.console.show(req, resp, "console/exams/forms.html", forms=forms, done=done)


class FormPage(ConsolePage):
    """`/console/{scope}/exams/forms/{form}`; `new` = one more."""

    async def on_get(self, req: Request, resp: Response, scope: str, form: str) -> None:
        """The form's form. Raises Missing, Denied."""
        found = await self.console.read(req, "exams.change", find_form, form)
        self.console.show(req, resp, TEMPLATE, form=fill(_values(found)), found=found)

    async def on_post(self, req: Request, resp: Response, scope: str, form: str) -> None:
        """Save it."""
        typed = await self.console.take(req)
        new = read_form(typed)
        if await attempt_once(self.console, req, typed, "exams.change", save, form, new):
            lead_to(resp, f"/console/{scope}/exams/forms", "form_saved")
            return
        found = await self.console.read(req, "exams.change", find_form, form)
        self.console.refuse(req, resp, TEMPLATE, typed, found=found)


def list_all(visit: Visit) -> list[Form]:
    """All forms. Raises Denied for somebody who sees some events only."""
    visit.user.access.require("exams.see")
    return list_forms(visit.tx, visit.org_id)


def find_form(visit: Visit, form: str) -> Form | None:
    """The form of that number, None for a new one. Raises Missing."""
    visit.user.access.require("exams.change")
    if form == NEW:
        return None
    return get_form(visit.tx, visit.org_id, FormId(read_number(form)))


def read_form(form: Filled) -> NewForm:
    """What was typed; a known form keeps its code and version (`save`)."""
    return NewForm(
        code=form.text("code", limit=50, is_required=form.has("code")),
        version=form.whole("version", least=1, most=100_000) or 1,
        name=form.text("name", limit=200),
        title=form.text("title", limit=200, is_required=False),
        language=form.text("language", limit=20, is_required=False) or "en",
        is_bilingual=form.has("is_bilingual"),
        is_published=form.has("is_published"),
        time_limit=form.whole("time_limit", least=1, most=1440) or 0,
    )


def save(visit: Visit, form: str, new: NewForm) -> FormId:
    """Make a version of a form, or change one. Raises Invalid, Conflict for one that is there."""
    tx, org_id, by = visit.tx, visit.org_id, visit.user.actor
    known = find_form(visit, form)
    if known is not None:
        new = new._replace(code=known.code, version=known.version, uuid=known.uuid)
    elif any(
        (fold(one.code), one.version) == (fold(new.code), new.version)
        for one in list_forms(tx, org_id)
    ):
        raise Conflict("form.exists", code=new.code, version=new.version)
    return add_form(tx, org_id, new, actor=by)


def _values(found: Form | None) -> dict[str, str]:
    if found is None:
        return {"version": "1", "language": "en", "is_published": "1"}
    return {
        "name": found.name,
        "title": found.title,
        "language": found.language,
        "is_bilingual": "1" if found.is_bilingual else "",
        "is_published": "1" if found.is_published else "",
        "time_limit": str(found.time_limit),
    }
