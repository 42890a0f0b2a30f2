"""The line to the trunk: UDP, TCP or TLS. Messages come whole, and only from the trunk itself.

A stream that has been idle is made again before a call begins: an INVITE written to a connection
that the trunk has forgotten is one of which nobody knows whether it rang.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Protocol, cast

from turnout.carriers.sip_fax.messages import (
    LARGEST_HEAD,
    Message,
    UnreadableError,
    read_length,
    read_message,
)
from turnout.carriers.trunks.trust import make_context

CONNECT_S = 10.0
_END = b"\r\n\r\n"


class Line(Protocol):
    """A connection to the trunk; `own` is our address and port, `far` the trunk's address."""

    is_reliable: bool
    is_open: bool
    own: tuple[str, int]
    far: str

    def send(self, data: bytes) -> None:
        """Write a message."""

    def close(self) -> None:
        """End it; `on_lost` is not told."""


OnMessage = Callable[[Message], None]
OnLost = Callable[[str], None]


async def connect(
    told: dict[str, Any], on_message: OnMessage, on_lost: OnLost, on_refused: OnLost
) -> Line:
    """A line to the trunk; `on_refused` is told of a datagram that did not arrive. Raises OSError;
    ssl.SSLError, which is one, where it is not trusted."""
    loop = asyncio.get_running_loop()
    host, port = told["host"].strip("[]"), told["port"]
    if told["transport"] == "udp":
        _, datagrams = await loop.create_datagram_endpoint(
            lambda: _Datagrams(on_message, on_refused), remote_addr=(host, port)
        )
        return datagrams
    context = None
    if told["transport"] == "tls":
        context = make_context(told["tls_ca_file"], told["tls_certificate"])
    try:
        async with asyncio.timeout(CONNECT_S):
            _, stream = await loop.create_connection(
                lambda: _Stream(on_message, on_lost),
                host,
                port,
                ssl=context,
                server_hostname=host if context else None,
            )
    except TimeoutError as error:
        raise OSError("the trunk does not answer") from error
    return stream


class _Datagrams(asyncio.DatagramProtocol):
    """A message a datagram; others than the trunk's do not come in, as the socket is connected."""

    is_reliable = False
    is_open = True

    def __init__(self, on_message: OnMessage, on_refused: OnLost) -> None:
        self._on_message = on_message
        self._on_refused = on_refused
        self._transport: asyncio.DatagramTransport
        self.own, self.far = ("", 0), ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)
        self.own = transport.get_extra_info("sockname")[:2]
        self.far = transport.get_extra_info("peername")[0]

    def datagram_received(self, data: bytes, _address: object) -> None:
        head, _, body = data.lstrip(b"\r\n").partition(_END)
        if not head:
            return
        try:
            self._on_message(read_message(head, body[: read_length(head)]))
        except UnreadableError:
            return

    def error_received(self, error: Exception) -> None:
        self._on_refused(str(error))

    def send(self, data: bytes) -> None:
        self._transport.sendto(data)

    def close(self) -> None:
        self._transport.close()


class _Stream(asyncio.Protocol):
    """Messages one after the other, by their Content-Length."""

    is_reliable = True

    def __init__(self, on_message: OnMessage, on_lost: OnLost) -> None:
        self._on_message = on_message
        self._on_lost: OnLost | None = on_lost
        self._transport: asyncio.Transport
        self._waiting = bytearray()
        self.is_open = True
        self.own, self.far = ("", 0), ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self.own = transport.get_extra_info("sockname")[:2]
        self.far = transport.get_extra_info("peername")[0]

    def data_received(self, data: bytes) -> None:
        self._waiting += data
        try:
            while message := self._cut():
                self._on_message(message)
        except UnreadableError:
            self._transport.abort()

    def _cut(self) -> Message | None:
        """The next whole message. Raises UnreadableError."""
        while self._waiting[:2] == b"\r\n":
            del self._waiting[:2]
        at = self._waiting.find(_END)
        if at < 0 or at > LARGEST_HEAD:
            if len(self._waiting) > LARGEST_HEAD:
                raise UnreadableError("too long")
            return None
        head, start = bytes(self._waiting[:at]), at + len(_END)
        end = start + read_length(head)
        if len(self._waiting) < end:
            return None
        body = bytes(self._waiting[start:end])
        del self._waiting[:end]
        return read_message(head, body)

    def connection_lost(self, error: Exception | None) -> None:
        self.is_open = False
        if self._on_lost:
            self._on_lost(str(error) if error else "the trunk closed the connection")

    def send(self, data: bytes) -> None:
        self._transport.write(data)

    def close(self) -> None:
        self._on_lost = None
        self.is_open = False
        self._transport.close()
