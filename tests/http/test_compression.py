"""Answers over 1 KB are compressed for who takes that, and nothing that may have a secret."""

import asyncio
import gzip
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import brotli
import pytest
import zstandard

from tests.support.client import AppClient
from tests.support.node import LocalNode, new_database, open_node
from tests.web.test_events import Fair
from turnout.http.compression import CODINGS, LARGE, Compressed, choose_coding, vary_plain
from turnout.web.assets import asset_path, read_asset
from turnout.web.brand_sheets import brand_path

SHEET = asset_path("turnout.css")
PIECES = [b"[" + b"1," * 600, b"", b"2," * LARGE, b"3]"]


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalNode]:
    url = new_database("sqlite", tmp_path_factory.mktemp("compression"))
    with open_node(url, rate_limit_per_minute=0, access_log=False) as node:
        yield node


@pytest.fixture(scope="module")
def site(node: LocalNode) -> AppClient:
    return node.client


def unpack(coding: str, body: bytes) -> bytes:
    if coding == "br":
        return brotli.decompress(body)
    if coding == "zstd":
        return zstandard.ZstdDecompressor().decompressobj().decompress(body)
    return gzip.decompress(body) if coding == "gzip" else body


def send(
    *pieces: bytes,
    kind: str = "application/json",
    cache: str = "",
    coding: str = "gzip",
    method: str = "GET",
    **headers: str,
) -> list[dict[str, Any]]:
    """What a client gets of an app that sends these pieces."""
    got: list[dict[str, Any]] = []

    async def keep(message: dict[str, Any]) -> None:
        got.append(message)

    async def run() -> None:
        asked = [(name.replace("_", "-").encode(), text.encode()) for name, text in headers.items()]
        how = next(one for one in CODINGS if one.name == coding)
        way = Compressed({"method": method, "headers": asked}, keep, how)
        said = [(b"content-type", kind.encode()), (b"cache-control", cache.encode())]
        if len(pieces) == 1:
            said.append((b"content-length", b"%d" % len(pieces[0])))
        await way.send({"type": "http.response.start", "status": 200, "headers": said})
        for number, piece in enumerate(pieces, start=1):
            has_more = number < len(pieces)
            await way.send({"type": "http.response.body", "body": piece, "more_body": has_more})

    asyncio.run(run())
    return got


def read_brotli() -> Callable[[bytes], bytes]:
    reading = brotli.Decompressor()
    # It hands out half a window at a time.
    return lambda piece: reading.process(piece) + reading.process(b"") + reading.process(b"")


READERS = {
    "br": read_brotli,
    "zstd": lambda: zstandard.ZstdDecompressor().decompressobj().decompress,
    "gzip": lambda: zlib.decompressobj(wbits=31).decompress,
}


@pytest.mark.parametrize("coding", READERS)
def test_a_stream_stays_one_and_is_the_same_when_decoded(coding: str) -> None:
    start, *bodies = send(*PIECES, coding=coding)
    assert dict(start["headers"])[b"content-encoding"] == coding.encode()
    assert [one["more_body"] for one in bodies] == [True, True, False]
    read = READERS[coding]()
    # Each piece can be read as soon as it is there.
    assert [read(one["body"]) for one in bodies] == [piece for piece in PIECES if piece]
    assert unpack(coding, b"".join(one["body"] for one in bodies)) == b"".join(PIECES)


def test_a_whole_body_says_how_long_it_is() -> None:
    start, body = send(PIECES[2])
    headers = dict(start["headers"])
    assert headers[b"content-length"] == b"%d" % len(body["body"])
    assert (headers[b"vary"], gzip.decompress(body["body"])) == (b"Accept-Encoding", PIECES[2])


@pytest.mark.parametrize(
    ("asked", "cache", "is_compressed"),
    [
        ({}, "no-store", True),
        ({"authorization": "Bearer x"}, "no-store", True),
        ({"authorization": "Basic x"}, "no-store", True),
        ({"authorization": "Basic x", "sec_fetch_site": "none"}, "no-store", False),
        ({"authorization": "basic x", "origin": "https://a.example"}, "", False),
        ({"cookie": "a=b"}, "private, no-store", False),
        ({"cookie": "a=b"}, "public, max-age=300", True),
    ],
)
def test_what_a_browser_adds_by_itself_is_no_secret_that_sizes_tell(
    asked: dict[str, str], cache: str, is_compressed: bool
) -> None:
    start, body = send(PIECES[2], cache=cache, **asked)
    assert (b"content-encoding" in dict(start["headers"])) is is_compressed
    assert (body["body"] == PIECES[2]) is not is_compressed


