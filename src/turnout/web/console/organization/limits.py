"""`/console/{org}/settings/limits`: what messages cost, what users may spend, and the credit."""

import re
from typing import NamedTuple

from falcon.asgi import Request, Response

from turnout.core.identity.model import OrganizationProfile
from turnout.core.identity.profiles import OrganizationChange, change_organization, get_profile
from turnout.core.identity.user_changes import MOST_LIMIT, set_monthly_limit
from turnout.core.messaging.calling import Calling, get_calling, set_calling
from turnout.core.messaging.credit import (
    MOST_MICROS,
    Credit,
    CreditEntry,
    find_credit,
    list_credit_entries,
    set_credit_alert,
)
from turnout.core.messaging.fence import Fence
from turnout.core.messaging.limits import FileRoom, UserLimit, get_file_room, list_limits
from turnout.core.messaging.prices import MICROS
from turnout.core.messaging.usage import Usage, list_usage
from turnout.core.times import local
from turnout.formats.spreadsheets import to_csv
from turnout.web.console.events.going import attempt, lead_to, read_done
from turnout.web.console.forms import Form, fill
from turnout.web.console.page import ConsolePage, Visit
from turnout.web.console.people.files import name_file

TEMPLATE = "console/organization/limits.html"
SEE, CHANGE, EXPORT = "organization.see", "organization.change", "report.export"
MONTH = re.compile(r"(?!0000)[0-9]{4}-(?:0[1-9]|1[0-2])")
USAGE_HEADINGS = (
    *("User", "Channel", "Kind", "Jobs", "Messages", "Sent", "Failed", "Parts", "Cost"),
)
ENTRIES = 20
DECIMALS = 2
CENT_MICROS = MICROS // 10**DECIMALS
MOST_APPROVAL = 10**9


class Limits(NamedTuple):
    """What the page shows; `usage` is of `month`, `credit` None = messages are paid afterwards."""

    profile: OrganizationProfile
    users: list[UserLimit]
    month: str
    usage: list[Usage]
    credit: Credit | None
    entries: list[CreditEntry]
    files: FileRoom
    calling: Calling


class LimitsPage(ConsolePage):
    """`/console/{scope}/settings/limits`."""

    async def on_get(self, req: Request, resp: Response, scope: str) -> None:
        """Prices, limits, what was spent and what is left. Raises Missing, Denied."""
        await self._show(req, resp)

    async def on_post(self, req: Request, resp: Response, scope: str) -> None:
        """Set a user's limit, the rules for jobs, who may be called, or when the credit is low."""
        form = await self.console.take(req)
        ask = (self.console, req, form, CHANGE)
        do = form.value("do")
        if do == "user":
            user, limit = form.text("user", limit=200), form.whole("limit", most=MOST_LIMIT)
            done = await attempt(*ask, set_limit, user, limit)
        elif do == "alert":
            cents = form.amount("alert", DECIMALS)
            if cents is not None and cents * CENT_MICROS >= MOST_MICROS:
                form.fault("alert", "console.fault.amount")
            done = await attempt(*ask, set_alert, cents)
        elif do == "calls":
            countries = form.text("call_countries", limit=1_000, is_required=False)
            agents = form.text("call_agents", limit=20_000, is_required=False)
            fence = self.console.sending.policy.fence
            given = countries.split(), agents.splitlines()
            done = await attempt(*ask, set_calls, *given, fence)
        else:
            above = form.whole("approval_above", most=MOST_APPROVAL)
            done = await attempt(*ask, set_rules, above or 0, form.has("requires_consent"))
        if done:
            lead_to(resp, req.path, done)
            return
        await self._show(req, resp, form)

    async def _show(self, req: Request, resp: Response, form: Form | None = None) -> None:
        permission, month = SEE if form is None else CHANGE, read_month(req)
        quota = self.console.file_quota
        limits = await self.console.read(req, permission, find_limits, quota, month)
        prices = self.console.prices.entries() if self.console.prices else []
        values = {
            "limits": limits,
            "prices": prices,
            "rate_limit": self.console.served.rate_limit,
            "call_spending": self.console.sending.policy.fence.hourly_micros,
            "micros": MICROS,
            "done": read_done(req, "console.limits.done."),
        }
        self.console.answer(req, resp, TEMPLATE, form or fill(values_of(limits)), **values)


