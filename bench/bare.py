"""The limit that Turnout is held against: what this machine can do at all with these parts.

A bare ASGI function without a framework, under the same Granian with the same options, and one
thread that commits in groups: sqlite3 with the same pragmas, or psycopg (bare_postgresql.py), on
the same tables with the same indexes (a copy of a seeded Turnout database). It decodes the same
JSON, inserts the same submission with its queue items, and gives the same JSON answer once the
commit is on disk.

A request with an `Idempotency-Key` has its key inserted with the answer and a digest of the body in
the same transaction; a repetition fails its group.

A path with a ticket's code is a scan: the ticket is found and checked in by a guarded UPDATE, the
scan is inserted, and the attendee is answered. One with a registration's GUID registers a candidate
(bare_booking.py).

It does nothing else: no routing, no token, no rate limit, no request id, no metrics, no access
log; no check of sizes, address, paks or credential; no savepoint, so one bad row would fail its
whole group. `python -m bench.bare --help`
"""

import argparse
import asyncio
import datetime
import hashlib
import sys
import threading
import time
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import msgspec
import uvloop

from bench.bare_booking import FIND_PERSON, Exam, Seat, read_seat
from bench.bare_booking import PATH as SEAT_PATH
from turnout.core.ids import TicketId
from turnout.http import server
from turnout.http.connections import ConnectionLimits
from turnout.store.sqlite import CHECKPOINT_EVERY_S, RESTART_PAGES, connect, path_of

SWITCH_INTERVAL_S = 0.001

ADD_SUBMISSION = """
INSERT INTO submissions
    (org_id, id, last_item_id, noun, target_id, email, contact, accepted_at, due_at)
VALUES (?, ?, ?, 'event', ?, ?, ?, ?, ?)
"""
ADD_ITEM = """
INSERT INTO queue_items (org_id, id, submission_id, session_pak, status)
VALUES (?, ?, ?, ?, 'queued')
"""
ADD_KEY = """
INSERT INTO idempotency_keys (org_id, owner, key, method, path, body_digest, answer, created_at)
VALUES (?, 'credential:1', ?, 'PUT', '/v1.0/register', ?, ?, ?)
"""
_KEY_HEADER = b"idempotency-key"

FIND_TICKET = """
SELECT t.id, t.state, r.state, e.state, r.id, p.first_name, p.last_name, p.company, p.job_title,
    p.email, p.phone, t.code, t.ticket_type_id, t.created_at, e.timezone
FROM tickets t
JOIN registrations r ON r.org_id = t.org_id AND r.id = t.registration_id
JOIN events e ON e.org_id = r.org_id AND e.id = r.event_id
JOIN people p ON p.org_id = r.org_id AND p.id = r.person_id
WHERE t.org_id = ? AND t.code = ? AND r.event_id = ?
"""
CHECK_IN = """
UPDATE tickets SET checked_in_at = ?, updated_at = ?
WHERE org_id = ? AND id = ? AND checked_in_at IS NULL AND state = 'valid'
"""
ADD_SCAN = """
INSERT INTO scans (org_id, id, event_id, ticket_id, code, result, device, nonce, at, recorded_at)
VALUES (?, ?, ?, ?, ?, ?, '', ?, ?, ?)
"""
SCAN_PATH = "/v1/event/attendees/code/"


class Body(msgspec.Struct, rename="camel"):
    registration: "Registration"


class Registration(msgspec.Struct, rename="camel"):
    event: "Event"
    contact: "Contact"


class Event(msgspec.Struct, rename="camel"):
    event_pak: str
    sessions: list["Session"]


class Session(msgspec.Struct, rename="camel"):
    session_pak: str


class Contact(msgspec.Struct, rename="camel"):
    email: str
    title: str = ""
    first_name: str = ""
    last_name: str = ""
    company: str = ""
    job_title: str = ""
    address_line1: str = ""
    address_line2: str = ""
    address_line3: str = ""
    city: str = ""
    county_or_state: str = ""
    post_code: str = ""
    country_code: str = ""
    phone: str = ""
    contact_custom_items: list[dict[str, str]] = []


class QueuedSession(msgspec.Struct, rename="camel"):
    session_pak: str
    queue_id: int
    status: str = "queued"


class Queued(msgspec.Struct, rename="camel"):
    contact: dict[str, str]
    sessions: list[QueuedSession]


class Answer(msgspec.Struct, rename="camel"):
    registration: Queued
    paging: None = None
    response_code: int = 200
    message: str = "ok"


_decode = msgspec.json.Decoder(Body).decode
_encode = msgspec.json.Encoder().encode


class Ticket(msgspec.Struct):
    code: str
    ticket_id: TicketId
    checked_at: str
    created_at: str


