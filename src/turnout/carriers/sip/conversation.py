"""What is said in one call, and when: a machine without a clock, a line or a file of its own.

    LISTENING -> SPEAKING -> WAITING -> OVER
        |            |  a key: ANSWERING -> OVER, or ASKING -> THROUGH
        +-> a machine: YIELDING (until its beep or a pause) -> LEAVING -> OVER

It speaks at the first pause of the one who answered, or when nothing is said, and listens on: much
speech while it speaks, or a beep, is a machine. A key stops what is being said. ASKING waits for
the other end of a redirect; THROUGH means that two lines are connected, and nothing is said here.
Sounds are 8 kHz, mono, 16 bits, little endian; times are seconds of any steady clock.
"""

import enum
import math
from collections import deque
from collections.abc import Mapping
from typing import NamedTuple

from turnout.carriers.sip.detecting import PAUSE_S, Detector

BYTES_PER_S = 16_000
QUIET_S = 2.5
LONG_GREETING_S = 5.0
JUDGED_S = 12.0
TALKS_ON_S = 1.6
LONGEST_GREETING_S = 45.0
BEEP_OVER_S = 0.3
TAIL_S = 0.5
WAIT_S = 5.0
SHORT_WAIT_S = 2.0
RING_S, RING_EVERY_S = 1.0, 4.0


class Answer(NamedTuple):
    """What follows a key: a sound, and the number to which the call is put through."""

    sound: bytes = b""
    redirect: str = ""


class Script(NamedTuple):
    """What is heard: by people in this order, by machines, after keys. `opt_out` is the key that
    wants no more calls; `sorry` is said when nobody takes a call that is put through."""

    lines: tuple[bytes, ...]
    voicemail: tuple[bytes, ...] = ()
    keys: Mapping[str, Answer] = {}
    gap_s: float = 1.0
    opt_out: str = ""
    sorry: bytes = b""
    detects: bool = True


class State(enum.Enum):
    """Where a conversation stands."""

    LISTENING = "listening"
    SPEAKING = "speaking"
    WAITING = "waiting"
    ANSWERING = "answering"
    ASKING = "asking"
    THROUGH = "through"
    YIELDING = "yielding"
    LEAVING = "leaving"
    OVER = "over"


