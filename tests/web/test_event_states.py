"""An event's page in each of its states, with axe: by day on a desk, or by night on a phone."""

import re
from collections.abc import Callable, Iterator
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, expect

from tests.support import proof
from tests.support.axe import find_violations
from tests.support.chromium import open_browser
from tests.support.client import AppClient
from tests.support.day_and_night import is_looked_at
from tests.support.node import LocalNode
from tests.web.saying import said
from tests.web.test_events import ADA, BROWSER, Fair, sell
from turnout.core.events.describing import EventChange, change_event, set_event_times
from turnout.core.events.model import EventState, span
from turnout.core.events.programme import create_session, create_venue
from turnout.core.messaging.pictures import keep_picture
from turnout.core.people.model import Contact
from turnout.core.questions.editing import QuestionChange, add_question
from turnout.core.registrations.announcing import postpone_event, postpone_without_date
from turnout.core.registrations.changing import add_by_staff
from turnout.core.registrations.offers import join_list
from turnout.core.registrations.places import set_event_capacity, set_event_state
from turnout.core.waiting_list.steering import set_closed
from turnout.formats.pictures import Picture
from turnout.web.assets import read_asset
from turnout.web.brand_sheets import make_sheet

SIZES: tuple[tuple[Literal["light", "dark"], int, int], ...] = (
    ("light", 1280, 900),
    ("dark", 390, 844),
)
COLOUR = "#ffc94d"


def _fill(fair: Fair) -> None:
    """An event with all that a page may have."""

    def build(tx: Any) -> None:
        whose = (tx, fair.org_id, fair.event_id)
        venue = create_venue(tx, fair.org_id, "Hall", timezone="UTC", city="Ulm", actor="t")
        change = EventChange(venue_id=venue.id, summary="All of it", colour=COLOUR)
        change_event(*whose, change, actor="t")
        for hour, places in ((19, None), (20, 1), (21, 0)):
            when = span(f"2099-06-01T{hour}:00", f"2099-06-01T{hour}:30", "Europe/Berlin")
            create_session(*whose, f"Talk at {hour}", when, capacity=places, actor="t")
        add_question(*whose, QuestionChange(name="Shirt", is_required=True), actor="t")
        only = QuestionChange(name="Diet", ticket_type_ids=[fair.type_id])
        add_question(*whose, only, actor="t")

    fair.db.call(build)


def _leave(_fair: Fair) -> None:
    """As it is."""


def _set_state(state: EventState) -> Callable[[Fair], object]:
    return lambda fair: fair.db.call(set_event_state, fair.org_id, fair.event_id, state, actor="t")


def _sell_out(fair: Fair) -> None:
    fair.db.call(set_event_capacity, fair.org_id, fair.event_id, 0, actor="t")


def _sell_out_with_some(fair: Fair) -> None:
    _sell_out(fair)
    waiting = (fair.org_id, fair.event_id, fair.type_id, Contact(**ADA))
    fair.db.call(join_list, *waiting)


def _shut(fair: Fair) -> None:
    _sell_out(fair)
    fair.db.call(set_closed, fair.org_id, fair.event_id, is_closed=True, actor="t")


def _pass(fair: Fair) -> None:
    when = span("2020-06-01T18:00", "2020-06-02T23:00", "Europe/Berlin")
    fair.db.call(set_event_times, fair.org_id, fair.event_id, when, actor="t")


def _move_on(fair: Fair) -> None:
    fair.db.call(
        postpone_event, fair.org_id, fair.event_id, "2099-09-01T18:00", is_quiet=True, actor="t"
    )


def _put_off(fair: Fair) -> None:
    fair.db.call(postpone_without_date, fair.org_id, fair.event_id, is_quiet=True, actor="t")


def _publish(fair: Fair) -> None:
    """What there is once it is over."""
    whose = (fair.org_id, fair.event_id, Contact(**ADA))
    fair.db.call(add_by_staff, *whose, ticket_type_id=fair.type_id, is_complete=False, actor="t")

    def show(tx: Any) -> None:
        picture = Picture(large=b"webp", small=b"small", width=8, height=4)
        digest = keep_picture(tx, fair.org_id, picture, default_quota=1000, actor="t")
        change = EventChange(
            recording_url="https://video.example.org/1",
            pictures=(digest,),
            publishes_numbers=True,
        )
        change_event(tx, fair.org_id, fair.event_id, change, actor="t")

    fair.db.call(show)
    _pass(fair)


def _invite_only(fair: Fair) -> None:
    for name in ("Paid", "General admission"):
        sell(fair, name, is_hidden=True)


def _sell_later(fair: Fair) -> None:
    for name in ("Paid", "General admission"):
        sell(fair, name, sale_starts="2099-04-01T09:00")


def _need_code(fair: Fair) -> None:
    for name in ("Paid", "General admission"):
        sell(fair, name, access_code="secret")


