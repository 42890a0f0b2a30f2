"""The process that decodes one picture from its standard input and writes it again; pictures.py
starts it. It limits itself before it reads anything."""

import io
import json
import sys
import zlib

from turnout.formats.child_limits import limit_process

MEMORY, CPU_S = 900_000_000, 30
LARGEST_PIXELS = 50_000_000
SIDES = (1600, 800)
SIGNATURE = b"\x89PNG\r\n\x1a\n"
QUALITY = 82


def main() -> None:
    """Answer one line of JSON, and behind it the two pictures."""
    limit_process(MEMORY, CPU_S)
    content = sys.stdin.buffer.read()
    try:
        answer, parts = remake(content, sys.argv[1])
    except (OSError, ValueError, SyntaxError, MemoryError, EOFError, KeyError, IndexError):
        answer, parts = {"refusal": "broken"}, []
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n" + b"".join(parts))


def remake(content: bytes, name: str) -> tuple[dict[str, object], list[bytes]]:
    """What to say, and the pictures. Raises what Pillow raises."""
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = None  # Judged here, by the number that people are told.
    if name == "PNG":
        check_png(content)
    with Image.open(io.BytesIO(content), formats=[name]) as opened:
        if opened.width * opened.height > LARGEST_PIXELS:
            return {"refusal": "pixels"}, []
        opened.seek(0)
        # A JPEG is decoded no larger than needed. What else is done comes after shrinking, or each
        # step would hold another copy of all pixels.
        opened.draft("RGB", (SIDES[0], SIDES[0]))
        opened.load()
        has_alpha = "A" in opened.getbands() or "transparency" in opened.info
        mode = "RGBA" if has_alpha else "RGB"
        whole = opened if opened.mode in ("RGB", "RGBA", "L") else opened.convert(mode)
        whole.thumbnail((SIDES[0], SIDES[0]), Image.Resampling.LANCZOS)
        whole = ImageOps.exif_transpose(whole).convert(mode)
    whole.info.clear()
    parts = []
    sizes = []
    for side in SIDES:
        whole.thumbnail((side, side), Image.Resampling.LANCZOS)
        sizes.append(whole.size)
        out = io.BytesIO()
        whole.save(out, "WEBP", quality=QUALITY, method=4)
        parts.append(out.getvalue())
    width, height = sizes[0]
    lengths = [len(part) for part in parts]
    return {"width": width, "height": height, "sizes": lengths}, parts


def check_png(content: bytes) -> None:
    """Raise ValueError for a PNG that is cut off or damaged: Pillow draws what is there of it. What
    is behind its end does not matter, because nothing of it is kept."""
    at, name = len(SIGNATURE), b""
    while name != b"IEND":
        length = int.from_bytes(content[at : at + 4])
        name, body = content[at + 4 : at + 8], memoryview(content)[at + 4 : at + 8 + length]
        at += length + 12
        if zlib.crc32(body).to_bytes(4) != content[at - 4 : at]:
            raise ValueError(name)


if __name__ == "__main__":
    main()
