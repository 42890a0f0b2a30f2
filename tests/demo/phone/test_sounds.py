"""A-law, and what is loud."""

from array import array

import pytest

from turnout.demo.phone.sounds import babble, beep, decode, encode, is_loud


@pytest.mark.parametrize(
    ("code", "sample"), [(0xD5, 8), (0x55, -8), (0xAA, 32256), (0x2A, -32256), (0xC5, 264)]
)
def test_a_law_is_as_the_standard_has_it(code: int, sample: int) -> None:
    assert array("h", decode(bytes([code])))[0] == sample


def test_every_code_survives_both_ways() -> None:
    codes = bytes(range(256))
    assert encode(decode(codes)) == codes


def test_speech_and_beeps_are_loud_and_silence_is_not() -> None:
    assert is_loud(decode(babble(0.5)))
    assert is_loud(decode(beep()))
    assert not is_loud(bytes(320))
    assert not is_loud(b"")
