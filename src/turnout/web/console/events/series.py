"""`/console/{org}/series`: series of events, their pages, and what is in them."""

from typing import NamedTuple

from falcon.asgi import Request, Response

from turnout.core.events.listing import ListedEvent
from turnout.core.events.model import Channel, Event
from turnout.core.events.page_names import (
    SERIES,
    get_series,
    list_page_names,
    set_series_name,
)
from turnout.core.events.programme import create_channel, get_event, list_channels
from turnout.core.events.series import (
    add_to_series,
    delete_series,
    list_addable,
    list_members,
    list_series_counts,
    remove_from_series,
    set_series_title,
)
from turnout.core.fields import check_line
from turnout.core.identity.short_names import page_path
from turnout.core.ids import ChannelId, EventId
from turnout.errors import Missing
from turnout.formats.qr import qr_svg_file
from turnout.web.console.events.going import attempt, attempt_once, lead_to, read_done, read_number
from turnout.web.console.forms import Form, fill
from turnout.web.console.page import ConsolePage, Visit
from turnout.web.documents import NO_STORE

NEW = "new"
SEE, CHANGE = "event.see", "event.change"
TEMPLATE = "console/events/one_series.html"
ADDABLE = 500
_DONE = "console.series.done."


class SeriesRow(NamedTuple):
    """A series in the list; `name` is that of its page, empty = it has none. Events that the user
    does not see are not counted."""

    channel: Channel
    name: str
    events: int
    registered: int


class FoundSeries(NamedTuple):
    """A series with its events that the user sees, and those that can be put in. `name` is that of
    its page, `path` where it is, empty = it has none; `has_hidden`: some events are not seen."""

    channel: Channel
    name: str
    path: str
    members: list[ListedEvent]
    addable: list[Event]
    has_hidden: bool
    now: int


class SeriesPage(ConsolePage):
    """`/console/{scope}/series`."""

    async def on_get(self, req: Request, resp: Response, scope: str) -> None:
        """The series. Raises Denied."""
        rows = await self.console.read(req, SEE, list_rows)
        done = read_done(req, _DONE)
        self.console.show(req, resp, "console/events/series.html", rows=rows, done=done)


class OneSeriesPage(ConsolePage):
    """`/console/{scope}/series/{series}`; `new` = one more."""

    async def on_get(self, req: Request, resp: Response, scope: str, series: str) -> None:
        """Its name, its page, and its events. Raises Missing, Denied."""
        found = await self.console.read(req, CHANGE if series == NEW else SEE, find, series)
        self._show(req, resp, fill(_values(found)), found)

    async def on_post(self, req: Request, resp: Response, scope: str, series: str) -> None:
        """Save it, put an event in, or take one out."""
        form = await self.console.take(req)
        path = f"/console/{scope}/series"
        action = form.value("do")
        if action in _EVENT_VERBS and series != NEW:
            event_id = _read_event(form)
            named = (action, series, event_id)
            if await attempt_once(self.console, req, form, CHANGE, do_with_event, *named):
                lead_to(resp, f"{path}/{series}", _EVENT_VERBS[action], "events")
                return
        else:
            title, name = form.text("title", limit=200), form.value("name")
            saved = await attempt_once(self.console, req, form, CHANGE, save, series, title, name)
            if saved:
                lead_to(resp, f"{path}/{saved}", "made" if series == NEW else "saved")
                return
        found = await self.console.read(req, CHANGE, find, series)
        stored = {name: value for name, value in _values(found).items() if not form.has(name)}
        full = fill(stored | {name: form.value(name) for name in form.names})
        full.faults = form.faults
        self._show(req, resp, full, found)

    def _show(self, req: Request, resp: Response, form: Form, found: FoundSeries | None) -> None:
        slug = req.context.frame.organization.slug
        begins = f"{self.console.base_url}{page_path(slug)}/series/"
        more = {"found": found, "begins": begins, "done": read_done(req, _DONE)}
        self.console.answer(req, resp, TEMPLATE, form, **more)


class SeriesDeletionPage(ConsolePage):
    """`/console/{scope}/series/{series}/delete`: asked first."""

    async def on_get(self, req: Request, resp: Response, scope: str, series: str) -> None:
        """What will happen. Raises Missing, Denied."""
        await self._show(req, resp, series, fill({}))

    async def on_post(self, req: Request, resp: Response, scope: str, series: str) -> None:
        """Delete it."""
        form = await self.console.take(req)
        if await attempt(self.console, req, form, CHANGE, delete, series):
            lead_to(resp, f"/console/{scope}/series", "deleted")
            return
        await self._show(req, resp, series, form)

    async def _show(self, req: Request, resp: Response, series: str, form: Form) -> None:
        channel = await self.console.read(req, CHANGE, find_channel, series)
        template = "console/events/series_deletion.html"
        self.console.answer(req, resp, template, form, channel=channel)


