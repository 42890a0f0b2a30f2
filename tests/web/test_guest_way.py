"""A guest's way on public pages in a real browser: on a phone, in Spanish, at twice the text size
and without a script; and what a page weighs, asks for and moves."""

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.cli.runner import Turnout
from tests.support import proof
from tests.support.axe import find_violations
from tests.support.chromium import open_browser
from tests.web.test_large_text import TOO_WIDE
from turnout.core.identity.link_keys import ensure_link_key
from turnout.core.identity.organizations import get_organization
from turnout.core.ids import EventId
from turnout.core.people.merging import find_person
from turnout.core.registrations import booking
from turnout.core.registrations.guest_access import Access, Deed, ask_guest_code
from turnout.core.tickets.guest_links import make_guest_tokens
from turnout.core.waiting_list.entries import find_open_entry, make_link
from turnout.settings import Settings
from turnout.store import Tx, open_database

PHONE: Any = {"width": 390, "height": 844}
DESK: Any = {"width": 1280, "height": 900}
CODE = "123456"
HEAVIEST = 40_000
MOST_REQUESTS = 4
# What Web Vitals call good. The visitor's own time comes with the script, a line more.
MOST_SHIFT = 0.1
# The icon and the manifest are the browser's own business.
OWN = ("/favicon", "/apple-touch-icon", "/manifest")
SHIFTS = """() => new Promise(done => {
    let moved = 0;
    new PerformanceObserver(list => { for (const one of list.getEntries()) moved += one.value; })
        .observe({type: "layout-shift", buffered: true});
    requestAnimationFrame(() => requestAnimationFrame(() => done(moved)));
})"""


class Hall:
    """An event of the demo's organization with one place, and the links that its mails have."""

    def __init__(self, server: Any) -> None:
        url = f"sqlite:///{server.folder / 'turnout.db'}"
        self.db = open_database(Settings(database_url=url))
        self.org_id = self.db.call(get_organization, "rail-forum").org_id
        run = Turnout(url)
        known = server.demo["attendance"]["eventId"]
        said = run.ok("event", "copy", "rail-forum", known, "--starts", "2099-05-04T09:00")
        self.event_id = EventId(int(said.split()[1].rstrip(",")))
        run.ok("event", "publish", "rail-forum", self.event_id)
        run.ok("event", "set", "rail-forum", self.event_id, "--capacity", "1")
        self.base = server.url
        self.page = f"{server.url}/rail-forum/{self.event_id}?lang=es"

    def own_link(self, email: str) -> str:
        """The personal link that a mail would have."""
        return f"{self.base}/my/{self.db.call(self._make_token, email)}"

    def waiting_link(self, email: str) -> str:
        return self.db.call(self._make_waiting_link, email)

    def send_code(self, link: str, deed: Deed) -> None:
        """Have a code mailed, as the page's button does; it is known here."""
        self.db.call(ask_guest_code, Access(link.rpartition("/")[2]), deed, CODE)

    def _make_token(self, tx: Tx, email: str) -> str:
        person = find_person(tx, self.org_id, email)
        assert person is not None
        known = booking.find_registration(tx, self.org_id, self.event_id, person.id)
        assert known is not None
        return make_guest_tokens(tx, self.org_id, [known.id])[known.id]

    def _make_waiting_link(self, tx: Tx, email: str) -> str:
        person = find_person(tx, self.org_id, email)
        entry = person and find_open_entry(tx, self.org_id, self.event_id, person.id)
        assert entry
        return make_link(ensure_link_key(tx), self.base, entry.id)


@pytest.fixture(scope="module")
def browser() -> Any:
    with open_browser() as browser:
        yield browser


@pytest.fixture
def hall(server: Any) -> Any:
    hall = Hall(server)
    yield hall
    hall.db.close()


def enlarge(tab: Page) -> None:
    """Twice the text, as the browser's own setting makes it."""
    tab.evaluate("document.documentElement.style.setProperty('font-size', '32px')")
    assert tab.evaluate(TOO_WIDE) == []
    assert tab.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


def fill(tab: Page, first: str, last: str, email: str) -> None:
    for name, text in (("Nombre", first), ("Apellidos", last), ("Correo electrónico", email)):
        tab.get_by_role("textbox", name=name, exact=True).fill(text)


