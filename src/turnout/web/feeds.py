"""An organization's events, or those of a series, for programs: a calendar, a feed (RSS 2.0), and a
map of the organization's pages."""

import datetime
from collections.abc import Iterable
from email.utils import format_datetime
from typing import NamedTuple
from xml.etree import ElementTree as Xml

from falcon.asgi import Request, Response

from turnout.catalogue.translations import label
from turnout.core.events.model import EventState, Visibility
from turnout.core.events.page_names import EVENT, SERIES, list_page_names, list_series_events
from turnout.core.events.showing import (
    EventView,
    list_past_events,
    list_public_events,
    list_shown_events,
)
from turnout.core.exams.planning import is_exam
from turnout.core.identity.model import Organization
from turnout.core.identity.organizations import find_organization
from turnout.core.identity.short_names import page_path
from turnout.core.ids import EventId
from turnout.core.tickets.documents import event_entry
from turnout.errors import Missing
from turnout.formats.calendar import calendar_feed
from turnout.formats.local_dates import say_moment
from turnout.http.dialect import Resource
from turnout.store import Database, Tx
from turnout.web.canonical import lead_on
from turnout.web.event_page import has_taken_place
from turnout.web.languages import settle_language
from turnout.web.local_times import times
from turnout.web.series import find_public_series

MINUTES = "public, max-age=300"
EVENTS, PAST, LARGEST = 200, 100, 10_000
_ATOM = "http://www.w3.org/2005/Atom"
_MAP = "http://www.sitemaps.org/schemas/sitemap/0.9"


class _Found(NamedTuple):
    """Public events, the coming ones first, of an organization or a series: what it is called and
    where its page is. `names` are those of the organization's events and `series` in addresses."""

    organization: Organization
    title: str
    page: str
    shown: list[EventView]
    names: dict[int, str]
    series: list[str]

    def path(self, event_id: int) -> str:
        pages = page_path(self.organization.slug)
        return f"{pages}/{self.names.get(event_id) or event_id}"


class _FeedResource(Resource):
    def __init__(self, db: Database, base_url: str) -> None:
        self._db = db
        self._base_url = base_url

    async def on_get(self, req: Request, resp: Response, slug: str) -> None:
        """Send it. Raises Missing."""
        self.send(resp, await self._db.read(_find, req.path, slug))

    def send(self, resp: Response, found: _Found) -> None:
        """Answer with what was found."""
        resp.set_header("Cache-Control", MINUTES)
        resp.content_type, resp.data = self.make(found)

    def make(self, found: _Found) -> tuple[str, bytes]:
        raise NotImplementedError


class CalendarFeedResource(_FeedResource):
    """`/{slug}/events.ics`: to be subscribed to."""

    def make(self, found: _Found) -> tuple[str, bytes]:
        now, name = self._db.clock(), found.organization.name
        entries = [
            event_entry(shown, name, now, self._base_url + found.path(shown.event.id))
            for shown in found.shown
        ]
        return "text/calendar; charset=utf-8", calendar_feed(entries, found.title)


