"""The audience: heartbeats a second, and reports of up to a million registrants on both databases.

Heartbeats come from as many viewers as there are, one after another over so many connections; each
says ten seconds more of its viewer, and is answered once that is on disk. A report is read to its
end by one client while the server's memory is watched, and beside the database's own shell that
runs the same statement (`sqlite3 -csv`, psql's copy). Every registrant has watched, a tenth has
asked, a fifth answered a survey.
"""

import asyncio
import http.client
import json
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import cycle
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import psycopg

from bench.attendees import ask_sqlite3
from bench.figures import Beside, Job, Table, Target, job_beside_shell
from bench.fill import FORGET_NOTED
from bench.memory import sampling
from bench.processes import cpu_seconds, memory_mb
from bench.servers import Demo, Server, turnout
from tests.support.node import new_database
from tests.support.postgresql import Cluster
from turnout.core.audience.links import make_token, sign_opening
from turnout.core.audience.media import set_media
from turnout.core.audience.model import MediaKind
from turnout.core.audience.permissions import grant_reporting
from turnout.core.audience.reports import ReportFilter, report_parameters
from turnout.core.audience.sql import sql
from turnout.core.audience.surveys import Item, create_survey
from turnout.core.events.model import span
from turnout.core.events.programme import create_event, create_session, list_ticket_types
from turnout.core.identity.organizations import create_organization
from turnout.core.identity.passwords import hash_password
from turnout.core.identity.users import create_user
from turnout.core.ids import EventId, OrgId, RegistrationId, SessionId, SurveyId, TicketTypeId
from turnout.settings import Settings
from turnout.store import Tx, open_database, system_clock
from turnout.store.sqlite import path_of

REPORT = "/api/reporting/audience_reports"
FORMATS = {"XML": "", "JSON": "/json", "CSV": "/csv", "XLSX": "/xlsx"}
# Of so many registrants, seconds that a report may take.
WANTED_S = {"CSV": 0.5, "XLSX": 2.0}
REGISTRANTS = 10_000
# Beyond that a workbook takes as long again, and tells nothing new.
MOST_IN_ALL_FORMATS = 100_000
# The largest report in these, at most so many times as long as the shell.
WANTED_RATIO = {"CSV": 1.5, "XML": 2.5, "JSON": 2.5}
USER, PASSWORD = "reports@example.com", "correct horse battery"
HOUR_MS = 3_600_000
# What 20,000 viewers send at one heartbeat in ten seconds.
WANTED_BEATS = 2_000

Progress = Callable[[str], None]


class Size(msgspec.Struct, frozen=True):
    """How many registrants there are, on which database, and how long heartbeats are sent."""

    registrants: tuple[int, ...]
    backends: tuple[str, ...]
    viewers: int
    seconds: float
    connections: tuple[int, ...]


FULL = Size((1_000, 10_000, 100_000, 1_000_000), ("sqlite", "postgresql"), 20_000, 4.0, (32, 256))
QUICK = Size((1_000, 10_000), ("sqlite", "postgresql"), 1_000, 1.0, (32,))


class Beaten(msgspec.Struct, kw_only=True):
    """Heartbeats of many viewers over so many connections."""

    connections: int
    viewers: int
    per_second: float
    p50_ms: float
    p99_ms: float
    cpu_us: float
    failed: int


class Reported(msgspec.Struct, kw_only=True):
    """One report, read to its end; memory in MB above what the server had before. `shell_s`: the
    database's own shell for the same statement, as CSV."""

    backend: str
    format: str
    registrants: int
    megabytes: float
    first_byte_ms: float
    seconds: float
    memory_mb: float
    shell_s: float


class Audience(msgspec.Struct, kw_only=True):
    """Both."""

    heartbeats: list[Beaten]
    reports: list[Reported]


Figures = Audience


class Stage(NamedTuple):
    """A database with an event, and what it is known by."""

    url: str
    org_id: OrgId
    event_id: EventId
    session_id: SessionId
    ticket_type_id: TicketTypeId
    survey_id: SurveyId


def measure(_demo: Demo, folder: Path, size: Size, progress: Progress) -> Audience:
    """Heartbeats on SQLite; then each report, on a database of its own for each size."""
    folder.mkdir(parents=True, exist_ok=True)
    heartbeats = list(_measure_beats(folder, size, progress))
    reports: list[Reported] = []
    for backend in size.backends:
        with _cluster(backend) as cluster:
            for registrants in size.registrants:
                progress(f"reports of {registrants:,} registrants, {backend}")
                reports += _measure_reports(folder, backend, cluster, registrants)
    return Audience(heartbeats=heartbeats, reports=reports)


@contextmanager
def _cluster(backend: str) -> Iterator[Cluster | None]:
    if backend == "sqlite":
        yield None
    else:
        with Cluster.start(fsync=True) as cluster:
            yield cluster


