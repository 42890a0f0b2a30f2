"""A real server: its port, its sockets, its log, and how it stops."""

import datetime
import itertools
import json
import signal
import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import jwt
import pytest

from tests.support.node import Account, Clock, new_database, open_node
from tests.support.server import Server
from turnout.core.door.model import DoorRole
from turnout.core.door.pairing import make_pairing, pair_by_link
from turnout.core.identity.signing import TOKEN_SECONDS
from turnout.http.server import check_port
from turnout.settings import Settings
from turnout.store import open_database, system_clock
from turnout.web.door import news

DEADLINE_S = 20
CLIENTS = 8
ENOUGH = 200


@dataclass
class Site:
    """A running server with an account on it."""

    server: Server
    account: Account
    database: Path
    token: str = ""

    def sign_in(self) -> None:
        headers = {"APIKey": self.account.api_key}
        self.token = self.server.ask("POST", "/v1.0/signin", headers=headers).json()["idToken"]

    def register_request(self, email: str) -> tuple[bytes, bytes]:
        """Head and body of a PUT /register, as they go over the wire."""
        body = json.dumps(self.account.body(email)).encode()
        head = (
            "PUT /v1.0/register HTTP/1.1\r\nHost: turnout\r\n"
            f"Authorization: Bearer {self.token}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode(), body

    def list_stored(self) -> set[str]:
        """The addresses of all submissions in the database."""
        with sqlite3.connect(self.database) as connection:
            return {email for (email,) in connection.execute("SELECT email FROM submissions")}


def open_site(folder: Path, **settings: Any) -> Site:
    url = new_database("sqlite", folder)
    with open_node(url, clock=Clock(system_clock())) as node:
        account = node.add_account()
    settings = {"rate_limit_per_minute": 0} | settings
    server = Server(folder, database_url=url, command=("serve",), **settings)
    return Site(server, account, Path(url.removeprefix("sqlite:///")))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One server for all tests that leave it as it was."""
    site = open_site(tmp_path_factory.mktemp("site"))
    with site.server:
        site.sign_in()
        yield site


@pytest.fixture
def own_site(tmp_path: Path) -> Iterator[Site]:
    """A server for one test, which may stop it."""
    site = open_site(tmp_path)
    with site.server:
        site.sign_in()
        yield site


def talk(port: int, *parts: bytes, hang_up: bool = False) -> bytes:
    """Send the parts over one connection; what comes back until the server closes it."""
    with socket.create_connection(("127.0.0.1", port), timeout=DEADLINE_S) as connection:
        with suppress(OSError):
            for part in parts:
                connection.sendall(part)
            if hang_up:
                connection.shutdown(socket.SHUT_WR)
        return read_to_end(connection)


def read_to_end(connection: socket.socket) -> bytes:
    text = b""
    with suppress(ConnectionResetError):
        while part := connection.recv(65_536):
            text += part
    return text


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not is_so():
        assert time.monotonic() < deadline, f"not so after {DEADLINE_S} s"
        time.sleep(0.02)


# -- the port ------------------------------------------------------------------------------


def test_a_port_that_is_taken_is_refused(site: Site, tmp_path: Path):
    second = Server(tmp_path, command=("serve",), port=site.server.port)
    second.launch()
    assert second.wait() == 1
    said = " ".join(second.read_log().split())
    assert f"'127.0.0.1', {site.server.port}" in said
    assert "Stop what listens there, or choose another port with --port or TURNOUT_PORT." in said
    # It did not even touch its database, and the first one serves on.
    assert not (tmp_path / "turnout.db-wal").exists()
    assert site.server.ask("GET", "/readyz").status == 200


def test_a_port_of_anybody_else_is_refused(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        server = Server(tmp_path, command=("serve",), port=taken.getsockname()[1])
        server.launch()
        assert server.wait() == 1
    assert "Address already in use" in server.read_log()


def test_a_second_node_of_a_sqlite_file_is_refused(site: Site, tmp_path: Path):
    url = f"sqlite:///{site.database}"
    second = Server(tmp_path, command=("serve",), database_url=url)
    second.launch()
    assert second.wait() == 1
    said = " ".join(second.read_log().split())
    assert f"Another process (number {site.server.pid}) serves {site.database} already" in said
    assert site.server.ask("GET", "/readyz").status == 200


# -- sockets -------------------------------------------------------------------------------


def test_a_body_announced_as_too_large_is_refused_before_it_is_sent(site: Site):
    head = b"POST /v1.0/signin HTTP/1.1\r\nHost: x\r\n"
    with socket.create_connection(("127.0.0.1", site.server.port), DEADLINE_S) as connection:
        connection.sendall(head + b"Content-Length: 1000000000\r\n\r\n")
        answer = connection.recv(65_536)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"Bad Request: the body is over 16384 bytes" in answer


def test_a_body_without_length_is_cut_off_at_the_limit(site: Site):
    """The client would go on for ever; the answer comes all the same."""
    head = b"POST /v1.0/signin HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    chunk = b"1000\r\n" + b"x" * 0x1000 + b"\r\n"
    with socket.create_connection(("127.0.0.1", site.server.port), DEADLINE_S) as connection:
        connection.sendall(head + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 5)
        assert b"Bad Request: the body is over 16384 bytes" in connection.recv(65_536)


def test_a_chunked_body_is_read_whole(site: Site):
    body = json.dumps({"apiKey": site.account.api_key}).encode()
    chunks = b"".join(b"1\r\n" + bytes([byte]) + b"\r\n" for byte in body) + b"0\r\n\r\n"
    head = b"POST /v1.0/signin HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    answer = talk(site.server.port, head + b"Transfer-Encoding: chunked\r\n\r\n", chunks)
    assert answer.startswith(b"HTTP/1.1 200 ")


def test_what_is_behind_the_length_is_not_read_as_body(site: Site):
    head, body = site.register_request("short@example.com")
    lie = head.replace(f"Content-Length: {len(body)}".encode(), b"Content-Length: 10")
    answer = talk(site.server.port, lie, body)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b" 200 " not in answer
    assert "short@example.com" not in site.list_stored()


def test_half_a_body_registers_nobody(site: Site):
    head, body = site.register_request("half@example.com")
    talk(site.server.port, head, body[:-10], hang_up=True)
    wait_until(lambda: count_in_flight(site) == 1)
    assert "half@example.com" not in site.list_stored()


@pytest.mark.parametrize(
    "request_",
    [
        b"GARBAGE\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: ten\r\n\r\n",
        b"GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 1_000_000 + b"\r\n\r\n",
    ],
    ids=["no request line", "no length", "nul", "tls", "huge header"],
)
def test_what_is_no_http_harms_nobody(site: Site, request_: bytes):
    assert b"HTTP/1.1 200" not in talk(site.server.port, request_, hang_up=True)
    assert site.server.ask("GET", "/healthz").status == 200


@pytest.mark.parametrize("other", [b"x", b"X", b"evil.example", b""])
@pytest.mark.parametrize("path", [b"/", b"/healthz", b"/v1.0/signin", b"/api/v1/jobs"])
def test_two_host_headers_are_refused(site: Site, path: bytes, other: bytes):
    asked = b"GET %b HTTP/1.1\r\nHost: x\r\nHost: %b\r\nConnection: close\r\n\r\n"
    head, _, body = talk(site.server.port, asked % (path, other)).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert body == b"The request has more than one Host header. Send one.\n"


@pytest.mark.parametrize("path", [b"/", b"/healthz", b"/v1.0/signin", b"/api/v1/jobs"])
def test_a_request_without_a_host_is_refused(site: Site, path: bytes):
    asked = b"GET %b HTTP/1.1\r\nConnection: close\r\n\r\n"
    head, _, body = talk(site.server.port, asked % path).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert body == b"The request has no Host header. Send one.\n"


def test_http_1_0_needs_no_host(site: Site):
    assert b" 200 OK\r\n" in talk(site.server.port, b"GET /healthz HTTP/1.0\r\n\r\n")


def test_the_answer_to_head_has_no_body(site: Site):
    asked = b"HEAD /v1.0/signin HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    head, _, body = talk(site.server.port, asked).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 405 ")
    assert body == b""


@pytest.mark.parametrize(
    "target", ["/metric%73", "/%6detrics", "/metrics%2f", "/metrics/", "//metrics", "/health%7a"]
)
def test_a_path_that_a_proxy_may_block_has_no_other_spelling(site: Site, target: str):
    assert site.server.ask("GET", target).status == 404
    assert site.server.ask("GET", "/metrics?x=1").status == 200


def count_in_flight(site: Site) -> int:
    """How many requests are being answered; the one that asks is among them."""
    lines = site.server.ask("GET", "/metrics").body.decode().splitlines()
    (line,) = [line for line in lines if line.startswith("turnout_requests_in_flight ")]
    return int(float(line.split()[1]))


# -- tokens and the log --------------------------------------------------------------------


def test_a_stranger_verifies_a_token_with_the_published_keys(site: Site):
    jwks = jwt.PyJWKClient(f"{site.server.url}/.well-known/jwks.json")
    key = jwks.get_signing_key_from_jwt(site.token)
    claims = jwt.decode(
        site.token, key, algorithms=["RS256"], issuer=site.server.url, leeway=DEADLINE_S
    )
    assert claims["custom:account_number"] == str(site.account.org_id)
    assert claims["exp"] - claims["iat"] == TOKEN_SECONDS


def test_the_log_has_a_line_for_a_request_and_never_its_query(site: Site):
    headers = {"Authorization": f"Bearer {site.token}", "X-Request-ID": "find-me-in-the-log"}
    target = "/v1.0/registerstatus?queueId=1&token=hunter2"
    assert site.server.ask("GET", target, headers=headers).status == 200
    site.server.ask("GET", "/v1.0/nothing%0A%22?token=hunter2")
    site.server.ask("GET", "/?token=hunter2")
    for path in ("/unsubscribe/1-hunter2", "/ticket/1-hunter2", "/invitation/1-hunter2"):
        assert site.server.ask("GET", path).status == 404

    def list_lines() -> list[dict]:
        text = site.server.read_log()
        return [json.loads(line) for line in text.splitlines() if line.startswith("{")]

    def is_written() -> bool:
        return any(line.get("path") == '/v1.0/nothing\n"' for line in list_lines())

    wait_until(is_written)
    wait_until(lambda: "/invitation/…" in [line.get("path") for line in list_lines()])
    assert "hunter2" not in site.server.read_log()
    (line,) = [line for line in list_lines() if line.get("request_id") == "find-me-in-the-log"]
    assert line.pop("ms") > 0
    at = datetime.datetime.fromisoformat(line.pop("timestamp"))
    assert abs(at.timestamp() - time.time()) < DEADLINE_S
    assert line == {
        "event": "request",
        "method": "GET",
        "path": "/v1.0/registerstatus",
        "status": 200,
        "request_id": "find-me-in-the-log",
        "address": "127.0.0.1",
    }
    for secret in ("hunter2", "queueId", site.token, site.account.api_key):
        assert secret not in site.server.read_log()


# -- stopping ------------------------------------------------------------------------------


def test_a_request_that_was_begun_is_answered_before_the_server_stops(own_site: Site):
    head, body = own_site.register_request("late@example.com")
    with socket.create_connection(("127.0.0.1", own_site.server.port), DEADLINE_S) as connection:
        connection.sendall(head + body[:10])
        wait_until(lambda: count_in_flight(own_site) == 2)
        own_site.server.terminate()
        wait_until(lambda: not is_listening(own_site.server.port))
        connection.sendall(body[10:])
        answer = read_to_end(connection)

    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"late@example.com" in answer
    assert own_site.server.wait() == 0
    assert own_site.list_stored() == {"late@example.com"}


def test_a_request_that_never_ends_does_not_hold_the_stop_up(tmp_path: Path):
    site = open_site(tmp_path, shutdown_seconds=1)
    with site.server:
        site.sign_in()
        head, body = site.register_request("never@example.com")
        with socket.create_connection(("127.0.0.1", site.server.port), DEADLINE_S) as connection:
            connection.sendall(head + body[:10])
            wait_until(lambda: count_in_flight(site) == 2)
            started = time.monotonic()
            assert site.server.stop() == 0
            assert time.monotonic() - started < DEADLINE_S / 2
    assert site.list_stored() == set()


def test_open_streams_of_events_end_when_the_server_stops(own_site: Site):
    token = pair_phone(own_site)
    head = f"GET /door/api/news HTTP/1.1\r\nHost: x\r\nAuthorization: Door {token}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", own_site.server.port), DEADLINE_S) as connection:
        connection.sendall(head.encode())
        text = b""
        while b"data:" not in text:
            text += connection.recv(65_536)
        started = time.monotonic()
        assert own_site.server.stop() == 0
        # By itself the stream would end with its last look.
        assert time.monotonic() - started < news.LOOKS * news.PAUSE_S / 2
        text += read_to_end(connection)
    assert text.endswith(b"0\r\n\r\n")


def pair_phone(site: Site) -> str:
    """The token of a phone at the door of the account's event."""
    event, org_id = site.account.event, site.account.org_id
    db = open_database(Settings(database_url=f"sqlite:///{site.database}"))
    with closing(db):
        places = [(event.id, None)]
        made = db.call(make_pairing, org_id, places, DoorRole.STEWARD, "Door", actor="t")
        return db.call(pair_by_link, made.token, "", "").secret


def test_under_load_every_accepted_request_is_answered(own_site: Site):
    """What is in the database after the stop is exactly what the clients were told."""
    answered: set[str] = set()
    odd: list[int] = []
    clients = [
        threading.Thread(target=register_until_refused, args=(own_site, number, answered, odd))
        for number in range(CLIENTS)
    ]
    for client in clients:
        client.start()
    wait_until(lambda: len(answered) >= ENOUGH)
    own_site.server.terminate()
    for client in clients:
        client.join(DEADLINE_S)

    assert own_site.server.wait() == 0
    assert odd == []
    assert own_site.list_stored() == answered
    last = json.loads(own_site.server.read_log().splitlines()[-1])
    assert last["event"] == "stopped"


def register_until_refused(site: Site, client: int, answered: set[str], odd: list[int]) -> None:
    headers = {"Authorization": f"Bearer {site.token}", "Content-Type": "application/json"}
    connection = HTTPConnection("127.0.0.1", site.server.port, timeout=DEADLINE_S)
    with closing(connection), suppress(OSError, HTTPException):
        for number in itertools.count():
            email = f"guest{client}.{number}@example.com"
            body = json.dumps(site.account.body(email))
            connection.request("PUT", "/v1.0/register", body, headers)
            response = connection.getresponse()
            response.read()
            if response.status == 200:
                answered.add(email)
            else:
                odd.append(response.status)


def test_ctrl_c_stops_it_as_well(own_site: Site):
    own_site.server.send(signal.SIGINT)
    assert own_site.server.wait() == 0


def is_listening(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=DEADLINE_S).close()
    except ConnectionRefusedError:
        return False
    return True


@pytest.mark.parametrize(("length", "is_taken"), [(60_000, True), (200_000, False)])
def test_a_long_head_is_taken_or_refused(site: Site, length: int, is_taken: bool) -> None:
    status = None
    with suppress(ConnectionError, HTTPException):  # or the connection is closed
        status = site.server.ask("GET", "/healthz", headers={"X-Long": "x" * length}).status
    assert status in ((200,) if is_taken else (431, None))


@pytest.mark.parametrize("host", ["999.1.1.1", "192.0.2.1"])
def test_a_host_that_is_not_this_machines_is_at_fault_and_not_the_port(host: str) -> None:
    with pytest.raises(OSError, match="Give an address of this machine with --host") as raised:
        check_port(host, 18_080)
    assert "--port" not in str(raised.value)
