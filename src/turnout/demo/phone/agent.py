"""The user agent: takes what comes over TCP and UDP at one address, and leads it to calls.

Requests of a dialog are found by their Call-ID. A final answer to an INVITE is sent again until its
ACK comes (RFC 3261, 13.3.1.4), and a repeated request gets the answer that it got before.
"""

import asyncio
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from turnout.demo.phone.calls import Call, Pace
from turnout.demo.phone.keeping import HeardCall, forget_old, keep, next_number
from turnout.demo.phone.manners import manner_of
from turnout.demo.phone.sip import (
    Message,
    find_end,
    read_message,
    read_offer,
    write,
    write_answer,
    write_sdp,
)

AGAIN_S, MOST_AGAIN = 0.5, 10
_LONGEST = 65_536
Send = Callable[[bytes], None]


class Dialog(NamedTuple):
    """A call, the INVITE that began it, our tag, and the events of its signalling."""

    call: Call
    invite: Message
    tag: str
    send: Send
    acknowledged: asyncio.Event
    running: list["asyncio.Task[None]"]


class Agent:
    """The phones of all numbers; what they hear is kept in `folder`."""

    def __init__(
        self, folder: Path, pace: Pace, host: str = "127.0.0.1", call: type[Call] = Call
    ) -> None:
        self._folder = folder
        self._pace = pace
        self._host = host
        self._new_call = call
        self._number = next_number(folder)
        self._dialogs: dict[str, Dialog] = {}
        self._answers: dict[tuple[str, str], bytes] = {}
        self._server: asyncio.Server | None = None
        self._lines: set[asyncio.StreamWriter] = set()
        self._datagrams: asyncio.DatagramTransport | None = None
        self.port = 0

    async def start(self, port: int = 0) -> int:
        """Listen; the port."""
        loop = asyncio.get_running_loop()
        self._server = await asyncio.start_server(self._connected, self._host, port)
        self.port = self._server.sockets[0].getsockname()[1]
        self._datagrams, _ = await loop.create_datagram_endpoint(
            lambda: _Datagrams(self.take), local_addr=(self._host, self.port)
        )
        return self.port

    async def stop(self) -> None:
        """Hang up, and listen no more."""
        for dialog in list(self._dialogs.values()):
            dialog.call.end("left")
            for task in dialog.running:
                task.cancel()
        if self._datagrams:
            self._datagrams.close()
        if self._server:
            self._server.close()
        for line in list(self._lines):
            line.close()
        await asyncio.gather(*(line.wait_closed() for line in self._lines), return_exceptions=True)

    def take(self, data: bytes, send: Send) -> None:
        """A message came; `send` leads back to where it came from."""
        try:
            request = read_message(data.decode())
        except (ValueError, IndexError):
            return
        if not request.method:
            return
        if answered := self._answers.get(request.transaction):
            if answered:
                send(answered)
            return
        answer = self._answer(request, send)
        if answer:
            self._answers[request.transaction] = answer
            while len(self._answers) > 1_000:
                del self._answers[next(iter(self._answers))]
            send(answer)

    def _answer(self, request: Message, send: Send) -> bytes:
        dialog = self._dialogs.get(request.get("call-id"))
        match request.method:
            case "INVITE" if dialog is None:
                return self._begin(request, send)
            case "ACK":
                if dialog:
                    dialog.acknowledged.set()
                return b""
            case "CANCEL" if dialog:
                dialog.call.end("cancelled")
            case "BYE" if dialog:
                dialog.call.end("hung_up")
            case "REGISTER":
                more = [f"Contact: {request.get('contact')};expires=300"]
                return write_answer(request, 200, "OK", tag=secrets.token_hex(4), more=more)
            case "OPTIONS":
                pass
            case _ if dialog is None:
                return write_answer(request, 481, "No Such Call", tag="none")
            case "INVITE" | "UPDATE" if dialog:
                return self._accept(request, dialog)
        return write_answer(request, 200, "OK", tag=dialog.tag if dialog else "phone")

    def _begin(self, request: Message, send: Send) -> bytes:
        loop = asyncio.get_running_loop()
        number = request.number
        heard = HeardCall(
            f"{self._number:04}", number, _user_of(request.get("from")), round(time.time() * 1000)
        )
        self._number += 1
        call = self._new_call(heard, manner_of(number), self._pace, self._keep, loop.time)
        tag = secrets.token_hex(4)
        dialog = Dialog(call, request, tag, send, asyncio.Event(), [])
        refusal = (call.manner.code, call.manner.words)
        if (offer := read_offer(request.body)) is None:
            refusal = (488, "Not Acceptable Here")
        if refusal[0]:
            call.note("refused", f"{refusal[0]} {refusal[1]}")
            return write_answer(request, *refusal, tag=tag)
        if offer:
            call.offer = offer
        self._dialogs[request.get("call-id")] = dialog
        dialog.running.append(loop.create_task(self._run(dialog)))
        return write_answer(request, 180, "Ringing", tag=tag, more=[self._contact()])

    async def _run(self, dialog: Dialog) -> None:
        """A call from its ringing to its end."""
        call = dialog.call
        try:
            if not await call.ring():
                self._finish(dialog, write_answer(dialog.invite, 487, "Gone", tag=dialog.tag))
                return
            loop = asyncio.get_running_loop()
            line, _ = await loop.create_datagram_endpoint(
                lambda: _Sounds(call.hear),
                local_addr=(self._host, 0),
                remote_addr=(call.offer.host, call.offer.port),
            )
            try:
                self._finish(dialog, self._say_ok(dialog, line.get_extra_info("sockname")[1]))
                await call.talk(line)
            finally:
                line.close()
            if not call.is_over:
                call.end("left")
                dialog.send(_bye(dialog, self._contact()))
        finally:
            self._keep(call)
            self._dialogs.pop(dialog.invite.get("call-id"), None)

    def _say_ok(self, dialog: Dialog, port: int) -> bytes:
        sdp = write_sdp(self._host, port, dialog.call.offer.keys)
        return write_answer(
            dialog.invite, 200, "OK", tag=dialog.tag, more=[self._contact()], body=sdp
        )

    def _finish(self, dialog: Dialog, answer: bytes) -> None:
        """Answer an INVITE for good, and again until it is acknowledged."""
        self._answers[dialog.invite.transaction] = answer
        dialog.send(answer)

        async def repeat() -> None:
            for number in range(MOST_AGAIN):
                try:
                    await asyncio.wait_for(dialog.acknowledged.wait(), AGAIN_S * (1 + number))
                    return
                except TimeoutError:
                    dialog.send(answer)

        dialog.running.append(asyncio.get_running_loop().create_task(repeat()))

    def _accept(self, request: Message, dialog: Dialog) -> bytes:
        """A change of a call that is under way: as before, please."""
        answered = read_message(self._answers[dialog.invite.transaction].decode())
        return write_answer(
            request, 200, "OK", tag=dialog.tag, more=[self._contact()], body=answered.body
        )

    def _keep(self, call: Call) -> None:
        sound = bytes(call.sound) if call.is_over else b""
        call.heard.has_sound = bool(sound)
        keep(self._folder, call.heard, sound)
        forget_old(self._folder)

    def _contact(self) -> str:
        return f"Contact: <sip:phone@{self._host}:{self.port}>"

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        data = b""
        self._lines.add(writer)
        try:
            while piece := await reader.read(_LONGEST):
                data += piece
                while end := find_end(data := data.lstrip(b"\r\n")):
                    self.take(data[:end], writer.write)
                    data = data[end:]
        except (ConnectionError, ValueError):
            return
        finally:
            self._lines.discard(writer)
            writer.close()


