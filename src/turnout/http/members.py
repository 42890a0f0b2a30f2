"""What a body says: JSON, a form or a multipart form, told apart by what it is.

Its `Content-Type` decides only where the body could be either: curl sends a form's type with every
`-d`, browsers send JSON as text, PHP sends arrays as multipart. A dialect says how much it takes
(`Limits`); everything that is there is read or refused.
"""

import re
from enum import Enum, auto
from typing import Any, NamedTuple

import msgspec

from turnout.errors import Invalid
from turnout.http.body import READ_TIMEOUT_S, UNREADABLE, charset_of, in_thread, read_body
from turnout.http.fast_path import Incoming
from turnout.http.forms import Pairs, find_boundary, nest, parse_form, parse_multipart
from turnout.http.json_shape import check_shape, too_deep
from turnout.http.json_slips import find_slip

QUERY_FIELDS = 2000
# What shows which kind a body is.
BEGINNING = 4096
_FORM = "application/x-www-form-urlencoded"
# A name and its =, but not the => of other languages.
_FIELD = re.compile(rb"[^\s{}\"'<>=&]{1,1000}=(?!>)")
_JSON_BEGINS = (b"{", b"[", b'"', b"'", "“".encode())


class Limits(NamedTuple):
    """How much a body may be: bytes, and what may be in it."""

    size: int
    fields: int = 1000
    values: int = 20_000
    depth: int = 32
    timeout_s: float = READ_TIMEOUT_S


class Kind(Enum):
    """What a body is."""

    EMPTY = auto()
    JSON = auto()
    FORM = auto()
    MULTIPART = auto()


async def read_members(req: Incoming, limits: Limits) -> dict[str, Any]:
    """The members of a request's body; none of an empty one. Raises Invalid, which says what could
    not be read."""
    body = await read_body(req, limits.size, limits.timeout_s)
    if not body:
        return {}
    content_type = req.get_header("Content-Type") or ""
    return await in_thread(len(body), decode_members, body, content_type, limits)


async def read_pairs(req: Incoming, limits: Limits) -> Pairs:
    """The members of a request's body as text in their order, for what has no lists. Raises Invalid
    for what cannot be read, and for a member that is neither text nor a number."""
    body = await read_body(req, limits.size, limits.timeout_s)
    content_type = req.get_header("Content-Type") or ""
    if kind_of(body, content_type) in (Kind.FORM, Kind.MULTIPART):
        return fields_of(body, content_type, limits)
    return [
        (name, as_text(name, value))
        for name, value in decode_members(body, content_type, limits).items()
        if value is not None
    ]


def as_text(name: str, value: Any) -> str:
    """A JSON value as a form has it. Raises Invalid for a list or an object."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str | int | float):
        raise Invalid("member.not_text", fields={name: []}, name=name[:100])
    return str(value)


def decode_members(body: bytes, content_type: str, limits: Limits) -> dict[str, Any]:
    """The members of a body in UTF-8. Raises Invalid."""
    kind = kind_of(body, content_type)
    if kind is Kind.EMPTY:
        return {}
    if kind is not Kind.JSON:
        return nest(fields_of(body, content_type, limits))
    found = decode_json(body, limits)
    if not found and found in (None, [], ""):  # what PHP makes of an empty array
        return {}
    if not isinstance(found, dict):
        raise Invalid("body.not_object")
    return found


def fields_of(body: bytes, content_type: str, limits: Limits) -> Pairs:
    """The fields of a form of either kind. Raises Invalid."""
    if boundary := find_boundary(body.lstrip(), content_type):
        return parse_multipart(body, boundary, limits.fields)
    return parse_form(body.strip(), limits.fields, charset_of(content_type))


def decode_json(body: bytes, limits: Limits) -> Any:
    """Any JSON value within the limits. Raises Invalid with the slip and its place."""
    check_shape(body, values=limits.values, depth=limits.depth)
    try:
        return msgspec.json.decode(body)
    except UNREADABLE as error:
        raise not_json(body, error, limits.depth) from error


def not_json(body: bytes, error: Exception, depth: int = Limits(0).depth) -> Invalid:
    """The refusal of a body that the decoder could not read."""
    if isinstance(error, RecursionError):
        return too_deep(depth)
    if isinstance(error, UnicodeDecodeError) or not _is_utf8(body):
        return Invalid("body.not_utf8")
    return Invalid("body.malformed", slip=find_slip(body, error))


def read_query(query: str) -> Pairs:
    """The parameters of a query in their order. Raises Invalid for what is not UTF-8."""
    return parse_form(query.encode("utf-8", "surrogateescape"), QUERY_FIELDS) if query else []


def kind_of(body: bytes, content_type: str) -> Kind:
    """What a body is, by its beginning; by its type where that says nothing."""
    beginning = body[:BEGINNING].lstrip()
    if not beginning:
        return Kind.EMPTY if len(body) <= BEGINNING else Kind.JSON
    if find_boundary(beginning, content_type):
        return Kind.MULTIPART
    if beginning.startswith(_JSON_BEGINS):
        return Kind.JSON
    if _FIELD.match(beginning) or content_type.lower().startswith(_FORM):
        return Kind.FORM
    return Kind.JSON


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True
