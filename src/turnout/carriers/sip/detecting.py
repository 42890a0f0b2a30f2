"""Who answered, a person or a machine: judged by what is heard, 8 kHz, 16 bits, in frames of 20 ms.

A person says little and waits. A machine goes on talking, also while it is spoken to, and beeps.
A beep is a single sine, held for BEEP_S: of such, x[n-1] + x[n+1] is a constant times x[n].
"""

from array import array
from operator import mul

FRAME = 160
FRAME_S = 0.02
PAUSE_S = 0.8
"""Silence that ends an utterance."""
# About -38 dBFS, in the power of samples: lines hiss below, people speak above.
_LOUD = 400.0**2
BEEP_S = 0.12
_PURE = 0.01
_SAME = 0.03
# 2 cos(2 pi f / 8000) of 2,000 Hz and 400 Hz.
_LOWEST, _HIGHEST = 0.0, 1.902


class Detector:
    """What was heard so far, in seconds: all of it, speech, the silence since, the last utterance
    with the short pauses in it, and whether there was a beep."""

    def __init__(self) -> None:
        self.heard_s = 0.0
        self.speech_s = 0.0
        self.silence_s = 0.0
        self.utterance_s = 0.0
        self.has_beep = False
        self._left = b""
        self._tone = 0.0
        self._tone_s = 0.0

    def hear(self, sound: bytes) -> None:
        """Take in what was heard; what is not a whole frame waits for the rest."""
        sound = self._left + sound
        size = FRAME * 2
        whole = len(sound) - len(sound) % size
        self._left = sound[whole:]
        samples = array("h")
        samples.frombytes(sound[:whole])
        for start in range(0, len(samples), FRAME):
            self._take(samples[start : start + FRAME])

    def miss(self, seconds: float) -> None:
        """Nothing came for so long: silence."""
        self.heard_s += seconds
        self.silence_s += seconds

    def _take(self, frame: "array[int]") -> None:
        self.heard_s += FRAME_S
        power = sum(map(mul, frame, frame)) / FRAME
        if power < _LOUD:
            self.silence_s += FRAME_S
            self._tone_s = 0.0
            return
        self._note_tone(frame, power * FRAME)
        if not self._tone_s:
            self.speech_s += FRAME_S
        is_new = not self.utterance_s or self.silence_s >= PAUSE_S
        self.utterance_s = FRAME_S if is_new else self.utterance_s + self.silence_s + FRAME_S
        self.silence_s = 0.0

    def _note_tone(self, frame: "array[int]", energy: float) -> None:
        middle = frame[1:-1]
        sums = [a + b for a, b in zip(frame, frame[2:], strict=False)]
        factor = sum(map(mul, middle, sums)) / energy
        rests = [total - factor * own for total, own in zip(sums, middle, strict=True)]
        is_pure = sum(map(mul, rests, rests)) < _PURE * energy
        if not (is_pure and _LOWEST < factor < _HIGHEST):
            self._tone_s = 0.0
            return
        is_same = abs(factor - self._tone) < _SAME
        self._tone = factor
        self._tone_s = self._tone_s + FRAME_S if is_same else FRAME_S
        self.has_beep = self.has_beep or self._tone_s >= BEEP_S - FRAME_S / 2
