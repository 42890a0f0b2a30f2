"""Pictures of strangers are made again, or refused: whatever they are named or hide."""

import io
import struct
import subprocess
import sys
import zlib

import pytest
from PIL import Image, ImageStat

from turnout.errors import Invalid
from turnout.formats import pictures
from turnout.formats.pictures import Picture, find_format, remake


def draw(form: str, size: tuple[int, int] = (2000, 1000), mode: str = "RGB", **options) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, (200, 30, 30, 128)[: len(mode)]).save(out, form, **options)
    return out.getvalue()


def look(picture: Picture) -> list[tuple[str, tuple[int, int], str]]:
    found = []
    for content in (picture.large, picture.small):
        with Image.open(io.BytesIO(content)) as opened:
            opened.load()
            assert not opened.getexif()
            assert "exif" not in opened.info
            assert "icc_profile" not in opened.info
            found.append((opened.format or "", opened.size, opened.mode))
    return found


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_each_format_becomes_webp_in_two_sizes(form: str) -> None:
    content = draw(form)
    assert find_format(content) == form
    picture = remake(content)
    assert look(picture) == [("WEBP", (1600, 800), "RGB"), ("WEBP", (800, 400), "RGB")]
    assert (picture.width, picture.height) == (1600, 800)


def test_a_small_one_stays_small_and_seen_through() -> None:
    picture = remake(draw("PNG", (30, 20), "RGBA"))
    assert look(picture) == [("WEBP", (30, 20), "RGBA")] * 2


def test_exif_turns_the_picture_and_goes() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "secret place"
    picture = remake(draw("JPEG", (40, 20), exif=exif))
    assert look(picture)[0][1] == (20, 40)
    assert b"secret" not in picture.large


def test_of_an_animation_the_first_frame_stays() -> None:
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")]
    out = io.BytesIO()
    frames[0].save(out, "WEBP", save_all=True, append_images=frames[1:], lossless=True)
    picture = remake(out.getvalue())
    with Image.open(io.BytesIO(picture.large)) as opened:
        assert getattr(opened, "n_frames", 1) == 1
        averages = [round(band) for band in ImageStat.Stat(opened.convert("RGB")).mean]
    assert averages == pytest.approx([255, 0, 0], abs=8)  # WebP is lossy


def test_what_hides_behind_a_picture_is_left_out() -> None:
    hidden = b"<script>alert(1)</script>PK\x03\x04 zip"
    picture = remake(draw("PNG", (10, 10)) + hidden)
    assert hidden not in picture.large + picture.small


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says that it is so large."""

    def chunk(name: bytes, data: bytes) -> bytes:
        body = name + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"\0" * 100_000, 9)
    parts = chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def damaged(png: bytes) -> bytes:
    """With the checksum of the pixels changed."""
    return png[:-13] + bytes([png[-13] ^ 1]) + png[-12:]


HOSTILE = {
    "nothing": (b"", "picture.form"),
    "text": (b"hello", "picture.form"),
    "SVG": (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "picture.form"),
    "SVG with a declaration": (b"<?xml version='1.0'?><svg/>", "picture.form"),
    "GIF": (draw("GIF", (5, 5), "P"), "picture.form"),
    "BMP": (draw("BMP", (5, 5)), "picture.form"),
    "TIFF": (draw("TIFF", (5, 5)), "picture.form"),
    "HTML behind the first bytes of a JPEG": (b"\xff\xd8\xff<html>", "picture.broken"),
    "HEIC named AVIF": (b"\0\0\0\x18ftypavif" + b"\0" * 90, "picture.broken"),
    "half a JPEG": (draw("JPEG")[:900], "picture.broken"),
    "half a PNG": (draw("PNG")[:60], "picture.broken"),
    "a PNG without its end": (draw("PNG")[:-12], "picture.broken"),
    "a PNG with a damaged line": (damaged(draw("PNG")), "picture.broken"),
    "half a WebP": (draw("WEBP")[:40], "picture.broken"),
    "a PNG that calls itself WebP": (b"RIFF\0\0\0\0WEBP" + draw("PNG"), "picture.broken"),
    "a bomb": (bomb(60_000, 60_000), "picture.pixels"),
    "the largest numbers": (bomb(2**31 - 1, 2**31 - 1), "picture.pixels"),
    "one pixel too many": (bomb(50_000_001, 1), "picture.pixels"),
    "many pixels that are not there": (bomb(7_000, 7_000), "picture.broken"),
    "no pixels": (bomb(0, 0), "picture.broken"),
    "15 MB and a byte": (b"\xff\xd8\xff" + b"\0" * 14_999_998, "picture.large"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_hostile_is_refused(name: str) -> None:
    content, code = HOSTILE[name]
    with pytest.raises(Invalid) as refusal:
        remake(content)
    assert refusal.value.code == code


def large_noise(mode: str) -> bytes:
    out = io.BytesIO()
    Image.new(mode, (7_070, 7_070), (9, 9, 9, 9)[: len(mode)]).save(out, "PNG", compress_level=1)
    return out.getvalue()


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_the_largest_picture_takes_a_bounded_amount_of_memory(mode: str) -> None:
    command = [sys.executable, "-I", "-c", MEASURED, "PNG"]
    done = subprocess.run(command, input=large_noise(mode), capture_output=True, check=True)
    assert int(done.stderr) < 520_000, "kB"
    assert done.stdout.startswith(b'{"width": 1600')


# Of this program alone: the resource usage that the kernel tells has the parent's before it.
MEASURED = """
import re, sys
from turnout.formats.picture_child import main
main()
with open("/proc/self/status") as status:
    sys.stderr.write(re.search(r"VmHWM:\\s+(\\d+)", status.read())[1])
"""


def test_a_child_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "WALL_S", 0.001)
    with pytest.raises(Invalid) as refusal:
        remake(draw("PNG", (10, 10)))
    assert refusal.value.code == "picture.broken"
