"""A fax machine that answers calls over SIP: on UDP, and on TCP for a trunk before it.

What it does follows from the last digit of the number that is called, as WAYS has it. It keeps
what it received, a file a call. Packets of T.38 are lost and doubled, and on UDP SIP messages too
where that is asked for.
"""

import asyncio
import contextlib
import random
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.carriers.sip_fax.fast_worker import LEAD, SharedTime
from tests.carriers.sip_fax.machine import LOSS, AudioMachine, PacketMachine
from turnout.carriers.sip_fax.media import Port
from turnout.carriers.sip_fax.messages import (
    Message,
    find_uri,
    read_length,
    read_message,
    respond,
)
from turnout.carriers.sip_fax.sdp import Describing, Media, find_audio, find_t38, read_media
from turnout.carriers.sip_fax.transactions import Client, Server, Transactions

WAYS = {
    "1": "offers T.38 within the call",
    "2": "takes T.38 that is offered within the call",
    "3": "refuses T.38",
    "4": "as 1, and hangs up in page 2 of the first call",
    "5": "answers, and is no fax machine",
    "6": "is busy",
    "7": "rings",
    "8": "refuses T.38, and is called in mu-law",
    "9": "speaks nothing that we do",
    "0": "has moved: from …10 to …43, from …20 to a number that is not called",
}
HERE = "127.0.0.1"
PORTS = "32768-60999"
IN_PAGE = 5
SDP = ("Content-Type", "application/sdp")


OPEN = set["FaxPhone"]()
"""The phones that were started and not stopped."""


class FaxPhone:
    """For one event loop; `folder` gets the files. `start` is the beginning."""

    def __init__(
        self,
        folder: Path,
        chance: random.Random,
        *,
        password: Callable[[Message], bool] | None = None,
        drops_sip: bool = False,
    ) -> None:
        self.folder = folder
        self.chance = chance
        self.password = password
        self.calls: list[PhoneCall] = []
        self.requests: list[str] = []
        self._drops_sip = drops_sip
        self._dropped = set[bytes]()
        self._servers: list[Any] = []
        self._tasks = set[asyncio.Task[None]]()
        self.clock = folder / "clock"
        self._time = SharedTime(self.clock)
        self.port = 0

    async def start(self) -> None:
        OPEN.add(self)
        loop = asyncio.get_running_loop()
        server = await asyncio.start_server(self._serve, HERE, 0)
        self.port = server.sockets[0].getsockname()[1]
        transport, _ = await loop.create_datagram_endpoint(
            lambda: _Udp(self), local_addr=(HERE, self.port)
        )
        self._servers = [server, transport]
        self.run(self._turn())

    async def _turn(self) -> None:
        """The time of all lines passes, as far as the worker keeps up."""
        while True:
            while self._time.counted() - self._time.taken() < LEAD:
                self._time.count()
                for call in self.calls:
                    call.turn()
            await asyncio.sleep(0.004)

    async def stop(self) -> None:
        OPEN.discard(self)
        for call in self.calls:
            call.close()
        for server in self._servers:
            server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.sleep(0)  # transports end in the next turn of the loop

    def is_dropped(self, data: bytes) -> bool:
        """Whether a SIP message is lost: the first time, each of them is."""
        if not self._drops_sip or data in self._dropped:
            return False
        self._dropped.add(data)
        return True

    def run(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = PhoneLine(self, lambda data: writer.write(data), "TCP", is_reliable=True)
        self._servers.append(writer.transport)
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).strip(b"\r\n")
                if head:
                    body = await reader.readexactly(read_length(head))
                    line.take(read_message(head, body))


class _Udp(asyncio.DatagramProtocol):
    def __init__(self, phone: FaxPhone) -> None:
        self._phone = phone
        self._lines: dict[Any, PhoneLine] = {}
        self._transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, source: Any) -> None:
        head, _, body = data.partition(b"\r\n\r\n")
        if not head.strip() or self._phone.is_dropped(data):
            return
        if source not in self._lines:

            def send(data: bytes) -> None:
                if not self._phone.is_dropped(data):
                    self._transport.sendto(data, source)

            self._lines[source] = PhoneLine(self._phone, send, "UDP", is_reliable=False)
        self._lines[source].take(read_message(head, body))


