"""Our SIP user agent: one trunk, its line, its registration, and its calls as dialogs.

It only calls. What the trunk asks outside of a call is answered (OPTIONS) or refused. Everything
goes to the trunk's own address, also within calls: it has to stay in their path, as session border
controllers and proxies with `record_route()` do.
"""

import asyncio
import contextlib
import secrets
from collections.abc import Callable
from typing import Any

from turnout.carriers.sip_fax.connection import Line, connect
from turnout.carriers.sip_fax.dialogs import ALLOW, Dialog
from turnout.carriers.sip_fax.messages import Message, find_param, respond
from turnout.carriers.sip_fax.registering import Registration
from turnout.carriers.sip_fax.transactions import Client, LostError, Server, Transactions

AGAIN_S = 30.0
ALIVE_S = 25.0
IDLE_S = 20.0
LEAVE_S = 2.0


class Agent:
    """For one event loop. `on_trunk` takes `registered` or `refused`, with a code and its words."""

    def __init__(self, told: dict[str, Any], on_trunk: Callable[[str, int, str], None]) -> None:
        self._told = told
        self._on_trunk = on_trunk
        self.username: str = told["username"]
        self.password: str = told["password"]
        self._line: Line | None = None
        self._connecting = asyncio.Lock()
        self._used_at = 0.0
        self._seen: tuple[str, int] | None = None
        self._dialogs: dict[tuple[str, str], Dialog] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._transactions = Transactions(self.send, self._take_request, self._take_ack)
        self._registration = Registration(self, told["domain"], on_trunk)

    async def start(self) -> None:
        """Register where that is asked for, and keep lines alive."""
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self._stay_alive())]
        if self._told["register"]:
            self._tasks.append(loop.create_task(self._registration.stay()))

    async def stop(self) -> None:
        """Leave the trunk."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._told["register"] and self._line and self._line.is_open:
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(LEAVE_S):
                    await self._registration.leave()
        if self._line:
            self._line.close()

    async def call(
        self,
        number: str,
        sender: str,
        on_change: Callable[[str], None],
        on_offer: Callable[[bytes], bytes | None],
    ) -> Dialog:
        """A dialog with a number, as dialled on this trunk, that is not begun. Raises OSError for a
        trunk that cannot be reached."""
        told = self._told
        await self.open(is_fresh=not self._dialogs and not told["register"])
        own = told["caller_id_header"] != "from" or not sender
        user = (self.username or "turnout") if own else sender
        headers = [("User-Agent", "Turnout")]
        if sender and told["caller_id_header"] != "from":
            headers.append(("P-Asserted-Identity", f"<sip:{sender}@{told['domain']}>"))
        dialog = Dialog(
            self,
            f"sip:{number}@{told['domain']}",
            f"sip:{user}@{told['domain']}",
            headers,
            on_change,
            on_offer,
        )
        self._dialogs[dialog.call_id, dialog.own_tag] = dialog
        return dialog

    def forget(self, dialog: Dialog) -> None:
        """The call is over; what is repeated of it is answered for a while."""
        key = (dialog.call_id, dialog.own_tag)
        asyncio.get_running_loop().call_later(AGAIN_S, self._dialogs.pop, key, None)

    async def open(self, *, is_fresh: bool = False) -> Line:
        """The line to the trunk; a stream that has been idle is made again where it is to be fresh.
        Raises OSError."""
        async with self._connecting:
            line = self._line
            is_idle = asyncio.get_running_loop().time() - self._used_at > IDLE_S
            if line and line.is_open and line.is_reliable and is_fresh and is_idle:
                line.close()
            if line is None or not line.is_open:
                self._line = line = await connect(self._told, self._take, self._lose, self._refuse)
                self._seen = None
            self._used_at = asyncio.get_running_loop().time()
            return line

    @property
    def address(self) -> str:
        """This machine's address, as the trunk's line has it."""
        return self._line.own[0] if self._line else ""

    @property
    def far(self) -> str:
        """The trunk's address."""
        return self._line.far if self._line else ""

    def send(self, message: Message) -> None:
        """Write a message; one that cannot be written is lost."""
        self._used_at = asyncio.get_running_loop().time()
        if self._line and self._line.is_open:
            self._line.send(message.pack())

    def begin(self, request: Message) -> Client:
        """A request that is not sent yet."""
        is_reliable = self._line is None or self._line.is_reliable
        return self._transactions.begin(request, is_reliable=is_reliable)

    def via(self) -> str:
        """A Via of its own for a request."""
        here, port = self._line.own if self._line else ("", 0)
        transport = str(self._told["transport"]).upper()
        return f"SIP/2.0/{transport} {_host(here)}:{port};branch=z9hG4bK{_token()};rport"

    def contact(self, user: str) -> str:
        """Where we are reached: as the trunk sees us."""
        here, port = self._seen or (self._line.own if self._line else ("", 0))
        return f"<sip:{user}@{_host(here)}:{port};transport={self._told['transport']}>"

    def _take(self, message: Message) -> None:
        if message.code:
            self._learn(message)
        self._transactions.take(message)

    def _learn(self, response: Message) -> None:
        """Note from where the trunk sees us come."""
        via = next(iter(response.get_all("via")), "")
        here, port = find_param(via, "received"), find_param(via, "rport")
        if self._line and port.isdecimal() and len(port) < 6:
            self._seen = (here.strip("[]") or self._line.own[0], int(port))

    def _lose(self, reason: str) -> None:
        self._transactions.lose(reason)

    def _refuse(self, reason: str) -> None:
        self._transactions.refuse(reason)

    def _take_ack(self, message: Message) -> None:
        self._transactions.acknowledge(message)

    def _take_request(self, server: Server) -> None:
        request = server.request
        if dialog := self._dialogs.get((request.get("call-id"), request.tag("to"))):
            dialog.take(server)
        elif request.tag("to") or request.method in ("BYE", "CANCEL"):
            server.reply(respond(request, 481, "Call Does Not Exist"))
        elif request.method == "OPTIONS":
            server.reply(respond(request, 200, "OK", ("Allow", ALLOW)))
        elif request.method == "INVITE":
            server.reply(respond(request, 486, "Busy Here"))
        else:
            server.reply(respond(request, 405, "Not Allowed", ("Allow", ALLOW)))

    async def _stay_alive(self) -> None:
        while True:
            await asyncio.sleep(ALIVE_S)
            if self._line and self._line.is_open and (self._dialogs or self._told["register"]):
                self._line.send(b"\r\n\r\n")


def is_lost(error: Exception) -> bool:
    """Whether it may have rung: the line broke behind an INVITE."""
    return isinstance(error, LostError)


def _host(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def _token() -> str:
    return secrets.token_hex(8)
