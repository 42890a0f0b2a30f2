"""The mails about events, as they are rendered: in light and dark, with nothing from elsewhere."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.support import proof
from tests.support.axe import find_violations
from tests.support.chromium import open_browser
from tests.support.day_and_night import is_looked_at
from tests.support.server import Server
from tests.web.test_browser import sign_in
from turnout.catalogue.translations import list_locales
from turnout.core.mails.model import MailKind
from turnout.web.console.gallery_mails import KINDS, LOGO, make_sample

GALLERY = "/console/_gallery/mails"
NARROW, TARGET = 320, 44
# Codes are typed, and letters say what there is to do.
WITHOUT_BUTTON = ("code", "guest_code", "watch_code", "account_device", "letter")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as browser:
        yield browser


@pytest.mark.parametrize("spoken", list_locales())
@pytest.mark.parametrize("kind", KINDS)
def test_a_mail_has_every_fact_in_text_and_html_and_loads_nothing(kind: str, spoken: str) -> None:
    mail = make_sample(kind, spoken)
    assert "%%" not in mail.subject + mail.text + mail.html
    assert f'<html lang="{spoken}">' in mail.html
    assert re.findall(r"<(?:img|link|script|iframe)\b|url\(|\bsrc=|@import", mail.html) == []
    # What a reader of any mail is to do is one button.
    assert mail.html.count('class="b"') == (kind not in WITHOUT_BUTTON)
    assert mail.html.count("402917") == 2 * kind.endswith("code")
    # What is a link in HTML can be read in the text beside it.
    assert set(re.findall(r'href="(https[^"]*)"', mail.html)) <= set(
        re.findall(r"https[^\s>]*", mail.text)
    )


@pytest.mark.parametrize("spoken", [one for one in list_locales() if one != "en"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_sample_is_in_its_language_alone(kind: str, spoken: str) -> None:
    text = make_sample(kind, spoken).text
    english = re.compile(r"\b(the|May 2027|and|your|to \d|Conference|Dear)\b")
    assert english.findall(text) == []


@pytest.mark.proof
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_read_every_mail(server: Server, browser: Browser, scheme: Any) -> None:
    """On the narrowest phone; in the other languages only the words differ."""
    context = browser.new_context(
        color_scheme=scheme,
        viewport={"width": NARROW, "height": 700},
    )
    tab = context.new_page()
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    admin = server.demo["messaging"]["admin"]
    tab.goto(f"{server.url}{GALLERY}")
    sign_in(tab, admin["username"], admin["password"])
    assert find_violations(tab) == []
    grounds = set()
    for turn, kind in enumerate(KINDS):
        asked.clear()
        page = f"{server.url}{GALLERY}?kind={kind}&in=en"
        tab.goto(page)
        assert asked == [page, f"{server.url}{LOGO}"]
        assert tab.get_by_alt_text("Logo of").evaluate("one => one.complete && one.width > 0")
        boxes = [one.bounding_box() for one in tab.locator(".b a").all()]
        assert [box["height"] >= TARGET for box in boxes if box] == [True] * len(boxes), kind
        assert len(boxes) == (kind not in WITHOUT_BUTTON), kind
        found = find_violations(tab) if is_looked_at(turn, scheme) else []
        assert [one for one in found if not _is_of_pages(one)] == [], kind
        assert tab.evaluate("document.documentElement.scrollWidth") == NARROW, kind
        read = "getComputedStyle(document.body).color"
        grounds.add(tab.evaluate(read))
    # Its text has no colours of its own: they are the reader's.
    assert grounds == {"rgb(0, 0, 0)" if scheme == "light" else "rgb(255, 255, 255)"}
    # The gallery shows the same in the dark where the browser prefers light.
    page = f"{server.url}{GALLERY}?kind={MailKind.NO_MORE.value}&in=en"
    tab.goto(page)
    shown = tab.locator(".b").evaluate("one => getComputedStyle(one).backgroundColor")
    tab.goto(f"{page}&dark=1")
    dark = tab.locator(".b").evaluate("one => getComputedStyle(one).backgroundColor")
    assert (dark == shown) is (scheme == "dark")
    assert [one for one in find_violations(tab) if not _is_of_pages(one)] == []
    context.close()
    proof.report("day and night", pages="mails", scheme=scheme)


def _is_of_pages(violation: str) -> bool:
    """What axe asks of pages of sites: mails have no landmarks, and the subject is the heading."""
    return violation.startswith(("region:", "landmark-one-main:", "page-has-heading-one:"))
