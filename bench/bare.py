"""The limit that Turnout is held against: what this machine can do at all with these parts.

A bare ASGI function without a framework, under the same Granian with the same options, and one
sqlite3 thread that commits in groups, with the same pragmas, on the same tables with the same
indexes (a copy of a seeded Turnout database). It decodes the same JSON, inserts the same
submission with its queue items, and gives the same JSON answer once the commit is on disk.

A path with a ticket's code is a scan: the ticket is found and checked in by a guarded UPDATE, the
scan is inserted, and the attendee is answered.

It does nothing else: no routing, no token, no rate limit, no request id, no metrics, no access
log; no check of sizes, address, paks or credential; no savepoint, so one bad row would fail its
whole group. `python -m bench.bare --help`
"""

import argparse
import asyncio
import datetime
import sqlite3
import sys
import threading
import time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import uvloop

from turnout.core.ids import TicketId
from turnout.http import server
from turnout.http.connections import ConnectionLimits
from turnout.store.sqlite import CHECKPOINT_EVERY_S, RESTART_PAGES, connect

SWITCH_INTERVAL_S = 0.001

_ADD_SUBMISSION = """
INSERT INTO submissions
    (org_id, id, last_item_id, noun, target_id, email, contact, accepted_at, due_at)
VALUES (?, ?, ?, 'event', ?, ?, ?, ?, ?)
"""
_ADD_ITEM = """
INSERT INTO queue_items (org_id, id, submission_id, session_pak, status)
VALUES (?, ?, ?, ?, 'queued')
"""

