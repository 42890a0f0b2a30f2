"""`/console/{event}/page` and `/preview`: colour, picture, logo, and the page as people see it."""

from asyncio import to_thread
from http import HTTPStatus
from typing import NamedTuple

from falcon.asgi import Request, Response

from turnout.core.events.describing import EventChange, change_event
from turnout.core.events.page_names import find_event_name, set_event_name
from turnout.core.events.showing import EventView, get_shown_event
from turnout.core.identity.model import OrganizationProfile
from turnout.core.identity.profiles import OrganizationChange, change_organization, get_profile
from turnout.core.identity.short_names import page_path, picture_path
from turnout.core.messaging.pictures import keep_picture
from turnout.errors import Invalid
from turnout.formats.contrast import Reading, judge_colour
from turnout.formats.pictures import LARGEST_BYTES, Picture, remake
from turnout.web.console.events.going import attempt, lead_to, read_done, refuse
from turnout.web.console.forms import Form, fill
from turnout.web.console.page import ConsolePage, Visit
from turnout.web.console.words import say
from turnout.web.documents import NO_STORE
from turnout.web.embedding import make_lines
from turnout.web.event_page import FoundEvent, gather, make_page

TEMPLATE = "console/events/look.html"
OTHER_FIELDS = 100_000


class Look(NamedTuple):
    """How the event's page looks; pictures by their addresses, empty = there is none. `name` is the
    event's in the address of its page, `path` that address; `after` are the digests and addresses
    of pictures that are shown once the event is over."""

    shown: EventView
    profile: OrganizationProfile
    cover: str
    logo: str
    name: str
    path: str
    after: list[tuple[str, str]]


class LookPage(ConsolePage):
    """`/console/{event}/page`."""

    async def on_get(self, req: Request, resp: Response, scope: str) -> None:
        """The look. Raises Missing, Denied."""
        look = await self.console.read(req, "event.change", find_look)
        self._answer(req, resp, look, fill(_values(look)))

    async def on_post(self, req: Request, resp: Response, scope: str) -> None:
        """Set the colour, or a picture, or take one away."""
        form, files = await self.console.take_files(req, LARGEST_BYTES + OTHER_FIELDS)
        if done := await self._act(req, form, files.get("picture")):
            lead_to(resp, f"/console/{scope}/page", done)
            return
        look = await self.console.read(req, "event.change", find_look)
        self._answer(req, resp, look, form)

    async def _act(self, req: Request, form: Form, file: bytes | None) -> str | None:
        ask = (self.console, req, form, "event.change")
        if form.has("set_colour"):
            return await attempt(*ask, set_colour, form.value("colour"))
        if form.has("set_name"):
            return await attempt(*ask, set_name, form.value("name").lower())
        if form.has("forget"):
            return await attempt(*ask, forget_picture, form.value("forget"))
        what = form.value("what") if form.value("what") in ("logo", "after") else "cover"
        if form.has("remove"):
            return await attempt(*ask, set_picture, what, None, self.console.file_quota)
        picture = await remake_picture(form, file)
        return await attempt(*ask, set_picture, what, picture, self.console.file_quota)

    def _answer(self, req: Request, resp: Response, look: Look, form: Form) -> None:
        colour = look.shown.details.colour or look.profile.colour
        reading: Reading | None = judge_colour(colour) if colour else None
        form = form.changed({k: v for k, v in _values(look).items() if not form.has(k)})
        address = f"{self.console.base_url}{look.path}"
        values = {"colour": colour, "reading": reading, "address": address}
        done = read_done(req, "console.look.done.")
        lines = make_lines(self.console.base_url, look.path, look.shown.event.title)
        self.console.answer(req, resp, TEMPLATE, form, done=done, look=look, lines=lines, **values)


