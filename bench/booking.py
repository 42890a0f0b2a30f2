"""Booking: candidates registered a second, and finding them among a million.

Each request registers another learner for one exam, which is one and the same event for all: every
registration counts its places, numbers its seat and writes its history. The finding is measured on
a database with a million registrations of a hundred thousand learners in a thousand exams.
"""

import http.client
import json
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec

from bench.door import ask_sqlite3
from bench.figures import Summary, Table, Target, median, sum_up
from bench.load import DIGITS, MARK, Measured, Order, run, spread
from bench.memory import sampling
from bench.processes import memory_mb
from bench.servers import Demo, Server, turnout, url_of
from turnout.core.exams.searching import EVER
from turnout.core.exams.sql import sql

CONNECTIONS = (1, 8, 32)
LEARNER = "10000000-0000-4000-8000-"
SEAT = "20000000-0000-4000-8000-"
CHUNK = 50_000

Progress = Callable[[str], None]


class Size(msgspec.Struct, frozen=True):
    """How many learners may be registered, how long it is measured, and among how many is
    searched."""

    learners: int
    rounds: int
    seconds: float
    warm_up: float
    registrations: int
    exams: int
    reads: int = 3


FULL = Size(30_000, rounds=3, seconds=2.0, warm_up=0.4, registrations=1_000_000, exams=1_000)
QUICK = Size(10_000, rounds=1, seconds=1.0, warm_up=0.2, registrations=50_000, exams=50, reads=1)


class Row(msgspec.Struct, kw_only=True):
    """Registrations at one number of connections."""

    connections: int
    turnout: Summary
    rounds: list[Measured]


class Question(msgspec.Struct, kw_only=True):
    """One way of asking; medians."""

    name: str
    rows: int
    first_byte_ms: float
    seconds: float
    memory_mb: float
    sqlite3_s: float | None = None


class Booked(msgspec.Struct, kw_only=True):
    """Both."""

    registrations: int
    registered: list[Row]
    questions: list[Question]


Figures = Booked


def measure(demo: Demo, folder: Path, size: Size, progress: Progress) -> Booked:
    """Registering at each number of connections, then asking."""
    registered = []
    for connections in CONNECTIONS:
        progress(f"register-lax, {connections} connections")
        registered.append(_register(demo, folder / f"register-{connections}", size, connections))
    database = demo.copy_database(folder / "million")
    _fill(database, size, progress)
    progress("counting and searching")
    return Booked(
        registrations=size.registrations,
        registered=registered,
        questions=_ask(demo, database, size),
    )


def _register(demo: Demo, folder: Path, size: Size, connections: int) -> Row:
    database = demo.copy_database(folder)
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        _add_learners(connection, size.learners)
    rounds, number = [], 1
    with turnout(database.parent, url_of(database)) as server:
        for _ in range(size.rounds):
            measured = run(
                Order(
                    port=server.port,
                    pids=[server.pid],
                    template=_template(demo),
                    connections=connections,
                    first=number,
                    seconds=size.seconds,
                    warm_up=size.warm_up,
                )
            )
            number += measured.sent
            rounds.append(measured)
    if number > size.learners:
        raise RuntimeError(f"{size.learners} learners are too few for {number} registrations")
    return Row(connections=connections, turnout=sum_up(rounds), rounds=rounds)


def _template(demo: Demo) -> str:
    booking = demo.booking
    body = json.dumps(
        {
            "EventVenue": booking["venue"],
            "EventStart": "2098-06-01T09:00:00+02:00",
            "EventExamType": "Class",
            "EventExamFormat": "Online",
            "EventBillingCode": booking["billingCode"],
            "Learner": f"{LEARNER}{MARK}",
            "LearnerRegistrantType": "Apprentice",
            "Assessment": booking["assessments"][0],
        }
    )
    length = len(body.replace(MARK, "0" * DIGITS))
    lines = [
        f"POST /api/registrations/{SEAT}{MARK}/commands/register-lax HTTP/1.1",
        "Host: 127.0.0.1",
        f"Authorization: Bearer {booking['secret']}",
        "Content-Type: application/json",
        f"Content-Length: {length}",
    ]
    return "\r\n".join([*lines, "", body])


# -- filling -------------------------------------------------------------------------------


def _add_learners(connection: sqlite3.Connection, count: int) -> int:
    """Add learners whose GUIDs the load counts through; the number of the person before them."""
    connection.create_function("spread", 1, spread)
    (last,) = connection.execute("SELECT max(id) FROM people").fetchone()
    values = {"last": last, "count": count}
    connection.execute("BEGIN")
    for statement in _LEARNERS:
        connection.execute(statement, values)
    connection.execute("UPDATE sequences SET next_value = ? WHERE name = 'person'", [last + count])
    connection.execute("COMMIT")
    return int(last)


