"""What `deploy/` ships, in front of a real server: TLS, reports, uploads, health, who is asking."""

import base64
import itertools
import json
import shlex
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.crowd import add_attendees
from tests.support.ports import free_port
from tests.support.proxies import HOST, Proxy
from tests.support.server import Server
from turnout.core.door.model import DoorRole
from turnout.core.door.pairing import make_pairing, pair_by_link
from turnout.core.identity.demo import get_demo_organization
from turnout.core.ids import EventId
from turnout.settings import Settings
from turnout.store import Tx, open_database
from turnout.web.door import news

ATTENDEES = 3_000
FILE_BYTES = 15_000_000  # 20 MB in base64
CLIENT = "127.0.0.2"
DEADLINE_S = 60
# In HTTP/1.1 curl waits for a word before it sends much, on a slow machine too.
WAITING = ("--http1.1", "--expect100-timeout", "20")
CUT_WHILE_SENDING, MOST_CUT = 55, 8  # curl's code; times in a row
_numbers = itertools.count()


class Answer(NamedTuple):
    """`headers` by their names in small letters."""

    status: int
    version: str
    headers: dict[str, str]
    body: bytes


class Site:
    """A demo with many attendees, and what its callers need."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.demo = server.demo
        db = open_database(Settings(database_url=f"sqlite:///{server.folder / 'turnout.db'}"))
        self.phone = db.call(pair_phone, EventId(self.demo["reporting"]["eventId"]))
        db.call(add_attendees, self.demo["reporting"]["eventId"], ATTENDEES)
        db.close()
        self.report = self._sign_in()

    def _sign_in(self) -> str:
        """The path of the event's whole report."""
        given = self.demo["reporting"]
        target = f"/api/login/json?ver=2.0&username={given['username']}&password="
        answer = self.server.ask("GET", target + given["password"]).json()
        ids = answer["convey_api"]["result"]["success"]
        return (
            f"/api/reporting/audience_reports/csv?si={ids['sessionid']['value']}&ui={ids['userid']['value']}"
            f"&ei={given['eventId']}&tz=UTC"
        )

    def find_address(self, request_id: str) -> str:
        """Who asked, as the log has it."""
        deadline = time.monotonic() + DEADLINE_S
        while time.monotonic() < deadline:
            for line in self.server.read_log().splitlines():
                if f'"request_id":"{request_id}"' in line:
                    return str(json.loads(line)["address"])
            time.sleep(0.05)
        raise AssertionError(f"no request {request_id} in the log")


def pair_phone(tx: Tx, event_id: EventId) -> str:
    """The token of a phone at the door of one of the demo's events."""
    org_id = get_demo_organization(tx).org_id
    places = [(event_id, None)]
    made = make_pairing(tx, org_id, places, DoorRole.STEWARD, "Door", actor="t")
    return pair_by_link(tx, made.token, "", "").secret


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    base_url = f"https://{HOST}"
    with Server(folder, base_url=base_url, trusted_proxies="127.0.0.1") as server:
        yield Site(server)


@pytest.fixture(scope="module", params=["nginx", "caddy", "haproxy"])
def proxy(
    request: pytest.FixtureRequest, site: Site, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Proxy]:
    folder = tmp_path_factory.mktemp(request.param)
    with Proxy(request.param, folder, site.server.port) as proxy:
        wait_until_healthy(proxy)
        yield proxy


