"""What the phone says, and how loud what it hears is: 8 kHz, s16le, and A-law on the line."""

import math
from array import array
from functools import lru_cache
from operator import mul

RATE = 8_000
FRAME = 160
FRAME_S = 0.02
SILENT_ALAW = b"\xd5" * FRAME
HELLO_S, GREETING_S, BEEP_S = 0.6, 5.5, 0.5
# About -38 dBFS, in the power of samples.
_LOUD = 400.0**2


def _decode(code: int) -> int:
    code ^= 0x55
    exponent, mantissa = (code >> 4) & 7, code & 15
    value = (mantissa << 4) + 8 if not exponent else ((mantissa << 4) + 0x108) << (exponent - 1)
    return value if code & 0x80 else -value


_DECODED = [_decode(code) for code in range(256)]


@lru_cache(maxsize=1)
def _encoding() -> bytes:
    """The nearest code of every sixteenth sample, from -32,768 up."""
    by_value = sorted((value, code) for code, value in enumerate(_DECODED))
    codes, at = bytearray(), 0
    for sample in range(-32_768, 32_768, 16):
        middle = sample + 8
        while at < 255 and abs(by_value[at + 1][0] - middle) <= abs(by_value[at][0] - middle):
            at += 1
        codes.append(by_value[at][1])
    return bytes(codes)


def decode(payload: bytes) -> bytes:
    """A-law as samples."""
    return array("h", [_DECODED[code] for code in payload]).tobytes()


def encode(sound: bytes) -> bytes:
    """Samples as A-law."""
    samples = array("h")
    samples.frombytes(sound)
    codes = _encoding()
    return bytes(codes[(sample + 32_768) >> 4] for sample in samples)


def is_loud(sound: bytes) -> bool:
    """Whether somebody speaks in a frame of samples."""
    samples = array("h")
    samples.frombytes(sound)
    return bool(samples) and sum(map(mul, samples, samples)) / len(samples) > _LOUD


@lru_cache(maxsize=4)
def babble(seconds: float) -> bytes:
    """Something like speech, in A-law: a voice's harmonics, four syllables a second."""
    samples = array("h")
    for number in range(round(RATE * seconds)):
        at = number / RATE
        pitch = 2 * math.pi * (120 + 15 * math.sin(2 * math.pi * 0.7 * at)) * at
        voice = sum(math.sin(pitch * order) / order for order in (1, 2, 3, 5, 8))
        samples.append(round(3500 * voice * (0.35 + 0.65 * abs(math.sin(math.pi * 4 * at)))))
    return encode(samples.tobytes())


@lru_cache(maxsize=1)
def beep() -> bytes:
    """A machine's beep, in A-law."""
    step = 2 * math.pi * 1000 / RATE
    samples = (round(9000 * math.sin(step * number)) for number in range(round(RATE * BEEP_S)))
    return encode(array("h", samples).tobytes())
