"""Sounds to send and to listen to."""

import io
import math
import struct
import wave


def make_wav(
    seconds: float = 1.0, rate: int = 16_000, channels: int = 1, level: float = 0.3
) -> bytes:
    """A tone as a WAV file of 16 bits."""
    frames = [
        round(32767 * level * math.sin(2 * math.pi * 440 * n / rate))
        for n in range(round(seconds * rate))
    ]
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setparams((channels, 2, rate, 0, "NONE", ""))
        file.writeframes(b"".join(struct.pack("<h", frame) * channels for frame in frames))
    return out.getvalue()
