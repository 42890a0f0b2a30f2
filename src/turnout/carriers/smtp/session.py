"""One connection to the relay as it delivers, driven by the server's answers.

A message is three commands, a body and a final dot, each answered once, in order:

    MAIL, RCPT, DATA  ->  250, 250, 354   (the envelope; one write where PIPELINING is offered)
    lines, "."        ->  250             (the body)

With pipelining the dot of one message and the envelope of the next are one write (RFC 2920: DATA
may only be the last of a group), so a message costs one round trip. Two deliveries are in a
session then: the *current* one, which has sent its dot, and the *next* one, of which only the
envelope is out. Rules:

- The first refusal in an envelope decides (`Delivery.refusal`); the answers behind it are only
  read. A server that says 354 all the same gets an empty message, which it refuses.
- An envelope that ended without a body leaves a transaction open: RSET goes first in the next.
- A mail that is not ours any more (its lease is over) is looked for before its envelope and before
  each write of its body, so also before the dot. After 354 the only way out is to hang up.
- When the connection ends, a delivery whose dot was written is Unknown. Every other was certainly
  not sent: it goes back to the owner if this session has finished another before (servers hang up
  after so many messages, or so many refusals), else it is Retry: so no server makes a loop.

Nothing is dot-stuffed here: mime.py makes no line that begins with a dot.
"""

import asyncio
import re
import ssl
from collections import deque
from collections.abc import Callable
from typing import Protocol

from turnout.carriers import Accepted, Lapsed, Outcome, Rejected, Retry, Unknown
from turnout.carriers.mails.mime import Mail
from turnout.carriers.smtp.connection import Connection, Handler
from turnout.carriers.smtp.opening import Extensions, Opening
from turnout.carriers.smtp.outcomes import RECONNECT_S, Reply, Stage, judge
from turnout.carriers.smtp.settings import SmtpSettings
from turnout.core.messaging.model import Status

# A mail up to this size is one write; of a larger one, so much is written at a time.
_SMALL = 128 * 1024
_BLOCK = 256 * 1024
_GOODBYE_S = 5.0
_SIZE_DIGITS = 20
_QUEUE_ID = re.compile(r"(?:queued as |\bid=)([\w.\-]{1,100})")


class Delivery:
    """One mail on its way, and where its outcome goes: to the future, and at once to `tell`."""

    __slots__ = ("_tell", "future", "is_ours", "is_sent", "mail", "refusal")

    def __init__(
        self,
        mail: Mail,
        is_ours: Callable[[], bool],
        future: "asyncio.Future[Outcome]",
        tell: Callable[[Outcome], object] | None = None,
    ) -> None:
        self.mail = mail
        self.is_ours = is_ours
        self.future = future
        self._tell = tell
        self.refusal: Outcome | None = None
        self.is_sent = False

    def settle(self, outcome: Outcome) -> None:
        """This is its outcome, unless it had one, or was cancelled."""
        if not self.future.done():
            self.future.set_result(outcome)
            if self._tell:
                self._tell(outcome)


class Owner(Protocol):
    """Anyone who has the messages: the pool."""

    def take(self) -> Delivery | None:
        """The next message to deliver, if there is one."""

    def settle(self, delivery: Delivery, outcome: Outcome) -> None:
        """This is the outcome of a message taken."""

    def give_back(self, delivery: Delivery) -> None:
        """A message taken was not sent, through no fault of its own."""

    def rest(self, session: "Session") -> None:
        """The session has nothing to do; `work` or `quit` it later."""

    def leave(self, session: "Session") -> None:
        """The session takes no more messages. May be said twice."""


