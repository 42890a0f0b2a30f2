"""The kept page of an event is what a fresh rendering would be, on every node, whatever changes."""

import re
from collections.abc import Callable
from contextvars import copy_context
from pathlib import Path
from random import Random

import pytest
from falcon.asgi import Request
from falcon.testing import create_asgi_req

from tests.support import proof
from tests.support.client import AppClient
from tests.support.node import Clock, LocalNode, new_database, open_node
from tests.web.test_events import BROWSER, Fair
from turnout.core.events.describing import EventChange, change_event
from turnout.core.events.model import EventState, span
from turnout.core.events.page_names import set_event_name, set_series_name
from turnout.core.events.programme import (
    add_to_channel,
    create_channel,
    create_event,
    create_session,
    list_channels,
    list_sessions,
    list_ticket_types,
)
from turnout.core.events.sessions import SessionChange, change_session
from turnout.core.events.speakers import SpeakerChange, add_speaker
from turnout.core.events.ticket_types import TicketTypeChange, edit_ticket_type
from turnout.core.identity.profiles import OrganizationChange, change_organization
from turnout.core.people.model import Contact
from turnout.core.questions.editing import QuestionChange, add_question
from turnout.core.registrations.joining import register_directly
from turnout.core.registrations.offers import join_list
from turnout.core.registrations.places import set_event_capacity, set_event_state
from turnout.core.waiting_list.steering import set_closed
from turnout.errors import Failure
from turnout.store import Tx
from turnout.web.event_page import find_event_page, make_page
from turnout.web.languages import choose_language
from turnout.web.organizations import find_organization_page
from turnout.web.organizations import make_page as make_organization_page
from turnout.web.series import find_series_page
from turnout.web.series import make_page as make_series_page

Verb = Callable[[Tx, Fair, Random], object]


def _describe(tx: Tx, fair: Fair, random: Random) -> None:
    change = EventChange(
        title=f"Fair {random.random()}",
        summary=random.choice(("", "A & B")),
        colour=random.choice(("", "#a3341f")),
        description=f"*{random.random()}*",
        registration_ends=random.choice(("", "2027-01-01T00:00", "2099-01-01T00:00")),
    )
    change_event(tx, fair.org_id, fair.event_id, change, actor="t")


def _rename(tx: Tx, fair: Fair, random: Random) -> None:
    name = random.choice(("", "fair", "summer-fair"))
    set_event_name(tx, fair.org_id, fair.event_id, name, actor="t")


def _organize(tx: Tx, fair: Fair, random: Random) -> None:
    change = OrganizationChange(name=f"Acme {random.random()}", contact_phone="+49 30 1")
    change_organization(tx, fair.org_id, change, actor="t")


def _sell(tx: Tx, fair: Fair, random: Random) -> None:
    kind = random.choice(list_ticket_types(tx, fair.org_id, fair.event_id))
    dates = ("", "2026-12-01T09:00", "2027-06-01T09:00")
    change = TicketTypeChange(
        price_minor=random.randrange(900),
        currency="EUR",
        sale_starts=random.choice(dates[:2]),
        sale_ends=random.choice(("", dates[2])),
        is_hidden=random.random() < 0.2,
    )
    edit_ticket_type(tx, fair.org_id, fair.event_id, kind.id, change, actor="t")


def _plan(tx: Tx, fair: Fair, random: Random) -> None:
    when = span("2099-06-01T19:00", "2099-06-01T20:00", "Europe/Berlin")
    places = random.choice((None, 1, 2))
    create_session(
        tx, fair.org_id, fair.event_id, f"{random.random()}", when, capacity=places, actor="t"
    )


def _tell(tx: Tx, fair: Fair, random: Random) -> None:
    if not (sessions := list_sessions(tx, fair.org_id, fair.event_id)):
        return
    session = random.choice(sessions)
    change = SessionChange(room=f"{random.random()}")
    change_session(tx, fair.org_id, fair.event_id, session.id, change, actor="t")


def _speak(tx: Tx, fair: Fair, random: Random) -> None:
    add_speaker(tx, fair.org_id, fair.event_id, SpeakerChange(name=f"{random.random()}"), actor="t")


def _ask(tx: Tx, fair: Fair, random: Random) -> None:
    asked = QuestionChange(name=f"{random.random()}", is_required=random.random() < 0.5)
    add_question(tx, fair.org_id, fair.event_id, asked, actor="t")


def _register(tx: Tx, fair: Fair, random: Random) -> None:
    contact = Contact(email=f"{random.random()}@example.com", first_name="A")
    register_directly(tx, fair.org_id, fair.event_id, fair.type_id, contact)


def _wait(tx: Tx, fair: Fair, random: Random) -> None:
    contact = Contact(email=f"{random.random()}@example.com", first_name="A")
    join_list(tx, fair.org_id, fair.event_id, fair.type_id, contact)


def _limit(tx: Tx, fair: Fair, random: Random) -> None:
    set_event_capacity(tx, fair.org_id, fair.event_id, random.choice((None, 2, 5)), actor="t")


def _shut_list(tx: Tx, fair: Fair, random: Random) -> None:
    set_closed(tx, fair.org_id, fair.event_id, is_closed=random.random() < 0.5, actor="t")


def _move(tx: Tx, fair: Fair, random: Random) -> None:
    state = random.choice((EventState.OPEN, EventState.OPEN, EventState.CLOSED))
    set_event_state(tx, fair.org_id, fair.event_id, state, actor="t")


