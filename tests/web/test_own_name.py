"""A page under another name leads to the operator's; what programs ask is answered as it is."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import turnout
from tests.support.client import AppClient
from turnout.bootstrap import DIALECTS
from turnout.web.assets import asset_path
from turnout.web.catalogue import WebParts
from turnout.web.routes import build

BASE_URL = "https://events.example.com"


@pytest.fixture(scope="module")
def pages() -> Iterator[AppClient]:
    parts = WebParts(base_url=BASE_URL, apis=DIALECTS, demo=None, has_own_name=True)
    with AppClient(build(parts)) as client:
        yield client


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    ("target", "location"),
    [
        ("/", "/"),
        ("/reference/messaging?a=b%20c&d", "/reference/messaging?a=b%20c&d"),
        ('/acme/\u00e9">', "/acme/%C3%A9%22%3E"),
        ("//evil.example/x", "//evil.example/x"),
    ],
)
def test_another_name_leads_to_the_same_page_of_ours(pages, method, target, location):
    answer = pages.request(method, target, headers={"Host": "evil.example:8443"})
    assert (answer.status, answer.headers["location"]) == (302, BASE_URL + location)
    assert answer.headers["cache-control"] == "no-store"
    assert "content-security-policy" in answer.headers


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "events.example.com"},
        {"Host": "EVENTS.example.com.:443"},
        # How a proxy, a container or somebody on the machine reaches it.
        {"Host": "127.0.0.1:8080"},
        {"Host": "[::1]:8080"},
        {"Host": "10.0.0.5"},
        {"Host": "localhost:8080"},
        {"Host": "x.localhost"},
        {"Host": "turnout:8080"},
        {"Host": "turnout.internal", "X-Forwarded-Host": "events.example.com"},
        {"Host": "turnout.internal", "X-Forwarded-Host": "events.example.com, inner.example"},
        {"Host": "turnout.internal", "Forwarded": "for=1.2.3.4;host=events.example.com"},
        {"Host": "[broken"},
        {},
    ],
)
def test_our_own_name_and_what_is_no_name_is_served(pages, headers):
    assert pages.request("GET", "/", headers=headers).status == 200


@pytest.mark.parametrize("target", ["/openapi/messaging.json", "/robots.txt", "/favicon.svg"])
def test_what_programs_load_is_served_under_every_name(pages, target):
    assert pages.request("GET", target, headers={"Host": "evil.example"}).status == 200


def test_assets_are_served_under_every_name(pages):
    path = asset_path("reference.css")
    assert pages.request("GET", path, headers={"Host": "evil.example"}).status == 200


def test_what_is_posted_is_not_led_away(pages):
    assert pages.request("POST", "/", headers={"Host": "evil.example"}).status == 405


def test_without_a_setting_every_name_is_served():
    parts = WebParts(base_url="http://127.0.0.1:8080", apis=DIALECTS, demo=None)
    with AppClient(build(parts)) as client:
        answer = client.request("GET", "/", headers={"Host": "evil.example"})
    assert answer.status == 200
    assert b"evil.example" not in answer.body


def test_nothing_is_made_of_the_address_that_a_request_was_sent_to():
    asks = re.compile(r"req\.(host|netloc|uri|url|prefix|base_url|forwarded\w*)\b")
    found = {
        (path.name, ask)
        for path in Path(turnout.__file__).parent.rglob("*.py")
        for ask in asks.findall(path.read_text())
    }
    # The one tells a caller what it asked for, the other is the page policy above.
    assert found == {("decode.py", "uri"), ("own_name.py", "forwarded")}
