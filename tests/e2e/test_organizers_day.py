"""An organizer's day in the browser, from the link that the terminal prints to the report.

Nobody types a command after `turnout serve`: the mails and texts are read where the simulator keeps
them, as people would read them on their own devices.
"""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.cli.runner import Turnout
from tests.support import proof
from tests.support.axe import find_violations
from tests.support.chromium import open_browser
from tests.support.server import Server

PASSWORD = "three words here"
ZONE = ZoneInfo("Europe/Berlin")
PHONE, DESK = (390, 844), (1280, 900)


class Way(NamedTuple):
    """How the day is gone through; `has_mouse`: by pressing what is seen, otherwise by the keys
    alone."""

    size: tuple[int, int] = DESK
    has_script: bool = True
    has_mouse: bool = True


WAYS = [
    Way(),
    Way(has_mouse=False),
    Way(PHONE),
    Way(has_script=False),
    Way(PHONE, has_script=False),
]
# The simulator's owner of a number that ends in 5 answers.
ADAS_PHONE, ANSWER = "+4915112345675", "Thanks, I will be there."


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with Server(tmp_path, command=("serve",), insecure_http="true") as server:
        yield server


class Day:
    """The organizer's tab, the console's address of their event, and guests beside."""

    def __init__(self, server: Server, browser: Browser, way: Way) -> None:
        self.server, self.way = server, way
        self.outbox = Turnout(f"sqlite:///{server.folder / 'turnout.db'}")
        self._context = browser.new_context(
            viewport={"width": way.size[0], "height": way.size[1]},
            java_script_enabled=way.has_script,
            color_scheme="dark" if way.has_script else "light",
            locale="en-GB",
        )
        self._guests = browser.new_context(viewport={"width": 390, "height": 844}, locale="en-GB")
        self._context.set_default_timeout(10_000)
        self.tab = self._context.new_page()
        self.base = ""

    def guest(self, address: str) -> Page:
        tab = self._guests.new_page()
        tab.goto(address)
        return tab

    def mail(self, address: str) -> str:
        """The newest message to an address, whole."""
        return self.outbox.ok("outbox", "night", "--to", address, "--limit", "1", "--full")

    def go(self, tail: str) -> None:
        self.tab.goto(f"{self.base}/{tail}".rstrip("/"))

    def press(self, name: str) -> None:
        self.use(self.tab.get_by_role("button", name=name, exact=True).last)

    def follow(self, name: str) -> None:
        self.use(self.tab.get_by_role("link", name=name, exact=True).first)

    def use(self, what: Locator) -> None:
        """Press a button, follow a link, open what is folded."""
        if self.way.has_mouse:
            return what.click()
        self.reach(what)
        return self.tab.keyboard.press("Enter")

    def tick(self, label: str) -> None:
        choice = self.tab.get_by_label(label)
        if self.way.has_mouse:
            return choice.check()
        # Keys reach the chosen one of a group, or its first; arrows lead to the others.
        self.reach(choice, arrows=choice.get_attribute("type") == "radio")
        if not choice.is_checked():
            self.tab.keyboard.press("Space")
        return expect(choice).to_be_checked()

    def choose(self, label: str, option: str) -> None:
        choice = self.tab.get_by_label(label)
        if self.way.has_mouse:
            choice.select_option(label=option)
            return
        self.reach(choice)
        self.tab.keyboard.type(option)
        expect(choice.locator("option:checked")).to_have_text(option)

    def enter(self, label: str, text: str, *, exact: bool = False) -> None:
        field = self.tab.get_by_label(label, exact=exact)
        if self.way.has_mouse:
            return field.fill(text)
        self.reach(field)
        keys = self.tab.keyboard
        if field.get_attribute("type") == "datetime-local":
            at = datetime.fromisoformat(text)
            keys.type(f"{at:%m%d%Y}")
            keys.press("ArrowRight")
            keys.type(f"{at:%I%M%p}")
            return expect(field).to_have_value(text)
        keys.press("Control+a")
        return keys.type(text)

    def reach(self, what: Locator, *, arrows: bool = False) -> None:
        """Go to it by the Tab key, and by arrows inside a group."""
        expect(what).to_be_visible()
        for _ in range(300):
            if what.evaluate("one => one === document.activeElement"):
                return
            is_near = arrows and what.evaluate(
                "one => one.name && one.name === document.activeElement?.name"
            )
            self.tab.keyboard.press("ArrowDown" if is_near else "Tab")
        raise AssertionError(f"no key leads to {what} of {self.tab.url}")

    def has_done(self, sentence: str) -> None:
        expect(self.tab.get_by_role("status").first).to_contain_text(sentence)

    def look(self) -> None:
        """Nothing is wider than the screen, and axe finds nothing."""
        if self.way.has_script:
            wide = self.tab.evaluate("document.documentElement.scrollWidth")
            assert wide == self.way.size[0], self.tab.url
            assert (self.tab.url, find_violations(self.tab)) == (self.tab.url, [])


