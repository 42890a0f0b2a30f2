"""Exams in a real browser: planned, given a room, a walk-in seated, without JavaScript too; every
page of them fits a phone, and axe finds nothing on it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.axe import find_violations
from tests.support.chromium import open_browser
from tests.support.server import Server
from tests.web.console.test_browser import SIZES, wide
from tests.web.test_browser import sign_in

ALL = ("?view=month", "?view=week", "?view=day", "?view=list", "/new", "/venues", "/venues/new")
LISTS = ("/forms", "/forms/new", "/learners", "/settings")
OWN = ("", "/change", "/cancel", "/tell", "/candidates", "/candidates/add", "/results")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as browser:
        yield browser


def enter(browser: Browser, server: Server, *, has_script: bool) -> Page:
    """Somebody with a phone, at night."""
    context = browser.new_context(
        color_scheme="dark", viewport=SIZES["light"], java_script_enabled=has_script
    )
    tab = context.new_page()
    admin = server.demo["messaging"]["admin"]
    tab.goto(f"{server.url}/console/sign-in?next=/console/rail-forum/exams")
    sign_in(tab, admin["username"], admin["password"])
    return tab


def test_everybody_can_use_the_pages_of_exams(browser: Browser, server: Server) -> None:
    tab = enter(browser, server, has_script=True)
    tab.goto(f"{server.url}/console/rail-forum/exams?view=list")
    tab.get_by_role("link", name="Spring exams").first.click()
    own = tab.url
    seen = [f"{server.url}/console/rail-forum/exams{tail}" for tail in (*ALL, *LISTS)]
    found = {}
    for address in (*seen, *(own + tail for tail in OWN), f"{own}/results/import"):
        tab.goto(address)
        found[address] = (find_violations(tab), wide(tab))
    tab.goto(f"{own}/candidates")
    tab.get_by_placeholder("Name, code or address").press_sequentially("ingrid")
    expect(tab.locator("tbody tr")).to_have_count(1)
    assert tab.url.endswith("/candidates?q=ingrid&state=confirmed")
    tab.locator("tbody th a").first.click()
    for tail in ("", "/move", "/cancel"):
        tab.goto(tab.url.removesuffix("/move") + tail)
        found[tail] = (find_violations(tab), wide(tab))
    assert {at: what for at, what in found.items() if what != ([], False)} == {}


def test_a_candidate_is_dragged_to_a_free_seat(browser: Browser, server: Server) -> None:
    tab = enter(browser, server, has_script=True)
    tab.goto(f"{server.url}/console/rail-forum/exams?view=list")
    tab.get_by_role("link", name="Route knowledge").first.click()
    tab.get_by_label("Room", exact=True).select_option(label="Room 1, 12 seats")
    tab.get_by_role("button", name="Use this room").click()
    tab.set_viewport_size(SIZES["dark"])
    name = tab.locator(".seat b").first.inner_text()
    tab.locator("[data-candidate]").first.drag_to(tab.locator("[data-seat='12']"))
    expect(tab.get_by_role("status").first).to_contain_text("The seat is given.")
    expect(tab.locator(".seat").last).to_contain_text(name)
    # A finger that holds them drags them as well.
    touch = tab.context.new_cdp_session(tab)
    touch.send("Emulation.setTouchEmulationEnabled", {"enabled": True})
    points = []
    for place in ("[data-candidate] >> nth=0", "[data-seat='1'], [data-seat='2']"):
        box = tab.locator(place).first.bounding_box()
        assert box is not None
        points.append([{"x": box["x"] + 20, "y": box["y"] + 20}])
    name = tab.locator("[data-candidate] b").first.inner_text()
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": points[0]})
    expect(tab.locator("[data-candidate]").first).to_have_css("opacity", "0.5")
    for kind, where in (("touchMove", points[1]), ("touchEnd", [])):
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": where})
    expect(tab.locator(".seat b").first).to_have_text(name)


def test_a_room_and_a_walk_in_without_a_script(browser: Browser, server: Server) -> None:
    tab = enter(browser, server, has_script=False)
    tab.goto(f"{server.url}/console/rail-forum/exams?view=list")
    tab.get_by_role("link", name="Spring exams").first.click()
    tab.get_by_label("Room", exact=True).select_option(label="Room 1, 12 seats")
    tab.get_by_role("button", name="Use this room").click()
    expect(tab.get_by_role("status").first).to_contain_text("its candidates have seats")
    expect(tab.locator(".seat")).to_have_count(12)
    tab.get_by_role("link", name="Add a candidate").click()
    tab.get_by_label("Learner's code").fill("L-0012")
    tab.get_by_label("They are here now").check()
    tab.get_by_role("button", name="Add a candidate").click()
    expect(tab.get_by_role("status").first).to_contain_text("The candidate is registered.")
    expect(tab.get_by_role("main")).to_contain_text("Present")
