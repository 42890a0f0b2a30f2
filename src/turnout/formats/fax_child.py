"""The process that makes a fax of documents, from its standard input; fax.py starts it. It limits
itself before it reads anything."""

import io
import json
import sys
from collections.abc import Iterator
from typing import Any

from turnout.formats.child_limits import limit_process
from turnout.formats.fax_pages import (
    FINE,
    MOST_PAGES,
    STANDARD,
    RefusedError,
    draw,
    put_header,
    to_dots,
)

MEMORY, CPU_S = 900_000_000, 60
MOST_SHOWN = 20
_ERRORS = (OSError, ValueError, SyntaxError, MemoryError, EOFError, KeyError, IndexError, TypeError)


def main() -> None:
    """Answer one line of JSON, and behind it the fax."""
    import pypdfium2
    from PIL import Image, ImageDraw, ImageFont, TiffImagePlugin  # noqa: F401 - files it may open

    assert pypdfium2  # noqa: S101
    limit_process(MEMORY, CPU_S)
    order = json.loads(sys.stdin.buffer.readline())
    documents = [sys.stdin.buffer.read(size) for size in order["sizes"]]
    answer, made = make(order, documents)
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n" + made)


def make(order: dict[str, Any], documents: list[bytes]) -> tuple[dict[str, object], bytes]:
    """What to say, and the fax: a TIFF of all pages, or a PDF of the first to look at."""
    pages = list[bytes]()
    for place, (content, kind) in enumerate(zip(documents, order["kinds"], strict=True)):
        try:
            for page in draw(content, kind):
                if len(pages) == MOST_PAGES:
                    return {"refusal": "pages", "place": place}, b""
                pages.append(_pack(page))
        except RefusedError as error:
            return {"refusal": str(error), "place": place}, b""
        except _ERRORS:
            return {"refusal": "broken", "place": place}, b""
    is_fine = bool(order["fine"])
    shown = _show(pages, order["header"], is_fine=is_fine)
    dpi = FINE if is_fine else STANDARD
    save = _save_tiff if order["form"] == "tiff" else _save_pdf
    return {"pages": len(pages)}, save(shown, dpi)


def _show(pages: list[bytes], header: str, *, is_fine: bool) -> Iterator[Any]:
    from PIL import Image

    for number, packed in enumerate(pages, 1):
        with Image.open(io.BytesIO(packed), formats=["PNG"]) as page:
            page.load()
            whole = put_header(page, header, number, len(pages)) if header else page
            yield to_dots(whole, is_fine=is_fine)


def _pack(page: Any) -> bytes:
    """A page in grey takes 4 MB, and most of it is white."""
    out = io.BytesIO()
    page.save(out, "PNG", compress_level=1)
    return out.getvalue()


def _save_tiff(pages: Iterator[Any], dpi: tuple[int, int]) -> bytes:
    from PIL.TiffImagePlugin import AppendingTiffWriter

    out = io.BytesIO()
    with AppendingTiffWriter(out) as writer:
        for page in pages:
            page.save(writer, "TIFF", compression="group4", dpi=dpi)
            writer.newFrame()
    return out.getvalue()


def _save_pdf(pages: Iterator[Any], dpi: tuple[int, int]) -> bytes:
    first, *others = (page for _, page in zip(range(MOST_SHOWN), pages, strict=False))
    out = io.BytesIO()
    first.save(out, "PDF", save_all=True, append_images=others, dpi=dpi)
    return out.getvalue()


if __name__ == "__main__":
    main()
