"""Forms: percent-encoded ones and multipart ones, as pairs of name and value in their order.

Bounded before it is split: fields are counted first, escapes are undone a slice at a time, and a
name has few levels. What is not in UTF-8 (or the charset named) is refused, never replaced.
"""

import binascii
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from turnout.errors import Invalid
from turnout.http.body import charset_of

Pairs = list[tuple[str, str]]

LEVELS = 8
HEADER_BYTES = 4096
SLICE = 1 << 18
_ESCAPE = 2  # the hex digits of one
# A text such as "100% sure" that was not escaped is taken as it stands, within reason.
LONE_LIMIT = 1000
_LONE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])+)")
_LEVEL = re.compile(r"\[([^\[\]]*)\]")
_BOUNDARY = re.compile(r"""boundary\s*=\s*(?:"([^"]{1,200})"|([^\s;"]{1,200}))""", re.IGNORECASE)
_FIRST_LINES = re.compile(rb"--([^\r\n]{1,200})\r?\ncontent-", re.IGNORECASE)
_FIELD_NAME = re.compile(
    rb"""[;\s]name\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))""", re.IGNORECASE | re.DOTALL
)
_SENT_AS = re.compile(rb';\s*filename="([^"\r\n]*)"', re.IGNORECASE)
_HEADERS_END = re.compile(rb"\r?\n\r?\n")


def parse_form(text: bytes, limit: int, charset: str = "utf-8") -> Pairs:
    """The fields of a percent-encoded form or a query. Raises Invalid for over `limit` fields, and
    for text that is not in the charset."""
    check_count(text, b"&", limit - 1)
    return [
        (_decode(_unquote(name), charset), _decode(_unquote(value), charset))
        for name, _, value in (field.partition(b"=") for field in text.split(b"&") if field)
    ]


def find_boundary(text: bytes, content_type: str) -> bytes:
    """The boundary of a multipart body, which the body shows also where its type does not; empty
    for another body."""
    is_named = "multipart" in content_type.lower()
    if is_named and (named := _BOUNDARY.search(content_type)):
        return (named[1] or named[2]).encode("latin-1", "replace")
    shown = _FIRST_LINES.match(text)
    return shown[1].rstrip() if shown else b""


def parse_multipart(text: bytes, boundary: bytes, limit: int) -> Pairs:
    """The parts of a multipart form as fields. Raises Invalid for over `limit` parts, and for a
    part that cannot be read."""
    check_count(text, b"--" + boundary, limit + 1, limit)
    return [_read_part(part) for part in _split(text, b"--" + boundary)]


class SentFile(NamedTuple):
    """A file in a form: the field's name, the file's own name as it was sent, and its bytes."""

    field: str
    name: str
    content: bytes


def parse_files(text: bytes, boundary: bytes, limit: int) -> tuple[Pairs, list[SentFile]]:
    """The parts of a multipart form, as fields and files; a file that was not chosen is left out.
    Raises Invalid as `parse_multipart` does."""
    check_count(text, b"--" + boundary, limit + 1, limit)
    pairs: Pairs = []
    files: list[SentFile] = []
    for part in _split(text, b"--" + boundary):
        named = _SENT_AS.search(part.headers)
        if named is None:
            pairs.append(_read_part(part))
        elif part.content:
            field = _read_part(part._replace(content=b""))[0]
            files.append(SentFile(field, named[1].decode("utf-8", "replace"), part.content))
    return pairs, files


def nest(pairs: Pairs) -> dict[str, Any]:
    """Members of a form: `a[b][c]` is a member of a member of a member, `a[]` the next of a list,
    and of a name that comes twice the last counts, all as PHP has it. Raises Invalid for a name
    that is both text and a list, and for one with too many levels."""
    given: dict[str, Any] = {}
    for name, value in pairs:
        path = _path(name)
        place = given
        for part in path[:-1]:
            place = place.setdefault(part or str(len(place)), {})
            if not isinstance(place, dict):
                raise _twice(name)
        last = path[-1] or str(len(place))
        if isinstance(place.get(last), dict):
            raise _twice(name)
        place[last] = value
    return {name: _as_list(value) for name, value in given.items()}


