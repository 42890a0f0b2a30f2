"""Booking: candidates registered a second, and finding them among a million.

Each request registers another learner for one exam, which is one and the same event for all: every
registration counts its places, numbers its seat and writes its history. The bare server takes
turns, as in `register.py`, on both databases. The finding (finding.py) is measured on a database
with a million registrations of a hundred thousand learners in a thousand exams; on PostgreSQL with
fewer.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import msgspec
import psycopg
from psycopg.rows import tuple_row

from bench.figures import (
    Beside,
    Job,
    Summary,
    Table,
    Target,
    job_beside_shell,
    median,
    sum_up,
)
from bench.fill import FORGET_NOTED, SPREAD, NamedValues
from bench.finding import Question, ask
from bench.load import DIGITS, MARK, Measured, Order, run, spread
from bench.origins import BACKENDS, Origin, origin_on
from bench.servers import Demo, Server, bare, turnout
from turnout.store.sqlite import path_of

CONNECTIONS = (1, 8, 32, 256)
TARGET_CONNECTIONS = 32
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
    on_postgresql: int
    exams: int
    reads: int = 3
    connections: tuple[int, ...] = CONNECTIONS
    backends: tuple[str, ...] = BACKENDS
    is_durable: bool = True


FULL = Size(60_000, 3, 1.6, 0.4, registrations=1_000_000, on_postgresql=200_000, exams=1_000)
QUICK = Size(
    20_000, 1, 0.8, 0.2, registrations=50_000, on_postgresql=50_000, exams=50, reads=1,
    connections=(32,),
)  # fmt: skip


class Row(msgspec.Struct, kw_only=True):
    """Registrations at one number of connections, and the ratio to the bare server."""

    connections: int
    turnout: Summary
    bare: Summary
    ratio: float
    turnout_rounds: list[Measured]
    bare_rounds: list[Measured]


class Booked(msgspec.Struct, kw_only=True):
    """Both on one database."""

    database: str
    registrations: int
    registered: list[Row]
    questions: list[Question]


Figures = list[Booked]


def measure(demo: Demo, folder: Path, size: Size, progress: Progress) -> list[Booked]:
    """Registering at each number of connections, then asking, on each database."""
    found = []
    for backend in size.backends:
        with origin_on(backend, demo, folder / backend, is_durable=size.is_durable) as origin:
            found.append(_measure_on(origin, folder / backend, size, progress))
    return found


def _measure_on(origin: Origin, folder: Path, size: Size, progress: Progress) -> Booked:
    registered = []
    ready = _make_ready(origin, folder / "ready", size.learners)
    for connections in size.connections:
        progress(f"{origin.name}: register-lax, {connections} connections")
        registered.append(_register(ready, folder / f"register-{connections}", size, connections))
    is_sqlite = origin.backend == "sqlite"
    registrations = size.registrations if is_sqlite else size.on_postgresql
    url = origin.copy(folder / "many")
    _fill(
        url, registrations, size.exams, lambda done: progress(f"{origin.name}: filling: {done:,}")
    )
    progress(f"{origin.name}: counting and searching")
    return Booked(
        database=origin.name,
        registrations=registrations,
        registered=registered,
        questions=ask(origin, folder / "asking", url, size.reads),
    )


def _make_ready(origin: Origin, folder: Path, learners: int) -> Origin:
    """A copy with learners, the first of whom is registered: so the exam is there."""
    url = origin.copy(folder)
    with _filling(url) as session:
        _add_learners(session, learners)
    with turnout(folder, url) as server:
        order = Order(
            port=server.port,
            pids=[server.pid],
            template=_template(origin.demo),
            connections=1,
            first=1,
            requests=1,
        )
        assert run(order).statuses == {"200": 1}
    return origin.of(url)


def _register(ready: Origin, folder: Path, size: Size, connections: int) -> Row:
    ours, others, number = [], [], 2
    url, bare_url = ready.copy(folder / "turnout"), ready.copy(folder / "bare")
    with turnout(folder / "turnout", url) as server, bare(folder / "bare", bare_url) as limit:
        for _ in range(size.rounds):
            with limit.suspended():
                mine = _round(server, ready.demo, size, connections, number)
            with server.suspended():
                other = _round(limit, ready.demo, size, connections, number)
            number += max(mine.sent, other.sent)
            ours.append(mine)
            others.append(other)
    if number > size.learners:
        raise RuntimeError(f"{size.learners} learners are too few for {number} registrations")
    return Row(
        connections=connections,
        turnout=sum_up(ours),
        bare=sum_up(others),
        ratio=median(a.per_second / b.per_second for a, b in zip(ours, others, strict=True)),
        turnout_rounds=ours,
        bare_rounds=others,
    )


def _round(server: Server, demo: Demo, size: Size, connections: int, number: int) -> Measured:
    return run(
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


@contextmanager
def _filling(url: str) -> Iterator[Any]:
    """A session that takes `:name` for a value and knows `spread`; its transaction is committed,
    and PostgreSQL's statistics are up to date then."""
    if url.startswith("sqlite:"):
        with closing(sqlite3.connect(path_of(url), isolation_level=None)) as connection:
            for pragma in ("journal_mode=MEMORY", "synchronous=OFF", "cache_size=-1000000"):
                connection.execute(f"PRAGMA {pragma}")
            connection.create_function("spread", 1, spread)
            connection.execute("BEGIN")
            yield connection
            connection.execute("COMMIT")
            connection.execute("PRAGMA journal_mode=WAL")
        return
    with psycopg.connect(url, autocommit=True) as session:
        with session.transaction():
            session.execute(SPREAD)
            yield NamedValues(session, tuple_row)
            session.execute("DROP FUNCTION spread(BIGINT)")
        session.execute("ANALYZE")


