"""What a counterpart may say, and counterparts on sockets that say it.

Nothing here uses a library of the protocol: they write bytes that no decent server would.
"""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from urllib.parse import parse_qsl

from turnout.carriers.smpp import pdu

DEEP = "[" * 30_000 + "]" * 30_000
DIGITS = "9" * 5_000
DATE = "Mon, 01 Jan 99999999999999999999 00:00:00 GMT"
NUL, HALF = "a\0b", "a\ud800b"
LONG = "x" * 60_000
# As they stand in JSON: each may be the value of any member.
JSON = (
    json.dumps(NUL),
    json.dumps(HALF),
    DIGITS,
    f'"{DIGITS}"',
    f'"{DATE}"',
    DEEP,
    f'"{LONG}"',
    "1e999",
    "-1",
    "null",
    "{}",
)
# As they stand in a line, of a head or a dialogue.
LINES = (
    b"a\0b",
    b"a\xed\xa0\x80b",
    b"\xff\xfe",
    DIGITS.encode(),
    DATE.encode(),
    DEEP[:8_000].encode(),
    b"-1",
    b"1e999",
    b"",
    b";" * 8_000,
)

Reader = asyncio.StreamReader
Writer = asyncio.StreamWriter


@asynccontextmanager
async def listening(serve: Callable[[Reader, Writer], Awaitable[None]]) -> AsyncIterator[int]:
    """A server that hands each connection to `serve` and hangs up after it; its port."""
    tasks: set[asyncio.Task[None]] = set()

    async def talk(reader: Reader, writer: Writer) -> None:
        try:
            await serve(reader, writer)
        except (OSError, EOFError):
            pass
        finally:
            writer.close()

    def accept(reader: Reader, writer: Writer) -> None:
        task = asyncio.get_running_loop().create_task(talk(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(accept, "127.0.0.1", 0, limit=1 << 20)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def http_answer(status: int, body: str | bytes = b"", *headers: bytes) -> bytes:
    """An answer of an HTTP server, whatever its parts are."""
    content = body.encode(errors="surrogatepass") if isinstance(body, str) else body
    lines = [b"HTTP/1.1 %d X" % status, *headers, b"Content-Length: %d" % len(content)]
    return b"\r\n".join([*lines, b"Connection: close", b"", content])


class HttpCounterpart:
    """Answers each POST with what `answers` has for it; `copies` counts what was taken by name."""

    def __init__(self, name_of: Callable[[str, dict[str, str]], str]) -> None:
        self.answers: dict[str, list[bytes]] = {}
        self.copies: Counter[str] = Counter()
        self._name_of = name_of

    async def serve(self, reader: Reader, writer: Writer) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = next(
            (
                int(line[15:])
                for line in head.lower().split("\r\n")
                if line[:15] == "content-length:"
            ),
            0,
        )
        form = dict(parse_qsl((await reader.readexactly(length)).decode()))
        name = self._name_of(head.split(" ")[1], form)
        answers = self.answers[name]
        writer.write(answers[min(self.copies[name], len(answers) - 1)])
        self.copies[name] += 1
        await writer.drain()


class Smsc:
    """An SMSC that answers each submission with the PDU that `answers` has for its destination."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, bytes]] = {}
        self.copies: Counter[str] = Counter()
        self.told: dict[int, int] = {}
        self.bound = asyncio.Event()
        self.has_been_told = asyncio.Event()
        self._waiting = 0
        self._writer: Writer | None = None

    async def serve(self, reader: Reader, writer: Writer) -> None:
        framer = pdu.Framer()
        self._writer = writer
        while data := await reader.read(65_536):
            for unit in framer.feed(data):
                self._take(unit, writer)
            await writer.drain()

    def tell(self, bodies: list[bytes]) -> None:
        """Send these deliver_sm, whole or not."""
        assert self._writer is not None
        self._waiting = len(bodies)
        for number, body in enumerate(bodies, 1_000):
            self._writer.write(pdu.encode(pdu.DELIVER_SM, 0, number, body))

    def _take(self, unit: pdu.Pdu, writer: Writer) -> None:
        if unit.command & pdu.RESPONSE:
            self.told[unit.sequence] = unit.status
            if len(self.told) == self._waiting:
                self.has_been_told.set()
            return
        status, body = 0, b""
        if unit.command == pdu.SUBMIT_SM:
            number = pdu.decode_sms(unit.body).destination.number
            self.copies[number] += 1
            status, body = self.answers[number]
        writer.write(pdu.encode(unit.command | pdu.RESPONSE, status, unit.sequence, body))
        if unit.command == pdu.BIND_TRANSCEIVER:
            self.bound.set()


class Relay:
    """A mail relay that answers RCPT and the final dot with what it has for the recipient."""

    def __init__(self) -> None:
        self.to_rcpt: dict[str, bytes] = {}
        self.to_dot: dict[str, bytes] = {}
        self.copies: Counter[str] = Counter()

    async def serve(self, reader: Reader, writer: Writer) -> None:
        writer.write(b"220 relay\r\n")
        recipient = ""
        while line := await reader.readline():
            verb = line[:4].upper()
            if verb == b"RCPT":
                recipient = line.decode().partition("<")[2].partition(">")[0]
                writer.write(self.to_rcpt.get(recipient, b"250 OK") + b"\r\n")
            elif verb == b"DATA" and recipient in self.to_rcpt:
                writer.write(b"554 no recipients\r\n")
            elif verb == b"DATA":
                writer.write(b"354 go\r\n")
                await reader.readuntil(b"\r\n.\r\n")
                self.copies[recipient] += 1
                writer.write(self.to_dot.get(recipient, b"250 taken") + b"\r\n")
            else:
                writer.write(b"250 OK\r\n")
            await writer.drain()