@pytest.mark.proof
def test_a_guest_comes_from_the_form_to_somebody_elses_ticket(hall: Hall, browser: Browser) -> None:
    steps = 0
    for has_script in proof.scale([False], [False, True]):
        context = browser.new_context(viewport=PHONE, locale="es-ES", reduced_motion="reduce")
        if not has_script:
            # Not by the browser's setting, for axe is a script, too.
            context.route(re.compile(r"\.js$"), lambda route: route.abort())
        steps += go_the_way(hall, context.new_page(), f"{has_script}".lower())
        context.close()
    proof.report("a guest's way", steps=steps)


def go_the_way(hall: Hall, tab: Page, mark: str) -> int:
    """Register, wait, cancel, take the place, change, transfer, and cancel again; returns how many
    pages axe has looked at."""
    looked = 0

    def look() -> None:
        nonlocal looked
        enlarge(tab)
        assert find_violations(tab) == []
        looked += 1

    ada, bob, cleo = (f"{name}-{mark}@example.com" for name in ("ada", "bob", "cleo"))
    tab.goto(hall.page)
    # What a screen reader says of the form, in this order.
    names = tab.locator("#register-form").aria_snapshot()
    fields = [f'textbox "{name}"' for name in ("Nombre", "Apellidos", "Correo electrónico")]
    places = [names.index(said) for said in (*fields, 'button "Inscribirse"')]
    assert places == sorted(places)
    look()
    # A fault takes what was typed along, and is said beside its field.
    fill(tab, "Ada", "Lovelace", "ada@gmial.com")
    tab.get_by_role("button", name="Inscribirse").last.click()
    expect(tab.get_by_role("alert")).to_contain_text("ada@gmail.com")
    email = tab.get_by_role("textbox", name="Correo electrónico", exact=True)
    expect(email).to_have_value("ada@gmial.com")
    assert email.get_attribute("aria-describedby") == "email-error"
    look()
    email.fill(ada)
    tab.get_by_role("button", name="Inscribirse").last.click()
    expect(tab.get_by_role("status")).to_contain_text(f"Su entrada va en camino a {ada}.")
    look()
    # The next one waits.
    tab.goto(hall.page)
    fill(tab, "Bob", "Babbage", bob)
    look()
    tab.get_by_role("button", name="Apuntarse a la lista de espera").last.click()
    expect(tab.get_by_role("status")).to_contain_text(bob)
    look()
    tab.goto(hall.waiting_link(bob))
    look()
    own = hall.own_link(ada)
    tab.goto(f"{own}/cancel")
    look()
    press(tab, "cancel")
    look()
    tab.goto(hall.waiting_link(bob))
    look()
    tab.locator("button[name=answer][value=take]").click()
    expect(tab.locator("a[href*='/ticket/']").first).to_be_visible()
    look()
    own = hall.own_link(bob)
    tab.goto(f"{own}/answers")
    tab.locator("[name=last_name]").fill("Byron")
    press(tab, "details")
    expect(tab.locator("body")).to_contain_text("Byron")
    look()
    tab.goto(f"{own}/transfer")
    press(tab, "transfer")
    assert tab.locator("[aria-invalid]").count() >= 1
    look()
    hall.send_code(own, Deed.TRANSFER)
    for name, text in (("email", cleo), ("first_name", "Cleo"), ("code", CODE)):
        tab.locator(f"[name={name}]").fill(text)
    press(tab, "transfer")
    look()
    tab.goto(own)
    expect(tab.get_by_role("heading", level=1)).to_be_visible()
    tab.goto(f"{hall.own_link(cleo)}/cancel")
    press(tab, "cancel")
    look()
    return looked


def press(tab: Page, button: str) -> None:
    tab.locator(f"button[name=do][value={button}]:not(.hidden)").click()


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_the_page_is_light_and_hardly_moves(hall: Hall, browser: Browser, size: Any) -> None:
    context = browser.new_context(viewport=size, locale="es-ES")
    tab = context.new_page()
    asked: dict[str, float] = {}
    wire = context.new_cdp_session(tab)
    wire.send("Network.enable")
    paths: dict[str, str] = {}
    begun = "Network.requestWillBeSent"
    wire.on(begun, lambda e: paths.__setitem__(e["requestId"], e["request"]["url"]))
    wire.on(
        "Network.loadingFinished",
        lambda e: asked.__setitem__(paths.get(e["requestId"], ""), e["encodedDataLength"]),
    )
    tab.goto(hall.page, wait_until="networkidle")
    own = {url: size for url, size in asked.items() if not any(name in url for name in OWN)}
    assert all(url.startswith(hall.base) for url in own), own
    assert len(own) <= MOST_REQUESTS, own
    assert sum(own.values()) < HEAVIEST, own
    assert tab.evaluate(SHIFTS) < MOST_SHIFT
    context.close()
