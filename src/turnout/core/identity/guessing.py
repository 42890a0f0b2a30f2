"""A throttle against guessing passwords, in the memory of one process.

Theory. Attempts that nobody has confirmed yet are counted for the pair of user and address, so
that a guesser cannot lock the user out elsewhere, and for the address alone, so that one address
cannot try one password on many users. An attempt counts from its beginning (many at once do not
slip through) and is taken back when the password was right. A window begins with its first
attempt. Unknown users are counted like known ones.
"""

import ipaddress
from typing import NamedTuple

from turnout.errors import Limited
from turnout.store import Clock

WINDOW_MS = 5 * 60 * 1000
MOST_PER_PAIR = 10
MOST_PER_ADDRESS = 100
MOST_WINDOWS = 50_000


class Attempt(NamedTuple):
    """Whose password is tried from where."""

    user_code: str
    address: str


class _Window:
    __slots__ = ("attempts", "started_at")

    def __init__(self, started_at: int) -> None:
        self.started_at = started_at
        self.attempts = 0


class Throttle:
    """Counts attempts; used from one thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._windows: dict[tuple[str, ...], _Window] = {}

    def begin(self, attempt: Attempt) -> None:
        """Count an attempt. Raises Limited, with the seconds to wait, when there were too many."""
        pair, place = _keys(attempt)
        for key, most in ((pair, MOST_PER_PAIR), (place, MOST_PER_ADDRESS)):
            window = self._window(key)
            if window.attempts >= most:
                wait_s = -((self._clock() - window.started_at - WINDOW_MS) // 1000)
                raise Limited(
                    "login.throttled",
                    f"Too many failed sign-ins. Try again in {wait_s} seconds.",
                    retry_after=wait_s,
                )
        for key in (pair, place):
            self._window(key).attempts += 1

    def confirm(self, attempt: Attempt) -> None:
        """The password was right: forget the pair's attempts, and take this one back."""
        pair, place = _keys(attempt)
        self._windows.pop(pair, None)
        self.take_back(attempt)
        if (window := self._windows.get(place)) and not window.attempts:
            del self._windows[place]

    def take_back(self, attempt: Attempt) -> None:
        """The attempt was never decided."""
        for key in _keys(attempt):
            if window := self._windows.get(key):
                window.attempts = max(0, window.attempts - 1)

    def _window(self, key: tuple[str, ...]) -> _Window:
        now = self._clock()
        window = self._windows.get(key)
        if window is None or window.started_at + WINDOW_MS <= now:
            # The oldest windows stand first, so what is dropped is what ends soonest.
            self._windows.pop(key, None)
            while len(self._windows) >= MOST_WINDOWS:
                del self._windows[next(iter(self._windows))]
            window = self._windows[key] = _Window(now)
        return window


def _keys(attempt: Attempt) -> tuple[tuple[str, ...], tuple[str, ...]]:
    place = _place(attempt.address)
    return (attempt.user_code, place), (place,)


def _place(address: str) -> str:
    """The address; of IPv6 the network of 64 bits, which one household has to itself."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return address
    return str(ipaddress.ip_network((parsed, 64), strict=False))
