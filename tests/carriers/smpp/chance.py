"""An SMSC that does whatever chance says: throttles, answers late, twice or never, drops links.

It is written with our own codec, and keeps what it took by destination, so that outcomes can be
held against it. A test of the codec against software that is not ours is in `peer`.
"""

import asyncio
import random
from collections import Counter, deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress

from turnout.carriers.smpp import pdu

# How a submission ends: taken; told to come later; refused; not answered; answered late,
# or twice; the link is dropped before it was taken, or after; and taken, told so, and then dropped.
FATES = {
    "taken": 90.0,
    "throttled": 2.0,
    "full": 0.7,
    "refused": 2.0,
    "system error": 0.7,
    "silent": 0.7,
    "late": 0.7,
    "doubled": 2.0,
    "dropped": 0.7,
    "taken, dropped": 0.7,
    "answered, dropped": 0.7,
}
_STATUSES = {"throttled": 0x58, "full": 0x14, "refused": 0x0B, "system error": 0x08}
_TAKEN = {"taken", "late", "doubled", "silent", "taken, dropped", "answered, dropped"}
LATE_S = 0.6


class Chance:
    """A network. `taken` counts copies by destination, `fates` what happened; `bodies` are the last
    submissions."""

    def __init__(
        self, chance: random.Random, fates: Mapping[str, float] = FATES, name: str = "m"
    ) -> None:
        self.taken: Counter[str] = Counter()
        self.fates: Counter[str] = Counter()
        self.bodies: deque[bytes] = deque(maxlen=10)
        self.links = 0
        self.port = 0
        self._name = name
        self._chance = chance
        self.odds = dict(fates)
        self._ids = 0
        self._writers: set[asyncio.StreamWriter] = set()

    @asynccontextmanager
    async def listening(self, port: int = 0) -> AsyncIterator["Chance"]:
        """Serve at a port of this machine."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", port)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            self.drop()

    def drop(self) -> None:
        """All links are lost."""
        for writer in list(self._writers):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.links += 1
        self._writers.add(writer)
        framer = pdu.Framer()
        with suppress(OSError):
            while data := await reader.read(65_536):
                for unit in framer.feed(data):
                    if not writer.transport.is_closing():
                        self._handle(unit, writer)
        self._writers.discard(writer)
        writer.close()

    def _handle(self, unit: pdu.Pdu, writer: asyncio.StreamWriter) -> None:
        if unit.command & pdu.RESPONSE:
            return self.answered(unit)
        if unit.command != pdu.SUBMIT_SM:
            body = b"chance\0" if unit.command == pdu.BIND_TRANSCEIVER else b""
            writer.write(pdu.encode(unit.command | pdu.RESPONSE, 0, unit.sequence, body))
        else:
            self.submit(unit, writer)
        return None

    def answered(self, unit: pdu.Pdu) -> None:
        """Take what the client answers."""

    def submit(self, unit: pdu.Pdu, writer: asyncio.StreamWriter) -> None:
        """Answer a submission, or not."""
        (fate,) = self._chance.choices([*self.odds], [*self.odds.values()])
        self.fates[fate] += 1
        self.bodies.append(unit.body)
        if fate in _TAKEN:
            self.taken[pdu.decode_sms(unit.body).destination.number] += 1
        self._ids += 1
        answer = pdu.encode(
            pdu.SUBMIT_SM | pdu.RESPONSE,
            _STATUSES.get(fate, 0),
            unit.sequence,
            b"" if fate in _STATUSES else f"{self._name}{self._ids}\0".encode(),
        )
        if fate == "late":
            asyncio.get_running_loop().call_later(LATE_S, self._write, writer, answer)
        elif fate not in ("silent", "dropped", "taken, dropped"):
            writer.write(answer * 2 if fate == "doubled" else answer)
        if "dropped" in fate:
            # What was written goes out first, so that "answered" is.
            (writer.close if fate == "answered, dropped" else writer.transport.abort)()

    @staticmethod
    def _write(writer: asyncio.StreamWriter, answer: bytes) -> None:
        if not writer.transport.is_closing():
            writer.write(answer)
