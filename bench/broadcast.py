"""Broadcasts: a job posted over HTTP, sent over SMTP or SMPP, every recipient's fate on disk.

A real server on either database gets one job for many people in one request, and the clock runs
until the job is complete. The networks are processes of their own: Postfix's `smtp-sink`, and the
SMPP sink of `smpp_sink.py`, which answers each message and reports it delivered. In turn with the
servers, programs in C do the same over the same sinks: Postfix's generator `smtp-source`, and the
SMS gateway Kannel (kannel.py).

Then the list of jobs is asked for, with a million recipients in the tables.
"""

import base64
import http.client
import json
import random
import sqlite3
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import msgspec
import psycopg

from bench.figures import Table, Target
from bench.kannel import Gateway, kannel, smpp_sink
from bench.processes import cpu_seconds
from bench.servers import Demo, Server, make_demo, turnout, url_of
from bench.smtp import measure_source
from tests.support.postfix import SmtpSink
from tests.support.postgresql import Cluster

TIMEOUT_S = 600
POLL_S = 0.02
CONNECTIONS = 10
BINDS = 2
TARGETS = {"SMTP": 3_000, "SMPP with receipts": 3_500}
PAGE_TARGET_MS = 50
JOBS_IN_TABLES = 100
PAGES = 30

Progress = Callable[[str], None]
Other = TypeVar("Other")


class Size(msgspec.Struct, frozen=True):
    """How many recipients a job has, how often it is sent, how many texts Kannel gets in turn with
    it, and how many recipients are in the tables for the list."""

    recipients: int
    rounds: int
    stored: int
    texts: int


FULL = Size(recipients=20_000, rounds=3, stored=1_000_000, texts=10_000)
QUICK = Size(recipients=5_000, rounds=1, stored=50_000, texts=2_000)


class Sent(msgspec.Struct, kw_only=True):
    """One job: how long the request took, and how long until the job was complete."""

    recipients: int
    accepted_s: float
    seconds: float
    cpu_us: float

    @property
    def per_second(self) -> float:
        return self.recipients / self.seconds


class Series(msgspec.Struct, kw_only=True):
    """The rounds of one network on one database. Of PostgreSQL the server's processor time is not
    counted."""

    network: str
    database: str
    rounds: list[Sent]

    @property
    def per_second(self) -> float:
        return statistics.median(sample.per_second for sample in self.rounds)


class Broadcasts(msgspec.Struct, kw_only=True):
    """All rounds, what the programs in C did in turn with them, and the list."""

    series: list[Series]
    source_per_second: list[float]
    kannel: list[Gateway]
    stored: int
    page_ms: float


Figures = Broadcasts


class Database(NamedTuple):
    """A database that a demo was seeded in; `address` makes a copy of it, in that folder."""

    name: str
    demo: Demo
    address: Callable[[Path], str]


def measure(demo: Demo, folder: Path, size: Size, progress: Progress) -> Broadcasts:
    """Both networks on copies of the demo, and the list."""
    with Cluster.start(fsync=True) as cluster:
        seeded = cluster.create_database()
        databases = [
            Database("SQLite", demo, lambda own: url_of(demo.copy_database(own))),
            Database(
                "PostgreSQL",
                make_demo(folder / "seed", seeded),
                lambda _own: cluster.create_database(template=seeded),
            ),
        ]
        progress(f"jobs of {size.recipients:,} over SMTP")
        with SmtpSink(keep=False) as sink:
            mails, source = _beside(
                "SMTP", databases, folder / "smtp", size, _over_smtp(size, sink.port),
                lambda: measure_source(sink.port, size.recipients, connections=CONNECTIONS),
            )  # fmt: skip
        progress(f"jobs of {size.recipients:,} over SMPP")
        with smpp_sink() as network, kannel(folder / "kannel", network) as send:
            texts, gateways = _beside(
                "SMPP with receipts", databases, folder / "smpp", size,
                _over_smpp(size, network.port), lambda: send(size.texts),
            )  # fmt: skip
    return Broadcasts(
        series=[*mails, *texts],
        source_per_second=[measured["mails/s"] for measured in source],
        kannel=gateways,
        stored=size.stored,
        page_ms=_ask_for_lists(demo, folder / "list", size.stored, progress),
    )


def _beside(
    network: str,
    databases: list[Database],
    folder: Path,
    size: Size,
    sending: tuple[Mapping[str, Any], bytes],
    other: Callable[[], Other],
) -> tuple[list[Series], list[Other]]:
    """Rounds on each database and of the `other` program, by turns."""
    settings, body = sending
    series = [Series(network=network, database=known.name, rounds=[]) for known in databases]
    others = []
    with ExitStack() as stack:
        sides = [
            stack.enter_context(_side(known, folder / known.name, settings)) for known in databases
        ]
        for _ in range(size.rounds):
            for own, side in zip(series, sides, strict=True):
                own.rounds.append(_send_once(side, body))
            others.append(other())
    return series, others