# -- heartbeats ---------------------------------------------------------------------------------


def _measure_beats(folder: Path, size: Size, progress: Progress) -> Iterator[Beaten]:
    for connections in size.connections:
        progress(f"heartbeats, {connections} connections, {size.viewers:,} viewers")
        own = folder / f"heartbeats-{connections}"
        own.mkdir()
        stage = _make_stage("sqlite", own, None, size.viewers)
        tokens = _make_tokens(stage, size.viewers)
        with turnout(own, stage.url, access_log="false") as server:
            yield asyncio.run(_send_beats(server, stage, tokens, connections, size.seconds))
        shutil.rmtree(own)


async def _send_beats(
    server: Server, stage: Stage, tokens: list[dict[str, Any]], connections: int, seconds: float
) -> Beaten:
    start = system_clock() - 20 * HOUR_MS
    turns = cycle(tokens)
    waits: list[float] = []
    failed, sent = 0, 0
    loop = asyncio.get_running_loop()
    ends = loop.time() + seconds

    async def connect() -> None:
        nonlocal failed, sent
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        while loop.time() < ends:
            token = next(turns)
            sent += 1
            at = start + sent // len(tokens) * 10_000
            heartbeat = token | {"session": stage.session_id, "played": [[at, at + 10_000]]}
            body = json.dumps(heartbeat)
            began = time.perf_counter()
            writer.write(
                f"POST /watch/beats HTTP/1.1\r\nHost: bench\r\nContent-Length: {len(body)}\r\n\r\n"
                f"{body}".encode()
            )
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            await reader.readexactly(length)
            waits.append(time.perf_counter() - began)
            failed += not head.startswith(b"HTTP/1.1 200")
        writer.close()

    cpu = cpu_seconds(server.pid)
    await asyncio.gather(*(connect() for _ in range(connections)))
    cpu = cpu_seconds(server.pid) - cpu
    waits.sort()
    return Beaten(
        connections=connections,
        viewers=len(tokens),
        per_second=len(waits) / seconds,
        p50_ms=waits[len(waits) // 2] * 1000,
        p99_ms=waits[len(waits) * 99 // 100] * 1000,
        cpu_us=cpu / len(waits) * 1e6,
        failed=failed,
    )


def _make_tokens(stage: Stage, viewers: int) -> list[dict[str, Any]]:
    """Who sends a heartbeat, and that their page was opened long ago."""

    def make(tx: Tx) -> list[dict[str, Any]]:
        return [
            {"token": make_token(tx, *viewer), "opening": sign_opening(tx, *viewer, 0)}
            for viewer in ((stage.org_id, RegistrationId(n + 1)) for n in range(viewers))
        ]

    db = open_database(Settings(database_url=stage.url))
    try:
        return db.call(make)
    finally:
        db.close()


# -- reports -------------------------------------------------------------------------------


def _measure_reports(
    folder: Path, backend: str, cluster: Cluster | None, registrants: int
) -> Iterator[Reported]:
    own = folder / f"{backend}-{registrants}"
    own.mkdir()
    stage = _make_stage(backend, own, cluster, registrants)
    lists, table = (_time_shell(stage, backend, is_table) for is_table in (0, 1))
    with turnout(own, stage.url) as server:
        ids = _log_in(server)
        for name, suffix in FORMATS.items():
            if registrants > MOST_IN_ALL_FORMATS and name == "XLSX":
                continue
            path = f"{REPORT}{suffix}?{ids}&ei={stage.event_id}"
            before = memory_mb(server.pid)
            with sampling(server.pid) as samples:
                length, first, took = _read(server, path)
            yield Reported(
                backend=backend,
                format=name,
                registrants=registrants,
                megabytes=length / 1e6,
                first_byte_ms=first * 1000,
                seconds=took,
                memory_mb=max(samples) - before,
                shell_s=table if name == "CSV" else lists,
            )
    if cluster:
        cluster.drop_database(stage.url)
    shutil.rmtree(own)


def _log_in(server: Server) -> str:
    target = f"/api/login/json?username={USER}&password={PASSWORD.replace(' ', '+')}"
    status, body = server.get(target)
    if status != 200:
        raise RuntimeError(f"the login was answered {status}")
    ids = json.loads(body)["convey_api"]["result"]["success"]
    return f"si={ids['sessionid']['value']}&ui={ids['userid']['value']}"


def _read(server: Server, path: str) -> tuple[int, float, float]:
    """Bytes, and seconds to the first byte and to the end."""
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=300)) as connection:
        since = time.perf_counter()
        connection.request("GET", path)
        answer: Any = connection.getresponse()
        length = len(answer.read(1))
        first = time.perf_counter() - since
        while part := answer.read(1 << 20):
            length += len(part)
        if answer.status != 200:
            raise RuntimeError(f"{path} was answered {answer.status}")
        return length, first, time.perf_counter() - since


