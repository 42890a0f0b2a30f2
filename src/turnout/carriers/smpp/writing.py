"""What one session says: PDUs are collected and written together."""

import asyncio

import structlog

from turnout.carriers.smpp import pdu
from turnout.carriers.smpp.statuses import OK

log = structlog.get_logger()

LAST_SEQUENCE = 0x7FFFFFFF
MAX_UNREAD_OCTETS = 1 << 20


class PduWriter:
    """Numbers requests, and writes with each `flush` what was said since the last."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._transport: asyncio.Transport | None = None
        self._out: list[bytes] = []
        self._flush_handle: asyncio.Handle | None = None
        self._sequence = 0

    def open(self, transport: asyncio.Transport) -> None:
        """Write to this connection from now on."""
        # Whatever the transport holds is lost when the connection is: so it holds little.
        transport.set_write_buffer_limits(high=0)
        self._transport = transport

    def send(self, command: int, body: bytes = b"") -> int:
        """Say a request; its sequence number."""
        self._sequence = self._sequence % LAST_SEQUENCE + 1
        self._out.append(pdu.encode(command, OK, self._sequence, body))
        return self._sequence

    def reply(self, command: int, status: int, sequence: int) -> None:
        """Answer a request."""
        self._out.append(pdu.encode(command, status, sequence))

    def answer_delivery(self, sequence: int, status: int) -> None:
        """Answer a deliver_sm; those answered in one go are written at once, without a `flush`."""
        self._out.append(pdu.encode(pdu.DELIVER_SM | pdu.RESPONSE, status, sequence, b"\0"))
        if self._flush_handle is None:
            self._flush_handle = self._loop.call_soon(self._flush_now)

    def flush(self) -> None:
        """Write. Gives the connection up where the network does not read."""
        transport = self._transport
        if self._out and transport and not transport.is_closing():
            transport.write(b"".join(self._out))
            if transport.get_write_buffer_size() > MAX_UNREAD_OCTETS:
                log.warning("smpp: the network does not read; the connection is given up")
                transport.abort()
        self._out.clear()

    def stop(self) -> None:
        """Write nothing any more by itself."""
        if self._flush_handle:
            self._flush_handle.cancel()

    def _flush_now(self) -> None:
        self._flush_handle = None
        self.flush()
