"""A call as a file to listen to: its lines with pauses between, as the telephone carries them."""

import struct
from collections.abc import Sequence

from turnout.errors import Invalid
from turnout.formats import recordings
from turnout.formats.spoken.own_words import NONE, OwnWords
from turnout.speech import RATE, SAMPLE_BYTES
from turnout.speech.speaking import Speech
from turnout.speech.voices import locale_of


async def render(
    speech: Speech,
    lines: Sequence[str],
    voice: str,
    country: str,
    pause_s: float,
    words: OwnWords = NONE,
) -> bytes:
    """A WAV file of what is heard, with the words that are said otherwise. Raises Unavailable when
    nothing here can speak."""
    pause = bytes(round(pause_s * RATE) * SAMPLE_BYTES)
    locale = locale_of(country)
    sounds = [await speech.say(line, voice, locale, words=words) for line in lines]
    return to_wav(pause.join(filter(None, sounds)))


def remake(recording: bytes) -> bytes:
    """A recorded call as the telephone carries it, as a WAV file; as it is where nothing here can
    decode it. Takes up to a minute and a half."""
    if not recordings.is_available():
        return recording
    try:
        return to_wav(recordings.decode(recording))
    except Invalid:  # From before recordings were judged.
        return recording


def to_wav(sound: bytes) -> bytes:
    """A file of 8 kHz, mono, 16 bits."""
    per_second = RATE * SAMPLE_BYTES
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, RATE, per_second, SAMPLE_BYTES, 16)
    data = struct.pack("<4sI", b"data", len(sound)) + sound
    return b"RIFF" + struct.pack("<I", 4 + len(form) + len(data)) + b"WAVE" + form + data
