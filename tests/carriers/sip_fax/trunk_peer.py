"""A trunk that says what a test has it say, in the same event loop as the fax that it is called
for: a datagram each."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from turnout.carriers.sip_fax.agent import Agent
from turnout.carriers.sip_fax.calls import OneFax
from turnout.carriers.sip_fax.messages import Message, read_message, respond
from turnout.carriers.sip_fax.spandsp import Sheets

HERE = "127.0.0.1"
WAIT_S = 10.0


class Peer(asyncio.DatagramProtocol):
    """`came` are the requests, without what is repeated."""

    def __init__(self) -> None:
        self.came: list[Message] = []
        self.events: list[dict[str, Any]] = []
        self._arrived = asyncio.Event()
        self._transport: Any = None
        self._source: Any = None
        self._seen = set[bytes]()
        self._kept: list[Message] | None = None

    async def __aenter__(self) -> "Peer":
        loop = asyncio.get_running_loop()
        await loop.create_datagram_endpoint(lambda: self, local_addr=(HERE, 0))
        told = {
            "host": HERE,
            "port": self._transport.get_extra_info("sockname")[1],
            "transport": "udp",
            "domain": HERE,
            "username": "",
            "password": "",
            "register": False,
            "caller_id_header": "from",
            "t38": "never",
            "rtp_ports": "32768-60999",
            "outbound_allow": "",
        }
        self.agent = Agent(told, lambda *_: None)
        sheets = Sheets(path="none.tif", first=0, ident="", header=b"", zone="UTC", has_ecm=True)
        asked = {"id": "one", "to": "+61412345678", "from": "", "ring_s": 60, "max_s": 60}
        self.fax = OneFax(asked, self.agent, told, sheets, self._note)
        self.fax.begin()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.agent.stop()
        self._transport.close()
        await asyncio.sleep(0)

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, source: Any) -> None:
        self._source = source
        if data not in self._seen and data.strip():
            self._seen.add(data)
            head, _, body = data.partition(b"\r\n\r\n")
            self.came.append(read_message(head, body))
            self._arrived.set()

    async def until(self, method: str) -> Message:
        """The first request of a method, once it has come."""
        async with asyncio.timeout(WAIT_S):
            while True:
                if found := [one for one in self.came if one.method == method and not one.code]:
                    return found[0]
                self._arrived.clear()
                await self._arrived.wait()

    async def end(self) -> dict[str, Any]:
        """How the fax ended."""
        async with asyncio.timeout(WAIT_S):
            while not (self.events and self.events[-1]["event"] == "end"):
                self._arrived.clear()
                await self._arrived.wait()
        return self.events[-1]

    def answer(self, request: Message, code: int, body: bytes = b"", to: str = ";tag=far") -> None:
        """Answer a request."""
        response = respond(request, code, "So", ("Contact", f"<sip:far@{HERE}>"))
        response.headers = [
            (name, value + to if name.lower() == "to" and "tag=" not in value else value)
            for name, value in response.headers
        ]
        response.body = body
        self._send(response)

    def ask(self, invite: Message, method: str, number: int = 5, body: bytes = b"") -> None:
        """Ask something within the call."""
        target = re.findall("<(.*?)>", invite.get("contact"))[0]
        headers = [
            ("Via", f"SIP/2.0/UDP {HERE};branch=z9hG4bK{method}{number}"),
            ("From", f"{invite.get('to')};tag=far"),
            ("To", invite.get("from")),
            ("Call-ID", invite.get("call-id")),
            ("CSeq", f"{number} {method}"),
            ("Contact", f"<sip:far@{HERE}>"),
        ]
        request = Message(f"{method} {target} SIP/2.0", headers, body)
        self._send(request)

    @contextmanager
    def together(self) -> Iterator[None]:
        """What is sent within it comes in one turn of the loop, as in one segment of TCP."""
        self._kept = list[Message]()
        yield
        for message in self._kept:
            vars(self.agent)["_transactions"].take(message)
        self._kept = None

    def _send(self, message: Message) -> None:
        if self._kept is not None:
            self._kept.append(message)
        else:
            self._transport.sendto(message.pack(), self._source)

    def _note(self, event: dict[str, Any]) -> None:
        self.events.append(event)
        self._arrived.set()


def sound(address: str, port: int = 40_000) -> bytes:
    """A description of sound."""
    connection = f"c=IN IP4 {address}\r\n" if address else ""
    return f"v=0\r\n{connection}m=audio {port} RTP/AVP 8\r\n".encode()
