"""An organization's events for programs that read them."""

from xml.etree import ElementTree as Xml

import icalendar

from tests.formats.rfc5545 import faults_of
from tests.support.client import AppClient
from tests.support.node import LocalNode
from tests.web.test_events import Fair
from turnout.core.events.describing import EventChange, change_event
from turnout.core.events.model import Visibility
from turnout.core.events.page_names import set_event_name


def test_what_is_listed_is_in_every_feed(site: AppClient, node: LocalNode) -> None:
    fair = Fair(node)
    fair.db.call(set_event_name, fair.org_id, fair.event_id, "fair", actor="test")
    page = f"http://turnout.test/{fair.slug}"
    calendar = site.request("GET", f"/{fair.slug}/events.ics")
    assert calendar.headers["content-type"] == "text/calendar; charset=utf-8"
    assert faults_of(calendar.body) == []
    (entry,) = icalendar.Calendar.from_ical(calendar.body).walk("VEVENT")
    assert (str(entry["summary"]), str(entry["url"])) == ("Fair <1>", f"{page}/fair")
    news = site.request("GET", f"/{fair.slug}/events.rss")
    assert news.headers["content-type"] == "application/rss+xml; charset=utf-8"
    items = list(read(news.body).iter("item"))
    assert [(item.findtext("title"), item.findtext("link")) for item in items] == [
        ("Fair <1>", f"{page}/fair")
    ]
    found = read(site.request("GET", f"/{fair.slug}/sitemap.xml").body)
    assert [place.text for place in found.iter() if place.tag.endswith("loc")] == [
        page,
        f"{page}/fair",
    ]


def test_what_is_listed_nowhere_is_in_no_feed(site: AppClient, node: LocalNode) -> None:
    fair = Fair(node)
    unlisted = EventChange(visibility=Visibility.UNLISTED)
    fair.db.call(change_event, fair.org_id, fair.event_id, unlisted, actor="test")
    for name in ("events.ics", "events.rss", "sitemap.xml"):
        answer = site.request("GET", f"/{fair.slug}/{name}")
        assert (answer.status, str(fair.event_id) in answer.body.decode()) == (200, False)
        assert site.request("GET", f"/nobody/{name}").status == 404


def read(document: bytes) -> Xml.Element:
    return Xml.fromstring(document)  # noqa: S314 (our own)
