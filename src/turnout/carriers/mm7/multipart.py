"""Multipart bodies of MM7 (RFC 2387), taken apart: within bounds, whatever comes."""

import binascii
import quopri
import re
from collections.abc import Iterator
from typing import NamedTuple

MOST_PARTS = 50
DEEPEST = 3
_HEAD_BYTES = 8_192
_BOUNDARY = re.compile(
    r';\s*boundary\s*=\s*(?:"([^"\r\n]{1,100})"|([^\s;"]{1,100}))', re.IGNORECASE
)
_CHARSET = re.compile(r';\s*charset\s*=\s*"?([\w.:+-]{1,40})', re.IGNORECASE | re.ASCII)
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_FOLD = re.compile(r"\r?\n[ \t]")
# Those that phones write, by the names that Python has for them.
_CHARSETS = {"utf-8", "us-ascii", "iso-8859-1", "iso-8859-15", "windows-1252", "utf-16"}


class MalformedError(ValueError):
    """The body is not as its header says, or has too many parts."""


class Part(NamedTuple):
    """A part that has no parts itself; `content_type` with its parameters."""

    content_type: str
    content: bytes

    @property
    def kind(self) -> str:
        """The content type alone, in lower case."""
        return kind_of(self.content_type)

    def read_text(self) -> str:
        """Its text; what cannot be read in it is replaced."""
        found = _CHARSET.search(self.content_type)
        charset = found[1].lower() if found else "utf-8"
        return self.content.decode(charset if charset in _CHARSETS else "utf-8", "replace")


def kind_of(content_type: str) -> str:
    """A content type without its parameters, in lower case."""
    return content_type.partition(";")[0].strip().lower()


def split(content_type: str, body: bytes) -> list[Part]:
    """The parts of a body in their order, those within others too; one part if it is no multipart.
    Raises MalformedError."""
    parts: list[Part] = []
    _collect(content_type, body, parts, DEEPEST)
    return parts


def _collect(content_type: str, body: bytes, parts: list[Part], depth: int) -> None:
    if not kind_of(content_type).startswith("multipart/"):
        if len(parts) >= MOST_PARTS:
            raise MalformedError(f"it has over {MOST_PARTS} parts")
        parts.append(Part(content_type, body))
        return
    found = _BOUNDARY.search(content_type[:_HEAD_BYTES])
    if not found or not depth:
        raise MalformedError("a multipart is too deep" if found else "a multipart has no boundary")
    for piece in _pieces((found[1] or found[2]).encode(), body):
        head, content = _open(piece)
        _collect(
            head.get("content-type", "text/plain"),
            _decode(head.get("content-transfer-encoding", ""), content),
            parts,
            depth - 1,
        )


def _pieces(boundary: bytes, body: bytes) -> Iterator[bytes]:
    """What stands between boundaries, up to the closing one."""
    mark = b"--" + boundary
    at, count = (0, 0) if body.startswith(mark) else (body.find(b"\n" + mark) + 1, 0)
    if not body.startswith(mark, at):
        raise MalformedError("a multipart lacks its boundary")
    while not body.startswith(b"--", at + len(mark)):
        count += 1
        start = body.find(b"\n", at + len(mark)) + 1
        end = body.find(b"\n" + mark, max(start - 1, 0))
        if not start or end < 0 or count > MOST_PARTS:
            raise MalformedError("a multipart is cut off, or has too many parts")
        yield body[start:end].removesuffix(b"\r")
        at = end + 1


def _open(piece: bytes) -> tuple[dict[str, str], bytes]:
    """The header of a part, by names in lower case, and its content."""
    if piece.startswith((b"\r\n", b"\n")):
        return {}, piece.lstrip(b"\r").removeprefix(b"\n")
    found = _HEAD_END.search(piece, 0, _HEAD_BYTES)
    head, content = (piece[: found.start()], piece[found.end() :]) if found else (piece, b"")
    lines = _FOLD.sub(" ", head[:_HEAD_BYTES].decode("latin-1")).splitlines()
    pairs = (line.partition(":") for line in lines)
    return {name.strip().lower(): value.strip() for name, _, value in pairs}, content


def _decode(encoding: str, content: bytes) -> bytes:
    match encoding.strip().lower():
        case "base64":
            try:
                return binascii.a2b_base64(content)
            except binascii.Error as error:
                raise MalformedError("a part is not in base64") from error
        case "quoted-printable":
            return quopri.decodestring(content)
        case _:
            return content
