"""Pages on a phone whose owner reads at 200 %: nothing is cut off, nothing scrolls sideways."""

import re
import sqlite3
from contextlib import closing
from typing import Any

import pytest

from tests.cli.runner import Turnout
from tests.support.chromium import open_browser
from tests.web.test_browser import find_invitation, sign_in

PHONE: Any = {"width": 390, "height": 844}
APIS = ("registration", "attendance", "booking", "messaging", "reporting")
# What is wider than the page, or than the box that it is in and does not scroll.
TOO_WIDE = """() => [...document.querySelectorAll('body *')].filter(each => {
    const box = each.getBoundingClientRect();
    const isHidden = each.closest('.skip, pre, .scroll, svg, datalist, option');
    return !isHidden && box.width && (box.right > innerWidth + 1 || box.left < -1);
}).map(each => each.outerHTML.slice(0, 120))"""


# The words of names that are broken over lines.
BROKEN = """() => [...document.querySelectorAll(':is(.choice, .talk, .events) b, .price, .tag')]
    .flatMap(each => [...each.childNodes]).filter(node => node.nodeType === Node.TEXT_NODE)
    .flatMap(node => [...node.data.matchAll(/[^\\s-]+/g)].filter(word => {
        const range = document.createRange();
        range.setStart(node, word.index);
        range.setEnd(node, word.index + word[0].length);
        const drawn = [...range.getClientRects()].filter(rect => rect.width > 1);
        return new Set(drawn.map(rect => Math.round(rect.top))).size > 1;
    }).map(word => word[0]))"""


@pytest.fixture(scope="module")
def browser():
    with open_browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def tab(browser):
    context = browser.new_context(viewport=PHONE)
    yield context.new_page()
    context.close()


def enlarge(tab, url):
    """Open a page with a root font of 32 px, as the browser's setting does."""
    tab.goto(url)
    tab.evaluate("document.documentElement.style.setProperty('font-size', '32px')")
    assert tab.evaluate("getComputedStyle(document.body).fontSize") == "32px"


def check(tab):
    assert tab.evaluate(TOO_WIDE) == []
    assert tab.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


def find_door(server, event_id):
    """The address of a session's page for somebody who is registered."""
    path = server.folder / "turnout.db"
    with closing(sqlite3.connect(path)) as connection:
        query = """SELECT p.email FROM people p JOIN registrations r
            ON r.org_id = p.org_id AND r.person_id = p.id WHERE r.event_id = ? ORDER BY p.id"""
        (email,) = connection.execute(query, (event_id,)).fetchone()
    turnout = Turnout(f"sqlite:///{path}")
    return turnout.ok("watch", "link", "rail-forum", event_id, email).split()[0]


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/console/sign-in",
        "/no/such/page",
        "/reference",
        *(f"/reference/{name}" for name in APIS),
    ],
)
def test_a_page_fits_at_twice_the_size(server, tab, path):
    enlarge(tab, f"{server.url}{path}")
    check(tab)


def test_an_events_page_and_its_form_fit(server, tab):
    enlarge(tab, f"{server.url}/rail-forum/{server.demo['attendance']['eventId']}")
    check(tab)


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("page", ["", "/1000001", "/1000001/embed"])
def test_names_of_tickets_sessions_and_events_keep_their_words(server, tab, page, language):
    """Price, box and tag go below a name that has no room beside them."""
    enlarge(tab, f"{server.url}/rail-forum{page}?lang={language}")
    assert tab.evaluate(BROKEN) == []
    check(tab)
    tab.set_viewport_size(PHONE | {"width": 320})
    assert tab.evaluate("document.documentElement.scrollWidth") == 320
    tab.set_viewport_size(PHONE)


def test_the_outbox_and_what_its_mails_lead_to_fit(server, tab):
    agent = server.demo["messaging"]["agent"]
    tab.goto(f"{server.url}/outbox")
    sign_in(tab, agent["username"], agent["password"])
    enlarge(tab, f"{server.url}/outbox?channel=email")
    check(tab)
    enlarge(tab, find_invitation(server, tab))
    check(tab)


def test_watching_and_the_summary_fit(server, tab):
    member = server.demo["reporting"]
    tab.goto(f"{server.url}/sign-in?next=/summary/{member['eventId']}")
    sign_in(tab, member["username"], member["password"])
    enlarge(tab, f"{server.url}/summary/{member['eventId']}")
    check(tab)
    door = find_door(server, member["eventId"])
    enlarge(tab, re.sub("/[^/]+$", "", door))
    check(tab)
    enlarge(tab, door)
    check(tab)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("page", ["event", "failure", "sign-in"])
def test_a_button_is_told_from_the_page(server, browser, scheme, page):
    event = f"/rail-forum/{server.demo['attendance']['eventId']}"
    path = {"event": event, "failure": "/no/such/page", "sign-in": "/console/sign-in"}[page]
    context = browser.new_context(viewport=PHONE, color_scheme=scheme)
    tab = context.new_page()
    tab.goto(f"{server.url}{path}")
    button = "getComputedStyle(document.querySelector('main :is(.button.main, .action)'))"
    shadow = tab.evaluate(f"{button}.boxShadow.match(/rgba?\\([^)]*\\)/)")
    face = tab.evaluate(f"{button}.backgroundColor")
    edge = shadow[0] if shadow else face
    ground = tab.evaluate("getComputedStyle(document.body).backgroundColor")
    assert max(contrast(colour, ground) for colour in (edge, face) if "rgba" not in colour) >= 3
    context.close()


def contrast(one, other):
    """By WCAG 2.2, of two `rgb(…)`."""
    lighter, darker = sorted(map(luminance, (one, other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour):
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
