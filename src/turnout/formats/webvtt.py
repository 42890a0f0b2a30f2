"""WebVTT files (W3C WebVTT, 2019): judged, not understood; what players may ignore is let pass."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from turnout.errors import Invalid

LARGEST = 1_000_000
"""Bytes that a file may have."""
_ARROW = "-->"
_STAMP = r"(?:(\d{2,}):)?([0-5]\d):([0-5]\d)\.(\d{3})"
_TIMING = re.compile(rf"{_STAMP}[ \t]+-->[ \t]+{_STAMP}(?:[ \t].*)?")
_OTHER = re.compile(r"(?:NOTE|STYLE|REGION)(?:[ \t]|$)")


class _Block(NamedTuple):
    """Lines without a blank one, and the number of the first, from 1."""

    line: int
    lines: list[str]


def read_webvtt(content: bytes) -> str:
    """The text of a file, with `\\n` at the ends of its lines. Raises Invalid for one that is too
    long, no UTF-8, does not begin with WEBVTT, has a cue that cannot be read, or none at all."""
    if len(content) > LARGEST:
        raise Invalid("captions.large", limit=LARGEST // 1000)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Invalid("captions.encoding") from error
    if "\0" in text:
        raise Invalid("captions.encoding")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not re.match(r"WEBVTT(?:[ \t\n]|$)", text):
        raise Invalid("captions.start")
    # The first block is the header, whatever stands in it.
    cues = [_judge(block) for block in _blocks(text) if block.line > 1]
    if not any(cues):
        raise Invalid("captions.empty")
    return text


def _blocks(text: str) -> Iterator[_Block]:
    block = _Block(1, [])
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            block = block if block.lines else _Block(number, [])
            block.lines.append(line)
        elif block.lines:
            yield block
            block = _Block(number, [])
    if block.lines:
        yield block


def _judge(block: _Block) -> bool:
    """Whether it is a cue. Raises Invalid for one that cannot be read."""
    first, *rest = block.lines
    if _ARROW not in first and _OTHER.match(first):
        return False
    if _ARROW not in first:  # the cue's own name
        block = _Block(block.line + 1, rest)
    timing = _TIMING.fullmatch(block.lines[0]) if block.lines else None
    if timing is None or any(_ARROW in line for line in block.lines[1:]):
        raise Invalid("captions.cue", line=block.line)
    if _ms(timing.groups()[:4]) >= _ms(timing.groups()[4:]):
        raise Invalid("captions.order", line=block.line)
    return True


def _ms(parts: tuple[str | None, ...]) -> int:
    hours, minutes, seconds, thousandths = (int(part or 0) for part in parts)
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + thousandths
