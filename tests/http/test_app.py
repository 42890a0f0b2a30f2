"""The front door: which app serves a path, and what it answers itself."""

from typing import Any

import pytest
from falcon.asgi import Request, Response

from tests.support.client import AppClient
from tests.support.node import Account, LocalNode, new_database, open_node
from tests.support.postgresql import Cluster
from turnout.errors import Failure, Unavailable
from turnout.http import logs
from turnout.http.app import RootApp
from turnout.http.dialect import Resource, new_app
from turnout.http.errors import Answer, present_plainly
from turnout.http.mounts import Mount


def named(name: str) -> Mount:
    """An app at `/NAME` (or `/`) that answers its name."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": name.encode()})

    return Mount(f"/{name}", name or "pages", app)


def front_door(*mounts: Mount, trouble: str = "") -> AppClient:
    async def is_ready() -> None:
        if trouble:
            raise Unavailable(trouble)

    return AppClient(RootApp(list(mounts), is_ready=is_ready, access_log=True))


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/", ""),
        ("/other", ""),
        ("/v1", "v1"),
        ("/v1/event", "v1"),
        ("/v1.0", "v1.0"),
        ("/v1.0/register", "v1.0"),
        ("/v1x", ""),
        ("/V1/event", "v1"),
        ("//v1.0//register", "v1.0"),
        ("/v1/", "v1"),
        ("v1", "v1"),
        ("*", ""),
        ("", ""),
    ],
)
def test_the_longest_prefix_that_fits_serves_a_path(path: str, name: str):
    with front_door(named(""), named("v1"), named("v1.0")) as client:
        assert client.request("GET", path).body.decode() == name


def test_health_says_that_the_process_lives():
    with front_door(named(""), trouble="store.stopping") as client:
        answer = client.request("GET", "/healthz")
        assert (answer.status, answer.json()) == (200, {"status": "ok"})
        assert answer.headers["cache-control"] == "no-store"


def test_ready_says_why_not():
    with front_door(named(""), trouble="store.stopping") as client:
        answer = client.request("GET", "/readyz")
    reason = {"status": "unavailable", "reason": "The server is stopping. Try again."}
    assert (answer.status, answer.json()) == (503, reason)


def test_a_node_is_ready(node: LocalNode):
    answer = node.client.request("GET", "/readyz")
    assert (answer.status, answer.json()) == (200, {"status": "ready"})


def test_without_its_database_a_node_lives_but_is_not_ready(tmp_path):
    with (
        Cluster.start() as cluster,
        open_node(new_database("postgresql", tmp_path, cluster)) as node,
    ):
        account = node.add_account()
        assert node.client.request("GET", "/readyz").status == 200
        cluster.stop()

        answer = node.client.request("GET", "/readyz")
        assert (answer.status, answer.json()["status"]) == (503, "unavailable")
        assert node.client.request("GET", "/healthz").status == 200
        check_refused(node, account)


def check_refused(node: LocalNode, account: Account) -> None:
    answer = node.client.request(
        "PUT", "/v1.0/register", headers=account.headers, json=account.body()
    )
    assert answer.json()["responseCode"] == answer.status == 503
    assert int(answer.headers["retry-after"]) >= 1


def test_what_is_not_http_is_left_alone():
    async def never(*_: Any) -> Any:
        raise AssertionError("nothing is received and nothing is sent")

    with front_door(named("")) as client:
        client.run(front(client, {"type": "websocket", "path": "/"}, never))


async def front(client: AppClient, scope: Any, never: Any) -> None:
    await client.app(scope, never, never)


# -- what escapes an app --------------------------------------------------------------------


def present(failure: Failure) -> Answer:
    """As some dialect would."""
    return Answer(500, f"<{failure.message}>".encode(), "text/test", {"X-Shape": "its own"})


def broken(*messages: dict[str, Any], error: Exception | None = None) -> AppClient:
    """A front door whose app sends the messages, and then raises the error."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        for message in messages:
            await send(message)
        if error:
            raise error

    return front_door(Mount("/", "broken", app, present))


@pytest.mark.parametrize("error", [ValueError("inside"), None], ids=["raised", "no answer"])
def test_what_escapes_is_answered_in_the_shape_of_the_app(error, capsys):
    with broken(error=error) as client:
        answer = client.request("GET", "/x", headers={"x-request-id": "number-17"})
    text = "Something went wrong on the server. Nothing was changed. Request id: number-17."
    assert (answer.status, answer.body.decode()) == (500, f"<{text}>")
    assert answer.headers == {
        "content-type": "text/test",
        "content-length": str(len(answer.body)),
        "x-shape": "its own",
        "x-request-id": "number-17",
    }
    told = "".join(capsys.readouterr())
    assert ("inside" if error else "broken ended without an answer") in told


