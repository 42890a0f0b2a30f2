"""The way past Falcon: the same answers, for one method and path alone."""

import re
from typing import Any

import pytest

from tests.support.client import AppClient
from turnout.dialects.registration.errors import present_failure
from turnout.errors import Limited
from turnout.http.app import RootApp
from turnout.http.fast_path import (
    BareFastPath,
    DirectRequest,
    mount_fast_path,
    mount_shaped_fast_path,
)
from turnout.http.mounts import Mount


async def respond(request: DirectRequest) -> bytes:
    """What the path's last header says to do."""
    match request.get_header("X-Do"):
        case "refuse":
            raise Limited("login.throttled", retry_after=7)
        case "fail":
            raise LookupError("a fault")
    return await request.read(100)


async def pages(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 404, "headers": []})
    await send({"type": "http.response.body", "body": b"pages"})


async def be_ready() -> None:
    """It is."""


@pytest.fixture
def client():
    root = RootApp(
        [
            Mount("/", "pages", pages),
            mount_fast_path("test", "PUT", "/it", respond, present_failure),
        ],
        is_ready=be_ready,
        access_log=True,
    )
    with AppClient(root) as client:
        yield client


def test_what_it_serves_is_answered_with_its_number(client):
    answer = client.request("PUT", "/it", body=b"{}", headers={"x-request-id": "number-1"})
    assert (answer.status, answer.body) == (200, b"{}")
    assert answer.headers == {
        "content-type": "application/json",
        "content-length": "2",
        "x-request-id": "number-1",
    }


@pytest.mark.parametrize(("method", "path"), [("POST", "/it"), ("PUT", "/it/on"), ("PUT", "/It")])
def test_everything_else_goes_on_to_the_app(client, method, path):
    answer = client.request(method, path, body=b"{}")
    assert (answer.status, answer.body) == (404, b"pages")


@pytest.mark.parametrize("path", ["//it", "/it/", "//it//"])
def test_slashes_that_mean_nothing_lead_there_too(client, path):
    assert client.request("PUT", path, body=b"{}").body == b"{}"


def test_what_another_site_sends_is_refused(client):
    answer = client.request("PUT", "/it", body=b"{}", headers={"sec-fetch-site": "cross-site"})
    assert answer.status == 403
    assert answer.json()["message"].startswith("This request came from a page of another site")


def test_a_refusal_has_the_dialects_shape_and_headers(client):
    answer = client.request("PUT", "/it", headers={"x-do": "refuse"})
    assert (answer.status, answer.headers["retry-after"]) == (429, "7")
    assert answer.json()["message"] == "Too many failed sign-ins. Try again in 7 seconds."


def test_a_fault_is_answered_without_telling_of_it(client):
    answer = client.request("PUT", "/it", headers={"x-do": "fail", "x-request-id": "number-2"})
    assert answer.status == 500
    assert b"fault" not in answer.body
    assert b"number-2" in answer.body


def request(*headers: tuple[bytes, bytes], messages: Any = ()) -> DirectRequest:
    waiting = list(messages)

    async def receive() -> Any:
        return waiting.pop(0)

    return DirectRequest({"method": "PUT", "path": "/it", "headers": list(headers)}, receive)


def test_a_header_that_comes_twice_is_one_with_a_comma_as_everywhere():
    asked = request((b"x-do", b"a"), (b"other", b"b"), (b"x-do", b"c"))
    assert asked.get_header("X-Do") == "a, c"
    assert asked.get_header("x-none") is None


def test_half_a_body_is_none(client):
    part = {"type": "http.request", "body": b"half", "more_body": True}
    asked = request(messages=[part, {"type": "http.disconnect"}])
    assert client.run(asked.read(100)) == b""


@pytest.fixture
def open_client():
    shape = re.compile("/door/[a-z]+")
    fast = BareFastPath(respond, present_failure, pages)
    root = RootApp(
        [
            Mount("/", "pages", pages),
            mount_shaped_fast_path("test", "PUT", shape, fast, present_failure),
        ],
        is_ready=be_ready,
        access_log=True,
    )
    with AppClient(root) as client:
        yield client


def test_paths_of_one_shape_are_answered_where_nothing_is_sent(open_client):
    answer = open_client.request("PUT", "/door/ab", headers={"content-length": "0"})
    assert (answer.status, answer.body, answer.headers["vary"]) == (200, b"", "Origin")
    answer = open_client.request(
        "PUT", "/door/a", headers={"content-length": "0", "x-do": "refuse"}
    )
    assert (answer.status, answer.headers["vary"]) == (429, "Origin")


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("PUT", "/door/ab?x=y", {"content-length": "0"}),
        ("PUT", "/door/ab", {}),
        ("PUT", "/door/ab", {"content-length": "1"}),
        ("PUT", "/door/ab", {"content-length": "0", "origin": "https://other.example"}),
        ("PUT", "/door/ab", {"content-length": "0", "transfer-encoding": "chunked"}),
        ("PUT", "/door/a1", {"content-length": "0"}),
        ("POST", "/door/ab", {"content-length": "0"}),
    ],
)
def test_all_else_on_those_paths_goes_on_to_the_app(open_client, method, path, headers):
    answer = open_client.request(method, path, headers=headers)
    assert (answer.status, answer.body) == (404, b"pages")
