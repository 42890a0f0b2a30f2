"""HEAD and HTTP/1.0 on every GET route that the routers have: a new one cannot be forgotten."""

import gzip
import re
import socket
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.support import proof
from tests.support.client import Answer, AppClient
from tests.support.node import Clock, key_pair
from tests.support.server import Server
from tests.support.visits import BASE, CONSOLE, Visit, copy_demo, list_visits
from turnout.bootstrap import Node
from turnout.core.identity.signing import ensure_signing_key
from turnout.demo.content import Content, show_all
from turnout.settings import Settings
from turnout.store import open_database, system_clock

# A form has a token of its own in a cookie, new with each answer.
VOLATILE = ("x-request-id", "date", "server", "connection", "set-cookie")
# What differs from one answer to the next: a time, a signed token, a count.
_CHANGING = re.compile(
    rb"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d|\d{8}T\d{6}Z|[0-9A-Za-z_-]{20,}"
    rb"|\"available\":\d+|data-now=\"\d+\""
)
# Metrics count the requests between; the first GET has a ticket key made.
BY_ITSELF = ("/metrics", "/v1/event/ticket_keys", "/console/{scope}/settings/server")
# Pages of members: without the cookie of /sign-in they say where to sign in.
BEHIND_SIGN_IN = ("/summary/{number}", "/outbox")
# Pages of the console are about an event, an organization, or something that the demo lacks.
ABOUT = (200, 303, 404, 410)
# A right password notes the place that it came from, /readyz tries whether writing works, once a
# while a session notes that it is in use, and a phone at the door that it was there.
NOTED = ("known_places", "installation", "page_sessions", "door_devices")


