"""The pipe between a worker process and its parent, as the worker has it: JSON, a line each."""

import asyncio
import json
import os
import sys
import traceback
from collections.abc import AsyncIterator
from typing import Any

from turnout.core.counterparts import tidy

_LONGEST_TEXT = 300


class Answers:
    """What goes to the parent, a line at a time."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.is_broken = False

    def write(self, answer: dict[str, Any]) -> None:
        """Write one line. Words may be a stranger's: they are cut, and made one line. If the
        parent has gone, there is nobody to tell (`is_broken`)."""
        cleaned = {
            name: tidy(value, _LONGEST_TEXT) if isinstance(value, str) else value
            for name, value in answer.items()
        }
        try:
            os.write(self._descriptor, json.dumps(cleaned).encode() + b"\n")
        except BrokenPipeError:
            self.is_broken = True


def tell_fault(error: BaseException, id_: str = "") -> dict[str, Any]:
    """The event of a fault of ours, for the parent's log; with the call that it ended."""
    frames = traceback.extract_tb(error.__traceback__)
    where = ", ".join(f"{frame.name}:{frame.lineno}" for frame in frames[-3:])
    said = tidy(f"{type(error).__name__}: {error}", _LONGEST_TEXT)
    return {"event": "fault", "id": id_, "error": said, "where": where}


def say_fault(error: BaseException) -> str:
    """The fault in the notes of a report."""
    return f"a fault of Turnout ended it ({type(error).__name__})"


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