class SeriesQrPage(ConsolePage):
    """`/console/{scope}/series/{series}/qr.svg`: the address of its page as a picture."""

    async def on_get(self, req: Request, resp: Response, scope: str, series: str) -> None:
        """An SVG file. Raises Missing, also for a series without a page; Denied."""
        path = await self.console.read(req, SEE, find_path, series)
        resp.content_type = "image/svg+xml"
        resp.set_header("Cache-Control", NO_STORE)
        if req.get_param("download"):
            resp.downloadable_as = f"series-{series}.svg"
        resp.data = qr_svg_file(self.console.base_url + path)


def list_rows(visit: Visit) -> list[SeriesRow]:
    """The organization's series, oldest first. Raises Denied for somebody who sees some events
    only."""
    visit.user.access.require(SEE)
    tx, org_id = visit.tx, visit.org_id
    names = list_page_names(tx, org_id, SERIES)
    seen: dict[ChannelId, list[int]] = {}
    for one in list_series_counts(tx, org_id):
        if visit.user.sees(one.event_id):
            seen.setdefault(one.channel_id, []).append(one.registered)
    return [
        SeriesRow(
            channel,
            names.get(channel.id, ""),
            len(seen.get(channel.id, ())),
            sum(seen.get(channel.id, ())),
        )
        for channel in list_channels(tx, org_id)
    ]


def find_channel(visit: Visit, series: str) -> Channel:
    """The series of that number. Raises Missing, Denied."""
    visit.user.access.require(SEE)
    return get_series(visit.tx, visit.org_id, ChannelId(read_number(series)))


def find(visit: Visit, series: str) -> FoundSeries | None:
    """The series with its events, None for a new one. Raises Missing, Denied."""
    visit.user.access.require(SEE)
    if series == NEW:
        return None
    channel = find_channel(visit, series)
    tx, org_id, sees = visit.tx, visit.org_id, visit.user.sees
    name = list_page_names(tx, org_id, SERIES).get(channel.id, "")
    members = list_members(tx, org_id, channel.id)
    seen = [one for one in members if sees(one.event.id)]
    may_change = visit.user.may(CHANGE)
    addable = list_addable(tx, org_id, channel.id, ADDABLE) if may_change else []
    return FoundSeries(
        channel,
        name,
        _path(visit, name) if name else "",
        seen,
        [event for event in addable if sees(event.id)],
        len(seen) < len(members),
        tx.now,
    )


def find_path(visit: Visit, series: str) -> str:
    """Where the series' page is. Raises Missing, Denied."""
    channel = find_channel(visit, series)
    name = list_page_names(visit.tx, visit.org_id, SERIES).get(channel.id, "")
    if not name:
        raise Missing("path.missing", path=series)
    return _path(visit, name)


def save(visit: Visit, series: str, title: str, name: str) -> ChannelId:
    """Make the series, or call it and its page otherwise. Raises Invalid, Conflict, Missing,
    Denied."""
    visit.user.access.require(CHANGE)
    check_line("title", title)
    tx, org_id, by = visit.tx, visit.org_id, visit.user.actor
    if series == NEW:
        channel_id = create_channel(tx, org_id, title, actor=by).id
    else:
        channel_id = find_channel(visit, series).id
        set_series_title(tx, org_id, channel_id, title, actor=by)
    set_series_name(tx, org_id, channel_id, name, actor=by)
    return channel_id


def do_with_event(visit: Visit, action: str, series: str, event_id: EventId) -> bool:
    """Put an event into the series, or take it out. Raises Missing, also for an event that the user
    does not see; Denied."""
    visit.user.access.require(CHANGE)
    tx, org_id, by = visit.tx, visit.org_id, visit.user.actor
    channel_id = find_channel(visit, series).id
    event = get_event(tx, org_id, event_id)
    visit.user.access.require(CHANGE, event.id)
    verb = add_to_series if action == "add" else remove_from_series
    verb(tx, org_id, channel_id, event.id, actor=by)
    return True


def delete(visit: Visit, series: str) -> bool:
    """Delete a series without events. Raises Conflict, Missing, Denied."""
    visit.user.access.require(CHANGE)
    channel = find_channel(visit, series)
    delete_series(visit.tx, visit.org_id, channel.id, actor=visit.user.actor)
    return True


# What is said when it is done.
_EVENT_VERBS = {"add": "added", "remove": "removed"}


def _read_event(form: Form) -> EventId:
    number = form.number("event")
    if number is None:
        form.fault("event", "console.fault.choice")
    return EventId(number or 0)


def _path(visit: Visit, name: str) -> str:
    return f"{page_path(visit.organization.slug)}/series/{name}"


def _values(found: FoundSeries | None) -> dict[str, str]:
    return {"title": found.channel.title, "name": found.name} if found else {}
