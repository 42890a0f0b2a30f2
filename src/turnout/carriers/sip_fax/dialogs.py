"""Dialogs (RFC 3261, section 12) as their caller has them: one call, from its INVITE to its BYE."""

import asyncio
import re
import secrets
from collections.abc import Callable
from typing import Protocol

from turnout.carriers.sip_fax.digest import Challenge, find_challenge
from turnout.carriers.sip_fax.messages import Message, find_uri, respond
from turnout.carriers.sip_fax.transactions import Client, LostError, Server, cancel_of

SDP = "application/sdp"
MOST_CHALLENGES = 2
"""So often a request is repeated with a proof: for a proxy, and for the trunk behind it."""
CANCEL_S = 10.0
_CAUSE = re.compile(r"cause ?= ?\"?([0-9]{1,3})")
_OK_TO = ("INFO", "NOTIFY", "OPTIONS", "PRACK", "MESSAGE")


class Agent(Protocol):
    """What a dialog needs of the agent (agent.py)."""

    username: str
    password: str

    def contact(self, user: str) -> str: ...
    def via(self) -> str: ...
    def send(self, message: Message) -> None: ...
    def begin(self, request: Message) -> Client: ...


class Asking:
    """Requests that are answered to 401 and 407 with a password, where there is one."""

    def __init__(self, agent: Agent) -> None:
        self.agent = agent
        self._challenges: dict[str, Challenge] = {}

    async def ask(
        self,
        make: Callable[[], Message],
        on_begin: Callable[[Client], None] | None = None,
        is_wanted: Callable[[], bool] = lambda: True,
    ) -> Message:
        """The final answer to a request; `make` makes it, each time with a number of its own. One
        that is not wanted any more is not repeated. Raises TimeoutError, LostError."""
        tried = set[str]()
        while True:
            client = self.agent.begin(self._prove(make()))
            if on_begin:
                on_begin(client)
            client.begin()
            try:
                response = await client.answer()
            except asyncio.CancelledError:
                client.expire()
                raise
            challenge = find_challenge(response) if response.code in (401, 407) else None
            if challenge is None or not self.agent.username or not is_wanted():
                return response
            if challenge.realm in tried or len(tried) >= MOST_CHALLENGES:
                return response
            tried.add(challenge.realm)
            self._challenges[challenge.header] = challenge

    def _prove(self, request: Message) -> Message:
        method, uri = request.first.split(" ")[:2]
        agent = self.agent
        for challenge in self._challenges.values():
            proof = challenge.answer(method, uri, agent.username, agent.password)
            request.headers.append(proof)
        return request


