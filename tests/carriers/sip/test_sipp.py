"""What networks do to signalling, played by Debian's SIPp to a worker: lost and doubled messages,
sound before the answer, PRACK, re-INVITE and UPDATE, session timers, 302 and 422. And a line that
loses a fifth of all sound and keys.

Each scenario has a SIPp and a worker of its own, and all run at once; a scenario fails where a
message that it waits for does not come.
"""

import asyncio
import os
import random
import sys
from pathlib import Path
from typing import Any

from tests.carriers.sip.peers import tone
from tests.support.ports import free_port
from turnout.carriers.sip import SipSettings
from turnout.carriers.trunks.process import CallProcess
from turnout.carriers.trunks.trunk_settings import to_worker
from turnout.demo.phone.agent import Agent
from turnout.demo.phone.calls import Call, Pace
from turnout.demo.phone.keeping import list_calls

FOLDER = Path(__file__).with_name("scenarios")
WORKER = (sys.executable, "-m", "turnout.carriers.sip.worker")
TIMEOUT_S = 60
LOST = 0.2
SETTINGS: dict[str, dict[str, Any]] = {
    "lost": {"transport": "udp"},
    "doubled": {},
    "early": {},
    "prack": {"prack": True},
    "reinvite": {},
    "timers": {},
    "interval": {},
    "moved": {},
}
ANSWERED = {"how": "answered", "sip": 0, "begun": True}
ENDS: dict[str, dict[str, Any]] = {
    **dict.fromkeys(SETTINGS, ANSWERED),
    "interval": {"how": "failed", "sip": 422, "begun": False},
    "moved": {"how": "failed", "sip": 302, "begun": False},
}


class LossyCall(Call):
    """A phone at the end of a line that loses a fifth of what is sent, in both directions."""

    chance = random.Random(7)

    def hear(self, packet: bytes) -> None:
        if self.chance.random() >= LOST:
            super().hear(packet)

    def _send(self, payload: bytes, **members: Any) -> None:
        line = self._line
        if self.chance.random() < LOST:
            self._line = None
        super()._send(payload, **members)
        self._line = line


async def play(name: str, spool: Path) -> dict[str, Any]:
    """A call to that scenario; its end, what happened before, and what SIPp says."""
    settings = SipSettings(
        host="127.0.0.1", port=free_port(), **{"transport": "tcp"} | SETTINGS[name]
    )
    sipp = await asyncio.create_subprocess_exec(
        "sipp",
        *("-sf", str(FOLDER / f"{name}.xml"), "-m", "1", "-nostdin", "-timeout", f"{TIMEOUT_S}s"),
        *("-i", "127.0.0.1", "-p", str(settings.port)),
        *("-t", "u1" if settings.transport == "udp" else "t1"),
        *("-mp", str(free_port()), "-trace_err", "-error_file", str(spool / f"{name}.err")),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        cwd=spool,
        env=os.environ | {"TERM": "dumb"},
    )
    end, events = await call(settings, spool, "+61412345601", {"lines": ["said"], "keys": {}})
    code = await sipp.wait()
    errors = spool / f"{name}.err"
    said = errors.read_text(errors="replace") if errors.exists() else ""
    return {
        "end": {key: end[key] for key in ANSWERED},
        "events": events,
        "sipp": (code, said),
    }


async def call(
    settings: SipSettings, spool: Path, number: str, script: dict[str, Any]
) -> tuple[dict[str, Any], list[str]]:
    """A call by a worker; its end, and what happened before."""
    process = CallProcess("test", {**to_worker(settings), "spool": str(spool)}, WORKER)
    process.start()
    ended: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
    events: list[str] = []

    def take(event: dict[str, Any]) -> None:
        events.append(event["event"])
        if event["event"] == "moved":
            process.answer_redirect("one", "")  # where to is judged by others
        if event["event"] in {"end", "lost"} and not ended.done():
            ended.set_result(event)

    await process.wait_until_judged(TIMEOUT_S)
    usual = {"voicemail": [], "gap_s": 0.1, "detects": False, "opt_out": "", "sorry": ""}
    asked = {"id": "one", "to": number, "from": "+61398765432", "ring_s": 30, "max_s": 30}
    assert process.call({**asked, "script": usual | script}, take)
    end = await asyncio.wait_for(ended, TIMEOUT_S)
    await process.stop(5)
    return end, events


async def call_through_losses(spool: Path) -> tuple[dict[str, Any], Path]:
    """A call to a phone that presses a key; its end, and the phone's folder."""
    folder = spool / "phone"
    folder.mkdir()
    agent = Agent(folder, Pace(0.4, 1.5), call=LossyCall)
    settings = SipSettings(host="127.0.0.1", port=await agent.start(), transport="tcp")
    script = {"lines": ["said"] * 9, "keys": {"1": {"say": "said", "redirect": ""}}}
    end, _ = await call(settings, spool, "+61412345605", script)
    await agent.stop()
    return end, folder


def test_what_networks_do_to_signalling_and_sound(tmp_path: Path) -> None:
    (tmp_path / "said").write_bytes(tone(600, 0.8))

    async def play_all() -> tuple[dict[str, dict[str, Any]], tuple[dict[str, Any], Path]]:
        losses = asyncio.create_task(call_through_losses(tmp_path))
        found = await asyncio.gather(*(play(name, tmp_path) for name in SETTINGS))
        return dict(zip(SETTINGS, found, strict=True)), await losses

    found, (end, phone) = asyncio.run(play_all())
    assert {name: end[name] for name in ("how", "key", "begun")} == {
        "how": "answered",
        "key": "1",
        "begun": True,
    }
    assert 0.05 < end["quality"]["heard_loss"] < 0.4
    assert 1 <= end["quality"]["mos"] < 4
    [heard] = list_calls(phone)
    assert heard.keys == "1"
    assert {name: one["sipp"] for name, one in found.items()} == dict.fromkeys(found, (0, ""))
    assert {name: one["end"] for name, one in found.items()} == ENDS
    for name in ("early", "prack"):
        assert found[name]["events"][:2] == ["ringing", "answered"]
