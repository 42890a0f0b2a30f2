"""Recordings are decoded by what they are, in a child, and judged."""

import io
from array import array

import numpy
import pytest
import soundfile

from tests.support.failures import refuses
from tests.support.sounds import make_wav
from turnout.errors import Invalid
from turnout.formats import recordings
from turnout.formats.recordings import decode


def encoded(form: str, subtype: str, rate: int = 16_000, channels: int = 2) -> bytes:
    tone = 0.3 * numpy.sin(numpy.arange(rate) * 2 * numpy.pi * 440 / rate)
    out = io.BytesIO()
    soundfile.write(out, numpy.column_stack([tone] * channels), rate, subtype, format=form)
    return out.getvalue()


@pytest.mark.parametrize(
    ("form", "subtype", "rate", "channels"),
    [
        ("WAV", "PCM_U8", 11_025, 1),
        ("WAV", "PCM_24", 48_000, 6),
        ("WAV", "FLOAT", 192_000, 2),
        ("WAV", "ALAW", 8_000, 1),
        ("WAV", "ULAW", 8_000, 1),
        ("WAV", "IMA_ADPCM", 22_050, 2),
        ("WAV", "GSM610", 8_000, 1),
        ("MP3", "MPEG_LAYER_III", 44_100, 2),
        ("OGG", "VORBIS", 44_100, 2),
        ("FLAC", "PCM_16", 44_100, 2),
    ],
)
def test_every_kind_becomes_a_telephones(form: str, subtype: str, rate: int, channels: int) -> None:
    sound = array("h", decode(encoded(form, subtype, rate, channels)))
    assert len(sound) == pytest.approx(8_000, abs=1_000)
    loudness = (sum(sample * sample for sample in sound) / len(sound)) ** 0.5
    assert loudness == pytest.approx(3_300, rel=0.15)


def test_a_soft_one_is_made_louder_and_a_loud_one_softer() -> None:
    levels = [max(array("h", decode(make_wav(level=level)))) for level in (0.05, 0.9)]
    assert levels[0] == pytest.approx(levels[1], rel=0.1)


def test_one_that_is_cut_off_keeps_what_is_there() -> None:
    content = make_wav(2.0)
    assert len(decode(content[: len(content) // 2])) == pytest.approx(16_000, abs=200)


def test_what_says_nothing_is_refused() -> None:
    for content, code, facts in (
        (make_wav(0.2), "recording.short", {"least": 0.3}),
        (make_wav(601, rate=4_000, level=0), "recording.long", {"limit": 10}),
        (make_wav(level=0), "recording.silent", {}),
        (make_wav(level=0.001), "recording.silent", {}),
        (make_wav(channels=9), "recording.form", {}),
        (make_wav(rate=3_000), "recording.form", {}),
        (b"", "recording.broken", {}),
        (b"RIFF" + b"x" * 5_000, "recording.broken", {}),
        (b"<html>" * 500, "recording.broken", {}),
        (make_wav()[:30], "recording.broken", {}),
    ):
        with refuses(Invalid, code, **facts):
            decode(content)


def test_a_child_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recordings, "WALL_S", 0.01)
    with refuses(Invalid, "recording.broken"):
        decode(make_wav())


def test_without_the_extra_nothing_is_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    assert recordings.is_available()
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    assert not recordings.is_available()
