"""Pictures of strangers, made again as WebP in a process of their own.

JPEG, PNG, WebP and AVIF are known by their first bytes, never by a name. Decoders are native code
on hostile input, so it runs in a child with little memory, CPU and time, and only what it
encodes is kept: nothing of the file's own bytes, so neither EXIF nor data behind the picture. Of an
animation the first frame stays.
"""

import subprocess
import sys
from typing import NamedTuple

import msgspec

from turnout.errors import Invalid

LARGEST_BYTES = 15_000_000
LARGEST_PIXELS = 50_000_000
SIDES = (1600, 800)
WALL_S = 60


class Picture(NamedTuple):
    """A picture in its two sizes, as WebP; width and height are those of the larger."""

    large: bytes
    small: bytes
    width: int
    height: int


class _Answer(msgspec.Struct):
    """What the child says before the bytes of the two pictures."""

    refusal: str = ""
    width: int = 0
    height: int = 0
    sizes: tuple[int, int] = (0, 0)


_answer = msgspec.json.Decoder(_Answer)


def find_format(content: bytes) -> str | None:
    """Pillow's name of the picture's format, by its first bytes; None for any other."""
    if content[:3] == b"\xff\xd8\xff":
        return "JPEG"
    if content[:8] == b"\x89PNG\r\n\x1a\n":
        return "PNG"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "WEBP"
    if content[4:8] == b"ftyp" and content[8:12] in (b"avif", b"avis"):
        return "AVIF"
    return None


def remake(content: bytes) -> Picture:
    """The picture as WebP, at most 1600 and at most 800 pixels wide and high; smaller ones stay as
    they are. Takes up to a minute. Raises Invalid if it is not one of the four formats, has more
    than 15 MB or 50 megapixels, or cannot be read."""
    if len(content) > LARGEST_BYTES:
        raise Invalid("picture.large", limit=LARGEST_BYTES // 1_000_000)
    name = find_format(content)
    if name is None:
        raise Invalid("picture.form")
    command = [sys.executable, "-I", "-m", "turnout.formats.picture_child", name]
    try:
        done = subprocess.run(
            command,
            input=content,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"PATH": ""},
            timeout=WALL_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise Invalid("picture.broken") from error
    return _read(done.stdout) if done.returncode == 0 else _refuse()


def _read(output: bytes) -> Picture:
    head, _, rest = output.partition(b"\n")
    try:
        answer = _answer.decode(head)
    except msgspec.DecodeError:
        return _refuse()
    if answer.refusal == "pixels":
        raise Invalid("picture.pixels", limit=LARGEST_PIXELS // 1_000_000)
    large, small = answer.sizes
    if answer.refusal or len(rest) != large + small:
        return _refuse()
    return Picture(rest[:large], rest[large:], answer.width, answer.height)


def _refuse() -> Picture:
    raise Invalid("picture.broken")
