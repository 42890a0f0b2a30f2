"""Messages in a real browser: every page by day or by night, written and sent with script and
without."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support import proof
from tests.support.axe import find_violations
from tests.support.chromium import open_browser
from tests.support.day_and_night import is_looked_at
from tests.support.server import Server
from tests.web.console.test_browser import SIZES, wide
from tests.web.test_browser import sign_in

PAGES = ("", "/new?channel=sms", "/replies", "/excluded", "/senders", "/lists", "/upload")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as browser:
        yield browser


@pytest.fixture(scope="module", params=["light", "dark"])
def tab(browser: Browser, server: Server, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A tab of somebody who has signed in; at night without script."""
    context = browser.new_context(
        color_scheme=request.param,
        viewport=SIZES[request.param],
        java_script_enabled=request.param == "light",
    )
    tab = context.new_page()
    admin = server.demo["messaging"]["admin"]
    tab.goto(f"{server.url}/console/sign-in?next=/console")
    sign_in(tab, admin["username"], admin["password"])
    yield tab
    context.close()


def has_script(tab: Page) -> bool:
    return tab.viewport_size == SIZES["light"]


def check(tab: Page) -> None:
    """Nothing is wider than the screen, and axe finds nothing."""
    if has_script(tab):
        assert (tab.url, find_violations(tab), wide(tab)) == (tab.url, [], False)


@pytest.mark.proof
def test_everybody_can_use_the_pages_of_messages(browser: Browser, server: Server) -> None:
    admin = server.demo["messaging"]["admin"]
    for scheme, size in SIZES.items():
        context = browser.new_context(color_scheme=scheme, viewport=size)  # type: ignore[arg-type]
        tab = context.new_page()
        tab.goto(f"{server.url}/console/sign-in?next=/console")
        sign_in(tab, admin["username"], admin["password"])
        for path in (path for turn, path in enumerate(PAGES) if is_looked_at(turn, scheme)):
            tab.goto(f"{server.url}/console/rail-forum/messages{path}")
            assert (path, find_violations(tab), wide(tab)) == (path, [], False)
        if not is_looked_at(1, scheme):
            continue
        tab.goto(f"{server.url}/console/rail-forum/messages")
        tab.locator("tbody th a").last.press("Enter")
        expect(tab.locator("#live .figures")).to_be_visible()
        assert (find_violations(tab), wide(tab)) == ([], False)
        tab.locator("#recipients tbody th a").first.press("Enter")
        expect(tab.locator("ol.line li").first).to_be_visible()
        assert (find_violations(tab), wide(tab)) == ([], False)
    proof.report("day and night", pages="messages")


def test_a_message_is_written_checked_and_sent(tab: Page, server: Server) -> None:
    event = server.demo["attendance"]["eventId"]
    tab.goto(f"{server.url}/console/{event}/messages/new?to=event:{event}:pending")
    tab.get_by_label("Subject").fill("Are you coming, %%FirstName%%?")
    tab.get_by_label("Text", exact=True).fill("Hello ")
    tab.locator("summary", has_text="Insert a field").press("Enter")
    tab.get_by_role("button", name="%%FirstName%%").press("Enter")
    expect(tab.get_by_label("Text", exact=True)).to_have_value("Hello %%FirstName%%")
    if has_script(tab):
        expect(tab.locator("#check .phone")).to_contain_text("Hello ")
    tab.get_by_label("Name of the message").press("Enter")
    expect(tab.locator(".faults")).to_contain_text("There is a problem: 2 answers need correcting")
    check(tab)
    tab.get_by_label("Service: about").check()
    tab.get_by_label("Name of the message").fill("Answers")
    tab.get_by_label("Name of the message").press("Enter")
    expect(tab.locator("#check")).to_contain_text("get it")
    check(tab)
    tab.get_by_role("button", name="Send to").press("Enter")
    expect(tab.get_by_role("heading", level=1)).to_have_text("Answers")
    # The simulator may be done with it before the page is read: then that is said instead.
    on_its_way = tab.get_by_role("status").filter(has_text="The message is on its way.")
    ended = tab.locator("#live").filter(has_text="Ended")
    expect(on_its_way.or_(ended).first).to_be_visible()
    if has_script(tab):
        expect(tab.locator("#live")).to_contain_text("Ended", timeout=20_000)
    else:
        expect(tab.locator("#live")).to_contain_text("Recipients")