def _over_smtp(size: Size, port: int) -> tuple[dict[str, Any], bytes]:
    """The settings of a server, and the body of a job."""
    body = {
        "job_type": "email",
        "job_name": "Bench",
        "from_email": "events@example.com",
        "subject": "Your ticket, %%recipient%%",
        "text_message": "Dear %%recipient%%,\n\n" + _LINE * 12 + "\n\nYour seat: %%seat%%\n",
        "html_message": "<p>Dear %%recipient%%,</p><p>" + _LINE * 12 + "</p><p>%%seat%%</p>",
        "recipients": _recipients(size.recipients, "guest{:06}@example.org"),
    }
    settings = {
        "carrier_email": "smtp",
        "smtp_host": "127.0.0.1",
        "smtp_port": port,
        "smtp_tls": "off",
        "smtp_connections": CONNECTIONS,
    }
    return settings, json.dumps(body).encode()


def _over_smpp(size: Size, port: int) -> tuple[dict[str, Any], bytes]:
    body = {
        "job_type": "sms",
        "job_name": "Bench",
        "message": "Dear %%recipient%%, doors open at nine. Your seat is %%seat%%.",
        "recipients": _recipients(size.recipients, "61412{:06}"),
    }
    settings = {
        "carrier_sms": "smpp",
        "smpp_host": "127.0.0.1",
        "smpp_port": port,
        "smpp_system_id": "bench",
        "smpp_password": "bench",
        "smpp_binds": BINDS,
    }
    return settings, json.dumps(body).encode()


_LINE = "The doors open at nine; please have your ticket ready, and come early. "


def _recipients(count: int, pattern: str) -> list[dict[str, Any]]:
    dice = random.Random(1)
    return [
        {"destination": pattern.format(n), "recipient": f"Guest {n}", "seat": dice.randint(1, 999)}
        for n in range(count)
    ]


class Side(NamedTuple):
    """A server on a database, and what a question to that database is answered."""

    server: Server
    demo: Demo
    ask: Callable[[str], tuple[Any, ...]]


@contextmanager
def _side(database: Database, folder: Path, settings: Mapping[str, Any]) -> Iterator[Side]:
    url = database.address(folder)
    with turnout(folder, url, **settings) as server, closing(_connect(url)) as connection:

        def value(text: str) -> tuple[Any, ...]:
            found: tuple[Any, ...] = connection.execute(text).fetchone()
            return found

        _until(lambda: value(_OPEN) == (0,))  # the demo's own jobs
        yield Side(server, database.demo, value)


def _connect(url: str) -> Any:
    if url.startswith("sqlite:///"):
        connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
        connection.execute("PRAGMA query_only=ON")
        return connection
    return psycopg.connect(url, autocommit=True)


def _send_once(side: Side, body: bytes) -> Sent:
    began, cpu = time.perf_counter(), cpu_seconds(side.server.pid)
    status, answer = ask(side.server, side.demo, "POST", "/api/v1/jobs", body)
    accepted_s = time.perf_counter() - began
    assert status == 200, answer
    job_id = json.loads(answer)["data"]
    ended = f"SELECT count(*) FROM jobs WHERE id = {job_id} AND completed_at > 0"
    _until(lambda: side.ask(ended) == (1,))
    seconds, cpu = time.perf_counter() - began, cpu_seconds(side.server.pid) - cpu
    counts = side.ask(f"SELECT state, total, sent, failed FROM jobs WHERE id = {job_id}")
    total = counts[1]
    assert counts == ("complete", total, total, 0), counts
    return Sent(recipients=total, accepted_s=accepted_s, seconds=seconds, cpu_us=cpu / total * 1e6)


_OPEN = "SELECT count(*) FROM jobs WHERE completed_at IS NULL"


def _until(is_so: Callable[[], object]) -> None:
    deadline = time.monotonic() + TIMEOUT_S
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError(f"a job was not complete after {TIMEOUT_S} s")
        time.sleep(POLL_S)


