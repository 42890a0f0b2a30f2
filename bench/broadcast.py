"""Broadcasts: a job posted over HTTP, sent over SMTP or SMPP, every recipient's fate on disk.

A real server with its embedded database gets one job for many people in one request, and the clock
runs until the job is complete. The networks are processes of their own: Postfix's `smtp-sink`, and
the SMPP sink of `smpp_sink.py`, which answers each message and reports it delivered. In the same
run Postfix's generator in C, `smtp-source`, sends as many mails to the same sink.

Then the list of jobs is asked for, with a million recipients in the tables.
"""

import base64
import http.client
import json
import random
import sqlite3
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import msgspec

from bench.figures import Table, Target
from bench.processes import cpu_seconds
from bench.servers import Demo, Server, turnout, url_of
from bench.smtp import measure_source
from tests.support.postfix import SmtpSink

TIMEOUT_S = 600
POLL_S = 0.02
CONNECTIONS = 10
BINDS = 2
TARGETS = {"SMTP": 3_000, "SMPP with receipts": 3_500}
PAGE_TARGET_MS = 50
JOBS_IN_TABLES = 100
PAGES = 30

Progress = Callable[[str], None]


class Size(msgspec.Struct, frozen=True):
    """How many recipients a job has, how often it is sent, and how many are in the tables for the
    list."""

    recipients: int
    rounds: int
    stored: int


FULL = Size(recipients=50_000, rounds=3, stored=1_000_000)
QUICK = Size(recipients=5_000, rounds=1, stored=50_000)


class Sent(msgspec.Struct, kw_only=True):
    """One job: how long the request took, and how long until the job was complete."""

    recipients: int
    accepted_s: float
    seconds: float
    cpu_us: float

    @property
    def per_second(self) -> float:
        return self.recipients / self.seconds


class Broadcasts(msgspec.Struct, kw_only=True):
    """All rounds by network, what the generator in C did beside them, and the list."""

    smtp: list[Sent]
    smpp: list[Sent]
    source_per_second: float
    stored: int
    page_ms: float


Figures = Broadcasts


def measure(demo: Demo, folder: Path, size: Size, progress: Progress) -> Broadcasts:
    """Every network on a copy of the demo."""
    progress(f"a job of {size.recipients:,} over SMTP")
    with SmtpSink(keep=False) as sink:
        smtp = _send_over_smtp(demo, folder / "smtp", size, sink.port)
        source = measure_source(sink.port, size.recipients, connections=CONNECTIONS)
    progress(f"a job of {size.recipients:,} over SMPP")
    with _smpp_sink() as port:
        smpp = _send_over_smpp(demo, folder / "smpp", size, port)
    page_ms = _ask_for_lists(demo, folder / "list", size.stored, progress)
    return Broadcasts(
        smtp=smtp,
        smpp=smpp,
        source_per_second=source["mails/s"],
        stored=size.stored,
        page_ms=page_ms,
    )


def _send_over_smtp(demo: Demo, folder: Path, size: Size, port: int) -> list[Sent]:
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
    return _send(demo, folder, size, settings, body)


def _send_over_smpp(demo: Demo, folder: Path, size: Size, port: int) -> list[Sent]:
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
    return _send(demo, folder, size, settings, body)


_LINE = "The doors open at nine; please have your ticket ready, and come early. "


def _recipients(count: int, pattern: str) -> list[dict[str, Any]]:
    dice = random.Random(1)
    return [
        {"destination": pattern.format(n), "recipient": f"Guest {n}", "seat": dice.randint(1, 999)}
        for n in range(count)
    ]


def _send(
    demo: Demo, folder: Path, size: Size, settings: dict[str, Any], body: dict[str, Any]
) -> list[Sent]:
    database = demo.copy_database(folder)
    encoded = json.dumps(body).encode()
    with (
        turnout(folder, url_of(database), **settings) as server,
        closing(sqlite3.connect(database, isolation_level=None)) as connection,
    ):
        connection.execute("PRAGMA query_only=ON")
        _until(lambda: not _value(connection, _OPEN))  # the demo's own jobs
        return [_send_once(server, demo, connection, encoded) for _ in range(size.rounds)]


def _send_once(server: Server, demo: Demo, connection: sqlite3.Connection, body: bytes) -> Sent:
    began, cpu = time.perf_counter(), cpu_seconds(server.pid)
    status, answer = ask(server, demo, "POST", "/api/v1/jobs", body)
    accepted_s = time.perf_counter() - began
    assert status == 200, answer
    job_id = json.loads(answer)["data"]
    _until(lambda: _value(connection, f"SELECT completed_at > 0 FROM jobs WHERE id = {job_id}"))
    seconds, cpu = time.perf_counter() - began, cpu_seconds(server.pid) - cpu
    counts = connection.execute(
        f"SELECT state, total, sent, failed FROM jobs WHERE id = {job_id}"
    ).fetchone()
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


def _value(connection: sqlite3.Connection, text: str) -> int:
    row = connection.execute(text).fetchone()
    return int(row[0] or 0)


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


@contextmanager
def _smpp_sink() -> Iterator[int]:
    """The sink's port."""
    with subprocess.Popen(
        [sys.executable, "-m", "bench.smpp_sink"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as sink:
        assert sink.stdout
        yield json.loads(sink.stdout.readline())["port"]
        sink.communicate()


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
    """Rates end to end, and the list."""
    rates = {"SMTP": found.smtp, "SMPP with receipts": found.smpp}
    targets = [
        Target(
            f"HTTP job to {name}, every fate durable",
            f"≥ {TARGETS[name]:,}/s",
            f"{_median(rounds):,.0f}/s",
            _median(rounds) >= TARGETS[name],
        )
        for name, rounds in rates.items()
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


def _median(rounds: list[Sent]) -> float:
    return statistics.median(sample.per_second for sample in rounds)


def tables(found: Broadcasts) -> list[Table]:
    """One row a network, and one for the generator in C."""
    rows = [
        (
            name,
            f"{rounds[0].recipients:,}",
            f"{statistics.median(sample.accepted_s for sample in rounds):.1f}",
            f"{statistics.median(sample.seconds for sample in rounds):.1f}",
            f"{_median(rounds):,.0f}",
            f"{statistics.median(sample.cpu_us for sample in rounds):,.0f}",
        )
        for name, rounds in (("SMTP", found.smtp), ("SMPP with receipts", found.smpp))
    ]
    rows.append(("smtp-source, no database", f"{found.smtp[0].recipients:,}", "—", "—",
                 f"{found.source_per_second:,.0f}", "—"))  # fmt: skip
    headings = ("network", "recipients", "accepted in s", "complete in s", "sent/s", "CPU µs each")
    listing = Table(
        "The list of jobs, SQLite",
        ("recipients stored", "jobs", "median of a page of 100, ms"),
        [(f"{found.stored:,}", f"{JOBS_IN_TABLES:,}", f"{found.page_ms:.1f}")],
    )
    return [Table("One job from its request to its end, SQLite", headings, rows), listing]
