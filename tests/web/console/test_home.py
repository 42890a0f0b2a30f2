"""Where people begin in the console: what needs attention, and what comes next."""

import html
import re

import pytest

from tests.core.identity.staff import add_user as add_colleague
from tests.core.identity.staff import principal_of
from tests.core.messaging.jobs import NUMBERS, answer
from tests.support.builder import ACTOR, Builder, contact, make_organization
from tests.support.node import LocalNode
from tests.web.console.conftest import AHEAD, LONG_AGO
from tests.web.console.desk import Desk, add_user
from tests.web.console.messages.test_jobs import post, take
from tests.web.reading import Page
from turnout.core.events.describing import note_postponed
from turnout.core.events.model import EventState
from turnout.core.events.programme import list_ticket_types, store_event_state
from turnout.core.identity.model import Role
from turnout.core.identity.organizations import get_organization
from turnout.core.identity.page_sessions import begin_page_session
from turnout.core.identity.roles import StaffRole
from turnout.core.identity.staff import limit_colleague
from turnout.core.ids import EventId, OrgId
from turnout.core.messaging.alerts import Alert, AlertKind, raise_alert, raise_refusals
from turnout.core.messaging.model import Status
from turnout.core.messaging.outcomes import Rejected
from turnout.core.registrations.changing import add_by_staff
from turnout.core.registrations.offers import join_list
from turnout.store import Tx

ROW = re.compile(r'<th scope="row">(?:<a[^>]+>)?([^<]+)(?:</a>)?<span>', re.DOTALL)
NEED = re.compile(r"<b>([^<]+)</b><span class=\"soft\">([^<]+)(?:<a href=\"([^\"]+)\">)?")


@pytest.fixture(scope="module")
def full(node: LocalNode, events: dict[str, EventId]) -> EventId:
    """An event of one place, for which somebody waits."""

    def make(tx: Tx) -> EventId:
        house = Builder.of(tx, get_organization(tx, "rail"))
        event = house.event("Dinner", when=AHEAD, capacity=1)
        add_by_staff(tx, house.org_id, event.id, contact("ann"), actor=ACTOR)
        (kind,) = list_ticket_types(tx, house.org_id, event.id)
        join_list(tx, house.org_id, event.id, kind.id, contact("bob"))
        return event.id

    return node.db.call(make)


def list_needs(page: str) -> list[tuple[str, str, str]]:
    box = page.partition('id="needs"')[2].partition("</section>")[0]
    return [(html.unescape(what), why.strip(), href) for what, why, href in NEED.findall(box)]


def test_the_address_of_an_organization_leads_to_its_home(desk: Desk) -> None:
    answer = desk.open("/console/rail")
    assert (answer.status, answer.headers["location"]) == (303, "/console?org=rail")
    assert "<h1>" in desk.read("/console?org=rail")
    assert desk.open("/console/nobody").status == 404


def test_only_what_comes_is_listed(desk: Desk, events: dict[str, EventId]) -> None:
    page = desk.read("/console")
    assert "Summit" in ROW.findall(page)
    assert not {"Reunion", "Draft", "Called off"} & set(ROW.findall(page))
    assert 'href="/console/events"' in page


def test_a_row_says_when_and_how_full(desk: Desk, events: dict[str, EventId]) -> None:
    page = desk.read("/console")
    rows = re.findall(r"<tr><th scope=.row.>(.*?)</tr>", page, re.DOTALL)
    (row,) = (row for row in rows if "Summit" in row)
    words = [re.sub(r"<[^>]+>", "", cell).strip() for cell in re.split("</t[hd]>", row)]
    # The organization's own zone is another.
    assert words == ["Summit", "Sat 12 Jan 2097, 9:00 Europe/Berlin", "Open", "0 of 10", "", ""]
    assert '<rect width="0.0" height="8"/>' in row


def test_what_needs_attention_leads_to_where_it_is_mended(
    node: LocalNode, desk: Desk, full: EventId
) -> None:
    number = post(node, NUMBERS[40:42], name="Doors open")
    answer(node.db, take(node, number), Rejected(Status.FAILED, "no route"))
    page = desk.read("/console")
    assert list_needs(page) == [
        (
            "2 messages of \u201cDoors open\u201d failed",
            "Of 2 within the last week.",
            f"/console/rail/messages/{number}#fates",
        ),
        ("1 person waits for Dinner", "1 of 1 places are taken.", f"/console/{full}/waiting"),
    ]
    for _, _, href in list_needs(page):
        assert desk.open(href.partition("#")[0]).status == 200