class PreviewPage(ConsolePage):
    """`/console/{event}/preview`: the public page, before it is one."""

    async def on_get(self, req: Request, resp: Response, scope: str) -> None:
        """The page as people would see it. Raises Missing."""
        found, now = await self.console.read(req, "event.see", find_page)
        resp.content_type = "text/html; charset=utf-8"
        resp.set_header("Cache-Control", NO_STORE)
        resp.status = HTTPStatus.OK
        resp.text = make_page(found, now, preview=say("console.look.strip"))


def find_look(visit: Visit) -> Look:
    """How the event looks now."""
    shown = get_shown_event(visit.tx, visit.org_id, visit.at.id)
    profile = get_profile(visit.tx, visit.org_id)
    pictures = [
        picture_path(visit.org_id, digest, 800) if digest else ""
        for digest in (shown.cover, profile.logo)
    ]
    cover, logo = pictures
    name = find_event_name(visit.tx, visit.org_id, visit.at.id)
    pages = page_path(visit.organization.slug)
    after = [(one, picture_path(visit.org_id, one, 800)) for one in shown.details.pictures]
    return Look(shown, profile, cover, logo, name, f"{pages}/{name or visit.at.id}", after)


def _values(look: Look) -> dict[str, str]:
    """What is stored, by the names of the forms' fields."""
    return {"colour": look.shown.details.colour, "name": look.name}


def find_page(visit: Visit) -> tuple[FoundEvent, int]:
    """What the event's page shows, and when."""
    shown = get_shown_event(visit.tx, visit.org_id, visit.at.id)
    return gather(visit.tx, visit.organization, shown), visit.tx.now


def set_colour(visit: Visit, colour: str) -> str:
    """Set the event's colour, empty = the organization's. Raises Invalid."""
    change = EventChange(colour=colour)
    change_event(visit.tx, visit.org_id, visit.at.id, change, actor=visit.user.actor)
    return "colour"


def set_name(visit: Visit, name: str) -> str:
    """Set the event's name in the address of its page, empty = none. Raises Invalid, Conflict."""
    set_event_name(visit.tx, visit.org_id, visit.at.id, name, actor=visit.user.actor)
    return "name"


def set_picture(visit: Visit, what: str, picture: Picture | None, quota: int) -> str:
    """Set the event's cover or the organization's logo; None = none any more. Raises Conflict for
    more files than the organization may keep, Denied for a logo that the user may not change."""
    tx, org_id, by = visit.tx, visit.org_id, visit.user.actor
    if what == "logo":
        visit.user.access.require("organization.change")
    digest = ""
    if picture is not None:
        digest = keep_picture(tx, org_id, picture, default_quota=quota, actor=by)
    if what == "logo":
        change_organization(tx, org_id, OrganizationChange(logo=digest), actor=by)
    elif what == "after":
        shown = get_shown_event(tx, org_id, visit.at.id).details.pictures
        _show_pictures(visit, tuple(dict.fromkeys((*shown, *filter(None, [digest])))))
    else:
        change_event(tx, org_id, visit.at.id, EventChange(cover=digest), actor=by)
    return f"{what}_set" if picture else f"{what}_gone"


def forget_picture(visit: Visit, digest: str) -> str:
    """Take one of the pictures away that are shown afterwards."""
    shown = get_shown_event(visit.tx, visit.org_id, visit.at.id).details.pictures
    _show_pictures(visit, tuple(one for one in shown if one != digest))
    return "after_gone"


def _show_pictures(visit: Visit, pictures: tuple[str, ...]) -> None:
    change = EventChange(pictures=pictures)
    change_event(visit.tx, visit.org_id, visit.at.id, change, actor=visit.user.actor)


async def remake_picture(form: Form, file: bytes | None) -> Picture | None:
    """The picture that was sent, made again in a process of its own."""
    if not file:
        form.fault("picture", "console.look.no_file")
        return None
    try:
        return await to_thread(remake, file)
    except Invalid as failure:
        refuse(form, failure)
        if "picture" not in form.faults:
            form.refuse(failure, "picture")
        form.faults.pop("", None)
        return None
