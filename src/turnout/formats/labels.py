"""Labels for badges, as printers in a network take them: one picture in black and white, so that
every script is printed with the fonts that we bring along, whatever the printer has.

ZPL II is what Zebra's label printers and many others understand, ESC/POS what receipt printers do.
"""

import enum
import io
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import escape

from turnout.formats.qr import QUIET_MODULES, qr_rows

# 100 by 62 mm at 203 dots an inch, and what 80 mm of a receipt's paper have.
WIDTH, HEIGHT = 800, 496
RECEIPT_WIDTH = 576
CODE_SIDE = 250
PAD = 28
THRESHOLD = 128
_FONTS = Path(__file__).with_name("fonts")
_FILES = ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf", "DroidSansFallback.ttf")
# How wide a letter is at most times, in its height; those of East Asia fill a square.
_LETTER, _WIDE_LETTER, _FIRST_WIDE = 0.62, 1.0, "\u2e80"


class PrinterLanguage(enum.StrEnum):
    """What a printer understands."""

    ZPL = "zpl"
    ESCPOS = "escpos"


class Label(NamedTuple):
    """What a label says; `below` are lines under the name, empty ones are left out."""

    event: str
    name: str
    below: tuple[str, ...]
    kind: str
    code: str


def draw_label(label: Label, language: PrinterLanguage) -> bytes:
    """The label in the printer's language; takes a tenth of a second."""
    if language is PrinterLanguage.ZPL:
        rows, width = _draw(label, WIDTH)
        data = rows.hex().upper()
        size = f"{len(rows)},{len(rows)},{width // 8}"
        return f"^XA^PW{width}^LL{HEIGHT}^FO0,0^GFA,{size},{data}^FS^XZ\n".encode()
    rows, width = _draw(label, RECEIPT_WIDTH)
    height = len(rows) * 8 // width
    head = b"\x1dv0\x00" + (width // 8).to_bytes(2, "little") + height.to_bytes(2, "little")
    # Reset, the picture, four lines of paper, and the knife.
    return b"\x1b@" + head + rows + b"\x1bd\x04\x1dV\x01"


def write_label(label: Label) -> str:
    """The label as an SVG."""
    left = WIDTH - CODE_SIDE - 3 * PAD
    size = _fit(label.name, left, 84)
    lines = [(150 + size, size, "b", label.name)]
    for text in filter(None, label.below):
        small = _fit(text, left, 36)
        lines.append((lines[-1][0] + small * 1.4, small, "", text))
    lines += [
        (PAD + 34, _fit(label.event, WIDTH - 2 * PAD, 34), "", label.event),
        (HEIGHT - PAD, _fit(label.kind, left, 44), "b", label.kind),
    ]
    texts = "".join(
        f'<text x="{PAD}" y="{y:.0f}" font-size="{size:.0f}" class="{kind}">{escape(text)}</text>'
        for y, size, kind, text in lines
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}">'
        "<style>text{font-family:'DejaVu Sans'}.b{font-weight:700}</style>"
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>{texts}{_code(label.code)}</svg>'
    )


def _code(text: str) -> str:
    rows = qr_rows(text)
    dot = CODE_SIDE / (len(rows) + 2 * QUIET_MODULES)
    x, y = WIDTH - CODE_SIDE - PAD, HEIGHT - CODE_SIDE - PAD
    squares = "".join(
        f"M{x + (column + QUIET_MODULES) * dot:.2f} {y + (row + QUIET_MODULES) * dot:.2f}"
        f"h{dot:.2f}v{dot:.2f}h-{dot:.2f}z"
        for row, modules in enumerate(rows)
        for column, is_dark in enumerate(modules)
        if is_dark
    )
    return f'<path shape-rendering="crispEdges" d="{squares}"/>'


def _fit(text: str, width: float, size: float) -> float:
    """The height of letters in which a text fits a width, `size` at most."""
    letters = sum(_WIDE_LETTER if sign >= _FIRST_WIDE else _LETTER for sign in text)
    return min(size, width / max(letters, 1))


def _draw(label: Label, width: int) -> tuple[bytes, int]:
    """The picture as rows of bits, 1 = black, and its width in dots."""
    import resvg_py
    from PIL import Image

    png = resvg_py.svg_to_bytes(
        svg_string=write_label(label),
        width=width,
        font_files=[str(_FONTS / name) for name in _FILES],
        skip_system_fonts=True,
        font_family="DejaVu Sans",
        sans_serif_family="DejaVu Sans",
    )
    grey = Image.open(io.BytesIO(bytes(png))).convert("L")
    dots = grey.point(lambda shade: 0 if shade >= THRESHOLD else 255).convert("1")
    return dots.tobytes(), grey.width