def ask(
    server: Server, demo: Demo, method: str, path: str, body: bytes | None = None
) -> tuple[int, bytes]:
    """One request as the demo's user."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=TIMEOUT_S)
    try:
        pair = base64.b64encode(demo.login.encode()).decode()
        headers = {"Authorization": f"Basic {pair}", "Content-Type": "application/json"}
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


# -- the list ------------------------------------------------------------------------------


def _ask_for_lists(demo: Demo, folder: Path, stored: int, progress: Progress) -> float:
    """The median time of a page of jobs (ms), with `stored` recipients in the tables."""
    database = demo.copy_database(folder)
    progress(f"filling the tables: {stored:,} recipients")
    _fill(database, stored // JOBS_IN_TABLES)
    progress("listing jobs")
    times = []
    with turnout(folder, url_of(database)) as server:
        ask(server, demo, "GET", "/api/v1/jobs")
        for _ in range(PAGES):
            began = time.perf_counter()
            status, body = ask(server, demo, "GET", "/api/v1/jobs?page_size=100")
            times.append((time.perf_counter() - began) * 1000)
            page = json.loads(body)
            assert status == 200
            assert page["total"] >= JOBS_IN_TABLES
    return statistics.median(times)


def _fill(database: Path, each: int) -> None:
    """Copies of one finished job of the demo, each with so many recipients."""
    with closing(sqlite3.connect(database)) as connection, connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(jobs)")]
        (model,) = connection.execute(
            "SELECT min(id) FROM jobs WHERE kind = 'broadcast'"
        ).fetchone()
        changed = {"state": "'complete'", "total": str(each), "sent": str(each), "failed": "0"}
        changed |= {"open": "0", "due_at": "NULL", "ready_at": "NULL", "completed_at": "1"}
        for number in range(JOBS_IN_TABLES):
            job_id = model + 10_000 + number
            values = [changed.get(name, name) for name in columns]
            values[columns.index("id")] = str(job_id)
            connection.execute(
                f"INSERT INTO jobs SELECT {', '.join(values)} FROM jobs WHERE id = {model}"
            )
            connection.execute(
                "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) "
                "INSERT INTO recipients (org_id, job_id, id, reference, name, destination, address,"
                " fields, state, status, stage, notes, carrier, keypress, sent_at, done_at) "
                "SELECT (SELECT org_id FROM jobs WHERE id = ?), ?, ? + i, i, 'Guest ' || i,"
                " '61412' || i, '61412' || i, '', 'done', 'SENT', 'Confirmed', '', 'smpp', '', 1, 1"
                " FROM n",
                (each, job_id, job_id, 1_000_000_000 + number * each),
            )


# -- what is said of it ----------------------------------------------------------------------


def targets(found: Broadcasts) -> list[Target]:
    """Rates end to end on the embedded database, and the list."""
    targets = [
        Target(
            f"HTTP job to {own.network}, every fate durable",
            f"≥ {TARGETS[own.network]:,}/s",
            f"{own.per_second:,.0f}/s",
            own.per_second >= TARGETS[own.network],
        )
        for own in found.series
        if own.database == "SQLite"
    ]
    targets.append(
        Target(
            f"list of jobs with {found.stored:,} recipients stored",
            f"≤ {PAGE_TARGET_MS} ms",
            f"{found.page_ms:.0f} ms",
            found.page_ms <= PAGE_TARGET_MS,
        )
    )
    return targets


def tables(found: Broadcasts) -> list[Table]:
    """A row for each network and database, and one for each program in C beside them."""
    source = statistics.median(found.source_per_second)
    gateway = statistics.median(own.per_second for own in found.kannel)
    rows = [_row(own, source if own.network == "SMTP" else gateway) for own in found.series]
    sent = f"{found.series[0].rounds[0].recipients:,}"
    rows.insert(2, ("SMTP", "smtp-source, nothing on disk", sent, *"——", f"{source:,.0f}", *"——"))
    cpu = statistics.median(own.cpu_us for own in found.kannel)
    texts, seconds = found.kannel[0].texts, statistics.median(own.seconds for own in found.kannel)
    rows.append(
        (
            *("SMPP with receipts", "Kannel, nothing on disk", f"{texts:,}", "—"),
            *(f"{seconds:.1f}", f"{gateway:,.0f}", f"{cpu:,.0f}", "—"),
        )
    )
    headings = (
        *("network", "database", "recipients", "accepted in s", "complete in s", "sent/s"),
        *("CPU µs each", "of the program in C"),
    )
    listing = Table(
        "The list of jobs, SQLite",
        ("recipients stored", "jobs", "median of a page of 100, ms"),
        [(f"{found.stored:,}", f"{JOBS_IN_TABLES:,}", f"{found.page_ms:.1f}")],
    )
    return [Table("One job from its request to its end", headings, rows), listing]


def _row(own: Series, beside: float) -> tuple[str, ...]:
    middle = statistics.median
    return (
        own.network,
        own.database,
        f"{own.rounds[0].recipients:,}",
        f"{middle(sample.accepted_s for sample in own.rounds):.1f}",
        f"{middle(sample.seconds for sample in own.rounds):.1f}",
        f"{own.per_second:,.0f}",
        f"{middle(sample.cpu_us for sample in own.rounds):,.0f}",
        f"{own.per_second / beside:.0%}",
    )