def _series(tx: Tx, fair: Fair, random: Random) -> None:
    """Name the series, or put a new event into it."""
    (channel,) = list_channels(tx, fair.org_id)
    if random.random() < 0.5:
        set_series_name(tx, fair.org_id, channel.id, "talks", actor="t")
    when = span("2099-07-01T18:00", "2099-07-01T19:00", "Europe/Berlin")
    made = create_event(tx, fair.org_id, f"{random.random()}", when, actor="t")
    add_to_channel(tx, fair.org_id, channel.id, made.id, actor="t")


VERBS: tuple[Verb, ...] = (
    *(_describe, _rename, _organize, _sell, _plan, _tell, _speak, _ask, _register, _wait),
    *(_limit, _shut_list, _move, _series),
)


def list_pages(node: LocalNode, fair: Fair) -> dict[str, Callable[[], str]]:
    """The pages of the organization, and what renders each of what is stored now."""
    read, slug, url = node.db.call, fair.slug, "http://turnout.test"
    series = f"/{slug}/series/talks"
    return {
        fair.path: lambda: make_page(
            read(find_event_page, fair.path, slug, str(fair.event_id)), node.clock(), base_url=url
        ),
        f"/{slug}": lambda: make_organization_page(
            read(find_organization_page, f"/{slug}", slug), url
        ),
        series: lambda: make_series_page(read(find_series_page, series, slug, "talks"), url),
    }


def render_afresh(make: Callable[[], str], spoken: str) -> str:
    req = create_asgi_req(headers={"Accept-Language": spoken})
    return copy_context().run(_speak_and_make, req, make)


def _speak_and_make(req: Request, make: Callable[[], str]) -> str:
    choose_language(req)
    return make()


def body(page: str) -> str:
    """The page without its switch of languages, which only a request has."""
    plain = re.sub(r"<header>.*?</header>", "", page, count=1, flags=re.DOTALL)
    return re.sub(r'<link rel="alternate"[^>]*>\s*', "", plain)


def _make_series(tx: Tx, fair: Fair) -> None:
    channel = create_channel(tx, fair.org_id, "Talks", actor="t")
    set_series_name(tx, fair.org_id, channel.id, "talks", actor="t")
    add_to_channel(tx, fair.org_id, channel.id, fair.event_id, actor="t")


@pytest.mark.proof
def test_two_nodes_show_what_a_fresh_rendering_would(tmp_path: Path) -> None:
    random = proof.random_for("kept pages")
    steps = proof.scale(40, 200)
    url, clock = new_database("sqlite", tmp_path), Clock()
    with open_node(url, clock=clock) as one, open_node(url, clock=clock) as two:
        fair = Fair(one, places=4)
        one.db.call(_make_series, fair)
        refused = 0
        for _ in range(steps):
            node = random.choice((one, two))
            try:
                node.db.call(random.choice(VERBS), fair, random)
            except Failure:
                refused += 1
            if random.random() < 0.2:
                clock.advance(random.choice((60, 40 * 86_400)))
            for asked, spoken in ((one, "en"), (two, "de"), (two, "en")):
                headers = BROWSER | {"Accept-Language": spoken}
                for path, make in list_pages(one, fair).items():
                    shown = asked.client.request("GET", path, headers=headers)
                    assert shown.status == 200
                    assert body(shown.body.decode()) == body(render_afresh(make, spoken))
        proof.report("kept pages", steps=steps, refused=refused)


def test_a_page_that_is_known_is_not_sent_again(site: AppClient, node: LocalNode) -> None:
    fair = Fair(node)
    first = site.request("GET", fair.path, headers=BROWSER)
    known = BROWSER | {"If-None-Match": first.headers["etag"]}
    again = site.request("GET", fair.path, headers=known)
    assert (again.status, again.body) == (304, b"")
    assert again.headers["vary"] == first.headers["vary"]
    assert (
        site.request("GET", f"{fair.path}?lang=de").headers["cache-control"] == "public, no-cache"
    )
    fair.send(site)
    fair.db.call(set_event_capacity, fair.org_id, fair.event_id, 9, actor="t")
    assert site.request("GET", fair.path, headers=known).status == 200


def test_pages_of_organizations_and_series_are_kept_likewise(
    site: AppClient, node: LocalNode
) -> None:
    fair = Fair(node)
    node.db.call(_make_series, fair)
    for path in (f"/{fair.slug}", f"/{fair.slug}/series/talks"):
        first = site.request("GET", path, headers=BROWSER)
        assert first.headers["cache-control"] == "public, no-cache"
        known = BROWSER | {"If-None-Match": first.headers["etag"]}
        assert site.request("GET", path, headers=known).status == 304
        own = site.request("GET", path, headers=known | {"Cookie": "a=b"})
        assert (own.status, own.headers["cache-control"]) == (200, "private, no-store")
        german = site.request("GET", path, headers=known | {"Accept-Language": "de"})
        assert german.status == 200


@pytest.mark.parametrize(
    ("query", "cookie"), [("?sti=news", ""), ("?code=x", ""), ("?done=registered", ""), ("", "a=b")]
)
def test_what_is_somebodys_own_is_never_kept(
    site: AppClient,
    node: LocalNode,
    query: str,
    cookie: str,
) -> None:
    fair = Fair(node)
    headers = BROWSER | ({"Cookie": cookie} if cookie else {})
    answer = site.request("GET", fair.path + query, headers=headers)
    assert answer.headers["cache-control"] == "private, no-store"
    assert "etag" not in answer.headers
