"""The worker is started again when it dies, and nothing that was asked for is lost."""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.support.failures import refuses
from turnout.errors import Unavailable
from turnout.speech import process
from turnout.speech.process import SpeechProcess, Spoken
from turnout.speech.voices import EngineVoice

FLITE = [EngineVoice("flite", "slt")]
# Answers each text with its length; what a text begins with says what happens at it.
FAKE = """
import json, os, pathlib, sys, time
told = json.loads(sys.stdin.readline())
spool = pathlib.Path(told["spool"])
for line in sys.stdin:
    asked = json.loads(line)
    text = asked["text"]
    mark = spool / ("done-" + text.replace(" ", "-"))
    if text.startswith("die once") and not mark.exists():
        mark.touch()
        os._exit(3)
    if text.startswith("die always"):
        os._exit(3)
    if text.startswith("garble once") and not mark.exists():
        mark.touch()
        print("nonsense", flush=True)
        continue
    if text.startswith("hang once") and not mark.exists():
        mark.touch()
        time.sleep(60)
    if text.startswith("fail"):
        answer = {"event": "failed", "id": asked["id"], "reason": "no voice"}
    else:
        answer = {"event": "said", "id": asked["id"], "engine": "fake:one", "size": len(text)}
    print(json.dumps(answer), flush=True)
"""


def run(tmp_path: Path, what: Callable[[SpeechProcess], Awaitable[None]]) -> None:
    async def all_of_it() -> None:
        speech = SpeechProcess(tmp_path, "", (sys.executable, "-I", "-S", "-c", FAKE))
        try:
            await what(speech)
        finally:
            await speech.stop()
        assert speech.pid is None

    asyncio.run(all_of_it())


async def speak_all(speech: SpeechProcess, texts: list[str]) -> list[Spoken | BaseException]:
    asked = [speech.speak("x", FLITE, 1.0, text) for text in texts]
    return await asyncio.gather(*asked, return_exceptions=True)


def test_no_text_is_lost_when_it_dies(tmp_path: Path) -> None:
    async def what(speech: SpeechProcess) -> None:
        texts = ["one", "die once", "two", "garble once", "three", "die once more", "four"]
        spoken = await speak_all(speech, texts)
        assert spoken == [Spoken("fake:one", len(text)) for text in texts]

    run(tmp_path, what)


def test_one_that_always_kills_it_fails_alone(tmp_path: Path) -> None:
    async def what(speech: SpeechProcess) -> None:
        first, killing, last = await speak_all(speech, ["one", "die always", "two"])
        assert (first, last) == (Spoken("fake:one", 3), Spoken("fake:one", 3))
        assert isinstance(killing, Unavailable)
        assert killing.code == "speech.failed"

    run(tmp_path, what)


def test_one_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "SILENCE_S", 1.0)

    async def what(speech: SpeechProcess) -> None:
        assert await speak_all(speech, ["hang once", "two"]) == [
            Spoken("fake:one", 9),
            Spoken("fake:one", 3),
        ]

    run(tmp_path, what)


def test_a_process_that_is_killed_between_texts_is_started_again(tmp_path: Path) -> None:
    async def what(speech: SpeechProcess) -> None:
        await speech.speak("x", FLITE, 1.0, "one")
        assert speech.pid is not None
        os.kill(speech.pid, signal.SIGKILL)
        assert await speech.speak("x", FLITE, 1.0, "two") == Spoken("fake:one", 3)

    run(tmp_path, what)


def test_what_no_engine_says_fails(tmp_path: Path) -> None:
    async def what(speech: SpeechProcess) -> None:
        with refuses(Unavailable, "speech.failed", retry_after=process.RETRY_AFTER_S):
            await speech.speak("x", FLITE, 1.0, "fail")
        await speech.stop()
        with refuses(Unavailable, "speech.busy", retry_after=process.RETRY_AFTER_S):
            await speech.speak("x", FLITE, 1.0, "one")

    run(tmp_path, what)
