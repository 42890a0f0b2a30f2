"""The loop that makes the calls of the outbox (core/callbacks/outbox.py).

Several calls are under way at once, a few to each receiver and of each organization, so one that
never answers costs the others nothing. What ended is recorded together; a claim that is never
recorded, because the process died, is made again when its lease runs out.
"""

import asyncio
import hashlib
import hmac
import time
from collections import Counter
from typing import Protocol

import structlog

from turnout.core.callbacks.model import Busy, CallbackResult, ClaimedCallback, Limits, Turns
from turnout.core.callbacks.outbox import (
    QUEUE,
    claim_callbacks,
    forget_old_callbacks,
    record_callbacks,
)
from turnout.core.ids import OrgId
from turnout.core.work.leases import Lease
from turnout.errors import Unavailable
from turnout.http import metrics
from turnout.http.last_look import MayGo, RequestWithdrawn
from turnout.http.outbound import Answer, OutboundError, OutboundRefused
from turnout.store import Database
from turnout.store.sources import counting_clock
from turnout.workers.loop import Loop, end_with

FORM = "application/x-www-form-urlencoded"
TIMEOUT_S = 10.0
# Longer than a call takes, which begins at once: no lease is renewed here.
LEASE_MS = 60_000
TO_EACH = 8
OF_EACH = 16
AT_ONCE = 256
SWEEP = 500

log = structlog.get_logger()


class Poster(Protocol):
    """The way out; turnout.http.outbound.Outbound is one."""

    async def post(
        self,
        url: str,
        body: bytes,
        headers: dict[str, str],
        timeout_s: float,
        *,
        party: int,
        may_go: MayGo | None = None,
    ) -> Answer:
        """Post, following nothing, for an organization. Raises OutboundError when there was no
        answer, NotToBeMade if `may_go` says no when the first byte would be written."""


class CallbackLoop(Loop):
    """Claims, calls and records until it is stopped; then what is under way is waited for."""

    def __init__(self, db: Database, outbound: Poster) -> None:
        super().__init__(QUEUE, self._turn)
        self._db = db
        self._outbound = outbound
        self._to: Counter[str] = Counter()
        self._of: Counter[OrgId] = Counter()
        self._turns = Turns()
        self._tasks: set[asyncio.Task[None]] = set()
        self._ended: list[CallbackResult] = []
        db.on_wake(QUEUE, self.wake)

    async def stop(self) -> None:
        """Finish the calls that are under way, record them, and end."""
        await super().stop()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await end_with(self.name, self._record())

    async def _turn(self) -> bool:
        await self._record()
        room = AT_ONCE - len(self._tasks)
        if room <= 0:
            return False
        self._to, self._of = +self._to, +self._of
        since_s = counting_clock()
        claimed, self._turns = await self._db.write_behind(
            claim_callbacks,
            Busy(dict(self._to), dict(self._of)),
            self._turns,
            Limits(TO_EACH, OF_EACH, room),
            lease_ms=LEASE_MS,
        )
        for callback in claimed:
            self._to[callback.host] += 1
            self._of[callback.org_id] += 1
            lease = Lease(self._db.clock, callback.until, since_s, LEASE_MS)
            task = asyncio.create_task(self._call(callback, lease))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return bool(claimed)  # what ends wakes the loop

    async def _record(self) -> None:
        ended, self._ended = self._ended, []
        if not ended:
            return
        try:
            held = await self._db.write_behind(record_callbacks, ended)
        except Unavailable:
            self._ended = ended + self._ended  # recorded with the next; the lease may run out
            raise
        left = {(claim.org_id, claim.id) for claim in held}
        self._ended += held  # with the next; as long as its row is held, nobody else claims it
        for result in ended:
            if not result.is_lapsed and (result.org_id, result.id) not in left:
                metrics.callbacks.labels("delivered" if result.is_delivered else "failed").inc()

    async def _call(self, callback: ClaimedCallback, lease: Lease) -> None:
        started, at = time.perf_counter(), self._db.clock()
        status, error, is_final, is_lapsed = None, "", False, False
        try:
            answer = await self._outbound.post(
                callback.url,
                callback.body.encode(),
                make_headers(callback, at),
                TIMEOUT_S,
                party=callback.org_id,
                may_go=lambda: lease.holds(callback.id),
            )
            status = answer.status
        except OutboundRefused as refused:
            error, is_final = str(refused), True
            log.warning(
                "callback refused",
                org_id=callback.org_id,
                callback=callback.id,
                host=ascii(callback.host)[1:-1],
                reason=refused.reason,
            )
        except RequestWithdrawn:
            is_lapsed = True
        except OutboundError as failed:
            error = str(failed)
        except Exception:
            log.exception("callback failed", callback=callback.id)
            error = "unexpected failure; see the log"
        took_ms = round((time.perf_counter() - started) * 1000)
        self._ended.append(
            CallbackResult(
                callback.org_id,
                callback.id,
                callback.until,
                at,
                took_ms,
                status,
                error,
                is_final,
                is_lapsed,
            )
        )
        self._to[callback.host] -= 1
        self._of[callback.org_id] -= 1
        self.wake()


def make_headers(callback: ClaimedCallback, at: int) -> dict[str, str]:
    """The headers of a call that is made at `at` (epoch ms)."""
    body, keys = callback.body, filter(None, (callback.secret, callback.next_secret))
    said = f"{at // 1000}.{callback.uuid}.{body}"
    signed = [f"t={at // 1000}", *(f"v1={_sign(key, said)}" for key in keys)]
    headers = {
        "Content-Type": FORM,
        "User-Agent": "Turnout",
        "X-Turnout-Carrier": callback.carrier,
        "X-Turnout-Delivery": callback.uuid,
        "X-Turnout-Signature": _sign(callback.secret, body),
        "X-Turnout-Signature-V2": ",".join(signed),
    }
    if callback.next_secret:
        headers["X-Turnout-Signature-Next"] = _sign(callback.next_secret, body)
    return headers


def _sign(secret: str, text: str) -> str:
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def callback_loops(db: Database, outbound: Poster) -> list[Loop]:
    """The loops that call integrators back on this node."""

    async def sweep() -> bool:
        return await db.write_behind(forget_old_callbacks, SWEEP) == SWEEP

    return [CallbackLoop(db, outbound), Loop("callback-sweep", sweep, every_s=60)]