def _time_shell(stage: Stage, backend: str, is_table: int) -> float:
    """Seconds of the database's own shell for the same statements, as CSV to nowhere: a table needs
    the custom questions, too, which are columns."""
    whose = {"org_id": stage.org_id, "event_id": stage.event_id}
    named = report_parameters(stage.org_id, stage.event_id, ReportFilter())
    took = _ask_shell(stage, backend, "report", named | {"is_table": is_table})
    return took + (_ask_shell(stage, backend, "list_custom_questions", whose) if is_table else 0)


def _ask_shell(stage: Stage, backend: str, name: str, parameters: dict[str, Any]) -> float:
    literals = {
        name: "NULL" if parameter is None else str(parameter)
        for name, parameter in parameters.items()
    }
    text = sql[name].text[backend]
    if backend == "sqlite":
        return ask_sqlite3(path_of(stage.url), text, literals)
    for name, literal in literals.items():
        text = text.replace(f"%({name})s", literal)
    query = " ".join(line for line in text.rstrip().rstrip(";").splitlines() if line)
    since = time.perf_counter()
    subprocess.run(
        ["psql", "--quiet", "--dbname", stage.url],
        input=f"\\copy ({query}) TO STDOUT CSV\n".encode(),
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return time.perf_counter() - since


# -- what is there -------------------------------------------------------------------------


def _make_stage(backend: str, folder: Path, cluster: Cluster | None, registrants: int) -> Stage:
    url = new_database(backend, folder, cluster)
    db = open_database(Settings(database_url=url))
    try:
        stage = db.call(_build, url, hash_password(PASSWORD))
    finally:
        db.close()
    filled = [text.format(count=registrants, **stage._asdict()) for text in _FILL]
    statements = [*filled, FORGET_NOTED]
    if backend == "sqlite":
        with closing(sqlite3.connect(path_of(url), isolation_level=None)) as connection:
            connection.execute("PRAGMA synchronous = OFF")
            for statement in ("BEGIN", *statements, "COMMIT"):
                connection.execute(statement)
    else:
        with psycopg.connect(url, autocommit=True) as server:
            for statement in (*statements, "ANALYZE"):
                server.execute(statement.encode())
    return stage


def _build(tx: Tx, url: str, hashed: str) -> Stage:
    org_id = create_organization(tx, "bench", "Bench", actor="bench").org_id
    user = create_user(tx, org_id, USER, name="R", email=USER, password_hash=hashed, actor="bench")
    grant_reporting(tx, org_id, user.id, actor="bench")
    when = span("2027-01-04T15:00", "2027-01-04T16:00", "UTC")
    event = create_event(tx, org_id, "Webcast", when, actor="bench")
    session = create_session(tx, org_id, event.id, "Webcast", when, actor="bench")
    set_media(
        tx,
        org_id,
        session.id,
        MediaKind.HLS,
        "/live.m3u8",
        live_from=tx.now - 23 * HOUR_MS,
        live_until=tx.now + HOUR_MS,
        actor="bench",
    )
    survey = create_survey(tx, org_id, event.id, "Survey", (Item("Good?"),), actor="bench")
    ticket_type = list_ticket_types(tx, org_id, event.id)[0]
    return Stage(url, org_id, event.id, session.id, ticket_type.id, survey.id)


_NUMBERS = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) "
_ANSWERS = (
    '{{"contact":{{"email":"x"}},"answers":[{{"question":"Main interest",'
    '"answer":"Rail freight"}},{{"question":"Diet","answer":"None"}}]}}'
)
# Both databases read these.
_FILL = (
    f"""INSERT INTO people (org_id, id, uuid, email, email_key, title, first_name, last_name,
        company, job_title, address_line1, address_line2, address_line3, city, county_or_state,
        post_code, country_code, phone, created_at, updated_at)
    {_NUMBERS} SELECT {{org_id}}, i, 'u' || i, 'viewer' || i || '@d' || (i % 50) || '.example.com',
        'viewer' || i || '@d' || (i % 50) || '.example.com', '', 'First' || i, 'Last, ' || i,
        'Company ' || (i % 1000), 'Engineer', '', '', '', '', '', '', 'DE', '+49 30 ' || i, 1, 1
    FROM n""",
    f"""INSERT INTO registrations (org_id, id, uuid, event_id, person_id, sitting, ticket_type_id,
        state, source, answers, created_at, updated_at, sti)
    {_NUMBERS} SELECT {{org_id}}, i, 'r' || i, {{event_id}}, i, 0, {{ticket_type_id}}, 'confirmed',
        'bench', '{_ANSWERS}', 1798000000000 + i * 1000, 1, 'source-' || (i % 7)
    FROM n""",
    f"""INSERT INTO viewings (org_id, event_id, registration_id, mode, session_id, starts_at,
        ends_at)
    {_NUMBERS} SELECT {{org_id}}, {{event_id}}, i, 'live', {{session_id}},
        1799074800000 + i % 600 * 1000, 1799074800000 + i % 600 * 1000 + 600000
    FROM n""",
    f"""INSERT INTO viewings (org_id, event_id, registration_id, mode, session_id, starts_at,
        ends_at)
    {_NUMBERS} SELECT {{org_id}}, {{event_id}}, i, 'od', {{session_id}}, 1799174800000,
        1799174800000 + i % 3000 * 1000 + 1000
    FROM n WHERE i % 3 = 0""",
    f"""INSERT INTO questions (org_id, event_id, registration_id, id, session_id, question, answer,
        asked_at)
    {_NUMBERS} SELECT {{org_id}}, {{event_id}}, i, i, {{session_id}}, 'Why, ' || i || '?', '', 1
    FROM n WHERE i % 10 = 0""",
    f"""INSERT INTO survey_answers (org_id, event_id, registration_id, is_poll, survey_id, number,
        question, answer, answered_at)
    {_NUMBERS} SELECT {{org_id}}, {{event_id}}, i, 0, {{survey_id}}, 0, 'Good?', 'Yes', 1
    FROM n WHERE i % 5 = 0""",
)


