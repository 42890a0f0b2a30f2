"""Checking user codes and passwords, for every way in: one throttle, and one pool of threads.

Theory. An argon2 run costs 150 ms of a core and 64 MiB, so what leads to one is bounded: for a pair
of user and place and for a place by the throttle (core/identity/guessing.py), for a place by the
checks that it may have at once, and for all of them by the queue before the pool.

Where the user's password was right before, nothing of that refuses a right one. Once too many were
wrong there, its checks go one by one, and a wrong one holds up the next; so a guesser in the same
office is slow, and the user waits some seconds at most. Known places have seats of their own in the
queue.

An unknown user costs what a known one does, so the time tells nothing.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import NamedTuple

from turnout.core.identity.addresses import place_of
from turnout.core.identity.guessing import Attempt, Throttle, WrongTokens, busy
from turnout.core.identity.known_places import Claim, find_claim, remember_place
from turnout.core.identity.model import Principal
from turnout.core.identity.passwords import NOBODYS_HASH, PasswordPool, hash_password, is_password
from turnout.errors import Failure, Unauthenticated
from turnout.http import logs
from turnout.store import Database

CHECKS_PER_PLACE = 16
LINE_LIMIT = 16
# A wrong password holds up those who wait behind it for this long.
SLOW_S = 0.5
PAUSING_LIMIT = 1000


class Shown(NamedTuple):
    """The name and password of one request, and the address that it came from."""

    user_code: str
    password: str
    address: str


class _Line:
    """Those who wait, one behind the other, at a place where too many passwords were wrong."""

    __slots__ = ("lock", "waiting")

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.waiting = 0


class SignIns:
    """Checks passwords, and judges wrong tokens; for one event loop."""

    def __init__(self, db: Database) -> None:
        self.pause: Callable[[float], Awaitable[None]] = asyncio.sleep
        self._db = db
        self._pausing = 0
        self._pool = PasswordPool()
        self._throttle = Throttle(db.clock)
        self._wrong_tokens = WrongTokens(db.clock)
        self._checking: Counter[str] = Counter()
        self._lines: dict[Attempt, _Line] = {}

    async def check(self, way: str, shown: Shown) -> Principal:
        """Whose password it is. `way` names the way in for the log.

        Raises Unauthenticated for a wrong one, Limited after too many of them, Unavailable when
        too many wait to be checked.
        """
        place = place_of(shown.address)
        attempt = Attempt(shown.user_code.casefold(), place)
        claim = await self._db.read(find_claim, shown.user_code, place)
        if not claim.is_known:
            self._throttle.begin(attempt)
            return await self._decide(way, shown, attempt, claim)
        if not self._throttle.is_suspect(attempt):
            self._throttle.count(attempt)
            return await self._decide(way, shown, attempt, claim)
        return await self._check_in_line(way, shown, attempt, claim)

    async def hash(self, password: str) -> str:
        """The hash of a new password. Raises Invalid for a short one, Unavailable when too many
        wait."""
        return await asyncio.wrap_future(self._pool.submit(hash_password, password))

    def judge_token(self, way: str, address: str, failure: Unauthenticated) -> Failure:
        """What a wrong key or token is answered: `failure`, or Limited after too many from the
        place. It is logged without the token."""
        logs.log_failed_sign_in(way, "", address)
        return self._wrong_tokens.judge(address, failure)

    async def _check_in_line(
        self, way: str, shown: Shown, attempt: Attempt, claim: Claim
    ) -> Principal:
        line = self._lines.setdefault(attempt, _Line())
        if line.waiting >= LINE_LIMIT:
            raise busy()
        line.waiting += 1
        try:
            async with line.lock:
                self._throttle.count(attempt)
                return await self._decide(way, shown, attempt, claim)
        finally:
            line.waiting -= 1
            if not line.waiting:
                self._lines.pop(attempt, None)

    async def _decide(self, way: str, shown: Shown, attempt: Attempt, claim: Claim) -> Principal:
        found = claim.password
        try:
            is_right = await self._run(shown, attempt.address, claim)
        except BaseException:
            self._throttle.take_back(attempt)
            raise
        if found is None or not is_right:
            logs.log_failed_sign_in(way, shown.user_code, shown.address)
            await self._hold_back(attempt, claim)
            self._throttle.judge(attempt)
            raise Unauthenticated("login.wrong")
        self._throttle.confirm(attempt)
        if not claim.is_fresh:
            with suppress(Failure):  # that it cannot be noted is no reason to refuse it
                await self._db.write(remember_place, found.principal, attempt.address)
        return found.principal

    async def _hold_back(self, attempt: Attempt, claim: Claim) -> None:
        pause_s = self._throttle.pause_s(attempt)
        if not pause_s or self._pausing >= PAUSING_LIMIT:
            return
        self._pausing += 1
        try:
            await self.pause(min(pause_s, SLOW_S) if claim.is_known else pause_s)
        finally:
            self._pausing -= 1

    async def _run(self, shown: Shown, place: str, claim: Claim) -> bool:
        if self._checking[place] >= CHECKS_PER_PLACE and not claim.is_known:
            raise busy()
        self._checking[place] += 1
        try:
            hashed = claim.password.hashed if claim.password else NOBODYS_HASH
            checked = self._pool.submit(
                is_password, shown.password, hashed, may_use_reserve=claim.is_known
            )
            return await asyncio.wrap_future(checked)
        finally:
            self._checking[place] -= 1
            if not self._checking[place]:
                del self._checking[place]
