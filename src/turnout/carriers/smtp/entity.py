"""Mail from strangers, read as far as a bounce needs: fields, a parameter, the parts inside.

The standard library's parser takes time by the square of what it reads (`multipart/report; a="`
and many `;`). Here each function goes over its bytes once, whatever they are, and what comes out is
bounded. Nothing is raised: what cannot be read is not there.
"""

import re

# Of a head so much is read, and so many lines; of a field, so much.
HEAD_BYTES = 64 * 1024
LINES = 1000
FIELD_BYTES = 2048
PARTS = 50
# RFC 2046 allows 70 characters.
BOUNDARY_BYTES = 200

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
