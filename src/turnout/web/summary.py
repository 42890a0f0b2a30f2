"""An event in figures, as a page: charts, and a table behind each."""

from typing import NamedTuple

import falcon
from falcon.asgi import Request, Response
from markupsafe import Markup

from turnout.core.audience.permissions import ReportedEvent, require_event
from turnout.core.audience.summary import Curve, Summary, summarize
from turnout.core.identity.members import require_member
from turnout.core.identity.model import Principal
from turnout.core.identity.organizations import get_organization_of
from turnout.core.ids import EventId
from turnout.errors import Denied, Missing, Unauthenticated
from turnout.http.dialect import Resource
from turnout.store import Tx
from turnout.web.charts import bar_chart, line_chart
from turnout.web.documents import NO_STORE
from turnout.web.sessions import PageSessions
from turnout.web.templates import render

MODES = (("live", "Live"), ("simlive", "As if live"), ("od", "On demand"), ("all", "Any of them"))


class Figure(NamedTuple):
    """A chart, and the table behind it."""

    title: str
    chart: Markup
    headings: tuple[str, ...]
    rows: list[tuple[object, ...]]


class SummaryResource(Resource):
    """`/summary/{event number}`: for reporting users, who sign in as for the outbox."""

    def __init__(self, sessions: PageSessions) -> None:
        self._sessions = sessions

    async def on_get(self, req: Request, resp: Response, number: str) -> None:
        """The figures as they are now. Raises Unauthenticated, Denied, Missing, Limited."""
        if not (number.isascii() and number.isdigit() and len(number) < 16):
            raise Missing("event.missing", event_id=number)
        event, summary = await self._sessions.read(req, _summarize, EventId(int(number)))
        resp.content_type = falcon.MEDIA_HTML
        resp.set_header("Cache-Control", NO_STORE)
        resp.text = render(
            "summary.html",
            account=getattr(req.context, "account", None),
            event=event,
            summary=summary,
            figures=_figures(summary),
        )


def _summarize(tx: Tx, principal: Principal, event_id: EventId) -> tuple[ReportedEvent, Summary]:
    event = _require_event(tx, principal, event_id)
    return event, summarize(tx, principal.org_id, event_id)


def _require_event(tx: Tx, principal: Principal, event_id: EventId) -> ReportedEvent:
    """`require_event`, which tells people on pages who they are and who can let them in."""
    member = require_member(tx, principal)
    try:
        return require_event(tx, principal, event_id)
    except (Denied, Unauthenticated) as error:
        slug = get_organization_of(tx, principal.org_id).slug
        code = member.user.user_code
        raise Denied("reporting.page", code=code, event_id=event_id, slug=slug) from error


def _figures(summary: Summary) -> list[Figure]:
    return [
        _attendance(summary),
        _seconds(summary),
        *(_retention(curve) for curve in summary.retention),
        *_surveys(summary),
        *_groups(summary),
    ]


def _attendance(summary: Summary) -> Figure:
    rows = [
        ("Invited", summary.invited),
        ("Registered", summary.registered),
        ("Checked in", summary.checked_in),
        *((f"Watched: {name}", summary.watched[mode].viewers) for mode, name in MODES),
        ("Watched nothing", summary.no_shows),
        ("Questions", summary.questions),
    ]
    return Figure("Who came", bar_chart(rows), ("What", "How many"), list(rows))


def _seconds(summary: Summary) -> Figure:
    rows = [(name, summary.watched[mode]) for mode, name in MODES]
    chart = bar_chart([(name, round(row.median_seconds)) for name, row in rows])
    table: list[tuple[object, ...]] = [
        (name, row.viewers, row.seconds, row.average_seconds, row.median_seconds)
        for name, row in rows
    ]
    headings = ("Watched", "Viewers", "Seconds in all", "Average seconds", "Median seconds")
    return Figure("For how long (median, in seconds)", chart, headings, table)


def _retention(curve: Curve) -> Figure:
    minutes = curve.step_seconds / 60
    rows: list[tuple[object, ...]] = [
        (round(number * minutes), viewers) for number, viewers in enumerate(curve.viewers)
    ]
    title = f"{curve.title}: viewers by minute, while it was live"
    return Figure(title, line_chart(curve.viewers, minutes), ("Minute", "Viewers"), rows)


def _surveys(summary: Summary) -> list[Figure]:
    figures = []
    for survey in summary.surveys:
        for item in survey.items:
            rows = list(item.choices.items()) or [("Answers in words", item.answered)]
            title = f"{survey.title}: {item.question}"
            figures.append(Figure(title, bar_chart(rows), ("Answer", "How often"), list(rows)))
    return figures


def _groups(summary: Summary) -> list[Figure]:
    headings = ("Registered", "Live", "As if live", "On demand")
    figures = []
    for title, name, groups in (
        ("Where they came from", "Campaign source", summary.sources),
        ("Their e-mail domains", "Domain", summary.domains),
    ):
        rows: list[tuple[object, ...]] = [
            (group.name or "not known", group.registered, group.live, group.simlive, group.od)
            for group in groups
        ]
        chart = bar_chart([(group.name or "not known", group.registered) for group in groups])
        figures.append(Figure(title, chart, (name, *headings), rows))
    return figures
