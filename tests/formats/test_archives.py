"""Archives that we write and read; whatever else is in a ZIP is refused before it is unpacked."""

import io
import re
import struct
import zipfile
from pathlib import Path

import pytest

from turnout.errors import Invalid
from turnout.formats.archives import ArchiveReader, ArchiveWriter

LIMITS = {re.compile(r"[a-z]+\.jsonl"): 1000, re.compile(r"pictures/[0-9]\.webp"): 100}
LINES = b'{"a":1}\n{"b":2}\n'


def write(path: Path, **members: bytes) -> Path:
    with path.open("wb") as file, ArchiveWriter(file) as archive:
        for name, content in members.items():
            archive.add(f"{name}.jsonl", [content[:3], content[3:]])
    return path


def read(path: Path, limit: int = 100) -> dict[str, list[bytes]]:
    with ArchiveReader(path, LIMITS) as archive:
        return {name: list(archive.lines(name, limit)) for name in sorted(archive.names)}


def refusal(path: Path) -> str:
    with pytest.raises(Invalid) as caught:
        read(path)
    assert caught.value.message != f"{caught.value.code}."
    return caught.value.code


def make(path: Path, name: str = "rows.jsonl", content: bytes = LINES, **options) -> Path:
    """An archive as somebody else may write it."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, content, **options)
    return path


def test_what_is_written_is_read_and_the_same_is_the_same(tmp_path):
    path = write(tmp_path / "a.zip", rows=LINES, none=b"")
    assert read(path) == {"none.jsonl": [], "rows.jsonl": [b'{"a":1}', b'{"b":2}']}
    assert write(tmp_path / "b.zip", rows=LINES, none=b"").read_bytes() == path.read_bytes()
    with ArchiveReader(path, LIMITS) as archive:
        assert archive.read("rows.jsonl") == LINES
        assert list(archive.lines("other.jsonl", 100)) == []


@pytest.mark.parametrize(
    "name",
    [
        "../rows.jsonl",
        "/etc/rows.jsonl",
        "rows.jsonl/",
        "C:\\rows.jsonl",
        "ROWS.jsonl",
        "rows.json",
        "pictures/../1.webp",
        "rows.jsonl\nrows.jsonl",
    ],
)
def test_a_member_that_is_not_ours_is_refused(tmp_path, name):
    assert refusal(make(tmp_path / "a.zip", name)) == "archive.member"


def test_bombs_are_refused(tmp_path):
    bomb = make(tmp_path / "a.zip", content=b"0" * 10_000_000, compress_type=zipfile.ZIP_DEFLATED)
    assert bomb.stat().st_size < 20_000
    assert refusal(bomb) == "archive.large"
    lying = bytearray(bomb.read_bytes())
    for mark, place in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        at = lying.index(mark) + place
        lying[at : at + 4] = struct.pack("<L", 500)
    bomb.write_bytes(lying)
    assert refusal(bomb) in ("archive.broken", "archive.line")


def test_doubles_and_other_packings_are_refused(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("rows.jsonl", b"1")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("rows.jsonl", b"2")
    assert refusal(path) == "archive.member"
    assert refusal(make(path, compress_type=zipfile.ZIP_BZIP2)) == "archive.member"
    assert refusal(make(path, compress_type=zipfile.ZIP_LZMA)) == "archive.member"
    locked = bytearray(make(path).read_bytes())
    locked[locked.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(locked)
    assert refusal(path) == "archive.member"


def test_what_is_no_archive_is_refused(tmp_path):
    path = tmp_path / "a.zip"
    whole = make(path).read_bytes()
    many = io.BytesIO()
    with zipfile.ZipFile(many, "w") as archive:
        for number in range(500):
            archive.writestr(f"{number}.jsonl", b"")
    with_comment = bytearray(whole)
    with_comment[-2:] = struct.pack("<H", 3)
    for content in (
        b"",
        b"PK",
        b"x" * 100,
        whole[:-1],
        whole[1:],
        whole[:-22] + b"\0" * 22,
        bytes(with_comment) + b"abc",
        many.getvalue(),
    ):
        path.write_bytes(content)
        assert refusal(path) in ("archive.broken", "archive.size"), content[:50]


def test_a_damaged_or_endless_line_is_refused(tmp_path):
    path = write(tmp_path / "a.zip", rows=b"a" * 500)
    assert refusal(path) == "archive.line"
    damaged = bytearray(write(path, rows=LINES * 20).read_bytes())
    damaged[45] ^= 0xFF
    path.write_bytes(damaged)
    assert refusal(path) == "archive.broken"
