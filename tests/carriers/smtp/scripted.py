"""A mail server that plays a script, for orders of events that no real one can be made to show."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

HELLO = "250-peer\r\n250-PIPELINING\r\n250 SIZE 100000000"
ENVELOPE_TAKEN = ("250 sender", "250 recipient", "354 go")


class Peer:
    """One connection, from the server's side."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def say(self, *lines: str) -> None:
        """Write lines in one go."""
        self.writer.write("".join(f"{line}\r\n" for line in lines).encode())

    async def greet(self, hello: str = HELLO) -> None:
        """Everything up to the answer to EHLO."""
        self.say("220 peer ESMTP")
        assert await self.heard() == ["EHLO bounces.example.org"]
        self.say(hello)

    async def heard(self) -> list[str]:
        """The lines that come in one go: what the client wrote at once."""
        text = (await self.reader.read(65536)).decode()
        assert text.endswith("\r\n") or not text
        return text.split("\r\n")[:-1]

    async def envelope(self) -> str:
        """The recipient of an envelope that comes in one go."""
        *_, mail, rcpt, data = await self.heard()
        assert (mail[:11], rcpt[:9], data) == ("MAIL FROM:<", "RCPT TO:<", "DATA")
        return rcpt[9:-1]

    async def body(self) -> str:
        """A body up to its dot, and nothing behind it."""
        return (await self.reader.readuntil(b"\r\n.\r\n")).decode()

    async def take(self, *lines: str) -> str:
        """Take one mail, answer these lines to its dot; its recipient."""
        recipient = await self.envelope()
        self.say(*ENVELOPE_TAKEN)
        await self.body()
        self.say(*lines or ["250 taken"])
        return recipient

    async def goodbye(self) -> None:
        """The client says QUIT and hangs up when answered."""
        assert await self.heard() == ["QUIT"]
        self.say("221 bye")
        assert await self.heard() == []


Script = Callable[[Peer], Awaitable[None]]


@asynccontextmanager
async def scripted(*scripts: Script) -> AsyncIterator[int]:
    """A server that plays one script a connection, in their order; its port.

    Hangs up where a script ends. In the end every script must have been played, without a fault.
    """
    waiting = list(scripts)
    played: list[asyncio.Task[None]] = []

    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await waiting.pop(0)(Peer(reader, writer))
        finally:
            writer.close()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        played.append(asyncio.create_task(play(reader, writer)))

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        done = await asyncio.gather(*played, return_exceptions=True)
        assert [fault for fault in done if fault] == []
        assert waiting == []
