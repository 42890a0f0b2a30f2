"""A worker whose calls or turns have a fault, and one whose parent is gone."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from turnout.carriers.trunks import working
from turnout.carriers.trunks.pipe import Answers
from turnout.carriers.trunks.working import TrunkWorker


class Kept(Answers):
    """Keeps what the parent is told."""

    def __init__(self) -> None:
        super().__init__(-1)
        self.events: list[dict[str, Any]] = []

    def write(self, answer: dict[str, Any]) -> None:
        self.events.append(answer)

    def told(self, event: str) -> list[tuple[str, str]]:
        return [(one["id"], one.get("how", "")) for one in self.events if one["event"] == event]


class Quiet:
    """A stack that does nothing."""

    async def start(self) -> None: ...
    async def stop(self) -> None: ...


class OddCall:
    """Rings until it is cancelled, or has a fault where its name says so."""

    def __init__(self, asked: dict[str, Any], kept: Kept) -> None:
        self.id, self.kept = asked["id"], kept
        self.is_over = False
        if "new" in self.id:
            raise ValueError(self.id)

    def begin(self) -> None: ...

    def turn(self, _now: float) -> None:
        if "turn" in self.id:
            raise OverflowError("sendto(): port must be 0-65535.")

    def cancel(self, how: str, *, is_answered_too: bool) -> None:
        assert is_answered_too
        self._end(how)

    def fail(self, _reason: str) -> None:
        if "fail" in self.id:
            raise RuntimeError(self.id)
        self._end("lost")

    def _end(self, how: str) -> None:
        self.is_over = True
        self.kept.write({"event": "end", "id": self.id, "how": how})


class OddWorker(TrunkWorker):
    """Its stack does nothing."""

    def __init__(self, kept: Kept) -> None:
        super().__init__({"register": False}, kept)
        self.stack = Quiet()
        self.kept = kept

    def new_call(self, asked: dict[str, Any]) -> OddCall:
        return OddCall(asked, self.kept)


def play(monkeypatch: pytest.MonkeyPatch, names: list[str], fault: str = "") -> Kept:
    """What the parent is told of calls; it asks no more once they are begun."""
    kept = Kept()
    monkeypatch.setattr(working, "BEAT_S", 0.01)
    monkeypatch.setattr(working, "TURN_S", 0.001)

    async def main() -> None:
        worker = OddWorker(kept)

        async def read() -> AsyncIterator[bytes]:
            for name in names:
                yield json.dumps({"op": "call", "id": name}).encode()
            while worker.calls.keys() - {"rings"}:  # noqa: ASYNC110
                await asyncio.sleep(0)
            if fault == "turns":
                worker.calls = None  # type: ignore[assignment]
                await asyncio.Event().wait()
            kept.is_broken = fault == "parent"
            if not fault:
                worker.take({"op": "cancel", "id": "rings", "how": "x", "answered": True})

        monkeypatch.setattr(working, "read_lines", read)
        async with asyncio.timeout(20):
            await worker.run()

    asyncio.run(main())
    return kept


def test_a_fault_of_a_call_ends_that_call_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = play(monkeypatch, ["rings", "new", "turn", "turn and fail"])
    lost = [(name, "lost") for name in ("new", "turn", "turn and fail")]
    assert kept.told("end") == [*lost, ("rings", "x")]
    faults = [event for event in kept.events if event["event"] == "fault"]
    assert [event["id"] for event in faults] == ["new", "turn", *["turn and fail"] * 2]
    assert faults[1]["error"] == "OverflowError: sendto(): port must be 0-65535."
    assert "turn:" in faults[1]["where"]


def test_a_fault_of_the_turns_ends_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = play(monkeypatch, ["rings"], "turns")
    assert kept.told("end") == []
    assert kept.told("fault") == [("", "")]


def test_a_process_whose_parent_is_gone_ends_its_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = play(monkeypatch, ["rings"], "parent")
    assert kept.told("end") == [("rings", "stopped")]