_NUMBERS = "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < :count)"
_MODEL = "(SELECT * FROM people WHERE id = (SELECT person_id FROM learners LIMIT 1)) p"
_LEARNERS = (
    f"""
    {_NUMBERS}
    INSERT INTO people
    SELECT p.org_id, :last + n, '{LEARNER}' || spread(n), 'bench' || n || '@example.com',
        'bench' || n || '@example.com', p.title, 'Learner', 'Number' || spread(n), p.company,
        p.job_title, p.address_line1, p.address_line2, p.address_line3, p.city, p.county_or_state,
        p.post_code, p.country_code, p.phone, p.created_at, p.updated_at, p.merged_into
    FROM n, {_MODEL}
    """,
    f"""
    {_NUMBERS}
    INSERT INTO learners
    SELECT p.org_id, :last + n, 'N-' || spread(n), 'n-' || spread(n), 'learner number' || spread(n),
        'bench' || n || '@example.com', p.created_at
    FROM n, {_MODEL}
    """,
)


def _fill(database: Path, size: Size, progress: Progress) -> None:
    """Registrations of ten to a learner, spread over exams and time."""
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        for pragma in ("journal_mode=MEMORY", "synchronous=OFF", "cache_size=-1000000"):
            connection.execute(f"PRAGMA {pragma}")
        learners = size.registrations // 10
        values: dict[str, Any] = {
            "first_person": _add_learners(connection, learners),
            "learners": learners,
            "exams": size.exams,
        }
        for name, table in (("event", "events"), ("registration", "registrations")):
            (values[f"last_{name}"],) = connection.execute(
                f"SELECT max(id) FROM {table}"
            ).fetchone()
        (values["last_number"],) = connection.execute("SELECT max(number) FROM exams").fetchone()
        connection.execute("BEGIN")
        for statement in _EXAMS:
            connection.execute(statement, values | {"count": size.exams})
        connection.execute("COMMIT")
        for done in range(0, size.registrations, CHUNK):
            progress(f"filling the exams: {done:,} registrations")
            count = min(CHUNK, size.registrations - done)
            connection.execute("BEGIN")
            for statement in _SITTINGS:
                connection.execute(statement, values | {"count": count, "done": done})
            connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode=WAL")


_EXAM = "(SELECT * FROM events WHERE id = (SELECT min(event_id) FROM exams)) e"
_EXAMS = (
    f"""
    {_NUMBERS}
    INSERT INTO events (org_id, id, uuid, pak, title, state, timezone, starts_local, ends_local,
        starts_at, ends_at, venue_id, capacity, held, details, created_at, updated_at)
    SELECT e.org_id, :last_event + n, '30000000-0000-4000-8000-' || spread(n),
        '9' || spread(n) || '000', e.title, e.state, e.timezone, e.starts_local, e.ends_local,
        e.starts_at + n * 60000, e.ends_at + n * 60000, e.venue_id, NULL, 0, e.details,
        e.created_at, e.updated_at
    FROM n, {_EXAM}
    """,
    f"""
    {_NUMBERS}
    INSERT INTO exams (org_id, event_id, number, kind, exam_type, exam_format, billing_code,
        appointment_type, is_on_calendar, has_own_title)
    SELECT e.org_id, :last_event + n, :last_number + n, 'Exam', 'Class', 'Online', 'x', '', 1, 0
    FROM n, {_EXAM}
    """,
)
_SITTING = "(SELECT * FROM exam_registrations LIMIT 1) s"
_SITTINGS = (
    f"""
    {_NUMBERS}
    INSERT INTO registrations (org_id, id, uuid, event_id, person_id, sitting, ticket_type_id,
        state, source, answers, created_at, updated_at)
    SELECT s.org_id, :last_registration + :done + n, '{SEAT}' || spread(:done + n),
        :last_event + 1 + (:done + n) % :exams, :first_person + 1 + (:done + n) % :learners,
        :last_registration + :done + n, r.ticket_type_id, 'confirmed', 'booking', '{{}}',
        s.changed_at, s.changed_at
    FROM n, {_SITTING}, (SELECT ticket_type_id FROM registrations LIMIT 1) r
    """,
    f"""
    {_NUMBERS}
    INSERT INTO exam_registrations (org_id, registration_id, event_id, person_id, form_id,
        registrant_type, attendance, grading, is_eligible, sequence, passcode, time_limit,
        changed_at, change_type)
    SELECT s.org_id, :last_registration + :done + n, :last_event + 1 + (:done + n) % :exams,
        :first_person + 1 + (:done + n) % :learners, s.form_id, '', 'Pending', '', 1, n,
        s.passcode, s.time_limit, s.changed_at - :done - n, s.change_type
    FROM n, {_SITTING}
    """,
)


