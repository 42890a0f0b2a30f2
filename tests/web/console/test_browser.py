"""The console of a real demo in a real browser: on a phone and on a desk, by day and by night, with
large text, and with the keyboard."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, ViewportSize, expect

from tests.support import proof
from tests.support.axe import find_violations
from tests.support.chromium import open_browser
from tests.support.day_and_night import in_schemes, list_schemes
from tests.support.server import Server
from tests.web.test_browser import sign_in

SIZES: dict[str, ViewportSize] = {
    "light": {"width": 390, "height": 800},
    "dark": {"width": 1280, "height": 800},
}
PAGES = ("/console", "/console/_gallery", "/console/search?q=a")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def tab(browser: Browser, server: Server, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A tab of somebody who has signed in."""
    context = browser.new_context(color_scheme=request.param, viewport=SIZES[request.param])
    tab = context.new_page()
    admin = server.demo["messaging"]["admin"]
    tab.goto(f"{server.url}/console/sign-in?next=/console")
    sign_in(tab, admin["username"], admin["password"])
    yield tab
    context.close()


@pytest.fixture
def people(server: Server) -> str:
    return f"{server.url}/console/{server.demo['attendance']['eventId']}/people"


def wide(tab: Page) -> bool:
    """Whether the page scrolls sideways."""
    width = tab.evaluate("document.documentElement.scrollWidth")
    return bool(width > tab.viewport_size["width"]) if tab.viewport_size else True


@pytest.mark.proof
@pytest.mark.parametrize(
    ("path", "tab"),
    [(path, one) for turn, path in enumerate(PAGES) for one in list_schemes(turn)],
    indirect=["tab"],
    scope="module",
)
def test_everybody_can_use_a_page(tab: Page, server: Server, path: str) -> None:
    tab.goto(f"{server.url}{path}")
    assert (find_violations(tab), wide(tab)) == ([], False)
    proof.report("day and night", page=path)


@pytest.mark.proof
@in_schemes(1)
def test_everybody_can_use_report_and_webcast(tab: Page, server: Server) -> None:
    base = f"{server.url}/console/{server.demo['reporting']['eventId']}"
    for path in ("report", "report?from=x&tz=Mars", "report/links", "webcast"):
        tab.goto(f"{base}/{path}")
        assert (path, find_violations(tab), wide(tab)) == (path, [], False)
    tab.locator("tbody th a").first.press("Enter")
    expect(tab.get_by_role("heading", name="Polls and surveys")).to_be_visible()
    tab.get_by_role("link", name=re.compile("^Answer ")).first.press("Enter")
    expect(tab.get_by_label("Answer", exact=True)).to_be_visible()
    assert (find_violations(tab), wide(tab)) == ([], False)


@pytest.mark.proof
@in_schemes(0)
def test_everybody_can_use_the_registrations(tab: Page, people: str) -> None:
    tab.goto(f"{people}?sort=name")
    assert (find_violations(tab), wide(tab)) == ([], False)
    tab.locator("tbody th a").first.press("Enter")
    assert (find_violations(tab), wide(tab)) == ([], False)
    tab.goto(f"{people}/add")
    tab.get_by_label("Email", exact=True).fill("zoe@")
    tab.locator("form.editor").evaluate("form => form.noValidate = true")
    tab.get_by_role("button", name="Register this person").press("Enter")
    expect(tab.get_by_role("group", name="There is a problem")).to_be_focused()
    assert (find_violations(tab), wide(tab)) == ([], False)


@pytest.mark.proof
@in_schemes(1)
def test_text_may_be_twice_as_large_and_the_screen_320_wide(
    tab: Page, server: Server, people: str
) -> None:
    before = tab.viewport_size
    for path in (people, f"{people}/add", f"{server.url}/console"):
        tab.goto(path)
        tab.evaluate("document.documentElement.style.fontSize = '200%'")
        assert (path, wide(tab)) == (path, False)
        tab.set_viewport_size({"width": 320, "height": 640})
        tab.evaluate("document.documentElement.style.fontSize = ''")
        assert (path, wide(tab)) == (path, False)
        assert before
        tab.set_viewport_size(before)


