"""Pages to fax, whose every dot matters: lines in all directions, and noise."""

import io
import random
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from turnout.carriers import Attachment
from turnout.formats.fax_pages import set_text

WIDTH = 1728


def write_sheets(path: Path, count: int, *, lines: int = 600, is_fine: bool = True) -> Path:
    """A TIFF of so many pages."""
    pages = [_draw(number, lines) for number in range(count)]
    down = 196 if is_fine else 98
    first, *others = pages
    first.save(
        path, "TIFF", save_all=True, append_images=others, compression="group4", dpi=(204, down)
    )
    return path


def _draw(number: int, lines: int) -> Image.Image:
    page = Image.new("1", (WIDTH, lines), 1)
    pen, chance = ImageDraw.Draw(page), random.Random(number)
    for line in range(20):
        pen.line((line * 97 * (number + 1) % WIDTH, 0, WIDTH - line * 83, lines), 0, 2)
    for _ in range(200):
        pen.point((chance.randrange(WIDTH), chance.randrange(lines)), 0)
    pen.text((60, 40), f"Page {number + 1}", 0)
    return page


def make_documents() -> list[Attachment]:
    """Documents of ten kinds."""
    page, photo = _draw(3, 900), Image.linear_gradient("L").resize((500, 300))
    glass = Image.new("RGBA", (600, 200), (0, 0, 0, 0))
    ImageDraw.Draw(glass).ellipse((20, 20, 580, 180), (200, 0, 0, 255))
    text = "Doors open at nine.\n" * 12
    two = {"save_all": True, "append_images": [_draw(4, 400)]}
    return [
        Attachment("a.txt", "text/plain", text.encode()),
        Attachment("b.pdf", "application/pdf", set_text(text * 8)),
        Attachment("c.png", "image/png", _save(page, "PNG")),
        Attachment("d.png", "image/png", _save(glass, "PNG")),
        Attachment("e.jpg", "image/jpeg", _save(photo, "JPEG")),
        Attachment("f.gif", "image/gif", _save(page.convert("P"), "GIF")),
        Attachment("g.tif", "image/tiff", _save(page, "TIFF", compression="group4", **two)),
        Attachment("h.tif", "image/tiff", _save(photo, "TIFF", compression="tiff_lzw")),
        Attachment("i.pdf", "application/pdf", _save(page.rotate(90, expand=True), "PDF")),
        Attachment("j.png", "image/png", _save(photo.convert("LA"), "PNG")),
    ]


def _save(page: Image.Image, form: str, **options: Any) -> bytes:
    out = io.BytesIO()
    page.save(out, form, **options)
    return out.getvalue()
