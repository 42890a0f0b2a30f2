"""However an address is spelled, a call that a user causes never reaches this machine.

A canary listens on loopback, and the real client is asked for it in every spelling that is known
to get past a check (addresses.txt): numbers of all bases, digits and dots of other scripts, IPv4
inside IPv6, zones, credentials, and names, which a name server (that of the attacker, so to speak)
leads wherever it likes. The same canary with the address allowed shows that the client does call.
"""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import uvloop

from tests.support import proof
from tests.support.name_server import name_server
from turnout.http.names import Names
from turnout.http.outbound import Outbound, OutboundError

ALLOWED = "127.0.0.2"
SPELLINGS = [
    json.loads(line)
    for line in Path(__file__).with_name("addresses.txt").read_text("utf-8").splitlines()
    if line.startswith('"')
]
SCHEMES = ("http", "https", "HTTP", "ftp", "file", "gopher", "ws", "")
# Of each kind of address that is not public.
INNER = [
    "127.0.0.1", "::1", "::ffff:127.0.0.1", "0.0.0.0", "::", "64:ff9b::7f00:1", "::7f00:1",
    "::ffff:0:7f00:1",
]  # fmt: skip


class Canary:
    """A port on loopback, in both families, that counts who comes."""

    def __init__(self) -> None:
        self.hits = 0

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[int]:
        old = await asyncio.start_server(self._take, "127.0.0.1", 0)
        port = old.sockets[0].getsockname()[1]
        new = await asyncio.start_server(self._take, "::1", port)
        async with old, new:
            yield port

    async def _take(self, _: Any, writer: asyncio.StreamWriter) -> None:
        self.hits += 1
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        writer.close()


def lead(name: str) -> list[str]:
    """Where the attacker's name server leads a name."""
    return {"six.test": ["::1"], "all.test": INNER}.get(name, ["127.0.0.1"])


async def ask(out: Outbound, url: str) -> str:
    """How the client answers, by a post and by a fetch."""
    said = set()
    for call in (
        lambda: out.post(url, b"", {}, 5, party=1),
        lambda: out.fetch(url, 100, 5, party=1),
    ):
        try:
            await call()
        except OutboundError as error:
            said.add(type(error).__name__)
        else:
            said.add("answered")
    return "/".join(sorted(said))


@pytest.mark.proof
def test_no_spelling_of_this_machine_is_called():
    async def scenario() -> tuple[int, dict[str, str], int]:
        canary = Canary()
        async with canary.listening() as port, name_server(lead) as server:
            out = Outbound(f"{ALLOWED}/32", names=Names([server]))
            urls = [
                f"{scheme}://{spelling.replace('{}', str(port))}{end}"
                for scheme, spelling, end in itertools.product(
                    proof.scale(SCHEMES[:1], SCHEMES), SPELLINGS, ("/", "")
                )
            ]
            try:
                said = {url: await ask(out, url) for url in urls}
            finally:
                await out.close()
            hits = canary.hits
            # The canary would have sung.
            out = Outbound("127.0.0.1/32,::1/128", names=Names([server]))
            for url in (f"http://127.0.0.1:{port}/", f"http://inner.test:{port}/"):
                assert await ask(out, url) == "answered"
            await out.close()
            return hits, said, canary.hits

    hits, said, heard = uvloop.run(scenario())
    assert (hits, heard) == (0, 4)
    # A name that is none cannot be told from one that is not there, which may change.
    assert {url for url, answer in said.items() if "answered" in answer} == set()
    refused = sum(answer == "OutboundRefused" for answer in said.values())
    assert refused > len(said) * 0.9
    proof.report(
        "outbound addresses",
        spellings=len(SPELLINGS),
        calls=2 * len(said),
        refused=refused,
        hits=hits,
    )
