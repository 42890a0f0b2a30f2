"""The process that decodes one recording from its standard input; recordings.py starts it. It
limits itself before it reads anything."""

import io
import json
import sys
from typing import Any

from turnout.formats.child_limits import limit_process

MEMORY, CPU_S = 900_000_000, 60
RATE = 8_000
SLOWEST, FASTEST = 4_000, 192_000
MOST_CHANNELS = 8
SHORTEST_S, LONGEST_S = 0.3, 600
# Below it, of full scale, nobody hears anything.
SILENT = 0.005
LOUDNESS, PEAK, MOST_GAIN = 0.1, 0.95, 10.0
BLOCK = 65_536


def main() -> None:
    """Answer one line of JSON, and behind it the sound: 8 kHz, mono, 16 bits, little endian."""
    import numpy
    import soundfile
    import soxr

    limit_process(MEMORY, CPU_S)
    try:
        refusal, sound = remake(sys.stdin.buffer.read(), numpy, soundfile, soxr)
    except (soundfile.SoundFileError, OSError, ValueError, MemoryError, TypeError):
        refusal, sound = "broken", b""
    sys.stdout.buffer.write(json.dumps({"refusal": refusal}).encode() + b"\n" + sound)


def remake(content: bytes, numpy: Any, soundfile: Any, soxr: Any) -> tuple[str, bytes]:
    """Why it is refused, or the sound as the telephone carries it. Raises what soundfile raises."""
    with soundfile.SoundFile(io.BytesIO(content)) as file:
        rate, channels = file.samplerate, file.channels
        if not SLOWEST <= rate <= FASTEST or channels > MOST_CHANNELS:
            return "form", b""
        stream = soxr.ResampleStream(rate, RATE, 1, dtype="float32")
        parts = []
        frames = 0
        # Not by `blocks`: it wants to know how long the file is, and some kinds do not tell.
        while len(block := file.read(BLOCK, dtype="float32", always_2d=True)):
            frames += len(block)
            if frames > LONGEST_S * rate:
                return "long", b""
            mixed = numpy.nan_to_num(block.mean(axis=1), nan=0.0, posinf=1.0, neginf=-1.0)
            parts.append(stream.resample_chunk(mixed.clip(-1, 1)))
        parts.append(stream.resample_chunk(numpy.zeros(0, numpy.float32), last=True))
    if frames < SHORTEST_S * rate:
        return "short", b""
    sound = numpy.concatenate(parts)
    sound -= sound.mean()
    peak = float(numpy.abs(sound).max())
    if peak < SILENT:
        return "silent", b""
    return "", (sound * gain_of(sound, peak, numpy) * 32767).astype("<i2").tobytes()


def gain_of(sound: Any, peak: float, numpy: Any) -> float:
    """By how much it is made louder or softer: what is heard of it comes to -20 dBFS, and nothing
    is cut off."""
    heard = sound[numpy.abs(sound) > peak / 30]
    loudness = float(numpy.sqrt(numpy.mean(heard * heard)))
    return min(LOUDNESS / loudness, PEAK / peak, MOST_GAIN)


if __name__ == "__main__":
    main()
