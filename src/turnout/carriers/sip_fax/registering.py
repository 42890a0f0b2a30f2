"""Our registration with the trunk: asked for, and again at half of what was granted.

What the registrar says is bounded, so that none makes us ask without a pause, or never again: at
most one REGISTER is under way, and each refusal in a row doubles the pause.
"""

import asyncio
import re
import secrets
from collections.abc import Callable
from typing import Protocol

from turnout.carriers.sip_fax.connection import Line
from turnout.carriers.sip_fax.dialogs import Agent as AskingAgent
from turnout.carriers.sip_fax.dialogs import Asking
from turnout.carriers.sip_fax.messages import Message, find_param, find_uri

REGISTER_S = 300
SHORTEST_S, LONGEST_S = 60, 86_400
SOONEST_S = 15.0
AGAIN_S, MOST_AGAIN_S = 30.0, 600.0
TOO_BRIEF_S = 1.0
LOOK_S = 2.0
TOO_BRIEF = 423
_SECONDS = re.compile(r"\s*([0-9]{1,9})\s*")


class Agent(AskingAgent, Protocol):
    """What a registration needs of the agent (agent.py)."""

    async def open(self, *, is_fresh: bool = False) -> Line: ...


class Registration:
    """For one event loop. `on_trunk` takes `registered` or `refused`, with a code and its words."""

    def __init__(
        self, agent: Agent, domain: str, on_trunk: Callable[[str, int, str], None]
    ) -> None:
        self._agent = agent
        self._domain = domain
        self._on_trunk = on_trunk
        self._asking = Asking(agent)
        self._call_id = f"{secrets.token_hex(12)}@turnout"
        self._tag = secrets.token_hex(6)
        self._number = 0
        self._expires = REGISTER_S
        self._refusals = 0

    async def stay(self) -> None:
        """Register, and again, until cancelled."""
        while True:
            line, pause = await self._try()
            until = asyncio.get_running_loop().time() + pause
            while (left := until - asyncio.get_running_loop().time()) > 0:
                await asyncio.sleep(min(left, LOOK_S))
                if line and not line.is_open:
                    break

    async def leave(self) -> None:
        """End it. Raises OSError, TimeoutError."""
        await self._asking.ask(lambda: self._write(0))

    async def _try(self) -> tuple[Line | None, float]:
        """Register once; the line on which it holds, and the pause until the next time."""
        try:
            line = await self._agent.open()
            response = await self._asking.ask(lambda: self._write(self._expires))
        except TimeoutError:
            return None, self._note_refusal(408, "no answer")
        except OSError as error:
            return None, self._note_refusal(0, str(error) or type(error).__name__)
        if response.code < 300:
            self._refusals = 0
            self._on_trunk("registered", 0, "")
            return line, max(SOONEST_S, self._read_granted(response) / 2)
        least = _bound(_read_seconds(response.get("min-expires"), 0))
        if response.code == TOO_BRIEF and least > self._expires and not self._refusals:
            self._expires = least
            self._refusals = 1
            return None, TOO_BRIEF_S
        return None, self._note_refusal(response.code, response.words)

    def _note_refusal(self, code: int, words: str) -> float:
        """Tell of it; the pause."""
        self._on_trunk("refused", code, words)
        self._refusals += 1
        return float(min(AGAIN_S * 2 ** min(self._refusals - 1, 10), MOST_AGAIN_S))

    def _read_granted(self, response: Message) -> float:
        """For how many seconds it holds: the least of what is said of us, up to what was asked
        for. Other phones of the account are told of too."""
        contacts = response.get_all("contact")
        own = _where(self._agent.contact(self._agent.username))
        ours = [contact for contact in contacts if _where(contact) == own]
        said = [find_param(contact, "expires") for contact in ours or contacts]
        said.append(response.get("expires"))
        return min(self._expires, *(_read_seconds(text, self._expires) for text in said))

    def _write(self, expires: int) -> Message:
        self._number += 1
        domain, username = self._domain, self._agent.username
        own = f"<sip:{username}@{domain}>"
        headers = [
            ("Via", self._agent.via()),
            ("Max-Forwards", "70"),
            ("From", f"{own};tag={self._tag}"),
            ("To", own),
            ("Call-ID", self._call_id),
            ("CSeq", f"{self._number} REGISTER"),
            ("Contact", self._agent.contact(username)),
            ("Expires", str(expires)),
            ("User-Agent", "Turnout"),
        ]
        return Message(f"REGISTER sip:{domain} SIP/2.0", headers)


def _where(contact: str) -> str:
    return find_uri(contact).partition(";")[0]


def _read_seconds(text: str, otherwise: int) -> int:
    found = _SECONDS.fullmatch(text)
    return int(found[1]) if found else otherwise


def _bound(seconds: int) -> int:
    return max(SHORTEST_S, min(seconds, LONGEST_S))
