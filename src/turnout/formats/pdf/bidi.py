"""The Unicode bidirectional algorithm (UAX #9) for a line of text.

Names and titles carry no explicit embeddings that a printed paper should obey: the control
characters for embeddings, overrides and isolates are skipped, and all else follows the rules W1 to
W7, N0 to N2, I1, I2 and L2.
"""

import unicodedata
from itertools import groupby
from operator import itemgetter

CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Marks that are not seen, and have a direction: left to right, right to left, Arabic letter.
MARKS = frozenset("\u200e\u200f\u061c")
# ASCII, then from the blocks of punctuation, CJK and full-width forms.
_OPENING = "([{\u2045\u300c\u300e\u3010\u3014\u3008\u300a\uff08\uff3b\uff5b\uff62"
_CLOSING = ")]}\u2046\u300d\u300f\u3011\u3015\u3009\u300b\uff09\uff3d\uff5d\uff63"
_PAIRS = dict(zip(_OPENING, _CLOSING, strict=True))
_NEUTRAL = frozenset(("B", "S", "WS", "ON", "BN"))
_BRACKET_DEPTH = 63


def keep_direction(text: str, *, within: str) -> str:
    """A text that is to stand within another, which may run the other way: in a text from right to
    left, a date keeps its order."""
    if not is_right_to_left(within):
        return text
    mark = "\u200f" if is_right_to_left(text) else "\u200e"
    return f"{mark}{text}{mark}"


def is_right_to_left(text: str) -> bool:
    """Whether the first letter with a direction runs from right to left (P2, P3)."""
    for character in text:
        kind = unicodedata.bidirectional(character)
        if kind in ("L", "R", "AL"):
            return kind != "L"
    return False


def find_levels(text: str, base: int) -> list[int]:
    """The level of each character of a paragraph with the level `base`, 0 or 1; odd ones run from
    right to left."""
    if text.isascii() and base == 0:
        return [0] * len(text)
    kinds = [unicodedata.bidirectional(character) or "L" for character in text]
    edge = "R" if base else "L"
    _resolve_numbers(kinds, edge)
    _resolve_brackets(text, kinds, edge)
    _resolve_neutrals(kinds, edge)
    levels = [_level(kind, base) for kind in kinds]
    for index in range(len(text) - 1, -1, -1):  # L1: spaces at the end follow the paragraph
        if not text[index].isspace():
            break
        levels[index] = base
    return levels


def order(levels: list[int]) -> list[int]:
    """The indexes of a line's runs from left to right, by the level of each run (L2)."""
    indexes = list(range(len(levels)))
    odd = [level for level in levels if level % 2]
    for level in range(max(levels, default=0), min(odd, default=1) - 1, -1):
        indexes = _flip(indexes, [levels[index] >= level for index in indexes])
    return indexes


def _flip(indexes: list[int], is_high: list[bool]) -> list[int]:
    """Reverse each stretch of the high ones."""
    flipped: list[int] = []
    for high, group in groupby(zip(is_high, indexes, strict=True), itemgetter(0)):
        stretch = [index for _, index in group]
        flipped += reversed(stretch) if high else stretch
    return flipped


def _level(kind: str, base: int) -> int:
    if base:
        return 1 if kind in ("R", "AL") else 2
    return {"R": 1, "AL": 1, "AN": 2, "EN": 2}.get(kind, 0)


def _resolve_numbers(kinds: list[str], edge: str) -> None:
    """W1 to W7: marks, digits, and what stands between and beside digits."""
    before = strong = edge
    for index, kind in enumerate(kinds):
        if kind == "NSM":
            kind = before
        elif kind == "EN" and strong == "AL":
            kind = "AN"
        if kind in ("L", "R", "AL"):
            strong = kind
        kinds[index] = before = kind
    kinds[:] = ["R" if kind == "AL" else kind for kind in kinds]
    _join_numbers(kinds)
    strong = edge
    for index, kind in enumerate(kinds):
        if kind in ("ES", "ET", "CS"):
            kinds[index] = "ON"
        elif kind == "EN" and strong == "L":
            kinds[index] = "L"
        elif kind in ("L", "R"):
            strong = kind


def _join_numbers(kinds: list[str]) -> None:
    for index in range(1, len(kinds) - 1):
        before, kind, after = kinds[index - 1 : index + 2]
        if before == after and (
            (kind in ("ES", "CS") and before == "EN") or (kind, before) == ("CS", "AN")
        ):
            kinds[index] = before
    for steps in (range(1, len(kinds)), range(len(kinds) - 2, -1, -1)):
        for index in steps:
            if kinds[index] == "ET" and kinds[index - steps.step] == "EN":
                kinds[index] = "EN"


def _resolve_brackets(text: str, kinds: list[str], edge: str) -> None:
    """N0: both brackets of a pair take the direction of what they hold."""
    for start, end in _find_pairs(text, kinds):
        inside = {_strong(kind) for kind in kinds[start + 1 : end]} - {""}
        if edge in inside:
            kinds[start] = kinds[end] = edge
        elif inside:
            (other,) = inside
            before = next(filter(None, map(_strong, reversed(kinds[:start]))), edge)
            kinds[start] = kinds[end] = other if before == other else edge


def _find_pairs(text: str, kinds: list[str]) -> list[tuple[int, int]]:
    pairs: list[tuple[int, int]] = []
    waiting: list[tuple[str, int]] = []
    for index, character in enumerate(text):
        if kinds[index] != "ON":
            continue
        if character in _PAIRS:
            if len(waiting) == _BRACKET_DEPTH:
                break
            waiting.append((_PAIRS[character], index))
        elif any(closing == character for closing, _ in waiting):
            while waiting[-1][0] != character:
                waiting.pop()
            pairs.append((waiting.pop()[1], index))
    return sorted(pairs)


def _resolve_neutrals(kinds: list[str], edge: str) -> None:
    """N1 and N2: between equal directions their own, else the paragraph's."""
    index = 0
    while index < len(kinds):
        end = index
        while end < len(kinds) and kinds[end] in _NEUTRAL:
            end += 1
        if end > index:
            before = _strong(kinds[index - 1]) if index else edge
            after = _strong(kinds[end]) if end < len(kinds) else edge
            kinds[index:end] = [before if before == after else edge] * (end - index)
        index = end + 1


def _strong(kind: str) -> str:
    """The direction that a kind counts as; empty for one without."""
    return kind if kind in ("L", "R") else "R" if kind in ("EN", "AN") else ""
