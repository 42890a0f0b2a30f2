"""So many a second, evenly."""

import asyncio
import time


class Pace:
    """Lets so many through a second; 0 = any number. For one event loop."""

    def __init__(self, rate: float) -> None:
        self._gap_s = 1 / rate if rate else 0.0
        self._next = 0.0

    async def wait(self, count: int = 1) -> None:
        """Wait for the turn of the next `count`."""
        if not self._gap_s:
            return
        now = time.monotonic()
        at = max(self._next, now)
        self._next = at + self._gap_s * count
        if at > now:
            await asyncio.sleep(at - now)
