"""Every page of the console on small screens and with large text: nothing scrolls sideways but what
says so, and what is pressed is large enough for a finger.

The pages are found by following every link of a demo once; of pages that differ by numbers alone,
one is looked at.
"""

import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, urljoin, urlsplit

import pytest
from playwright.sync_api import APIRequestContext, Browser, BrowserContext, Page

from tests.support import proof
from tests.support.chromium import open_browser
from tests.support.server import Server
from tests.web.test_browser import sign_in

HREF = re.compile(r'href="(/console[^"#]*)')
NAMES = re.compile(r"\d+|[0-9a-f]{8}-[0-9a-f-]{27}")
# Where a demo's console begins; every page is behind these.
BEGINNINGS = ("/console", "/console/_gallery")
LEAST_PAGES = 140
# What is wider than the screen without a box of its own that scrolls.
WIDE = """() => document.documentElement.scrollWidth > innerWidth
  ? [...document.querySelectorAll('body *')].filter(one => {
      const box = one.getBoundingClientRect();
      return box.right > innerWidth + 1 && box.width && !one.closest('.scroll, .tabs, .hidden');
    }).slice(0, 5).map(one => one.outerHTML.slice(0, 120)).concat('the page') : []"""
# What scrolls in a box of its own without being told of, or without being reached by keys.
SILENT = """() => [...document.querySelectorAll('main *')].filter(one =>
    one.scrollWidth > one.clientWidth + 1
    && ['auto', 'scroll'].includes(getComputedStyle(one).overflowX)
    && !['TEXTAREA', 'INPUT', 'SELECT'].includes(one.tagName)
    && !(one.getAttribute('aria-label') && (one.tabIndex >= 0 || one.querySelector('a, button'))
         && getComputedStyle(one).backgroundImage.includes('gradient')))
  .map(one => one.outerHTML.slice(0, 120))"""
# Links in a sentence may be as low as its lines; others have 24 pixels around them, main ones 44.
SMALL = """() => {
  const shown = [...document.querySelectorAll('a, button, summary, select, input, textarea')]
    .filter(one => one.checkVisibility({ visibilityProperty: true }) && one.type !== 'hidden'
      && !one.closest('.hidden, .skip, svg, dialog') && !one.matches('.hidden, .skip'));
  const boxOf = one => {
    const label = one.matches('[type=checkbox], [type=radio]') && one.closest('label');
    return (label || one).getBoundingClientRect();
  };
  const boxes = shown.map(boxOf);
  const isInText = one => getComputedStyle(one).display === 'inline'
    && [...one.parentElement.childNodes].some(node => node.nodeType === 3 && node.data.trim());
  const isNear = (at) => boxes.some((other, number) => number !== at && shown[at] !== shown[number]
    && Math.hypot(Math.max(0, Math.abs(mid(boxes[at]).x - mid(other).x) - other.width / 2),
      Math.max(0, Math.abs(mid(boxes[at]).y - mid(other).y) - other.height / 2)) < 12);
  const mid = box => ({ x: box.x + box.width / 2, y: box.y + box.height / 2 });
  return shown.filter((one, at) => {
    const { width, height } = boxes[at];
    if (!width || !height || isInText(one)) return false;
    if (one.matches('.button.main')) return height < 44;
    return (width < 24 || height < 24) && isNear(at);
  }).map(one => `${one.outerHTML.slice(0, 120)} ${JSON.stringify(boxOf(one))}`);
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def phone(browser: Browser, server: Server) -> Iterator[BrowserContext]:
    """The phone of somebody who has signed in."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    tab = context.new_page()
    admin = server.demo["messaging"]["admin"]
    tab.goto(f"{server.url}/console/sign-in?next=/console")
    sign_in(tab, admin["username"], admin["password"])
    tab.close()
    yield context
    context.close()


@pytest.fixture(scope="module")
def addresses(phone: BrowserContext, server: Server) -> list[str]:
    conference = f"/console/{server.demo['attendance']['eventId']}"
    return find_pages(phone.request, server.url, conference)


def find_pages(request: APIRequestContext, base: str, event: str) -> list[str]:
    """One address of each page that links lead to, those of an event first; a short run stops
    early."""
    found: dict[str, str] = {}
    waiting = [urljoin(base, path) for path in (event, *BEGINNINGS)]
    while waiting and len(found) < proof.scale(24, 10_000):
        address = waiting.pop(0)
        kind = kind_of(address)
        if kind in found:
            continue
        answer = request.get(address)
        found[kind] = ""
        is_page = answer.headers.get("content-type", "").startswith("text/html")
        if answer.ok and is_page and "content-disposition" not in answer.headers:
            found[kind] = address
            links = HREF.findall(answer.text().replace("&amp;", "&"))
            waiting += [urljoin(base, link) for link in links if kind_of(link) not in found]
    return [address for address in found.values() if address]


def kind_of(address: str) -> str:
    """What pages have in common that show other things of a kind."""
    parts = urlsplit(address)
    asked = [name if name != "ask" else f"ask={value}" for name, value in parse_qsl(parts.query)]
    return NAMES.sub("#", parts.path) + "?" + "&".join(sorted(set(asked) & {"ask", *asked[:1]}))


@pytest.mark.proof
def test_every_page_fits_small_screens_and_large_text(
    phone: BrowserContext, addresses: list[str]
) -> None:
    assert len(addresses) >= proof.scale(10, LEAST_PAGES)
    tab = phone.new_page()
    wrong = {address: faults for address in addresses if (faults := look(tab, address))}
    tab.close()
    proof.report("small screens", pages=len(addresses))
    assert wrong == {}


def look(tab: Page, address: str) -> dict[str, list[str]]:
    tab.set_viewport_size({"width": 390, "height": 844})
    tab.goto(address)
    found = {"small": tab.evaluate(SMALL), "silent": tab.evaluate(SILENT)}
    tab.evaluate("document.documentElement.style.fontSize = '200%'")
    found["wide at 200 %"] = tab.evaluate(WIDE)
    tab.evaluate("document.documentElement.style.fontSize = ''")
    tab.set_viewport_size({"width": 320, "height": 640})
    found["wide at 320"] = tab.evaluate(WIDE)
    return {name: faults for name, faults in found.items() if faults}
