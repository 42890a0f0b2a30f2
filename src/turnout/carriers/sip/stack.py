"""The SIP stack of the worker process: the one module that imports baresip.

Three faults of it are worked round here. Events between an INVITE and the return of `dial()` go to
nobody: all are kept by the call's handle, and replayed into the leg right after `dial()`, without
an await between. TLS takes any certificate unless `sip_verify_server` and `sip_cafile` are set:
they always are. A repeated 200 on UDP gets no ACK: settings.py chooses TLS, and warns of UDP.

A call without audio is "established" all the same: a leg says whether it has any.
"""

import asyncio
import contextlib
import re
import socket
import ssl
from collections.abc import Callable
from typing import Any

from baresip import Account, Config, Runtime, UserAgent
from baresip.errors import AudioNotActive, AudioRestarted, BaresipError
from baresip.events import Event, StackEvent

RATE = 8_000
AHEAD = 3_200
_REGISTER_S = 300
_MOST_AGENTS = 200
_MOST_EARLY = 1_000
_CODE = re.compile(r"([1-9][0-9]{2}) (.*)", re.DOTALL)
_CAUSE = re.compile(r"cause ?= ?\"?([0-9]{1,3})", re.IGNORECASE)
_TARGET = re.compile(r"sips?:([^@:;>?<]{1,60})@", re.IGNORECASE)
_ENCRYPTION = {"off": "", "optional": "mediaenc=srtp", "mandatory": "mediaenc=srtp-mand"}
_NO_SOUND = (AudioNotActive, AudioRestarted)


class Leg:
    """One line to one phone. `on_change(name)` tells `ringing`, `answered`, `key`, `moved`,
    `closed`; then `pressed`, `moved_to`, or `sip`, `q850` and `reason` say more. All of one event
    loop."""

    def __init__(self, on_change: Callable[["Leg", str], None]) -> None:
        self._on_change = on_change
        self._call: Any = None
        self.is_answered = False
        self.is_closed = False
        self.is_unwanted = False
        self.pressed = ""
        self.moved_to = ""
        self.sip = 0
        self.q850 = 0
        self.reason = ""
        self.stats: dict[str, Any] = {}

    def attach(self, call: Any, events: list[StackEvent]) -> None:
        """The call that was dialled, and what has happened to it already."""
        self._call = call
        for event in events:
            self.take(event)

    def take(self, event: StackEvent) -> None:
        """Something happened to the call."""
        text = event.text or ""
        if event.event in (Event.CALL_RINGING, Event.CALL_PROGRESS):
            self._on_change(self, "ringing")
        elif event.event is Event.CALL_ESTABLISHED:
            self.is_answered = True
            self._on_change(self, "answered")
        elif event.event is Event.CALL_DTMF_START and text:
            self.pressed = text[:1]
            self._on_change(self, "key")
        elif event.event is Event.CALL_REDIRECT:
            self.moved_to = find_number(text)
            self._on_change(self, "moved")
        elif event.event is Event.CALL_CLOSED:
            self._close(text, event.stats)

    def read(self) -> bytes:
        """What was heard since."""
        with contextlib.suppress(*_NO_SOUND):
            return bytes(self._call.audio.read(RATE * 2))
        return b""

    def room(self) -> int:
        """How many bytes are to be said now; below 0 = there is no sound on this line."""
        with contextlib.suppress(*_NO_SOUND):
            info = self._call.audio.info()
            if info.tx_ready and info.tx_sample_rate == RATE and info.tx_channels == 1:
                return max(0, AHEAD - int(info.tx_buffered))
        return -1

    def write(self, sound: bytes) -> None:
        """Say this next."""
        with contextlib.suppress(*_NO_SOUND):
            self._call.audio.write(sound)

    def flush(self) -> None:
        """Say nothing of what was written and not sent yet."""
        with contextlib.suppress(*_NO_SOUND):
            self._call.audio.flush_tx()

    async def hang_up(self) -> None:
        """End the call, or not begin it; one that has ended already is left alone."""
        self.is_unwanted = True
        if self._call is not None and not self.is_closed:
            with contextlib.suppress(BaresipError):
                await self._call.hangup()

    def fail(self, reason: str) -> None:
        """It could not be dialled."""
        self._close(reason, {})

    def _close(self, text: str, stats: dict[str, Any]) -> None:
        if self.is_closed:
            return
        self.is_closed = True
        self.sip, self.q850, self.reason = read_reason(text)
        self.stats = stats
        self._on_change(self, "closed")


def read_reason(text: str) -> tuple[int, int, str]:
    """SIP code, Q.850 cause and words of a call's end; 0 = none."""
    found = _CODE.match(text)
    cause = _CAUSE.search(text.lower().partition("q.850")[2])
    code = int(found[1]) if found else 0
    return code, int(cause[1]) if cause else 0, (found[2] if found else text).partition(",")[0]


def find_number(text: str) -> str:
    """The number of the first SIP address in a text, empty = none."""
    found = _TARGET.search(text)
    return found[1] if found else ""


