"""Answers over 1 KB are sent compressed to a client that takes that, from every app.

Theory. The front door wraps what an app sends: a body that comes whole is compressed whole, and a
stream piece by piece, each flushed, so that it arrives as soon as it did before. After decoding it
is byte by byte what the app sent; a client that names no coding gets it untouched, but for a Vary
that tells caches that others do not. Of those that a client likes as well it gets Brotli, else
Zstandard, else gzip. HEAD is answered with the headers of GET, without the length, which nothing
but compressing tells.

An answer with a secret beside words that somebody else chose tells of the secret by its size, to
anyone who makes a browser ask again and again, and looks on. So nothing that may depend on what a
browser adds by itself (cookies, Basic credentials) is compressed, unless it is marked `public`:
then everybody gets the same. What is public is also compressed once and kept; and what is
`immutable`, as style sheets and scripts are, as small as the coding can, however long that takes.
"""

import asyncio
import zlib
from collections.abc import Callable, Iterable
from functools import lru_cache
from http import HTTPStatus
from typing import NamedTuple

import brotli
import zstandard

from turnout.http.mounts import Message, Scope, Send

LEAST = 1024
# Larger pieces are compressed beside the event loop.
LARGE = 32_768
ACCEPTS = b"accept-encoding"
_KINDS = (
    *(b"text/", b"application/json", b"application/xml", b"application/manifest+json"),
    *(b"application/problem+json", b"application/rss+xml", b"application/javascript"),
    b"image/svg+xml",
)
# Its pieces are events that somebody waits for.
_EVENTS = b"text/event-stream"
_VARY = (b"vary", b"Accept-Encoding")
START, BODY = "http.response.start", "http.response.body"

Headers = list[tuple[bytes, bytes]]


class Packer(NamedTuple):
    """Compresses one body: pieces, then what is left after a piece, and at the end."""

    compress: Callable[[bytes], bytes]
    flush: Callable[[], bytes]
    finish: Callable[[], bytes]


class Coding(NamedTuple):
    """A content coding, and what makes its packers: for one answer, for what is kept, which may
    take longer, and for what never changes."""

    name: str
    once: Callable[[], Packer]
    kept: Callable[[], Packer]
    lasting: Callable[[], Packer]


def _brotli(quality: int) -> Packer:
    one = brotli.Compressor(quality=quality)
    return Packer(one.process, one.flush, one.finish)


def _zstandard(level: int) -> Packer:
    one = zstandard.ZstdCompressor(level=level).compressobj()
    return Packer(
        one.compress,
        lambda: one.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK),
        lambda: one.flush(zstandard.COMPRESSOBJ_FLUSH_FINISH),
    )


def _gzip(level: int) -> Packer:
    one = zlib.compressobj(level, wbits=31)
    return Packer(one.compress, lambda: one.flush(zlib.Z_SYNC_FLUSH), one.flush)


CODINGS = (
    Coding("br", lambda: _brotli(4), lambda: _brotli(6), lambda: _brotli(11)),
    Coding("zstd", lambda: _zstandard(3), lambda: _zstandard(6), lambda: _zstandard(19)),
    Coding("gzip", lambda: _gzip(6), lambda: _gzip(9), lambda: _gzip(9)),
)
"""The best first."""


def choose_coding(telling: Iterable[tuple[bytes, bytes]]) -> Coding | None:
    """The best of the codings that the Accept-Encoding among these headers weighs most; None where
    it names none that we have."""
    said = b",".join(value for name, value in telling if name == ACCEPTS)
    return _choose(said) if said else None


@lru_cache(maxsize=64)
def _choose(said: bytes) -> Coding | None:
    weights = dict(map(_weigh, said.decode("latin-1").lower().split(",")))
    others = weights.get("*", 0.0)
    best = max(CODINGS, key=lambda one: weights.get(one.name, others))
    return best if weights.get(best.name, others) > 0 else None


def _weigh(part: str) -> tuple[str, float]:
    """A coding and its weight; one that cannot be read is 1, as if none were said."""
    name, _, rest = part.partition(";")
    weight = rest.replace(" ", "").removeprefix("q=")
    is_number = weight.replace(".", "", 1).isdecimal() and weight.isascii()
    return name.strip(), float(weight[:8]) if is_number else 1.0


def is_compressible(content_type: bytes) -> bool:
    """Whether a body of that type grows smaller."""
    return content_type.startswith(_KINDS) and not content_type.startswith(_EVENTS)


def vary_plain(start: Message) -> None:
    """Say of an answer's start, sent as it is to a client that takes no coding, that others may get
    it compressed; not of one that is too short for that."""
    is_unchanged = start["status"] == HTTPStatus.NOT_MODIFIED
    size, is_plain = LEAST, is_unchanged
    for name, value in start.get("headers", ()):
        if name == b"content-type":
            is_plain = is_plain or is_compressible(value)
        elif name == b"content-length":
            size = LEAST if is_unchanged else int(value)
        elif name == b"content-encoding":
            return
    if is_plain and size >= LEAST:
        _add_vary(start)


