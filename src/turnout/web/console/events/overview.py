"""`/console/{event}`: how an event stands, what needs attention, and what is to be done before."""

import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from falcon.asgi import Request, Response

from turnout.catalogue.labels import CONSOLE
from turnout.core.events.model import Event, Session
from turnout.core.events.page_names import find_event_path
from turnout.core.events.programme import list_sessions
from turnout.core.events.showing import EventView, get_shown_event, has_page
from turnout.core.ids import TicketTypeId
from turnout.core.invitations.campaigns import list_campaigns
from turnout.core.timeline.overviews import (
    Figures,
    Source,
    count_by_day,
    count_waiting,
    get_figures,
    list_next_messages,
    list_sources,
)
from turnout.formats.qr import qr_svg_file
from turnout.web.console.events.attention import Need, find_needs
from turnout.web.console.events.checklist import Step, list_steps
from turnout.web.console.events.going import lead_to, read_done
from turnout.web.console.events.weeks import Bars, Flag, list_ticks, make_bars
from turnout.web.console.outgoing import Outgoing, list_event_outgoing
from turnout.web.console.page import ConsolePage, Visit
from turnout.web.console.words import say, say_count
from turnout.web.documents import NO_STORE


class Overview(NamedTuple):
    """All that the page shows. `address` is that of the event's page, empty = it has none."""

    shown: EventView
    figures: Figures
    bars: Bars
    ticks: list[int]
    flags: list[tuple[int, str]]
    sources: list[Source]
    waiting: dict[TicketTypeId, int]
    sessions: list[Session]
    next: list[Outgoing]
    needs: list[Need]
    steps: list[Step]
    address: str
    now: int

    @property
    def event(self) -> Event:
        return self.shown.event

    @property
    def is_over(self) -> bool:
        return self.event.ends_at <= self.now and not self.is_date_open

    @property
    def is_date_open(self) -> bool:
        """Whether it is postponed, and its new date is not known yet."""
        return self.shown.is_date_open

    @property
    def is_today(self) -> bool:
        """Whether the event goes on, or begins within half a day."""
        return self.event.starts_at - 43_200_000 <= self.now < self.event.ends_at

    @property
    def steps_done(self) -> int:
        return sum(step.is_done for step in self.steps)


class OverviewPage(ConsolePage):
    """`/console/{event}`."""

    async def on_get(self, req: Request, resp: Response, scope: str) -> None:
        """The event as it stands; an organization's name leads to its home. Raises Missing."""
        if not scope.isdecimal():
            lead_to(resp, "/console", org=await self.console.read(req, "events.see", find_slug))
            return
        overview = await self.console.read(req, "event.see", find_overview, self.console.base_url)
        sources = [(say_source(one.source), one.sti, one.total) for one in overview.sources]
        values = {
            "overview": overview,
            "sources": sources,
            "done": read_done(req, "console.overview.done."),
        }
        self.console.show(req, resp, "console/events/overview.html", **values)


def find_slug(visit: Visit) -> str:
    """What the organization is called in addresses."""
    return visit.organization.slug


class QrPage(ConsolePage):
    """`/console/{event}/qr.svg`: the address of the event's page as a picture."""

    async def on_get(self, req: Request, resp: Response, scope: str) -> None:
        """An SVG file. Raises Missing."""
        address = await self.console.read(req, "event.see", find_address, self.console.base_url)
        resp.content_type = "image/svg+xml"
        resp.set_header("Cache-Control", NO_STORE)
        if req.get_param("download"):
            resp.downloadable_as = f"event-{scope}.svg"
        resp.data = qr_svg_file(address)


def say_source(source: str) -> str:
    """The door at which people registered, in words where it has some."""
    code = "console.source." + source.replace(" ", "_")
    return say(code) if code in CONSOLE else source


def find_address(visit: Visit, base_url: str) -> str:
    """Where the event's page is, or will be once it is published."""
    path = find_event_path(visit.tx, visit.org_id, visit.organization.slug, visit.at.id)
    return base_url + path


def find_overview(visit: Visit, base_url: str) -> Overview:
    """Everything about the event."""
    tx, org_id, event = visit.tx, visit.org_id, visit.at
    shown = get_shown_event(tx, org_id, event.id)
    sessions = list_sessions(tx, org_id, event.id)
    figures = get_figures(tx, org_id, event.id)
    waiting = count_waiting(tx, org_id, event.id)
    days = count_by_day(tx, org_id, event.id, event.timezone)
    bars = make_bars(days, _day(tx.now, event.timezone))
    upcoming = list_next_messages(tx, org_id, event.id)
    limit = max((bar.total for bar in bars.bars), default=0)
    return Overview(
        shown,
        figures,
        bars,
        list(list_ticks(limit)),
        _place_flags(bars, _list_flags(visit)),
        list_sources(tx, org_id, event.id),
        waiting,
        sessions,
        list_event_outgoing(visit, upcoming),
        find_needs(visit, shown, figures, waiting),
        list_steps(visit, shown, sessions, figures, upcoming),
        find_address(visit, base_url) if has_page(shown) else "",
        tx.now,
    )


def _place_flags(bars: Bars, flags: list[Flag]) -> list[tuple[int, str]]:
    """Flags by the number of their bar; those of one bar are one."""
    labels: dict[int, list[str]] = {}
    for flag in flags:
        if (place := bars.place(flag.day)) is not None:
            labels.setdefault(place, []).append(flag.label)
    return [
        (place, names[0] if len(names) == 1 else say_count("console.overview.flags", len(names)))
        for place, names in labels.items()
    ]


def _list_flags(visit: Visit) -> list[Flag]:
    """When invitations were sent."""
    found = list_campaigns(visit.tx, visit.org_id, visit.at.id)
    zone = visit.at.timezone
    return [Flag(_day(c.sent_at, zone), c.name) for c, _ in found if c.sent_at is not None]


def _day(at: int, timezone: str) -> datetime.date:
    return datetime.datetime.fromtimestamp(at / 1000, ZoneInfo(timezone)).date()
