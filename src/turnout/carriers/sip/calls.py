"""One call in the worker process: a leg to somebody's phone, what is said there, and, when a key
puts it through, a second leg."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import msgspec

from turnout.carriers.sip.conversation import Answer, Conversation, Script, State
from turnout.carriers.sip.quality import read_quality
from turnout.carriers.trunks.side_work import SideWork

SOUND_S = 2.0
"""How long after its answer a call may be without sound."""
REDIRECT_RING_S = 30.0
Tell = Callable[[dict[str, Any]], None]


class Line(Protocol):
    """What a call needs of a leg; see stack.py."""

    is_answered: bool
    is_closed: bool
    pressed: str
    moved_to: str
    sip: int
    q850: int
    reason: str
    stats: dict[str, Any]

    def read(self) -> bytes: ...
    def room(self) -> int: ...
    def write(self, sound: bytes) -> None: ...
    def flush(self) -> None: ...
    async def hang_up(self) -> None: ...


class OneCall:
    """From `begin` until `is_over`; `tell` takes its events."""

    def __init__(self, asked: dict[str, Any], stack: Any, spool: Path, tell: Tell) -> None:
        self._asked = asked
        self._stack = stack
        self._spool = spool
        self._write = tell
        self._loop = asyncio.get_running_loop()
        self._beside = SideWork(self, asked["id"], tell)
        self._talk: Conversation | None = None
        self._leg: Line | None = None
        self._other: Line | None = None
        self._how = ""
        self._has_rung = False
        self._was_machine = False
        self._has_asked = False
        self._is_moved = False
        self._begun_at = self._loop.time()
        self._answered_at = 0.0
        self._other_at = 0.0
        self._redirected = ""
        self._early_keys = ""
        self.is_over = False

    def begin(self) -> None:
        """Dial."""
        self._dial_first(self._asked["to"])

    def cancel(self, how: str, *, is_answered_too: bool) -> None:
        """It is not wanted any more."""
        if self._answered_at and not is_answered_too:
            return
        self._how = self._how or how
        self._hang_up()

    def fail(self, reason: str) -> None:
        """A fault of ours ends it; nobody knows how it would have ended."""
        self._how = self._how or "lost"
        for leg in filter(None, (self._leg, self._other)):
            self._beside.run(leg.hang_up())
        self._end(reason)

    def redirect(self, number: str) -> None:
        """The answer to `moved` and `asks`."""
        if self._is_moved and not self._answered_at:
            if number and not self._how:
                self._dial_first(number)
            else:
                self._end()
        elif self._talk is not None and self._talk.state is State.ASKING:
            if not number:
                self._talk.decline(self._loop.time())
                return
            self._redirected = number
            self._other_at = self._loop.time()
            self._other = self._dial(number, self._change_other)

    def turn(self, now: float) -> None:
        """Say and hear what is to be said and heard."""
        if self.is_over or self._leg is None or self._leg.is_closed:
            return
        if not self._answered_at:
            if now - self._begun_at >= self._asked["ring_s"]:
                self.cancel("ring", is_answered_too=False)
            return
        if now - self._answered_at >= self._asked["max_s"]:
            self._hang_up()
        room = self._leg.room()
        if self._talk is None:
            self._begin_to_talk(now, room)
        elif self._talk.state is State.THROUGH:
            self._bridge()
        else:
            self._go_on(self._talk, now, max(0, room))

    def _begin_to_talk(self, now: float, room: int) -> None:
        if room >= 0:
            self._talk = Conversation(self._read_script(), now)
            for key in self._early_keys:
                self._talk.press(key, now)
        elif now - self._answered_at >= SOUND_S:
            self._how = self._how or "silent"
            self._hang_up()

    def _go_on(self, talk: Conversation, now: float, room: int) -> None:
        leg = self._leg
        if leg is None:
            return
        said = talk.turn(now, leg.read(), room)
        if talk.must_flush:
            leg.flush()
            talk.must_flush = False
        if said:
            leg.write(said)
        if talk.is_machine and not self._was_machine:
            self._was_machine = True
            self._tell("machine")
        if talk.state is State.ASKING:
            self._ask(talk, now)
        elif talk.state is State.OVER:
            self._how = self._how or ("opt_out" if talk.is_opted_out else "")
            self._hang_up()

    def _ask(self, talk: Conversation, now: float) -> None:
        if not self._has_asked:
            self._has_asked = True
            self._tell("asks", to=talk.redirect)
        elif self._other is not None and now - self._other_at >= REDIRECT_RING_S:
            self._beside.run(self._other.hang_up())

    def _bridge(self) -> None:
        """Each hears what the other says."""
        one, other = self._leg, self._other
        if one is None or other is None:
            return
        for ear, mouth in ((one, other), (other, one)):
            if sound := ear.read():
                mouth.write(sound)

    def _dial_first(self, number: str) -> None:
        self._leg = self._dial(number, self._change)

    def _dial(self, number: str, change: Callable[[Line, str], None]) -> Line:
        leg: Line = self._stack.new_leg(change)
        self._beside.run(self._stack.dial(leg, number, self._asked["from"]))
        return leg

    def _change(self, leg: Line, what: str) -> None:
        """Something happened on the first leg."""
        if leg is not self._leg and what != "closed":
            return
        if what == "ringing" and not self._has_rung:
            self._has_rung = True
            self._tell("ringing")
        elif what == "answered":
            self._answered_at = self._loop.time()
            self._tell("answered")
            if self._how:
                self._hang_up()
        elif what == "key":
            if self._talk is None:
                self._early_keys += leg.pressed
            else:
                self._talk.press(leg.pressed, self._loop.time())
            self._tell("key", key=leg.pressed)
        elif what == "moved" and leg.moved_to and not self._is_moved:
            self._is_moved = True
            self._tell("moved", to=leg.moved_to)
        elif what == "closed" and leg is self._leg:
            self._close(leg)

    def _close(self, leg: Line) -> None:
        is_waiting = self._is_moved and leg.moved_to and not self._how
        if is_waiting and not self._answered_at:
            return  # for leave to call there; `redirect` goes on.
        if self._other is not None:
            self._beside.run(self._other.hang_up())
        self._end()

    def _change_other(self, leg: Line, what: str) -> None:
        """Something happened on the second leg."""
        if self._talk is None or self.is_over:
            return
        if what == "answered":
            self._talk.connect()
            if self._leg is not None:
                self._leg.flush()
                self._leg.read()
            self._tell("bridged")
        elif what == "closed":
            self._other = None
            if self._talk.state is State.THROUGH:
                self._hang_up()
            else:
                self._redirected = ""
                self._talk.decline(self._loop.time())

    def _hang_up(self) -> None:
        if self._leg is not None:
            self._beside.run(self._leg.hang_up())

    def _end(self, reason: str = "") -> None:
        if self.is_over or self._leg is None:
            return
        self.is_over = True
        talk, leg = self._talk, self._leg
        duration = self._loop.time() - self._answered_at if self._answered_at else 0.0
        if talk is not None and talk.is_opted_out:
            self._how = "opt_out"
        self._tell(
            "end",
            how=self._how or ("answered" if self._answered_at else "failed"),
            sip=leg.sip or (302 if self._is_moved and not self._has_rung else 0),
            q850=leg.q850,
            reason=reason or leg.reason,
            duration=duration,
            key=talk.key if talk else "",
            voicemail=bool(talk and talk.is_machine),
            begun=bool(talk and talk.has_begun),
            redirect=self._redirected,
            quality=self._tell_quality(leg),
            rung=self._has_rung,
        )

    def _tell_quality(self, leg: Line) -> dict[str, Any] | None:
        quality = read_quality(leg.stats) if self._answered_at else None
        return msgspec.structs.asdict(quality) if quality else None

    def _read_script(self) -> Script:
        script = self._asked["script"]
        keys = {
            key: Answer(self._read(answer["say"]), answer["redirect"])
            for key, answer in script["keys"].items()
        }
        return Script(
            lines=tuple(map(self._read, script["lines"])),
            voicemail=tuple(map(self._read, script["voicemail"])),
            keys=keys,
            gap_s=script["gap_s"],
            opt_out=script["opt_out"],
            sorry=self._read(script["sorry"]),
            detects=script["detects"],
        )

    def _read(self, name: str) -> bytes:
        return (self._spool / name).read_bytes() if name else b""

    def _tell(self, event: str, **members: Any) -> None:
        self._write({"event": event, "id": self._asked["id"], **members})