class Compressed:
    """What one app sends for one request, on its way to a client that takes the coding."""

    __slots__ = ("_coding", "_is_browsers", "_is_head", "_packer", "_send", "_start")

    def __init__(self, scope: Scope, send: Send, coding: Coding) -> None:
        self._send = send
        self._coding = coding
        self._is_head = scope["method"] == "HEAD"
        self._is_browsers = _has_credentials(scope["headers"])
        self._start: Message | None = None
        self._packer: Packer | None = None

    async def send(self, message: Message) -> None:
        """Pass a message of the app on; the first waits for what comes behind it."""
        if message["type"] == START:
            await self._begin(message)
        elif self._start is not None:
            start, self._start = self._start, None
            await self._decide(start, message)
        else:
            await self._pass(message)

    async def _begin(self, start: Message) -> None:
        known = dict(start.get("headers", ()))
        kind = known.get(b"content-type", b"")
        if start["status"] == HTTPStatus.NOT_MODIFIED:
            _add_vary(start)
        if b"content-encoding" in known or not is_compressible(kind):
            await self._send(start)
        else:
            _add_vary(start)
            self._start = start

    async def _decide(self, start: Message, first: Message) -> None:
        """Compress what begins with that message, or not."""
        headers = start["headers"]
        body, has_more = first.get("body", b""), first.get("more_body", False)
        cache = b",".join(value for name, value in headers if name == b"cache-control")
        is_public = b"public" in cache
        size = _said_length(headers) if self._is_head else None if has_more else len(body)
        is_short = size is not None and size < LEAST
        if is_short or (self._is_browsers and not is_public):
            await self._send(start)
            await self._send(first)
            return
        if not (has_more or self._is_head):
            first = {"type": BODY, "body": await self._pack_whole(body, cache)}
        length = None if has_more or self._is_head else len(first["body"])
        await self._send(start | {"headers": _rewrite(headers, self._coding, length)})
        if not has_more or self._is_head:
            await self._send(first)
            return
        self._packer = self._coding.once()
        await self._pass(first)

    async def _pack_whole(self, body: bytes, cache: bytes) -> bytes:
        if b"immutable" in cache and b"public" in cache:
            return await _pack_for_good(self._coding, body)
        if b"public" in cache:
            return _pack_once(self._coding, body)
        return await _pack(self._coding.once(), body, has_more=False)

    async def _pass(self, message: Message) -> None:
        if self._packer is None:
            await self._send(message)
            return
        has_more = message.get("more_body", False)
        body = message.get("body", b"")
        if body or not has_more:
            packed = await _pack(self._packer, body, has_more=has_more)
            await self._send({"type": BODY, "body": packed, "more_body": has_more})


def _said_length(headers: Headers) -> int | None:
    """How long the answer to GET is, as HEAD says it; None where that is not known."""
    return next((int(value) for name, value in headers if name == b"content-length"), None)


def _has_credentials(headers: Headers) -> bool:
    """Whether a browser may have added something by itself. Programs send Basic credentials, too,
    but no header that only browsers have."""
    names = {name for name, _ in headers}
    if b"cookie" in names:
        return True
    is_basic = any(
        name == b"authorization" and value[:5].lower() == b"basic" for name, value in headers
    )
    return is_basic and not names.isdisjoint((b"sec-fetch-site", b"origin", b"referer"))


def _add_vary(start: Message) -> None:
    """Say that the answer depends on what the client takes, in one header with what it says."""
    headers = list(start.get("headers", ()))
    said = b", ".join(value for name, value in headers if name == b"vary")
    if b"accept-encoding" not in said.lower():
        value = said + b", Accept-Encoding" if said else _VARY[1]
        headers = [pair for pair in headers if pair[0] != b"vary"] + [(b"vary", value)]
    start["headers"] = headers


def _rewrite(headers: Headers, coding: Coding, length: int | None) -> Headers:
    """The headers of a compressed answer of that many bytes, None = not known."""
    kept = [(name, _weaken(name, value)) for name, value in headers if name != b"content-length"]
    sized = [] if length is None else [(b"content-length", b"%d" % length)]
    return [*kept, (b"content-encoding", coding.name.encode()), *sized]


def _weaken(name: bytes, value: bytes) -> bytes:
    """An ETag names bytes; of those that were compressed it names what they say."""
    return b"W/" + value if name == b"etag" and not value.startswith(b"W/") else value


async def _pack(packer: Packer, body: bytes, *, has_more: bool) -> bytes:
    end = packer.flush if has_more else packer.finish
    if len(body) < LARGE:
        return packer.compress(body) + end()
    return await asyncio.to_thread(lambda: packer.compress(body) + end())


# As many as the pages that are kept (web/page_cache.py), mostly in one coding.
MOST_KEPT = 512


@lru_cache(maxsize=MOST_KEPT)
def _pack_once(coding: Coding, body: bytes) -> bytes:
    packer = coding.kept()
    return packer.compress(body) + packer.finish()


_lasting: dict[tuple[str, bytes], bytes] = {}


async def _pack_for_good(coding: Coding, body: bytes) -> bytes:
    if len(_lasting) >= MOST_KEPT:
        _lasting.clear()
    packed = _lasting.get((coding.name, body))
    if packed is None:
        packed = await _pack(coding.lasting(), body, has_more=False)
        _lasting[coding.name, body] = packed
    return packed
