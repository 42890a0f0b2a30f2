"""Registering and scanning over many connections at once, as raw HTTP/1.1."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)


@asynccontextmanager
async def connection(port: int) -> AsyncIterator[Streams]:
    """A connection to the server, closed in the end even when the server is gone."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def register(
    streams: Streams, token: str, body: dict[str, Any], key: str | None = None
) -> tuple[int, dict[str, Any]]:
    """Send one registration; its status and answer. Raises when the server goes away."""
    reader, writer = streams
    text = json.dumps(body)
    idempotency = f"Idempotency-Key: {key}\r\n" if key else ""
    writer.write(
        f"PUT /v1.0/register HTTP/1.1\r\nHost: turnout\r\nAuthorization: Bearer {token}\r\n"
        f"{idempotency}Content-Type: application/json\r\nContent-Length: {len(text)}\r\n\r\n{text}"
        "".encode()
    )
    return await read_answer(reader)


async def send_beat(streams: Streams, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Send one heartbeat; its status and answer. Raises when the server goes away."""
    reader, writer = streams
    text = json.dumps(body)
    writer.write(
        f"POST /watch/beats HTTP/1.1\r\nHost: turnout\r\nContent-Length: {len(text)}\r\n\r\n{text}"
        "".encode()
    )
    return await read_answer(reader)


async def read_answer(reader: asyncio.StreamReader) -> tuple[int, Any]:
    """Status and JSON body of the next answer."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = _LENGTH.search(head)
    assert length
    answer = await reader.readexactly(int(length[1]))
    return int(head.split(b" ", 2)[1]), json.loads(answer)


async def scan_at_once(
    port: int, token: str, codes: list[str], connections: int
) -> list[tuple[str, int]]:
    """Check codes in from that many connections, each taking the next code; (code, status)."""
    waiting = iter(codes)
    ready = asyncio.Barrier(connections)
    answers: list[tuple[str, int]] = []

    async def door(number: int) -> None:
        async with connection(port) as (reader, writer):
            await ready.wait()
            for code in waiting:
                writer.write(
                    f"POST /v1/event/attendees/code/{code}/check.json HTTP/1.1\r\n"
                    f"Host: turnout\r\nAuthorization: event {token}\r\n"
                    f"X-Device: door-{number}\r\nContent-Length: 0\r\n\r\n".encode()
                )
                status, _ = await read_answer(reader)
                answers.append((code, status))

    await asyncio.gather(*(door(number) for number in range(connections)))
    return answers


async def register_at_once(
    port: int, token: str, requests: list[tuple[dict[str, Any], str | None]]
) -> list[tuple[int, dict[str, Any]]]:
    """Send each (body, key) on a connection of its own, all at the same moment."""
    ready = asyncio.Barrier(len(requests))

    async def one(body: dict[str, Any], key: str | None) -> tuple[int, dict[str, Any]]:
        async with connection(port) as streams:
            await ready.wait()
            return await register(streams, token, body, key)

    return await asyncio.gather(*(one(body, key) for body, key in requests))


def wish(pak: str, paks: list[str], email: str, noun: str = "event") -> dict[str, Any]:
    """The body of PUT /v1.0/register for one person; `noun` is event or channel."""
    target = {f"{noun}Pak": pak, "sessions": [{"sessionPak": pak} for pak in paks]}
    return {"registration": {noun: target, "contact": {"email": email}}}
