"""Providers that close connections without a word: every message goes out once."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import parse_qs

import pytest

from tests.carriers.http_sms.provider import carrying, new_message, new_parcel, run
from turnout.carriers import Accepted, Outcome, Retry, Unknown
from turnout.carriers.posting import RETRY_S
from turnout.http.handing_over import Body

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
TAKEN = Accepted(is_final=True)


class Gateway:
    """Answers up to `uses` requests of a connection, and closes it `after_s` later without having
    said so. `copies` by number."""

    def __init__(self, uses: int, after_s: float, answer: bytes) -> None:
        self._uses, self._after_s, self._answer = uses, after_s, answer
        self.copies: Counter[str] = Counter()
        self.serving: list[asyncio.Task[None] | None] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.serving.append(asyncio.current_task())
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            for _ in range(self._uses):
                await self._take(reader)
                writer.write(self._answer)
                await writer.drain()
            await asyncio.sleep(self._after_s)
        writer.close()

    async def _take(self, reader: asyncio.StreamReader) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.partition("content-length: ")[2].split("\r\n")[0])
        form = parse_qs((await reader.readexactly(length)).decode())
        self.copies[form["To"][0]] += 1


@asynccontextmanager
async def gateway(
    uses: int, after_s: float = 0, answer: bytes = OK
) -> AsyncIterator[tuple[Gateway, str]]:
    gateway = Gateway(uses, after_s, answer)
    server = await asyncio.start_server(gateway.serve, "127.0.0.1", 0)
    try:
        yield gateway, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/messages"
    finally:
        server.close()
        await asyncio.gather(*filter(None, gateway.serving))


def send_all(uses: int, after_s: float = 0, answer: bytes = OK, count: int = 300):
    """Outcomes of so many messages, the copies of each number, and the connections."""

    async def scenario() -> tuple[list[Outcome], Counter[str], int]:
        async with gateway(uses, after_s, answer) as (peer, url), carrying(url) as carrier:
            parcels = [
                new_parcel(number, destination=f"6141234{number:04}") for number in range(count)
            ]
            shares = [parcels[start : start + 25] for start in range(0, count, 25)]
            outcomes = [
                outcome for some in shares for outcome in await carrier.send(new_message(), some)
            ]
            return outcomes, peer.copies, len(peer.serving)

    return run(scenario())


@pytest.mark.parametrize(
    ("uses", "after_s"), [(1, 0), (1, 0.002), (1, 0.05), (1, 0.5), (2, 0), (7, 0.002), (100, 0)]
)
def test_a_provider_that_closes_connections_gets_every_message_once(uses, after_s):
    outcomes, copies, connections = send_all(uses, after_s)
    assert outcomes == [TAKEN] * 300
    assert copies == {f"+6141234{number:04}": 1 for number in range(300)}
    assert connections == 300


def test_a_provider_that_closes_instead_of_answering_may_have_the_message():
    outcomes, copies, _ = send_all(1, answer=b"", count=1)
    words = "the other side closed the connection before it answered"
    assert outcomes == [Unknown(f"the exchange with the provider broke: {words}")]
    assert copies == {"+61412340000": 1}


def test_what_was_not_handed_over_is_sent_again(monkeypatch):
    write = Body.write_with_length

    async def write_too_late(self, writer, content_length):
        writer.transport.abort()
        await write(self, writer, content_length)

    monkeypatch.setattr(Body, "write_with_length", write_too_late)
    outcomes, copies, _ = send_all(1, count=1)
    words = "the other side closed the connection before it answered"
    assert outcomes == [Retry(RETRY_S, f"The provider cannot be reached: {words}")]
    assert copies == {}


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 9000, "its answer is not HTTP that can be read"),
        (b"\x00\xffnonsense\r\n\r\n", "its answer is not HTTP that can be read"),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{",
            "the connection broke in the middle of its answer",
        ),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            "its answer is not HTTP that can be read",
        ),
    ],
)
def test_a_broken_answer_is_told_in_plain_words(answer, words):
    outcomes, copies, _ = send_all(1, answer=answer, count=1)
    assert outcomes == [Unknown(f"the exchange with the provider broke: {words}")]
    assert copies == {"+61412340000": 1}