# -- asking --------------------------------------------------------------------------------


def _ask(demo: Demo, database: Path, size: Size) -> list[Question]:
    code = f"n-{spread(77)}"
    newest = {"LastChangeTimeSince": "2020-01-01T00:00:00+00:00"}
    bodies: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("count all", "count", {}),
        ("count a name", "count", {"Name": f"NUMBER{spread(77)}"}),
        ("search a code", "search", {"Code": code}),
        ("search all", "search", newest),
    )
    found = []
    with turnout(database.parent, url_of(database)) as server:
        _post(server, demo, "search", {"Code": code})
        for name, path, body in bodies:
            before = memory_mb(server.pid)
            with sampling(server.pid) as samples:
                answers = [_post(server, demo, path, body) for _ in range(size.reads)]
            found.append(
                Question(
                    name=name,
                    rows=answers[0][0],
                    first_byte_ms=median(answer[1] for answer in answers) * 1000,
                    seconds=median(answer[2] for answer in answers),
                    memory_mb=max(0.0, max(samples) - before),
                )
            )
    found[-1].sqlite3_s = median(_with_sqlite3(database) for _ in range(size.reads))
    return found


def _post(server: Server, demo: Demo, path: str, body: dict[str, Any]) -> tuple[int, float, float]:
    """Rows, and seconds to the first byte and to the end."""
    headers = {
        "Authorization": f"Bearer {demo.booking['secret']}",
        "Content-Type": "application/json",
    }
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=300)
    since = time.perf_counter()
    connection.request("POST", f"/api/registrations/{path}", json.dumps(body), headers)
    answer: Any = connection.getresponse()
    rest = answer.read(1)
    first_byte = time.perf_counter() - since
    if path == "count":
        rows = int(rest + answer.read())
    else:
        rows = 0
        mark = b'"LastChangeType"'
        while part := answer.read(1 << 20):
            joined = rest + part
            rows += joined.count(mark)
            rest = joined[-len(mark) + 1 :]
    took = time.perf_counter() - since
    connection.close()
    if answer.status != 200:
        raise RuntimeError(f"{path} was answered {answer.status}")
    return rows, first_byte, took


def _with_sqlite3(database: Path) -> float:
    """Seconds of SQLite's own shell for the statement of "search all"."""
    with closing(sqlite3.connect(database)) as connection:
        (org_id,) = connection.execute("SELECT org_id FROM exams LIMIT 1").fetchone()
    text = sql["list_changed"].text["sqlite"]
    return ask_sqlite3(database, text, {"org_id": org_id, "since": 0, "until": EVER})


def targets(booked: Booked) -> list[Target]:
    """Answers other than 200; the memory and time of the search of everything."""
    found = []
    for row in booked.registered:
        failed = row.turnout.failed
        where = f"register-lax, {row.connections} connections: answers other than 200"
        found.append(Target(where, "none", str(failed), not failed))
    whole = booked.questions[-1]
    name = f"search of {whole.rows:,} registrations"
    used = f"{whole.memory_mb:.0f} MB"
    return [*found, Target(f"{name}: memory above idle", "< 50 MB", used, whole.memory_mb < 50)]


def tables(booked: Booked) -> list[Table]:
    """Registrations by connections, and the questions."""
    return [
        Table(
            "Candidates registered for one exam (register-lax), SQLite",
            ("connections", "a second", "p50 ms", "p99 ms", "max ms", "CPU µs each", "not 200"),
            [
                (
                    str(row.connections),
                    f"{row.turnout.per_second:,.0f}",
                    f"{row.turnout.p50_ms:.1f}",
                    f"{row.turnout.p99_ms:.1f}",
                    f"{row.turnout.max_ms:.0f}",
                    f"{row.turnout.server_cpu_us:.0f}",
                    str(row.turnout.failed),
                )
                for row in booked.registered
            ],
        ),
        Table(
            f"Among {booked.registrations:,} registrations, SQLite",
            ("question", "rows", "first byte ms", "whole s", "memory above idle MB", "sqlite3 s"),
            [
                (
                    question.name,
                    f"{question.rows:,}",
                    f"{question.first_byte_ms:.1f}",
                    f"{question.seconds:.3f}",
                    f"{question.memory_mb:.0f}",
                    "" if question.sqlite3_s is None else f"{question.sqlite3_s:.2f}",
                )
                for question in booked.questions
            ],
        ),
    ]
