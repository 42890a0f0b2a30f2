"""The picture that other sites show beside a link to an event: 1200 by 630, as PNG.

The renderer has the fonts that we bring along, and reads nothing else of the machine.
"""

from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import escape

from turnout.formats.brand import make_brand

WIDTH, HEIGHT = 1200, 630
_FONTS = Path(__file__).with_name("fonts")
_FILES = ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf", "DroidSansFallback.ttf")
# How wide a letter of the bold font is at most times, in its height.
_LETTER = 0.66
_LAMP = "#ffc94d"


class Card(NamedTuple):
    """What a card says. `tracks` is the inside of the event's drawn cover; `colour` `#rrggbb`."""

    title: str
    when: str
    place: str
    organizer: str
    colour: str
    tracks: str


def draw_card(card: Card) -> bytes:
    """The card as a PNG; takes a tenth of a second."""
    import resvg_py

    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=write_card(card),
            font_files=[str(_FONTS / name) for name in _FILES],
            skip_system_fonts=True,
            font_family="DejaVu Sans",
            sans_serif_family="DejaVu Sans",
        )
    )


def write_card(card: Card) -> str:
    """The card as an SVG."""
    brand = make_brand(card.colour)
    size, lines = _fit(card.title)
    rows = "".join(
        f'<text x="80" y="{330 + number * size * 1.12:.0f}" class="t">{escape(line)}</text>'
        for number, line in enumerate(lines)
    )
    facts = " · ".join(filter(None, (card.when, card.place)))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}">'
        f"<style>.c1{{stroke:{brand.brand_line}}}.c2{{stroke:{brand.brand_light}}}"
        f".c3{{stroke:{_LAMP}}}.stop{{fill:{brand.brand};stroke-width:5}}"
        f"text{{fill:#fff;font-family:'DejaVu Sans'}}"
        f".t{{font-weight:700;font-size:{size}px}}</style>"
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{brand.brand}"/>'
        f'<svg y="0" width="{WIDTH}" height="230" viewBox="200 0 1200 230" '
        f'preserveAspectRatio="xMidYMin slice"><g fill="none" stroke-width="7" '
        f'stroke-linecap="round">{card.tracks}</g></svg>'
        f'<rect y="225" width="{WIDTH}" height="405" fill="{brand.brand_deep}"/>{rows}'
        f'<text x="80" y="525" font-size="32">{escape(_cut(facts, 56))}</text>'
        f'<text x="80" y="578" font-size="28" font-weight="700">'
        f"{escape(_cut(card.organizer, 58))}</text></svg>"
    )


def _fit(title: str) -> tuple[int, list[str]]:
    """The size in which the title fits into two lines, and those."""
    for size in (76, 64, 54):
        lines = _break(title, int((WIDTH - 160) / (size * _LETTER)))
        if len(lines) <= 2:
            return size, lines
    last = _break(title, int((WIDTH - 160) / (46 * _LETTER)))
    return 46, last[:2] + [_cut(" ".join(last[2:]), 34)] * (len(last) > 2)


def _break(text: str, longest: int) -> list[str]:
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > longest:
            lines.append(_cut(word, longest))
        else:
            lines[-1] = _cut(f"{lines[-1]} {word}".strip(), longest)
    return lines


def _cut(text: str, longest: int) -> str:
    return (
        text if len(text) <= longest else f"{text[: longest - 1].rstrip()}\N{HORIZONTAL ELLIPSIS}"
    )