def test_an_answer_to_head_has_no_body_there_either():
    with broken(error=ValueError("inside")) as client:
        answer = client.request("HEAD", "/x")
    assert (answer.status, answer.body) == (500, b"")
    assert int(answer.headers["content-length"]) > 50


def test_an_answer_that_has_begun_is_cut():
    start = {"type": "http.response.start", "status": 200, "headers": []}
    with (
        broken(start, error=ValueError("inside")) as client,
        pytest.raises(ValueError, match="inside"),
    ):
        client.request("GET", "/x")


def test_a_shape_that_cannot_be_made_is_replaced_by_a_line_of_text():
    def fail(_failure: Failure) -> Answer:
        raise LookupError("no shape")

    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise ValueError("inside")

    with front_door(Mount("/", "broken", app, fail)) as client:
        answer = client.request("GET", "/x")
    assert (answer.status, answer.headers["content-type"]) == (500, "text/plain; charset=utf-8")


# -- HTTP/1.0, and the way of every request -------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/healthz", "/readyz", "/metrics", "/v1/event", "/api/x"])
def test_a_version_as_granian_names_it_is_understood(node: LocalNode, path: str):
    usual, *others = (
        node.client.request("GET", path, http_version=version).status
        for version in ("1.1", "1", "1.0")
    )
    assert usual in (200, 401, 404)
    assert others == [usual, usual]


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_health_has_head_and_no_post(path: str):
    with front_door(named("")) as client:
        head = client.request("HEAD", path)
        assert (head.status, head.body) == (200, b"")
        assert int(head.headers["content-length"]) > 10
        assert client.request("POST", path).status == 405
        assert client.request("GET", f"{path}/x").status == 404


@pytest.mark.parametrize(
    "path",
    ["/metrics/", "/METRICS", "//metrics", "/Metrics", "/metrics//", "/healthz/", "//readyz"],
)
def test_health_has_one_spelling(path: str):
    """Proxies that keep a path to themselves compare texts."""
    with front_door(named("")) as client:
        assert client.request("GET", path).status == 404


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-Forwarded-For", "127.0.0.1"),
        ("X-Forwarded-Proto", "https"),
        ("X-Forwarded-Host", "localhost"),
        ("X-Real-IP", "127.0.0.1"),
        ("Forwarded", "for=127.0.0.1"),
        ("Via", "1.1 proxy"),
    ],
)
def test_metrics_are_refused_to_what_comes_through_a_proxy(name: str, value: str):
    with front_door(named("")) as client:
        refused = client.request("GET", "/metrics", headers={name: value})
        assert (refused.status, refused.json()["reason"]) == (
            404,
            "Metrics are for direct requests from a private network: ask without the proxy.",
        )
        assert client.request("HEAD", "/metrics", headers={name: value}).status == 404
        assert client.request("GET", "/healthz", headers={name: value}).status == 200


@pytest.mark.parametrize(
    ("peer", "status"),
    [
        ("127.0.0.1", 200),
        ("::1", 200),
        ("10.1.2.3", 200),
        ("100.64.0.1", 200),
        ("fd00::1", 200),
        ("", 200),
        ("8.8.8.8", 404),
        ("::ffff:8.8.8.8", 404),
        ("2001:4860:4860::8888", 404),
    ],
)
def test_metrics_are_for_private_networks(peer: str, status: int):
    with front_door(named("")) as client:
        door = client.app

        async def from_peer(scope: Any, receive: Any, send: Any) -> None:
            await door(scope | {"client": (peer, 1) if peer else None}, receive, send)

        client.app = from_peer
        assert client.request("GET", "/metrics").status == status


def test_health_fails_where_every_app_fails():
    """A version that Falcon does not take fails everywhere, health included."""
    with front_door(named("")) as client:
        for path in ("/healthz", "/readyz", "/metrics"):
            assert client.request("GET", path, http_version="0.9").status == 500


# -- the log --------------------------------------------------------------------------------


class Ticket(Resource):
    async def on_get(self, _req: Request, resp: Response, **_params: str) -> None:
        resp.text = "here"


@pytest.mark.parametrize(
    "path", ["/ticket/1-ABC", "//ticket//1-ABC", "/TICKET/1-ABC", "/Ticket//1", "/x/ticket%2F1"]
)
def test_what_is_secret_in_a_path_is_not_logged_however_it_is_spelled(path: str, monkeypatch):
    lines: list[logs.RequestLine] = []
    monkeypatch.setattr(logs, "log_request", lines.append)

    async def is_ready() -> None:
        """It is."""

    app = new_app(present_plainly)
    app.add_route("/ticket/{address}", Ticket())
    mounts = [Mount("/", "web", app, app.present)]
    with AppClient(RootApp(mounts, is_ready=is_ready, access_log=True)) as client:
        client.request("GET", path)
    assert [line.path.lower().removeprefix("/x") for line in lines] == ["/ticket/…"]
