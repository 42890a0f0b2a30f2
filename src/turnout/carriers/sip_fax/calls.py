"""One fax in the worker process: a call, and the two ways in which its pages go.

    INVITE with G.711 -> answered: in sound (CNG is heard by gateways)
        the trunk offers T.38 within the call                     -> T.38
        a fax machine is heard, or nothing for WAIT_S: GRACE_S for the trunk to offer, then we do
            taken                                                 -> T.38
            refused                                               -> in sound, begun again
    with t38=first the INVITE offers T.38, and where it is refused for that, G.711
    with t38=never it stays in sound, and what the trunk offers is refused

While that is being agreed on nothing is said: fax machines repeat themselves for 35 seconds.
"""

import asyncio
import random
from collections.abc import Callable
from typing import Any

from turnout.carriers.sip_fax.addresses import AstrayError, judge_media
from turnout.carriers.sip_fax.agent import Agent
from turnout.carriers.sip_fax.dialogs import Dialog
from turnout.carriers.sip_fax.media import AudioMedia, PacketMedia, Port
from turnout.carriers.sip_fax.messages import Message, find_number, read_pause
from turnout.carriers.sip_fax.sdp import Describing, Media, find_audio, find_t38, read_media
from turnout.carriers.sip_fax.spandsp import Sheets
from turnout.carriers.sip_fax.transactions import LostError
from turnout.carriers.trunks.side_work import SideWork
from turnout.http.addresses import read_networks

FRAME_S = 0.02
MOST_FRAMES = 10
WAIT_S = 10.0
GRACE_S = 1.5
NO_FAX_S = 35.0
TAIL_S = 1.0
NOT_TAKEN = frozenset({415, 488, 606})
MOVED = frozenset({301, 302})
GLARE = 491
_random = random.SystemRandom()


class LineTime:
    """The time of a line, in frames of 20 ms; what a busy machine has missed of it beyond
    MOST_FRAMES does not pass."""

    def __init__(self, now: float) -> None:
        self._at = now

    def count(self, now: float) -> int:
        """How many have passed since it was asked last."""
        frames = int((now - self._at) / FRAME_S)
        self._at = max(self._at + frames * FRAME_S, now - MOST_FRAMES * FRAME_S)
        return min(frames, MOST_FRAMES)


