"""`/console/{event}/report/links`: links that show a report to a colleague without an account."""

from typing import NamedTuple

from falcon.asgi import Request, Response

from turnout.core.audience.sharing import (
    PATH,
    ReportLink,
    list_report_links,
    revoke_report_link,
    share_report,
)
from turnout.core.ids import ReportLinkId
from turnout.errors import Denied, Missing
from turnout.web.console.actors import name_actors
from turnout.web.console.events.going import REFUSALS, lead_to, read_done, read_number, refuse
from turnout.web.console.forms import Form, fill
from turnout.web.console.page import ConsolePage, Visit
from turnout.web.console.report.query import ReportQuery, read_query

DAYS = (1, 7, 30, 90)


class Links(NamedTuple):
    """The event's links, what those who made them are called, and when that was."""

    links: list[ReportLink]
    names: dict[str, str]
    now: int


class ReportLinksPage(ConsolePage):
    """`/console/{event}/report/links`; its query is that of the report to share."""

    async def on_get(self, req: Request, resp: Response, scope: str) -> None:
        """The form, and the links that there are. Raises Missing."""
        query, _ = read_query(req.query_string)
        form = fill({"days": "7"})
        await self._show(req, resp, form, query, done=read_done(req, "console.report.link.done."))

    async def on_post(self, req: Request, resp: Response, scope: str) -> None:
        """Make a link, which is shown once, or end one. Raises Missing."""
        form = await self.console.take(req)
        query, faults = read_query(req.query_string)
        if form.has("revoke"):
            number = ReportLinkId(read_number(form.value("revoke")))
            await self.console.write(req, form, "report.export", _revoke, number)
            lead_to(resp, req.path, "revoked")
            return
        label = form.text("label", limit=100)
        days = form.choice("days", map(str, DAYS))
        if faults.faults:
            form.fault("", "console.report.link.faulty")
        token = ""
        if form.is_right:
            shared = (label, query._replace(compare=0), int(days or 0), form.has("names"))
            try:
                token = await self.console.write_secret(req, form, "report.export", _share, *shared)
            except REFUSALS as failure:
                refuse(form, failure)
        address = f"{self.console.base_url}{PATH}{token}" if token else ""
        await self._show(req, resp, form if not token else fill({"days": days}), query, address)

    async def _show(
        self,
        req: Request,
        resp: Response,
        form: Form,
        query: ReportQuery,
        address: str = "",
        done: str = "",
    ) -> None:
        links = await self.console.read(req, "report.export", _list)
        wanted = req.get_param("ask", default="")
        asked = [link for link in links.links if str(link.id) == wanted and link.is_good(links.now)]
        self.console.answer(
            req,
            resp,
            "console/report/links.html",
            form,
            links=links.links,
            names=links.names,
            now=links.now,
            query=query,
            address=address,
            days=DAYS,
            done=done,
            asked=asked[0] if asked else None,
        )


def _list(visit: Visit) -> Links:
    links = list_report_links(visit.tx, visit.org_id, visit.at.id)
    return Links(links, name_actors(visit), visit.tx.now)


def _share(visit: Visit, label: str, query: ReportQuery, days: int, has_names: bool) -> str:
    if has_names and not visit.may("report.names"):
        raise Denied("report_link.names")
    _, token = share_report(
        visit.tx,
        visit.org_id,
        visit.at.id,
        label,
        query.link().removeprefix("?"),
        days=days,
        has_names=has_names,
        actor=visit.user.actor,
    )
    return token


def _revoke(visit: Visit, number: ReportLinkId) -> None:
    known = {link.id for link in list_report_links(visit.tx, visit.org_id, visit.at.id)}
    if number not in known:
        raise Missing("report_link.missing")
    revoke_report_link(visit.tx, visit.org_id, visit.at.id, number, actor=visit.user.actor)
