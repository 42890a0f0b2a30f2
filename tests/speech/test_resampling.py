"""Sound at the telephone's rate."""

import math
from array import array

import pytest

from turnout.speech.resampling import to_telephone


def tone(hertz: int, rate: int) -> "array[int]":
    return array("h", [round(8000 * math.sin(2 * math.pi * hertz * n / rate)) for n in range(rate)])


def level(sound: bytes) -> float:
    samples = array("h")
    samples.frombytes(sound)
    middle = samples[500:-500]
    return math.sqrt(sum(sample * sample for sample in middle) / len(middle)) / 8000 * math.sqrt(2)


@pytest.mark.parametrize("rate", [16_000, 22_050, 24_000, 8_000])
def test_what_is_heard_stays_and_what_cannot_be_goes(rate: int) -> None:
    heard = to_telephone(tone(1000, rate), rate)
    assert len(heard) == pytest.approx(16_000, abs=4)
    assert level(heard) == pytest.approx(1, abs=0.01)
    if rate > 10_000:
        assert level(to_telephone(tone(5000, rate), rate)) < 0.01


def test_nothing_stays_nothing() -> None:
    assert to_telephone(array("h"), 22_050) == b""