class UsageCsv(ConsolePage):
    """`/console/{scope}/settings/usage.csv`: what each user sent in a month, and what it cost."""

    async def on_get(self, req: Request, resp: Response, scope: str) -> None:
        """The file. Raises Missing, Denied."""
        month, found = await self.console.read(req, EXPORT, find_usage, read_month(req))
        resp.content_type = "text/csv; charset=utf-8"
        resp.data = to_csv([USAGE_HEADINGS, *map(_row, found)])
        name_file(resp, f"usage-{scope}-{month}.csv")


def read_month(req: Request) -> str:
    """The month that the address asks for, such as `2027-03`; empty = this one, also for what is
    no month."""
    text = req.get_param("month", default="").strip()
    return text if MONTH.fullmatch(text) else ""


def find_usage(visit: Visit, month: str) -> tuple[str, list[Usage]]:
    """The month, and what was sent in it."""
    zone = visit.organization.timezone
    found = list_usage(visit.tx, visit.org_id, month, zone)
    return month or local(visit.tx.now, zone).strftime("%Y-%m"), found


def _row(line: Usage) -> list[object]:
    numbers = (line.jobs, line.messages, line.sent, line.failed, line.parts)
    cost = f"{line.cost_micros / MICROS:.4f}"
    return [line.user_code, line.channel.value, line.kind.value, *numbers, cost]


def find_limits(visit: Visit, default_quota: int, month: str) -> Limits:
    """What holds for the organization, and what was sent in a month (empty = this one)."""
    tx, org_id, zone = visit.tx, visit.org_id, visit.organization.timezone
    return Limits(
        get_profile(tx, org_id),
        list_limits(tx, org_id, zone),
        *find_usage(visit, month),
        find_credit(tx, org_id),
        list_credit_entries(tx, org_id, ENTRIES),
        get_file_room(tx, org_id, default_quota),
        get_calling(tx, org_id),
    )


def values_of(limits: Limits) -> dict[str, str | list[str]]:
    """What is stored, by the names of the forms' fields."""
    alert = limits.credit.alert_micros if limits.credit else None
    return {
        "approval_above": str(limits.profile.approval_above or ""),
        "requires_consent": ["1"] if limits.profile.requires_consent else [],
        "call_countries": " ".join(limits.calling.countries),
        "call_agents": "\n".join(f"+{number}" for number in limits.calling.agents),
        "alert": "" if alert is None else f"{alert / MICROS:.{DECIMALS}f}",
    }


def set_limit(visit: Visit, user_code: str, limit: int | None) -> str:
    """Let a user spend so much in a month, None = any amount. Raises Conflict, Missing."""
    by = visit.user.user_id
    set_monthly_limit(visit.tx, visit.org_id, user_code, limit, by=by, actor=visit.user.actor)
    return "user"


def set_rules(visit: Visit, above: int, requires_consent: bool) -> str:
    """Which jobs wait for a second person, and whom marketing reaches."""
    change = OrganizationChange(approval_above=above, requires_consent=requires_consent)
    change_organization(visit.tx, visit.org_id, change, actor=visit.user.actor)
    return "rules"


def set_calls(visit: Visit, countries: list[str], agents: list[str], fence: Fence) -> str:
    """Which countries may be called and faxed, and to which numbers calls may be put through.
    Raises Invalid."""
    set_calling(visit.tx, visit.org_id, countries, agents, actor=visit.user.actor, fence=fence)
    return "calls"


def set_alert(visit: Visit, cents: int | None) -> str:
    """Tell the organization when its credit is below that, None = never. Raises Missing."""
    micros = None if cents is None else cents * CENT_MICROS
    set_credit_alert(visit.tx, visit.org_id, micros, actor=visit.user.actor)
    return "alert"