class PhoneLine:
    """A caller, by its address."""

    def __init__(
        self, phone: FaxPhone, send: Callable[[bytes], None], transport: str, *, is_reliable: bool
    ) -> None:
        self.phone = phone
        self.is_reliable = is_reliable
        self._transport = transport
        self._write = send
        self._calls: dict[str, PhoneCall] = {}
        self.transactions = Transactions(
            lambda message: send(message.pack()), self._take_request, self._take_ack
        )

    def take(self, message: Message) -> None:
        self.transactions.take(message)

    def via(self) -> str:
        here = f"{HERE}:{self.phone.port}"
        return f"SIP/2.0/{self._transport} {here};branch=z9hG4bK{secrets.token_hex(8)};rport"

    def contact(self) -> str:
        transport = self._transport.lower()
        return f"<sip:fax@{HERE}:{self.phone.port};transport={transport}>"

    def send(self, message: Message) -> None:
        self._write(message.pack())

    def _take_ack(self, message: Message) -> None:
        self.transactions.acknowledge(message)
        if call := self._calls.get(message.get("call-id")):
            call.confirm()

    def _take_request(self, server: Server) -> None:
        request = server.request
        self.phone.requests.append(request.method)
        call = self._calls.get(request.get("call-id"))
        if request.method == "OPTIONS":
            server.reply(respond(request, 200, "OK"))
        elif request.method == "INVITE" and (call is None or not request.tag("to")):
            if self.phone.password and not self.phone.password(request):
                challenge = 'Digest realm="fax", nonce="n1", algorithm=SHA-256, qop="auth"'
                server.reply(respond(request, 407, "Prove", ("Proxy-Authenticate", challenge)))
                return
            call = PhoneCall(self, server)
            self._calls[request.get("call-id")] = call
            self.phone.calls.append(call)
            call.ring()
        elif call is None:
            server.reply(respond(request, 481, "Gone"))
        else:
            call.take(server)


