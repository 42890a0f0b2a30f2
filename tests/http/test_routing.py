"""What holds for every route: HEAD like GET, and fixed parts of a path in any letter case."""

from typing import Any

import pytest
from falcon.asgi import Request, Response

from tests.support.client import Answer, AppClient
from turnout.errors import Failure, Unauthenticated
from turnout.http.app import RootApp
from turnout.http.cors import OpenToOrigins
from turnout.http.dialect import Resource, new_app
from turnout.http.errors import Answer as Shown
from turnout.http.errors import headers_of
from turnout.http.mounts import Mount
from turnout.http.routing import acts


class Pieces:
    """A streamed body that knows whether it was read, and whether it was closed."""

    def __init__(self) -> None:
        self.taken = self.closed = 0

    def __aiter__(self) -> "Pieces":
        return self

    async def __anext__(self) -> bytes:
        if self.taken == 3:
            raise StopAsyncIteration
        self.taken += 1
        return b"piece"

    async def close(self) -> None:
        self.closed += 1


class Thing(Resource):
    """`/things/{name}`."""

    is_open = True

    async def on_get(self, req: Request, resp: Response, name: str) -> None:
        if name == "stranger":
            raise Unauthenticated("test.stranger")
        resp.text = f"{req.method} {name}"
        resp.set_header("X-Thing", name)

    async def on_put(self, req: Request, resp: Response, name: str) -> None:
        resp.text = f"put {name}"


class Stream(Resource):
    """`/things/stream`."""

    def __init__(self) -> None:
        self.pieces = Pieces()

    async def on_get(self, req: Request, resp: Response) -> None:
        resp.stream = self.pieces


class Deed(Resource):
    """`/things/deed`: a GET that acts."""

    @acts
    async def on_get(self, req: Request, resp: Response) -> None:
        resp.text = "done"

    on_post = on_get


def present(failure: Failure) -> Shown:
    status = 401 if isinstance(failure, Unauthenticated) else 405
    headers = headers_of(failure, status, "Test")
    return Shown(status, failure.message.encode(), "text/plain", headers)


@pytest.fixture
def stream() -> Stream:
    return Stream()


@pytest.fixture
def client(stream: Stream):
    app = new_app(present)
    app.add_middleware(OpenToOrigins())
    app.add_route("/things/{name}", Thing())
    app.add_route("/things/stream", stream)
    app.add_route("/things/deed", Deed())

    async def be_ready() -> None:
        """It is."""

    root = RootApp([Mount("/", "test", app, present)], is_ready=be_ready, access_log=True)
    with AppClient(root) as client:
        yield client


def shown(answer: Answer) -> tuple[int, bytes]:
    return answer.status, answer.body


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("/things/\0", b"Nothing is at /things/%00."),
        ("/things/a\0b", b"Nothing is at /things/a%00b."),
        ("/things/\ud800", b"Nothing is at /things/%3F."),
        (
            "/things/Ada?x=%00",
            b"The query has a character that cannot be stored (NUL).",
        ),
        ("/things/Ada?x=%2500", b"GET Ada"),
    ],
)
def test_what_no_database_can_keep_is_refused(client, target, said):
    path, _, query = target.partition("?")
    answer = client.run(_send(client, path, query))
    assert answer == said


async def _send(client, path: str, query: str) -> bytes:
    """GET with a path as it was decoded, whatever it holds."""
    sent = []

    async def take(message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "asgi": {"version": "3.0"},
        "path": path,
        "query_string": query.encode(),
        "headers": [(b"host", b"127.0.0.1:8080")],
        "root_path": "",
        "client": ("127.0.0.1", 1),
        "server": ("x", 80),
    }
    await client.app(scope, None, take)
    return b"".join(message.get("body", b"") for message in sent)


def test_head_is_get_without_its_body(client):
    get, head = (client.request(method, "/things/Ada") for method in ("GET", "HEAD"))
    assert shown(get) == (200, b"GET Ada")
    assert shown(head) == (200, b"")
    assert head.headers["x-thing"] == "Ada"
    assert head.headers["content-length"] == str(len("HEAD Ada"))


def test_head_of_a_stream_reads_nothing_and_closes_it(client, stream):
    answer = client.request("HEAD", "/things/stream")
    assert shown(answer) == (200, b"")
    assert "content-length" not in answer.headers
    assert (stream.pieces.taken, stream.pieces.closed) == (0, 1)

    assert client.request("GET", "/things/stream").body == b"piece" * 3


