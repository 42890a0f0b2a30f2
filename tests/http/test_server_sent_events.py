"""Streams of events: their pace, and their end when the node is stopping."""

import asyncio
from types import SimpleNamespace
from typing import Any

from turnout.http.server_sent_events import STOPPING, paced

LONG_S = 600.0


def read(times: int, pause_s: float, *, stops_at: int = -1) -> list[int]:
    """What came until the end; the node is stopping from the `stops_at`th on."""

    async def follow() -> list[int]:
        stopping, found = asyncio.Event(), []
        req: Any = SimpleNamespace(scope={STOPPING: stopping})
        if stops_at == 0:
            stopping.set()
        async for number in paced(req, times, pause_s):
            found.append(number)
            if number + 1 == stops_at:
                asyncio.get_running_loop().call_soon(stopping.set)
        return found

    return asyncio.run(follow())


def test_it_comes_round_so_many_times() -> None:
    assert read(0, 0.0) == []
    assert read(3, 0.0) == [0, 1, 2]


def test_it_ends_in_the_middle_of_a_pause_when_the_node_is_stopping() -> None:
    assert read(3, LONG_S, stops_at=1) == [0]


def test_nothing_begins_while_the_node_is_stopping() -> None:
    assert read(3, LONG_S, stops_at=0) == []