@pytest.mark.proof
@in_schemes(0)
def test_rows_are_chosen_and_counted(tab: Page, people: str) -> None:
    tab.goto(people)
    expect(tab.locator(".bulk")).to_be_hidden()
    tab.locator("tbody input[type=checkbox]").nth(1).check()
    tab.locator("tbody input[type=checkbox]").nth(2).check()
    expect(tab.locator(".bulk")).to_contain_text("2 selected")
    tab.get_by_label("Select all on this page").check()
    expect(tab.locator(".bulk")).to_contain_text("50 selected")


@pytest.mark.proof
@in_schemes(1)
def test_search_as_you_type_changes_the_address(tab: Page, people: str) -> None:
    tab.goto(people)
    tab.locator("#people-q").press_sequentially("kavya")
    expect(tab.locator("tbody th a").first).to_contain_text("Kavya")
    expect(tab).to_have_url(re.compile(r"/people\?q=kavya&"))
    # What is exported and counted is what is listed, and what was typed stays.
    expect(tab.locator("#people-export a").first).to_have_attribute(
        "href", re.compile(r"\.csv\?q=kavya")
    )
    chip = tab.get_by_role("link", name="Expected")
    expect(chip).to_have_attribute("href", re.compile("q=kavya"))
    expect(tab.locator("#people-q")).to_be_focused()
    tab.get_by_role("link", name="Take the filters off").click()
    expect(tab.locator("#people-q")).to_have_value("")


@pytest.mark.proof
@in_schemes(0)
def test_keys_lead_through_lists_and_pages(tab: Page, people: str) -> None:
    tab.goto(people)
    dialog = tab.locator("dialog#keys")
    tab.keyboard.press("?")
    expect(dialog).to_be_visible()
    expect(dialog).to_contain_text("shows these keys")
    tab.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    tab.locator("summary.avatar").click()
    tab.get_by_role("button", name="Keys").click()
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="Close").click()
    # Registrations, and the next page that begins so.
    tab.locator("h1").click()
    for heading in ("Report", "Registrations"):
        tab.keyboard.press("g")
        tab.keyboard.press("r")
        expect(tab.locator(".nav a[aria-current]")).to_contain_text(heading)
    # A list that nothing is chosen in has the same keys.
    tab.keyboard.press("g")
    tab.keyboard.press("h")
    expect(tab).to_have_url(re.compile("/console$"))
    tab.goto(tab.url + "/events")
    tab.keyboard.press("j")
    tab.keyboard.press("j")
    expect(tab.locator("tbody tr").nth(1).locator("th a")).to_be_focused()
    tab.keyboard.press("Enter")
    expect(tab).to_have_url(re.compile(r"/console/\d+$"))


@pytest.mark.proof
@in_schemes(0)
def test_a_second_press_sends_nothing(tab: Page, server: Server) -> None:
    sent: list[str] = []

    def keep(route: Route) -> None:
        """The server takes its time: the page stays."""
        if route.request.method == "POST":
            sent.append(route.request.url)
            route.fulfill(status=204)
        else:
            route.fallback()

    tab.goto(f"{server.url}/console/events/new")
    tab.route("**/console/events/new", keep)
    button = tab.get_by_role("button", name="Make the draft")
    with tab.expect_request("**/console/events/new"):
        button.click()
    button.click()
    tab.wait_for_timeout(300)
    tab.unroute("**/console/events/new", keep)
    assert len(sent) == 1


@pytest.mark.proof
@in_schemes(1)
def test_what_is_copied_is_said(tab: Page, server: Server) -> None:
    tab.goto(f"{server.url}/console/{server.demo['attendance']['eventId']}")
    tab.evaluate("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    tab.get_by_role("button", name="Copy address").click()
    expect(tab.get_by_role("button", name="Copied")).to_be_visible()
    expect(tab.locator("[data-status]")).to_have_text("Copied")