class Stack:
    """The trunk, as the settings have it."""

    def __init__(self, told: dict[str, Any], on_trunk: Callable[[str, int, str], None]) -> None:
        """`on_trunk` takes `registered` or `refused`, with a SIP code and its words."""
        self._told = told
        self._on_trunk = on_trunk
        self._runtime = Runtime()
        self._agents: dict[str, UserAgent] = {}
        self._legs: dict[int, Leg] = {}
        self._early: dict[int, list[StackEvent]] = {}
        self._registrar: UserAgent | None = None
        self._refusing: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Start the stack, and register where that is asked for. Raises BaresipError, OSError and
        ValueError."""
        told = self._told
        lines = [
            "sip_verify_server yes",
            f"sip_cafile {told['tls_ca_file'] or find_authorities()}",
            f"rtp_ports {told['rtp_ports']}",
            "rtp_timeout 60",
        ]
        if told["tls_certificate"]:
            lines.append(f"sip_certificate {told['tls_certificate']}")
        await self._runtime.start(
            Config(
                net_interface=find_loopback(told["host"]),
                max_concurrent_calls=None,
                native_log_level="error",
                extra_config_text="\n".join(lines) + "\n",
            )
        )
        self._runtime.subscribe(self._take)
        if told["register"]:
            self._registrar = await UserAgent.create(
                self._runtime, self._account(told["username"], _REGISTER_S)
            )
            self._registrar.on_incoming(lambda call: self._refuse(call))
            with contextlib.suppress(BaresipError):  # `_take` hears of it, and of later tries.
                await self._registrar.register(timeout=30)

    def new_leg(self, on_change: Callable[[Leg, str], None]) -> Leg:
        """A line that is not dialled yet."""
        return Leg(on_change)

    async def dial(self, leg: Leg, number: str, sender: str) -> None:
        """Call a number, as dialled on this trunk; what happens is told to the leg."""
        told = self._told
        uri = f"sip:{number}@{told['domain']};transport={told['transport']}"
        headers = {}
        if sender and told["caller_id_header"] != "from":
            headers["P-Asserted-Identity"] = f"<sip:{sender}@{told['domain']}>"
        try:
            agent = await self._agent(sender)
            call = await agent.dial(uri, headers=headers)
        except (BaresipError, ValueError) as error:
            leg.fail(str(error))
            return
        self._legs[call.handle] = leg
        leg.attach(call, self._early.pop(call.handle, []))
        if leg.is_closed:
            self._legs.pop(call.handle, None)
        elif leg.is_unwanted:
            await leg.hang_up()

    async def stop(self) -> None:
        """Leave the trunk."""
        with contextlib.suppress(BaresipError):
            if self._registrar is not None:
                await self._registrar.unregister(timeout=2)
        with contextlib.suppress(BaresipError):
            await self._runtime.close()

    def _take(self, event: StackEvent) -> None:
        if event.call:
            self._take_call(event)
        elif self._registrar is None:
            return
        elif event.event is Event.REGISTER_OK:
            self._on_trunk("registered", 0, "")
        elif event.event is Event.REGISTER_FAIL:
            code, _, words = read_reason(event.text or "")
            self._on_trunk("refused", code, words)

    def _take_call(self, event: StackEvent) -> None:
        leg = self._legs.get(event.call)
        if leg is None:
            self._early.setdefault(event.call, []).append(event)
            while len(self._early) > _MOST_EARLY:
                del self._early[next(iter(self._early))]
            return
        leg.take(event)
        if leg.is_closed:
            self._legs.pop(event.call, None)

    def _refuse(self, call: Any) -> None:
        async def refuse() -> None:
            with contextlib.suppress(BaresipError):
                await call.reject()

        task = asyncio.get_running_loop().create_task(refuse())
        self._refusing.add(task)
        task.add_done_callback(self._refusing.discard)

    async def _agent(self, sender: str) -> UserAgent:
        """The identity that calls as `sender`; the account's own beyond so many, and where another
        header names the caller."""
        told = self._told
        is_own = told["caller_id_header"] != "from" or not sender
        user = told["username"] or "turnout" if is_own else sender
        if user not in self._agents:
            if len(self._agents) >= _MOST_AGENTS:
                user = next(iter(self._agents))
            else:
                agent = await UserAgent.create(self._runtime, self._account(user, 0))
                self._agents[user] = agent
        return self._agents[user]

    def _account(self, user: str, register_s: int) -> Account:
        told = self._told
        where = f"sip:{told['host']}:{told['port']};transport={told['transport']}"
        prack = "100rel=yes" if told["prack"] else ""
        return Account(
            user=user,
            domain=told["domain"],
            password=told["password"],
            registrar=where,
            reg_interval=register_s,
            transport=told["transport"],
            audio_codecs=("pcma", "pcmu"),
            auth_user=told["username"] or None,
            extra_params=tuple(filter(None, (_ENCRYPTION[told["srtp"]], prack))),
        )


def find_authorities() -> str:
    """The system's file of authorities."""
    paths = ssl.get_default_verify_paths()
    return paths.cafile or paths.openssl_cafile


def find_loopback(host: str) -> str | None:
    """The address of this machine that reaches a trunk on this same machine: the stack leaves those
    out unless they are named. Raises OSError for a name that leads nowhere."""
    for family, *_, address in socket.getaddrinfo(host, 9, type=socket.SOCK_DGRAM):
        with socket.socket(family, socket.SOCK_DGRAM) as probe, contextlib.suppress(OSError):
            probe.connect(address)
            own = str(probe.getsockname()[0])
            return own if own.startswith("127.") or own == "::1" else None
    return None
