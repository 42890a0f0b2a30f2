"""What pages weigh, and how soon the server has them: the console and the page of an event; and how
many of the latter, and of its forms, the server answers at once."""

import gzip
import http.client
import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import msgspec

from bench.figures import Table, Target, median
from bench.load import DIGITS, MARK, TEXT, Order, run
from bench.servers import Demo, Server, turnout, url_of

LIMIT = 60 * 1024
ASSETS = re.compile(rb'(?:href|src)="(/(?:static/[^"]+|favicon\.svg))"')
TICKET = re.compile(rb'name="ticket" value="(\d+)"')
TOKEN = re.compile(rb'name="token" value="([^"]+)"')
PUBLIC = "page of the event (public)"
# By their names in the table: addresses, with the number of the demo's conference.
PAGES = {
    "home": "/console",
    "events": "/console/events",
    "overview of an event": "/console/{event}",
    "registrations": "/console/{event}/people",
    "messages": "/console/rail-forum/messages",
    "report": "/console/{event}/report",
    "calendar of exams": "/console/rail-forum/exams",
    "settings": "/console/rail-forum/settings",
    PUBLIC: "/rail-forum/{event}",
}

Progress = Callable[[str], None]


PUBLIC_LIMIT, PUBLIC_P50_MS, PER_SECOND, FORM_P99_MS = 40 * 1024, 5.0, 2000, 100.0
PAGE, SEND = "page of the event", "form of the event"
CONNECTIONS = 32
# Each form comes from a place of its own, as on the day when sales begin.
PLACES = 20_000


class Size(msgspec.Struct, frozen=True):
    """How often each page is asked for, and for how long the load lasts."""

    times: int
    seconds: float
    warm_up: float = 1.0


FULL = Size(times=60, seconds=8)
QUICK = Size(times=5, seconds=2, warm_up=0.5)


class Weighed(msgspec.Struct, frozen=True):
    """A page: what comes over the wire by gzip, alone and with all that it needs the first time;
    how many requests that is; half of the answers took no longer than `milliseconds`."""

    name: str
    page_bytes: int
    whole_bytes: int
    requests: int
    milliseconds: float


class Loaded(msgspec.Struct, frozen=True):
    """Requests of one kind over CONNECTIONS; `cpu_us` = the server's processor time for each in µs,
    `failed` = answers with another status."""

    name: str
    per_second: float
    p50_ms: float
    p99_ms: float
    cpu_us: float
    failed: int


class Figures(msgspec.Struct, frozen=True):
    """All that is measured here."""

    weighed: list[Weighed]
    loaded: list[Loaded]


def measure(demo: Demo, folder: Path, size: Size, progress: Progress) -> Figures:
    """Every page of PAGES of a copy of the demo, over one connection; then the load."""
    database = demo.copy_database(folder / "server")
    settings: dict[str, Any] = {"trusted_proxies": "127.0.0.1", "access_log": "false"}
    with turnout(database.parent, url_of(database), **settings) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        known = json.loads((demo.folder / "demo.json").read_text())
        cookie = _sign_in(connection, known["messaging"]["admin"])
        event = str(known["attendance"]["eventId"])
        found = []
        for name, path in PAGES.items():
            progress(name)
            address = path.replace("{event}", event)
            # What everybody gets is measured as somebody gets it who has no session.
            shown = "" if name == PUBLIC else cookie
            found.append(_weigh(connection, name, address, shown, size.times))
        page = _get(connection, f"/rail-forum/{event}", "")
        connection.close()
        progress("load")
        return Figures(found, _load(server, folder, event, page, size))


def _load(server: Server, folder: Path, event: str, page: bytes, size: Size) -> list[Loaded]:
    ticket = TICKET.search(page)
    if ticket is None:
        raise RuntimeError("the page of the event has no form")
    names = urlencode({"first_name": "Ada", "last_name": "Lovelace", "ticket": ticket[1].decode()})
    body = f"{names}&email=guest-{MARK}%40example.com"
    length = len(body) - len(MARK) + DIGITS
    looks = [f"GET /rail-forum/{event} HTTP/1.1", "Accept: text/html", "Accept-Encoding: gzip"]
    sends = [
        f"POST /rail-forum/{event} HTTP/1.1",
        "Accept: text/html",
        "Content-Type: application/x-www-form-urlencoded",
        f"X-Forwarded-For: {TEXT}",
        f"Content-Length: {length}",
    ]
    texts = folder / "places.txt"
    texts.write_text("\n".join(f"10.{n >> 8 & 255}.{n & 255}.9" for n in range(PLACES)))
    kinds = ((PAGE, looks, "", "200", None), (SEND, sends, body, "303", str(texts)))
    return [_put_load(server, size, *kind) for kind in kinds]


