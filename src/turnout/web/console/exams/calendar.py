"""`/console/{scope}/exams`: the organization's exams by month, week, day or as a list; at an event
that is an exam, that exam. The same list as CSV and XLSX."""

from typing import ClassVar, NamedTuple

from falcon.asgi import Request, Response
from markupsafe import Markup

from turnout.core.exams.calendars import (
    LIMIT,
    PlannedExam,
    PlannedFilter,
    RoomClash,
    find_clashes,
    list_planned,
)
from turnout.core.exams.planning import is_exam
from turnout.core.exams.rooms import UsedVenue, list_used_venues
from turnout.core.times import local
from turnout.formats.spreadsheets import to_csv
from turnout.formats.workbook import write_workbook
from turnout.web.console.events.going import attempt, lead_to, read_done
from turnout.web.console.exams.days import (
    DAY,
    LIST,
    MONTH,
    PAGE,
    TODAY,
    CalendarQuery,
    by_day,
    parse_calendar,
    weeks_of,
)
from turnout.web.console.exams.drawing import Track, draw_day, list_tracks
from turnout.web.console.exams.one import Opened, act, open_exam
from turnout.web.console.page import ConsolePage, Visit
from turnout.web.console.words import say
from turnout.web.documents import NO_STORE

COLUMNS = (
    *("Number", "Event", "Title", "State", "Starts", "Ends", "Time zone", "Venue", "Room"),
    *("Candidates", "Places"),
)


class Calendar(NamedTuple):
    """What the calendar shows. `is_open`: whether the visitor may see all exams; `following` is the
    place of the list's next page, empty = none."""

    query: CalendarQuery
    exams: list[PlannedExam]
    clashes: list[RoomClash]
    venues: list[UsedVenue]
    following: str
    is_open: bool
    is_cut: bool


class ExamsPage(ConsolePage):
    """`/console/{scope}/exams`."""

    async def on_get(self, req: Request, resp: Response, scope: str) -> None:
        """The calendar, or the exam of the event. Raises Missing, Denied."""
        found = await self.console.read(req, "exams.see", find_exams, parse_calendar(req))
        done = read_done(req, "console.exams.done.")
        if isinstance(found, Opened):
            self.console.show(req, resp, "console/exams/exam.html", opened=found, done=done)
            return
        query = found.query
        days = by_day(query, found.exams)
        tracks = list_tracks(days.get(query.day, ())) if query.view == DAY else []
        self.console.show(
            req,
            resp,
            "console/exams/calendar.html",
            found=found,
            query=query,
            days=days,
            weeks=weeks_of(query, days) if query.view == MONTH else [],
            tracks=tracks,
            drawn=_draw(tracks) if tracks else "",
            done=done,
        )

    async def on_post(self, req: Request, resp: Response, scope: str) -> None:
        """Publish or close the exam of the event, give it a room, seat the rest. Raises Missing,
        Denied."""
        form = await self.console.take(req)
        if done := await attempt(self.console, req, form, "exams.change", act, form):
            lead_to(resp, f"/console/{scope}/exams", done)
            return
        opened = await self.console.read(req, "exams.change", open_exam)
        self.console.refuse(req, resp, "console/exams/exam.html", form, opened=opened)


class ExamsCsv(ConsolePage):
    """`/console/{scope}/exams.csv`: the exams that the same page of the calendar has, all of a
    list."""

    ending: ClassVar[str] = "csv"
    kind: ClassVar[str] = "text/csv; charset=utf-8"

    async def on_get(self, req: Request, resp: Response, scope: str) -> None:
        """The file; it names no person. Raises Denied, Missing."""
        rows = await self.console.read(req, "exams.see", list_rows, parse_calendar(req))
        resp.content_type = self.kind
        resp.set_header("Content-Disposition", f'attachment; filename="exams.{self.ending}"')
        resp.set_header("Cache-Control", NO_STORE)
        if self.ending == "csv":
            resp.data = to_csv([COLUMNS, *rows])
        else:
            resp.data = b"".join(write_workbook("Exams", COLUMNS, rows))


class ExamsWorkbook(ExamsCsv):
    """`/console/{scope}/exams.xlsx`."""

    ending = "xlsx"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def find_exams(visit: Visit, query: CalendarQuery) -> Calendar | Opened:
    """The exam of the event, else the calendar."""
    if visit.event is not None and is_exam(visit.tx, visit.org_id, visit.event.id):
        return open_exam(visit)
    query = _at_day(visit, query)
    is_open = visit.user.may("exams.see")
    limit = PAGE if query.view == LIST else LIMIT
    found = list_planned(visit.tx, visit.org_id, query.wanted, limit=limit + 1) if is_open else []
    is_cut, last = len(found) > limit, found[:limit][-1:]
    following = f"{last[0].starts_at}-{last[0].event_id}" if is_cut else ""
    shown = [exam for exam in found[:limit] if visit.user.sees(exam.event_id)]
    visible = [exam for exams in by_day(query, shown).values() for exam in exams]
    return Calendar(
        query,
        shown,
        find_clashes(visible),
        list_used_venues(visit.tx, visit.org_id) if is_open else [],
        following if query.view == LIST else "",
        is_open,
        is_cut,
    )


def list_rows(visit: Visit, query: CalendarQuery) -> list[list[str]]:
    """The exams as rows of a file."""
    visit.user.access.require("exams.see")
    query = _at_day(visit, query)
    rows = []
    wanted: PlannedFilter | None = query._replace(after="").wanted
    while wanted is not None:
        page = list_planned(visit.tx, visit.org_id, wanted)
        seen = [exam for exam in page if visit.user.sees(exam.event_id)]
        rows += [_row(exam) for exams in by_day(query, seen).values() for exam in exams]
        last = page[-1] if len(page) == LIMIT else None
        wanted = wanted._replace(after=(last.starts_at, last.event_id)) if last else None
    return rows


def _row(exam: PlannedExam) -> list[str]:
    return [
        *(str(exam.number), str(exam.event_id), exam.title, exam.state),
        *(_time(exam.starts_at, exam), _time(exam.ends_at, exam), exam.timezone),
        *(exam.venue_name, exam.room_name or "", str(exam.held)),
        "" if exam.capacity is None else str(exam.capacity),
    ]


def _time(at: int, exam: PlannedExam) -> str:
    return local(at, exam.timezone).strftime("%Y-%m-%d %H:%M")


def _at_day(visit: Visit, query: CalendarQuery) -> CalendarQuery:
    if query.day != TODAY:
        return query
    return query._replace(day=local(visit.tx.now, visit.organization.timezone).date())


def _draw(tracks: list[Track]) -> Markup:
    exams = sum(len(track.exams) for track in tracks)
    label = say("console.exams.drawn", exams=exams, rooms=len(tracks))
    return draw_day(tracks, label, say("console.exams.without_room"))
