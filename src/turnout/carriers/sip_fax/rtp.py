"""Sound over RTP (RFC 3550) in G.711, as modems need it: every sample once, in order.

There is no clock on the way in. A modem's sound is read as it comes, however late; only what was
lost is made up for, when LATE packets behind it have come: so a busy machine is no noise on the
line. The packet before is heard again: the carriers and symbols of all fax modems fit into its
20 ms a whole number of times, so that a modem stays in step, where silence is to it the end of what
is sent. Error correction then mends what was wrong.
"""

import secrets
from array import array
from functools import cache

LATE = 6
REPEATS = 5
FRAME = 160
_MOST_LOST = 50
_BIAS = 0x84


class Sender:
    """Packets of 20 ms, one after the other."""

    def __init__(self, payload: int) -> None:
        self._payload = payload
        self._number = secrets.randbelow(0x10000)
        self._time = secrets.randbelow(0x7FFFFFFF)
        self._source = secrets.token_bytes(4)
        self._table = _encoding(payload)

    def pack(self, samples: bytes) -> bytes:
        """A packet of samples (16 bits, this machine's order)."""
        self._number = (self._number + 1) & 0xFFFF
        head = bytes([0x80, self._payload]) + self._number.to_bytes(2, "big")
        head += (self._time & 0xFFFFFFFF).to_bytes(4, "big") + self._source
        self._time += len(samples) // 2
        table = self._table
        return head + bytes(table[sample & 0xFFFF] for sample in array("h", samples))


class Receiver:
    """Samples out of packets; what is no G.711 of that payload is left out."""

    def __init__(self, payload: int) -> None:
        self._payload = payload
        self._tables = _decoding(payload)
        self._source = b""
        self._next: int | None = None
        self._waiting: dict[int, bytes] = {}
        self._last = b""
        self._silence = bytes([_encoding(payload)[0]]) * FRAME
        self._repeated = 0

    def take(self, packet: bytes) -> bytes:
        """What is to be heard now (16 bits, this machine's order); may be nothing."""
        if len(packet) <= 12 or packet[0] >> 6 != 2 or packet[1] & 0x7F != self._payload:
            return b""
        start = 12 + 4 * (packet[0] & 0x0F)
        if packet[0] & 0x10 and len(packet) >= start + 4:
            start += 4 + 4 * int.from_bytes(packet[start + 2 : start + 4], "big")
        sound = packet[start:]
        if not sound or len(sound) > 10 * FRAME:
            return b""
        number = int.from_bytes(packet[2:4], "big")
        if self._next is None or packet[8:12] != self._source:
            self._source, self._next = packet[8:12], number
            self._waiting.clear()
        ahead = (number - self._next) & 0xFFFF
        if ahead >= 0x8000:
            return b""
        if ahead > _MOST_LOST:  # a long break
            self._waiting.clear()
            self._next = number
        self._waiting[number] = sound
        return self._drain()

    def _drain(self) -> bytes:
        heard = bytearray()
        while self._waiting and self._next is not None:
            sound = self._waiting.pop(self._next, None)
            if sound is None and len(self._waiting) < LATE:
                break
            if sound is None:
                self._repeated += 1
                sound = self._last if self._repeated <= REPEATS else self._silence
            else:
                self._last, self._repeated = sound, 0
            heard += self._decode(sound)
            self._next = (self._next + 1) & 0xFFFF
        return bytes(heard)

    def _decode(self, sound: bytes) -> bytes:
        out = bytearray(2 * len(sound))
        out[::2], out[1::2] = map(sound.translate, self._tables)
        return bytes(out)


@cache
def _encoding(payload: int) -> bytes:
    """The byte for each sample, by its 16 bits."""
    encode = _to_alaw if payload == 8 else _to_ulaw
    return bytes(encode(bits - 0x10000 if bits & 0x8000 else bits) for bits in range(0x10000))


@cache
def _decoding(payload: int) -> tuple[bytes, bytes]:
    """For each byte the first byte of its sample, and the second one."""
    decode = _from_alaw if payload == 8 else _from_ulaw
    samples = array("h", map(decode, range(256))).tobytes()
    return samples[::2], samples[1::2]


def _to_alaw(sample: int) -> int:
    mask = 0xD5
    if sample < 0:
        mask, sample = 0x55, -sample - 1
    sample = min(sample >> 3, 0xFFF)
    segment = max(0, sample.bit_length() - 5)
    step = sample >> 1 if segment < 2 else sample >> segment
    return (segment << 4 | step & 0x0F) ^ mask


def _from_alaw(byte: int) -> int:
    byte ^= 0x55
    segment, step = byte >> 4 & 7, (byte & 0x0F) << 4
    level = step + 8 if not segment else (step + 0x108) << segment - 1
    return level if byte & 0x80 else -level


def _to_ulaw(sample: int) -> int:
    mask = 0xFF
    if sample < 0:
        mask, sample = 0x7F, -sample
    sample = min(sample, 32_635) + _BIAS
    segment = sample.bit_length() - 8
    return (segment << 4 | sample >> segment + 3 & 0x0F) ^ mask


def _from_ulaw(byte: int) -> int:
    byte ^= 0xFF
    level = (((byte & 0x0F) << 3) + _BIAS << (byte >> 4 & 7)) - _BIAS
    return -level if byte & 0x80 else level
