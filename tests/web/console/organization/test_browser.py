"""The organization's own pages in a real browser, each once: by day on a phone, or by night on a
desk."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.axe import find_violations
from tests.support.chromium import open_browser
from tests.support.server import Server
from tests.web.console.test_browser import SIZES, wide
from tests.web.test_browser import sign_in

ORGANIZATION = "/console/rail-forum"
PAGES = (
    *("/settings", "/settings/look", "/settings/texts", "/settings/texts/offer"),
    *("/settings/retention?count=1", "/settings/limits", "/settings/networks", "/settings/server"),
    *("/people", "/people?q=nobody-has-this", "/people/2", "/people/2/edit", "/people/2/erase"),
    *("/people/2/merge", "/people/2/merge?other=3", "/outbox?channel=email"),
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as browser:
        yield browser


def check(tab: Page) -> None:
    """Nothing is wider than the screen, and axe finds nothing."""
    assert (tab.url, find_violations(tab), wide(tab)) == (tab.url, [], False)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_use_the_organizations_pages(
    server: Server, browser: Browser, scheme
) -> None:
    admin = server.demo["messaging"]["admin"]
    with browser.new_context(color_scheme=scheme, viewport=SIZES[scheme]) as context:
        tab = context.new_page()
        tab.goto(f"{server.url}/console/sign-in?next=/console")
        sign_in(tab, admin["username"], admin["password"])
        for path in PAGES[scheme == "dark" :: 2]:
            tab.goto(f"{server.url}{ORGANIZATION}{path}")
            check(tab)
        tab.goto(f"{server.url}{ORGANIZATION}/settings")
        tab.get_by_label("Name of the sender").fill("Rail <info@rail.example>")
        tab.get_by_role("button", name="Save").press("Enter")
        expect(tab.get_by_role("group", name="There is a problem")).to_be_focused()
        check(tab)
        tab.goto(f"{server.url}{ORGANIZATION}/settings/retention")
        tab.get_by_label("Days after the end").fill("365")
        tab.get_by_role("button", name="See what will happen").first.press("Enter")
        expect(tab.get_by_role("heading", name="What will happen")).to_be_focused()
        check(tab)