def _add_learners(session: Any, count: int) -> int:
    """Add learners whose GUIDs the load counts through; the number of the person before them."""
    (last,) = session.execute("SELECT max(id) FROM people").fetchone()
    for statement in _LEARNERS:
        session.execute(statement, {"last": last, "count": count})
    session.execute(FORGET_NOTED)
    _move_sequence(session, "person", last + count)
    return int(last)


def _move_sequence(session: Any, name: str, last: int) -> None:
    if isinstance(session, sqlite3.Connection):
        session.execute(f"UPDATE sequences SET next_value = {last + 1} WHERE name = '{name}'")
    else:
        session.execute(f"SELECT setval('{name}_ids', {last})")


_NUMBERS = (
    "WITH RECURSIVE n (n) AS (SELECT CAST(1 AS BIGINT) UNION ALL "
    "SELECT n + 1 FROM n WHERE n < :count)"
)
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


def _fill(url: str, registrations: int, exams: int, progress: Callable[[int], None]) -> None:
    """Registrations of ten to a learner, spread over exams and time."""
    with _filling(url) as session:
        learners = registrations // 10
        values: dict[str, Any] = {"learners": learners, "exams": exams}
        values["first_person"] = _add_learners(session, learners)
        for name, column, table in _LAST:
            (values[name],) = session.execute(f"SELECT max({column}) FROM {table}").fetchone()
        for statement in _EXAMS:
            session.execute(statement, values | {"count": exams})
        for done in range(0, registrations, CHUNK):
            progress(done)
            chunk = {"count": min(CHUNK, registrations - done), "done": done}
            for statement in _SITTINGS:
                session.execute(statement, values | chunk)


_LAST = (
    ("last_event", "id", "events"),
    ("last_registration", "id", "registrations"),
    ("last_number", "number", "exams"),
)
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


# -- the tables -------------------------------------------------------------------------


RATE = {"SQLite": 0, "PostgreSQL": 800}
CPU_US = {"SQLite": 400}
WANTED_OF_SHELL = 2.5


def targets(found: list[Booked]) -> list[Target]:
    """Speed at 32 connections, answers other than 200; memory of the search of everything."""
    return [target for booked in found for target in _targets(booked)]