def _put_load(
    server: Server,
    size: Size,
    name: str,
    lines: list[str],
    body: str,
    status: str,
    texts: str | None,
) -> Loaded:
    request = "\r\n".join([*lines, "Host: 127.0.0.1", "", body])
    done = run(
        Order(
            port=server.port,
            pids=[server.pid],
            template=request,
            connections=CONNECTIONS,
            first=1,
            seconds=size.seconds,
            warm_up=size.warm_up,
            texts=texts,
        )
    )
    good = done.statuses.get(status, 0)
    failed = sum(done.statuses.values()) - good
    rate, p50, p99 = good / done.seconds, done.p50_ms, done.p99_ms
    cpu = round(done.server_cpu_us, 1)
    return Loaded(name, round(rate, 1), round(p50, 2), round(p99, 2), cpu, failed)


def _weigh(
    connection: http.client.HTTPConnection, name: str, path: str, cookie: str, times: int
) -> Weighed:
    spent, page = [], b""
    for _ in range(times):
        began = time.perf_counter()
        page = _get(connection, path, cookie)
        spent.append((time.perf_counter() - began) * 1000)
    assets = sorted(set(ASSETS.findall(page)))
    weights = [_weight(_get(connection, asset.decode(), cookie)) for asset in assets]
    own = _weight(page)
    return Weighed(name, own, own + sum(weights), 1 + len(assets), round(median(spent), 1))


def _weight(body: bytes) -> int:
    return len(gzip.compress(body, 6))


def _get(connection: http.client.HTTPConnection, path: str, cookie: str) -> bytes:
    shown = {"Cookie": cookie} if cookie else {}
    connection.request("GET", path, headers=shown | {"Accept": "text/html"})
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{path} answered {answer.status}")
    return body


def _sign_in(connection: http.client.HTTPConnection, admin: dict[str, str]) -> str:
    """The cookies of somebody who has signed in."""
    connection.request("GET", "/console/sign-in", headers={"Accept": "text/html"})
    answer = connection.getresponse()
    page, cookies = answer.read(), _cookies(answer)
    fields = {"user_code": admin["username"], "password": admin["password"]}
    if token := TOKEN.search(page):
        fields["token"] = token[1].decode()
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookies}
    headers |= {"Accept": "text/html", "Origin": f"http://127.0.0.1:{connection.port}"}
    connection.request("POST", "/console/sign-in", body=urlencode(fields), headers=headers)
    answer = connection.getresponse()
    answer.read()
    if answer.status != 303:
        raise RuntimeError(f"signing in was answered {answer.status}")
    return "; ".join(filter(None, (cookies, _cookies(answer))))


def _cookies(answer: http.client.HTTPResponse) -> str:
    return "; ".join(line.partition(";")[0] for line in answer.headers.get_all("Set-Cookie") or ())


def targets(found: Figures) -> list[Target]:
    """The heaviest page with all that it needs; and the page of the event."""
    most = max(found.weighed, key=lambda page: page.whole_bytes)
    public = next(page for page in found.weighed if page.name == PUBLIC)
    looks, sends = found.loaded
    said = f"{most.whole_bytes / 1024:.1f} KB ({most.name})"
    return [
        Target("page, compressed, all of it", "< 60 KB", said, most.whole_bytes < LIMIT),
        Target(
            *("page of the event, all of it", "< 40 KB", f"{public.whole_bytes / 1024:.1f} KB"),
            public.whole_bytes < PUBLIC_LIMIT,
        ),
        Target(
            *("page of the event, p50", "< 5 ms", f"{public.milliseconds:.1f} ms"),
            public.milliseconds < PUBLIC_P50_MS,
        ),
        Target(
            *("pages of the event a second", "2,000", f"{looks.per_second:,.0f}"),
            looks.per_second >= PER_SECOND,
        ),
        Target(
            *("form of the event, p99", "< 100 ms", f"{sends.p99_ms:.0f} ms"),
            sends.p99_ms < FORM_P99_MS and not sends.failed,
        ),
    ]


def tables(found: Figures) -> list[Table]:
    """One row a page, and one a kind of load."""
    rows = [
        (
            page.name,
            f"{page.page_bytes / 1024:.1f} KB",
            f"{page.whole_bytes / 1024:.1f} KB",
            str(page.requests),
            f"{page.milliseconds:.1f} ms",
        )
        for page in found.weighed
    ]
    headings = ("page", "alone, gzip", "with CSS and JS", "requests", "server, p50")
    loads = [
        (
            load.name,
            f"{load.per_second:,.0f}",
            f"{load.p50_ms:.1f} ms",
            f"{load.p99_ms:.1f} ms",
            f"{load.cpu_us:.0f} µs",
            str(load.failed),
        )
        for load in found.loaded
    ]
    under = ("at 32 connections", "a second", "p50", "p99", "server CPU", "other answers")
    return [Table("Pages", headings, rows), Table("Load", under, loads)]
