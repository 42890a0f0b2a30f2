"""Reads that requests of one moment share: a page that thousands look at is read once at a time.

A request joins a read that has not begun, never one that runs: what was committed before it came is
in what it gets. A shared read is nobody's own, so it has no deadline of a request's.
"""

import asyncio
from collections.abc import Callable, Hashable
from contextvars import Context
from typing import Any, TypeVar

from turnout.store import Database

T = TypeVar("T")


class SharedReads:
    """One read a key runs, and one waits for it."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._running: dict[Hashable, asyncio.Task[Any]] = {}
        self._waiting: dict[Hashable, asyncio.Task[Any]] = {}

    async def read(self, key: Hashable, verb: Callable[..., T], *args: object) -> T:
        """What the verb finds; `key` names it and its arguments."""
        task = self._waiting.get(key)
        if task is None:
            run = self._run(key, self._running.get(key), verb, args)
            task = asyncio.create_task(run, context=Context())
            which = self._waiting if key in self._running else self._running
            which[key] = task
        found: T = await asyncio.shield(task)
        return found

    async def _run(
        self,
        key: Hashable,
        before: asyncio.Task[Any] | None,
        verb: Callable[..., Any],
        args: tuple[object, ...],
    ) -> Any:
        if before is not None:
            await asyncio.wait([before])
            self._running[key] = self._waiting.pop(key)
        try:
            return await self._db.read(verb, *args)
        finally:
            del self._running[key]