def check_count(text: bytes, mark: bytes, limit: int, allowed: int | None = None) -> None:
    """Raise Invalid when the mark is there more than `limit` times. A slice at a time, so that a
    thread that counts lets others go on, and no further than needed."""
    found = 0
    for start in range(0, len(text), SLICE):
        found += text.count(mark, start, start + SLICE + len(mark) - 1)
        if found > limit:
            raise too_many_fields(limit + 1 if allowed is None else allowed)


def too_many_fields(limit: int) -> Invalid:
    """The refusal of a form with more fields than that."""
    return Invalid("body.fields", limit=limit)


def _twice(name: str) -> Invalid:
    return Invalid("body.field_twice", name=name[:100])


def _path(name: str) -> list[str]:
    found = _NAME.fullmatch(name) if "[" in name else None
    if not found:
        return [name]
    if found[2].count("[") >= LEVELS:
        raise Invalid("body.field_nesting", limit=LEVELS, name=name[:40])
    return [found[1], *_LEVEL.findall(found[2])]


def _as_list(value: Any) -> Any:
    """Members whose names are numbers are a list, as PHP sends one with gaps."""
    if not isinstance(value, dict):
        return value
    inner = {name: _as_list(member) for name, member in value.items()}
    is_list = all(name.isascii() and name.isdigit() for name in inner)
    return list(inner.values()) if is_list else inner


def _unquote(text: bytes) -> bytes:
    if b"%" not in text and b"+" not in text:
        return text
    if len(text) <= SLICE:
        return _unquote_slice(text)
    return b"".join(map(_unquote_slice, _slices(text)))


def _slices(text: bytes) -> Iterator[bytes]:
    """Slices that do not end within an escape."""
    start = 0
    while start < len(text):
        end = start + SLICE
        escape = text.rfind(b"%", max(start, end - _ESCAPE), end)
        end = escape if escape > start and end < len(text) else end
        yield text[start:end]
        start = end


def _unquote_slice(text: bytes) -> bytes:
    """Percent-decoding by the decoder of quoted-printable, which is written in C and takes no room
    for each escape. An escape that is none stays as it is."""
    text = text.replace(b"+", b" ")
    if b"%" not in text:
        return text
    text, count = _LONE.subn(b"%25", text, LONE_LIMIT)
    if count == LONE_LIMIT and _LONE.search(text):
        raise Invalid("body.escapes")
    return binascii.a2b_qp(text.replace(b"=", b"=3D").replace(b"%", b"="))


def _decode(text: bytes, charset: str) -> str:
    try:
        return text.decode(charset)
    except UnicodeDecodeError as error:
        shown = text[:40].decode(charset, "replace")
        raise Invalid("body.field_charset", charset=charset.upper(), text=shown) from error


class _Part(NamedTuple):
    headers: bytes
    content: bytes


def _split(text: bytes, delimiter: bytes) -> Iterator[_Part]:
    start = text.find(delimiter)
    while start >= 0:
        start += len(delimiter)
        if text.startswith(b"--", start):
            return
        end = text.find(b"\n" + delimiter, start)
        headers = _HEADERS_END.search(text, start, start + HEADER_BYTES)
        if end < 0 or headers is None or headers.end() > end + 1:
            break
        content = text[headers.end() : end].removesuffix(b"\r") if headers.end() < end else b""
        yield _Part(text[start : headers.start()], content)
        start = end + 1
    raise Invalid("body.parts_cut")


def _read_part(part: _Part) -> tuple[str, str]:
    found = _FIELD_NAME.search(part.headers)
    if not found:
        raise Invalid("body.part_unnamed")
    charset = charset_of(part.headers.decode("latin-1"))
    name = re.sub(rb'\\(["\\])', rb"\1", found[1]) if found[1] is not None else found[2]
    if b"content-transfer-encoding" in (headers := part.headers.lower()):
        kind = headers.partition(b"content-transfer-encoding:")[2].split(None, 1)[:1]
        if kind not in ([b"7bit"], [b"8bit"], [b"binary"]):
            raise Invalid("body.part_encoding")
    return _decode(name, charset), _decode(part.content, charset)