def curl(proxy: Proxy, target: str, *options: str, scheme: str = "https") -> Answer:
    """A request from CLIENT's address to the proxy, as the world makes it."""
    port = proxy.https_port if scheme == "https" else proxy.http_port
    number = next(_numbers)
    head, body = proxy.folder / f"head{number}", proxy.folder / f"answer{number}"
    run = subprocess.run(
        [
            *shlex.split(
                f"curl -sS --interface {CLIENT} --cacert {proxy.certificate.chain} -D {head} "
                f"-o {body} --connect-to {HOST}::127.0.0.1:{port} "
                "-w '%{http_code} %{http_version}'"
            ),
            *options,
            f"{scheme}://{HOST}{target}",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    status, version = run.stdout.split()
    lines = [line.partition(": ") for line in head.read_text().splitlines() if ": " in line]
    headers = {name.lower(): value for name, _, value in lines}
    return Answer(int(status), version, headers, body.read_bytes() if body.exists() else b"")


def wait_until_healthy(proxy: Proxy) -> None:
    """A proxy that asks about its server's health first is not ready at once."""
    deadline = time.monotonic() + DEADLINE_S
    while curl(proxy, "/readyz").status != 200:
        assert time.monotonic() < deadline, "never healthy"
        time.sleep(0.05)


def test_health_gets_through(proxy: Proxy) -> None:
    answer = curl(proxy, "/readyz")
    assert (answer.status, answer.version, json.loads(answer.body)) == (
        200,
        "2",
        {"status": "ready"},
    )


@pytest.mark.parametrize(
    "target",
    [
        "/metrics",
        "/metrics/",
        "/metrics?x=1",
        "/metrics/x",
        "/METRICS",
        "/Metrics/",
        "//metrics",
        "///METRICS//",
        "/metric%73",
        "/%4detrics",
        "/metrics%2f",
        "/metrics%2Fx",
    ],
)
def test_the_proxy_itself_refuses_metrics_in_every_spelling(proxy: Proxy, target: str) -> None:
    answer = curl(proxy, target)
    assert answer.status == 404
    assert "x-request-id" not in answer.headers  # which Turnout's own refusal would have


@pytest.mark.parametrize("target", ["/./metrics", "/x/../metrics", "/metrics/.", "/%2e/metrics"])
def test_metrics_do_not_get_through_with_dots_either(proxy: Proxy, target: str) -> None:
    answer = curl(proxy, target, "--path-as-is")
    assert answer.status in (400, 404)
    assert b"turnout_requests" not in answer.body


def test_an_organization_may_be_named_much_like_metrics(proxy: Proxy) -> None:
    assert "x-request-id" in curl(proxy, "/metrics-conference").headers


def test_plain_http_leads_to_tls(proxy: Proxy) -> None:
    answer = curl(proxy, "/?x=1", scheme="http")
    assert (answer.status, answer.headers["location"]) == (308, f"https://{HOST}/?x=1")


@pytest.mark.parametrize("version", ["--http1.1", "--http2", "--http1.0 --no-alpn"])
def test_a_long_report_comes_whole(site: Site, proxy: Proxy, version: str) -> None:
    answer = curl(proxy, site.report, *version.split())
    assert answer.status == 200
    assert answer.body == site.server.ask("GET", site.report).body
    assert answer.body.count(b"\r\n") > ATTENDEES


def test_events_come_through_while_their_stream_is_open(site: Site, proxy: Proxy) -> None:
    """In HTTP/1.1, whose answers a proxy may keep until they end."""
    trusted = ssl.create_default_context(cafile=str(proxy.certificate.chain))
    address = ("127.0.0.1", proxy.https_port)
    asked = (
        f"GET /door/api/news HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: Door {site.phone}\r\n\r\n"
    )
    with (
        socket.create_connection(address, DEADLINE_S) as plain,
        trusted.wrap_socket(plain, server_hostname=HOST) as connection,
    ):
        began_at = time.monotonic()
        connection.sendall(asked.encode())
        text = b""
        while b"data:" not in text:
            part = connection.recv(65_536)
            assert part, text
            text += part
        # By itself the stream ends with its last look.
        assert time.monotonic() - began_at < news.LOOKS * news.PAUSE_S / 2
    assert text.startswith(b"HTTP/1.1 200 ")


def test_an_upload_of_20_mb_becomes_a_job(site: Site, proxy: Proxy) -> None:
    given = site.demo["messaging"]["user"]
    content = base64.b64encode(b"\x00" * FILE_BYTES).decode()
    job = {
        "job_type": "fax",
        "files": [{"name": "map.pdf", "base64content": content}],
        "recipients": [{"destination": "+61 2 5550 0000"}],
        "scheduled_date": "2099-01-01 09:00:00",
    }
    file = proxy.folder / "job.json"
    file.write_text(json.dumps(job))
    answer = post(proxy, "/api/v1/jobs", file, f"{given['username']}:{given['password']}")
    assert answer.status == 200, answer.body
    assert json.loads(answer.body)["data"] > 0


def test_64_mib_get_through_and_more_do_not(site: Site, proxy: Proxy) -> None:
    given = site.demo["messaging"]["user"]
    login = f"{given['username']}:{given['password']}"
    file = proxy.folder / "large.json"
    file.write_bytes(b" " * (64 << 20))
    answer = post(proxy, "/api/v1/jobs", file, login)
    assert (answer.status, json.loads(answer.body)["status"]) == (422, 422)
    with file.open("ab") as more:
        more.write(b" ")
    # Turnout's own refusal, as the messaging API words it.
    answer = post(proxy, "/api/v1/jobs", file, login, *WAITING)
    assert (answer.status, json.loads(answer.body)["status"]) == (422, 422)
    assert b"The body is over 67108864 bytes." in answer.body
    file.write_bytes(b" " * (66 << 20))
    answer = post(proxy, "/api/v1/jobs", file, login, *WAITING)
    assert (answer.status, answer.headers["content-type"]) == (413, "application/json")
    said = "The body is over 64 MiB. Send less at once."
    assert json.loads(answer.body) == {"message": said}


def post(proxy: Proxy, target: str, file: Path, login: str, *options: str) -> Answer:
    """The answer to a file. Caddy ends the connection with it, so curl, which may be sending then,
    does not always see it: it asks again."""
    options = (*options, "--data-binary", f"@{file}", "-u", login)
    for left in reversed(range(MOST_CUT)):
        try:
            return curl(proxy, target, "-H", "Content-Type: application/json", *options)
        except subprocess.CalledProcessError as error:
            if error.returncode != CUT_WHILE_SENDING or not left:
                raise
    raise AssertionError("unreachable")


def test_nobody_can_claim_to_be_somebody_else(site: Site, proxy: Proxy) -> None:
    claims = ["X-Forwarded-For: 203.0.113.9", "Forwarded: for=203.0.113.9"]
    claims += ["X-Request-ID: chosen-by-the-client"]
    options = [word for claim in claims for word in ("-H", claim)]
    answer = curl(proxy, "/", *options)
    request_id = answer.headers["x-request-id"]
    assert request_id != "chosen-by-the-client"
    assert site.find_address(request_id) == CLIENT


@pytest.mark.parametrize("name", ["nginx", "caddy", "haproxy"])
def test_clients_hear_in_json_that_no_node_answers(tmp_path: Path, name: str) -> None:
    with Proxy(name, tmp_path, free_port()) as proxy:
        answer = curl(proxy, "/v1/event/attendees.json")
    assert answer.status == 503
    assert answer.headers["retry-after"] == "5"
    assert answer.headers["content-type"].startswith("application/json")
    assert json.loads(answer.body) == {
        "message": "The server is not available. Try again in a few seconds."
    }


# Each has a secret in its address, as personal links and the sign-in of reports have.
SECRET = "5ecret-Th4t-is-0nly-mine"
SECRET_ADDRESSES = (
    f"/my/{SECRET}",
    f"/unsubscribe/1-{SECRET}",
    f"/api/login/json?username=ada%40example.com&password={SECRET}",
)


def read_logs(folder: Path) -> str:
    """All that a proxy wrote of what it did."""
    return "".join(file.read_text() for file in sorted(folder.glob("*.log")))


@pytest.mark.parametrize("name", ["nginx", "caddy", "haproxy"])
def test_no_log_of_a_proxy_has_an_address(site: Site, tmp_path: Path, name: str) -> None:
    number = ""
    for part, port in (("up", site.server.port), ("away", free_port())):
        folder = tmp_path / part
        folder.mkdir()
        with Proxy(name, folder, port) as proxy:
            if part == "up":
                wait_until_healthy(proxy)
            with ThreadPoolExecutor() as pool:  # HAProxy tries again for some seconds
                answers = [*pool.map(partial(curl, proxy), SECRET_ADDRESSES)]
            curl(proxy, SECRET_ADDRESSES[0], scheme="http")
        assert {answer.status for answer in answers} <= {401, 404, 503}
        logged = read_logs(folder)
        assert SECRET not in logged
        number = number or answers[0].headers["x-request-id"]
        if name != "caddy" and part == "up":
            assert number in logged


def test_a_stock_nginx_that_speaks_http_1_0_works_too(site: Site, tmp_path: Path) -> None:
    with Proxy("stock-nginx", tmp_path, site.server.port) as stock:
        assert curl(stock, "/readyz", scheme="http").status == 200
        assert curl(stock, "/", scheme="http").status == 200
        report = curl(stock, site.report, scheme="http")
        assert report.status == 200
        assert report.body == site.server.ask("GET", site.report).body
        login = {"Authorization": f"event {site.demo['attendance']['eventToken']}"}
        path = "/v1/event/attendees.json"
        listed = curl(stock, path, "-H", f"Authorization: {login['Authorization']}", scheme="http")
        assert json.loads(listed.body) == site.server.ask("GET", path, headers=login).json()
