"""Throttles against guessing. Wrong passwords are rows that all nodes count in.

Theory. Wrong passwords are counted for the pair of user and place, so that a guesser cannot lock
the user out elsewhere, and for the place alone, so that one place cannot try one password on many
users. After a few wrong ones of a pair the answer to each further one is held back, twice as long
each time; after ten they are refused until the window ends. A try counts from its beginning (many
at once do not slip through) and is taken back when the password was right: only failures count.
While tries that may be right fill a window, one more is asked to come again in two seconds. A
window begins with its first try. Unknown users are counted like known ones.

Once a pair is refused, the right password is refused like a wrong one, or guessing would go on to
the end. Where the user's password was right before, the pair alone counts: what other users' names
were tried with there refuses nobody who is known there. A browser that the user signed in with has
a secret in a cookie and is a place of its own, so that a guesser behind the same address does not
lock the user out (see turnout/http/sign_ins.py).

Rows. A try is counted by one guarded statement in a transaction of its own, before the password is
checked: it holds for all nodes at once, and after a crash. A row has a keyed digest of name and
place, so the table tells nobody who was tried from where. What is over is swept, what was taken
back to nothing is deleted, and of more than `ROWS_LIMIT` the oldest go. A process that dies while
it checks leaves a try that is neither right nor wrong: it fills the window until that ends.

Keys and tokens are too long to be guessed, so a right one is let in however many wrong ones came
from its place; `WrongTokens` only answers the wrong ones with less and less patience, in the memory
of one process.
"""

import hashlib
import hmac
from typing import NamedTuple

from turnout.core.identity.addresses import place_of
from turnout.core.identity.known_places import ensure_place_key
from turnout.core.identity.sql import sql
from turnout.errors import Failure, Limited, Unauthenticated
from turnout.store import Clock, Tx
from turnout.store.back_off import growing
from turnout.store.windows import Window, Windows, edges, is_over, seconds_left

WINDOW_MS = 5 * 60 * 1000
PAIR_LIMIT = 10
# Wrong passwords of a pair that are answered at once; then it takes 0.25, 0.5, 1, 2, 4, 4 seconds.
ANSWERED_AT_ONCE = 4
PAUSES_S = growing(0.25, 4.0)
PLACE_LIMIT = 100
NO_LIMIT = 2**62
WINDOWS_LIMIT = 50_000
ROWS_LIMIT = 50_000
TOKENS_LIMIT = 100
BUSY_S = 2
TABLE = "sign_in_tries"


class Attempt(NamedTuple):
    """Whose password is tried from where."""

    user_code: str
    address: str


class Tries(NamedTuple):
    """How often something was tried since `started_at` (epoch ms), and how often that was wrong."""

    started_at: int
    tries: int
    wrong: int


NO_TRIES = Tries(0, 0, 0)


def find_tries(tx: Tx, attempt: Attempt) -> Tries:
    """What is counted of the pair, in the window that runs."""
    key = sql.find_place_key(tx)
    return _find(tx, _digests(key, attempt)[0]) if key else NO_TRIES


def check_tries(tx: Tx, attempt: Attempt) -> None:
    """Raise Limited where the pair is refused."""
    found = find_tries(tx, attempt)
    if found.wrong >= PAIR_LIMIT:
        raise _refusal(tx, found)


def begin_try(tx: Tx, attempt: Attempt, *, is_known: bool = False) -> None:
    """Count an attempt; `is_known`, from where the user's password was right before. Raises
    Limited, with the seconds to wait: after too many wrong ones, or while too many are not
    decided."""
    pair, place = _digests(ensure_place_key(tx), attempt)
    limits = ((pair, PAIR_LIMIT), (place, NO_LIMIT if is_known else PLACE_LIMIT))
    for digest, limit in limits:
        found = _find(tx, digest)
        if found.wrong >= limit:
            raise _refusal(tx, found)
    # The pair's row before the place's, as everywhere: two transactions never wait for each other.
    for digest, limit in limits:
        tx.about(TABLE, digest)
        if sql.add_try(tx, digest=digest, now=tx.now, limit=limit, **_running(tx)) is None:
            raise busy()


def judge_try(tx: Tx, attempt: Attempt) -> Tries:
    """The password of a counted attempt was wrong; what is counted of the pair with it."""
    pair, place = _digests(ensure_place_key(tx), attempt)
    for digest in (pair, place):
        tx.about(TABLE, digest)
        sql.add_wrong(tx, digest=digest, now=tx.now, **_running(tx))
    return _find(tx, pair)


def confirm_try(tx: Tx, attempt: Attempt) -> None:
    """The password was right: forget the pair's attempts, and take this one back."""
    pair, place = _digests(ensure_place_key(tx), attempt)
    tx.about(TABLE, pair)
    sql.forget_tries(tx, digest=pair)
    _take_back(tx, place)


def take_back_try(tx: Tx, attempt: Attempt) -> None:
    """The attempt was never decided."""
    for digest in _digests(ensure_place_key(tx), attempt):
        _take_back(tx, digest)


def forget_old_tries(tx: Tx, limit: int) -> int:
    """Delete up to `limit` rows that are over, or too many; returns how many."""
    over = sql.delete_old_tries(tx, limit=limit, **_running(tx))
    return over or sql.delete_surplus_tries(tx, kept=ROWS_LIMIT, limit=limit)


def pause_s(tries: Tries) -> float:
    """For how many seconds the answer to a wrong password of a pair is held back."""
    slowed = tries.tries - ANSWERED_AT_ONCE
    return PAUSES_S.pause(slowed) if slowed > 0 else 0.0


class WrongTokens:
    """Counts wrong keys and tokens of a place; used from one thread."""

    def __init__(self, clock: Clock) -> None:
        self._windows = Windows(clock, WINDOW_MS, WINDOWS_LIMIT, Window)

    def judge(self, address: str, failure: Unauthenticated) -> Failure:
        """What a wrong token is answered: `failure`, or Limited after too many from the place."""
        window = self._windows.get((place_of(address),))
        if window.count >= TOKENS_LIMIT:
            wait_s = self._windows.seconds_left(window)
            return Limited("token.throttled", retry_after=wait_s)
        window.count += 1
        return failure


def busy() -> Limited:
    """The refusal of one sign-in more while many from its place are being checked."""
    return Limited("login.busy", retry_after=BUSY_S)


def _find(tx: Tx, digest: str) -> Tries:
    found = sql.find_tries(tx, digest=digest)
    if found is None or is_over(found.started_at, WINDOW_MS, tx.now):
        return NO_TRIES
    return found


def _take_back(tx: Tx, digest: str) -> None:
    tx.about(TABLE, digest)
    sql.take_back_try(tx, digest=digest)
    sql.drop_untried(tx, digest=digest)


def _running(tx: Tx) -> dict[str, int]:
    return edges(WINDOW_MS, tx.now)._asdict()


def _digests(key: str, attempt: Attempt) -> tuple[str, str]:
    """Under what the pair and the place are counted."""
    place = place_of(attempt.address)
    return _digest(key, f"pair {attempt.user_code} {place}"), _digest(key, f"place {place}")


def _digest(key: str, text: str) -> str:
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()


def _refusal(tx: Tx, tries: Tries) -> Limited:
    wait_s = seconds_left(tries.started_at + WINDOW_MS, WINDOW_MS, tx.now)
    return Limited("login.throttled", retry_after=wait_s)
