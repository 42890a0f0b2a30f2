"""The media of one call: a terminal (spandsp.py), the packets that it speaks, and a port.

A port takes packets only from the address that the other end has named; it may send from another
port than it listens on, as gateways do.
"""

import asyncio
import contextlib
import random
import socket
from collections.abc import Callable

from turnout.carriers.sip_fax import rtp, udptl
from turnout.carriers.sip_fax.sdp import MAX_DATAGRAM, Media
from turnout.carriers.sip_fax.spandsp import (
    SAMPLES,
    AudioTerminal,
    PacketTerminal,
    Sheets,
    Terminal,
)

_TRIES = 100
_MOST_AT_ONCE = 50
_RATE = 14_400
QUIET_FRAMES = 25
"""So often 20 ms have to pass without a packet before silence is heard instead."""
_SILENCE = bytes(2 * SAMPLES)
_random = random.SystemRandom()


class Port:
    """A UDP port of this machine. For one event loop."""

    def __init__(self, address: str, ports: str, on_datagram: Callable[[bytes], None]) -> None:
        """Raises OSError when none of the range is free."""
        self._on_datagram = on_datagram
        self._socket = _bind(address, ports)
        self._far: tuple[str, int] | None = None
        self.number: int = self._socket.getsockname()[1]
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._socket, self._read)

    def send_to(self, media: Media) -> None:
        """Where the other end listens, from now on; without an address nothing is sent."""
        self._far = (media.address, media.port) if media.address else None

    def send(self, datagram: bytes) -> None:
        """Send; what cannot be sent is lost, as on any network."""
        if self._far:
            with contextlib.suppress(OSError):
                self._socket.sendto(datagram, self._far)

    def close(self) -> None:
        """Idempotent."""
        if self._socket.fileno() >= 0:
            self._loop.remove_reader(self._socket)
            self._socket.close()

    def _read(self) -> None:
        for _ in range(_MOST_AT_ONCE):
            try:
                datagram, source = self._socket.recvfrom(2_048)
            except OSError:
                return
            if self._far and source[0] == self._far[0]:
                self._on_datagram(datagram)


def _bind(address: str, ports: str) -> socket.socket:
    first, _, last = ports.partition("-")
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    even = range(int(first) + int(first) % 2, int(last) + 1, 2)
    for port in _random.sample(even, min(_TRIES, len(even))):
        one = socket.socket(family, socket.SOCK_DGRAM)
        one.setblocking(False)
        try:
            one.bind((address, port))
        except OSError:
            one.close()
            continue
        return one
    raise OSError(f"no UDP port of {ports} is free on {address}")


class AudioMedia:
    """A fax in sound."""

    way = "G.711"
    terminal: Terminal

    def __init__(self, port: Port, media: Media, sheets: Sheets) -> None:
        payload = media.payload or 0
        self._port = port
        self._own = AudioTerminal()
        self._sender, self._receiver = rtp.Sender(payload), rtp.Receiver(payload)
        self._missed = 0
        port.send_to(media)
        self.begin(sheets)

    def begin(self, sheets: Sheets) -> None:
        """Begin, or begin again: on the wire it is one stream."""
        self._own.close()
        self._own = AudioTerminal()
        self._own.begin(sheets)
        self.terminal = self._own
        self.is_quiet = False

    def take(self, datagram: bytes) -> None:
        """A packet came."""
        self._missed = 0
        samples = self._receiver.take(datagram)
        if not self.is_quiet:
            self._own.take(samples)

    def turn(self) -> None:
        """20 ms have passed."""
        self._missed += 1
        if not self.is_quiet and self._missed > QUIET_FRAMES:
            self._own.take(_SILENCE)
        said = _SILENCE if self.is_quiet else self._own.turn()
        self._port.send(self._sender.pack(said))

    def close(self) -> None:
        """Free the terminal."""
        self._own.close()


class PacketMedia:
    """A fax over T.38."""

    way = "T.38"
    terminal: Terminal

    def __init__(self, port: Port, media: Media, sheets: Sheets) -> None:
        self._port = port
        rate = min(_RATE, max(2_400, media.number("t38maxbitrate", _RATE)))
        self._own = PacketTerminal(self._send, rate=rate)
        self._own.begin(sheets)
        self.terminal = self._own
        largest = media.number("t38faxmaxdatagram", MAX_DATAGRAM)
        self._sender = udptl.Sender(max(100, min(largest, 1_400)))
        self._receiver = udptl.Receiver()
        port.send_to(media)

    def take(self, datagram: bytes) -> None:
        """A packet came."""
        for number, packet in self._receiver.take(datagram):
            self._own.take(number, packet)

    def turn(self) -> None:
        """20 ms have passed."""
        self._own.turn()

    def close(self) -> None:
        """Free the terminal."""
        self._own.close()

    def _send(self, packet: bytes, times: int) -> None:
        datagram = self._sender.pack(packet)
        for _ in range(times):
            self._port.send(datagram)
