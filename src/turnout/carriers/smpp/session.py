"""One bind: one connection to the network, from its first octet to its end.

    connecting → binding → bound → leaving → lost
                    └────────┴────────────────┘

Only a bound session submits. It becomes *leaving* when either side wants to unbind: nothing new
is submitted, answers are still taken. `bound` and `lost` are futures, and each becomes done once.

What is submitted stays within four limits: the window (submissions unanswered), the rate (a token
bucket), the socket (nothing is handed to the transport while it holds unsent octets) and the
network's own: when it answers "throttled" or "queue full", the part goes back into the line, the
session pauses, twice as long each time, and starts again with one submission at a time and one
more for each that is accepted.

The fate of a part: answered → as the answer says; not handed to the transport → back in line;
handed over but not answered in time, or before the connection was lost → Unknown. A late answer
changes nothing. A part that is overdue keeps its place in the window, since the network still
owes the answer; when the window is full of such, or nothing was heard since, the connection is
given up.

What comes in is handled PDUS_A_TURN at a time, and between two turns the event loop does what else
there is; nothing more is read until all of it is handled.

Nothing that comes in may raise out of here: what cannot be read is answered with generic_nack,
and when even its length is wrong, the connection is closed. If you change what is answered here,
also change the property tests.
"""

import asyncio
import enum
import math
import socket
from collections.abc import Callable, Iterator
from functools import partial

import structlog

from turnout.carriers.smpp import pdu
from turnout.carriers.smpp.pdu import Malformed, Pdu, Sms
from turnout.carriers.smpp.rate import Pace
from turnout.carriers.smpp.reassembly import Answer
from turnout.carriers.smpp.receipts import read_answer_id
from turnout.carriers.smpp.settings import SmppSettings
from turnout.carriers.smpp.statuses import (
    INVALID_COMMAND_ID,
    INVALID_COMMAND_LENGTH,
    OK,
    is_back_off,
    judge,
    name,
)
from turnout.carriers.smpp.submissions import Part, Submissions
from turnout.carriers.smpp.unanswered import Unanswered
from turnout.carriers.smpp.writing import PduWriter

log = structlog.get_logger()

LEAVE_S = 2.0
LONGEST_TICK_S = 1.0
PDUS_A_TURN = 200


class State(enum.Enum):
    """Where a session is in its life."""

    CONNECTING = enum.auto()
    BINDING = enum.auto()
    BOUND = enum.auto()
    LEAVING = enum.auto()
    LOST = enum.auto()


