"""How large the streams of a PDF become: pdfium leaves out what needs more memory than there is,
and says nothing of it, so that a page would be blank.

Only FlateDecode is looked at, up to four times over: no other filter of PDF makes much of little.
"""

import re
import zlib
from collections.abc import Iterator
from itertools import chain

LARGEST = 200_000_000
"""Bytes of one stream: a picture of 50 megapixels in four colours."""
_BEGIN, _END = re.compile(rb"stream\r?\n"), b"endstream"
_LAYERS, _MOST_TIMES = 4, 1040
_PIECE, _OUT = 1 << 16, 1 << 20


def is_too_large(content: bytes) -> bool:
    """Whether a stream of a PDF becomes larger than LARGEST. Takes a second for 400 MB."""
    at = 0
    while begin := _BEGIN.search(content, at):
        end = content.find(_END, begin.end())
        end = len(content) if end < 0 else end
        if _is_too_large(content, begin.end(), end):
            return True
        at = end + len(_END)
    return False


def _is_too_large(content: bytes, start: int, end: int) -> bool:
    pieces = _cut(content, start, end)
    length = end - start
    layers = 0
    while layers < _LAYERS:
        first = next(pieces, b"")
        pieces = chain([first], pieces)
        if not _is_zlib(first):
            break
        pieces, layers = _expand(pieces), layers + 1
    if not layers or length * _MOST_TIMES**layers <= LARGEST:
        return False
    seen = 0
    for piece in pieces:
        seen += len(piece)
        if seen > LARGEST:
            return True
    return False


def _cut(content: bytes, start: int, end: int) -> Iterator[bytes]:
    for at in range(start, end, _PIECE):
        yield content[at : min(at + _PIECE, end)]


def _is_zlib(piece: bytes) -> bool:
    return len(piece) > 1 and piece[0] & 15 == 8 and (piece[0] * 256 + piece[1]) % 31 == 0


def _expand(pieces: Iterator[bytes]) -> Iterator[bytes]:
    expanding = zlib.decompressobj()
    try:
        for piece in pieces:
            rest = piece
            while rest and not expanding.eof:
                yield expanding.decompress(rest, _OUT)
                rest = expanding.unconsumed_tail
    except zlib.error:
        return