# -- what came of it -----------------------------------------------------------------------


def targets(audience: Audience) -> list[Target]:
    """Heartbeats of 20,000 viewers; ten thousand rows soon, a million within twice the shell's
    time, and in little memory."""
    found = []
    best = max(audience.heartbeats, key=lambda heartbeat: heartbeat.per_second)
    name = f"heartbeats a second ({best.connections} connections)"
    rate = f"{best.per_second:,.0f}/s"
    found.append(Target(name, f"≥ {WANTED_BEATS:,}/s", rate, best.per_second >= WANTED_BEATS))
    for report in audience.reports:
        wanted = WANTED_S.get(report.format)
        if wanted and report.registrants == REGISTRANTS:
            name = f"report of {REGISTRANTS:,} as {report.format}, {report.backend}"
            took = f"{report.seconds:.2f} s"
            found.append(Target(name, f"< {wanted} s", took, report.seconds < wanted))
    largest = max(report.registrants for report in audience.reports)
    for report in audience.reports:
        wanted = WANTED_RATIO.get(report.format)
        if wanted and report.registrants == largest:
            name = f"report of {largest:,} as {report.format}, {report.backend}"
            ratio, used = report.seconds / report.shell_s, f"{report.memory_mb:.0f} MB"
            shown = f"{ratio:.1f} times"
            found += [
                Target(f"{name}: beside the shell", f"≤ {wanted} times", shown, ratio <= wanted),
                Target(f"{name}: memory above idle", "< 50 MB", used, report.memory_mb < 50),
            ]
    return found


def jobs(audience: Audience) -> list[Job]:
    """The largest report in each format, beside the shell."""
    largest = max(report.registrants for report in audience.reports)
    return [
        job_beside_shell(
            f"report of {largest:,} registrants as {name}",
            {
                _DATABASES[report.backend]: Beside(report.seconds, report.shell_s)
                for report in audience.reports
                if (report.format, report.registrants) == (name, largest)
            },
            wanted,
        )
        for name, wanted in WANTED_RATIO.items()
    ]


_DATABASES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


def tables(audience: Audience) -> list[Table]:
    """Heartbeats by connections, and every report."""
    return [
        Table(
            "Heartbeats, SQLite",
            (
                *("connections", "viewers", "heartbeats/s", "p50 ms", "p99 ms", "CPU µs each"),
                "other than 200",
            ),
            [
                (
                    str(heartbeat.connections),
                    f"{heartbeat.viewers:,}",
                    f"{heartbeat.per_second:,.0f}",
                    f"{heartbeat.p50_ms:.1f}",
                    f"{heartbeat.p99_ms:.1f}",
                    f"{heartbeat.cpu_us:.0f}",
                    str(heartbeat.failed),
                )
                for heartbeat in audience.heartbeats
            ],
        ),
        Table(
            "Audience reports",
            (
                *("database", "registrants", "format", "MB", "first byte ms", "whole s", "rows/s"),
                *("memory above idle MB", "shell s"),
            ),
            [
                (
                    report.backend,
                    f"{report.registrants:,}",
                    report.format,
                    f"{report.megabytes:.1f}",
                    f"{report.first_byte_ms:.0f}",
                    f"{report.seconds:.2f}",
                    f"{report.registrants / report.seconds:,.0f}",
                    f"{report.memory_mb:.0f}",
                    f"{report.shell_s:.2f}",
                )
                for report in audience.reports
            ],
        ),
    ]
