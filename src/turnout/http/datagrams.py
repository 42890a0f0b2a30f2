"""A datagram socket for a look-up that may be given up at any moment.

uvloop keeps the socket of an opening that is cancelled, and nobody else has it: its file
descriptor is lost until the event loop is closed. So here the protocol knows that it was given up,
and closes the socket when it comes.
"""

import asyncio
import socket
from contextlib import suppress
from typing import Any, Self

from dns.asyncbackend import DatagramSocket  # type: ignore[attr-defined]
from dns.exception import Timeout

# What came and was not read yet; more is lost, as datagrams may be.
WAITING = 16


class Datagrams(DatagramSocket, asyncio.DatagramProtocol):
    """Used as `async with Datagrams(family) as sock`, by dnspython's queries."""

    def __init__(self, family: int) -> None:
        super().__init__(family, socket.SOCK_DGRAM)
        self._transport: asyncio.DatagramTransport | None = None
        self._is_over = False
        self._came: asyncio.Queue[tuple[bytes, Any] | Exception] = asyncio.Queue(WAITING)

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        try:
            await loop.create_datagram_endpoint(lambda: self, family=self.family)
        except BaseException:
            await self.close()
            raise
        return self

    async def close(self) -> None:
        self._is_over = True
        if self._transport is not None:
            self._transport.close()

    async def sendto(self, what: bytes, destination: Any, _: float | None) -> int:
        if self._transport is not None:
            self._transport.sendto(what, destination)
        return len(what)

    async def recvfrom(self, size: int, timeout_s: float | None) -> tuple[bytes, Any]:
        """The next datagram, of whatever size. Raises what dnspython's own sockets raise."""
        try:
            async with asyncio.timeout(timeout_s):
                came = await self._came.get()
        except TimeoutError as error:
            raise Timeout(timeout=timeout_s) from error  # type: ignore[no-untyped-call]
        if isinstance(came, Exception):
            raise came
        return came

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self._transport = transport
        if self._is_over:
            transport.close()

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self._keep((data, addr))

    def error_received(self, exc: Exception) -> None:
        self._keep(exc)

    def _keep(self, came: tuple[bytes, Any] | Exception) -> None:
        with suppress(asyncio.QueueFull):
            self._came.put_nowait(came)
