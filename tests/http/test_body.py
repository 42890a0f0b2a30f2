"""Bodies: the limit holds whatever the client says of the length, and slow ones end."""

import asyncio
import itertools
import json
from typing import Any

import falcon.asgi
import pytest

from tests.support.client import AppClient
from turnout.dialects.registration.errors import present_failure
from turnout.errors import Invalid
from turnout.http.app import RootApp
from turnout.http.body import check_storable, read_body
from turnout.http.fast_path import Incoming, mount_fast_path

LIMIT = 100
TOO_LARGE = "The body is over 100 bytes. Send less at once."


class Mirror:
    """Answers how much of the body it read, or why it refused."""

    async def on_post(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        try:
            resp.media = len(await read_body(req, LIMIT))
        except Invalid as refusal:
            resp.media = refusal.message


async def mirror(request: Incoming) -> bytes:
    """The same past Falcon."""
    try:
        return b"%d" % len(await read_body(request, LIMIT))
    except Invalid as refusal:
        if refusal.code == "request.content_length":  # which Falcon raises in a kind of its own
            raise
        return json.dumps(refusal.message).encode()


async def be_ready() -> None:
    """It is."""


@pytest.fixture(params=["falcon", "fast_path"])
def client(request):
    app: Any = falcon.asgi.App()
    app.add_route("/", Mirror())
    if request.param == "fast_path":
        fast_path = mount_fast_path("mirror", "POST", "/", mirror, present_failure)
        app = RootApp([fast_path], is_ready=be_ready, access_log=False)
    with AppClient(app) as client:
        yield client


def post(client: AppClient, body: Any, **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.request("POST", "/", body=body, headers=named).json()


@pytest.mark.parametrize(
    ("size", "answer"), [(0, 0), (1, 1), (LIMIT, LIMIT), (LIMIT + 1, TOO_LARGE), (9000, TOO_LARGE)]
)
def test_the_limit_is_the_last_size_that_is_read(client: AppClient, size: int, answer: Any):
    whole = b"x" * size
    assert post(client, whole) == answer
    assert post(client, [whole[: size // 2], b"", whole[size // 2 :]]) == answer
    assert post(client, [bytes([byte]) for byte in whole]) == answer


def test_no_more_than_the_limit_is_held_of_a_body_without_length(client: AppClient):
    """A body that would never end is refused as soon as it is over the limit."""
    taken = itertools.count()

    async def receive() -> dict[str, Any]:
        next(taken)
        return {"type": "http.request", "body": b"x" * 10, "more_body": True}

    request = falcon.asgi.Request(SCOPE, receive)
    with pytest.raises(Invalid, match="over 100 bytes"):
        client.run(read_body(request, LIMIT))
    assert next(taken) <= LIMIT // 10 + 1


SCOPE = {
    "type": "http",
    "method": "POST",
    "path": "/",
    "query_string": b"",
    "headers": [],
    "http_version": "1.1",
    "scheme": "http",
    "server": ("127.0.0.1", 80),
    "client": ("127.0.0.1", 1),
    "asgi": {"version": "3.0"},
}


def test_a_length_over_the_limit_is_refused_unread(client: AppClient):
    async def receive() -> dict[str, Any]:
        raise AssertionError("the body was read")

    request = falcon.asgi.Request(SCOPE | {"headers": [(b"content-length", b"101")]}, receive)
    with pytest.raises(Invalid, match="over 100 bytes"):
        client.run(read_body(request, LIMIT))


@pytest.mark.parametrize(
    ("length", "size", "answer"),
    [
        ("10", 50, 10),  # what is behind the length is not this request's
        ("10", 5000, 10),
        ("50", 10, 10),  # the client hung up early
        ("0", 50, 0),
    ],
)
def test_a_length_that_lies_brings_no_more_than_it_says(
    client: AppClient, length: str, size: int, answer: int
):
    assert post(client, b"x" * size, content_length=length) == answer


@pytest.mark.parametrize("length", ["-1", "ten", "1e3", "0x10"])
def test_a_length_that_is_no_number_is_a_bad_request(client: AppClient, length: str):
    answer = client.request("POST", "/", body=b"x", headers={"content-length": length})
    assert answer.status == 400


def test_a_body_that_does_not_come_is_given_up(client: AppClient):
    async def receive() -> dict[str, Any]:
        return await asyncio.get_running_loop().create_future()

    with pytest.raises(Invalid, match=r"did not arrive in 0\.05 seconds"):
        client.run(read_body(falcon.asgi.Request(SCOPE, receive), LIMIT, timeout_s=0.05))


@pytest.mark.parametrize(
    ("value", "member"),
    [
        ("a\x00b", "body"),
        ({"name": "\x00"}, "body.name"),
        ({"\x00": 1}, "body"),
        ({"names": ["ok", "\ud83d"]}, "body.names[1]"),
        ([{"deep": [["\udfff"]]}], "body[0].deep[0][0]"),
    ],
)
def test_what_cannot_be_stored_is_refused_by_its_name(value: Any, member: str):
    with pytest.raises(Invalid) as refusal:
        check_storable(value)
    assert refusal.value.fields == {member: ["unstorable"]}


@pytest.mark.parametrize("value", [None, 1, 1.5, True, "", "ü\U0001f39f\x01", {"a": [1, "b"]}, []])
def test_everything_else_can_be_stored(value: Any):
    check_storable(value)
    assert json.dumps(value)