class OneFax:
    """From `begin` until `is_over`; `tell` takes its events."""

    def __init__(
        self,
        asked: dict[str, Any],
        agent: Agent,
        told: dict[str, Any],
        sheets: Sheets,
        tell: Callable[[dict[str, Any]], None],
    ) -> None:
        self._asked = asked
        self._agent = agent
        self._told = told
        self._allowed = read_networks(told["outbound_allow"])
        self._sheets = sheets
        self._write = tell
        self._loop = asyncio.get_running_loop()
        self._beside = SideWork(self, asked["id"], tell)
        self._dialog: Dialog | None = None
        self._to: str = asked["to"]
        self._moving: asyncio.Future[str] | None = None
        self._audio_port: Port | None = None
        self._t38_port: Port | None = None
        self._describing = Describing("", 0)
        self._media: AudioMedia | PacketMedia | None = None
        self._far_audio: Media | None = None
        self._how = ""
        self._begun_at = self._loop.time()
        self._time = LineTime(self._begun_at)
        self._answered_at = 0.0
        self._line_s = 0.0
        self._agrees_at = 0.0
        self._ends_at = 0.0
        self._is_heard = False
        self._is_settled = told["t38"] == "never"
        self._is_asking = False
        self.is_over = False

    def begin(self) -> None:
        """Dial."""
        self._beside.run(self._dial())

    def cancel(self, how: str, *, is_answered_too: bool) -> None:
        """It is not wanted any more."""
        if self._answered_at and not is_answered_too:
            return
        self._how = self._how or how
        if self._answered_at:
            self._hang_up()
        elif self._dialog:
            self.redirect("")
            self._dialog.cancel()

    def fail(self, reason: str) -> None:
        """A fault of ours ends it; nobody knows how it would have ended."""
        if self._dialog:
            self._dialog.cancel()
            self._beside.run(self._dialog.bye())
        self._end("lost", reason=reason)

    def redirect(self, number: str) -> None:
        """The answer to `moved`: empty = the new number may not be called."""
        if self._moving and not self._moving.done():
            self._moving.set_result(number)

    def turn(self, now: float) -> None:
        """Let the time of the line pass."""
        if self.is_over:
            return
        if not self._answered_at:
            if now - self._begun_at >= self._asked["ring_s"] and not self._how:
                self.cancel("ring", is_answered_too=False)
            return
        for _ in range(self._time.count(now)):
            if self._media is None or self.is_over:
                break
            self._line_s += FRAME_S
            self._media.turn()
            self._go_on(self._media)
        if now - self._answered_at >= self._asked["max_s"]:
            self._how = self._how or "long"
            self._hang_up()

    async def _dial(self) -> None:
        try:
            await self._call()
        except LostError as error:
            self._end("lost", reason=str(error))
        except TimeoutError:
            is_unheard = self._dialog is not None and self._dialog.is_unheard
            is_unknown = is_unheard and self._how in ("", "ring")
            self._end("lost" if is_unknown else "failed", reason="the trunk does not answer")
        except OSError as error:
            self._end("failed", reason=str(error) or type(error).__name__)

    async def _call(self) -> None:
        """Call until somebody answers. Raises OSError, LostError, TimeoutError."""
        response = await self._offer()
        if response.code in MOVED and not self._how:
            number = find_number(next(iter(response.get_all("contact")), ""))
            if number and (to := await self._ask_to_move(number)) and not self._how:
                self._to = to
                response = await self._offer()
        if response.code >= 300:
            pause = read_pause(response.get("retry-after"))
            self._end("failed", sip=response.code, reason=response.words, retry_after=pause)
        elif self._how:
            self._end("failed", sip=487)
        else:
            self._begin_to_fax(read_media(response.body))

    async def _offer(self) -> Message:
        """Call with what is offered first, and then with sound; the final answer."""
        is_first = self._told["t38"] == "first"
        response = await self._invite(is_t38=is_first)
        if is_first and response.code in NOT_TAKEN and not self._how:
            self._is_settled = True
            response = await self._invite(is_t38=False)
        return response

    async def _ask_to_move(self, number: str) -> str:
        """Where to call instead, as dialled; empty = nowhere."""
        self._moving = self._loop.create_future()
        self._tell("moved", to=number)
        return await self._moving

    async def _invite(self, *, is_t38: bool) -> Message:
        if self._dialog:
            self._agent.forget(self._dialog)
        self._dialog = dialog = await self._agent.call(
            self._to, self._asked["from"], self._change, self._take_offer
        )
        if self._audio_port is None:
            address, ports = self._agent.address, self._told["rtp_ports"]
            self._audio_port = Port(address, ports, self._take)
            self._t38_port = Port(address, ports, self._take)
            self._describing = Describing(address, _random.randrange(1 << 31))
        if self._how:
            raise TimeoutError
        if is_t38 and self._t38_port:
            return await dialog.invite(self._describing.t38(self._t38_port.number))
        return await dialog.invite(self._describing.audio(self._audio_port.number))

    def _begin_to_fax(self, media: list[Media]) -> None:
        self._answered_at = self._loop.time()
        self._time = LineTime(self._answered_at)
        self._tell("answered")
        if self._dialog and self._dialog.is_closed:  # a BYE came right behind the answer
            self._end(self._how or "faxed")
        elif fax := find_t38(media):
            self._if_fit(fax, self._switch)
        elif audio := find_audio(media):
            self._if_fit(audio, self._speak)
        else:
            self._how = "unreadable"
            self._hang_up()

    def _change(self, what: str) -> None:
        """Something happened in the dialog."""
        if what == "ringing":
            self._tell("ringing")
        elif self._answered_at:
            self._end(self._how or "faxed")

    def _take(self, datagram: bytes) -> None:
        if self._media:
            self._media.take(datagram)

    def _take_offer(self, body: bytes) -> bytes | None:
        """The trunk offers something within the call; None = it is not taken."""
        offered = read_media(body)
        fax, audio = find_t38(offered), find_audio(offered)
        if not self._answered_at or self._audio_port is None or self._t38_port is None:
            return None
        if fax and self._told["t38"] != "never":
            if not self._if_fit(fax, self._switch):
                return None
            return self._describing.answer(offered, fax, self._t38_port.number)
        is_sound = isinstance(self._media, AudioMedia)
        if audio is None or not (is_sound or not self._is_heard or self._ends_at):
            return None
        if not self._if_fit(audio, self._follow):
            return None
        return self._describing.answer(offered, audio, self._audio_port.number)

    def _if_fit(self, media: Media, work: Callable[[Media], None]) -> bool:
        """Go on with media, if it may be sent where they say; else the call ends."""
        try:
            work(judge_media(media, self._agent.far, self._allowed))
        except AstrayError as error:
            self._how = self._how or "astray"
            self._hang_up(str(error))
            return False
        return True

    def _follow(self, audio: Media) -> None:
        """Sound is offered within the call: to where the other end has moved, or again."""
        far = self._far_audio
        is_same = isinstance(self._media, AudioMedia) and far and far.payload == audio.payload
        if is_same and self._audio_port:
            self._far_audio = audio
            self._audio_port.send_to(audio)
        elif not self._ends_at:
            self._is_settled = True
            self._speak(audio)

    def _speak(self, audio: Media) -> None:
        """Go on in sound, from the beginning."""
        self._far_audio = audio
        if self._audio_port:
            self._leave_media()
            self._media = AudioMedia(self._audio_port, audio, self._sheets)

    def _switch(self, fax: Media) -> None:
        """Go on over T.38, from the beginning, or to where the other end has moved."""
        self._is_settled, self._agrees_at = True, 0.0
        if self._t38_port and isinstance(self._media, PacketMedia):
            self._t38_port.send_to(fax)
        elif self._t38_port:
            self._leave_media()
            self._media = PacketMedia(self._t38_port, fax, self._sheets)

    def _leave_media(self) -> None:
        if self._media:
            self._is_heard = self._is_heard or self._media.terminal.is_heard
            self._media.close()
            self._media = None

    def _go_on(self, media: AudioMedia | PacketMedia) -> None:
        """What follows from how far the fax is, after each 20 ms."""
        self._is_heard = self._is_heard or media.terminal.is_heard
        if self._ends_at:
            if self._line_s >= self._ends_at:
                self._hang_up()
        elif media.terminal.is_over:
            self._ends_at = self._line_s + TAIL_S
        elif not self._is_heard and self._line_s >= NO_FAX_S:
            self._how = self._how or "no_fax"
            self._hang_up()
        elif isinstance(media, AudioMedia) and not self._is_settled:
            self._agree(media)

    def _agree(self, media: AudioMedia) -> None:
        """Wait for the trunk to offer T.38, then do so ourselves."""
        if not self._agrees_at:
            if self._is_heard or self._line_s >= WAIT_S:
                media.is_quiet = True
                self._agrees_at = self._line_s + GRACE_S
        elif self._line_s >= self._agrees_at and not self._is_asking:
            self._is_asking = True
            self._beside.run(self._offer_t38(media))

    async def _offer_t38(self, media: AudioMedia) -> None:
        dialog, port = self._dialog, self._t38_port
        if dialog is None or port is None:
            return
        fax: Media | None = None
        try:
            response = await dialog.reinvite(self._describing.t38(port.number))
            if response.code == GLARE:
                await asyncio.sleep(_random.uniform(2.1, 4.0))
                if self._media is media and not self.is_over:
                    response = await dialog.reinvite(self._describing.t38(port.number))
            if response.code < 300:
                fax = find_t38(read_media(response.body))
        except (TimeoutError, OSError):
            fax = None
        if self._media is not media or self.is_over:
            return
        if fax:
            self._if_fit(fax, self._switch)
        else:
            self._is_settled = True
            media.begin(self._sheets)

    def _hang_up(self, reason: str = "") -> None:
        if self._dialog:
            self._beside.run(self._dialog.bye())
        self._end(self._how or "faxed", reason=reason)

    def _end(self, how: str, *, sip: int = 0, reason: str = "", retry_after: int = 0) -> None:
        if self.is_over:
            return
        self.is_over = True
        if self._media:
            self._media.terminal.drop()
        way, said, ident, pages, bit_rate, has_ecm = "", "", "", 0, 0, False
        if media := self._media:
            self._leave_media()
            pages, bit_rate, has_ecm, ident = media.terminal.facts()
            way, said = media.way, media.terminal.said
        for port in (self._audio_port, self._t38_port):
            if port:
                port.close()
        dialog = self._dialog
        if dialog:
            self._agent.forget(dialog)
        self._tell(
            "end",
            how=self._how if how == "failed" and self._how else how,
            sip=sip,
            q850=dialog.q850 if dialog else 0,
            reason=reason,
            retry_after=retry_after,
            duration=self._loop.time() - self._answered_at if self._answered_at else 0.0,
            rung=bool(dialog and dialog.has_rung) or bool(self._answered_at),
            pages=self._sheets.first + pages,
            heard=self._is_heard,
            way=way,
            said=said,
            bit_rate=bit_rate,
            ecm=has_ecm,
            ident=ident,
        )

    def _tell(self, event: str, **members: Any) -> None:
        self._write({"event": event, "id": self._asked["id"], **members})
