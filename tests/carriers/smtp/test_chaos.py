"""A relay that refuses, contradicts itself and hangs up anywhere, by chance."""

import asyncio
import random
import re
from collections import Counter

import pytest

from tests.carriers.smtp.samples import carrying, make_message, make_parcel, run
from tests.support import proof
from turnout.carriers import Accepted, Outcome, Rejected, Retry, Unknown

NAME = "chaos smtp"
MAILS = proof.scale(1_000, 50_000)
BATCH = 50
SENDERS = 4
TIMEOUT_S = 300

# The outcome of a command: it is done and answered; refused; refused for the last time; the
# relay is gone before it did it, or after; or it answers, and is gone then.
FATES = {"done": 90, "refused": 4, "421": 2, "gone": 1.5, "done, gone": 1.5, "answered, gone": 1}
REFUSALS = ["450 4.2.0 later", "550 5.1.1 nobody", "554 5.7.1 never"]


class Gone(Exception):
    """The relay hangs up."""


class Relay:
    """Takes mails as chance has it. `taken` counts how often, by attempt; `fates` what happened."""

    def __init__(self, chance: random.Random) -> None:
        self.taken: Counter[int] = Counter()
        self.fates: Counter[str] = Counter()
        self._chance = chance
        self._talks: list[asyncio.Task[None]] = []

    def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._talks.append(asyncio.create_task(self._talk(reader, writer)))

    async def wait(self) -> int:
        """Wait until everybody has hung up; how many connections there were."""
        await asyncio.gather(*self._talks)
        return len(self._talks)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._converse(reader, writer)
        except (Gone, OSError, asyncio.IncompleteReadError):
            if self._chance.random() < 0.5:
                writer.transport.abort()
        finally:
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        hello = self._chance.choice(["250-relay\r\n250 PIPELINING", "250 relay"])
        has_recipient = False
        self._answer(writer, "greeting", "220 relay")
        while (verb := (await reader.readuntil(b"\r\n"))[:4]) != b"QUIT":
            if verb == b"EHLO":
                self._answer(writer, "EHLO", hello)
            elif verb == b"RCPT":
                has_recipient = self._answer(writer, "RCPT", "250 ok")
            elif verb == b"DATA":
                if not has_recipient and self._chance.random() < 0.7:
                    writer.write(b"503 no recipient\r\n")
                elif self._answer(writer, "DATA", "354 go"):
                    await self._take(reader, writer, has_recipient=has_recipient)
                has_recipient = False
            else:
                self._answer(writer, verb.decode(), "250 ok")

    async def _take(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, has_recipient: bool
    ) -> None:
        mail = b""
        while mail != b".\r\n" and not mail.endswith(b"\r\n.\r\n"):
            mail += await reader.readuntil(b"\r\n")
            if self._chance.random() < 0.0005:
                raise Gone
        if mail == b".\r\n":
            return writer.write(b"554 no mail\r\n")
        found = re.search(rb"^Message-ID: <(\d+)\.", mail, re.MULTILINE)
        assert found
        assert has_recipient
        self._answer(writer, "dot", "250 taken", attempt_id=int(found[1]))
        return None

    def _answer(
        self, writer: asyncio.StreamWriter, stage: str, good: str, attempt_id: int = 0
    ) -> bool:
        """Let chance decide; whether it was done and answered. Raises Gone."""
        (fate,) = self._chance.choices([*FATES], [*FATES.values()])
        self.fates[f"{stage} {fate}"] += 1
        if "done" in fate or "answered" in fate:
            self.taken[attempt_id] += 1
        if fate in ("done", "answered, gone"):
            writer.write(f"{good}\r\n".encode())
        elif fate == "421":
            writer.write(b"421 4.3.2 enough\r\n")
        elif fate == "refused":
            writer.write(f"{self._chance.choice(REFUSALS)}\r\n".encode())
        if fate not in ("done", "refused"):
            raise Gone
        return fate == "done"


@pytest.mark.proof
def test_every_mail_has_one_outcome_and_what_may_be_repeated_was_not_sent():
    relay = Relay(proof.random_for(NAME))
    outcomes: dict[int, Outcome] = {}

    async def main() -> int:
        server = await asyncio.start_server(relay.connected, "127.0.0.1", 0)
        starts = iter(range(1, MAILS + 1, BATCH))

        async def send() -> None:
            for start in starts:
                numbers = range(start, start + BATCH)
                parcels = [make_parcel(n, destination=f"g@{n % 3}.example.com") for n in numbers]
                found = await carrier.send(make_message(), parcels)
                outcomes.update(zip(numbers, found, strict=True))

        async with carrying(
            server.sockets[0].getsockname()[1],
            connections=6,
            domain_connections=3,
            messages_per_connection=20,
        ) as carrier:
            await asyncio.gather(*(send() for _ in range(SENDERS)))
        server.close()
        return await relay.wait()

    connections = run(main(), seconds=TIMEOUT_S)
    limit = {Accepted: 1, Unknown: 1}
    wrong = {
        n: (outcome, relay.taken[n])
        for n, outcome in outcomes.items()
        if not isinstance(outcome, Accepted) <= relay.taken[n] <= limit.get(type(outcome), 0)
    }
    assert wrong == {}
    assert len(outcomes) == MAILS
    kinds = Counter(type(outcome).__name__.lower() for outcome in outcomes.values())
    assert {kind.__name__.lower() for kind in (Accepted, Unknown, Retry, Rejected)} <= set(kinds)
    assert {f"dot {fate}" for fate in FATES} <= set(relay.fates)
    proof.report(NAME, mails=MAILS, connections=connections, **kinds)
