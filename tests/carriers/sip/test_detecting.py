"""Speech, silence and beeps, as they are told apart."""

import random
from array import array

import pytest

from tests.carriers.sip.peers import tone
from turnout.carriers.sip.detecting import Detector


def speech(seconds: float) -> bytes:
    """What is loud and no single sine."""
    chance = random.Random(1)
    return array(
        "h", (chance.randrange(-4000, 4000) for _ in range(round(8000 * seconds)))
    ).tobytes()


def silence(seconds: float) -> bytes:
    chance = random.Random(2)
    return array("h", (chance.randrange(-60, 60) for _ in range(round(8000 * seconds)))).tobytes()


def heard(*sounds: bytes) -> Detector:
    detector = Detector()
    whole = b"".join(sounds)
    for at in range(0, len(whole), 1234):
        detector.hear(whole[at : at + 1234])
    return detector


def test_speech_and_the_silence_after_it() -> None:
    told = heard(silence(1), speech(2), silence(0.5))
    assert told.speech_s == pytest.approx(2, abs=0.05)
    assert told.silence_s == pytest.approx(0.5, abs=0.05)
    assert told.heard_s == pytest.approx(3.5, abs=0.05)
    assert not told.has_beep


@pytest.mark.parametrize("hertz", [425, 800, 1000, 1400, 1950])
def test_a_beep(hertz: int) -> None:
    told = heard(speech(1), tone(hertz, 0.3))
    assert told.has_beep
    assert told.speech_s == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize(
    "sound", [speech(2), silence(2), tone(1000, 0.06), tone(3000, 1), tone(300, 1)]
)
def test_what_is_no_beep(sound: bytes) -> None:
    assert not heard(sound).has_beep


def test_two_tones_at_once_are_a_key_and_no_beep() -> None:
    low, high = array("h", tone(697, 0.5)), array("h", tone(1209, 0.5))
    assert not heard(array("h", map(sum, zip(low, high, strict=True))).tobytes()).has_beep


def test_nothing_that_comes_is_silence() -> None:
    told = heard(speech(1))
    told.miss(0.75)
    assert told.silence_s == pytest.approx(0.75, abs=0.01)
