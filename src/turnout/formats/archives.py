"""ZIP archives of lines and files, written by us and read as if somebody else had.

A reader is told which members there may be and how large each, and takes nothing else: no paths, no
doubles, no encryption, nothing that is larger when it is unpacked. What is unpacked is read piece
by piece, and never more of it than the archive declares.
"""

import re
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, Self

from turnout.errors import Invalid

LARGEST_FILE = 1_000_000_000
MEMBERS_LIMIT = 400
WHEN = (1980, 1, 1, 0, 0, 0)
_END = struct.Struct("<4s4H2LH")
# What the reader of the standard library raises for archives that lie about themselves.
_BROKEN = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError),
    *(NotImplementedError, RuntimeError, ValueError),
)


class ArchiveWriter:
    """Writes an archive to a file that is open; the same contents make the same bytes."""

    def __init__(self, file: BinaryIO) -> None:
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED)

    def add(self, name: str, pieces: Iterable[bytes]) -> None:
        """Add a member of these pieces."""
        info = zipfile.ZipInfo(name, WHEN)
        info.compress_type = zipfile.ZIP_DEFLATED
        info.external_attr = 0o600 << 16
        with self._zip.open(info, "w") as member:
            for piece in pieces:
                member.write(piece)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._zip.close()


class ArchiveReader:
    """Reads an archive. `limits` are how large a member may be (bytes), by a pattern of its whole
    name. Raises Invalid for anything else."""

    def __init__(self, path: Path, limits: Mapping[re.Pattern[str], int]) -> None:
        self._file = path.open("rb")
        try:
            _check_size(self._file)
            self._zip = zipfile.ZipFile(self._file)
            self.names = self._check(limits)
        except _BROKEN as error:
            self._file.close()
            raise Invalid("archive.broken") from error
        except BaseException:
            self._file.close()
            raise

    def read(self, name: str) -> bytes:
        """A whole member."""
        return b"".join(self._pieces(name))

    def lines(self, name: str, limit: int) -> Iterator[bytes]:
        """The lines of a member, without their ends; nothing if there is no such member. Raises
        Invalid for one of more than `limit` bytes."""
        if name not in self.names:
            return
        try:
            with self._zip.open(name) as member:
                while line := member.readline(limit + 1):
                    if len(line) > limit:
                        raise Invalid("archive.line", name=name, limit=limit)
                    yield line.rstrip(b"\r\n")
        except _BROKEN as error:
            raise Invalid("archive.broken") from error

    def _pieces(self, name: str) -> Iterator[bytes]:
        try:
            with self._zip.open(name) as member:
                while piece := member.read(1 << 16):
                    yield piece
        except _BROKEN as error:
            raise Invalid("archive.broken") from error

    def _check(self, limits: Mapping[re.Pattern[str], int]) -> frozenset[str]:
        seen: set[str] = set()
        for info in self._zip.infolist():
            limit = next((n for form, n in limits.items() if form.fullmatch(info.filename)), -1)
            is_plain = info.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
            if limit < 0 or info.filename in seen or info.flag_bits & 1 or not is_plain:
                raise Invalid("archive.member", name=info.filename[:100])
            if info.file_size > limit:
                raise Invalid("archive.large", name=info.filename, limit=limit)
            seen.add(info.filename)
        return frozenset(seen)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._zip.close()
        self._file.close()


def _check_size(file: BinaryIO) -> None:
    """Raise Invalid for a file that is no archive of ours, before a list of its members is read
    that may be as long as the file."""
    size = file.seek(0, 2)
    if not _END.size <= size <= LARGEST_FILE:
        raise Invalid("archive.size", limit=LARGEST_FILE // 1_000_000)
    file.seek(size - _END.size)
    mark, *_, count, _, _, comment = _END.unpack(file.read(_END.size))
    if mark != b"PK\x05\x06" or comment or count > MEMBERS_LIMIT:
        raise Invalid("archive.broken")
