"""Pictures made small enough for a network that takes only so many bytes and pixels.

Decoders are native code on hostile input, so they run in a child (fitting_child.py) with the limits
of pictures.py.
"""

import subprocess
import sys

import msgspec

from turnout.errors import Invalid
from turnout.formats.pictures import LARGEST_BYTES, LARGEST_PIXELS, WALL_S, find_format

_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "GIF": "image/gif"}


class _Answer(msgspec.Struct):
    """What the child says before the picture."""

    refusal: str = ""
    format: str = ""


_answer = msgspec.json.Decoder(_Answer)


def is_picture(content: bytes) -> bool:
    """Whether it begins like a JPEG, PNG, WebP, AVIF or GIF."""
    return _name(content) is not None


def fit(content: bytes, most_bytes: int, side: int) -> tuple[bytes, str]:
    """A picture of at most so many bytes and pixels a side, and its content type: JPEG, PNG and
    GIF that fit stay as they are, all else becomes a JPEG (of an animation, its first frame).
    Takes up to a minute. Raises Invalid if it is no picture, has more than 15 MB or 50 megapixels,
    cannot be read, or cannot be made so small."""
    if len(content) > LARGEST_BYTES:
        raise Invalid("picture.large", limit=LARGEST_BYTES // 1_000_000)
    name = _name(content)
    if name is None:
        raise Invalid("picture.form")
    command = [sys.executable, "-I", "-m", "turnout.formats.fitting_child"]
    try:
        done = subprocess.run(
            [*command, name, str(most_bytes), str(side)],
            input=content,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"PATH": ""},
            timeout=WALL_S,
            check=False,
        )
        head, _, made = done.stdout.partition(b"\n")
        answer = _answer.decode(head)
    except (subprocess.TimeoutExpired, msgspec.DecodeError) as error:
        raise Invalid("picture.broken") from error
    if answer.refusal == "pixels":
        raise Invalid("picture.pixels", limit=LARGEST_PIXELS // 1_000_000)
    if answer.refusal == "unfit":
        raise Invalid("picture.unfit", limit=most_bytes // 1000)
    if done.returncode or answer.format not in _TYPES:
        raise Invalid("picture.broken")
    return made or content, _TYPES[answer.format]


def _name(content: bytes) -> str | None:
    return "GIF" if content[:6] in (b"GIF87a", b"GIF89a") else find_format(content)