@pytest.mark.proof
@pytest.mark.parametrize("way", range(proof.scale(1, len(WAYS))))
def test_a_day_from_the_first_start_to_the_report(server: Server, way: int) -> None:
    with open_browser("--lang=en-US") as browser:
        day = Day(server, browser, WAYS[way])
        set_up(day)
        make_event(day)
        add_session(day)
        publish(day)
        visit(day)
        invite(day)
        write(day)
        watch(day)
        check_in(day)
        report(day)
        erase(day)
    width, script, mouse = WAYS[way].size[0], WAYS[way].has_script, WAYS[way].has_mouse
    proof.report("an organizer's day", width=width, script=script, mouse=mouse)


def set_up(day: Day) -> None:
    found = re.search(r"http://\S+/console/set-up/\S+", day.server.read_log())
    assert found
    day.tab.goto(found[0])
    day.look()
    day.enter("Organization", "Night Trains Club")
    day.enter("Short name", "night")
    day.enter("Time zone", ZONE.key)
    day.enter("Your name", "Olga Owner")
    day.enter("Email address", "olga@night.example")
    day.enter("New password", PASSWORD)
    day.enter("The same password again", PASSWORD)
    day.press("Make the organization and sign in")
    expect(day.tab.get_by_text("There is no event here yet")).to_be_visible()
    day.look()


def make_event(day: Day) -> None:
    day.follow("New event")
    now = datetime.now(ZONE)
    day.enter("Name of the event", "Night trains")
    day.enter("Begins", f"{now - timedelta(hours=1):%Y-%m-%dT%H:%M}")
    day.enter("Ends", f"{now + timedelta(hours=9):%Y-%m-%dT%H:%M}")
    day.press("Make the draft")
    day.has_done("The draft is made.")
    day.base = day.tab.url.partition("?")[0]
    day.look()


def add_session(day: Day) -> None:
    """A session that is live all day, not for the hour that the form proposes."""
    day.go("programme/new")
    day.enter("Name of the session", "The last metre")
    day.enter("Ends", f"{datetime.now(ZONE) + timedelta(hours=8):%Y-%m-%dT%H:%M}")
    day.press("Add a session")
    day.has_done("The session is added.")
    day.look()


def publish(day: Day) -> None:
    day.go("publish")
    day.press("Publish “Night trains”")
    day.has_done("The event is published")


def visit(day: Day) -> None:
    """A visitor registers on the event's page; the organizer adds the telephone number."""
    day.go("")
    address = day.tab.get_by_role("link", name="See the page").get_attribute("href")
    assert address
    guest = day.guest(address)
    guest.get_by_label("First name").fill("Ada")
    guest.get_by_label("Last name").fill("Lovelace")
    guest.get_by_label("E-mail address").fill("ada@example.com")
    guest.get_by_role("button", name="Register").click()
    expect(guest.get_by_role("status").first).to_contain_text("ada@example.com")
    open_person(day, "Ada Lovelace")
    day.look()
    day.follow("Change")
    day.enter("Phone", ADAS_PHONE)
    day.press("Save changes")
    expect(day.tab.get_by_text(ADAS_PHONE)).to_be_visible()


def open_person(day: Day, name: str) -> None:
    day.go("people")
    day.follow(name)
    expect(day.tab.get_by_role("heading", name=name)).to_be_visible()