SAID = "?done="
STATES: dict[str, tuple[Callable[[Fair], object], str, str]] = {
    "open": (_leave, "", "Register"),
    "sold out": (_sell_out, "", "Join the waiting list"),
    "list closed": (_shut, "", "the waiting list is closed"),
    "closed": (_set_state(EventState.CLOSED), "", "Registration is closed."),
    "cancelled": (_set_state(EventState.CANCELLED), "", "The event is cancelled."),
    "over": (_pass, "", "The event is over."),
    "over with all": (_publish, "", "Watch the recording"),
    "postponed": (_move_on, "", "It was planned for Monday, 1 June 2099, 18:00 (Europe/Berlin)."),
    "postponed for good": (_put_off, "", "The new date is not known yet"),
    "by invitation": (_invite_only, "", "This event is by invitation."),
    "waits": (_sell_out_with_some, "", "1 ahead of you"),
    "later": (_sell_later, "", "Registration opens on"),
    "by code": (_need_code, "", "Access code"),
    "wrong code": (_need_code, "?code=x", "is not known"),
    "registered": (_leave, SAID, "Thank you"),
    "in German": (_leave, "?lang=de", "Anmelden"),
}


@pytest.fixture(scope="module")
def pages(site: AppClient, node: LocalNode) -> dict[str, str]:
    """Each state's page, with its style sheets in it. The browser comes later: it has an event loop
    of its own."""
    sheet = (read_asset("turnout.css") + make_sheet(COLOUR)).decode()
    found = {}
    for state, (change, query, words) in STATES.items():
        fair = Fair(node)
        _fill(fair)
        change(fair)
        query = query.replace(SAID, f"?done={said(fair.db, fair.path, 'registered')}")
        answer = site.request("GET", fair.path + query, headers=BROWSER)
        page = re.sub(r'<link rel="[^"]*"[^>]*>', "", answer.body.decode())
        assert (answer.status, words in page) == (200, True), state
        found[state] = page.replace("</head>", f"<style>{sheet}</style></head>")
    return found


@pytest.fixture(scope="module")
def browser(pages: dict[str, str]) -> Iterator[Browser]:
    with open_browser() as browser:
        yield browser


@pytest.mark.proof
@pytest.mark.parametrize("state", STATES)
def test_everybody_can_use_each_state(pages: dict[str, str], browser: Browser, state: str) -> None:
    turn = list(STATES).index(state)
    for scheme, width, height in (one for one in SIZES if is_looked_at(turn, one[0])):
        context = browser.new_context(
            color_scheme=scheme, viewport={"width": width, "height": height}
        )
        tab = context.new_page()
        tab.set_content(pages[state])
        assert find_violations(tab) == []
        assert tab.evaluate("document.documentElement.scrollWidth") == width
        context.close()
        proof.report("day and night", state=state, scheme=scheme)


def test_a_script_shows_what_the_chosen_ticket_asks_and_the_visitors_time(
    pages: dict[str, str], browser: Browser
) -> None:
    script = f'<script type="module">{read_asset("event.js").decode()}</script></body>'
    context = browser.new_context(timezone_id="Asia/Tokyo", locale="en-GB")
    tab = context.new_page()
    tab.set_content(pages["open"].replace("</body>", script))
    diet = tab.get_by_label("Diet")
    expect(diet).to_be_visible()
    tab.get_by_label("Paid").check()
    expect(diet).to_be_hidden()
    tab.get_by_label("General admission").check()
    expect(diet).to_be_visible()
    expect(tab.locator("[data-visitor]")).to_contain_text("Your time: Tue")
    context.close()


def test_the_way_to_a_lost_ticket_is_on_each(pages: dict[str, str]) -> None:
    without = [state for state, page in pages.items() if "/my/find/" not in page]
    assert without == ["registered"]  # whose ticket is on its way


def test_what_came_of_it_is_shown_once_it_is_over(pages: dict[str, str]) -> None:
    page = pages["over with all"]
    assert 'href="https://video.example.org/1"' in page
    assert re.findall(r"<dt>(\w+)</dt><dd>(\d+)</dd>", page) == [("Registered", "1")]
    assert page.count("Picture 1") == 1
    assert "Watch the recording" not in pages["open"]


def test_the_state_of_a_postponed_event_is_told_to_programs(pages: dict[str, str]) -> None:
    assert '"eventStatus":"https://schema.org/EventRescheduled"' in pages["postponed"]
    assert '"previousStartDate":"2099-06-01T18:00:00+02:00"' in pages["postponed"]
    off = pages["postponed for good"]
    assert '"eventStatus":"https://schema.org/EventPostponed"' in off
    assert "previousStartDate" not in off
    assert "event.ics" not in off


def test_the_programme_of_an_event_without_a_date_has_no_days(pages: dict[str, str]) -> None:
    heading = re.compile(r'<div class="day">\s*<h3>')
    assert heading.search(pages["open"])
    off = pages["postponed for good"]
    assert 'class="timetable"' in off
    assert not heading.search(off)
    assert not re.search(r'class="timetable">.*<time datetime="2099', off, re.DOTALL)
