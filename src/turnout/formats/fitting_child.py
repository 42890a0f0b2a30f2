"""The process that makes one picture fit, from its standard input; fitting.py starts it. It limits
itself before it reads anything."""

import io
import json
import sys

from turnout.formats.child_limits import limit_process
from turnout.formats.picture_child import CPU_S, LARGEST_PIXELS, MEMORY, check_png

# What phones show as it is.
SHOWN = ("JPEG", "PNG", "GIF")
QUALITIES = (85, 72, 60, 45)
SMALLER, LEAST_SIDE = 0.7, 64


def main() -> None:
    """Answer one line of JSON, and behind it the picture if it had to be made again."""
    limit_process(MEMORY, CPU_S)
    name, most_bytes, side = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    content = sys.stdin.buffer.read()
    try:
        answer, made = fit(content, name, most_bytes, side)
    except (OSError, ValueError, SyntaxError, MemoryError, EOFError, KeyError, IndexError):
        answer, made = {"refusal": "broken"}, b""
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n" + made)


def fit(content: bytes, name: str, most_bytes: int, side: int) -> tuple[dict[str, object], bytes]:
    """What to say, and a JPEG of at most so many bytes and pixels a side; empty where the picture
    fits as it is. Raises what Pillow raises."""
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = None  # Judged here, by the number that people are told.
    if name == "PNG":
        check_png(content)
    with Image.open(io.BytesIO(content), formats=[name]) as opened:
        if opened.width * opened.height > LARGEST_PIXELS:
            return {"refusal": "pixels"}, b""
        is_small = max(opened.size) <= side and len(content) <= most_bytes
        opened.draft("RGB", (side, side))
        opened.load()
        if is_small and name in SHOWN:
            return {"format": name}, b""
        has_alpha = "A" in opened.getbands() or "transparency" in opened.info
        whole = opened.convert("RGBA" if has_alpha else "RGB")
        whole.thumbnail((side, side), Image.Resampling.LANCZOS)
        whole = ImageOps.exif_transpose(whole)
    if has_alpha:
        paper = Image.new("RGB", whole.size, "white")
        paper.paste(whole, mask=whole.getchannel("A"))
        whole = paper
    whole.info.clear()
    while True:
        for quality in QUALITIES:
            out = io.BytesIO()
            whole.save(out, "JPEG", quality=quality, optimize=True)
            if out.tell() <= most_bytes:
                return {"format": "JPEG"}, out.getvalue()
        smaller = (int(whole.width * SMALLER) or 1, int(whole.height * SMALLER) or 1)
        if max(smaller) < LEAST_SIDE:
            break
        whole = whole.resize(smaller, Image.Resampling.LANCZOS)
    return {"refusal": "unfit"}, b""


if __name__ == "__main__":
    main()
