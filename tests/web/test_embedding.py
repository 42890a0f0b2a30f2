"""An event's page in a frame on another site."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import quote, unquote, urlsplit

import pytest
from playwright.sync_api import Browser, Frame, Page, expect

from tests.cli.runner import Turnout
from tests.support.axe import find_violations
from tests.support.chromium import open_browser
from tests.support.client import AppClient
from tests.support.node import LocalNode
from tests.web.reading import Page as Read
from tests.web.reading import follow
from tests.web.test_events import ADA, BROWSER, FORM, Fair
from turnout.core.identity.profiles import OrganizationChange, change_organization, get_profile
from turnout.errors import Invalid
from turnout.web.assets import read_asset

SITE = "http://localhost:9"
WIDTH = 390


class _Shop(BaseHTTPRequestHandler):
    """Another site, whose page has in it what the query says."""

    def do_GET(self) -> None:
        """Answer its page."""
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        html = "<!doctype html><html lang=en><title>Shop</title><main><h1>Shop</h1>{}</main>"
        self.wfile.write(html.format(unquote(urlsplit(self.path).query)).encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _list(fair: Fair, *sites: str) -> None:
    change = OrganizationChange(embedded_on=sites)
    fair.db.call(change_organization, fair.org_id, change, actor="t")


def _policy(site: AppClient, path: str) -> str:
    said = site.request("GET", path, headers=BROWSER).headers["content-security-policy"]
    return said.partition("frame-ancestors ")[2].partition(";")[0]


def test_only_the_sites_that_an_organization_lists_may_frame_its_events(
    site: AppClient, node: LocalNode
) -> None:
    fair = Fair(node)
    path = f"{fair.path}/embed"
    assert _policy(site, path) == "'none'"
    _list(fair, "https://www.example.org", " HTTP://localhost:9/ ", "https://www.example.org/")
    assert _policy(site, path) == f"https://www.example.org {SITE}"
    assert _policy(site, f"{path}?sti=x") == f"https://www.example.org {SITE}"
    assert [_policy(site, other) for other in (fair.path, f"/{fair.slug}")] == ["'none'"] * 2
    body = site.request("GET", path, headers=BROWSER).body
    assert b'name="robots" content="noindex"' in body
    assert site.request("GET", fair.path, headers=BROWSER).body != body
    _list(fair)
    assert _policy(site, path) == "'none'"


@pytest.mark.parametrize(
    "origin",
    [
        *("https://*.example.org", "https://example.org/shop", "example.org", "*", "'self'"),
        *("https://example.org;script-src *", "javascript:1", "https://a.example b", "https://"),
    ],
)
def test_a_site_is_an_origin_and_nothing_more(node: LocalNode, origin: str) -> None:
    fair = Fair(node)
    with pytest.raises(Invalid) as refusal:
        _list(fair, "https://www.example.org", origin)
    assert refusal.value.code == "origin.form"
    assert fair.db.call(get_profile, fair.org_id).embedded_on == ()
    with pytest.raises(Invalid) as refusal:
        _list(fair, *(f"https://{number}.example.org" for number in range(31)))
    assert refusal.value.code == "origin.many"


def test_a_form_in_a_frame_registers(site: AppClient, node: LocalNode) -> None:
    fair = Fair(node)
    given = "&".join(f"{name}={text}" for name, text in ADA.items())
    body = f"{given}&ticket={fair.type_id}&sti=a%26b".encode()
    path = f"{fair.path}/embed"
    answer = site.request("POST", path, headers=FORM, body=body)
    assert (answer.status, answer.headers["location"].partition("?")[0]) == (303, path)
    assert fair.registration() is not None
    # Who typed a wrong address comes back as who they are, and is told that it stays.
    thanks = follow(site, answer)
    assert "keeps its place until it is cancelled" in Read(thanks.body).text
    again = next(link for link in Read(thanks.body).links if "sti=" in link)
    form = site.request("GET", path + again.partition("#")[0], headers=BROWSER)
    assert b'name="sti" value="a&amp;b"' in form.body


def test_the_script_is_small() -> None:
    assert len(read_asset("embed.js")) < 6_000
    assert b"innerHTML" not in read_asset("embed.js")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Where the other site is: for browsers `localhost` and `127.0.0.1` are two."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Shop) as shop:
        Thread(target=shop.serve_forever).start()
        yield shop.server_port
        shop.shutdown()


@pytest.fixture(scope="module")
def event(server, port) -> str:
    site = f"http://localhost:{port}"
    run = Turnout(f"sqlite:///{server.folder / 'turnout.db'}")
    run.ok("org", "set", "rail-forum", "--embed-on", site)
    assert site in run.ok("org", "show", "rail-forum")
    return f"/rail-forum/{server.demo['attendance']['eventId']}"


@contextmanager
def _visit(browser: Browser, body: str, port: int, host: str = "localhost") -> Iterator[Page]:
    """A page of another site."""
    context = browser.new_context(viewport={"width": WIDTH, "height": 800})
    page = context.new_page()
    page.goto(f"http://{host}:{port}/?{quote(body)}")
    yield page
    context.close()


def _frame(page: Page) -> Frame:
    element = page.locator("iframe").element_handle()
    assert element is not None
    frame = element.content_frame()
    assert frame is not None
    return frame


def test_a_page_of_another_site_registers_with_the_keyboard(server, browser, event, port) -> None:
    script = (
        f'<script src="{server.url}/embed.js" data-event="{event}" data-lang=es async></script>'
    )
    with _visit(browser, script, port) as page:
        box = page.locator("iframe")
        frame = page.frame_locator("iframe")
        button = frame.get_by_role("button", name="Inscribirse")
        expect(button).to_be_visible()
        expect(box).to_have_attribute(
            "title", frame.locator("html").evaluate("() => document.title")
        )
        inner = "document.documentElement.getBoundingClientRect().height"
        grown = (
            f"() => document.querySelector('iframe').clientHeight >= {_frame(page).evaluate(inner)}"
        )
        page.wait_for_function(grown)
        assert _frame(page).evaluate("document.documentElement.scrollWidth") <= WIDTH
        assert find_violations(page) == []
        # Everything by the keyboard, from the page around it on.
        page.locator("h1").evaluate("title => { title.tabIndex = -1; title.focus(); }")
        page.keyboard.press("Tab")
        focused = "() => document.activeElement?.name || document.activeElement?.localName"
        for _ in range(40):
            if _frame(page).evaluate(focused) == "first_name":
                break
            page.keyboard.press("Tab")
        page.keyboard.type("Ada")
        page.keyboard.press("Tab")
        page.keyboard.type("Lovelace")
        page.keyboard.press("Tab")
        page.keyboard.type("embedded@example.com")
        page.keyboard.press("Enter")
        expect(frame.get_by_role("status")).to_be_visible()
        assert "/embed?" in _frame(page).url
        assert find_violations(page) == []
        links = (
            _frame(page)
            .locator("a:not([target=_self])")
            .evaluate_all(
                "links => links.map(link => link.target || document.querySelector('base').target)"
            )
        )
        assert set(links) == {"_blank"}


def test_what_others_say_moves_nothing(server, browser, event, port) -> None:
    """A frame in the frame, the page itself, and a message of another shape."""
    script = f'<script src="{server.url}/embed.js" data-event="{event}" async></script>'
    with _visit(browser, script, port) as page:
        expect(page.frame_locator("iframe").locator("h1")).to_be_visible()
        page.wait_for_function("() => document.querySelector('iframe').title !== 'Turnout'")
        said = """() => new Promise((done) => {
            const frame = document.querySelector("iframe"), before = frame.style.height;
            postMessage({ turnout: "size", height: 1 }, "*");
            frame.contentWindow.postMessage({ turnout: "size", height: 1 }, "*");
            setTimeout(() => done([before, frame.style.height]), 100);
        })"""
        before, after = page.evaluate(said)
        assert before == after


def test_without_a_script_the_frame_alone_does(server, browser, event, port) -> None:
    body = f'<iframe src="{server.url}{event}/embed" title="Fair" height="900"></iframe>'
    with _visit(browser, body, port) as page:
        expect(page.frame_locator("iframe").get_by_role("button", name="Register")).to_be_visible()
        assert find_violations(page) == []
    with _visit(browser, body, port, "127.0.0.1") as page:
        assert _frame(page).url.startswith("chrome-error:")


def test_a_frame_keeps_what_was_typed_over_plain_http(server, browser, event, port) -> None:
    """No browser sends it a cookie there: after a refusal, for a wrong address (which is kept
    alone), and after Back."""
    body = f'<iframe src="{server.url}{event}/embed" title="Fair" height="900"></iframe>'
    with _visit(browser, body, port) as page:
        frame = page.frame_locator("iframe")
        for name, typed in {**ADA, "email": "kept@gmial.com", "company": "A & B"}.items():
            frame.locator(f"[name={name}]").fill(typed)
        button = frame.get_by_role("button", name="Register")
        button.click()
        expect(frame.get_by_role("alert")).to_contain_text("gmail.com")
        assert "kept" not in _frame(page).url
        frame.locator("[name=email]").fill("kept@frame.example.com")
        button.click()
        expect(frame.get_by_role("status")).to_contain_text("kept@frame.example.com")
        frame.get_by_role("link", name="Wrong address?").click()
        expect(frame.locator("[name=email]")).to_have_value("kept@frame.example.com")
        expect(frame.locator("[name=company]")).to_have_value("")
        page.evaluate("history.back()")
        expect(frame.get_by_role("status")).to_contain_text("kept@frame.example.com")
        page.evaluate("history.back()")
        expect(frame.get_by_role("alert")).to_contain_text("gmail.com")
        expect(frame.locator("[name=company]")).to_have_value("A & B")
