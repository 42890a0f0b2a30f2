"""Mail from strangers, read as far as a bounce needs: fields, a parameter, the parts inside.

The standard library's parser takes time by the square of what it reads (`multipart/report; a="`
and many `;`). Here each function goes over its bytes once, whatever they are, and what comes out is
bounded. Nothing is raised: what cannot be read is not there.
"""

import binascii
import re

# Of a head so much is read, and so many lines; of a field, so much.
HEAD_BYTES = 64 * 1024
LINES = 1000
FIELD_BYTES = 2048
PARTS = 50
# RFC 2046 allows 70 characters.
BOUNDARY_BYTES = 200

# Of a text so much is read.
TEXT_BYTES = 64 * 1024

_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")
_ENCODED_WORD = re.compile(r"=\?([A-Za-z0-9_-]{1,40})\?([bqBQ])\?([^?\s]{0,500})\?=", re.ASCII)
_BLANK_LINE = re.compile(rb"\r?\n\r?\n")
_PARAMETER = re.compile(
    r';\s*+([^\s=;"]{1,60}+)\s*+=\s*+(?:"((?:[^"\\]|\\.)*+)"|([^\s;]*+))', re.DOTALL
)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)

Fields = dict[str, str]


def read_fields(head: bytes) -> Fields:
    """The fields of a head by name in lower case, unfolded; of those that are there twice the
    first. Lines that are no fields are skipped."""
    fields: dict[str, bytearray] = {}
    value = bytearray()
    for line in head[:HEAD_BYTES].split(b"\n", LINES)[:LINES]:
        if line[:1] in (b" ", b"\t"):
            value += line[: FIELD_BYTES - len(value)]
            continue
        name, colon, rest = line.partition(b":")
        value = bytearray(rest[:FIELD_BYTES])
        if colon:
            fields.setdefault(name.strip().lower().decode("ascii", "replace"), value)
    return {name: _to_text(value) for name, value in fields.items()}


def split_entity(entity: bytes) -> tuple[Fields, bytes]:
    """The fields of an entity, and its body."""
    if entity.startswith((b"\r\n", b"\n")):
        return {}, entity
    head, *body = _BLANK_LINE.split(entity, maxsplit=1)
    return read_fields(head), body[0] if body else b""


def split_groups(text: bytes, limit: int) -> list[bytes]:
    """What blank lines part, up to `limit`."""
    return _BLANK_LINE.split(text.strip(), maxsplit=limit)[:limit]


def read_type(fields: Fields) -> tuple[str, str]:
    """The content type in lower case, and the boundary that it names, or nothing."""
    type_, semicolon, rest = fields.get("content-type", "").partition(";")
    return type_.strip().lower(), _find_boundary(semicolon + rest)


def list_parts(body: bytes, named: str) -> list[bytes]:
    """The parts of a multipart whose boundary is so `named`, up to PARTS; [] without one."""
    boundary = named.encode("ascii", "replace")
    if not boundary or len(boundary) > BOUNDARY_BYTES:
        return []
    delimiter = re.compile(rb"(?:^|\r?\n)--%b(?:--)?[ \t]*(?:\r?\n|$)" % re.escape(boundary))
    return delimiter.split(body, maxsplit=PARTS)[1:PARTS]


def _find_boundary(parameters: str) -> str:
    for found in _PARAMETER.finditer(parameters):
        if found[1].lower() == "boundary":
            value = found[3] if found[2] is None else _ESCAPED.sub(r"\1", found[2])
            return value.rstrip()
    return ""


def _to_text(value: bytearray) -> str:
    return value.replace(b"\r", b"").decode("utf-8", "replace").strip()


def read_text(fields: Fields, body: bytes) -> str:
    """The text of a part, as far as it is looked at."""
    return decode_body(fields, body).decode("utf-8", "replace")


def decode_body(fields: Fields, body: bytes) -> bytes:
    """A part's content without its transfer encoding, as far as it is looked at."""
    encoding = fields.get("content-transfer-encoding", "").lower()
    some = body[:TEXT_BYTES]
    if encoding == "quoted-printable":
        return binascii.a2b_qp(some)
    if encoding == "base64":
        letters = _NOT_BASE64.sub(b"", some)
        return binascii.a2b_base64(letters[: len(letters) // 4 * 4])
    return some


def read_words(value: str) -> str:
    """A field's value with its encoded words (RFC 2047) as text."""
    return _ENCODED_WORD.sub(_decode_word, value)


def _decode_word(word: re.Match[str]) -> str:
    octets = word[3].encode()
    try:
        if word[2].lower() == "q":
            return binascii.a2b_qp(octets, header=True).decode(word[1], "replace")
        return binascii.a2b_base64(octets).decode(word[1], "replace")
    except (LookupError, ValueError):
        return word[0]
