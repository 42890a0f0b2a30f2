"""`/console/{org}/settings/look`: logo and colour of an organization, and who may show its
events."""

from typing import NamedTuple

from falcon.asgi import Request, Response

from turnout.core.identity.profiles import OrganizationChange, change_organization, get_profile
from turnout.core.identity.short_names import picture_path
from turnout.core.messaging.pictures import keep_picture
from turnout.formats.contrast import judge_colour
from turnout.formats.pictures import LARGEST_BYTES, Picture
from turnout.web.console.events.going import attempt, lead_to, read_done
from turnout.web.console.events.look import OTHER_FIELDS, remake_picture
from turnout.web.console.forms import Form, fill
from turnout.web.console.page import ConsolePage, Visit

TEMPLATE = "console/organization/look.html"
SEE, CHANGE = "organization.see", "organization.change"
WIDTH = 800


class Brand(NamedTuple):
    """The colour, and the logo by its address; empty = there is none. `sites` are the origins that
    may show its events in a frame."""

    colour: str
    logo: str
    sites: tuple[str, ...]


class BrandPage(ConsolePage):
    """`/console/{scope}/settings/look`."""

    async def on_get(self, req: Request, resp: Response, scope: str) -> None:
        """Both. Raises Missing, Denied."""
        brand = await self.console.read(req, SEE, find_brand)
        self._answer(req, resp, brand, fill(_values(brand)))

    async def on_post(self, req: Request, resp: Response, scope: str) -> None:
        """Set the colour, the logo or the sites, or take the logo away."""
        form, files = await self.console.take_files(req, LARGEST_BYTES + OTHER_FIELDS)
        if done := await self._act(req, form, files.get("picture")):
            lead_to(resp, req.path, done)
            return
        brand = await self.console.read(req, CHANGE, find_brand)
        kept = {name: text for name, text in _values(brand).items() if not form.has(name)}
        self._answer(req, resp, brand, form.changed(kept))

    async def _act(self, req: Request, form: Form, file: bytes | None) -> str | None:
        ask = (self.console, req, form, CHANGE)
        if form.has("set_colour"):
            return await attempt(*ask, set_colour, form.value("colour"))
        if form.has("set_sites"):
            return await attempt(*ask, set_sites, tuple(form.value("embedded_on").split()))
        if form.has("remove"):
            return await attempt(*ask, set_logo, None, self.console.file_quota)
        picture = await remake_picture(form, file)
        return await attempt(*ask, set_logo, picture, self.console.file_quota)

    def _answer(self, req: Request, resp: Response, brand: Brand, form: Form) -> None:
        reading = judge_colour(brand.colour) if brand.colour else None
        done = read_done(req, "console.look.done.")
        self.console.answer(req, resp, TEMPLATE, form, brand=brand, reading=reading, done=done)


def find_brand(visit: Visit) -> Brand:
    """How the organization's pages look."""
    profile = get_profile(visit.tx, visit.org_id)
    logo = picture_path(visit.org_id, profile.logo, WIDTH) if profile.logo else ""
    return Brand(profile.colour, logo, profile.embedded_on)


def set_colour(visit: Visit, colour: str) -> str:
    """Set the colour, empty = the product's. Raises Invalid."""
    change = OrganizationChange(colour=colour)
    change_organization(visit.tx, visit.org_id, change, actor=visit.user.actor)
    return "colour"


def set_sites(visit: Visit, sites: tuple[str, ...]) -> str:
    """Set the sites that may show events in a frame. Raises Invalid."""
    change = OrganizationChange(embedded_on=sites)
    change_organization(visit.tx, visit.org_id, change, actor=visit.user.actor)
    return "sites"


def set_logo(visit: Visit, picture: Picture | None, quota: int) -> str:
    """Set the logo; None = none any more. Raises Conflict for more files than may be kept."""
    tx, org_id, by = visit.tx, visit.org_id, visit.user.actor
    digest = ""
    if picture is not None:
        digest = keep_picture(tx, org_id, picture, default_quota=quota, actor=by)
    change_organization(tx, org_id, OrganizationChange(logo=digest), actor=by)
    return "logo_set" if picture else "logo_gone"


def _values(brand: Brand) -> dict[str, str]:
    """What is stored, by the names of the forms' fields."""
    return {"colour": brand.colour, "embedded_on": "\n".join(brand.sites)}
