"""What is compiled of messages: off the event loop, and the last used ones kept."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

KEPT = 32
KEPT_BYTES = 64 * 1024 * 1024


class CacheKey(Protocol):
    """What has a number of its own, and equals what is the same."""

    @property
    def id(self) -> int:
        """The number."""


S = TypeVar("S", bound=CacheKey)
T = TypeVar("T")


class CompiledCache(Generic[S, T]):
    """What `compile` makes of messages. `size_of` says about how many bytes one takes; some are
    kept, bounded in number and in size."""

    def __init__(self, compile_: Callable[[S], T], size_of: Callable[[T], int]) -> None:
        self._compile = compile_
        self._size_of = size_of
        self._kept: OrderedDict[int, tuple[S, T]] = OrderedDict()
        self._compiling = asyncio.Lock()

    async def get(self, message: S) -> T:
        """What is compiled of a message, in a thread if need be. Raises what `compile` raises."""
        if (kept := self._find(message)) is not None:
            return kept
        async with self._compiling:
            if (kept := self._find(message)) is not None:
                return kept
            made = await asyncio.to_thread(self._compile, message)
            self._kept[message.id] = (message, made)
            self._shrink()
            return made

    def _find(self, message: S) -> T | None:
        kept, made = self._kept.get(message.id, (None, None))
        if kept is not message and kept != message:
            return None
        self._kept.move_to_end(message.id)
        return made

    def _shrink(self) -> None:
        size = sum(self._size_of(made) for _, made in self._kept.values())
        while len(self._kept) > 1 and (len(self._kept) > KEPT or size > KEPT_BYTES):
            _, (_, made) = self._kept.popitem(last=False)
            size -= self._size_of(made)
