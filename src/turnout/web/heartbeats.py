"""Heartbeats: what players say every few seconds, gathered and answered once it is on disk.

Theory. A heartbeat has the intervals since the last acknowledged one, in our time; so a lost one is
made up for by the next, and one that comes twice changes nothing. Heartbeats that come at the same
time share a transaction (store/batching.py). The buffer before it is bounded. Each answer sets the
delay to the next heartbeat: the longer heartbeats wait for the disk, the longer it gets, from 10
seconds to 60; and a heartbeat that finds the buffer full is refused with 503 and keeps what it has.
"""

import time
from typing import Annotated, NamedTuple

import msgspec
from msgspec import Meta

from turnout.core.audience.links import read_opening, read_token
from turnout.core.audience.model import Mode
from turnout.core.audience.viewings import Heartbeat, record_heartbeats
from turnout.core.identity.link_keys import find_link_keys
from turnout.core.ids import SessionId
from turnout.errors import Failure, Invalid, Limited, Unavailable
from turnout.http import metrics
from turnout.http.body import UNREADABLE, read_body
from turnout.http.errors import Answer
from turnout.http.fast_path import DirectRequest, mount_fast_path
from turnout.http.mounts import Mount
from turnout.store import Database
from turnout.store.batching import Batcher
from turnout.store.windows import is_over
from turnout.web.failures import STATUS

PATH = "/watch/beats"
BODY_LIMIT = 65_536
MOST_INTERVALS = 500
MOST_WAITING = 20_000
SHORTEST_S, LONGEST_S = 10, 60
# A heartbeat that waits for this long makes the delay as long as it gets.
SLOW_S = 3.0
# How much of the wait that is remembered is that of the newest heartbeat.
SHARE = 0.05
LATEST = 2**62
# A key of links that was rotated counts within half a minute.
KEYS_KEPT_MS = 30_000

Instant = Annotated[int, Meta(ge=0, le=LATEST)]


class HeartbeatBody(msgspec.Struct, frozen=True):
    """A heartbeat as the page sends it; instants in epoch ms, by our clock. `opening` says when the
    page was opened."""

    token: str
    session: Annotated[SessionId, Meta(ge=1, le=LATEST)]
    played: Annotated[list[tuple[Instant, Instant]], Meta(max_length=MOST_INTERVALS)]
    opening: Annotated[str, Meta(max_length=200)] = ""


class BeatAnswer(NamedTuple):
    """What the page is told: our time (epoch ms), the seconds to the next heartbeat, and how the
    session is being watched now."""

    at: int
    next: int
    mode: str | None


_decoder = msgspec.json.Decoder(HeartbeatBody)


class Heartbeats:
    """The buffer before the database; for one event loop."""

    def __init__(self, db: Database, most_waiting: int = MOST_WAITING) -> None:
        self._db = db
        self._batcher: Batcher[Heartbeat, Mode | None] = Batcher(
            db, record_heartbeats, limit=most_waiting
        )
        self._keys: tuple[str, ...] = ()
        self._read_at = 0
        self._waiting = 0
        self._wait_s = 0.0

    @property
    def mount(self) -> Mount:
        """A fast path: heartbeats are most of what comes while a session is live."""
        return mount_fast_path("heartbeats", "POST", PATH, self._respond, self._present)

    @property
    def delay_s(self) -> int:
        """The seconds to the next heartbeat."""
        span = LONGEST_S - SHORTEST_S
        return min(LONGEST_S, SHORTEST_S + round(span * self._wait_s / SLOW_S))

    async def take(self, body: HeartbeatBody) -> BeatAnswer:
        """Keep a heartbeat; answered once it is on disk. Raises Missing, Unavailable."""
        keys = await self._link_keys()
        whose = read_token(keys, body.token)
        opened_at = read_opening(keys, *whose, body.opening) if body.opening else None
        heartbeat = Heartbeat(*whose, body.session, tuple(body.played), opened_at)
        started = time.perf_counter()
        self._waiting += 1
        metrics.beats_waiting.set(self._waiting)
        try:
            mode = await self._batcher(heartbeat)
        finally:
            self._waiting -= 1
            metrics.beats_waiting.set(self._waiting)
            self._note(time.perf_counter() - started)
        return BeatAnswer(self._db.clock(), self.delay_s, mode.value if mode else None)

    async def _respond(self, req: DirectRequest) -> bytes:
        try:
            body = _decoder.decode(await read_body(req, BODY_LIMIT))
        except UNREADABLE as error:
            metrics.heartbeats.labels("refused").inc()
            raise Invalid("heartbeat.malformed", said=str(error)) from error
        try:
            answer = await self.take(body)
        except Unavailable:
            metrics.heartbeats.labels("full").inc()
            raise
        except Failure:
            metrics.heartbeats.labels("refused").inc()
            raise
        metrics.heartbeats.labels("kept").inc()
        return msgspec.json.encode(answer._asdict())

    async def _link_keys(self) -> tuple[str, ...]:
        now = self._db.clock()
        if not self._keys or is_over(self._read_at, KEYS_KEPT_MS, now):
            self._keys = await self._db.read(find_link_keys)
            self._read_at = now
        return self._keys

    def _note(self, wait_s: float) -> None:
        self._wait_s += SHARE * (wait_s - self._wait_s)
        metrics.beat_delay.set(self.delay_s)

    def _present(self, failure: Failure) -> Answer:
        headers = {"Cache-Control": "no-store"}
        if isinstance(failure, Limited | Unavailable):
            headers["Retry-After"] = str(LONGEST_S)
        body = msgspec.json.encode({"error": failure.message, "next": LONGEST_S})
        return Answer(STATUS[type(failure)][0], body, "application/json", headers)
