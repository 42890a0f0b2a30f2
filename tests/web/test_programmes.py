"""The programme on an event's page."""

import re

import pytest
from playwright.sync_api import expect

from tests.support.axe import find_violations
from tests.support.chromium import open_browser
from tests.support.client import AppClient
from tests.support.node import LocalNode
from tests.web.test_events import Fair
from turnout.core.events.model import SessionState, span
from turnout.core.events.programme import (
    create_session,
    list_sessions,
    list_ticket_types,
    set_session_state,
)
from turnout.core.events.sessions import SessionChange, change_session, remove_session
from turnout.web.assets import read_asset
from turnout.web.brand_sheets import make_sheet

PROGRAMME = {
    "as the event": ("Fair <1>", "2099-06-01T18:00", "2099-06-01T23:00", False),
    "a title of its own": ("Opening", "2099-06-01T18:00", "2099-06-01T23:00", True),
    "a time of its own": ("Fair <1>", "2099-06-01T19:00", "2099-06-01T20:00", True),
}


@pytest.mark.parametrize("own", PROGRAMME)
def test_the_only_session_is_shown_where_it_says_more_than_the_event(
    site: AppClient, node: LocalNode, own: str
) -> None:
    fair = Fair(node)
    title, starts, ends, is_shown = PROGRAMME[own]
    for known in fair.db.call(list_sessions, fair.org_id, fair.event_id):
        whose = (fair.org_id, fair.event_id, known.id)
        fair.db.call(remove_session, *whose, actor="test")
    when = span(starts, ends, "Europe/Berlin")
    fair.db.call(create_session, fair.org_id, fair.event_id, title, when, actor="test")
    assert (f"{starts[-5:]} {ends[-5:]} {title}" in fair.look(site).text) == is_shown


def test_a_cancelled_session_is_shown_as_such(site: AppClient, node: LocalNode) -> None:
    fair = Fair(node)
    when = span("2099-06-01T19:00", "2099-06-01T20:00", "Europe/Berlin")
    whose = (fair.org_id, fair.event_id)
    made = fair.db.call(create_session, *whose, "Talk", when, actor="test")
    assert "Talk Cancelled" not in fair.look(site).text
    fair.db.call(set_session_state, fair.org_id, made.id, SessionState.CANCELLED, actor="test")
    assert "Talk Cancelled" in fair.look(site).text


def test_a_session_with_places_is_chosen_on_the_page(site: AppClient, node: LocalNode) -> None:
    fair = Fair(node)
    when = span("2099-06-01T19:00", "2099-06-01T20:00", "Europe/Berlin")
    whose = (fair.org_id, fair.event_id)
    talk, forge = (
        node.db.call(create_session, *whose, title, when, capacity=places, actor="test")
        for title, places in (("Talk", None), ("Forge", 1))
    )
    page = site.request("GET", fair.path).body.decode()
    assert f'name="session-{forge.id}"' in page
    assert f'name="session-{talk.id}"' not in page
    chosen = {f"session-{forge.id}": "1"}
    assert "Your ticket is on its way" in fair.send(site, **chosen)
    held = {one.title: one.held for one in node.db.call(list_sessions, *whose)}
    assert held["Forge"] == 1
    said = fair.send(site, email="bob@example.com", **chosen)
    assert "One of the sessions cannot be chosen here." not in said
    assert "'Forge' is full by now. Leave it out, or choose another session." in said
    assert fair.registration("bob@example.com") is None
    assert "Forge Full" in fair.look(site).text


def test_a_session_of_other_tickets_is_refused(site: AppClient, node: LocalNode) -> None:
    fair = Fair(node)
    when = span("2099-06-01T19:00", "2099-06-01T20:00", "Europe/Berlin")
    whose = (fair.org_id, fair.event_id)
    made = node.db.call(create_session, *whose, "Forge", when, capacity=9, actor="test")
    others = [kind.id for kind in node.db.call(list_ticket_types, *whose) if not kind.is_default]
    only = SessionChange(ticket_type_ids=others)
    node.db.call(change_session, *whose, made.id, only, actor="test")
    chosen = {f"session-{made.id}": "1"}
    assert "The session is for other ticket types." in fair.send(site, **chosen)
    assert fair.registration() is None


def test_parallel_sessions_are_shown_by_track_without_a_script(
    site: AppClient, node: LocalNode
) -> None:
    fair = Fair(node)
    whose = (fair.org_id, fair.event_id)
    plan = [("Stage", "Talk", "19:00"), ("Workshops", "Forge", "19:00"), ("", "Dinner", "21:00")]
    for track, title, starts in plan:
        when = span(f"2099-06-01T{starts}", f"2099-06-01T{starts[:2]}:45", "Europe/Berlin")
        made = node.db.call(create_session, *whose, title, when, capacity=5, actor="test")
        node.db.call(change_session, *whose, made.id, SessionChange(track=track), actor="test")
    page = site.request("GET", fair.path).body.decode()
    assert page.count('class="talk beside"') == 2
    sheet = (read_asset("turnout.css") + make_sheet("#23408f")).decode()
    with open_browser() as browser:
        tab = browser.new_page()
        plain = re.sub(r'<link rel="[^"]*"[^>]*>', "", page)
        tab.set_content(plain.replace("</head>", f"<style>{sheet}</style></head>"))
        tab.get_by_label("Forge").check()
        tab.get_by_label("Stage", exact=True).check()
        shown = tab.locator(".talk b:visible").all_inner_texts()
        assert shown == ["Talk", "Dinner"]
        tab.get_by_label("All tracks").check()
        expect(tab.get_by_label("Forge")).to_be_checked()
        assert find_violations(tab) == []
