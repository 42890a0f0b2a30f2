"""Bodies in another encoding or charset are read as UTF-8, or refused by the name of it."""

import gzip
import zlib

import pytest

from turnout.errors import Invalid
from turnout.http.body import decompress, to_utf8

LIMIT = 10_000
BODY = '{"name": "Zo\u00eb"}'.encode()
JSON = "application/json"


def refusal(work, *args) -> str:
    with pytest.raises(Invalid) as raised:
        work(*args)
    return raised.value.message


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", gzip.compress(BODY, mtime=0)),
        ("GZIP", gzip.compress(BODY, mtime=0)),
        ("x-gzip", gzip.compress(BODY, mtime=0)),
        ("identity, gzip", gzip.compress(BODY, mtime=0)),
        ("deflate", zlib.compress(BODY)),
        ("identity", BODY),
        ("gzip", gzip.compress(BODY[:5], mtime=0) + gzip.compress(BODY[5:], mtime=0)),
        ("gzip", b""),
    ],
)
def test_a_packed_body_is_unpacked(encoding, packed):
    assert decompress(packed, encoding, LIMIT) == (BODY if packed else b"")


@pytest.mark.parametrize("size", [LIMIT + 1, 50_000_000])
def test_a_bomb_is_refused_at_the_limit(size):
    bomb = gzip.compress(b"\0" * size)
    assert "over 10000 bytes" in refusal(decompress, bomb, "gzip", LIMIT)
    small = gzip.compress(b"\0" * 6000)
    assert "over 10000 bytes" in refusal(decompress, small * 2, "gzip", LIMIT)


def test_what_is_at_the_limit_is_taken():
    assert len(decompress(gzip.compress(b"\0" * LIMIT), "gzip", LIMIT)) == LIMIT


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "compress"])
def test_an_unknown_encoding_is_named(encoding):
    message = f"The Content-Encoding '{encoding}' is not known: send gzip, or none."
    assert refusal(decompress, BODY, encoding, LIMIT) == message


def test_what_is_not_packed_or_cut_off_is_refused():
    sentence = "The body is not gzip, as its Content-Encoding says."
    assert refusal(decompress, BODY, "gzip", LIMIT) == sentence
    cut = gzip.compress(BODY, mtime=0)[:-3]
    assert refusal(decompress, cut, "gzip", LIMIT) == "The gzip body ends too early."


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (JSON, b"\xef\xbb\xbf" + BODY),
        ("", b"\xff\xfe" + BODY.decode().encode("utf-16-le")),
        ("", b"\xfe\xff" + BODY.decode().encode("utf-16-be")),
        (f"{JSON}; charset=ISO-8859-1", BODY.decode().encode("latin-1")),
        (f'{JSON}; charset="windows-1252"', BODY.decode().encode("cp1252")),
        (f"{JSON};charset=utf-16", BODY.decode().encode("utf-16")),
        (f"{JSON}; charset=UTF8", BODY),
        (f"{JSON}; charset=us-ascii", BODY),
    ],
)
def test_another_charset_becomes_utf8(content_type, body):
    assert to_utf8(body, content_type, LIMIT) == BODY


@pytest.mark.parametrize("charset", ["klingon", "rot13", "zip", "idna", "utf-7", "base64"])
def test_a_charset_that_is_none_is_named(charset):
    message = refusal(to_utf8, BODY, f"{JSON}; charset={charset}", LIMIT)
    assert message == f"The charset '{charset}' is not known: send UTF-8."


def test_what_is_not_its_charset_is_refused():
    sentence = "The body is not shift_jis, as its Content-Type says."
    assert refusal(to_utf8, b"\x81", f"{JSON}; charset=shift_jis", LIMIT) == sentence
    assert refusal(to_utf8, b"\xff\xfe\x00\xd8", "", LIMIT).endswith("says.")


def test_a_body_that_grows_over_the_limit_is_refused():
    message = refusal(to_utf8, b"\xe9" * 6000, f"{JSON}; charset=latin-1", LIMIT)
    assert "over 10000 bytes" in message