class Dialog:
    """One call. `on_change` takes `ringing` and `closed`; `on_offer` gets what the trunk offers
    within the call, and answers with a description, or None = it is not taken."""

    def __init__(
        self,
        agent: Agent,
        uri: str,
        sender: str,
        headers: list[tuple[str, str]],
        on_change: Callable[[str], None],
        on_offer: Callable[[bytes], bytes | None],
    ) -> None:
        self._agent = agent
        self._asking = Asking(agent)
        self._user = sender.partition(":")[2].partition("@")[0]
        self._target = self._uri = uri
        self._headers = headers
        self._on_change = on_change
        self._on_offer = on_offer
        self.call_id = f"{secrets.token_hex(12)}@turnout"
        self.own_tag = secrets.token_hex(6)
        self._from = f"<{sender}>;tag={self.own_tag}"
        self._to = f"<{uri}>"
        self._routes: list[str] = []
        self._number = secrets.randbelow(10_000)
        self._their_number = -1
        self._inviting: Client | None = None
        self._is_cancelled = False
        self._described = b""
        self._acks: dict[int, Message] = {}
        self.is_confirmed = False
        self.is_closed = False
        self.has_rung = False
        self.q850 = 0

    @property
    def is_unheard(self) -> bool:
        """Whether the INVITE that is under way, or was given up, had no answer of any kind."""
        return self._inviting is not None and not self._inviting.has_answer

    async def invite(self, described: bytes) -> Message:
        """Call; the final answer, acknowledged. Raises TimeoutError, LostError."""
        self._described = described
        response = await self._asking.ask(
            lambda: self._request("INVITE", described),
            self._watch,
            lambda: not self._is_cancelled,
        )
        self._inviting = None
        self.q850 = read_cause(response)
        if response.code < 300:
            self._confirm(response)
            if self._is_cancelled:
                await self.bye()
        return response

    async def reinvite(self, described: bytes) -> Message:
        """Offer something else within the call; the final answer, acknowledged. Raises
        TimeoutError, LostError."""
        response = await self._asking.ask(
            lambda: self._request("INVITE", described), self._watch, lambda: not self.is_closed
        )
        self._inviting = None
        if response.code < 300:
            self._described = described
            self._acknowledge(response)
        return response

    def cancel(self) -> None:
        """End it before it is answered; `invite` returns the outcome."""
        self._is_cancelled = True
        client = self._inviting
        if client is None or self.is_confirmed:
            return
        if client.has_answer:
            self._agent.begin(cancel_of(client.request)).begin()
        # A trunk that answers nothing (more) is not waited for longer than it may repeat.
        asyncio.get_running_loop().call_later(CANCEL_S, client.expire)

    async def bye(self) -> None:
        """End it. Idempotent; never raises for the network."""
        if self.is_closed or not self.is_confirmed:
            return
        self.is_closed = True
        try:
            await self._asking.ask(lambda: self._request("BYE"))
        except (TimeoutError, LostError):
            return

    def take(self, server: Server) -> None:
        """The trunk asks something within the call."""
        request = server.request
        number, method = request.cseq
        if method == "CANCEL":
            server.reply(respond(request, 200, "OK"))
        elif self.is_closed:
            server.reply(respond(request, 481, "Call Does Not Exist"))
        elif number < self._their_number:
            server.reply(respond(request, 500, "Out Of Order"))
        elif method == "BYE":
            self._their_number = number
            server.reply(respond(request, 200, "OK"))
            self.q850 = read_cause(request)
            self.is_closed = True
            self._on_change("closed")
        elif method in ("INVITE", "UPDATE"):
            self._their_number = number
            self._take_offer(server)
        elif method in _OK_TO:
            server.reply(respond(request, 200, "OK"))
        else:
            server.reply(respond(request, 405, "Not Allowed", ("Allow", ALLOW)))

    def _take_offer(self, server: Server) -> None:
        request = server.request
        if self._inviting and self.is_confirmed:
            server.reply(respond(request, 491, "Request Pending"))
            return
        if contact := next(iter(request.get_all("contact")), ""):
            self._target = find_uri(contact)
        answer: bytes | None = b"" if request.method == "UPDATE" else self._described
        if request.body:
            answer = self._on_offer(request.body)
        if answer is None:
            server.reply(respond(request, 488, "Not Acceptable Here"))
            return
        response = respond(request, 200, "OK", ("Contact", self._agent.contact(self._user)))
        if answer:
            self._described = answer
            response.headers.append(("Content-Type", SDP))
            response.body = answer
        server.reply(response)

    def _watch(self, client: Client) -> None:
        self._inviting = client
        client.provisional = self._note_provisional
        client.on_success = self._note_success

    def _note_provisional(self, response: Message) -> None:
        if self._is_cancelled and not self.is_confirmed:
            self._is_cancelled = False
            self.cancel()
        elif response.code > 100 and not self.has_rung and not self.is_confirmed:
            self.has_rung = True
            self._on_change("ringing")

    def _note_success(self, response: Message) -> None:
        """A 2xx came again, or that of another phone, which is hung up."""
        number = response.cseq[0]
        if response.tag("to") == _tag(self._to):
            if ack := self._acks.get(number):
                self._agent.send(ack)
            return
        other = Dialog(
            self._agent,
            self._uri,
            find_uri(self._from),
            [],
            lambda _: None,
            lambda _: None,
        )
        other.call_id, other._from, other._number = self.call_id, self._from, self._number
        other._confirm(response)
        task = asyncio.get_running_loop().create_task(other.bye())
        _leaving.add(task)
        task.add_done_callback(_leaving.discard)

    def _confirm(self, response: Message) -> None:
        self.is_confirmed = True
        self._to = response.get("to")
        self._routes = response.get_all("record-route")[::-1]
        self._acknowledge(response)

    def _acknowledge(self, response: Message) -> None:
        if contact := next(iter(response.get_all("contact")), ""):
            self._target = find_uri(contact)
        number = response.cseq[0]
        ack = self._write("ACK", number)
        self._acks[number] = ack
        self._agent.send(ack)

    def _request(self, method: str, body: bytes = b"") -> Message:
        self._number += 1
        request = self._write(method, self._number)
        if method == "INVITE":
            request.headers.append(("Contact", self._agent.contact(self._user)))
            request.headers += [("Allow", ALLOW), *self._headers]
        if body:
            request.headers.append(("Content-Type", SDP))
            request.body = body
        return request

    def _write(self, method: str, number: int) -> Message:
        headers = [
            ("Via", self._agent.via()),
            ("Max-Forwards", "70"),
            ("From", self._from),
            ("To", self._to),
            ("Call-ID", self.call_id),
            ("CSeq", f"{number} {method}"),
            *(("Route", route) for route in self._routes),
        ]
        return Message(f"{method} {self._target} SIP/2.0", headers)


ALLOW = "INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO, NOTIFY"
_leaving: set[asyncio.Task[None]] = set()


def read_cause(message: Message) -> int:
    """The Q.850 cause of a Reason header; 0 = none."""
    for value in message.get_all("reason"):
        if found := _CAUSE.search(value.lower().partition("q.850")[2]):
            return int(found[1])
    return 0


def _tag(value: str) -> str:
    return Message("", [("To", value)]).tag("to")