class PhoneCall:
    """One call, as the one who is called has it."""

    def __init__(self, line: PhoneLine, server: Server) -> None:
        self.line = line
        self.phone = line.phone
        self.server = server
        self.invite = server.request
        self.tag = secrets.token_hex(4)
        self.number = find_uri(self.invite.first.split(" ")[1]).partition("@")[0][4:]
        self.way = self.number[-1]
        self.place = len(self.phone.calls)
        self.path = self.phone.folder / f"fax-{self.place}.tif"
        self.machine: PacketMachine | AudioMachine | None = None
        self.has_t38 = False
        self.is_over = False
        self._cseq = self._first_page = 0
        self._describing = Describing(HERE, 7)
        self._is_confirmed = False
        self._media = Port(HERE, PORTS, self.receive)

    def ring(self) -> None:
        if self.way == "0":
            to = "61412345643" if self.number[-2] == "1" else "611900123456"
            moved = ("Contact", f"<sip:+{to}@{HERE}>")
            self.server.reply(respond(self.invite, 302, "Moved Temporarily", moved))
            return
        if self.number.endswith("16"):
            pause = ("Retry-After", "77 (lunch)")
            self.server.reply(respond(self.invite, 486, "Busy Here", pause))
            return
        if self.way == "6":
            self._reply(self.server, 486, "Busy Here")
            return
        self._reply(self.server, 180, "Ringing")
        if self.way == "7":
            return
        offered = read_media(self.invite.body)
        if fax := find_t38(offered):
            if self.way in "38":
                self._reply(self.server, 488, "Not Acceptable Here")
                return
            self._take_t38(fax)
            self._reply(self.server, 200, "OK", self._describing.answer(offered, fax, self._port))
            return
        audio = find_audio(offered)
        if audio is None or self.way == "9":
            body = b"v=0\r\nm=video 9 RTP/AVP 99\r\n"
        else:
            payload = 0 if self.way == "8" else 8
            if self.way != "5":
                self.machine = AudioMachine(self.path, payload)
            self._media.send_to(audio)
            body = self._describing.audio(self._port, (payload,))
        self._reply(self.server, 200, "OK", body)

    @property
    def _port(self) -> int:
        return self._media.number

    def confirm(self) -> None:
        """The ACK came."""
        if not self._is_confirmed and self.way in "14" and not self.has_t38:
            self.phone.run(self._offer_t38())
        self._is_confirmed = True

    def take(self, server: Server) -> None:
        request = server.request
        if request.method == "BYE":
            self._reply(server, 200, "OK")
            self.close()
        elif request.method == "CANCEL":
            server.reply(respond(request, 200, "OK"))
            self._reply(self.server, 487, "Request Terminated")
        elif request.method == "INVITE":
            offered = read_media(request.body)
            fax = find_t38(offered)
            if fax is None or self.way in "358":
                self._reply(server, 488, "Not Acceptable Here")
                return
            self._take_t38(fax)
            self._reply(server, 200, "OK", self._describing.answer(offered, fax, self._port))

    async def _offer_t38(self) -> None:
        response = await self._ask("INVITE", self._describing.t38(self._port))
        if fax := find_t38(read_media(response.body)):
            self._take_t38(fax)
        self.line.send(self._request("ACK", b"", response.cseq[0]))

    def _take_t38(self, fax: Media) -> None:
        self.has_t38 = True
        self.machine = PacketMachine(self.path)
        self._media.send_to(fax)

    async def hang_up(self) -> None:
        self.is_over = True
        with contextlib.suppress(TimeoutError):
            await self._ask("BYE")
        self.close()

    def close(self) -> None:
        """End it, and keep what came."""
        if self.machine:
            self.machine.terminal.drop()
            self.machine.terminal.close()
        self.is_over = True
        self._media.close()

    async def _ask(self, method: str, body: bytes = b"") -> Message:
        self._cseq += 1
        request = self._request(method, body, self._cseq)
        client: Client = self.line.transactions.begin(request, is_reliable=self.line.is_reliable)
        client.begin()
        return await client.answer()

    def _request(self, method: str, body: bytes, number: int) -> Message:
        contact = find_uri(self.invite.get("contact"))
        headers = [
            ("Via", self.line.via()),
            ("Max-Forwards", "70"),
            ("From", f"{self.invite.get('to')};tag={self.tag}"),
            ("To", self.invite.get("from")),
            ("Call-ID", self.invite.get("call-id")),
            ("CSeq", f"{number} {method}"),
            ("Contact", self.line.contact()),
            *(("Route", route) for route in self.invite.get_all("record-route")),
        ]
        if body:
            headers.append(SDP)
        return Message(f"{method} {contact} SIP/2.0", headers, body)

    def _reply(self, server: Server, code: int, words: str, body: bytes = b"") -> None:
        response = respond(server.request, code, words, ("Contact", self.line.contact()))
        if not server.request.tag("to"):
            response.headers = [
                (name, f"{value};tag={self.tag}" if name.lower() == "to" else value)
                for name, value in response.headers
            ]
        if body:
            response.headers.append(SDP)
            response.body = body
        server.reply(response)

    def turn(self) -> None:
        machine = self.machine
        if machine is None or self.is_over:
            return
        for datagram in machine.turn():
            self.send(datagram)
        is_first = sum(call.number == self.number for call in self.phone.calls) == 1
        if self.way == "4" and is_first and isinstance(machine, PacketMachine):
            if not self._first_page and machine.terminal.facts().pages >= 1:
                self._first_page = machine.dots
            if self._first_page and machine.dots > self._first_page + IN_PAGE:
                self.is_over = True
                self.phone.run(self.hang_up())

    def send(self, datagram: bytes) -> None:
        if not (self.has_t38 and self.phone.chance.random() < LOSS):
            self._media.send(datagram)

    def receive(self, datagram: bytes) -> None:
        is_lost = self.has_t38 and self.phone.chance.random() < LOSS
        if self.machine and not is_lost and not self.is_over:
            for _ in range(1 + (self.phone.chance.random() < LOSS)):
                self.machine.take(datagram)
