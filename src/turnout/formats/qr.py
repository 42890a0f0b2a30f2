"""QR codes, with the quiet zone that scanners need, dark on light whatever the page's colours."""

import io
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from segno import QRCode

QUIET_MODULES = 4
# Survives a scratch or a glare over 15 % of it, and stays coarse enough for a phone's screen.
CORRECTION = "m"
PIXELS_A_MODULE = 8
# Any of the eight is right; a scanner reads which one it is from the code.
QUICK_MASK = 3


def qr_svg(text: str) -> str:
    """A QR code as an `<svg>` element that scales with its box."""
    return _make(text).svg_inline(
        border=QUIET_MODULES,
        dark="#000",
        light="#fff",
        omitsize=True,
        svgclass="qr",
        lineclass=None,
    )


def qr_svg_file(text: str, *, is_quick: bool = False) -> bytes:
    """A QR code as an SVG file; `is_quick` as for `qr_rows`."""
    out = io.BytesIO()
    _make(text, QUICK_MASK if is_quick else None).save(
        out, kind="svg", border=QUIET_MODULES, dark="#000", light="#fff", scale=PIXELS_A_MODULE
    )
    return out.getvalue()


def qr_png(text: str, *, is_quick: bool = False) -> bytes:
    """A QR code as a PNG file, some 500 pixels wide; `is_quick` as for `qr_rows`."""
    out = io.BytesIO()
    _make(text, QUICK_MASK if is_quick else None).save(
        out, kind="png", border=QUIET_MODULES, scale=PIXELS_A_MODULE
    )
    return out.getvalue()


def qr_rows(text: str, *, is_quick: bool = False) -> list[bytearray]:
    """The modules of a QR code, 1 = dark, without a quiet zone; for anyone who draws them.

    `is_quick` does not look for the pattern that scanners read best, which takes four fifths of the
    time: for thousands of codes, which all scanners read as well.
    """
    return [bytearray(row) for row in _make(text, QUICK_MASK if is_quick else None).matrix]


# A ticket's code is drawn on paper, as a picture and as a drawing, one right after the other.
@lru_cache(maxsize=16)
def _make(text: str, mask: int | None = None) -> "QRCode":
    import segno  # many load this module, and few draw a code

    return segno.make_qr(text, error=CORRECTION, mask=mask)
