"""Checking user codes and passwords, for every way in: one throttle, and one pool of threads.

Theory. An argon2 run costs 150 ms of a core and 64 MiB, so what leads to one is bounded: for a pair
of user and place and for a place by the throttle (core/identity/guessing.py), which all nodes
share; for a place by the checks that it may have at once, and for all of them by the queue before
the pool. A wrong one is written before its answer is held back.

Once too many passwords of a user were wrong at a place, all are refused there alike, the right one
too, whether or not it was right there before. A browser that the user signed in with is a place of
its own, by the secret in its cookie: it is held back by its own wrong passwords alone. Where the
password was right before, checks have seats of their own in the queue, and go one by one once some
were wrong: a wrong one holds up the next.

A name with an @ may be the address of several users, and anybody can give their own user any
address. So the password decides whom it means, among a few of them; for each such name as many
hashes are run, however many users have it. Any other name costs one. An unknown user costs what a
known one does, so the time tells nothing.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import NamedTuple

from turnout.core.identity.addresses import place_of
from turnout.core.identity.guessing import (
    PAIR_LIMIT,
    Attempt,
    Tries,
    WrongTokens,
    begin_try,
    busy,
    check_tries,
    confirm_try,
    find_tries,
    judge_try,
    pause_s,
    take_back_try,
)
from turnout.core.identity.known_places import Claim, Find, find_claim, remember_place
from turnout.core.identity.members import Password
from turnout.core.identity.model import Principal
from turnout.core.identity.passwords import NOBODYS_HASH, PasswordPool, find_right, hash_password
from turnout.core.identity.signing_in import find_messenger_password
from turnout.errors import Failure, Unauthenticated
from turnout.http import logs
from turnout.store import Database, Tx
from turnout.store.windows import Window, Windows, is_over

CHECKS_PER_PLACE = 16
LINE_LIMIT = 16
# A wrong password holds up those who wait behind it for this long.
SLOW_S = 0.5
PAUSING_LIMIT = 1000
# For so long it is not asked again whether a user's passwords are refused at a place.
LOOKED_MS = 1000
LOOKS_LIMIT = 10_000


class Shown(NamedTuple):
    """The name and password of one request, and the address that it came from."""

    user_code: str
    password: str
    address: str
    browser: str = ""
    """The secret of the browser's cookie, empty where there is none."""


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
        self._looks = Windows(db.clock, LOOKED_MS, LOOKS_LIMIT, Window)
        self._wrong_tokens = WrongTokens(db.clock)
        self._checking: Counter[str] = Counter()
        self._lines: dict[Attempt, _Line] = {}

    async def check(
        self,
        way: str,
        shown: Shown,
        find: Find = find_messenger_password,
    ) -> Principal:
        """Whose password it is. `way` names the way in for the log; `find` says whose name it may
        be that may come in there.

        Raises Unauthenticated for a wrong one, Limited after too many of them, Unavailable when
        too many wait to be checked.
        """
        place = place_of(shown.address)
        claim, attempt, tries = await self._db.read(_look, shown, place, find)
        if claim.is_known and pause_s(tries) > 0:
            return await self._check_in_line(way, shown, attempt, claim)
        await self._db.write(begin_try, attempt, is_known=claim.is_known)
        return await self._decide(way, shown, attempt, claim)

    async def check_open(self, shown: Shown) -> None:
        """Raise Limited where the user's passwords are refused at that place: also for one that is
        remembered, or a guess that is right would show. What another node refuses is refused here
        within a second."""
        attempt = Attempt(shown.user_code.casefold(), place_of(shown.address))
        seen = self._looks.find(attempt)
        if seen is None or is_over(seen.started_at, LOOKED_MS, self._db.clock()):
            await self._db.read(check_tries, attempt)
            self._looks.get(attempt)

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
                await self._db.write(begin_try, attempt, is_known=True)
                return await self._decide(way, shown, attempt, claim)
        finally:
            line.waiting -= 1
            if not line.waiting:
                self._lines.pop(attempt, None)

    async def _decide(self, way: str, shown: Shown, attempt: Attempt, claim: Claim) -> Principal:
        try:
            found = await self._run(shown, attempt.address, claim)
        except BaseException:
            with suppress(Failure):  # it ends with its window
                await self._db.write_behind(take_back_try, attempt)
            raise
        if found is None:
            logs.log_failed_sign_in(way, shown.user_code, shown.address)
            tries = await self._db.write(judge_try, attempt)
            if tries.wrong >= PAIR_LIMIT:
                self._looks.drop(attempt)
            await self._hold_back(tries, claim)
            raise Unauthenticated("login.wrong")
        with suppress(Failure):  # that it cannot be noted is no reason to refuse it
            place = "" if found in claim.fresh else place_of(shown.address)
            await self._db.write(_note_right, attempt, found.principal, place)
        return found.principal

    async def _hold_back(self, tries: Tries, claim: Claim) -> None:
        wait_s = pause_s(tries)
        if not wait_s or self._pausing >= PAUSING_LIMIT:
            return
        self._pausing += 1
        try:
            await self.pause(min(wait_s, SLOW_S) if claim.is_known else wait_s)
        finally:
            self._pausing -= 1

    async def _run(self, shown: Shown, place: str, claim: Claim) -> Password | None:
        if self._checking[place] >= CHECKS_PER_PLACE and not claim.is_known:
            raise busy()
        self._checking[place] += 1
        try:
            hashes = [password.hashed for password in claim.passwords]
            hashes += [NOBODYS_HASH] * (claim.checks - len(hashes))
            checked = self._pool.submit(
                find_right, shown.password, hashes, may_use_reserve=claim.is_known
            )
            right = await asyncio.wrap_future(checked)
            return (
                None if right is None or right >= len(claim.passwords) else claim.passwords[right]
            )
        finally:
            self._checking[place] -= 1
            if not self._checking[place]:
                del self._checking[place]


def _look(tx: Tx, shown: Shown, place: str, find: Find) -> tuple[Claim, Attempt, Tries]:
    """What a sign-in is held against, and what was tried before. Raises Limited where the pair is
    refused."""
    claim = find_claim(tx, shown.user_code, place, find, shown.browser)
    attempt = Attempt(shown.user_code.casefold(), claim.browser or place)
    check_tries(tx, attempt)
    return claim, attempt, find_tries(tx, attempt)


def _note_right(tx: Tx, attempt: Attempt, principal: Principal, place: str) -> None:
    """The password was right; at a `place` that is to be remembered, empty = it is."""
    confirm_try(tx, attempt)
    if place:
        remember_place(tx, principal, place)