def test_head_of_a_get_that_acts_is_refused(client):
    answer = client.request("HEAD", "/things/deed")
    assert (answer.status, answer.headers["allow"]) == (405, "GET, POST")
    assert shown(client.request("GET", "/things/deed")) == (200, b"done")


@pytest.mark.parametrize(
    "path",
    ["/Things/Ada", "/THINGS/Ada", "//things//Ada", "/things/Ada/", "/things/Ada//", "things/Ada"],
)
def test_spellings_of_a_path_name_the_same_thing(client, path):
    assert shown(client.request("GET", path)) == (200, b"GET Ada")


@pytest.mark.parametrize("path", ["/deskTop/Ada", "/desktop/Ada", "/DESKTOP/Ada"])
def test_a_template_may_have_capital_letters(path):
    app: Any = new_app(present)
    app.add_route("/things/{name}", Thing())
    app.add_route("/deskTop/{name}", Thing())
    with AppClient(app) as client:
        assert shown(client.request("GET", path)) == (200, b"GET Ada")


def test_the_variable_part_keeps_its_letters(client):
    assert client.request("GET", "/THINGS/aBc").body == b"GET aBc"
    assert client.request("GET", "/things/DEED").body == b"done"


@pytest.mark.parametrize("path", ["/things/{}", "/things/{name}"])
def test_a_path_that_looks_like_a_template_is_none(client, path):
    assert shown(client.request("GET", path)) == (200, b"GET " + path[8:].encode())


ALL = {
    "access-control-allow-origin": "https://page.example",
    "access-control-allow-credentials": "true",
    "access-control-expose-headers": "Link, Retry-After, WWW-Authenticate, X-Request-ID",
}


def cors(answer: Answer) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name.startswith("access-")}


@pytest.mark.parametrize(("name", "status"), [("Ada", 200), ("stranger", 401)])
def test_pages_of_other_origins_may_read_every_answer_of_an_open_resource(client, name, status):
    headers = {"Origin": "https://page.example"}
    answer = client.request("GET", f"/things/{name}", headers=headers)
    assert (answer.status, cors(answer), answer.headers["vary"]) == (status, ALL, "Origin")


def test_without_an_origin_only_caches_are_told(client):
    answer = client.request("GET", "/things/Ada")
    assert (cors(answer), answer.headers["vary"]) == ({}, "Origin")


def test_a_preflight_allows_what_browsers_send(client):
    headers = {
        "Origin": "https://page.example",
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "authorization,user",
    }
    answer = client.request("OPTIONS", "/things/Ada", headers=headers)
    assert answer.status == 204
    assert cors(answer) == ALL | {
        "access-control-allow-methods": "GET, HEAD, PUT",
        "access-control-allow-headers": "Authorization, Content-Type, user, X-Device, X-Nonce, "
        "X-Request-ID",
        "access-control-max-age": "86400",
    }


@pytest.mark.parametrize("path", ["/things/deed", "/nothing"])
def test_what_is_not_open_has_no_such_headers(client, path):
    headers = {"Origin": "https://page.example", "Access-Control-Request-Method": "GET"}
    assert cors(client.request("OPTIONS", path, headers=headers)) == {}
    assert cors(client.request("GET", path, headers=headers)) == {}


def test_an_options_that_is_no_preflight_is_refused(client):
    answer = client.request("OPTIONS", "/things/Ada", headers={"Origin": "https://page.example"})
    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD, PUT")
    assert cors(answer) == ALL | {
        "access-control-allow-headers": answer.headers["access-control-allow-headers"],
        "access-control-max-age": "86400",
    }


def test_a_401_says_how_to_sign_in(client):
    assert client.request("GET", "/things/stranger").headers["www-authenticate"] == "Test"


def test_routes_are_listed_with_their_methods():
    app: Any = new_app(present)
    app.add_route("/things/{name}", Thing())
    app.add_route("/things/deed", Deed())
    assert [(template, sorted(methods)) for template, _, methods in app.routes] == [
        ("/things/{name}", ["GET", "HEAD", "PUT"]),
        ("/things/deed", ["GET", "POST"]),
    ]
