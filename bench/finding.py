"""Finding candidates among many: counting and searching, beside the database alone.

The search of everything is read to its end by one client, and the same statement is run as CSV by
`sqlite3 -csv` and by PostgreSQL's `COPY`.
"""

import http.client
import json
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import psycopg

from bench.attendees import ask_postgresql, ask_sqlite3
from bench.figures import median
from bench.load import spread
from bench.memory import sampling
from bench.origins import Origin
from bench.processes import memory_mb
from bench.servers import Demo, Server, turnout
from turnout.core.exams.searching import EVER
from turnout.core.exams.sql import sql
from turnout.store.sqlite import path_of


class Question(msgspec.Struct, kw_only=True):
    """One way of asking; medians."""

    name: str
    rows: int
    first_byte_ms: float
    seconds: float
    memory_mb: float
    shell_s: float | None = None


def ask(origin: Origin, folder: Path, url: str, reads: int) -> list[Question]:
    folder.mkdir(parents=True)
    demo = origin.demo
    code = f"n-{spread(77)}"
    newest = {"LastChangeTimeSince": "2020-01-01T00:00:00+00:00"}
    bodies: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("count all", "count", {}),
        ("count a name", "count", {"Name": f"NUMBER{spread(77)}"}),
        ("search a code", "search", {"Code": code}),
        ("search all", "search", newest),
    )
    found = []
    # Its workers would draw a card of each exam that was filled in, for half an hour.
    with turnout(folder, url, work=False) as server:
        _post(server, demo, "search", {"Code": code})
        for name, path, body in bodies:
            before = memory_mb(server.pid)
            with sampling(server.pid) as samples:
                answers = [_post(server, demo, path, body) for _ in range(reads)]
            found.append(
                Question(
                    name=name,
                    rows=answers[0][0],
                    first_byte_ms=median(answer[1] for answer in answers) * 1000,
                    seconds=median(answer[2] for answer in answers),
                    memory_mb=max(0.0, max(samples) - before),
                )
            )
    found[-1].shell_s = median(_without_turnout(url) for _ in range(reads))
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


def _without_turnout(url: str) -> float:
    """Seconds of the database alone for the statement of "search all"."""
    org = "SELECT org_id FROM exams LIMIT 1"
    span = {"since": 0, "until": EVER}
    text = sql["list_changed"].text
    if url.startswith("sqlite:"):
        with closing(sqlite3.connect(path_of(url))) as connection:
            (org_id,) = connection.execute(org).fetchone()
        return ask_sqlite3(path_of(url), text["sqlite"], span | {"org_id": org_id})
    with psycopg.connect(url) as session:
        (org_id,) = session.execute(org).fetchone()  # type: ignore[misc]
        return ask_postgresql(session, text["postgresql"], span | {"org_id": org_id})
