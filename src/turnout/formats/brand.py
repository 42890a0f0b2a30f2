"""One colour becomes the ten values in which public pages show an organizer (`#rrggbb` each).

Lightness is moved in OKLCH, where the hue stays what it is for the eye, until text on and in the
colour has the contrast that it needs; so no colour is refused. The grounds are those of the style
sheet's tokens (web/static/turnout.css).
"""

import math
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from turnout.formats.contrast import TEXT, contrast

OWN = "#0f3d36"
"""The product's own colour, for who has none."""

# Paper, card and sunken, then the washes of the states: by day and by night.
LIGHT = ("#f8f6f0", "#fffefa", "#efece2", "#dcece4", "#fbeccb", "#fbe5e1", "#e3ebf7")
DARK = ("#111716", "#182120", "#0c1110", "#17362e", "#37290f", "#3d1a16", "#172a42")
_ON = "#ffffff"
_STEP = 0.004
_MARGIN = 0.02


class Brand(NamedTuple):
    """The values, named as the style sheet's custom properties: `brand_ink` is text on light paper,
    `brand_ink_dark` on dark; the washes are grounds for what is chosen."""

    brand: str
    brand_deep: str
    brand_light: str
    brand_line: str
    on_brand: str
    brand_ink: str
    brand_ink_dark: str
    on_brand_dark: str
    brand_wash: str
    brand_wash_dark: str


@lru_cache(maxsize=512)
def make_brand(colour: str) -> Brand:
    """The values of a colour `#rrggbb`, each with its contrast."""
    light, chroma, hue = _to_oklch(colour)
    calm = min(chroma, 0.17)
    fill = _move(min(light, 0.62), calm, hue, -_STEP, [_ON])
    wash = _to_hex(0.945, min(chroma, 0.022), hue)
    wash_dark = _to_hex(0.255, min(chroma, 0.045), hue)
    on_dark = _to_hex(0.19, min(chroma, 0.06), hue)
    ink = _move(min(light, 0.6), calm, hue, -_STEP, (*LIGHT, wash))
    ink_dark = _move(0.76, min(chroma, 0.13), hue, _STEP, (*DARK, wash_dark, on_dark))
    base = _to_oklch(fill)[0]
    return Brand(
        brand=fill,
        brand_deep=_to_hex(max(0.0, base - 0.07), calm, hue),
        brand_light=_move(0.84, min(chroma, 0.09), hue, _STEP, (*DARK, on_dark)),
        brand_line=_to_hex(base + 0.13, min(chroma, 0.12), hue),
        on_brand=_ON,
        brand_ink=ink,
        brand_ink_dark=ink_dark,
        on_brand_dark=on_dark,
        brand_wash=wash,
        brand_wash_dark=wash_dark,
    )


def _move(light: float, chroma: float, hue: float, step: float, grounds: Iterable[str]) -> str:
    """The colour, darker or lighter by steps until it can be read on all grounds."""
    grounds = tuple(grounds)
    while True:
        colour = _to_hex(light, chroma, hue)
        if all(contrast(colour, ground) >= TEXT + _MARGIN for ground in grounds):
            return colour
        light += step
        if not 0.0 <= light <= 1.0:
            return "#000000" if step < 0 else _ON


# -- OKLCH ---------------------------------------------------------------------------------


def _to_oklch(colour: str) -> tuple[float, float, float]:
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    middle = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    light = 0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short
    a = 1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short
    return light, math.hypot(a, b), math.atan2(b, a)


def _to_hex(light: float, chroma: float, hue: float) -> str:
    """The colour as `#rrggbb`, less colourful where a screen cannot show it."""
    parts = _to_linear(light, chroma, hue)
    while chroma > 0.0 and not all(-0.0005 <= part <= 1.0005 for part in parts):
        chroma = max(0.0, chroma - 0.004)
        parts = _to_linear(light, chroma, hue)
    shown = (round(255 * _gamma(min(1.0, max(0.0, part)))) for part in parts)
    return "#" + "".join(f"{part:02x}" for part in shown)


def _to_linear(light: float, chroma: float, hue: float) -> tuple[float, float, float]:
    a, b = chroma * math.cos(hue), chroma * math.sin(hue)
    long = (light + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (light - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (light - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
    )


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def _gamma(part: float) -> float:
    return 12.92 * part if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055
