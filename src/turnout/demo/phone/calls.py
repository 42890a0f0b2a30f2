"""One call as the phone has it: it rings, is answered, hears, speaks, presses a key, and ends.

    RINGING -> TALKING -> OVER          also RINGING -> OVER: refused, or cancelled

Somebody who has pressed a key answers whatever is said then. Speech that is heard begins an entry
of the timeline, and a pause of PAUSE_S ends it. The phone itself hangs up when the caller has said
nothing for a while, FIRST times that before its first word.
"""

import asyncio
import secrets
import struct
from collections.abc import Callable
from typing import NamedTuple

from turnout.demo.phone import sounds
from turnout.demo.phone.keeping import HeardCall
from turnout.demo.phone.manners import RING_S, Manner
from turnout.demo.phone.sip import PCMA, Offer
from turnout.demo.phone.sounds import FRAME, FRAME_S

PAUSE_S = 0.5
LONGEST_S = 600.0
FIRST = 3
_LOST = 50
_KEY_STEPS = 6


class Pace(NamedTuple):
    """How long a person listens before the key is pressed, and waits in silence before leaving."""

    key_s: float = 2.5
    patience_s: float = 4.0


class Call:
    """`keep` is told whenever the call has changed; `hang_up` ends it from here."""

    def __init__(
        self,
        heard: HeardCall,
        manner: Manner,
        pace: Pace,
        keep: Callable[["Call"], None],
        clock: Callable[[], float],
    ) -> None:
        self.heard = heard
        self.manner = manner
        self.sound = bytearray()
        self.is_over = False
        self.offer = Offer("", 0, 0)
        self._pace = pace
        self._keep = keep
        self._clock = clock
        self._begun_at = clock()
        self._answered_at = self._loud_at = self._quiet_since = 0.0
        self._spoken_s = 0.0
        self._is_loud = False
        self._first_stamp = -1
        self._reply: list[bytes] = []
        self._ended = asyncio.Event()
        self._line: asyncio.DatagramTransport | None = None
        self._source = secrets.randbits(32)
        self._sequence = secrets.randbits(15)
        self._stamp = secrets.randbits(31)

    def note(self, what: str, detail: str = "") -> None:
        """Put into the timeline that something happened."""
        at = round(self._clock() - self._begun_at, 2)
        self.heard.events.append((at, what, detail))
        self._keep(self)

    async def ring(self) -> bool:
        """Ring; whether somebody takes the call then."""
        self.note("ringing")
        rings_s = RING_S if self.manner.is_answered else LONGEST_S
        await self._wait(rings_s)
        return self.manner.is_answered and not self.is_over

    async def talk(self, line: asyncio.DatagramTransport) -> None:
        """Say and hear until somebody hangs up."""
        self._line = line
        self._answered_at = self._quiet_since = self._clock()
        self.note("answered")
        frames = self._list_said()
        turn, key = 0, self.manner.key
        while not self.is_over and self._clock() - self._answered_at < LONGEST_S:
            reply = self._reply.pop() if self._reply else sounds.SILENT_ALAW
            self._send(frames[turn] if turn < len(frames) else reply)
            turn += 1
            if turn == len(frames):
                self._quiet_since = self._clock()
                self.note("said", "machine" if self.manner.is_machine else "hello")
            self._look_at_silence()
            if key and self._spoken_s >= self._pace.key_s:
                await self._press(key)
                key = ""
            if turn > len(frames) and self._is_alone():
                break
            await self._wait(self._answered_at + turn * FRAME_S - self._clock())

    def hear(self, packet: bytes) -> None:
        """A packet of what the other end says."""
        if len(packet) < 12 or packet[1] & 0x7F != PCMA or not self._answered_at:
            return
        stamp = int(struct.unpack_from("!I", packet, 4)[0])
        if self._first_stamp < 0:
            self._first_stamp = stamp
        at = ((stamp - self._first_stamp) & 0xFFFFFFFF) * 2
        payload = sounds.decode(packet[12:])
        missing = at - len(self.sound)
        if 0 <= missing < LONGEST_S * sounds.RATE * 2:
            self.sound += bytes(missing) + payload
        elif -_LOST * FRAME * 2 < missing < 0:  # it came late
            self.sound[at : at + len(payload)] = payload
        if sounds.is_loud(payload):
            self._spoken_s += FRAME_S
            self._loud_at = self._clock()
            if not self._is_loud:
                self._is_loud = True
                self.note("heard")

    def end(self, who: str) -> None:
        """It is over: the caller or we hung up, or cancelled. Idempotent."""
        if self.is_over:
            return
        self.is_over = True
        self._ended.set()
        self.note(who)

    def _look_at_silence(self) -> None:
        if self._is_loud and self._clock() - self._loud_at > PAUSE_S:
            self._is_loud = False
            self._quiet_since = self._clock()
            self.note("quiet")
            if self.heard.keys:
                self._reply = cut(sounds.babble(sounds.HELLO_S))[::-1]

    def _is_alone(self) -> bool:
        quiet_s = self._clock() - max(self._quiet_since, self._loud_at)
        patience_s = self._pace.patience_s * (1 if self._loud_at else FIRST)
        return not self._is_loud and quiet_s > patience_s

    def _list_said(self) -> list[bytes]:
        said = sounds.babble(sounds.HELLO_S)
        if self.manner.is_machine:
            said = sounds.babble(sounds.GREETING_S) + sounds.SILENT_ALAW * 10 + sounds.beep()
        said = sounds.SILENT_ALAW * 10 + said
        return cut(said)

    async def _press(self, key: str) -> None:
        """Press a key: RFC 4733, 20 ms apart, its end three times."""
        if not self.offer.keys:
            return
        event = "0123456789*#".index(key)
        for step in (*range(1, _KEY_STEPS + 1), *[_KEY_STEPS] * 3):
            is_last = step == _KEY_STEPS
            payload = struct.pack("!BBH", event, (0x80 if is_last else 0) | 10, step * FRAME)
            self._send(payload, kind=self.offer.keys, moves=False, is_first=step == 1)
            await self._wait(FRAME_S)
        self._stamp += (_KEY_STEPS + 2) * FRAME
        self.heard.keys += key
        self.note("pressed", key)

    def _send(
        self, payload: bytes, *, kind: int = PCMA, moves: bool = True, is_first: bool = False
    ) -> None:
        self._sequence = (self._sequence + 1) & 0xFFFF
        second = (0x80 if is_first else 0) | kind
        head = struct.pack(
            "!BBHII", 0x80, second, self._sequence, self._stamp & 0xFFFFFFFF, self._source
        )
        if self._line is not None and not self._line.is_closing():
            self._line.sendto(head + payload)
        if moves:
            self._stamp += FRAME

    async def _wait(self, seconds: float) -> None:
        """That long, or until the call is over."""
        if seconds > 0 and not self.is_over:
            try:
                await asyncio.wait_for(self._ended.wait(), seconds)
            except TimeoutError:
                return


def cut(said: bytes) -> list[bytes]:
    """A sound in A-law as packets carry it."""
    return [said[at : at + FRAME] for at in range(0, len(said) - FRAME + 1, FRAME)]
