"""How many values a JSON text has, and how deep they are nested, before they become objects.

A body of 64 MiB may hold 32 million values, which take gigabytes as objects. Counted are commas and
opening brackets outside of strings. The text is looked at in slices, so that a thread that counts
lets others go on, and only as far as it must be.
"""

from collections.abc import Iterator
from itertools import accumulate

from turnout.errors import Invalid

SLICE = 1 << 18
_BRACKETS = b"[]{}"
_OTHERS = bytes(set(range(256)) - set(_BRACKETS))
_STEPS = [1 if byte in b"[{" else -1 for byte in range(256)]


def check_shape(text: bytes, *, values: int, depth: int | None = None) -> None:
    """Raise Invalid when the text has more values or (unless None) more levels than that."""
    if _is_plainly_small(text, values, depth):
        return
    found = level = 0
    for part in _outside_strings(text):
        if depth is not None:
            levels = [
                *accumulate((_STEPS[byte] for byte in part.translate(None, _OTHERS)), initial=level)
            ]
            level = levels[-1]
            if max(levels) > depth:
                raise too_deep(depth)
        found += part.count(b",") + part.count(b"[") + part.count(b"{")
        if found >= values:
            raise too_many(values)


def too_deep(depth: int) -> Invalid:
    """The refusal of a body with more levels than that."""
    return Invalid("body.nesting", limit=depth)


def too_many(values: int) -> Invalid:
    """The refusal of a body with more values than that."""
    return Invalid("body.values", limit=values)


def _is_plainly_small(text: bytes, values: int, depth: int | None) -> bool:
    """Whether even with the commas and brackets in its strings it is within the limits."""
    commas = openings = 0
    for start in range(0, len(text), SLICE):
        end = start + SLICE
        commas += text.count(b",", start, end)
        openings += text.count(b"[", start, end) + text.count(b"{", start, end)
        if commas + openings >= values:
            return False
    return depth is None or openings <= depth


def _outside_strings(text: bytes) -> Iterator[bytes]:
    """The text without its strings, a slice at a time."""
    is_inside, rest = False, b""
    for start in range(0, len(text), SLICE):
        part = (rest + text[start : start + SLICE]).replace(b"\\\\", b"")
        # A backslash at the end belongs to what comes next.
        rest = b"\\" if part.endswith(b"\\") else b""
        part = part.removesuffix(b"\\").replace(b'\\"', b"")
        pieces = part.split(b'"')
        yield b"".join(pieces[is_inside::2])
        is_inside ^= len(pieces) % 2 == 0
