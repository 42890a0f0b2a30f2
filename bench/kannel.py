"""Kannel with the same texts, over the same network: an SMS gateway in C beside Turnout.

It is given 100 numbers a request, over a few connections: the way of giving it many texts that
costs it least. It asks for receipts as Turnout does and keeps them in memory. It merges nothing,
and of what it was given nothing is on disk. Its client is a process of its own.
"""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import msgspec

from bench.processes import cpu_seconds
from tests.carriers.smpp.kannel import Kannel

TEXT = "Dear Guest 12345, doors open at nine. Your seat is 123."
A_REQUEST = 100
CONNECTIONS = 4
TIMEOUT_S = 300
POLL_S = 0.02


class Gateway(msgspec.Struct, kw_only=True):
    """So many texts, from the first request until the last receipt was acknowledged."""

    texts: int
    seconds: float
    cpu_us: float

    @property
    def per_second(self) -> float:
        return self.texts / self.seconds


class Sink:
    """The network of `smpp_sink.py`, in a process of its own."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self.port: int = self._read()["port"]

    def count_acknowledged(self) -> int:
        """How many receipts it sent that were acknowledged."""
        assert self._process.stdin
        self._process.stdin.write("?\n")
        self._process.stdin.flush()
        return self._read()["acknowledged"]

    def _read(self) -> dict[str, int]:
        assert self._process.stdout
        found: dict[str, int] = json.loads(self._process.stdout.readline())
        return found


@contextmanager
def smpp_sink() -> Iterator[Sink]:
    """A network that takes all and reports it delivered."""
    with subprocess.Popen(
        [sys.executable, "-m", "bench.smpp_sink"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield Sink(process)
        process.communicate()


@contextmanager
def kannel(folder: Path, sink: Sink) -> Iterator[Callable[[int], Gateway]]:
    """A gateway that is bound to the network; calling it sends so many texts."""
    folder.mkdir(parents=True)
    with Kannel(folder, sink.port) as gateway:
        yield lambda texts: _send(gateway, sink, texts)


def _send(gateway: Kannel, sink: Sink, texts: int) -> Gateway:
    before = sink.count_acknowledged()
    cpu, began = sum(map(cpu_seconds, gateway.pids)), time.perf_counter()
    command = [sys.executable, "-m", "bench.kannel", str(gateway.send_port), str(texts)]
    subprocess.run(command, check=True, timeout=TIMEOUT_S)
    while sink.count_acknowledged() < before + texts:
        if time.perf_counter() - began > TIMEOUT_S:
            raise TimeoutError(f"not all of {texts} texts were reported after {TIMEOUT_S} s")
        time.sleep(POLL_S)
    seconds = time.perf_counter() - began
    cpu = sum(map(cpu_seconds, gateway.pids)) - cpu
    return Gateway(texts=texts, seconds=seconds, cpu_us=cpu / texts * 1e6)


async def _give(port: int, texts: int) -> None:
    starts = iter(range(0, texts, A_REQUEST))

    async def give() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for start in starts:
            numbers = range(start, min(start + A_REQUEST, texts))
            writer.write(_request([f"61412{number:06}" for number in numbers]))
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 202"), head
            length = next(line for line in head.split(b"\r\n") if line.startswith(b"Content-Len"))
            await reader.readexactly(int(length.partition(b":")[2]))
        writer.close()

    await asyncio.gather(*(give() for _ in range(CONNECTIONS)))


def _request(numbers: list[str]) -> bytes:
    query = {"username": "me", "password": "secret", "from": "61400000100", "to": " ".join(numbers)}
    path = f"/cgi-bin/sendsms?{urlencode(query | {'text': TEXT, 'dlr-mask': '3'})}"
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()


if __name__ == "__main__":
    asyncio.run(_give(*map(int, sys.argv[1:])))