_FIND_TICKET = """
SELECT t.id, t.state, r.state, e.state, r.id, p.first_name, p.last_name, p.company, p.job_title,
    p.email, p.phone, t.code, t.ticket_type_id, t.created_at, e.timezone
FROM tickets t
JOIN registrations r ON r.org_id = t.org_id AND r.id = t.registration_id
JOIN events e ON e.org_id = r.org_id AND e.id = r.event_id
JOIN people p ON p.org_id = r.org_id AND p.id = r.person_id
WHERE t.org_id = ? AND t.code = ? AND r.event_id = ?
"""
_CHECK_IN = """
UPDATE tickets SET checked_in_at = ?, updated_at = ?
WHERE org_id = ? AND id = ? AND checked_in_at IS NULL AND state = 'valid'
"""
_ADD_SCAN = """
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


Waiting = tuple[Registration, "asyncio.Future[int]"]
Scanning = tuple[str, "asyncio.Future[bytes]"]


class Writer:
    """The thread that writes: everything that waits goes into one transaction."""

    def __init__(self, database: Path) -> None:
        self._loop = asyncio.get_running_loop()
        self._ready = threading.Condition()
        self._waiting: list[Waiting] = []
        self._scanning: list[Scanning] = []
        self._database = database
        self._log_too_long = False
        connection = connect(database)
        self._org_id, self._event_id = connection.execute(
            """
            SELECT org_id, target_id FROM directory WHERE namespace = 'pak' AND noun = 'event'
            ORDER BY target_id LIMIT 1
            """
        ).fetchone()
        (self._last_id,) = connection.execute("SELECT max(id) FROM queue_items").fetchone()
        (self._last_scan,) = connection.execute("SELECT coalesce(max(id), 0) FROM scans").fetchone()
        threading.Thread(target=self._write_loop, args=(connection,), daemon=True).start()
        threading.Thread(target=self._checkpoint_loop, daemon=True).start()

    async def add(self, registration: Registration) -> int:
        """Store a registration; the number of its first item, once it is on disk."""
        future: asyncio.Future[int] = self._loop.create_future()
        with self._ready:
            self._waiting.append((registration, future))
            self._ready.notify()
        return await future

    async def scan(self, code: str) -> bytes:
        """Check a ticket in; the attendee as JSON, once it is on disk."""
        future: asyncio.Future[bytes] = self._loop.create_future()
        with self._ready:
            self._scanning.append((code, future))
            self._ready.notify()
        return await future

    def _write_loop(self, connection: sqlite3.Connection) -> None:
        while True:
            with self._ready:
                while not self._waiting and not self._scanning:
                    self._ready.wait()
                group, self._waiting = self._waiting, []
                scans, self._scanning = self._scanning, []
            connection.execute("BEGIN IMMEDIATE")
            firsts = self._write(connection, group)
            answers = [self._check_in(connection, code) for code, _ in scans]
            connection.execute("COMMIT")
            self._loop.call_soon_threadsafe(_settle, group, firsts)
            self._loop.call_soon_threadsafe(_settle, scans, answers)
            if self._log_too_long:
                self._log_too_long = False
                connection.execute("PRAGMA wal_checkpoint(RESTART)")

    def _write(self, connection: sqlite3.Connection, group: list[Waiting]) -> list[int]:
        now = time.time_ns() // 1_000_000
        firsts, submissions, items = [], [], []
        for registration, _ in group:
            contact, paks = registration.contact, registration.event.sessions
            first = self._last_id + 1
            self._last_id += len(paks)
            firsts.append(first)
            text = _encode(contact).decode()
            submissions.append(
                (self._org_id, first, self._last_id, self._event_id, contact.email, text, now, now)
            )
            items += [
                (self._org_id, first + n, first, session.session_pak)
                for n, session in enumerate(paks)
            ]
        connection.executemany(_ADD_SUBMISSION, submissions)
        connection.executemany(_ADD_ITEM, items)
        return firsts

    def _check_in(self, connection: sqlite3.Connection, code: str) -> bytes:
        now = time.time_ns() // 1_000_000
        found = connection.execute(_FIND_TICKET, (self._org_id, code, self._event_id)).fetchone()
        if found is None:
            return b"null"
        ticket_id, state, registration, event, *person, code, type_id, made_at, zone = found
        is_good = (state, registration) == ("valid", "confirmed") and event != "cancelled"
        checked = connection.execute(_CHECK_IN, (now, now, self._org_id, ticket_id)).rowcount
        result = "admitted" if is_good and checked else "repeated"
        self._last_scan += 1
        connection.execute(
            _ADD_SCAN,
            (
                *(self._org_id, self._last_scan, self._event_id, ticket_id, code, result),
                *(code, now, now),
            ),
        )
        times = [
            datetime.datetime.fromtimestamp(at // 1000, ZoneInfo(zone)).isoformat()
            for at in (now, made_at)
        ]
        tickets = [Ticket(code, type_id, times[0], times[1])]
        names = Attendee.__struct_fields__
        return _encode(dict(zip(names, [*person, tickets], strict=True)))

    def _checkpoint_loop(self) -> None:
        connection = connect(self._database)
        while True:
            time.sleep(CHECKPOINT_EVERY_S)
            row = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            self._log_too_long = row[1] > RESTART_PAGES


def _settle(group: list[Any], answers: list[Any]) -> None:
    for (_, future), answer in zip(group, answers, strict=True):
        if not future.done():
            future.set_result(answer)


class BareApp:
    """The ASGI function."""

    in_flight = 0

    def __init__(self, database: Path) -> None:
        self._writer = Writer(database)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        if scope["path"].startswith(SCAN_PATH):
            code = scope["path"][len(SCAN_PATH) :].partition("/")[0]
            answer = await self._writer.scan(code)
        else:
            answer = await self._answer(body) if body else b"{}"
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", b"%d" % len(answer)),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer})

    async def _answer(self, body: bytes) -> bytes:
        registration = _decode(body).registration
        first = await self._writer.add(registration)
        queued = Queued(
            {"email": registration.contact.email},
            [
                QueuedSession(session.session_pak, first + n)
                for n, session in enumerate(registration.event.sessions)
            ],
        )
        return _encode(Answer(queued))


async def _serve(port: int, database: Path) -> None:
    async def drain() -> None:
        """Nothing waits."""

    app: Any = BareApp(database)
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
    parser.add_argument("--database", type=Path, required=True)
    options = parser.parse_args()
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    uvloop.run(_serve(options.port, options.database))


if __name__ == "__main__":
    main()
