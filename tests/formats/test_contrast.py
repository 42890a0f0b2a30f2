"""Contrasts, as WCAG 2 reckons them."""

import pytest

from turnout.formats.contrast import BLACK, WHITE, contrast, judge_colour


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#ffffff", "#ffffff", 1.0),
        ("#777777", "#ffffff", 4.48),
        ("#0b6b53", "#fffefa", 6.4),
    ],
)
def test_contrast(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == pytest.approx(ratio, abs=0.05)
    assert contrast(other, one) == contrast(one, other)


@pytest.mark.parametrize(
    ("colour", "ink", "is_text"),
    [("#0a4d8c", WHITE, True), ("#ffc94d", BLACK, False), ("#000000", WHITE, True)],
)
def test_a_colour_is_judged(colour: str, ink: str, is_text: bool) -> None:
    reading = judge_colour(colour)
    assert (reading.ink, reading.is_text) == (ink, is_text)
    assert reading.on_colour >= 4.5
