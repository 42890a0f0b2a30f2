"""Where time and random names come from. Both are handed in, so tests need no sleeping."""

import random
import time
import uuid
from collections.abc import Callable

Clock = Callable[[], int]
"""Gives the present instant in epoch milliseconds."""

# Letters and digits that nobody mistakes for one another, aloud or on a phone: no 0 O 1 I L U V.
CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTWXYZ"


def system_clock() -> int:
    """The machine's clock, in epoch milliseconds."""
    return time.time_ns() // 1_000_000


class Ids:
    """Random names of every kind. Unguessable unless a seed is given (demo and tests).

    Secrets are not made here: they are random whatever the seed (core/identity/credentials.py).
    """

    def __init__(self, seed: int | None = None) -> None:
        self._random = random.SystemRandom() if seed is None else random.Random(seed)  # noqa: S311

    def uuid(self, now: int) -> str:
        """A version 7 UUID for the instant `now` (ms): later ones sort later, so indexes append."""
        bits = (now & (1 << 48) - 1) << 80 | 0x7 << 76 | self._random.getrandbits(12) << 64
        return str(uuid.UUID(int=bits | 0b10 << 62 | self._random.getrandbits(62)))

    def pak(self) -> str:
        """A public access key: 16 decimal digits, the first not 0."""
        return str(self._random.randrange(10**15, 10**16))

    def code(self, length: int) -> str:
        """`length` characters that can be read aloud (about 4.9 bits each)."""
        return "".join(self._random.choices(CODE_ALPHABET, k=length))
