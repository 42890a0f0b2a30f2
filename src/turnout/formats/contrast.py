"""How well one colour can be read on another, as WCAG 2 reckons it. Colours are `#rrggbb`."""

from typing import NamedTuple

TEXT = 4.5
"""What text needs at least."""

WHITE, BLACK = "#ffffff", "#000000"
PAPER = "#f8f6f0"


class Reading(NamedTuple):
    """How a colour can be used: `ink` is the text on it, `on_colour` its contrast, `on_paper` that
    of the colour as text on a light page."""

    ink: str
    on_colour: float
    on_paper: float

    @property
    def is_text(self) -> bool:
        """Whether it can be read as text on a light page."""
        return self.on_paper >= TEXT


def judge_colour(colour: str) -> Reading:
    """How text on that colour, and in it, can be read."""
    ink = max((WHITE, BLACK), key=lambda one: contrast(one, colour))
    return Reading(ink, contrast(ink, colour), contrast(colour, PAPER))


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
