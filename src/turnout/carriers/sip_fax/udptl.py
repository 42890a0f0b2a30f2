"""UDPTL (ITU-T T.38, annex 9.1): packets of a fax, each with the ones before it, so that some may
be lost. Of forward error correction only the packets themselves are read."""

from collections import deque
from collections.abc import Iterator

REDUNDANCY = 3
LARGEST = 1_500
_FEC = 0x80


class Sender:
    """Numbers packets and puts those before with them, as far as they fit in a datagram."""

    def __init__(self, largest: int) -> None:
        self._largest = largest
        self._number = 0
        self._sent: deque[bytes] = deque(maxlen=REDUNDANCY)

    def pack(self, packet: bytes) -> bytes:
        """The datagram for the next packet."""
        out = bytearray(self._number.to_bytes(2, "big"))
        self._number = (self._number + 1) & 0xFFFF
        out += _write(packet) + b"\0"
        earlier, room = list[bytes](), self._largest - len(out) - 1
        for old in self._sent:
            field = _write(old)
            if len(field) > room:
                break
            earlier.append(field)
            room -= len(field)
        out.append(len(earlier))
        self._sent.appendleft(packet)
        return bytes(out + b"".join(earlier))


class Receiver:
    """Takes packets out of datagrams, each once and in order; what was lost and is not repeated
    later is left out."""

    def __init__(self) -> None:
        self._next = 0

    def take(self, datagram: bytes) -> list[tuple[int, bytes]]:
        """The packets that are new, each with its number; of garbage none."""
        found = list(_read(datagram))
        if not found:
            return []
        number = int.from_bytes(datagram[:2], "big")
        ahead = (number - self._next) & 0xFFFF
        if ahead >= 0x8000:
            return []
        new = found[: ahead + 1]
        self._next = (number + 1) & 0xFFFF
        return [((number - back) & 0xFFFF, packet) for back, packet in enumerate(new)][::-1]


def _write(packet: bytes) -> bytes:
    size = len(packet)
    head = bytes([size]) if size < 0x80 else (0x8000 | size).to_bytes(2, "big")
    return head + packet


def _read(datagram: bytes) -> Iterator[bytes]:
    """The packets of a datagram, the newest first."""
    if not 4 <= len(datagram) <= LARGEST:
        return
    packet, at = _field(datagram, 2)
    if packet is None:
        return
    yield packet
    if at + 1 >= len(datagram) or datagram[at] & _FEC:
        return
    count, at = datagram[at + 1], at + 2
    for _ in range(min(count, 0x7F)):
        packet, at = _field(datagram, at)
        if packet is None:
            return
        yield packet


def _field(datagram: bytes, at: int) -> tuple[bytes | None, int]:
    if at >= len(datagram):
        return None, at
    size, at = datagram[at], at + 1
    if size & 0x80:
        if size & 0x40 or at >= len(datagram):
            return None, at
        size, at = (size & 0x3F) << 8 | datagram[at], at + 1
    if at + size > len(datagram):
        return None, at
    return datagram[at : at + size], at + size