class Attendee(msgspec.Struct):
    id: int
    first_name: str
    last_name: str
    organization: str
    title: str
    email: str
    phone: str
    tickets: list[Ticket]


Key = tuple[str, str]
"""An idempotency key, and the digest of the body that it is bound to."""
Keyed = tuple[Registration, Key | None]
Answers = tuple[list[int], list[bytes], list[bytes]]


class Store(Protocol):
    """The database behind the bare server; used by one thread."""

    def commit(self, registrations: list[Keyed], codes: list[str], seats: list[Seat]) -> Answers:
        """Store all in one transaction: the numbers of the first items, the attendees and what
        candidates are answered as JSON, once it is on disk."""


class Writer:
    """The thread that writes: everything that waits goes into one transaction."""

    def __init__(self, store: Store) -> None:
        self._loop = asyncio.get_running_loop()
        self._ready = threading.Condition()
        self._lines = _new_lines()
        threading.Thread(target=self._write_loop, args=(store,), daemon=True).start()

    async def add(self, registration: Registration, key: Key | None) -> int:
        """Store a registration and its key; the number of its first item, once it is on disk."""
        first: int = await self._wait(0, (registration, key))
        return first

    async def scan(self, code: str) -> bytes:
        """Check a ticket in; the attendee as JSON, once it is on disk."""
        attendee: bytes = await self._wait(1, code)
        return attendee

    async def book(self, seat: Seat) -> bytes:
        """Register a candidate; the answer as JSON, once it is on disk."""
        answer: bytes = await self._wait(2, seat)
        return answer

    async def _wait(self, kind: int, item: Any) -> Any:
        future: asyncio.Future[Any] = self._loop.create_future()
        with self._ready:
            self._lines[kind].append((item, future))
            self._ready.notify()
        return await future

    def _write_loop(self, store: Store) -> None:
        while True:
            with self._ready:
                while not any(self._lines):
                    self._ready.wait()
                lines, self._lines = self._lines, _new_lines()
            registrations, codes, seats = ([item for item, _ in line] for line in lines)
            found = store.commit(registrations, codes, seats)
            for line, answers in zip(lines, found, strict=True):
                self._loop.call_soon_threadsafe(_settle, line, answers)


def _new_lines() -> list[list[tuple[Any, "asyncio.Future[Any]"]]]:
    """Registrations, scans and candidates that wait."""
    return [[], [], []]


class Numbers:
    """The event that the load is for, and the numbers given out so far."""

    def __init__(self, connection: Any) -> None:
        self.org_id, self.event_id = connection.execute(
            """
            SELECT org_id, target_id FROM directory WHERE namespace = 'pak' AND noun = 'event'
            ORDER BY target_id LIMIT 1
            """
        ).fetchone()
        (self.last_id,) = connection.execute("SELECT max(id) FROM queue_items").fetchone()
        (self.last_scan,) = connection.execute("SELECT coalesce(max(id), 0) FROM scans").fetchone()

    def rows_of(
        self, registrations: list[Keyed], now: int
    ) -> tuple[list[int], dict[str, list[tuple[Any, ...]]]]:
        """The numbers of the first items, and the rows to add by each statement."""
        firsts, submissions, items, keys = [], [], [], []
        for registration, key in registrations:
            contact, paks = registration.contact, registration.event.sessions
            first = self.last_id + 1
            self.last_id += len(paks)
            firsts.append(first)
            text = _encode(contact).decode()
            submissions.append(
                (self.org_id, first, self.last_id, self.event_id, contact.email, text, now, now)
            )
            items += [
                (self.org_id, first + n, first, session.session_pak)
                for n, session in enumerate(paks)
            ]
            if key:
                answer = _encode([(*item, contact.email) for item in items[-len(paks) :]]).decode()
                keys.append((self.org_id, *key, answer, now))
        return firsts, {ADD_SUBMISSION: submissions, ADD_ITEM: items, ADD_KEY: keys}

    def scan_row(self, ticket_id: int, code: str, result: str, now: int) -> tuple[Any, ...]:
        """The row of a scan."""
        self.last_scan += 1
        return (
            *(self.org_id, self.last_scan, self.event_id, ticket_id, code, result),
            *(code, now, now),
        )


