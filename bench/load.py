"""The load: connections that each send a request, read the answer to its end and send the next.

A process of its own (`python -m bench.load`, orders on standard input, figures on standard
output), so that it shares no interpreter with what it measures. It speaks raw HTTP/1.1 on kept
connections: requests are one template with a number put in, of answers only the status and the
length are read. That costs some 20 µs a request, a tenth of what the servers need; every
measurement carries the figure (`load_cpu_us`).
"""

import asyncio
import os
import subprocess
import sys
import time
from array import array
from collections import Counter
from itertools import cycle
from pathlib import Path
from typing import Any

import msgspec
import uvloop

from bench.processes import cpu_seconds, machine_cpu_seconds

MARK = "@NUMBER@"
TEXT = "@TEXT@"
DIGITS = 12
_TEXT = TEXT.encode()
GOLDEN = 618_033_988_749
TIMEOUT_S = 300


class Order(msgspec.Struct, kw_only=True):
    """What to send, and for how long. With `more_ports` the connections take turns.

    `template` is a whole request in which every MARK stands for DIGITS digits that follow from
    the request's number (`spread`); numbers count from `first`. Either `seconds` of load are
    measured, after `warm_up` seconds that are not, or `requests` are sent and all of them
    measured. TEXT stands for the line of the request's number in the file `texts`. `pids` are
    the processes of the server, whose processor time is taken at both ends.
    """

    port: int
    pids: list[int]
    more_ports: list[int] = []
    template: str
    connections: int
    first: int
    seconds: float | None = None
    warm_up: float = 0
    requests: int | None = None
    texts: str | None = None


class Measured(msgspec.Struct, kw_only=True):
    """One round. Latencies in ms, processor time in µs a request; `sent` includes the
    warm-up; `others` is how many processors were busy with neither server nor load;
    `ended` is the `perf_counter` at its end, which on Linux all processes share."""

    sent: int
    answered: int
    seconds: float
    statuses: dict[str, int]
    p50_ms: float
    p99_ms: float
    max_ms: float
    server_cpu_us: float
    load_cpu_us: float
    others: float
    ended: float

    @property
    def per_second(self) -> float:
        """Answers with status 200 a second."""
        return self.statuses.get("200", 0) / self.seconds

    @property
    def failed(self) -> int:
        """Answers other than 200, and connections lost."""
        return sum(self.statuses.values()) - self.statuses.get("200", 0)


def spread(number: int) -> str:
    """DIGITS digits, another for each number below 10^12, spread evenly over all there are.

    Real addresses come in no order, and so go into all places of an index.
    """
    return f"{number * GOLDEN % 10**DIGITS:0{DIGITS}}"


def run(order: Order) -> Measured:
    """Carry the order out in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.load"],
        input=msgspec.json.encode(order),
        stdout=subprocess.PIPE,
        check=True,
    )
    return msgspec.json.decode(done.stdout, type=Measured)


class _Load:
    """All connections of one order, and what they saw."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.parts = order.template.encode().split(MARK.encode())
        self.texts = Path(order.texts).read_bytes().split() if order.texts else []
        self.sent = 0
        self.open = 0
        self.measured: Measured | None = None
        self.all_closed = asyncio.Event()
        self._begin()

    def _begin(self) -> None:
        """Forget what was seen so far: from here on it counts."""
        self.statuses: Counter[str] = Counter()
        self.latencies = array("d")
        self.began = time.perf_counter()
        self._cpu = self._cpu_seconds()

    async def run(self) -> Measured:
        loop = asyncio.get_running_loop()
        if self.order.seconds is not None:
            loop.call_later(self.order.warm_up, self._begin)
            loop.call_later(self.order.warm_up + self.order.seconds, self._end)
        async with asyncio.timeout(TIMEOUT_S):
            ports = cycle([self.order.port, *self.order.more_ports])
            for _ in range(self.order.connections):
                self.open += 1
                await loop.create_connection(lambda: _Connection(self), "127.0.0.1", next(ports))
            await self.all_closed.wait()
        assert self.measured
        return self.measured

    def next_request(self) -> bytes | None:
        """The next request, or None when there are no more."""
        if self.measured or self.sent == self.order.requests:
            return None
        number = self.order.first + self.sent
        self.sent += 1
        request = spread(number).encode().join(self.parts)
        return (
            request.replace(_TEXT, self.texts[(number - 1) % len(self.texts)])
            if self.texts
            else request
        )

    def note(self, status: str, seconds: float) -> None:
        self.statuses[status] += 1
        self.latencies.append(seconds)

    def closed(self) -> None:
        self.open -= 1
        if not self.open:
            if not self.measured:
                self._end()
            self.all_closed.set()

    def _end(self) -> None:
        """Draw the line; answers that are still under way are read and not counted."""
        ended = time.perf_counter()
        machine, server, own = (b - a for a, b in zip(self._cpu, self._cpu_seconds(), strict=True))
        count = max(1, len(self.latencies))
        latencies = sorted(self.latencies) or [0.0]
        self.measured = Measured(
            sent=self.sent,
            answered=len(self.latencies),
            seconds=ended - self.began,
            statuses=dict(self.statuses),
            p50_ms=_quantile(latencies, 0.50) * 1000,
            p99_ms=_quantile(latencies, 0.99) * 1000,
            max_ms=latencies[-1] * 1000,
            server_cpu_us=server / count * 1e6,
            load_cpu_us=own / count * 1e6,
            others=max(0.0, machine - server - own) / (ended - self.began),
            ended=ended,
        )

    def _cpu_seconds(self) -> tuple[float, float, float]:
        server = sum(map(cpu_seconds, self.order.pids))
        return machine_cpu_seconds(), server, time.process_time()


class _Connection(asyncio.Protocol):
    """One connection: one request at a time."""

    def __init__(self, load: _Load) -> None:
        self.load = load
        self.pending = b""
        self.sent_at: float | None = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self._send(time.perf_counter())

    def data_received(self, data: bytes) -> None:
        data = self.pending + data if self.pending else data
        if _is_whole(data):
            self.pending = b""
            now = time.perf_counter()
            self.load.note(data[9:12].decode(), now - (self.sent_at or now))
            self._send(now)
        else:
            self.pending = data

    def connection_lost(self, exc: Exception | None) -> None:
        if self.sent_at is not None:
            self.load.note("lost", time.perf_counter() - self.sent_at)
        self.load.closed()

    def _send(self, now: float) -> None:
        request = self.load.next_request()
        self.sent_at = now if request else None
        if request:
            self.transport.write(request)
        else:
            self.transport.close()


def _is_whole(answer: bytes) -> bool:
    """Whether the answer is there to its end. It has a Content-Length, as ours all do."""
    end = answer.find(b"\r\n\r\n")
    if end < 0:
        return False
    start = answer.lower().index(b"content-length:", 0, end) + 15
    return len(answer) >= end + 4 + int(answer[start : answer.index(b"\r\n", start)])


def _quantile(ascending: list[float], q: float) -> float:
    return ascending[min(len(ascending) - 1, int(q * len(ascending)))]


async def _main() -> None:
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    asyncio.get_running_loop().set_exception_handler(_give_up)
    measured = await _Load(order).run()
    sys.stdout.buffer.write(msgspec.json.encode(measured))


def _give_up(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """A fault in a callback would else only be logged, and the figures be wrong."""
    loop.default_exception_handler(context)
    os._exit(1)


if __name__ == "__main__":
    uvloop.run(_main())