class Session(Connection):
    """One connection. `open` it; then it takes messages from its owner until it ends."""

    def __init__(self, settings: SmtpSettings, owner: Owner) -> None:
        super().__init__()
        self._settings = settings
        self._owner = owner
        self._extensions: Extensions | None = None
        self._is_pipelining = False
        self._commands: deque[tuple[bytes, Handler]] = deque()
        self._current: Delivery | None = None
        self._next: Delivery | None = None
        self._blocks: deque[bytes | memoryview] = deque()
        self._is_paused = False
        self._needs_reset = False
        self._taken = 0
        self._finished = 0

    async def open(self, context: ssl.SSLContext | None) -> None:
        """Connect, encrypt (not without a `context`) and log in. Raises OpeningFailed."""
        self._extensions = await Opening(self._settings, self, context).run()
        self._is_pipelining = "PIPELINING" in self._extensions

    def work(self) -> None:
        """Take a message, or rest. Only when just opened, or resting."""
        if self._taken >= self._settings.messages_per_connection:
            self.quit()
        elif delivery := self._take():
            self._current = delivery
            self._queue_envelope(delivery)
            self.write(self._next_commands())
            self.set_deadline(self._settings.command_timeout_s)
        else:
            self.set_deadline(self._settings.idle_timeout_s)
            self._owner.rest(self)

    def quit(self) -> None:
        """Take no more messages, say QUIT and hang up. Only when resting."""
        self._owner.leave(self)
        self.expect(lambda _: self.close(), _GOODBYE_S)
        self.write(b"QUIT\r\n")
        self.set_deadline(_GOODBYE_S)

    def abort(self, because: str) -> None:
        self._owner.leave(self)
        super().abort(because)

    # The envelope

    def _take(self) -> Delivery | None:
        """A message of the owner's that this server can take."""
        while delivery := self._owner.take():
            if not delivery.is_ours():
                self._owner.settle(delivery, Lapsed())
            elif problem := self._find_obstacle(delivery.mail):
                self._owner.settle(delivery, Rejected(Status.PATHWAY_ERROR, problem))
            else:
                self._taken += 1
                return delivery
        return None

    def _find_obstacle(self, mail: Mail) -> str:
        extensions = self._extensions or {}
        if mail.needs_utf8 and "SMTPUTF8" not in extensions:
            return "The relay cannot take addresses outside ASCII (SMTPUTF8)"
        limit = extensions.get("SIZE", "")
        if limit.isdecimal() and len(limit) < _SIZE_DIGITS and 0 < int(limit) < mail.size:
            return f"The mail has {mail.size} bytes, and the relay takes {limit}"
        return ""

    def _queue_envelope(self, delivery: Delivery) -> None:
        mail = delivery.mail
        parameters = f" SIZE={mail.size}" if "SIZE" in (self._extensions or {}) else ""
        if mail.needs_utf8:
            parameters += " BODY=8BITMIME SMTPUTF8"
        if self._needs_reset:
            self._needs_reset = False
            self._commands.append((b"RSET\r\n", lambda _: None))
        self._commands += (
            (
                f"MAIL FROM:<{mail.return_path}>{parameters}\r\n".encode(),
                lambda reply: self._on_address(delivery, Stage.MAIL, reply),
            ),
            (
                f"RCPT TO:<{mail.destination}>\r\n".encode(),
                lambda reply: self._on_address(delivery, Stage.RCPT, reply),
            ),
            (b"DATA\r\n", lambda reply: self._on_data(delivery, reply)),
        )

    def _next_commands(self) -> bytes:
        """The commands that may be written now: all that wait, or one without pipelining."""
        commands = []
        while self._commands and (self._is_pipelining or not self.is_waiting):
            command, handler = self._commands.popleft()
            commands.append(command)
            self.expect(handler, self._settings.command_timeout_s)
        return b"".join(commands)

    def _on_address(self, delivery: Delivery, stage: Stage, reply: Reply) -> None:
        if reply.is_positive or delivery.refusal:
            return
        delivery.refusal = judge(stage, reply)
        if not self._is_pipelining:
            self._commands.clear()
            self._end_envelope(delivery, delivery.refusal)

    def _on_data(self, delivery: Delivery, reply: Reply) -> None:
        if reply.code != 354:
            self._end_envelope(delivery, delivery.refusal or judge(Stage.DATA, reply))
        elif refusal := delivery.refusal:
            self.expect(lambda _: self._finish(delivery, refusal), self._settings.end_timeout_s)
            self.write(b".\r\n")
        else:
            self._blocks = _cut(delivery.mail)
            self._send_body(delivery)

    def _end_envelope(self, delivery: Delivery, outcome: Outcome) -> None:
        self._needs_reset = True
        self._finish(delivery, outcome)

    # The body

    def _send_body(self, delivery: Delivery) -> None:
        """Write as much of the body as the connection takes; in the end the dot."""
        if not delivery.is_ours():
            delivery.refusal = Lapsed()
            return self.abort("the time of a message was over")
        while len(self._blocks) > 1:
            if self._is_paused:
                return self.set_deadline(self._settings.data_timeout_s)
            self.write(self._blocks.popleft())
        delivery.is_sent = True
        self.expect(lambda reply: self._on_dot(delivery, reply), self._settings.end_timeout_s)
        if self._is_pipelining and self._taken < self._settings.messages_per_connection:
            self._next = self._take()
        if self._next:
            self._queue_envelope(self._next)
        self.write(b"".join((self._blocks.popleft(), b".\r\n", self._next_commands())))
        return self.set_deadline(self._settings.end_timeout_s)

    def _on_dot(self, delivery: Delivery, reply: Reply) -> None:
        if reply.is_positive:
            self._finish(delivery, Accepted(_find_queue_id(reply.text), is_final=True))
        else:
            self._finish(delivery, judge(Stage.END, reply))

    def _finish(self, delivery: Delivery, outcome: Outcome) -> None:
        self._finished += 1
        self._owner.settle(delivery, outcome)
        self._current, self._next = self._next, None
        if not self._current:
            self.work()

    # What happens to the connection

    def on_ready(self) -> None:
        if commands := self._next_commands():
            self.write(commands)

    def on_last_word(self, reply: Reply) -> None:
        """While a body is on its way, this is its answer."""
        delivery = self._current
        if delivery and (delivery.is_sent or self._blocks) and reply.code >= 400:
            self._current = None
            self._owner.settle(delivery, judge(Stage.END, reply))

    def on_silence(self) -> None:
        is_resting = self._extensions is not None and not self._current and not self.is_waiting
        if is_resting:
            self.quit()
        else:
            super().on_silence()

    def on_end(self, reason: str) -> None:
        self._owner.leave(self)
        for delivery in filter(None, (self._current, self._next)):
            if delivery.is_sent:
                self._owner.settle(delivery, Unknown(reason))
            elif delivery.refusal:
                self._owner.settle(delivery, delivery.refusal)
            elif self._finished:
                self._owner.give_back(delivery)
            else:
                self._owner.settle(delivery, Retry(RECONNECT_S, reason))

    def pause_writing(self) -> None:
        self._is_paused = True

    def resume_writing(self) -> None:
        self._is_paused = False
        if self._current and self._blocks:
            self._send_body(self._current)


def _cut(mail: Mail) -> "deque[bytes | memoryview]":
    """A mail in pieces that are written one by one, as the connection takes them."""
    if mail.size <= _SMALL:
        return deque([b"".join(mail.chunks)])
    return deque(
        memoryview(chunk)[start : start + _BLOCK]
        for chunk in mail.chunks
        for start in range(0, len(chunk), _BLOCK)
    )


def _find_queue_id(text: str) -> tuple[str, ...]:
    """The name under which the relay's log knows a message, if its answer says so."""
    found = _QUEUE_ID.search(text)
    return (found[1],) if found else ()
