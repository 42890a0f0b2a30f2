"""The limit that Turnout is held against: what this machine can do at all with these parts.

A bare ASGI function without a framework, under the same Granian with the same options, and one
sqlite3 thread that commits in groups, with the same pragmas, on the same tables with the same
indexes (a copy of a seeded Turnout database). It decodes the same JSON, inserts the same
submission with its queue items, and gives the same JSON answer once the commit is on disk.

It does nothing else: no routing, no token, no rate limit, no request id, no metrics, no access
log; no check of sizes, address, paks or credential; no savepoint, so one bad row would fail its
whole group. `python -m bench.bare --help`
"""

import argparse
import asyncio
import sqlite3
import sys
import threading
import time
from pathlib import Path
from typing import Any

import msgspec
import uvloop

from turnout.http import server
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

Waiting = tuple[Registration, "asyncio.Future[int]"]


class Writer:
    """The thread that writes: everything that waits goes into one transaction."""

    def __init__(self, database: Path) -> None:
        self._loop = asyncio.get_running_loop()
        self._ready = threading.Condition()
        self._waiting: list[Waiting] = []
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
        threading.Thread(target=self._write_loop, args=(connection,), daemon=True).start()
        threading.Thread(target=self._checkpoint_loop, daemon=True).start()

    async def add(self, registration: Registration) -> int:
        """Store a registration; the number of its first item, once it is on disk."""
        future: asyncio.Future[int] = self._loop.create_future()
        with self._ready:
            self._waiting.append((registration, future))
            self._ready.notify()
        return await future

    def _write_loop(self, connection: sqlite3.Connection) -> None:
        while True:
            with self._ready:
                while not self._waiting:
                    self._ready.wait()
                group, self._waiting = self._waiting, []
            firsts = self._write(connection, group)
            self._loop.call_soon_threadsafe(_settle, group, firsts)
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
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(_ADD_SUBMISSION, submissions)
        connection.executemany(_ADD_ITEM, items)
        connection.execute("COMMIT")
        return firsts

    def _checkpoint_loop(self) -> None:
        connection = connect(self._database)
        while True:
            time.sleep(CHECKPOINT_EVERY_S)
            row = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            self._log_too_long = row[1] > RESTART_PAGES


def _settle(group: list[Waiting], firsts: list[int]) -> None:
    for (_, future), first in zip(group, firsts, strict=True):
        if not future.done():
            future.set_result(first)


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
        app, host="127.0.0.1", port=port, grace_seconds=5, started=lambda: None, drain=drain
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
