"""An SMTP server that takes every mail and counts to whom; it outlives servers that are killed.

It runs in a thread of its own. A mail counts as taken when its end has come, which is before the
sender is told: exactly the gap in which a killed sender can't know.
"""

import asyncio
import threading
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from typing import Self


class MailSink:
    """Counts mails by recipient, in `taken`; a connection takes one, and pauses for `pause_s`.

    `refused` are codes by recipient. `mails` are recipients with what they got. `under_way` is how
    many mails are here whole, and neither taken nor answered yet.

    with MailSink() as sink:
        … sink.port …
    """

    def __init__(self, pause_s: float = 0, refused: Mapping[str, int] | None = None) -> None:
        self._pause_s = pause_s
        self._refused = refused or {}
        self.mails: list[tuple[str, bytes]] = []
        self.taken: Counter[str] = Counter()
        self.under_way = 0
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._is_ready = threading.Event()
        self._more = threading.Condition()
        self._writers: set[asyncio.StreamWriter] = set()
        self._talks: set[asyncio.Task[None]] = set()

    @property
    def total(self) -> int:
        """How many mails were taken, copies included."""
        return self.taken.total()

    def wait_for(self, total: int, timeout_s: float) -> bool:
        """Wait until so many mails were taken; whether they were."""
        with self._more:
            return self._more.wait_for(lambda: self.total >= total, timeout_s)

    def __enter__(self) -> Self:
        self._thread.start()
        self._is_ready.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(
            asyncio.start_server(self._connected, "127.0.0.1", 0, limit=1 << 22)
        )
        self.port = server.sockets[0].getsockname()[1]
        self._is_ready.set()
        self._loop.run_forever()
        server.close()
        self._loop.run_until_complete(self._hang_up())
        self._loop.close()

    async def _hang_up(self) -> None:
        await asyncio.sleep(0.02)  # for connections that were only just accepted
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.gather(*self._talks, return_exceptions=True)
        await asyncio.sleep(0)  # for transports to close

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        talk = self._loop.create_task(self._talk(reader, writer))
        self._talks.add(talk)
        talk.add_done_callback(self._talks.discard)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            await self._converse(reader, writer)
        writer.close()
        self._writers.discard(writer)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 sink\r\n")
        recipients: list[str] = []
        while True:
            line = await reader.readuntil(b"\r\n")
            match line[:4].upper():
                case b"EHLO":
                    writer.write(b"250-sink\r\n250-8BITMIME\r\n250 PIPELINING\r\n")
                case b"MAIL":
                    recipients = []
                    writer.write(b"250 ok\r\n")
                case b"RCPT":
                    recipient = line.partition(b"<")[2].partition(b">")[0].decode()
                    if code := self._refused.get(recipient):
                        writer.write(b"%d refused\r\n" % code)
                        continue
                    recipients.append(recipient)
                    writer.write(b"250 ok\r\n")
                case b"DATA" if not recipients:
                    writer.write(b"554 no recipients\r\n")
                case b"DATA":
                    writer.write(b"354 go\r\n")
                    await writer.drain()
                    mail = await reader.readuntil(b"\r\n.\r\n")
                    self.under_way += 1
                    await asyncio.sleep(self._pause_s)
                    self.under_way -= 1
                    self._take(recipients, mail)
                    writer.write(b"250 taken\r\n")
                case b"QUIT":
                    writer.write(b"221 bye\r\n")
                    return
                case _:
                    writer.write(b"250 ok\r\n")

    def _take(self, recipients: list[str], mail: bytes) -> None:
        with self._more:
            self.mails += [(recipient, mail[: -len(b".\r\n")]) for recipient in recipients]
            self.taken.update(recipients)
            self._more.notify_all()