def _bye(dialog: Dialog, contact: str) -> bytes:
    invite = dialog.invite
    target = invite.get("contact").partition("<")[2].partition(">")[0]
    via = "TCP" if "/TCP" in invite.get("via").upper() else "UDP"
    here = contact.partition("@")[2].rstrip(">")
    lines = [
        f"BYE {target} SIP/2.0",
        f"Via: SIP/2.0/{via} {here};branch=z9hG4bK{secrets.token_hex(8)};rport",
        "Max-Forwards: 70",
        *(f"Route: {route}" for route in invite.list("record-route")),
        f"From: {invite.get('to')};tag={dialog.tag}",
        f"To: {invite.get('from')}",
        f"Call-ID: {invite.get('call-id')}",
        "CSeq: 1 BYE",
    ]
    return write(lines)


def _user_of(header: str) -> str:
    return header.partition("sip:")[2].partition("@")[0]


class _Datagrams(asyncio.DatagramProtocol):
    """SIP over UDP."""

    def __init__(self, take: Callable[[bytes, Send], None]) -> None:
        self._take = take
        self._line: asyncio.DatagramTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._line = transport  # type: ignore[assignment]

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._take(data, lambda answer: self._line.sendto(answer, addr))


class _Sounds(asyncio.DatagramProtocol):
    """RTP."""

    def __init__(self, hear: Callable[[bytes], None]) -> None:
        self._hear = hear

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._hear(data)
