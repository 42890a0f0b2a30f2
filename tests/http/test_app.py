"""The front door: which app serves a path, and what it answers itself."""

from typing import Any

import pytest

from tests.support.client import AppClient
from tests.support.node import Account, LocalNode, new_database, open_node
from tests.support.postgresql import Cluster
from turnout.errors import Unavailable
from turnout.http.app import Mount, RootApp


def named(name: str) -> Mount:
    """An app at `/NAME` (or `/`) that answers its name."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": name.encode()})

    return Mount(f"/{name}", name or "pages", app)


def front_door(*mounts: Mount, trouble: str = "") -> AppClient:
    async def is_ready() -> None:
        if trouble:
            raise Unavailable("test.trouble", trouble)

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
    ],
)
def test_the_longest_prefix_that_fits_serves_a_path(path: str, name: str):
    with front_door(named(""), named("v1"), named("v1.0")) as client:
        assert client.request("GET", path).body.decode() == name


def test_health_says_that_the_process_lives():
    with front_door(named(""), trouble="The database is away.") as client:
        answer = client.request("GET", "/healthz")
        assert (answer.status, answer.json()) == (200, {"status": "ok"})
        assert answer.headers["cache-control"] == "no-store"


def test_ready_says_why_not():
    with front_door(named(""), trouble="The database is away.") as client:
        answer = client.request("GET", "/readyz")
    reason = {"status": "unavailable", "reason": "The database is away."}
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
