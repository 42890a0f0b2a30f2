"""Engines speak; each is the real one."""

import shutil
import wave
from array import array

import pytest

from turnout.speech.engines import EngineFailed, find_fault, make_engine, read_wav
from turnout.speech.voices import EngineVoice

VOICES = [
    EngineVoice("hibari", "heart"),
    EngineVoice("flite", "slt"),
    EngineVoice("espeak-ng", "en-gb+f3"),
]


@pytest.mark.parametrize("voice", VOICES, ids=str)
def test_an_engine_speaks(voice: EngineVoice) -> None:
    engine = make_engine(voice, "")
    sound = engine.speak("-t Hello there, this is a test.", 1.0)
    assert 1.0 < len(sound) / 16_000 < 6.0
    samples = array("h", sound)
    assert max(samples) > 3_000
    loudness = (sum(sample * sample for sample in samples) / len(samples)) ** 0.5
    assert 800 < loudness < 9_000
    assert engine.speak("-t Hello there, this is a test.", 1.0) == sound
    assert len(engine.speak("-t Hello there, this is a test.", 1.5)) < 0.85 * len(sound)


def test_a_voice_that_is_not_there_fails() -> None:
    with pytest.raises(EngineFailed, match="no voice nobody"):
        make_engine(EngineVoice("hibari", "nobody"), "")
    with pytest.raises(EngineFailed, match="espeak-ng"):
        make_engine(EngineVoice("espeak-ng", "nobody"), "").speak("Hello.", 1.0)


@pytest.mark.parametrize("content", [b"", b"RIFF", b"x" * 100])
def test_what_is_no_sound_is_no_speech(content: bytes) -> None:
    with pytest.raises((wave.Error, EOFError, ValueError)):
        read_wav(content)


def test_an_engine_that_says_nothing_has_failed() -> None:
    with pytest.raises(EngineFailed, match="said nothing"):
        make_engine(VOICES[0], "").speak("\u4f60\u597d", 1.0)


@pytest.mark.skipif(shutil.which("flite") is None, reason="flite is not installed")
def test_a_voice_that_flite_does_not_know_is_a_fault() -> None:
    assert find_fault(EngineVoice("flite", "slt"), "") == ""
    assert "another voice" in find_fault(EngineVoice("flite", "nobody"), "")
