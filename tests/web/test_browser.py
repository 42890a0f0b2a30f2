"""The pages of a real demo in a real browser, on a phone and on a desk, by day and by night."""

import io
import time
from urllib.parse import urlsplit

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import expect

from tests.cli.runner import Turnout
from tests.support import proof
from tests.support.axe import find_violations
from tests.support.chromium import open_browser
from tests.support.day_and_night import list_schemes

PAGES = {"start": "/", "reference": "/reference/registration", "failure": "/no/such/page"}
PHONE = {"width": 360, "height": 800}
DESK = {"width": 1280, "height": 800}


@pytest.fixture(scope="module")
def browser():
    with open_browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def asking(server):
    """The page of an event that asks one question of each shape."""
    run = Turnout(f"sqlite:///{server.folder / 'turnout.db'}")
    known = server.demo["attendance"]["eventId"]
    said = run.ok("event", "copy", "rail-forum", known, "--starts", "2099-03-02T09:00")
    event = said.split()[1].rstrip(",")
    run.ok("event", "publish", "rail-forum", event)
    table = "|Unterbringungsmöglichkeiten|Verpflegung|Ankunftszeiten|\n|-|-|-|\n|a|b|c|"
    run.ok("event", "set", "rail-forum", event, "--description", table)
    terms = ("--text", "Be [kind](https://a.example).", "--label", "I accept the terms")
    for question in (
        ("Meals", "--kind", "choice", "--choice", "vegan", "--choice", "fish", "--required"),
        ("Rooms", "--kind", "number", "--label", "How many rooms?", "--hint", "As a number."),
        ("Days", "--kind", "several", "--choice", "Monday", "--choice", "Tuesday"),
        ("First time?", "--kind", "yes-no", "--required"),
        ("Terms", "--kind", "agreement", "--required", *terms),
        ("Wishes", "--kind", "long-text"),
        ("Arrival", "--kind", "date"),
        ("Home", "--kind", "country"),
    ):
        run.ok("question", "add", "rail-forum", event, *question)
    return f"{server.url}/rail-forum/{event}"


@pytest.fixture
def tab(browser, request):
    """A new tab that notes what is said in its console and what it asks for; by day unless a test
    says otherwise."""
    scheme = getattr(request, "param", "light")
    context = browser.new_context(color_scheme=scheme, viewport=PHONE)
    tab = context.new_page()
    tab.said, tab.asked = [], []
    tab.on("console", lambda message: tab.said.append((message.text, message.location["url"])))
    tab.on("pageerror", lambda error: tab.said.append((str(error), "")))
    tab.on("request", lambda request: tab.asked.append(request.url))
    yield tab
    context.close()


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)
def test_a_page_is_sound(server, tab, path):
    url = f"{server.url}{path}"
    tab.goto(url)
    # That a page was not found is all that may be said, and only of that page itself.
    assert [text for text, place in tab.said if place != url or "404" not in text] == []
    assert [asked for asked in tab.asked if not asked.startswith(f"{server.url}/")] == []
    assert len(tab.asked) >= 2
    for size in (PHONE, DESK):
        tab.set_viewport_size(size)
        assert tab.evaluate("document.documentElement.scrollWidth") == size["width"]


@pytest.mark.proof
@pytest.mark.parametrize(
    ("path", "tab"),
    [(path, one) for turn, path in enumerate(PAGES.values()) for one in list_schemes(turn)],
    indirect=["tab"],
)
def test_everybody_can_use_a_page(server, tab, path):
    tab.goto(f"{server.url}{path}")
    # By day on a phone, by night on a desk: axe takes seconds for a long page.
    is_dark = tab.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    tab.set_viewport_size(DESK if is_dark else PHONE)
    assert find_violations(tab) == []
    proof.report("day and night", page=path, is_dark=is_dark)


@pytest.mark.proof
@pytest.mark.parametrize("scheme", list_schemes(0))
def test_everybody_can_use_the_pages_that_links_and_passwords_lead_to(server, browser, scheme):
    user = server.demo["messaging"]["user"]
    size = PHONE if scheme == "light" else DESK
    context = browser.new_context(color_scheme=scheme, viewport=size)
    tab = context.new_page()
    wanted = f"{server.url}/outbox?channel=email&to=friend000@example.com"
    tab.goto(wanted)
    assert find_violations(tab) == []
    sign_in(tab, user["username"], user["password"])
    assert tab.url == wanted
    assert find_violations(tab) == []
    tab.goto(find_invitation(server, tab))
    assert tab.get_by_role("heading", level=1).inner_text() == "Open Rail Summit"
    assert find_violations(tab) == []
    tab.get_by_role("button", name="I cannot come after all").press("Enter")
    tab.get_by_role("button", name="I will come after all").press("Enter")
    expect(tab.get_by_role("status")).to_contain_text("You are coming")
    tab.get_by_role("link", name="Your ticket").press("Enter")
    assert find_violations(tab) == []
    shown = tab.get_by_role("img", name="QR code of the ticket").screenshot()
    (code,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(shown)).convert("L"))
    assert code.text.split(":")[2] == tab.locator("code.ticket").inner_text()
    for width in (PHONE["width"], DESK["width"]):
        tab.set_viewport_size({"width": width, "height": 800})
        assert tab.evaluate("document.documentElement.scrollWidth") == width
    context.close()