def invite(day: Day) -> None:
    day.go("invitations/new")
    day.enter("Name", "Friends", exact=True)
    day.enter("Address of the sender", "olga@night.example")
    day.press("Make the invitation")
    day.enter("Add people", "Grace Hopper <grace@example.com>")
    day.press("Add them")
    expect(day.tab.get_by_text("grace@example.com")).to_be_visible()
    day.press("Send to 1 person")
    day.has_done("The invitation is on its way.")
    day.look()
    link = re.search(
        r"http://[^\s\"<>]+/invitation/[\w-]+", wait_for_mail(day, "grace@example.com")
    )
    assert link
    guest = day.guest(link[0])
    guest.get_by_role("button", name=re.compile("Yes|Accept|come")).first.click()
    expect(guest.get_by_role("status").first).to_be_visible()
    open_person(day, "Grace Hopper")


def wait_for_mail(day: Day, address: str, word: str = "invitation") -> str:
    for _ in range(100):
        if word in (text := day.mail(address)):
            return text
        day.tab.wait_for_timeout(100)
    raise AssertionError(f"no mail to {address}")


def write(day: Day) -> None:
    """A text to everybody; one has a number, and answers."""
    day.go("messages/new")
    day.press("Text message (SMS)")
    day.tick("Service: about a registration")
    day.choose("Recipients", "Everybody who is registered")
    day.tick("People can reply")
    day.enter("Name of the message", "Where to go")
    day.enter("Text", "Hello %%firstname%%, platform 7.", exact=True)
    day.press("Check")
    expect(day.tab.locator("#check")).to_contain_text("1 person gets it")
    expect(day.tab.locator("#check")).to_contain_text("Hello Ada, platform 7.")
    day.look()
    day.press("Send to 1 person now")
    expect(day.tab.get_by_role("heading", level=1)).to_have_text("Where to go")
    day.tab.goto(f"{day.server.url}/console/night/messages/replies")
    for _ in range(100):
        if day.tab.get_by_text(ANSWER).count():
            break
        day.tab.wait_for_timeout(200)
        day.tab.reload()
    expect(day.tab.get_by_text(ANSWER).first).to_be_visible()
    day.look()


def watch(day: Day) -> None:
    """The session shows a page; Ada opens it with the code that is mailed to her, and asks."""
    day.go("webcast")
    day.follow("Set up The last metre")
    day.enter("Address of the stream or recording", "https://stream.example/embed")
    day.choose("Kind", "Page to embed")
    day.press("Save")
    day.has_done("The session is set up.")
    address = day.tab.get_by_role("link", name="The last metre", exact=True).get_attribute("href")
    day.tab.goto(f"{day.server.url}{address}")
    day.look()
    link = day.tab.locator("[data-copy]").first.get_attribute("data-copy")
    guest = day.guest(link or "")
    guest.get_by_label("E-mail address").fill("ada@example.com")
    guest.get_by_role("button", name="Send me a code").click()
    expect(guest.get_by_label("Code")).to_be_visible()
    (code, *_) = re.findall(r"(?<![#\w])\d{6}\b", wait_for_mail(day, "ada@example.com", "code"))
    guest.get_by_label("Code").fill(code)
    with guest.expect_response("**/watch/beats", timeout=20_000):
        guest.get_by_role("button", name="Watch").click()
    guest.close()


def check_in(day: Day) -> None:
    open_person(day, "Ada Lovelace")
    day.press("Check in")
    day.has_done("Checked in.")
    for told in (
        "SMS “Where to go” sent",
        "Replied to “Where to go”",
        "Came in with ticket",
        "Watched The last metre live",
    ):
        expect(day.tab.get_by_text(told).first).to_be_visible()
    day.look()


def report(day: Day) -> None:
    day.go("report")
    day.look()
    for told in ("2 registered: how they came", "1 at the door and online, 50", "Invited"):
        expect(day.tab.locator("main")).to_contain_text(told)


def erase(day: Day) -> None:
    open_person(day, "Ada Lovelace")
    day.use(day.tab.locator("summary").filter(has_text=re.compile("^\\s*More\\s*$")))
    day.follow("Erase…")
    expect(day.tab.get_by_role("button", name="Erase Ada Lovelace")).to_be_visible()
    day.look()
    day.press("Erase Ada Lovelace")
    day.has_done("The person is erased.")
    day.go("people")
    expect(day.tab.get_by_text("Ada Lovelace")).to_have_count(0)
