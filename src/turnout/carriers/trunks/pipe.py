"""The pipe between a worker process and its parent, as the worker has it: JSON, a line each."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from typing import Any


class Answers:
    """What goes to the parent, a line at a time."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def write(self, answer: dict[str, Any]) -> None:
        """Write one line. If the parent has gone, there is nobody to tell, and calls go on."""
        try:
            os.write(self._descriptor, json.dumps(answer).encode() + b"\n")
        except BrokenPipeError:
            return


def take_stdout() -> Answers:
    """Standard output, for answers alone; what else is printed goes to standard error."""
    answers = Answers(os.dup(1))
    os.dup2(2, 1)
    return answers


def read_first_line() -> bytes:
    """The line on stdin, and not a byte of the next: a pipe takes over from there."""
    line = bytearray()
    while byte := os.read(0, 1):
        line += byte
        if byte == b"\n":
            break
    return bytes(line)


async def read_lines() -> AsyncIterator[bytes]:
    """What comes on stdin."""
    reader = asyncio.StreamReader(limit=1 << 20)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        yield line