class NewsFeedResource(_FeedResource):
    """`/{slug}/events.rss`."""

    def make(self, found: _Found) -> tuple[str, bytes]:
        spoken = settle_language(found.organization.locale)
        page = self._base_url + found.page
        Xml.register_namespace("atom", _ATOM)
        root = Xml.Element("rss", version="2.0")
        channel = Xml.SubElement(root, "channel")
        _add(channel, "title", found.title)
        _add(channel, "link", page)
        _add(channel, "description", found.title)
        _add(channel, "language", spoken)
        to_self = {"href": f"{page}/events.rss", "rel": "self", "type": "application/rss+xml"}
        Xml.SubElement(channel, f"{{{_ATOM}}}link", to_self)
        for shown in found.shown:
            self._add_item(channel, found, shown, spoken)
        return "application/rss+xml; charset=utf-8", _write(root)

    def _add_item(self, channel: Xml.Element, found: _Found, shown: EventView, spoken: str) -> None:
        item = Xml.SubElement(channel, "item")
        _add(item, "title", shown.event.title)
        _add(item, "link", self._base_url + found.path(shown.event.id))
        guid = Xml.SubElement(item, "guid", isPermaLink="false")
        guid.text = f"urn:uuid:{shown.event.uuid}"
        when = say_moment(times(shown)["starts"], spoken)
        said = f"{when} ({shown.event.timezone})"
        if shown.details.is_date_open:
            said = f"{label(spoken, 'event_page.tag_postponed')}: {said}"
        _add(item, "description", "\n".join(filter(None, (said, shown.details.summary))))
        made = datetime.datetime.fromtimestamp(shown.created_at // 1000, datetime.UTC)
        _add(item, "pubDate", format_datetime(made))


class SitemapResource(_FeedResource):
    """`/{slug}/sitemap.xml`: what search engines may list."""

    def make(self, found: _Found) -> tuple[str, bytes]:
        pages = page_path(found.organization.slug)
        paths = [
            pages,
            *(f"{pages}/series/{name}" for name in found.series),
            *(found.path(shown.event.id) for shown in found.shown),
        ]
        root = Xml.Element("urlset", xmlns=_MAP)
        for path in paths:
            _add(Xml.SubElement(root, "url"), "loc", self._base_url + path)
        return "application/xml; charset=utf-8", _write(root)


class SeriesFeedResource(Resource):
    """`/{slug}/series/{name}/events.ics` and `events.rss`: a feed, of the events of a series."""

    def __init__(self, db: Database, feed: _FeedResource) -> None:
        self._db = db
        self._feed = feed

    async def on_get(self, req: Request, resp: Response, slug: str, name: str) -> None:
        """Send it. Raises Missing."""
        found = await self._db.read(_find_series, req.path, slug, name)
        if found.page.endswith(f"/{name}"):
            self._feed.send(resp, found)
        else:
            lead_on(req, resp, f"{found.page}/{req.path.rpartition('/')[2]}")


def _find(tx: Tx, path: str, slug: str) -> _Found:
    organization = find_organization(tx, slug.lower())
    if organization is None:
        raise Missing("path.missing", path=path)
    org_id = organization.org_id
    listed = [*list_public_events(tx, org_id, EVENTS), *list_past_events(tx, org_id, PAST)]
    shown = _look_up(tx, organization, [one.event.id for one in listed])
    names, series = (list_page_names(tx, org_id, noun) for noun in (EVENT, SERIES))
    page = page_path(organization.slug)
    return _Found(organization, organization.name, page, shown, names, sorted(series.values()))


def _find_series(tx: Tx, path: str, slug: str, name: str) -> _Found:
    organization, channel, current = find_public_series(tx, path, slug, name)
    org_id = organization.org_id
    shown = _look_up(tx, organization, list_series_events(tx, org_id, channel.id))
    public = [
        one
        for one in shown
        if one.event.state in (EventState.OPEN, EventState.CLOSED)
        and one.details.visibility is Visibility.PUBLIC
        and not is_exam(tx, org_id, one.event.id)
    ]
    past = [one for one in public if has_taken_place(one, tx.now)]
    coming = [one for one in public if not has_taken_place(one, tx.now)]
    page = f"{page_path(organization.slug)}/series/{current}"
    names = list_page_names(tx, org_id, EVENT)
    return _Found(organization, channel.title, page, [*coming, *reversed(past)], names, [])


def _look_up(tx: Tx, organization: Organization, ids: Iterable[EventId]) -> list[EventView]:
    known = {one.event.id: one for one in list_shown_events(tx, organization.org_id, LARGEST)}
    return [known[event_id] for event_id in ids if event_id in known]


def _add(parent: Xml.Element, name: str, text: str) -> None:
    Xml.SubElement(parent, name).text = "".join(
        # XML has no way to write the others.
        letter if letter >= " " or letter == "\n" else " "
        for letter in text
    )


def _write(root: Xml.Element) -> bytes:
    return bytes(Xml.tostring(root, encoding="utf-8", xml_declaration=True))