def test_calls_that_wait_or_are_refused_lead_to_where_that_is_mended(
    node: LocalNode, desk: Desk
) -> None:
    there = node.db.call(make_organization, "calling", "Calling")
    node.add_event(there, "Fair")
    owner = add_user(node, there, "calling/owner", Role.ADMIN)
    node.db.call(raise_refusals, there, "sip_uk", 10, 403)
    facts = {"limit": 50, "waiting": 3}
    spent = Alert(there, AlertKind.CALLS, "", facts, node.clock())
    node.db.call(raise_alert, spent)
    page = owner.read("/console")
    assert sorted((title, href) for title, _, href in list_needs(page)) == [
        ("A trunk refuses calls", "/console/calling/settings/networks"),
        ("Calls wait for the next hour", "/console/calling/messages"),
    ]
    for _, _, href in list_needs(page):
        assert owner.open(href).status == 200


def test_those_who_see_one_event_are_told_of_that_alone(
    node: LocalNode, org_id: OrgId, events: dict[str, EventId], full: EventId
) -> None:
    user = add_colleague(node.db, org_id, "rail/limited", {StaffRole.ORGANIZER})
    event_ids = [events["Summit"]]
    node.db.call(limit_colleague, org_id, user.id, event_ids, is_limited=True, actor="test")
    session = node.db.call(begin_page_session, principal_of(node.db, user))
    headers = {"Cookie": f"turnout-session={session}", "Accept": "text/html"}
    answer = node.client.request("GET", "/console", headers=headers)
    page = answer.body.decode()
    assert (answer.status, ROW.findall(page), list_needs(page)) == (200, ["Summit"], [])
    assert "All quiet." in page
    assert "Messages delivered" not in page


def test_a_new_organization_is_told_how_to_begin(node: LocalNode) -> None:
    there = node.db.call(make_organization, "new", "New Forum")
    page = add_user(node, there, "new/owner", Role.ADMIN).read("/console")
    assert "There is no event here yet" in page
    assert 'href="/console/events/new"' in page


def test_a_page_of_the_console_has_a_title_one_heading_and_a_skip_link(desk: Desk) -> None:
    said = html.unescape(desk.read("/console"))
    assert re.findall(r"<title>(.*)</title>", said) == ["Home \u2013 Rail Forum \u2013 Turnout"]
    assert said.count("<h1") == 1
    assert '<a class="skip" href="#main">' in said


def test_a_page_runs_only_what_is_of_this_server(desk: Desk) -> None:
    answer = desk.open("/console")
    policy = answer.headers["content-security-policy"]
    assert policy == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
        "connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'; manifest-src 'self'; worker-src 'self'"
    )
    page = Page(answer.body)
    assert page.tags.isdisjoint({"style", "iframe", "object", "embed", "base"})
    assert [n for n in page.attributes if n.startswith(("on", "hx-on")) or n == "style"] == []
    assert all(loaded.startswith("/") for loaded in page.loads)
    assert answer.headers["cache-control"] == "no-store"


def test_the_console_asks_who_you_are(node: LocalNode) -> None:
    answer = node.client.request("GET", "/console", headers={"Accept": "text/html"})
    assert (answer.status, answer.headers["location"]) == (303, "/console/sign-in?next=%2Fconsole")


def test_a_postponed_event_has_no_date_in_lists(desk: Desk, node: LocalNode, org_id: OrgId) -> None:
    made = node.db.call(
        lambda tx: Builder.of(tx, get_organization(tx, "rail")).event("Tram day", when=LONG_AGO).id
    )
    node.db.call(note_postponed, org_id, made, since=LONG_AGO.starts_local, is_date_open=True)
    for page in ("/console", "/console/events"):
        (row,) = re.findall(r"<tr><th.*?>Tram day<.*?</tr>", desk.read(page), re.DOTALL)
        assert "Postponed" in row
        assert "No date yet; was planned for" in row
        assert ("Over" in row, "Goes on" in row) == (False, False)
    assert "Tram day" not in desk.read("/console/events?shelf=past")
    node.db.call(store_event_state, org_id, made, EventState.CANCELLED, actor=ACTOR)
