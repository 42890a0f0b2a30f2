"""Where time and random names come from. Both are handed in, so tests need no sleeping."""

import random
import time
from collections.abc import Callable

Clock = Callable[[], int]
"""Gives the present instant in epoch milliseconds."""

_BOOTTIME = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)

# Letters and digits that nobody mistakes for one another, aloud or on a phone: no 0 O 1 I L U V.
CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTWXYZ"


def system_clock() -> int:
    """The machine's clock, in epoch milliseconds."""
    return time.time_ns() // 1_000_000


def counting_clock() -> float:
    """Seconds since the machine began, which never step back, and go on while this process is
    stopped and, where the system can tell, while the machine sleeps."""
    return time.clock_gettime(_BOOTTIME)


def counting_ms() -> int:
    """`counting_clock` in whole milliseconds: read several times in each request."""
    return time.clock_gettime_ns(_BOOTTIME) // 1_000_000


class Ids:
    """Random names of every kind. Unguessable unless a seed is given (demo and tests).

    Secrets are not made here: they are random whatever the seed (core/identity/credentials.py).
    """

    def __init__(self, seed: int | None = None) -> None:
        self._random = random.SystemRandom() if seed is None else random.Random(seed)  # noqa: S311

    def uuid(self, now: int) -> str:
        """A version 7 UUID for the instant `now` (ms): later ones sort later, so indexes append."""
        noise = self._random.getrandbits(74)
        high = (now & (1 << 48) - 1) << 16 | 0x7 << 12 | noise >> 62
        digits = f"{high << 64 | 0b10 << 62 | noise & (1 << 62) - 1:032x}"
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"

    def pak(self) -> str:
        """A public access key: 16 decimal digits, the first not 0."""
        return str(self._random.randrange(10**15, 10**16))

    def code(self, length: int) -> str:
        """`length` characters that can be read aloud (about 4.9 bits each)."""
        # 64 spare bits make every character equally likely, to the last decimal.
        number = self._random.getrandbits(5 * length + 64)
        code = ""
        for _ in range(length):
            number, place = divmod(number, len(CODE_ALPHABET))
            code += CODE_ALPHABET[place]
        return code
