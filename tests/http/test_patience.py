"""Answers that have no end: each is given up where it says what no answer says."""

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import aiohttp
import pytest

from turnout.http.patience import (
    EARLY_HEADS,
    HEAD_BYTES,
    SLICE,
    AnswerTooLong,
    make_connector,
    read_body,
)

EARLY = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
LAST = b"0\r\n\r\n"
TOO_EARLY = "its answer has over 10 informational answers and no other"
TOO_MUCH = "its answer has over 65536 bytes around its content"


@asynccontextmanager
async def saying(*pieces: bytes, is_endless: bool = False) -> AsyncIterator[str]:
    """A server that answers every request so; an endless one says the last piece for ever. Its
    address."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        more = pieces[-1] * (1 + 50_000 // len(pieces[-1]))
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while await reader.readuntil(b"\r\n\r\n"):
                for piece in pieces:
                    writer.write(piece)
                    await writer.drain()
                while is_endless:
                    writer.write(more)
                    await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    finally:
        server.close()


async def get(session: aiohttp.ClientSession, url: str, limit: int = 1 << 20) -> tuple[int, bytes]:
    async with asyncio.timeout(20), session.get(url) as answer:
        return answer.status, await read_body(answer, limit)


def ask(
    *pieces: bytes,
    is_endless: bool = False,
    work: Callable[[aiohttp.ClientSession, str], Awaitable[Any]] = get,
) -> Any:
    """What `work` gives of an answer."""

    async def scenario() -> Any:
        async with (
            saying(*pieces, is_endless=is_endless) as url,
            aiohttp.ClientSession(connector=make_connector(), auto_decompress=False) as session,
        ):
            return await work(session, url)

    return asyncio.run(scenario())


@pytest.mark.parametrize(
    ("pieces", "message"),
    [
        ((EARLY,), TOO_EARLY),
        ((b"HTTP/1.1 100 \r\n\r\n",), TOO_EARLY),
        ((CHUNKED, b"1;" + b"x" * 5000), TOO_MUCH),
        ((CHUNKED, b"1\r\na\r\n"), TOO_MUCH),
        ((CHUNKED + LAST[:-2], b"X-Trailer: " + b"x" * 5000 + b"\r\n"), None),
        ((OK, b"X-Head: x\r\n"), None),
        ((OK + b"X-Head: ", b"x" * 1000), None),
        ((b"x" * 1000,), None),
    ],
)
def test_an_answer_without_end_is_given_up(pieces, message):
    with pytest.raises(aiohttp.ClientError) as raised:
        ask(*pieces, is_endless=True)
    if message:
        assert type(raised.value) is AnswerTooLong
        assert str(raised.value) == message


@pytest.mark.parametrize("early", [0, 1, EARLY_HEADS])
def test_a_few_informational_heads_are_passed_over(early):
    assert ask(EARLY * early + OK + b"Content-Length: 2\r\n\r\nhi") == (200, b"hi")


def test_one_more_is_too_many():
    with pytest.raises(AnswerTooLong, match=TOO_EARLY):
        ask(EARLY * (EARLY_HEADS + 1) + OK + b"Content-Length: 2\r\n\r\nhi")


def chunks(size: int, count: int) -> bytes:
    return (b"%x\r\n" % size + b"x" * size + b"\r\n") * count


@pytest.mark.parametrize(
    ("framing", "body"),
    [
        (CHUNKED + chunks(8, 3 * HEAD_BYTES // 8) + LAST, b"x" * 3 * HEAD_BYTES),
        (CHUNKED + chunks(300_000, 3) + LAST, b"x" * 900_000),
        (OK + b"Content-Length: 900000\r\n\r\n" + b"y" * 900_000, b"y" * 900_000),
        (CHUNKED + chunks(1, 1000) + LAST, b"x" * 1000),
    ],
)
@pytest.mark.parametrize("size", [SLICE - 1, 1 << 20])
def test_a_body_comes_whole_however_it_is_cut(framing, body, size):
    pieces = [framing[start : start + size] for start in range(0, len(framing), size)]
    assert ask(*pieces) == (200, body)


def test_a_body_is_read_up_to_its_limit():
    async def work(session: aiohttp.ClientSession, url: str) -> Any:
        return await get(session, url, 100_000)

    assert ask(CHUNKED, chunks(1000, 1), is_endless=True, work=work) == (200, b"x" * 100_000)


def test_each_answer_of_a_connection_is_counted_by_itself():
    async def work(session: aiohttp.ClientSession, url: str) -> list[tuple[int, bytes]]:
        return [await get(session, url) for _ in range(5)]

    early = EARLY * EARLY_HEADS
    pieces = early + OK + b"Content-Length: 200000\r\n\r\n" + b"z" * 200_000
    assert ask(pieces, work=work) == [(200, b"z" * 200_000)] * 5


def test_a_body_that_ends_with_its_connection_is_whole():
    async def scenario() -> Any:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(OK + b"\r\n" + b"w" * 900_000)
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        async with server, aiohttp.ClientSession(connector=make_connector()) as session:
            return await get(session, url)

    assert asyncio.run(scenario()) == (200, b"w" * 900_000)


def test_many_floods_leave_the_event_loop_to_others():
    """Each round of the event loop parses for one connection only."""

    async def scenario() -> float:
        async with (
            saying(CHUNKED, chunks(8, 5_000), is_endless=True) as url,
            aiohttp.ClientSession(connector=make_connector(limit=0)) as session,
        ):
            calls = [asyncio.create_task(get(session, url, 1 << 17)) for _ in range(16)]
            longest = 0.0
            while not all(call.done() for call in calls):
                before = time.thread_time()
                await asyncio.sleep(0)
                longest = max(longest, time.thread_time() - before)
            assert {await call for call in calls} == {(200, b"x" * (1 << 17))}
            return longest

    # A tenth of a second and more where everything that came is parsed at once, as a round of the
    # garbage collector takes in a process with many tests behind it. Of three, as others may be at
    # work on the machine.
    gc.collect()
    gc.disable()
    try:
        assert min(asyncio.run(scenario()) for _ in range(3)) < 0.05
    finally:
        gc.enable()