@pytest.mark.proof
@pytest.mark.parametrize("scheme", list_schemes(1))
def test_everybody_can_register_on_an_events_page(server, browser, scheme):
    size = PHONE if scheme == "light" else DESK
    context = browser.new_context(color_scheme=scheme, viewport=size)
    tab = context.new_page()
    tab.goto(f"{server.url}/rail-forum/{server.demo['attendance']['eventId']}")
    assert find_violations(tab) == []
    if size == PHONE:
        use_bar(tab, f"{server.url}/rail-forum")
    for label in ("First name", "Last name"):
        tab.get_by_label(label).fill("Ada")
    tab.get_by_label("E-mail address").fill(f"{scheme}@example.com")
    tab.get_by_role("button", name="Register").press("Enter")
    expect(tab.get_by_role("status")).to_contain_text("Your ticket is on its way")
    assert find_violations(tab) == []
    assert tab.evaluate("document.documentElement.scrollWidth") == size["width"]
    context.close()


def use_bar(tab, elsewhere):
    """The bar at the foot of a phone leads to the form, gives way to it, and says the price of what
    is chosen: also for somebody who comes back, as their choice does."""
    bar, tickets = tab.locator(".bar-bottom"), tab.locator("[name=ticket]")
    expect(bar).to_be_in_viewport(ratio=1)
    first = bar.locator("[data-price]").inner_text()
    tickets.last.check()
    expect(bar.locator("[data-price]")).not_to_have_text(first)
    price = bar.locator("[data-price]").text_content()
    bar.evaluate("bar => bar.querySelector('a').click()")
    expect(tab.locator("#register")).to_be_in_viewport()
    expect(bar).to_be_hidden()
    tab.goto(elsewhere)
    tab.go_back()
    expect(tickets.last).to_be_checked()
    expect(bar.locator("[data-price]")).to_have_text(price)
    tickets.first.check()
    expect(bar.locator("[data-price]")).to_have_text(first)


@pytest.mark.proof
@pytest.mark.parametrize("scheme", list_schemes(0))
def test_everybody_can_answer_what_an_event_asks(asking, browser, scheme):
    size = PHONE if scheme == "light" else DESK
    context = browser.new_context(color_scheme=scheme, viewport=size)
    tab = context.new_page()
    tab.goto(asking)
    assert find_violations(tab) == []
    lines = "[...document.querySelectorAll('th')].map(cell => cell.getClientRects()[0].height)"
    assert len(set(tab.evaluate(lines))) == 1
    assert tab.evaluate("document.documentElement.scrollWidth") == size["width"]
    tab.get_by_label("Last name").fill("Ada")
    tab.get_by_label("E-mail address").fill(f"{scheme}@example.com")
    tab.get_by_label("Meals").select_option("vegan")
    tab.get_by_label("How many rooms?").fill("many")
    tab.get_by_role("group", name="Days").get_by_label("Monday").check()
    tab.get_by_role("group", name="First time?").get_by_label("No").check()
    tab.get_by_label("I accept the terms").check()
    tab.get_by_role("button", name="Register").press("Enter")
    rooms = tab.get_by_label("How many rooms?")
    expect(rooms).to_have_accessible_description(
        "As a number. 'How many rooms?' takes a number such as 12 or 12.5."
    )
    expect(tab.get_by_role("alert")).to_contain_text("see beside the questions. Nothing was sent.")
    expect(tab.get_by_role("alert")).to_be_focused()
    assert find_violations(tab) == []
    tab.get_by_role("alert").get_by_role("link", name="How many rooms?").press("Enter")
    assert tab.evaluate("document.documentElement.scrollWidth") == size["width"]
    rooms.fill("12,5")
    tab.get_by_role("button", name="Register").press("Enter")
    expect(tab.get_by_role("status")).to_contain_text("Your ticket is on its way")
    expect(tab.get_by_role("status")).to_be_focused()
    context.close()


def find_invitation(server, tab):
    """The page of the first invitation that the outbox shows; demos are seeded at an address that
    servers of copies do not have."""
    words = " ".join(tab.locator(".messages .text").all_inner_texts()).split()
    return server.url + urlsplit(next(word for word in words if "/invitation/" in word)).path


def sign_in(tab, user_code, password):
    """Fill in the sign-in page that a page has led to."""
    tab.get_by_label("Email address or user name").fill(user_code)
    tab.get_by_label("Password", exact=True).fill(password)
    tab.get_by_role("button", name="Sign in", exact=True).press("Enter")
    tab.wait_for_url(lambda url: "/console/sign-in" not in url)


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)
def test_the_keyboard_comes_to_the_content_first(server, tab, path):
    tab.goto(f"{server.url}{path}")
    tab.keyboard.press("Tab")
    link = tab.locator(":focus")
    assert link.inner_text() == "Skip to the content"
    expect(link).to_be_in_viewport()
    tab.keyboard.press("Enter")
    assert tab.evaluate("document.activeElement.id") == "main"


def test_code_that_is_too_wide_scrolls_by_keyboard(server, tab):
    tab.goto(f"{server.url}/")
    code = tab.locator("pre").first
    code.focus()
    assert code.evaluate("pre => pre.scrollWidth > pre.clientWidth")
    tab.keyboard.press("ArrowRight")
    # A string for `wait_for_function` would be evaluated in the page, which its policy forbids.
    deadline = time.monotonic() + 5
    while not code.evaluate("pre => pre.scrollLeft > 0"):
        assert time.monotonic() < deadline


def test_the_start_page_leads_to_the_reference(server, tab):
    tab.goto(f"{server.url}/")
    tab.get_by_role("link", name="Registration reference").click()
    tab.get_by_role("navigation", name="On this page").get_by_text("Failures").click()
    assert tab.url == f"{server.url}/reference/registration#failures"
    assert tab.get_by_role("heading", level=1).inner_text() == "Registration API"
