"""Passwords: argon2id hashes, and the few threads in which they are made and checked.

One hash takes about 150 ms and 64 MiB. So it is never made inside a transaction, two are made
at a time, a few may wait, and the rest is told to come back.
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from turnout.errors import Invalid, Unavailable

T = TypeVar("T")

SHORTEST = 10
THREADS = 2
MOST_WAITING = 64
# Places in the queue that only those have whose password was right at the same place before.
RESERVED = 32
RETRY_AFTER_S = 5
# Of a password nobody knows, with the settings of `_hasher`: what an unknown user's is held
# against, so that it takes as long as a known one's.
NOBODYS_HASH = (
    "$argon2id$v=19$m=65536,t=3,p=4$4/vZrrjAxnBE5p/fJgVOBQ"
    "$CKBJD2MHeNUMYFhPiu+FhSIC0vQA/jI4SgQ32/L7c2M"
)

_hasher = PasswordHasher()


def hash_password(password: str) -> str:
    """The argon2id hash of a password: about 150 ms and 64 MiB, so never inside a transaction.

    Raises Invalid when it has fewer than 10 characters.
    """
    if len(password) < SHORTEST:
        raise Invalid("password.short", limit=SHORTEST)
    return _hasher.hash(password)


def is_password(password: str, hashed: str) -> bool:
    """Whether `password` is the one that `hashed` was made of; in constant time for its length."""
    try:
        return _hasher.verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False


def find_right(password: str, hashes: Sequence[str]) -> int | None:
    """The place of the first of these hashes that the password fits, None where it fits none: then
    it took as long as all of them together."""
    for place, hashed in enumerate(hashes):
        if is_password(password, hashed):
            return place
    return None


class PasswordPool:
    """Two threads for `hash_password` and `is_password`, and a bounded queue before them."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="password")
        self._places = threading.BoundedSemaphore(THREADS + MOST_WAITING)
        self._reserve = threading.BoundedSemaphore(RESERVED)

    def submit(
        self, work: Callable[..., T], *args: Any, may_use_reserve: bool = False
    ) -> "Future[T]":
        """Run `work` in one of the threads. Raises Unavailable when too many wait already."""
        seats = [self._places, self._reserve] if may_use_reserve else [self._places]
        taken = next((seat for seat in seats if seat.acquire(blocking=False)), None)
        if taken is None:
            raise Unavailable("password.busy", retry_after=RETRY_AFTER_S)
        future = self._threads.submit(work, *args)
        future.add_done_callback(lambda _: taken.release())
        return future
