"""Hostile bodies: whatever is sent to whichever dialect, no 5xx, little memory, nobody held up."""

import gzip
import json
import random
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.support import proof
from tests.support.client import Headers, ask
from tests.support.server import Server
from tests.support.visits import admin_headers, copy_demo, developer_headers, door_headers

EACH = proof.scale(12, 1000)
LARGE_EACH = proof.scale(1, 6)
LARGE = 64 << 20
MEMORY_MB = 300
DELAY_S = 0.2
JSON, FORM = "application/json", "application/x-www-form-urlencoded"
NOWHERE = "00000000-0000-4000-8000-000000000001"


class Target(NamedTuple):
    """Where bodies are sent to in one dialect."""

    method: str
    path: str
    headers: dict[str, str]
    size: int


class Sent(NamedTuple):
    """A body, and what its headers say of it."""

    body: bytes
    headers: dict[str, str]


def list_targets(server: Server) -> dict[str, Target]:
    demo = server.demo
    key = {"APIKey": demo["registration"]["apiKey"]}
    token = ask(server.port, "POST", "/v1.0/signin", headers=key).json()["idToken"]
    code = demo["attendance"]["checkedCode"]
    return {
        "registration": Target(
            "PUT", "/v1.0/register", {"Authorization": f"Bearer {token}"}, 262_144
        ),
        "attendance": Target(
            "POST", f"/v1/event/attendees/code/{code}/check", door_headers(demo, {}), 16_384
        ),
        "booking": Target(
            "POST",
            f"/api/registrations/{NOWHERE}/commands/register-lax",
            developer_headers(demo, {}),
            1_048_576,
        ),
        "messaging": Target("POST", "/api/v1/jobs", admin_headers(demo, {}), LARGE),
        "reporting": Target("POST", "/api/reporting/audience_reports", {}, 65_536),
    }


# -- bodies ---------------------------------------------------------------------------------


def _fuzz(dice: random.Random) -> bytes:
    pieces = [b"{", b"}", b"[", b"]", b'"', b":", b",", b"\\", b"\\u0000", b"%41", b"%", b"&", b"="]
    pieces += [
        b"\xff",
        b"\x00",
        b"1e999",
        b"null",
        b"'",
        b"=>",
        b"\r\n",
        b"--x",
        b"a[b]",
        b"\xef\xbb\xbf",
    ]
    return b"".join(dice.choice(pieces) for _ in range(dice.randrange(200)))


def _deep(dice: random.Random) -> bytes:
    depth = dice.choice((33, 900, 5000, 50_000))
    opening = dice.choice((b"[", b'{"a":'))
    return b'{"registration":' + opening * depth


def _many(dice: random.Random) -> bytes:
    unit = dice.choice((b"a&", b"a[]=1&", b"&", b'{"a":1},', b"0,", b"%", b"--x\r\n", b"a[b][c]=&"))
    return b'{"a":[' * (unit[-1:] == b",") + unit * (dice.choice((8000, 30_000)) // len(unit))


def _packed(dice: random.Random) -> bytes:
    return gzip.compress(b"\0" * dice.choice((10, 10_000, 20_000_000)))


def _multipart(dice: random.Random) -> bytes:
    name = dice.choice(("at", "a[b", "event_id", "recipients[0][destination]"))
    whole = f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\nv\r\n--x--\r\n'.encode()
    return whole[: dice.randrange(len(whole))]


def _valid(dice: random.Random) -> bytes:
    value: Any = dice.choice(([], {}, 10**300, -1, "x" * 3000, "\ud800", None, True, [[1]]))
    members = ("at", "event_id", "registration", "EventVenue", "recipients", "ei", "job_type")
    return json.dumps({dice.choice(members): value}).encode()


MAKERS: tuple[Callable[[random.Random], bytes], ...] = (
    _fuzz,
    _deep,
    _many,
    _packed,
    _multipart,
    _valid,
)


def make(dice: random.Random) -> Sent:
    """Some body, with headers that may be true."""
    body = dice.choice(MAKERS)(dice)
    kind = dice.choice((JSON, FORM, "multipart/form-data; boundary=x", "text/plain", "x" * 300, ""))
    charset = dice.choice(("", "", "; charset=utf-16", "; charset=klingon", "; charset=latin-1"))
    headers = {"Content-Type": kind + charset} if kind else {}
    if body[:2] == b"\x1f\x8b" or dice.random() < 0.1:
        headers["Content-Encoding"] = dice.choice(("gzip", "gzip", "br", "gzip, gzip", "identity"))
    return Sent(body, headers)


def make_large(dice: random.Random) -> Sent:
    """A body of the size of the largest that are taken."""
    unit, before, after, kind = dice.choice(LARGE_BODIES)
    body = before + unit * ((LARGE - len(before) - len(after)) // len(unit)) + after
    return Sent(body, {"Content-Type": kind})


LARGE_BODIES = (
    (b"a&", b"", b"", FORM),
    (b"%41", b"message=", b"", FORM),
    (b"0,", b'{"job_type":"sms","message":"x","recipients":[', b"0]}", JSON),
    (b"{},", b'{"job_type":"sms","message":"x","recipients":[', b"{}]}", JSON),
    (b",", b'{"job_type":"email","html_message":"', b'"}', JSON),
    (b"[", b'{"job_type":', b"", JSON),
    (b"!", b'{"job_type":"fax","files":[{"name":"a.pdf","base64content":"', b'"}]}', JSON),
)


# -- the server -------------------------------------------------------------------


class Others(threading.Thread):
    """Another caller, who asks for little all the time: the longest that it waited."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self._port = port
        self._ended = threading.Event()
        self.waits: list[float] = []

    def run(self) -> None:
        while not self.waits or not self._ended.wait(0.01):
            self.waits.append(time_health(self._port))

    def end(self) -> float:
        """Stop; the longest wait in seconds but for one in a hundred, which the machine may own."""
        self._ended.set()
        self.join()
        return sorted(self.waits)[int(len(self.waits) * 0.99)]


def time_health(port: int) -> float:
    """The seconds that a small request takes."""
    started = time.perf_counter()
    assert ask(port, "GET", "/healthz").status == 200
    return time.perf_counter() - started


def read_memory(pid: int, field: str) -> int:
    """A process's memory in MB: `VmRSS` now, `VmHWM` at most."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) >> 10
    raise LookupError(field)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    copy_demo(tmp_path)
    with Server(tmp_path, work_in_process="false", rate_limit_per_minute="0") as server:
        yield server


def send(server: Server, target: Target, sent: Sent) -> int:
    headers: Headers = target.headers | sent.headers
    answer = ask(server.port, target.method, target.path, headers=headers, body=sent.body)
    assert answer.status < 500, (target.path, sent.headers, sent.body[:200], answer.body[:300])
    return answer.status


@pytest.mark.proof
@pytest.mark.timed
def test_hostile_bodies_are_refused_without_harm(server: Server):
    dice = random.Random(proof.seed())
    targets = list_targets(server)
    idle = read_memory(server.pid, "VmRSS")
    baseline = max(time_health(server.port) for _ in range(50))
    others = Others(server.port)
    others.start()
    for target in targets.values():
        for _ in range(EACH):
            send(server, target, make(dice))
    for _ in range(LARGE_EACH):
        assert send(server, targets["messaging"], make_large(dice)) == 422
    delay = others.end()
    grown = read_memory(server.pid, "VmHWM") - idle
    proof.report("hostile bodies", each=EACH, memory_mb=grown, delay_ms=round(delay * 1000))
    assert grown < MEMORY_MB
    assert delay < DELAY_S + 4 * baseline