@pytest.mark.parametrize("kind", ["image/png", "application/pdf", "text/event-stream"])
def test_only_what_grows_smaller_is_compressed(kind: str) -> None:
    start, body = send(PIECES[2], kind=kind)
    assert (b"content-encoding" in dict(start["headers"]), body["body"]) == (False, PIECES[2])


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        *(("gzip", "gzip"), ("zstd;q=0.4, GZIP;q=0.5", "gzip"), ("*", "br"), ("", None)),
        *(("gzip;q=0", None), ("gzip; q=0.000", None), ("deflate", None), ("br;q=0, *", "zstd")),
        *(("gzip, deflate, br, zstd", "br"), ("deflate, gzip, zstd", "zstd"), ("br;q=x", "br")),
    ],
)
def test_a_client_gets_the_best_coding_that_it_takes(
    site: AppClient, accepted: str, coding: str | None
) -> None:
    answer = site.request("GET", SHEET, headers={"Accept-Encoding": accepted})
    assert answer.headers.get("content-encoding") == coding
    assert "Accept-Encoding" in answer.headers["vary"]
    assert unpack(coding or "", answer.body) == read_asset("turnout.css")


def test_several_headers_of_a_client_are_one() -> None:
    assert (
        choose_coding([(b"accept-encoding", b"gzip;q=0.5"), (b"accept-encoding", b"zstd")])
        == (CODINGS[1])
    )


def test_head_has_the_coding_of_get_and_no_length() -> None:
    asked = {"cache": "public, max-age=300", "method": "HEAD"}
    start = send(PIECES[2], **asked)[0]
    headers = dict(start["headers"])
    assert headers[b"content-encoding"] == b"gzip"
    assert b"content-length" not in headers
    assert b"content-encoding" not in dict(send(b"[]", **asked)[0]["headers"])


def test_what_is_small_or_compressed_already_is_sent_as_it_is(site: AppClient) -> None:
    for path in ("/favicon.svg", "/apple-touch-icon.png", asset_path("demo.mp4")):
        answer = site.request("GET", path, headers={"Accept-Encoding": "gzip"})
        assert "content-encoding" not in answer.headers


def vary_of(status: int, **headers: str) -> str | None:
    """The Vary of an answer that is sent as it is."""
    said = [(name.replace("_", "-").encode(), text.encode()) for name, text in headers.items()]
    start: dict[str, Any] = {"type": "http.response.start", "status": status, "headers": said}
    vary_plain(start)
    return next((value.decode() for name, value in start["headers"] if name == b"vary"), None)


def test_caches_are_told_of_what_others_get_compressed(site: AppClient, node: LocalNode) -> None:
    json = {"content_type": "application/json; charset=utf-8"}
    assert vary_of(200, **json, content_length="1024") == "Accept-Encoding"
    # A list as a stream; what says already that it depends on something.
    assert vary_of(200, **json) == "Accept-Encoding"
    assert vary_of(200, **json, vary="Origin") == "Origin, Accept-Encoding"
    assert vary_of(422, **json, content_length="2000") == "Accept-Encoding"
    assert vary_of(304, etag='"a"', content_length="0") == "Accept-Encoding"
    # Nobody gets these compressed.
    assert vary_of(200, **json, content_length="1023", vary="Origin") == "Origin"
    assert vary_of(200, content_type="image/png", content_length="9000") is None
    assert vary_of(200, **json, content_encoding="gzip", content_length="9000") is None
    assert vary_of(204) is None
    fair = Fair(node)
    for path in ("/openapi/registration.json", fair.path, f"/{fair.slug}/events.ics", SHEET):
        for method in ("GET", "HEAD"):
            for asked in ({}, {"Accept-Encoding": "gzip"}, {"Accept-Encoding": "identity"}):
                answer = site.request(method, path, headers=asked)
                assert "Accept-Encoding" in answer.headers["vary"], (method, path, asked)


def test_a_browser_with_a_session_gets_pages_as_they_are(site: AppClient, node: LocalNode) -> None:
    fair = Fair(node)
    headers = {"Accept-Encoding": "gzip", "Cookie": "session=x"}
    assert "content-encoding" not in site.request("GET", fair.path, headers=headers).headers
    assert site.request("GET", SHEET, headers=headers).headers["content-encoding"] == "gzip"


def test_an_events_page_weighs_less_than_40_kb_in_four_requests(
    site: AppClient, node: LocalNode
) -> None:
    fair = Fair(node)
    paths = [fair.path, SHEET, brand_path(""), asset_path("event.js")]
    page = site.request("GET", fair.path).body.decode()
    assert [path in page for path in paths[1:]] == [True] * 3
    assert page.count('rel="stylesheet"') + page.count("<script src") == 3
    zipped = {"Accept-Encoding": "gzip"}
    sizes = [len(site.request("GET", path, headers=zipped).body) for path in paths]
    assert sum(sizes) < 40_000