class Conversation:
    """One call from its answer on."""

    def __init__(self, script: Script, now: float) -> None:
        self._script = script
        self._begun_at = self._turned_at = now
        self._detector = Detector()
        self._spoke_before = 0.0
        self._queue: deque[bytes] = deque()
        self._sound = b""
        self._ends_at = math.inf
        self.state = State.LISTENING
        self.has_begun = False
        self.is_machine = False
        self.key = ""
        self.is_opted_out = False
        self.redirect = ""
        self.must_flush = False
        if not script.detects:
            self._speak(State.SPEAKING, script.lines)

    def turn(self, now: float, heard: bytes, room: int) -> bytes:
        """Go on: `heard` came since the last turn; what is said next, at most `room` bytes. Where
        `must_flush`, what was said and not sent yet is to be dropped first."""
        self._listen(now, heard)
        if self.state is State.ASKING:
            return ring_back(now - self._ends_at, room)
        said = self._take(room)
        if said:
            self.has_begun = self.has_begun or self.state in (State.SPEAKING, State.LEAVING)
            self._ends_at = now + TAIL_S
        elif now >= self._ends_at:
            self._finish(now)
        return said

    def press(self, key: str, now: float) -> None:
        """A key was pressed. The first that means something is kept, or else the first."""
        if self.state in (State.ANSWERING, State.ASKING, State.THROUGH, State.OVER):
            return
        answer = self._script.keys.get(key)
        if answer is None:
            self.key = self.key or key
            return
        self.key = key
        self.is_machine = False
        self.has_begun = True
        self.is_opted_out = key == self._script.opt_out
        self.redirect = answer.redirect
        self._speak(State.ANSWERING, (answer.sound,))
        self._ends_at = now + TAIL_S

    def connect(self) -> None:
        """The other end of a redirect has answered."""
        self.state = State.THROUGH
        self.must_flush = True

    def decline(self, now: float) -> None:
        """There is no redirect: nobody took it, or it may not be."""
        if self.state is State.ASKING:
            self.redirect = ""
            self._speak(State.ANSWERING, (self._script.sorry,))
            self._ends_at = now + TAIL_S

    def _listen(self, now: float, heard: bytes) -> None:
        missed, self._turned_at = now - self._turned_at, now
        is_judging = self._script.detects and now - self._begun_at <= JUDGED_S
        if self.state is State.LISTENING or self.state is State.YIELDING:
            self._note(heard, missed)
        elif self.state is State.SPEAKING and is_judging:
            self._note(heard, missed)
            talked = self._detector.speech_s - self._spoke_before
            if talked >= TALKS_ON_S or self._detector.has_beep:
                self._yield()
        if self.state is State.LISTENING:
            self._judge_greeting()
        elif self.state is State.YIELDING:
            told = self._detector
            has_beeped = told.has_beep and told.silence_s >= BEEP_OVER_S  # some beep twice
            if (
                has_beeped
                or told.silence_s >= QUIET_S
                or now - self._begun_at >= LONGEST_GREETING_S
            ):
                self._speak(State.LEAVING, self._script.voicemail or self._script.lines)

    def _note(self, heard: bytes, missed: float) -> None:
        if heard:
            self._detector.hear(heard)
        elif missed > 0:
            self._detector.miss(missed)

    def _judge_greeting(self) -> None:
        told = self._detector
        if told.has_beep or told.utterance_s >= LONG_GREETING_S:
            self._yield()
        elif (told.speech_s and told.silence_s >= PAUSE_S) or told.silence_s >= QUIET_S:
            self._spoke_before = told.speech_s
            self._speak(State.SPEAKING, self._script.lines)

    def _yield(self) -> None:
        self.is_machine = True
        self._drop()
        self.state = State.YIELDING
        self._detector.silence_s = 0.0

    def _speak(self, state: State, sounds: tuple[bytes, ...]) -> None:
        self._drop()
        self.state = state
        gap = bytes(round(self._script.gap_s * BYTES_PER_S / 2) * 2)
        for number, sound in enumerate(filter(None, sounds)):
            self._queue += [gap, sound] if number else [sound]
        self._ends_at = self._turned_at + TAIL_S

    def _drop(self) -> None:
        self._queue.clear()
        self._sound = b""
        self.must_flush = True
        self._ends_at = math.inf

    def _take(self, room: int) -> bytes:
        taken = b""
        room -= room % 2
        while len(taken) < room and (self._sound or self._queue):
            if not self._sound:
                self._sound = self._queue.popleft()
            part = self._sound[: room - len(taken)]
            self._sound = self._sound[len(part) :]
            taken += part
        return taken

    def _finish(self, now: float) -> None:
        """All of a state was said, and the line has carried it."""
        if self.state is State.SPEAKING and self._script.keys:
            self.state = State.WAITING
            has_choice = bool(set(self._script.keys) - {self._script.opt_out})
            self._ends_at = now + (WAIT_S if has_choice else SHORT_WAIT_S)
        elif self.state is State.ANSWERING and self.redirect:
            self.state = State.ASKING
            self._ends_at = now
        elif self.state is not State.THROUGH:
            self.state = State.OVER


def ring_back(seconds: float, size: int) -> bytes:
    """What is heard while another phone rings: 425 Hz for a second of every four."""
    samples = bytearray()
    first = round(max(seconds, 0.0) * 8000)
    for number in range(first, first + size // 2):
        is_on = number % round(RING_EVERY_S * 8000) < RING_S * 8000
        value = round(3000 * math.sin(2 * math.pi * 425 * number / 8000)) if is_on else 0
        samples += value.to_bytes(2, "little", signed=True)
    return bytes(samples)
