"""An organization's page, and the addresses of its events."""

from pathlib import Path

import pytest

from tests.support.client import AppClient
from tests.support.node import LocalNode, new_database, open_node
from tests.web.reading import Page
from tests.web.test_events import ADA, BROWSER, Fair
from turnout.core.events.describing import note_postponed
from turnout.core.events.model import span
from turnout.core.events.page_names import set_event_name
from turnout.core.events.programme import create_event


@pytest.fixture
def fair(node: LocalNode) -> Fair:
    return Fair(node)


def name(fair: Fair, *names: str) -> None:
    for one in names:
        fair.db.call(set_event_name, fair.org_id, fair.event_id, one, actor="test")


def test_an_event_is_at_its_name_and_its_number(site: AppClient, fair: Fair) -> None:
    name(fair, "summer-fair")
    for path in (fair.path, f"/{fair.slug}/summer-fair"):
        page = site.request("GET", path, headers=BROWSER)
        assert page.status == 200
        canonical = f'<link rel="canonical" href="http://turnout.test/{fair.slug}/summer-fair">'
        assert canonical in page.body.decode()
    assert f"/{fair.slug}/summer-fair" in Page(site.request("GET", f"/{fair.slug}").body).links


@pytest.mark.parametrize(
    ("asked", "leads_to"),
    [
        ("/{slug}/fair?sti=news", "/{slug}/summer-fair?sti=news"),
        ("/{slug}/Summer-Fair", "/{slug}/summer-fair"),
        ("/{slug}/fair/event.ics", "/{slug}/summer-fair/event.ics"),
        ("/o/{slug}/summer-fair", "/{slug}/summer-fair"),
    ],
)
def test_other_names_lead_to_the_one_of_now(
    site: AppClient, fair: Fair, asked: str, leads_to: str
) -> None:
    name(fair, "fair", "summer-fair")
    for method in ("GET", "POST"):
        if method == "POST" and "ics" in asked:
            continue
        answer = site.request(method, asked.format(slug=fair.slug), headers=BROWSER)
        assert (answer.status, answer.headers["location"]) == (308, leads_to.format(slug=fair.slug))
        assert answer.headers["cache-control"] == "no-cache"
        assert answer.headers.get("content-type", "text/html").startswith("text/html")


def test_the_form_of_a_page_at_a_name_registers(site: AppClient, fair: Fair) -> None:
    name(fair, "fair")
    fair.path = f"/{fair.slug}/fair"
    assert "Your ticket is on its way" in fair.send(site)
    assert fair.registration(ADA["email"]) is not None


def test_past_events_are_listed_apart(site: AppClient, fair: Fair) -> None:
    when = span("2020-06-01T18:00", "2020-06-01T23:00", "Europe/Berlin")
    fair.db.call(create_event, fair.org_id, "Long ago", when, actor="test")
    text = Page(site.request("GET", f"/{fair.slug}", headers=BROWSER).body).text
    assert "Past events (1) Jun 1 2020 Long ago 1 June 2020, 18:00 (Europe/Berlin)" in text


def test_one_that_is_postponed_without_a_date_is_not_past(site: AppClient, fair: Fair) -> None:
    when = span("2020-06-01T18:00", "2020-06-01T23:00", "Europe/Berlin")
    event = fair.db.call(create_event, fair.org_id, "Put off", when, actor="test")
    at = (fair.org_id, event.id)
    fair.db.call(note_postponed, *at, since=when.starts_local, is_date_open=True)
    text = Page(site.request("GET", f"/{fair.slug}", headers=BROWSER).body).text
    assert "Past events" not in text
    assert "Put off Postponed It was planned for 1 June 2020, 18:00 (Europe/Berlin)" in text
    assert text.index("Fair <1>") < text.index("Put off")
    news = site.request("GET", f"/{fair.slug}/events.rss").body.decode()
    assert news.count("<item>") == 2
    assert news.count("<description>Postponed: ") == 1
    calendar = site.request("GET", f"/{fair.slug}/events.ics").body.decode()
    assert calendar.count("STATUS:CANCELLED") == 1


def test_the_only_organization_is_the_start_page(tmp_path: Path) -> None:
    with open_node(new_database("sqlite", tmp_path)) as node:
        apis = "One server for everything around an event"
        assert apis in Page(node.client.request("GET", "/").body).text
        first = Fair(node)
        home = node.client.request("GET", "/", headers=BROWSER).body.decode()
        assert "<h1>Acme &amp; Sons</h1>" in home
        assert f'rel="canonical" href="http://turnout.test/{first.slug}"' in home
        assert 'href="/developers"' in home
        assert apis in Page(node.client.request("GET", "/developers").body).text
        Fair(node)
        assert apis in Page(node.client.request("GET", "/").body).text
