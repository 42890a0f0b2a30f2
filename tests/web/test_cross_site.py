"""Forms of our own pages, and of other sites' pages, in a real browser over http and https."""

import base64
import html
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import product
from typing import Any, NamedTuple
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Response

from tests.support.chromium import open_browser
from tests.support.ports import free_port
from tests.support.server import Server
from tests.support.tls import tls_front

NAMES = "MAP turnout.test 127.0.0.1, MAP evil.test 127.0.0.1, MAP a-host-name 127.0.0.1"
REFUSED = "This request came from a page of another site"


class Site(NamedTuple):
    """A way to a server: its origin as the browser has it."""

    origin: str
    server: Server


@pytest.fixture(scope="module")
def sites(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Site]]:
    folder, tls_port = tmp_path_factory.mktemp("https-demo"), free_port()
    origin = f"https://turnout.test:{tls_port}"
    with (
        Server(folder, base_url=origin, access_log="false") as secure,
        tls_front(folder, "turnout.test", tls_port, secure.port),
    ):
        yield {
            "https": Site(origin, secure),
            "localhost": Site(f"http://localhost:{server.port}", server),
            "address": Site(server.url, server),
            "a-host-name": Site(f"http://a-host-name:{server.port}", server),
        }


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser(f"--host-resolver-rules={NAMES}") as browser:
        yield browser


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(ignore_https_errors=True)
    yield context
    context.close()


class _Evil(BaseHTTPRequestHandler):
    """`/?target=…&fields=…&type=…`: a page that sends a form at once; `/framed?…` in a sandbox."""

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        page = _attack(query) if query else "nothing here"
        if parts.path == "/framed":
            # To the whole window: our pages let nobody frame them.
            sandbox = "allow-forms allow-scripts allow-top-navigation"
            page = page.replace("<form", '<form target="_top"')
            page = f'<iframe sandbox="{sandbox}" srcdoc="{html.escape(page)}"></iframe>'
        body = f"<!doctype html><title>evil</title>{page}".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def _attack(query: dict[str, str]) -> str:
    inputs = "".join(
        f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">'
        for name, value in json.loads(query["fields"]).items()
    )
    kind = query.get("type", "application/x-www-form-urlencoded")
    form = f'<form method="post" enctype="{kind}" action="{html.escape(query["target"])}">'
    return f"{form}{inputs}</form><script>document.forms[0].submit()</script>"


@pytest.fixture(scope="module")
def evil() -> Iterator[str]:
    listener = ThreadingHTTPServer(("127.0.0.1", 0), _Evil)
    threading.Thread(target=listener.serve_forever, daemon=True).start()
    yield f"http://evil.test:{listener.server_port}"
    listener.shutdown()
    listener.server_close()


every_site = pytest.mark.parametrize("name", ["https", "localhost", "address", "a-host-name"])


def sign_in(tab: Page, site: Site) -> None:
    user = site.server.demo["messaging"]["user"]
    tab.goto(f"{site.origin}/outbox")
    tab.get_by_label("Email address or user name").fill(user["username"])
    tab.get_by_label("Password", exact=True).fill(user["password"])
    tab.get_by_role("button", name="Sign in", exact=True).click()
    tab.wait_for_url(f"{site.origin}/outbox")


def send_from(tab: Page, page: str, target: str, fields: Any, **more: str) -> Response:
    """The answer to the form that a page of another site sends."""
    query = {"target": target, "fields": json.dumps(fields)} | more
    url = f"{page}?" + "&".join(f"{name}={quote(value)}" for name, value in query.items())
    with tab.expect_response(lambda answer: answer.request.method == "POST") as caught:
        tab.goto(url)
    return caught.value


