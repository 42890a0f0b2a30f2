"""The worker process as its parent sees it: one that dies, and one that says nothing."""

import asyncio
from pathlib import Path
from typing import Any

from tests.carriers.sip.fake_worker import command_of
from turnout.carriers.trunks import process as process_module
from turnout.carriers.trunks.process import CallProcess

CALL = {"id": "turnout-1", "to": "+61412345678", "script": {"lines": ["x"]}}


def play(command: list[str], told: dict[str, Any], begin: Any = None) -> list[str]:
    """What is told of one call until it is over; `begin` is done before it."""
    events: list[str] = []

    async def main() -> None:
        over = asyncio.Event()

        def take(event: dict[str, Any]) -> None:
            events.append(event["event"])
            if event["event"] in ("end", "lost"):
                over.set()

        process = CallProcess("sip", told, command)
        process.start()
        try:
            async with asyncio.timeout(20):
                await process.wait_until_judged(20)
                if begin:
                    begin()
                assert process.call(CALL, take)
                await over.wait()
        finally:
            await process.stop(5)
            await process.stop(5)

    asyncio.run(main())
    return events


def test_a_call_that_ends(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("Hello")
    assert play(command_of(tmp_path / "taken"), {"spool": str(tmp_path)}) == ["ringing", "end"]


def test_calls_of_a_process_that_dies_are_lost(tmp_path: Path) -> None:
    assert play(command_of(tmp_path / "taken", mode="die"), {})[-1] == "lost"


def test_a_process_that_is_silent_is_ended(tmp_path: Path, monkeypatch: Any) -> None:
    def be_short() -> None:
        monkeypatch.setattr(process_module, "SILENCE_S", 0.2)

    assert play(command_of(tmp_path / "taken", mode="hang"), {}, be_short) == ["lost"]


def test_lines_that_cannot_be_read_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("Hello")
    command = command_of(tmp_path / "taken", mode="garble")
    assert play(command, {"spool": str(tmp_path)}) == ["ringing", "end"]


def test_without_a_process_nothing_is_called(tmp_path: Path) -> None:
    async def main() -> None:
        process = CallProcess("sip", {}, command_of(tmp_path / "taken", refuses=True))
        assert not process.call(CALL, print)
        process.start()
        try:
            await process.wait_until_judged(20)
            assert process.refusal == "the registrar refuses the account: 403 Forbidden"
            assert not process.call(CALL, print)
        finally:
            await process.stop(5)

    asyncio.run(main())
