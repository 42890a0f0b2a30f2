"""Clients that leave before they are answered."""

import asyncio
import base64
import json
import re
import socket
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.support.node import Account, WallClock, new_database, open_node
from tests.support.server import Server
from turnout.http.mounts import Message
from turnout.http.reception import Reception, Receptions
from turnout.store.deadlines import Patience

DEADLINE_S = 60
GONE = {"type": "http.disconnect"}


def part(body: bytes, *, more: bool) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


class Client:
    """Sends what it is told to."""

    def __init__(self, *headers: tuple[bytes, bytes]) -> None:
        scope: dict[str, Any] = {"headers": headers}
        self._messages: asyncio.Queue[Message] = asyncio.Queue()
        self.reception = Reception(scope, self._messages.get, Patience())

    def send(self, *messages: Message) -> None:
        for message in messages:
            self._messages.put_nowait(message)

    async def is_noticed(self) -> bool:
        """Whether it has been noticed that the client is gone, once all messages were read."""
        for _ in range(5):
            await asyncio.sleep(0)
        return self.reception.patience.is_gone


def run(scenario: Any) -> Any:
    return asyncio.run(asyncio.wait_for(scenario(), DEADLINE_S))


def test_a_client_that_leaves_is_noticed_once_its_request_is_slow() -> None:
    async def scenario() -> list[bool]:
        client = Client()
        receptions = Receptions(after_s=0.02)
        receptions.open(client.reception)
        client.send(part(b"", more=False), GONE)
        at_once = await client.is_noticed()
        await asyncio.sleep(0.1)
        receptions.close(client.reception)
        return [at_once, await client.is_noticed()]

    assert run(scenario) == [False, True]


@pytest.mark.parametrize(
    ("header", "ends"),
    [
        ((b"content-length", b"6"), True),
        ((b"content-length", b"6"), False),
        ((b"transfer-encoding", b"chunked"), True),
    ],
)
def test_a_body_that_is_coming_in_is_the_app_s(header: tuple[bytes, bytes], ends: bool) -> None:
    async def scenario() -> list[Any]:
        client = Client(header)
        client.reception.watch()
        client.send(part(b"one", more=True), part(b"two", more=not ends), GONE)
        first = await client.reception()
        client.reception.watch()
        before = await client.is_noticed()
        second = await client.reception()
        client.reception.watch()
        after = await client.is_noticed()
        return [first["body"], before, second["body"], after, await client.reception()]

    assert run(scenario) == [b"one", False, b"two", True, GONE]


def test_an_answered_request_is_watched_no_longer() -> None:
    async def scenario() -> int:
        before = len(asyncio.all_tasks())
        client = Client()
        receptions = Receptions(after_s=0.01)
        receptions.open(client.reception)
        await asyncio.sleep(0.05)
        receptions.close(client.reception)
        await asyncio.sleep(0)
        return len(asyncio.all_tasks()) - before

    assert run(scenario) == 0


def test_what_a_client_that_left_has_asked_for_is_not_done(tmp_path: Path) -> None:
    url = new_database("sqlite", tmp_path)
    with open_node(url, clock=WallClock()) as node:
        account = node.add_account()
    server = Server(tmp_path, database_url=url, command=("serve",), work_in_process="false")
    with server, closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as other:
        other.execute("BEGIN IMMEDIATE")
        begun = _register(server, account, "stays@example.com")
        _wait_for(server, 1)
        leaving = _register(server, account, "leaves@example.com")
        _wait_for(server, 2)
        leaving.close()
        _wait_for(server, 1)  # it is dropped, though nobody can write
        other.rollback()
        _wait_for(server, 0)
        begun.close()
        with _register(server, account, "last@example.com") as last:
            assert last.recv(1000).startswith(b"HTTP/1.1 200 ")
        found = other.execute("SELECT * FROM submissions").fetchall()
        left = _count(server, 499)
    assert "leaves@example.com" not in str(found)
    assert left == 1
    assert "last@example.com" in str(found)


