"""An organizer who knows no terminal makes and publishes an event, and a visitor registers."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.cli.runner import Turnout
from tests.support import proof
from tests.support.axe import find_violations
from tests.support.chromium import open_browser

PASSWORD = "Owner password 1"
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
WAYS = [(DESK, True), (PHONE, False), (PHONE, True), (DESK, False)]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def owner(server) -> str:
    run = Turnout(f"sqlite:///{server.folder / 'turnout.db'}")
    named = ("--name", "Agnes Agent", "--email", "agnes@example.com", "--role", "admin")
    run.ok("user", "create", "rail-forum", "rail/agnes", *named, "--password-stdin", stdin=PASSWORD)
    return "rail/agnes"


@pytest.mark.proof
@pytest.mark.parametrize(("size", "has_script"), proof.scale(WAYS[:2], WAYS))
def test_from_a_new_event_to_a_visitor(
    server, browser: Browser, owner: str, size, has_script: bool
) -> None:
    context = browser.new_context(
        viewport=size,
        color_scheme="light" if has_script else "dark",
        java_script_enabled=has_script,
    )
    tab = context.new_page()
    sign_in(tab, f"{server.url}/console/events", owner)
    tab.get_by_role("link", name="New event").click()
    tab.get_by_label("Name of the event").fill("Night trains")
    tab.get_by_label("Begins").fill("2097-05-12T09:00")
    tab.get_by_label("Ends").fill("2097-05-12T17:00")
    tab.get_by_role("button", name="Make the draft").click()
    expect(tab.get_by_role("heading", level=1)).to_have_text("Night trains")
    expect(tab.get_by_role("status").first).to_contain_text("The draft is made.")
    check(tab, size, has_script=has_script)
    base = tab.url.partition("?")[0]
    add_session(tab, base)
    add_ticket(tab, base)
    add_question(tab, base)
    tab.goto(f"{base}/publish")
    check(tab, size, has_script=has_script)
    tab.get_by_role("button", name="Publish “Night trains”").click()
    expect(tab.get_by_role("status").first).to_contain_text("The event is published")
    address = tab.get_by_role("link", name="See the page").get_attribute("href")
    assert address
    register(context.new_page(), address)
    tab.goto(base)
    expect(tab.locator(".figures")).to_contain_text("Registered")
    expect(tab.locator(".figures dd").first).to_contain_text("1")
    check(tab, size, has_script=has_script)
    context.close()
    proof.report("a new event", width=size["width"], script=has_script)


def sign_in(tab: Page, url: str, user: str) -> None:
    tab.goto(url)
    tab.get_by_label("Email address or user name").fill(user)
    tab.get_by_label("Password", exact=True).fill(PASSWORD)
    tab.get_by_role("button", name="Sign in", exact=True).press("Enter")
    expect(tab.get_by_role("heading", level=1)).to_have_text("Events")


def add_session(tab: Page, base: str) -> None:
    tab.goto(f"{base}/programme")
    tab.get_by_role("link", name="Add the first session").click()
    tab.get_by_label("Name of the session").fill("The last metre")
    tab.get_by_label("Room").fill("Hall")
    tab.get_by_role("button", name="Add a session").click()
    expect(tab.get_by_role("status").first).to_contain_text("The session is added.")


def add_ticket(tab: Page, base: str) -> None:
    tab.goto(f"{base}/tickets")
    tab.get_by_role("link", name="Add a ticket").click()
    tab.get_by_role("button", name="Add a ticket").click()
    expect(tab.get_by_role("heading", name="There is a problem")).to_be_visible()
    tab.get_by_role("link", name="Nothing is entered here.").click()
    tab.get_by_label("Name", exact=True).fill("Student")
    tab.get_by_label("Capacity").fill("60")
    tab.get_by_role("button", name="Add a ticket").click()
    expect(tab.get_by_role("status").first).to_contain_text("The ticket is added.")


def add_question(tab: Page, base: str) -> None:
    tab.goto(f"{base}/questions/new")
    tab.get_by_label("Question", exact=True).fill("What do you eat?")
    tab.get_by_label("Kind of answer").select_option("choice")
    tab.get_by_label("Answers to choose from").fill("Fish\nVegan")
    tab.get_by_role("button", name="Add a question").click()
    expect(tab.get_by_role("status").first).to_contain_text("The question is added.")


def register(tab: Page, address: str) -> None:
    """A visitor takes a place."""
    tab.goto(address)
    expect(tab.get_by_role("heading", level=1)).to_have_text("Night trains")
    tab.get_by_label("First name").fill("Ada")
    tab.get_by_label("Last name").fill("Lovelace")
    tab.get_by_label("Email").or_(tab.get_by_label("E-mail")).first.fill("ada@example.com")
    tab.get_by_role("button", name="Register").click()
    expect(tab.get_by_role("status").first).to_be_visible()


def check(tab: Page, size: dict[str, int], *, has_script: bool) -> None:
    """Nothing is wider than the screen, and axe finds nothing."""
    if not has_script:
        return
    assert tab.evaluate("document.documentElement.scrollWidth") == size["width"]
    assert find_violations(tab) == []