def _targets(booked: Booked) -> list[Target]:
    found = []
    for row in booked.registered:
        failed, ours = row.turnout.failed, row.turnout
        where = f"register-lax, {row.connections} connections, {booked.database}"
        found.append(Target(f"{where}: answers other than 200", "none", str(failed), not failed))
        if row.connections == TARGET_CONNECTIONS and (least := RATE[booked.database]):
            rate = f"{ours.per_second:,.0f}/s"
            found.append(Target(where, f"≥ {least}/s", rate, ours.per_second >= least))
        if row.connections == TARGET_CONNECTIONS and (most := CPU_US.get(booked.database)):
            used = ours.server_cpu_us
            name = f"{where}: processor time each"
            found.append(Target(name, f"≤ {most} µs", f"{used:.0f} µs", used <= most))
    whole = booked.questions[-1]
    name = f"search of {whole.rows:,} registrations, {booked.database}"
    used_mb = f"{whole.memory_mb:.0f} MB"
    if whole.shell_s:
        ratio = whole.seconds / whole.shell_s
        wanted = f"≤ {WANTED_OF_SHELL} times"
        found.append(
            Target(
                f"{name}: beside the shell", wanted, f"{ratio:.1f} times", ratio <= WANTED_OF_SHELL
            )
        )
    return [*found, Target(f"{name}: memory above idle", "< 50 MB", used_mb, whole.memory_mb < 50)]


def jobs(found: list[Booked]) -> list[Job]:
    """Registering candidates at 32 connections, with the ratio on SQLite, and the search."""
    return [*_registering(found), *_searching(found)]


def _searching(found: list[Booked]) -> list[Job]:
    lists = {
        booked.database: Beside(whole.seconds, whole.shell_s)
        for booked in found
        for whole in booked.questions[-1:]
        if whole.shell_s
    }
    counts = " and ".join(f"{booked.questions[-1].rows:,}" for booked in found)
    name = f"search of all exam registrations ({counts})"
    return [job_beside_shell(name, lists, WANTED_OF_SHELL)] if lists else []


def _registering(found: list[Booked]) -> list[Job]:
    rows = {
        booked.database: row
        for booked in found
        for row in booked.registered
        if row.connections == TARGET_CONNECTIONS
    }
    if not rows:
        return []
    first = next(iter(rows.values()))
    rates = {name: f"{row.turnout.per_second:,.0f}/s" for name, row in rows.items()}
    is_met = all(target.is_met for target in targets(found) if "register-lax" in target.name)
    return [
        Job(
            f"register-lax, {TARGET_CONNECTIONS} connections",
            rates.get("SQLite", ""),
            rates.get("PostgreSQL", ""),
            f"{first.bare.per_second:,.0f}/s",
            f"{first.ratio:.0%}",
            "≤ 400 µs of CPU; PostgreSQL ≥ 800/s",
            is_met,
        )
    ]


def tables(found: list[Booked]) -> list[Table]:
    """Registrations by connections, and the questions."""
    return [table for booked in found for table in _tables(booked)]


def _tables(booked: Booked) -> list[Table]:
    return [
        Table(
            f"Candidates registered for one exam (register-lax), {booked.database}",
            (
                *("connections", "a second", "p50 ms", "p99 ms", "max ms", "CPU µs each"),
                *("not 200", "bare/s", "bare CPU µs", "Turnout : bare"),
            ),
            [_cells(row) for row in booked.registered],
        ),
        Table(
            f"Among {booked.registrations:,} registrations, {booked.database}",
            ("question", "rows", "first byte ms", "whole s", "memory above idle MB", "shell s"),
            [
                (
                    question.name,
                    f"{question.rows:,}",
                    f"{question.first_byte_ms:.1f}",
                    f"{question.seconds:.3f}",
                    f"{question.memory_mb:.0f}",
                    "" if question.shell_s is None else f"{question.shell_s:.2f}",
                )
                for question in booked.questions
            ],
        ),
    ]


def _cells(row: Row) -> tuple[str, ...]:
    ours = row.turnout
    return (
        str(row.connections),
        f"{ours.per_second:,.0f}",
        f"{ours.p50_ms:.1f}",
        f"{ours.p99_ms:.1f}",
        f"{ours.max_ms:.0f}",
        f"{ours.server_cpu_us:.0f}",
        str(ours.failed),
        f"{row.bare.per_second:,.0f}",
        f"{row.bare.server_cpu_us:.0f}",
        f"{row.ratio:.0%}",
    )
