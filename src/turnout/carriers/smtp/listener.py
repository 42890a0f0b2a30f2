"""A small SMTP server that takes bounces, and nothing else.

It accepts mail for return paths of ours and complaints only, so it relays nothing and collects no
spam, and says 250 to a mail only after it is on disk. Everybody can connect to it, so everything is
bounded: connections, those of one address, silence, time in all, commands, faults, the length of a
line, the size of a mail and what is kept of it (a bounce says what it has to say at its beginning;
the rest is the mail that was returned). When all connections are taken, a newcomer gets the place
of anyone who has been silent longest, so that nobody keeps others out by saying nothing.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable

import structlog

from turnout.carriers.smtp.bounces import COMPLAINT, ReturnPaths
from turnout.carriers.smtp.settings import SmtpSettings
from turnout.core.identity.addresses import place_of
from turnout.store.troubles import Troubles

log = structlog.get_logger()
troubles = Troubles("a bounce cannot be stored; it will come again")

LINE_LIMIT = 2048
SIZE_LIMIT = 32 * 1024 * 1024
KEPT = 256 * 1024
READ = 64 * 1024
# Fewer bytes of a mail at once are no sign of life: they may be dripped for ever.
BLOCK = 512
COMMANDS = 200
FAULTS = 10
# A connection lives this many times as long as it may be silent.
LIFE = 10
# From then on somebody silent may lose the connection to a newcomer.
SILENT_S = 1.0

_END = b"\r\n.\r\n"
_MAIL = re.compile(r"FROM:\s*<[^<>]*>((?:\s+[^\s<>]+)*)\s*", re.IGNORECASE)
_RCPT = re.compile(r"TO:\s*<([^<>]+)>((?:\s+[^\s<>]+)*)\s*", re.IGNORECASE)
_SIZE = re.compile(r"\sSIZE=(\d{1,20})(?!\S)", re.IGNORECASE)

Accept = Callable[[int, bytes], Awaitable[None]]


class BounceListener:
    """Listens from `start` to `stop`. Each mail goes to `accept(attempt_id, raw)`, with
    COMPLAINT for one to the address of complaints; when that raises, the sender is told to try
    again later."""

    def __init__(self, settings: SmtpSettings, return_paths: ReturnPaths, accept: Accept) -> None:
        self.settings = settings
        self.return_paths = return_paths
        self.accept = accept
        self._connections: dict[asyncio.Task[None], _Conversation] = {}
        self._server: asyncio.Server | None = None

    async def start(self) -> int:
        """Begin; the port that is listened on. Raises OSError when the address is not free."""
        settings = self.settings
        self._server = await asyncio.start_server(
            self._serve, settings.listen_host, settings.listen_port, limit=READ
        )
        port: int = self._server.sockets[0].getsockname()[1]
        log.info("bounce listener started", host=settings.listen_host, port=port)
        return port

    async def stop(self) -> None:
        """Hang up. What was not answered yet will be sent again."""
        if self._server:
            self._server.close()
            for task in self._connections:
                task.cancel()
            await asyncio.gather(*self._connections, return_exceptions=True)
            await self._server.wait_closed()

    def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        conversation = _Conversation(self, reader, writer)
        if obstacle := self._find_obstacle(conversation):
            return conversation.end(f"421 4.3.2 {self.settings.own_name} {obstacle}")
        task = asyncio.create_task(self._talk(conversation))
        self._connections[task] = conversation
        return task.add_done_callback(lambda task: self._connections.pop(task, None))

    def _find_obstacle(self, newcomer: "_Conversation") -> str:
        """Why somebody new is not listened to, or nothing; room is made if need be."""
        settings = self.settings
        places = [connection.place for connection in self._connections.values()]
        if places.count(newcomer.place) >= settings.listen_connections_per_address:
            return "has too many connections from your address"
        if len(places) >= settings.listen_connections and not self._make_room():
            return "has too many connections"
        return ""

    def _make_room(self) -> bool:
        """Hang up on anyone who has been silent longest; False if nobody has been for long."""
        latest = asyncio.get_running_loop().time() - SILENT_S
        silent = [
            (connection.heard_at, task)
            for task, connection in self._connections.items()
            if connection.heard_at <= latest and not connection.is_storing
        ]
        if not silent:
            return False
        _, task = min(silent, key=lambda pair: pair[0])
        self._connections.pop(task).end(f"421 4.4.2 {self.settings.own_name} waited too long")
        task.cancel()
        return True

    async def _talk(self, conversation: "_Conversation") -> None:
        try:
            async with asyncio.timeout(LIFE * self.settings.listen_timeout_s):
                await conversation.run()
        except (OSError, EOFError):
            pass  # gone, or silent for too long
        finally:
            conversation.end()


class _Conversation:
    """One connection. What is kept of a transaction: whether MAIL was given, and for whom.

    `place` is where it comes from, `heard_at` the instant (of the loop, in seconds) of its last
    whole command or block of a mail.
    """

    def __init__(
        self,
        listener: BounceListener,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self._listener = listener
        self._name = listener.settings.own_name
        self._reader = reader
        self._writer = writer
        self.place = place_of((writer.get_extra_info("peername") or ("",))[0])
        self.heard_at = asyncio.get_running_loop().time()
        self.is_storing = False
        self._buffer = b""
        self._faults = 0
        self._has_mail = False
        self._attempt_id: int | None = None
        self._commands: dict[str, Callable[[str], str]] = {
            "HELO": self._helo,
            "EHLO": self._ehlo,
            "MAIL": self._mail,
            "RCPT": self._rcpt,
            "RSET": self._rset,
            "NOOP": lambda _: "250 2.0.0 OK",
            "VRFY": lambda _: "252 2.5.2 Cannot tell",
        }

    def end(self, last_word: str = "") -> None:
        """Hang up when everything that was said has gone out. May be said twice."""
        if last_word:
            self._writer.write(f"{last_word}\r\n".encode())
        self._writer.close()

    async def run(self) -> None:
        """Answer until one side has enough. Raises OSError and EOFError when the other is gone."""
        await self._say(f"220 {self._name} ESMTP for bounces")
        for _ in range(COMMANDS):
            line = await self._line()
            if line is None:
                return await self._say("500 5.5.2 Line too long")
            verb, _, argument = line.partition(" ")
            verb = verb.upper()
            if verb == "QUIT":
                return await self._say("221 2.0.0 Bye")
            if verb == "DATA":
                await self._data()
            elif command := self._commands.get(verb):
                await self._answer(command(argument))
            else:
                await self._answer("502 5.5.1 Unknown command")
            if self._faults >= FAULTS:
                break
        return await self._say(f"421 4.7.0 {self._name} closes the connection: too much")

    def _helo(self, _: str) -> str:
        self._reset()
        return f"250 {self._name}"

    def _ehlo(self, _: str) -> str:
        self._reset()
        lines = [self._name, "PIPELINING", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES"]
        return "\r\n".join([*(f"250-{line}" for line in lines), f"250 SIZE {SIZE_LIMIT}"])

    def _mail(self, argument: str) -> str:
        found = _MAIL.fullmatch(argument)
        if not found:
            return "501 5.5.4 Syntax: MAIL FROM:<address>"
        if self._has_mail:
            return "503 5.5.1 Sender already given"
        if (size := _SIZE.search(found[1])) and int(size[1]) > SIZE_LIMIT:
            return f"552 5.3.4 At most {SIZE_LIMIT} bytes"
        self._has_mail = True
        return "250 2.1.0 OK"

    def _rcpt(self, argument: str) -> str:
        found = _RCPT.fullmatch(argument)
        if not found:
            return "501 5.5.4 Syntax: RCPT TO:<address>"
        if not self._has_mail:
            return "503 5.5.1 MAIL first"
        if self._attempt_id is not None:
            return "452 4.5.3 One recipient at a time"
        paths = self._listener.return_paths
        self._attempt_id = paths.find_attempt(found[1])
        if self._attempt_id is None and paths.takes_complaints(found[1]):
            self._attempt_id = COMPLAINT
        if self._attempt_id is None:
            return "550 5.1.1 No such return path"
        return "250 2.1.5 OK"

    def _rset(self, _: str) -> str:
        self._reset()
        return "250 2.0.0 OK"

    async def _data(self) -> None:
        attempt_id = self._attempt_id
        if attempt_id is None:
            return await self._answer("503 5.5.1 RCPT first")
        await self._say("354 End with a dot on a line of its own")
        self._reset()
        raw = await self._message()
        if raw is None:
            return await self._answer(f"552 5.3.4 At most {SIZE_LIMIT} bytes")
        self.is_storing = True
        try:
            await self._listener.accept(attempt_id, raw)
            troubles.worked("bounces")
        except Exception as error:  # noqa: BLE001 - it is told
            troubles.met(error, "bounces", attempt=attempt_id)
            return await self._say("451 4.3.0 Cannot store it now, try again later")
        finally:
            self.is_storing = False
        return await self._say("250 2.0.0 Stored")

    def _reset(self) -> None:
        self._has_mail = False
        self._attempt_id = None

    async def _answer(self, reply: str) -> None:
        self._faults += reply.startswith("5")
        await self._say(reply)

    async def _say(self, reply: str) -> None:
        self._writer.write(reply.encode() + b"\r\n")
        await self._writer.drain()

    async def _line(self) -> str | None:
        """The next line, None when it is too long."""
        while b"\n" not in self._buffer:
            if len(self._buffer) > LINE_LIMIT:
                return None
            self._buffer += await self._read()
        line, _, self._buffer = self._buffer.partition(b"\n")
        self._hear()
        return line.rstrip(b"\r").decode("utf-8", "replace") if len(line) <= LINE_LIMIT else None

    async def _message(self) -> bytes | None:
        """The message up to its dot: the beginning of it, or None when it is too large.

        Only CR LF . CR LF ends it: where other line ends would, a returned mail could smuggle
        in commands.
        """
        kept, size, window = bytearray(), 0, b"\r\n" + self._buffer
        while (end := window.find(_END)) < 0:
            done = max(0, len(window) - len(_END) + 1)
            kept += window[: min(done, KEPT - len(kept))]
            size += done
            window = window[done:] + (read := await self._read())
            if len(read) >= BLOCK:
                self._hear()
        kept += window[: min(end, KEPT - len(kept))]
        self._buffer = window[end + len(_END) :]
        if size + end > SIZE_LIMIT:
            return None
        return bytes(kept).replace(b"\r\n..", b"\r\n.").removeprefix(b"\r\n")

    def _hear(self) -> None:
        self.heard_at = asyncio.get_running_loop().time()

    async def _read(self) -> bytes:
        """What comes next. Raises EOFError at the end, TimeoutError after silence."""
        async with asyncio.timeout(self._listener.settings.listen_timeout_s):
            if read := await self._reader.read(READ):
                return read
        raise EOFError