class BindRefused(Exception):
    """The network answered the bind, and not with OK."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the bind was answered with {name(status)}")
        self.status = status


class Session(asyncio.Protocol):
    """One bind. `bound` raises BindRefused or ConnectionError when it comes to nothing."""

    def __init__(
        self,
        settings: SmppSettings,
        submissions: Submissions,
        receive: Callable[[Sms, Answer], None],
        on_pause: Callable[[str], object] = lambda _reason: None,
    ) -> None:
        self._settings = settings
        self._submissions = submissions
        self._receive = receive
        self._on_pause = on_pause
        self._loop = asyncio.get_running_loop()
        self.bound: asyncio.Future[None] = self._loop.create_future()
        self.bound_at = math.inf
        self.lost: asyncio.Future[None] = self._loop.create_future()
        self._state = State.CONNECTING
        self._framer = pdu.Framer()
        self._frames: Iterator[Pdu] = iter(())
        self._unread: list[bytes] = []
        self._turn_handle: asyncio.Handle | None = None
        self._writer = PduWriter(self._loop)
        self._under_way = Unanswered(submissions)
        self._pace = Pace(settings.rate, settings.window, self._loop.time())
        self._is_socket_full = False
        self._pump_handle: asyncio.TimerHandle | None = None
        self._tick_handle: asyncio.TimerHandle | None = None
        self._heard_at = self._loop.time()
        self._enquired_at: float | None = None
        self._unbind_sequence: int | None = None
        self._tick_s = min(
            LONGEST_TICK_S, settings.response_timeout_s / 4, settings.enquire_link_s / 4
        )
        self._handlers: dict[int, Callable[[Pdu], None]] = {
            pdu.BIND_TRANSCEIVER | pdu.RESPONSE: self._on_bind_answer,
            pdu.SUBMIT_SM | pdu.RESPONSE: self._on_submit_answer,
            pdu.GENERIC_NACK: self._on_generic_nack,
            pdu.DELIVER_SM: self._on_deliver,
            pdu.ENQUIRE_LINK: self._on_enquire_link,
            pdu.UNBIND: self._on_unbind,
            pdu.UNBIND | pdu.RESPONSE: self._on_unbind_answer,
        }

    @property
    def is_bound(self) -> bool:
        """Whether it submits."""
        return self._state is State.BOUND

    @property
    def is_open(self) -> bool:
        """Whether it submits, and was not asked for a pause."""
        return self.is_bound and not self._pace.is_paused(self._loop.time())

    def pump(self) -> None:
        """Submit as much of the line as the limits let through."""
        if self._state is not State.BOUND or self._is_socket_full or self._transport.is_closing():
            return
        now = self._loop.time()
        room = min(self._pace.allowance, self._settings.window - self._under_way.overdue)
        while len(self._under_way) < room:
            if wait_s := self._pace.wait_s(now):
                self._pump_at(now + wait_s)
                break
            part = self._submissions.take()
            if part is None:
                break
            self._pace.spend()
            self._under_way.add(self._writer.send(pdu.SUBMIT_SM, part.body), part, now)
        self._writer.flush()

    async def unbind(self) -> None:
        """Say good-bye and disconnect; at once if the network does not answer."""
        if self._state is State.BOUND:
            self._state = State.LEAVING
            self._writer.send(pdu.UNBIND)
            self._writer.flush()
            await asyncio.wait([self.lost], timeout=LEAVE_S)
        self.abort()

    def abort(self) -> None:
        """Disconnect at once."""
        if self._state not in (State.CONNECTING, State.LOST):
            self._transport.abort()

    # What asyncio calls.

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._transport = transport
        self._heard_at = self._loop.time()
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._writer.open(transport)
        self._state = State.BINDING
        settings = self._settings
        self._writer.send(
            pdu.BIND_TRANSCEIVER,
            pdu.encode_bind(settings.system_id, settings.password, settings.system_type),
        )
        self._writer.flush()

    def data_received(self, data: bytes) -> None:
        self._heard_at = self._loop.time()
        self._enquired_at = None
        self._unread.append(data)
        if self._turn_handle is None:
            self._take_turn()

    def _take_turn(self) -> None:
        """Handle some of what has come; the rest when the event loop has been around."""
        was_paused, self._turn_handle = self._turn_handle is not None, None
        try:
            is_all = self._handle_some()
        except Malformed as fault:
            log.warning("smpp: the network sent what cannot be read", fault=str(fault))
            self._writer.reply(pdu.GENERIC_NACK, INVALID_COMMAND_LENGTH, 0)
            self._close()
            return
        if not is_all:
            self._transport.pause_reading()
            self._turn_handle = self._loop.call_soon(self._take_turn)
        elif was_paused and not self._transport.is_closing():
            self._transport.resume_reading()
        self.pump()
        self._writer.flush()

    def _handle_some(self) -> bool:
        """Handle up to PDUS_A_TURN; False if there may be more. Raises Malformed."""
        for _ in range(PDUS_A_TURN):
            frame = next(self._frames, None)
            if frame is None and not self._unread:
                return True
            if frame is None:
                self._frames = self._framer.feed(self._unread.pop(0))
            else:
                self._handle(frame)
        return False

    def pause_writing(self) -> None:
        self._is_socket_full = True

    def resume_writing(self) -> None:
        self._is_socket_full = False
        self.pump()

    def connection_lost(self, exc: Exception | None) -> None:
        self._state = State.LOST
        for handle in (self._tick_handle, self._pump_handle, self._turn_handle):
            if handle:
                handle.cancel()
        self._writer.stop()
        self._under_way.fail_all("the connection was lost before the answer")
        if not self.bound.done():
            self.bound.set_exception(ConnectionError("the connection was closed during the bind"))
        if not self.lost.done():
            self.lost.set_result(None)

    # What the network says.

    def _handle(self, unit: Pdu) -> None:
        handler = self._handlers.get(unit.command)
        if handler:
            try:
                handler(unit)
            except Exception:
                log.exception("smpp: what the network sent cannot be taken", command=unit.command)
                self._refuse(unit)
        elif not unit.command & pdu.RESPONSE:
            self._writer.reply(pdu.GENERIC_NACK, INVALID_COMMAND_ID, unit.sequence)

    def _refuse(self, unit: Pdu) -> None:
        """End what this belongs to, and nothing else: the part that it answers may be sent."""
        if not unit.command & pdu.RESPONSE:
            self._writer.reply(pdu.GENERIC_NACK, INVALID_COMMAND_LENGTH, unit.sequence)
        elif unit.sequence in self._under_way:
            self._under_way.fail(unit.sequence, "the network's answer could not be read")
            self._leave_when_done()

    def _on_bind_answer(self, unit: Pdu) -> None:
        if self._state is not State.BINDING or self.bound.done():
            return
        if unit.status == OK:
            self._state = State.BOUND
            self.bound_at = self._loop.time()
            self.bound.set_result(None)
            self._tick()
        else:
            self.bound.set_exception(BindRefused(unit.status))
            self._close()

    def _on_submit_answer(self, unit: Pdu) -> None:
        # Read first: what cannot be read leaves the part where it is, and `_refuse` ends it.
        network_id = read_answer_id(pdu.read_cstring(unit.body), self._settings.receipt_ids)
        part = self._under_way.take(unit.sequence)
        if part:
            self._end(part, unit.status, network_id)
        self._leave_when_done()

    def _end(self, part: Part, status: int, network_id: str) -> None:
        if status == OK:
            self._pace.speed_up(self._loop.time())
            self._submissions.accept(part, network_id)
        elif is_back_off(status):
            self._slow_down(status)
            self._submissions.give_back(part)
            self._on_pause(f"the network answered {name(status)}")
        else:
            self._submissions.fail(part, judge(status))

    def _on_generic_nack(self, unit: Pdu) -> None:
        if self._state is State.BINDING:
            self._on_bind_answer(unit._replace(status=unit.status or INVALID_COMMAND_ID))
        else:
            self._on_submit_answer(unit._replace(status=unit.status or INVALID_COMMAND_ID))

    def _on_deliver(self, unit: Pdu) -> None:
        try:
            sms = pdu.decode_sms(unit.body)
        except Malformed as fault:
            log.warning("smpp: the network sent what cannot be read", fault=str(fault))
            self._writer.reply(pdu.GENERIC_NACK, INVALID_COMMAND_LENGTH, unit.sequence)
            return
        self._receive(sms, partial(self._writer.answer_delivery, unit.sequence))

    def _on_enquire_link(self, unit: Pdu) -> None:
        self._writer.reply(pdu.ENQUIRE_LINK | pdu.RESPONSE, OK, unit.sequence)

    def _on_unbind(self, unit: Pdu) -> None:
        # After our answer no other comes, so it waits for those that are under way.
        self._state = State.LEAVING
        self._unbind_sequence = unit.sequence
        self._loop.call_later(LEAVE_S, self.abort)
        self._leave_when_done()

    def _on_unbind_answer(self, _unit: Pdu) -> None:
        self._close()

    def _leave_when_done(self) -> None:
        if self._unbind_sequence is not None and not self._under_way:
            self._writer.reply(pdu.UNBIND | pdu.RESPONSE, OK, self._unbind_sequence)
            self._close()

    def _slow_down(self, status: int) -> None:
        if seconds := self._pace.slow_down(self._loop.time()):
            log.info("smpp: the network wants a pause", seconds=seconds, status=name(status))

    def _pump_at(self, when: float) -> None:
        if self._pump_handle is None:
            self._pump_handle = self._loop.call_at(when, self._pump_now)

    def _pump_now(self) -> None:
        self._pump_handle = None
        self.pump()

    # Time.

    def _tick(self) -> None:
        self._tick_handle = self._loop.call_later(self._tick_s, self._tick)
        now = self._loop.time()
        late = now - self._settings.response_timeout_s
        if self._is_dead(late):
            log.warning("smpp: the network does not answer; the connection is given up")
            self._transport.abort()
        elif self._enquired_at is None and self._heard_at <= now - self._settings.enquire_link_s:
            self._enquired_at = now
            self._writer.send(pdu.ENQUIRE_LINK)
            self._writer.flush()
        else:
            self.pump()

    def _is_dead(self, late: float) -> bool:
        """Whether nobody seems to be there, after giving up what was submitted before `late`."""
        is_silent = self._enquired_at is not None and self._enquired_at <= late
        is_silent |= self._under_way.fail_late(late, self._heard_at)
        return is_silent or self._under_way.overdue >= self._settings.window

    def _close(self) -> None:
        """Disconnect once all is written, which must not take long."""
        self._writer.flush()
        self._transport.close()
        self._loop.call_later(LEAVE_S, self.abort)
