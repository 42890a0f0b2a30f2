"""Throttles against guessing, in the memory of one process.

Theory. Wrong passwords are counted for the pair of user and place, so that a guesser cannot lock
the user out elsewhere, and for the place alone, so that one place cannot try one password on many
users. After a few wrong ones of a pair the answer to each further one is held back, twice as long
each time; after ten they are refused until the window ends. A try counts from its beginning (many
at once do not slip through) and is taken back when the password was right: only failures count.
While tries that may be right fill a window, one more is asked to come again in two seconds. A
window begins with its first try. Unknown users are counted like known ones.

Where the user's password was right before, a right one is never refused: tries from there are
counted, checked, and judged afterwards (see turnout/http/sign_ins.py).

Keys and tokens are too long to be guessed, so a right one is let in however many wrong ones came
from its place; `WrongTokens` only answers the wrong ones with less and less patience.
"""

from typing import NamedTuple

from turnout.core.identity.addresses import place_of
from turnout.errors import Failure, Limited, Unauthenticated
from turnout.store import Clock
from turnout.store.back_off import growing
from turnout.store.windows import Window, Windows

WINDOW_MS = 5 * 60 * 1000
PAIR_LIMIT = 10
# Wrong passwords of a pair that are answered at once; then it takes 0.25, 0.5, 1, 2, 4, 4 seconds.
ANSWERED_AT_ONCE = 4
PAUSES_S = growing(0.25, 4.0)
PLACE_LIMIT = 100
WINDOWS_LIMIT = 50_000
TOKENS_LIMIT = 100
BUSY_S = 2


class Attempt(NamedTuple):
    """Whose password is tried from where."""

    user_code: str
    address: str


class _Tries(Window):
    """The tries of one key, and how many of them were wrong."""

    __slots__ = ("wrong",)

    def __init__(self, started_at: int) -> None:
        super().__init__(started_at)
        self.wrong = 0


class Throttle:
    """Counts wrong passwords; used from one thread."""

    def __init__(self, clock: Clock) -> None:
        self._windows = Windows(clock, WINDOW_MS, WINDOWS_LIMIT, _Tries)

    def __len__(self) -> int:
        return len(self._windows)

    def begin(self, attempt: Attempt) -> None:
        """Count an attempt. Raises Limited, with the seconds to wait: after too many wrong ones, or
        while too many are not decided."""
        pair, place = _keys(attempt)
        for key, limit in ((pair, PAIR_LIMIT), (place, PLACE_LIMIT)):
            window = self._windows.get(key)
            if window.wrong >= limit:
                raise _refusal(self._windows.seconds_left(window))
            if window.count >= limit:
                raise busy()
        self.count(attempt)

    def judge(self, attempt: Attempt) -> None:
        """The password of a counted attempt was wrong. Raises Limited after too many of them."""
        pair, place = (self._windows.get(key) for key in _keys(attempt))
        pair.wrong += 1
        place.wrong += 1
        if pair.count > PAIR_LIMIT:
            raise _refusal(self._windows.seconds_left(pair))

    def count(self, attempt: Attempt) -> None:
        """Count an attempt from where the user's password was right before."""
        for key in _keys(attempt):
            self._windows.get(key).count += 1

    def pause_s(self, attempt: Attempt) -> float:
        """For how many seconds the answer to a wrong password is held back."""
        slowed = self._windows.get(_keys(attempt)[0]).count - ANSWERED_AT_ONCE
        return PAUSES_S.pause(slowed) if slowed > 0 else 0.0

    def is_suspect(self, attempt: Attempt) -> bool:
        """Whether so many tries of the pair were wrong that their answers are held back."""
        return self.pause_s(attempt) > 0

    def confirm(self, attempt: Attempt) -> None:
        """The password was right: forget the pair's attempts, and take this one back."""
        pair, place = _keys(attempt)
        self._windows.drop(pair)
        self.take_back(attempt)
        if (window := self._windows.find(place)) and not window.count:
            self._windows.drop(place)

    def take_back(self, attempt: Attempt) -> None:
        """The attempt was never decided."""
        for key in _keys(attempt):
            if window := self._windows.find(key):
                window.count = max(0, window.count - 1)


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


def _keys(attempt: Attempt) -> tuple[tuple[str, ...], tuple[str, ...]]:
    place = place_of(attempt.address)
    return (attempt.user_code, place), (place,)


def busy() -> Limited:
    """The refusal of one sign-in more while many from its place are being checked."""
    return Limited("login.busy", retry_after=BUSY_S)


def _refusal(wait_s: int) -> Limited:
    return Limited("login.throttled", retry_after=wait_s)