class Demo:
    """A node of its own on a seeded demo, in this process: nothing runs by itself, time neither, as
    a page changes where a show begins or ends between two requests."""

    def __init__(self, folder: Path) -> None:
        self.url, self.members = copy_demo(folder)
        settings = Settings(database_url=self.url, base_url=BASE, allow_demo=True)
        self.db = open_database(settings, clock=Clock(system_clock()))
        demo = show_all(msgspec.convert(self.members, Content))
        self.node = Node(settings, self.db, demo)
        self.client = AppClient(self.node.app)
        self.db.call(ensure_signing_key, *key_pair())
        self._observer = sqlite3.connect(self.url.removeprefix("sqlite:///"))
        self._seen: dict[str, list[tuple[Any, ...]]] = {}
        self._seen_at = -1

    def dump(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every table; read again only after somebody else's commit."""
        [version] = self._observer.execute("PRAGMA data_version").fetchone()
        if version != self._seen_at:
            names = self._observer.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            self._seen_at, self._seen = (
                version,
                {
                    name: self._observer.execute(f"SELECT * FROM {name}").fetchall()
                    for (name,) in names.fetchall()
                    if name not in NOTED
                },
            )
        return self._seen

    def close(self) -> None:
        self._observer.close()
        self.db.close()

    def sign_in(self) -> dict[str, str]:
        """Sessions of the APIs that have some."""
        key = {"APIKey": self.members["registration"]["apiKey"]}
        token = self.client.request("POST", "/v1.0/signin", headers=key).json()["idToken"]
        who = self.members["reporting"]
        query = f"username={who['username']}&password={who['password']}"
        body = self.client.request("GET", f"/api/login/json?{query}").json()
        found = body["convey_api"]["result"]["success"]
        ids = f"si={found['sessionid']['value']}&ui={found['userid']['value']}"
        return {"token": token, "reporting": ids}


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    demo = Demo(tmp_path)
    with demo.client:
        yield demo
    demo.close()


def steady(headers: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name not in VOLATILE}


@pytest.mark.proof
def test_head_answers_like_get_and_changes_nothing(demo: Demo):
    visits = list_visits(demo.node, demo.members, demo.sign_in())
    before = demo.dump()
    for visit in visits:
        head = demo.client.request("HEAD", visit.target, headers=visit.headers)
        assert head.body == b"", visit.template
        after = demo.dump()
        assert [name for name in after if after[name] != before[name]] == [], visit.template
        if visit.acts:
            assert head.status == 405, visit.template
        else:
            check_like_get(demo, visit, head)
            before = demo.dump()
    proof.report("head of every get", routes=len(visits))


def check_like_get(demo: Demo, visit: Visit, head: Answer) -> None:
    get = demo.client.request("GET", visit.target, headers=visit.headers)
    expected: tuple[int, ...] = (401,) if visit.template in BEHIND_SIGN_IN else (200, 308)
    expected = ABOUT if visit.template.startswith(CONSOLE) else expected
    assert get.status in expected, (visit.template, get.body[:300])
    assert head.status == get.status, visit.template
    if visit.template in BY_ITSELF:
        assert "content-length" in head.headers
        return
    assert steady(head.headers) == steady(get.headers), visit.template
    check_packed(demo, visit, get)


def check_packed(demo: Demo, visit: Visit, get: Answer) -> None:
    """Who takes gzip gets the same, unless it is short or may be a browser's secret."""
    headers = visit.headers | {"Accept-Encoding": "gzip"}
    packed = demo.client.request("GET", visit.target, headers=headers)
    if packed.headers.get("content-encoding") == "gzip":
        assert "Cookie" not in visit.headers, visit.template
        packed = replace(packed, body=gzip.decompress(packed.body))
    assert packed.status == get.status, visit.template
    assert is_packed(get) or plain(packed) == plain(get), visit.template


# -- HTTP/1.0 -------------------------------------------------------------------------------


def speak(port: int, visit: Visit, version: str) -> Answer:
    """One request on a connection of its own in a version of HTTP, read to its end."""
    lines = [f"GET {visit.target} HTTP/{version}", "Host: 127.0.0.1", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in visit.headers.items()]
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        answer = connection.recv(65_536)
        while not _is_endless(answer) and (part := connection.recv(65_536)):
            answer += part
    head, _, body = answer.partition(b"\r\n\r\n")
    status, *fields = head.decode("latin-1").split("\r\n")
    assert status.startswith(f"HTTP/{version} ")
    headers = {
        name.lower(): value for name, _, value in (field.partition(": ") for field in fields)
    }
    return Answer(int(status.split()[1]), headers, body)


def _is_endless(answer: bytes) -> bool:
    """Whether it has begun to tell what happens, as it happens; its first word is read."""
    head, _, body = answer.partition(b"\r\n\r\n")
    return b"text/event-stream" in head and bool(body)


def plain(answer: Answer) -> bytes:
    """The body without its framing, and without what changes by itself."""
    body = answer.body
    if answer.headers.get("transfer-encoding") == "chunked":
        body = unchunk(body)
    return _CHANGING.sub(b"", body)


def unchunk(body: bytes) -> bytes:
    parts: list[bytes] = []
    while True:
        size, _, body = body.partition(b"\r\n")
        if int(size, 16) == 0:
            return b"".join(parts)
        parts.append(body[: int(size, 16)])
        body = body[int(size, 16) + 2 :]


@pytest.mark.proof
def test_http_1_0_is_answered_like_1_1_everywhere(tmp_path: Path, demo: Demo):
    folder = tmp_path / "served"
    copy_demo(folder)
    with Server(folder, work_in_process="false") as server:
        served = server.demo
        key = {"APIKey": served["registration"]["apiKey"]}
        token = server.ask("POST", "/v1.0/signin", headers=key).json()["idToken"]
        who = served["reporting"]
        login = server.ask(
            "GET", f"/api/login/json?username={who['username']}&password={who['password']}"
        )
        found = login.json()["convey_api"]["result"]["success"]
        ids = f"si={found['sessionid']['value']}&ui={found['userid']['value']}"
        visits = list_visits(demo.node, served, {"token": token, "reporting": ids})
        # Pages of the console are many, slow, and framed by the same code.
        chance = proof.random_for("http/1.0")
        visits = [
            visit
            for visit in visits
            if not visit.template.startswith(CONSOLE) or chance.random() < proof.scale(0.2, 1.0)
        ]
        for visit in visits:
            check_both_versions(server.port, visit)
    proof.report("http/1.0 on every get", routes=len(visits))


def check_both_versions(port: int, visit: Visit) -> None:
    new, old = (speak(port, visit, version) for version in ("1.1", "1.0"))
    assert old.status == new.status, visit.template
    assert old.status < 500, (visit.template, old.body)
    assert "transfer-encoding" not in old.headers, visit.template
    if "content-length" in old.headers:
        assert len(old.body) == int(old.headers["content-length"]), visit.template
    if not visit.acts and visit.template not in BY_ITSELF and not is_packed(old):
        assert plain(old) == plain(new), visit.template


def is_packed(answer: Answer) -> bool:
    """Whether the body holds times that cannot be seen, or goes on."""
    kinds = ("application/pdf", "application/vnd", "text/event-stream")
    return answer.headers["content-type"].startswith(kinds)
