"""A trunk that answers as a test has it, on a line without a network, and in a time of its own."""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from turnout.carriers.sip_fax import agent as agent_module
from turnout.carriers.sip_fax.agent import Agent
from turnout.carriers.sip_fax.messages import Message, read_message, respond

Header = tuple[str, str]
TOLD = {
    "host": "127.0.0.1",
    "port": 5060,
    "transport": "udp",
    "domain": "trunk.example",
    "username": "turnout",
    "password": "secret-1",
    "register": False,
    "caller_id_header": "from",
    "t38": "never",
    "rtp_ports": "32768-60999",
    "outbound_allow": "",
}


class _Selector(selectors.DefaultSelector):
    """Waits for nothing: its time passes at once."""

    passed_s = 0.0

    def select(self, timeout: float | None = None) -> Any:
        assert timeout is not None, "nothing will ever happen"
        self.passed_s += timeout
        return super().select(0)


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._own = _Selector()
        super().__init__(self._own)

    def time(self) -> float:
        return self._own.passed_s


def run(work: Coroutine[Any, Any, None]) -> None:
    """Do it, in no time."""
    with asyncio.Runner(loop_factory=_Loop) as runner:
        runner.run(work)


class StrangeTrunk:
    """A line; `answer` gets each request, and may call `reply`. `asked` has their times and
    methods."""

    is_open = True
    own, far = ("127.0.0.1", 5070), "127.0.0.1"

    def __init__(
        self,
        monkeypatch: pytest.MonkeyPatch,
        answer: Callable[["StrangeTrunk", Message], None],
        *,
        is_reliable: bool = False,
    ) -> None:
        self.is_reliable = is_reliable
        self.asked: list[tuple[float, str]] = []
        self.requests: list[Message] = []
        self.said: list[tuple[str, int, str]] = []
        self.on_refused: Callable[[str], None]
        self._answer = answer
        self._take: Callable[[Message], None]

        async def connect(_told: Any, on_message: Any, _on_lost: Any, on_refused: Any) -> Any:
            self._take, self.on_refused = on_message, on_refused
            return self

        monkeypatch.setattr(agent_module, "connect", connect)

    def agent(self, **told: Any) -> Agent:
        return Agent(TOLD | told, lambda *said: self.said.append(said))

    def send(self, data: bytes) -> None:
        head, _, body = data.partition(b"\r\n\r\n")
        if not head.strip():
            return
        message = read_message(head, body)
        if not message.code:
            self.asked.append((asyncio.get_running_loop().time(), message.method))
            self.requests.append(message)
            self._answer(self, message)

    def reply(
        self, request: Message, code: int, *more: Header, after_s: float = 0.0, body: bytes = b""
    ) -> None:
        response = respond(request, code, "Said", *more)
        response.headers = [
            (name, f"{value};tag=t" if name == "To" and ";tag" not in value else value)
            for name, value in response.headers
        ]
        response.body = body
        asyncio.get_running_loop().call_later(after_s, lambda: self._take(response))

    def close(self) -> None: ...

    def methods(self) -> list[str]:
        return [method for _, method in self.asked]