def _register(server: Server, account: Account, email: str) -> socket.socket:
    body = json.dumps(account.body(email)).encode()
    client = socket.create_connection(("127.0.0.1", server.port), DEADLINE_S)
    client.sendall(
        b"PUT /v1.0/register HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n"
        b"Authorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s"
        % (account.token.encode(), len(body), body)
    )
    return client


def _wait_for(server: Server, in_flight: int) -> None:
    """Until so many requests are being answered, without the one that asks."""
    line = f"turnout_requests_in_flight {in_flight + 1}.0"
    until = time.monotonic() + DEADLINE_S
    while line not in server.ask("GET", "/metrics").body.decode():
        assert time.monotonic() < until, "it did not come"
        time.sleep(0.02)


BROKEN = {
    "no size": b"ZZ\r\n",
    "negative": b"-1\r\n",
    "too large": b"ffffffffffffffffff\r\n",
    "NUL": b"5\r\nab\0cd\0\0",
    "later": b"3\r\na=b\r\nZZ\r\n",
    "trailers": b"0\r\n" + b"a: b\r\n" * 3000 + b"\r\n",
}
FORM = b"application/x-www-form-urlencoded"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("reception")) as server:
        yield server


@pytest.mark.parametrize("chunks", BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize(
    "path", ["/rail-forum/1000001", "/api/reporting/eventlist", "/console/sign-in"]
)
def test_chunks_that_cannot_be_read_are_refused(server: Server, path: str, chunks: bytes) -> None:
    head = b"Transfer-Encoding: chunked\r\nContent-Type: %s\r\n\r\n" % FORM
    with _post(server, path, head + chunks) as client:
        answer = client.recv(65536)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"ended before it was whole" in answer or path == "/console/sign-in"


def test_chunks_of_jobs_that_cannot_be_read_are_refused(server: Server) -> None:
    admin = server.demo["messaging"]["admin"]
    pair = base64.b64encode(f"{admin['username']}:{admin['password']}".encode())
    head = b"Authorization: Basic %s\r\nTransfer-Encoding: chunked\r\n\r\n" % pair
    with _post(server, "/api/v1/jobs", head + b"3\r\n{} \r\nZZ\r\n") as client:
        answer = client.recv(65536)
    assert answer.startswith(b"HTTP/1.1 422 ")
    assert b"ended before it was whole" in answer


def test_clients_that_cut_their_upload_are_counted_apart(server: Server) -> None:
    before = _count(server, 499), _count(server, 503)
    for _ in range(20):
        _post(server, "/console/sign-in", b"Content-Length: 300\r\n\r\nuser=a").close()
    until = time.monotonic() + DEADLINE_S
    while _count(server, 499) < before[0] + 20:
        assert time.monotonic() < until, server.ask("GET", "/metrics").body.decode()
        time.sleep(0.02)
    assert (_count(server, 499), _count(server, 503)) == (before[0] + 20, before[1])
    while len(lines := _list_left(server)) < 20:  # the log is written a little later
        assert time.monotonic() < until, server.read_log()
        time.sleep(0.02)
    assert {(line["event"], line["path"]) for line in lines} == {("request", "/console/sign-in")}


def _list_left(server: Server) -> list[dict[str, object]]:
    log = server.read_log().splitlines()
    return [json.loads(line) for line in log if '"status":499' in line]


def _post(server: Server, path: str, rest: bytes) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", server.port), DEADLINE_S)
    client.sendall(b"POST %s HTTP/1.1\r\nHost: test\r\n%s" % (path.encode(), rest))
    return client


def _count(server: Server, status: int) -> int:
    """How many requests were answered so, over all apps and methods."""
    text = server.ask("GET", "/metrics").body.decode()
    found = re.findall(
        rf'^turnout_requests_total\{{.*status="{status}"\}} (\S+)$', text, re.MULTILINE
    )
    return sum(int(float(count)) for count in found)
