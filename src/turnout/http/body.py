"""Reading request bodies: bounded, in time, and as UTF-8 whatever they were sent as.

What comes back is the body itself: `Content-Encoding: gzip` is undone, a byte order mark is gone,
and another charset has become UTF-8. What cannot be undone is refused by its name. What the body
says is read by members.py.
"""

import asyncio
import codecs
import re
import zlib
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import msgspec

from turnout.core.text import is_storable
from turnout.errors import Invalid
from turnout.http.fast_path import Incoming
from turnout.store import deadlines

P = ParamSpec("P")
T = TypeVar("T")

READ_TIMEOUT_S = 30
# Beyond this, decoding takes long enough to hold others up: it is done in a thread.
LONG = 64 * 1024
# Of bodies over this, few are read at a time.
LARGE = 1024 * 1024
# What a browser, a mail program or a spreadsheet may send; no codec that is not of text.
CHARSETS = frozenset(
    {
        *("utf-8", "utf-16", "utf-16-le", "utf-16-be", "ascii", "iso8859-1", "iso8859-2"),
        *("iso8859-9", "iso8859-15", "cp1250", "cp1251", "cp1252", "cp1254", "koi8-r"),
        *("shift_jis", "euc_jp", "gb2312", "gbk", "gb18030", "big5", "euc_kr"),
    }
)
_CHARSET = re.compile(r"""charset\s*=\s*["']?([A-Za-z0-9._:-]{1,40})""", re.IGNORECASE)
_MARKS = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_BEGINNINGS = (codecs.BOM_UTF8, *_MARKS)
# zlib's word for "gzip or zlib, as the data say".
_EITHER = 47
_ENCODINGS = ("gzip", "x-gzip", "deflate")

# What decoding raises for a body that is not JSON, not UTF-8, or nested beyond reason.
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


async def read_body(req: Incoming, limit: int, timeout_s: float = READ_TIMEOUT_S) -> bytes:
    """The whole body, in UTF-8. Raises Invalid when it is over `limit` bytes (as sent or as
    decoded), when it does not arrive whole, and in `timeout_s`, and when it cannot be decoded."""
    body = await read_sent(req, limit, timeout_s)
    if not body:
        return b""
    if encoding := req.get_header("Content-Encoding"):
        body = await in_thread(limit, decompress, body, encoding, limit)
    content_type = req.get_header("Content-Type")
    if body.startswith(_BEGINNINGS) or (content_type and "charset" in content_type.lower()):
        return await in_thread(len(body), to_utf8, body, content_type or "", limit)
    return body


async def read_sent(req: Incoming, limit: int, timeout_s: float = READ_TIMEOUT_S) -> bytes:
    """The whole body as it was sent. Raises Invalid when it is over `limit` bytes, and when it does
    not arrive whole, and in `timeout_s`."""
    length = req.content_length
    if length == 0:
        return b""
    if length is not None and length > limit:
        raise too_large(limit)
    body = await _read_in_time(req, limit + 1, timeout_s)
    if deadlines.is_cut():
        raise Invalid("body.broken")
    deadlines.renew()
    if len(body) > limit:
        raise too_large(limit)
    return body


def is_packed(req: Incoming) -> bool:
    """Whether the length that was announced says little about the body's."""
    return bool(req.get_header("Content-Encoding")) or req.content_length is None


async def in_thread(size: int, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Do it here, or in a thread where `size` bytes take long enough to hold others up."""
    if size > LONG:
        return await asyncio.to_thread(work, *args, **kwargs)
    return work(*args, **kwargs)


def decompress(body: bytes, encoding: str, limit: int) -> bytes:
    """Undo a `Content-Encoding`. Raises Invalid for one that is not known, and as soon as the body
    is over `limit` bytes."""
    names = [name for name in encoding.lower().replace(" ", "").split(",") if name != "identity"]
    if not names or not body:
        return body
    if len(names) > 1 or names[0] not in _ENCODINGS:
        raise Invalid("body.encoding", encoding=encoding[:40])
    found = b""
    while body:
        stream = zlib.decompressobj(_EITHER)
        try:
            piece = stream.decompress(body, limit + 1 - len(found))
        except zlib.error as error:
            raise Invalid("body.not_encoded", encoding=names[0]) from error
        found = found + piece if found else piece
        if len(found) > limit:
            raise too_large(limit)
        if not stream.eof:
            raise Invalid("body.encoding_cut", encoding=names[0])
        body = stream.unused_data if stream.unused_data.startswith(b"\x1f\x8b") else b""
    return found


def charset_of(content_type: str) -> str:
    """The charset that a `Content-Type` names, by Python's name; UTF-8 where it names none.
    Raises Invalid for one that is not known."""
    found = _CHARSET.search(content_type)
    if not found:
        return "utf-8"
    try:
        name = codecs.lookup(found[1]).name
    except LookupError:
        name = ""
    if name not in CHARSETS:
        raise Invalid("body.charset", charset=found[1])
    return "utf-8" if name == "ascii" else name


def to_utf8(body: bytes, content_type: str, limit: int) -> bytes:
    """The body as UTF-8, without a byte order mark. Raises Invalid where it is not what its
    `Content-Type` says."""
    if body.startswith(codecs.BOM_UTF8):
        return body[len(codecs.BOM_UTF8) :]
    charset = next(
        (name for mark, name in _MARKS.items() if body.startswith(mark)), None
    ) or charset_of(content_type)
    if charset == "utf-8" or (body.isascii() and not charset.startswith("utf-16")):
        return body
    try:
        body = body.decode(charset).removeprefix("\ufeff").encode()
    except (UnicodeDecodeError, UnicodeEncodeError) as error:
        raise Invalid("body.not_in_charset", charset=charset) from error
    if len(body) > limit:
        raise too_large(limit)
    return body


async def _read_in_time(req: Incoming, size: int, timeout_s: float) -> bytes:
    # What asyncio.timeout does, at a fifth of its cost.
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()
    deadline = loop.time() + timeout_s
    timer = loop.call_at(deadline, task.cancel) if task else None
    try:
        return await req.stream.read(size)
    except asyncio.CancelledError:
        if task is None or loop.time() < deadline:
            raise
        task.uncancel()
        raise Invalid("body.slow", seconds=timeout_s) from None
    finally:
        if timer:
            timer.cancel()


def too_large(limit: int) -> Invalid:
    """The refusal of a body that is over `limit` bytes."""
    return Invalid("body.too_large", limit=limit)


def check_storable(value: Any, path: str = "body") -> None:
    """Raise Invalid, naming the member, for text that holds NUL or a lone surrogate."""
    if isinstance(value, str):
        if not is_storable(value):
            raise Invalid("text.unstorable", fields={path: ["unstorable"]}, member=path)
    elif isinstance(value, dict):
        for name, member in value.items():
            check_storable(name, path)
            check_storable(member, f"{path}.{name}")
    elif isinstance(value, list):
        for number, member in enumerate(value):
            check_storable(member, f"{path}[{number}]")
