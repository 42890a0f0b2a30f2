"""A phone at the door of the big event: its snapshot, the difference of an hour, and an upload.

Each is asked of a server on a copy of the event, as the door's page asks it. An hour's changes are
the check-ins of so many tickets; the upload is sent in requests of 500 scans, one after another.
"""

import gzip
import http.client
import json
import time
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from bench.big_event import find_event
from bench.figures import Target, median
from bench.load import spread
from bench.origins import Origin
from bench.servers import Server, turnout
from turnout.core.checkin.scans import Scan, check_in
from turnout.core.door.model import DoorRole
from turnout.core.door.pairing import make_pairing, pair_by_link
from turnout.core.ids import EventId, OrgId
from turnout.settings import Settings
from turnout.store import Database, Tx, open_database

SCANS_A_REQUEST = 500
API = "/door/api"


class Hour(NamedTuple):
    """How many check-ins make an hour, and how many scans are uploaded."""

    changes: int
    uploaded: int


class Held(msgspec.Struct, kw_only=True):
    """Medians; the snapshot's size as it is sent, in MB."""

    database: str
    tickets: int
    snapshot_s: float
    snapshot_mb: float
    changes: int
    changes_ms: float
    uploaded: int
    upload_s: float


def measure_phone(origin: Origin, folder: Path, tickets: int, hour: Hour, reads: int) -> Held:
    """Ask for each so many times on a copy of the big event, whose tickets have the load's
    codes."""
    url = origin.copy(folder)
    with closing(open_database(Settings(database_url=url))) as db:
        org_id, event_id, _ = db.call(find_event)
        token = _pair(db, org_id, event_id)
        since = db.clock()
        db.call(_check_in, org_id, event_id, hour.changes)
    with turnout(folder, url) as server:
        taken = [_get(server, token, "snapshot") for _ in range(reads)]
        changes = [_get(server, token, f"changes?since={since - 1}") for _ in range(reads + 1)]
        first = hour.changes + 1
        upload_s = _upload(server, token, range(first, first + hour.uploaded))
    return Held(
        database=origin.name,
        tickets=tickets,
        snapshot_s=median(one[1] for one in taken),
        snapshot_mb=len(taken[0][0]) / 1e6,
        changes=len(_read(changes[0][0])["tickets"]),
        changes_ms=1000 * median(one[1] for one in changes[1:]),
        uploaded=hour.uploaded,
        upload_s=upload_s,
    )


def _pair(db: Database, org_id: OrgId, event_id: EventId) -> str:
    places = [(event_id, None)]
    made = db.call(make_pairing, org_id, places, DoorRole.STEWARD, "Bench", actor="bench")
    return db.call(pair_by_link, made.token, "", "").secret


def _check_in(tx: Tx, org_id: OrgId, event_id: EventId, count: int) -> None:
    for number in range(1, count + 1):
        check_in(tx, org_id, event_id, Scan(code=spread(number), at=tx.now))


def _get(server: Server, token: str, path: str) -> tuple[bytes, float]:
    return _ask(server, "GET", path, token)


def _upload(server: Server, token: str, numbers: range) -> float:
    since = time.perf_counter()
    for start in range(numbers.start, numbers.stop, SCANS_A_REQUEST):
        now = time.time_ns() // 1_000_000
        some = range(start, min(start + SCANS_A_REQUEST, numbers.stop))
        scans = [
            {"code": spread(n), "at": now, "nonce": f"bench-{n}", "is_admitted": True} for n in some
        ]
        body, _ = _ask(server, "POST", "offline", token, {"sent_at": now, "scans": scans})
        told = _read(body)["scans"]
        if refused := [one for one in told if one["verdict"] != "admitted"]:
            raise RuntimeError(f"{len(refused)} scans were not taken: {refused[0]}")
    return time.perf_counter() - since


def _ask(
    server: Server, method: str, path: str, token: str, body: Any = None
) -> tuple[bytes, float]:
    """What is sent, as it comes over the wire, and the seconds until all of it is there."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
    headers = {"Authorization": f"Door {token}", "Accept-Encoding": "gzip"}
    since = time.perf_counter()
    connection.request(method, f"{API}/{path}", body and json.dumps(body), headers)
    answer = connection.getresponse()
    data = answer.read()
    took = time.perf_counter() - since
    connection.close()
    if answer.status != 200:
        raise RuntimeError(f"{path} was answered {answer.status}")
    return data, took


def _read(body: bytes) -> Any:
    return json.loads(gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body)


HEADINGS = (
    *("database", "tickets", "snapshot s", "snapshot MB", "changes"),
    *("changes ms", "uploaded", "upload s"),
)


def held_cells(held: Held) -> tuple[str, ...]:
    """A row of the table."""
    return (
        held.database,
        f"{held.tickets:,}",
        f"{held.snapshot_s:.2f}",
        f"{held.snapshot_mb:.1f}",
        f"{held.changes:,}",
        f"{held.changes_ms:.0f}",
        f"{held.uploaded:,}",
        f"{held.upload_s:.2f}",
    )


def held_targets(held: Held) -> list[Target]:
    """What a phone may wait, for 100,000 tickets and 5,000 scans."""
    share, scans = held.tickets / 100_000, held.uploaded / 5_000
    where = f"phone at the door, {held.database}"
    size, took = f"{held.snapshot_mb:.1f} MB", f"{held.snapshot_s:.2f} s"
    changed, sent = f"{held.changes_ms:.0f} ms", f"{held.upload_s:.2f} s"
    return [
        Target(f"{where}: snapshot", f"< {2 * share:.1f} s", took, held.snapshot_s < 2 * share),
        Target(f"{where}: its size", f"< {6 * share:.1f} MB", size, held.snapshot_mb < 6 * share),
        Target(f"{where}: an hour's changes", "< 50 ms", changed, held.changes_ms < 50),
        Target(f"{where}: upload", f"< {3 * scans:.1f} s", sent, held.upload_s < 3 * scans),
    ]