def say_attendee(found: tuple[Any, ...], now: int) -> bytes:
    """A row of FIND_TICKET as the attendee that a scan is answered."""
    *_, registration_id, first, last, company, title, email, phone, code, type_id, made, zone = (
        found
    )
    times = [
        datetime.datetime.fromtimestamp(at // 1000, ZoneInfo(zone)).isoformat()
        for at in (now, made)
    ]
    person = (registration_id, first, last, company, title, email, phone)
    tickets = [Ticket(code, type_id, times[0], times[1])]
    return _encode(dict(zip(Attendee.__struct_fields__, [*person, tickets], strict=True)))


def is_good(found: tuple[Any, ...]) -> bool:
    """Whether the ticket of a row of FIND_TICKET lets somebody in."""
    return found[1:3] == ("valid", "confirmed") and found[3] != "cancelled"


class SqliteStore:
    """One connection to a copy of a Turnout database, with its pragmas."""

    def __init__(self, database: Path) -> None:
        self._connection = connect(database)
        self._numbers = Numbers(self._connection)
        self._exam = Exam(self._connection)
        self._log_too_long = False
        threading.Thread(target=self._checkpoint_loop, args=(database,), daemon=True).start()

    def commit(self, registrations: list[Keyed], codes: list[str], seats: list[Seat]) -> Answers:
        """As Store has it."""
        now = time.time_ns() // 1_000_000
        self._connection.execute("BEGIN IMMEDIATE")
        firsts, added = self._numbers.rows_of(registrations, now)
        for statement, rows in added.items():
            self._connection.executemany(statement, rows)
        answers = [self._check_in(code, now) for code in codes]
        booked = self._book(seats, now) if seats else []
        self._connection.execute("COMMIT")
        if self._log_too_long:
            self._log_too_long = False
            self._connection.execute("PRAGMA wal_checkpoint(RESTART)")
        return firsts, answers, booked

    def _book(self, seats: list[Seat], now: int) -> list[bytes]:
        exam, connection = self._exam, self._connection
        people = [
            connection.execute(FIND_PERSON, (exam.org_id, seat.learner)).fetchone()[0]
            for seat in seats
        ]
        for text, values in exam.take(len(seats)):
            connection.execute(text, values)
        rows = exam.rows_of([*zip(people, seats, strict=True)], now)
        for statement, own in rows.items():
            connection.executemany(statement, own)
        return [exam.say(seat) for seat in seats]

    def _check_in(self, code: str, now: int) -> bytes:
        org_id, event_id = self._numbers.org_id, self._numbers.event_id
        found = self._connection.execute(FIND_TICKET, (org_id, code, event_id)).fetchone()
        if found is None:
            return b"null"
        checked = self._connection.execute(CHECK_IN, (now, now, org_id, found[0])).rowcount
        result = "admitted" if is_good(found) and checked else "repeated"
        self._connection.execute(ADD_SCAN, self._numbers.scan_row(found[0], code, result, now))
        return say_attendee(found, now)

    def _checkpoint_loop(self, database: Path) -> None:
        connection = connect(database)
        while True:
            time.sleep(CHECKPOINT_EVERY_S)
            row = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            self._log_too_long = row[1] > RESTART_PAGES


def _settle(group: list[Any], answers: Any) -> None:
    for (_, future), answer in zip(group, answers, strict=True):
        if not future.done():
            future.set_result(answer)


class BareApp:
    """The ASGI function."""

    in_flight = 0

    def __init__(self, store: Store) -> None:
        self._writer = Writer(store)
        self.stopping = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        if scope["path"].startswith(SCAN_PATH):
            code = scope["path"][len(SCAN_PATH) :].partition("/")[0]
            # Of a signed code, which is verified by nobody here, the plain one.
            code = code.split(":")[2] if code.startswith("TK1:") else code
            answer = await self._writer.scan(code)
        elif scope["path"].startswith(SEAT_PATH):
            answer = await self._writer.book(read_seat(scope["path"], body))
        else:
            answer = await self._answer(body, _key_of(scope, body)) if body else b"{}"
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", b"%d" % len(answer)),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer})

    async def _answer(self, body: bytes, key: Key | None) -> bytes:
        registration = _decode(body).registration
        first = await self._writer.add(registration, key)
        queued = Queued(
            {"email": registration.contact.email},
            [
                QueuedSession(session.session_pak, first + n)
                for n, session in enumerate(registration.event.sessions)
            ],
        )
        return _encode(Answer(queued))


def _key_of(scope: Any, body: bytes) -> Key | None:
    key = next((value for name, value in scope["headers"] if name == _KEY_HEADER), None)
    return (key.decode(), hashlib.sha256(body).hexdigest()) if key else None


def _open_store(url: str) -> Store:
    if url.startswith("sqlite:"):
        return SqliteStore(path_of(url))
    from bench.bare_postgresql import PostgresqlStore

    return PostgresqlStore(url)


async def _serve(port: int, url: str) -> None:
    async def drain() -> None:
        """Nothing waits."""

    app: Any = BareApp(_open_store(url))
    await server.run(
        app,
        host="127.0.0.1",
        port=port,
        limits=ConnectionLimits(),
        grace_seconds=5,
        started=lambda: None,
        drain=drain,
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.bare", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--database", required=True, help="its address")
    options = parser.parse_args()
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    uvloop.run(_serve(options.port, options.database))


if __name__ == "__main__":
    main()
