"""Transactions (RFC 3261, section 17): requests that are repeated until they are answered, and
answers that are repeated when they are asked for again.

On UDP an INVITE is repeated until any answer, other requests until the final one. An INVITE with
any answer waits for the final one, however long, until its dialog gives it up (`expire`); what
comes within GIVE_UP_S of its end still belongs to it. A refusal of an INVITE is acknowledged as
often as it comes. A 2xx is the dialog's: it comes here as often as it is repeated, and is handed on
(`on_success`). An answer of ours is repeated when its request is; a final one to an INVITE also by
itself, until its ACK.
"""

import asyncio
from collections.abc import Callable

from turnout.carriers.sip_fax.messages import Message

T1_S, T2_S = 0.5, 4.0
GIVE_UP_S = 64 * T1_S
SEND = Callable[[Message], None]


class LostError(OSError):
    """The connection to the trunk broke after a request was written to it."""


class Client:
    """A request on its way. `provisional` is called for each answer below 200, `on_success` for
    each 2xx to an INVITE behind the first; `ended` once, when it has its end."""

    def __init__(self, request: Message, send: SEND, *, is_reliable: bool) -> None:
        self.request = request
        self._send = send
        self._is_reliable = is_reliable
        self._is_invite = request.method == "INVITE"
        self._loop = asyncio.get_running_loop()
        self._final: asyncio.Future[Message] = self._loop.create_future()
        self._timer: asyncio.TimerHandle | None = None
        self._pause_s = T1_S
        self._ends_at = self._loop.time() + GIVE_UP_S
        self._sent = 0
        self.has_answer = False
        self.provisional: Callable[[Message], None] = _ignore
        self.on_success: Callable[[Message], None] = _ignore
        self.ended: Callable[[], object] = bool

    def begin(self) -> None:
        """Send it, and again until it is answered."""
        self._sent += 1
        self._send(self.request)
        if not self._final.done():
            self._later()

    async def answer(self) -> Message:
        """The final answer. Raises TimeoutError, LostError; OSError when it did not arrive."""
        return await self._final

    def take(self, response: Message) -> None:
        """An answer came."""
        self.has_answer = True
        if response.code < 200:
            if self._is_invite:
                self._rest()
            if not self._final.done():
                self.provisional(response)
            return
        self._rest()
        if self._is_invite and response.code >= 300:
            self._send(acknowledge(self.request, response))
        if not self._final.done():
            self._final.set_result(response)
            self.ended()
        elif self._is_invite and response.code < 300:
            self.on_success(response)

    def lose(self, reason: str) -> None:
        """The connection broke."""
        self._rest()
        if not self._final.done():
            self._fail(LostError(reason))

    @property
    def is_unheard(self) -> bool:
        """Whether nothing has come of it, and still may."""
        return not self.has_answer and not self._final.done()

    def refuse(self, reason: str) -> None:
        """It did not arrive. An INVITE that was not sent before is certainly unknown to the trunk;
        other requests are sent again."""
        if self._is_invite and self._sent == 1 and self.is_unheard:
            self._rest()
            self._fail(ConnectionRefusedError(reason))

    def expire(self) -> None:
        """It is given up."""
        self._rest()
        if not self._final.done():
            self._fail(TimeoutError("no answer"))

    def _fail(self, error: OSError) -> None:
        self._final.set_exception(error)
        self._final.exception()  # nobody may be waiting any more
        self.ended()

    def _later(self) -> None:
        left = self._ends_at - self._loop.time()
        pause = left if self._is_reliable else min(self._pause_s, left)
        self._timer = self._loop.call_later(max(0.0, pause), self._again)

    def _again(self) -> None:
        if self._loop.time() >= self._ends_at:
            self.expire()
            return
        self._sent += 1
        self._send(self.request)
        self._pause_s = self._pause_s * 2 if self._is_invite else min(self._pause_s * 2, T2_S)
        self._later()

    def _rest(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None


class Server:
    """A request of the trunk's, and what was answered."""

    def __init__(self, request: Message, send: SEND) -> None:
        self.request = request
        self._send = send
        self._response: Message | None = None
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._pause_s = T1_S
        self._ends_at = self._loop.time() + GIVE_UP_S

    def reply(self, response: Message) -> None:
        """Answer it."""
        self._response = response
        self._send(response)
        if self.request.method == "INVITE" and response.code >= 200:
            self._timer = self._loop.call_later(self._pause_s, self._again)

    def repeat(self) -> None:
        """It came again."""
        if self._response:
            self._send(self._response)

    def rest(self) -> None:
        """The ACK has come."""
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def _again(self) -> None:
        if self._loop.time() >= self._ends_at or self._response is None:
            self._timer = None
            return
        self._send(self._response)
        self._pause_s = min(self._pause_s * 2, T2_S)
        self._timer = self._loop.call_later(self._pause_s, self._again)


class Transactions:
    """All of one line. `on_request` takes what the trunk asks, once; `on_ack` the ACKs of 2xx."""

    def __init__(
        self,
        send: SEND,
        on_request: Callable[[Server], None],
        on_ack: Callable[[Message], None],
    ) -> None:
        self._send = send
        self._on_request = on_request
        self._on_ack = on_ack
        self._clients: dict[tuple[str, str], Client] = {}
        self._servers: dict[tuple[str, str, str], Server] = {}

    def begin(self, request: Message, *, is_reliable: bool) -> Client:
        """A request that is about to be sent (`Client.begin`)."""
        client = Client(request, self._send, is_reliable=is_reliable)
        key = (request.branch, request.method)
        self._clients[key] = client
        later = asyncio.get_running_loop().call_later
        client.ended = lambda: later(GIVE_UP_S, self._clients.pop, key, None)
        return client

    def take(self, message: Message) -> None:
        """A message of the trunk's came."""
        if message.code:
            if client := self._clients.get((message.branch, message.method)):
                client.take(message)
            return
        method = "INVITE" if message.method == "ACK" else message.method
        key = (message.branch, message.get("call-id"), method)
        server = self._servers.get(key)
        if message.method == "ACK":
            if server:
                server.rest()
            self._on_ack(message)
        elif server:
            server.repeat()
        else:
            self._servers[key] = server = Server(message, self._send)
            asyncio.get_running_loop().call_later(GIVE_UP_S, self._servers.pop, key, None)
            self._on_request(server)

    def acknowledge(self, request: Message) -> None:
        """The ACK of a 2xx of ours came: it has a branch of its own."""
        call_id, number = request.get("call-id"), request.cseq[0]
        for server in self._servers.values():
            own = server.request
            if own.method == "INVITE" and own.get("call-id") == call_id and own.cseq[0] == number:
                server.rest()

    def lose(self, reason: str) -> None:
        """The connection broke."""
        for client in list(self._clients.values()):
            client.lose(reason)

    def refuse(self, reason: str) -> None:
        """A datagram did not arrive: of the only request that waits for an answer, if it is one."""
        waiting = [client for client in self._clients.values() if client.is_unheard]
        if len(waiting) == 1:
            waiting[0].refuse(reason)


def acknowledge(request: Message, response: Message) -> Message:
    """The ACK of a refused INVITE: of the same transaction."""
    kept = ("from", "call-id", "max-forwards", "route")
    headers = [(name, value) for name, value in request.headers if name.lower() in kept]
    via = ("Via", next(iter(request.get_all("via"))))
    to, cseq = ("To", response.get("to")), ("CSeq", f"{request.cseq[0]} ACK")
    return Message(request.first.replace("INVITE", "ACK", 1), [via, *headers, to, cseq])


def cancel_of(request: Message) -> Message:
    """The CANCEL of an INVITE: of the same branch."""
    kept = ("from", "to", "call-id", "max-forwards", "route")
    headers = [(name, value) for name, value in request.headers if name.lower() in kept]
    via = ("Via", next(iter(request.get_all("via"))))
    cseq = ("CSeq", f"{request.cseq[0]} CANCEL")
    return Message(request.first.replace("INVITE", "CANCEL", 1), [via, *headers, cseq])


def _ignore(_message: Message) -> None:
    return
