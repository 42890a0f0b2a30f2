"""The process that decodes one picture from its standard input and writes it again; pictures.py
starts it. It limits itself before it reads anything."""

import io
import json
import resource
import sys

MEMORY, CPU_S = 1_500_000_000, 30
LARGEST_PIXELS = 50_000_000
SIDES = (1600, 800)
QUALITY = 82


def main() -> None:
    """Answer one line of JSON, and behind it the two pictures."""
    limit()
    content = sys.stdin.buffer.read()
    try:
        answer, parts = remake(content, sys.argv[1])
    except (OSError, ValueError, SyntaxError, MemoryError, EOFError, KeyError, IndexError):
        answer, parts = {"refusal": "broken"}, []
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n" + b"".join(parts))


def limit() -> None:
    """No more memory, CPU, files or processes than a picture needs."""
    for what, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, CPU_S),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def remake(content: bytes, name: str) -> tuple[dict[str, object], list[bytes]]:
    """What to say, and the pictures. Raises what Pillow raises."""
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = None  # Judged here, by the number that people are told.
    with Image.open(io.BytesIO(content), formats=[name]) as opened:
        if opened.width * opened.height > LARGEST_PIXELS:
            return {"refusal": "pixels"}, []
        opened.seek(0)
        opened.load()
        whole = ImageOps.exif_transpose(opened)
        has_alpha = "A" in whole.getbands() or "transparency" in whole.info
        whole = whole.convert("RGBA" if has_alpha else "RGB")
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


if __name__ == "__main__":
    main()