@every_site
def test_our_own_forms_work(sites: dict[str, Site], context: BrowserContext, name: str) -> None:
    site, tab = sites[name], context.new_page()
    sign_in(tab, site)
    (session,) = [cookie for cookie in context.cookies() if "session" in cookie["name"]]
    is_secure = name == "https"
    assert session["name"] == ("__Host-turnout-session" if is_secure else "turnout-session")
    assert (session["secure"], session["httpOnly"], session["sameSite"]) == (
        is_secure,
        True,
        "Lax",
    )
    tab.goto(f"{site.origin}/rail-forum/{site.server.demo['attendance']['eventId']}")
    for label in ("First name", "Last name"):
        tab.get_by_label(label).fill("Ada")
    tab.get_by_label("E-mail address").fill(f"{name}@example.com")
    with tab.expect_response(lambda answer: answer.request.method == "POST") as caught:
        tab.get_by_role("button", name="Register").click()
    assert caught.value.status == 303
    assert "Thank you" in tab.get_by_role("status").inner_text()
    tab.goto(f"{site.origin}/outbox")
    tab.get_by_role("button", name="Sign out").click()
    tab.wait_for_url(f"{site.origin}/console/sign-in")
    tab.goto(f"{site.origin}/outbox")
    assert urlsplit(tab.url).path == "/console/sign-in"


@every_site
def test_a_form_of_another_site_is_refused(
    sites: dict[str, Site], context: BrowserContext, evil: str, name: str
) -> None:
    """From a page of its own, and from a frame in a sandbox, which has no origin."""
    site, tab = sites[name], context.new_page()
    sign_in(tab, site)
    event = f"/rail-forum/{site.server.demo['attendance']['eventId']}"
    forms: tuple[tuple[str, dict[str, str]], ...] = (
        ("/sign-in/out", {"token": ""}),
        ("/console/sign-in", {"user_code": "x", "password": "y", "token": "z"}),
        (event, {"email": "evil@example.com", "first_name": "E", "last_name": "V"}),
    )
    for page, (path, fields) in product(("/", "/framed"), forms):
        answer = send_from(tab, f"{evil}{page}", f"{site.origin}{path}", fields)
        assert answer.status == 403, (page, path)
        assert REFUSED in answer.text()
        sent = answer.request.all_headers()
        if page == "/framed":
            assert sent["origin"] == "null"
        assert ("sec-fetch-site" in sent) == (name != "a-host-name")
    tab.goto(f"{site.origin}/outbox")
    assert tab.url == f"{site.origin}/outbox"  # still signed in


@every_site
def test_basic_credentials_of_the_browser_serve_nobody_else(
    sites: dict[str, Site], browser: Browser, evil: str, name: str
) -> None:
    site = sites[name]
    user = site.server.demo["messaging"]["user"]
    login: Any = {"username": user["username"], "password": user["password"]}
    context = browser.new_context(ignore_https_errors=True, http_credentials=login)
    tab = context.new_page()
    opened = tab.goto(f"{site.origin}/api/v1/jobs")
    assert opened
    assert opened.status == 200
    # A form whose text is a job: {"job_name": "evil…", …, "x": "="}
    job = {"job_name": f"evil-{name}", "job_type": "SMS", "recipients": [{"recipient": "A"}]}
    text = json.dumps(job | {"sms_message": "evil"})[:-1] + ', "x": "'
    jobs = f"{site.origin}/api/v1/jobs"
    answer = send_from(tab, f"{evil}/", jobs, {text: '"}'}, type="text/plain")
    assert answer.request.all_headers()["authorization"].startswith("Basic ")
    assert (answer.status, answer.json()["status"]) == (403, 403)
    assert REFUSED in answer.json()["errors"]
    assert find_jobs(site.server, login, f"evil-{name}") == []
    # The pages know no Basic: there it signs nobody in.
    tab.goto(f"{site.origin}/outbox")
    assert urlsplit(tab.url).path == "/console/sign-in"
    context.close()


def find_jobs(server: Server, login: dict[str, str], name: str) -> list[Any]:
    pair = base64.b64encode(f"{login['username']}:{login['password']}".encode()).decode()
    headers = {"Authorization": f"Basic {pair}"}
    answer = server.ask("GET", f"/api/v1/jobs?job_name={name}", headers=headers)
    assert answer.status == 200
    return answer.json()["data"]
