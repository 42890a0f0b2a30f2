"""A text in, its sound out."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.failures import refuses
from turnout.errors import Unavailable
from turnout.formats.spoken.own_words import NONE, read_own_words
from turnout.settings import Settings
from turnout.speech import speaking
from turnout.speech.process import RETRY_AFTER_S
from turnout.speech.speaking import Speech


def test_a_text_is_spoken_once_and_in_pieces() -> None:
    async def all_of_it() -> None:
        speech = Speech(Settings(tts_engines="sophie=flite"))
        try:
            text = f"{'Hello there. ' * 40}Your PIN is 4071."
            first, second = await asyncio.gather(
                speech.say(text, "sophie", "en-AU"), speech.say(text, "sophie", "en-AU")
            )
            assert first == second
            assert len(first) > 16_000 * 20
            assert speech._process is not None
            await speech._process.stop()
            assert await speech.say(text, "sophie", "en-AU") == first
            assert await speech.say("...", "sophie", "en-AU") == b""
        finally:
            await speech.stop()

    asyncio.run(all_of_it())


def test_words_of_an_organization_count_before_the_operators(tmp_path: Path) -> None:
    path = tmp_path / "words.txt"
    path.write_text("SQL = sequel\nKilda = killda\nYarra = yah-ra\n")
    words = read_own_words("sql = squeal\nKilda = /kɛlda/\n")
    speech = Speech(Settings(tts_words=str(path)))
    assert speech._put("SQL in Kilda by Yarra", "en-AU", words) == (
        "squeal in [Kilda](/kɛlda/) by yah-ra."
    )
    assert speech._put("SQL in Kilda", "en-AU", NONE) == "sequel in killda."


def test_without_an_engine_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speaking, "list_installed", lambda *_: [])
    with refuses(Unavailable, "speech.no_engine", voice="sophie", retry_after=RETRY_AFTER_S):
        asyncio.run(Speech(Settings()).say("Hello.", "sophie", "en-AU"))


def test_a_server_imports_no_engine() -> None:
    code = (
        "import sys, turnout.bootstrap, turnout.speech.speaking; "
        "print({'numpy', 'onnxruntime', 'hibari', 'soundfile', 'soxr', 'wave',"
        "'turnout.speech.engines'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
