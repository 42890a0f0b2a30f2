"""`/console/{org}/settings`: what an organization shows of itself, in a form."""

from typing import NamedTuple

import msgspec
from falcon.asgi import Request, Response

from turnout.core.fields import MOST_PAYMENT_DAYS, changed_fields
from turnout.core.identity.model import Organization, OrganizationProfile
from turnout.core.identity.profiles import (
    OrganizationChange,
    change_organization,
    check_organization_texts,
    get_profile,
    lock_organization,
)
from turnout.core.questions.countries import country_names
from turnout.errors import Invalid
from turnout.formats.money import DECIMALS
from turnout.web.console.events.clashes import (
    Clash,
    Values,
    find_clash,
    list_differences,
    version_of,
)
from turnout.web.console.events.details_form import LANGUAGES
from turnout.web.console.events.going import attempt, lead_to, read_done
from turnout.web.console.events.zones import list_zones
from turnout.web.console.forms import Form, fill
from turnout.web.console.page import ConsolePage, Visit

TEMPLATE = "console/organization/profile.html"
SEE, CHANGE = "organization.see", "organization.change"
OWN = ("name", "timezone", "locale")
TEXTS = (
    *("website", "contact_email", "contact_phone", "country_code", "currency"),
    *("sender_name", "reply_address", "stop_reply", "alert_url"),
    *("privacy_url", "imprint_url", "payment_text", "call_words"),
)
DAYS = "pay_within_days"


class Stored(NamedTuple):
    """What is stored of an organization."""

    organization: Organization
    profile: OrganizationProfile


class ProfilePage(ConsolePage):
    """`/console/{scope}/settings`."""

    async def on_get(self, req: Request, resp: Response, scope: str) -> None:
        """The form, as it is stored. Raises Missing, Denied."""
        stored = await self.console.read(req, SEE, find_stored)
        self._answer(req, resp, stored, fill(values_of(stored)))

    async def on_post(self, req: Request, resp: Response, scope: str) -> None:
        """Save, or show what somebody else saved before."""
        form = await self.console.take(req)
        days = form.whole(DAYS, most=MOST_PAYMENT_DAYS) or 0
        clash = None
        stored = await self.console.read(req, CHANGE, find_stored)
        change = read_change(form, stored, days)
        saved = await attempt(
            self.console, req, form, CHANGE, save_profile, form.value("version"), change
        )
        if isinstance(saved, Clash):
            clash = saved
            form.fault("", saved.fault)
        elif saved:
            lead_to(resp, req.path, "saved")
            return
        self._answer(req, resp, stored, form, clash)

    def _answer(
        self, req: Request, resp: Response, stored: Stored, form: Form, clash: Clash | None = None
    ) -> None:
        now = clash.now if clash else values_of(stored)
        is_first = not form.has("version")
        spoken = stored.organization.locale
        values = {
            "version": version_of(now) if clash or is_first else form.value("version"),
            "differences": list_differences(form, clash) if clash else [],
            "zones": sorted({*list_zones(), stored.organization.timezone}),
            "languages": [*LANGUAGES, *([] if spoken in LANGUAGES else [spoken])],
            "countries": country_names(),
            "currencies": sorted(DECIMALS),
            "done": read_done(req, "console.settings.done."),
        }
        self.console.answer(req, resp, TEMPLATE, form, **values)


def find_stored(visit: Visit) -> Stored:
    """What is stored of the organization."""
    return Stored(visit.organization, get_profile(visit.tx, visit.org_id))


def values_of(stored: Stored) -> Values:
    """What is stored, by the names of the form's fields."""
    own = {name: getattr(stored.organization, name) for name in OWN}
    texts = {name: getattr(stored.profile, name) for name in TEXTS}
    return {**own, **texts, DAYS: str(stored.profile.pay_within_days or "")}


def read_change(form: Form, stored: Stored, days: int) -> OrganizationChange:
    """What was typed and differs from what is stored; leaves a fault beside each field that cannot
    be."""
    now = values_of(stored)
    typed = {name: form.value(name).replace("\r\n", "\n") for name in (*OWN, *TEXTS)}
    given: dict[str, str | int] = {n: text for n, text in typed.items() if text != now[n]}
    check_fields(form, given)
    if days != stored.profile.pay_within_days:
        given[DAYS] = days
    return msgspec.convert(given, OrganizationChange)


def check_fields(form: Form, given: dict[str, str | int]) -> None:
    """Say beside each field why its value cannot be."""
    for name, value in given.items():
        try:
            check_organization_texts(msgspec.convert({name: value}, OrganizationChange))
        except Invalid as refusal:
            if refusal.code == "text.missing":
                form.fault(name, "console.fault.empty")
            form.refuse(refusal, name)


def save_profile(visit: Visit, version: str, change: OrganizationChange) -> Clash | bool:
    """Save what was changed, unless somebody else saved before. Raises Invalid."""
    lock_organization(visit.tx, visit.org_id)
    if clash := find_clash(
        version, values_of(find_stored(visit)), visit, visit.org_id, "organization"
    ):
        return clash
    if changed_fields(change):
        change_organization(visit.tx, visit.org_id, change, actor=visit.user.actor)
    return True
