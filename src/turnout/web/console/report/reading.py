"""Everything that a report shows, read at once."""

from typing import NamedTuple
from zoneinfo import ZoneInfo

from turnout.core.audience.media import list_shows
from turnout.core.audience.reports import ReportFilter
from turnout.core.audience.summary import Curve, SurveyResult, list_curves, list_results
from turnout.core.audience.surveys import list_surveys
from turnout.core.audience.turnout import Turnout, count_invited, count_turnout
from turnout.core.events.model import Event, Session
from turnout.core.events.programme import get_event, list_events, list_sessions
from turnout.core.ids import EventId, OrgId, SessionId, SurveyId
from turnout.errors import Missing
from turnout.store import Tx
from turnout.web.console.page import Visit
from turnout.web.console.report.query import ReportQuery

EVENTS = 500


class Report(NamedTuple):
    """The figures of an event as they are at `now`, in the zone in which it is asked. Curves (live
    from `live_from`), results of surveys and `invited` are of everybody, whatever the filters;
    `survey_sessions` are the titles of the sessions that surveys are asked in, where it is one."""

    event: Event
    zone: ZoneInfo
    now: int
    invited: int
    turnout: Turnout
    curves: list[Curve]
    live_from: dict[SessionId, int]
    results: list[SurveyResult]
    survey_sessions: dict[SurveyId, str]
    sessions: list[Session]
    source_names: list[str]
    is_ahead: bool


class Compared(NamedTuple):
    """Another event by the same filters, those of days left out."""

    event: Event
    turnout: Turnout


class ReportView(NamedTuple):
    """The report, what it is compared with, and with what it can be."""

    report: Report
    compared: Compared | None
    others: list[Event]


def read_report(tx: Tx, org_id: OrgId, event: Event, query: ReportQuery) -> Report:
    """The report of an event."""
    zone = query.zone(event.timezone)
    wanted = query.to_filter(zone)
    turnout = count_turnout(tx, org_id, event.id, wanted, zone)
    sessions = list_sessions(tx, org_id, event.id)
    titles = {session.id: session.title for session in sessions}
    whole = turnout if not query.filters else _count(tx, org_id, event.id, zone)
    return Report(
        event,
        zone,
        tx.now,
        count_invited(tx, org_id, event.id),
        turnout,
        list_curves(tx, org_id, event.id),
        {show.session_id: show.media.live_from for show in list_shows(tx, org_id, event.id)},
        list_results(tx, org_id, event.id),
        {
            survey.id: titles[survey.session_id]
            for survey in list_surveys(tx, org_id, event.id)
            if survey.session_id in titles
        },
        sessions,
        [share.name for share in whole.sources],
        event.starts_at > tx.now and not whole.attended,
    )


def see_report(visit: Visit, query: ReportQuery) -> ReportView:
    """The report of the visit's event, beside another that the user may see, too."""
    report = read_report(visit.tx, visit.org_id, visit.at, query)
    events = list_events(visit.tx, visit.org_id, limit=EVENTS)
    others = [one for one in events if one.id != visit.at.id and _may_see(visit, one.id)]
    others.sort(key=lambda event: -event.starts_at)
    return ReportView(report, _compare(visit, query), others)


def _compare(visit: Visit, query: ReportQuery) -> Compared | None:
    number = EventId(query.compare)
    if not number or number == visit.at.id or not _may_see(visit, number):
        return None
    try:
        event = get_event(visit.tx, visit.org_id, number)
    except Missing:  # the address is older than the event's end, or was typed
        return None
    zone = query.zone(event.timezone)
    wanted = query._replace(first="", last="").to_filter(zone)
    return Compared(event, count_turnout(visit.tx, visit.org_id, number, wanted, zone))


def _may_see(visit: Visit, event_id: EventId) -> bool:
    return visit.user.may("report.see", event_id)


def _count(tx: Tx, org_id: OrgId, event_id: EventId, zone: ZoneInfo) -> Turnout:
    return count_turnout(tx, org_id, event_id, ReportFilter(), zone)
