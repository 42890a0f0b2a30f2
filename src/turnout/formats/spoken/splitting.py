"""Long texts in pieces that an engine takes at once."""

import re

MOST = 390
"""Characters of a piece. One sentence of 4,000 takes an engine 19 seconds and 1.6 GB."""

_SENTENCE = re.compile(r"(?<=[.!?]) (?=\S)")
_CLAUSE = re.compile(r"(?<=[,;:]) ")
_WORD = re.compile(" ")
_LETTERS = re.compile(r"(?:^|[ .])[A-Z]\.$")


def split(text: str, most: int = MOST) -> list[str]:
    """The text in pieces of up to `most` characters: at ends of sentences, else of clauses, else of
    words, else anywhere. Together they are the text."""
    pieces: list[str] = []
    for piece in _pack(_sentences(text), most):
        pieces += _cut(piece, most)
    return pieces


def _sentences(text: str) -> list[str]:
    """The point of letters said one by one (N.S.W.) ends none, if it goes on in small letters."""
    sentences: list[str] = []
    for part in _SENTENCE.split(text.strip()):
        if sentences and _LETTERS.search(sentences[-1][-3:]) and not part[:1].isupper():
            sentences[-1] += f" {part}"
        elif part:
            sentences.append(part)
    return sentences


def _cut(piece: str, most: int) -> list[str]:
    for ends in (_CLAUSE, _WORD):
        if len(piece) <= most:
            return [piece]
        parts = _pack(ends.split(piece), most)
        if len(parts) > 1:
            return [small for part in parts for small in _cut(part, most)]
    return [piece[at : at + most] for at in range(0, len(piece), most)]


def _pack(parts: list[str], most: int) -> list[str]:
    """As few pieces as there can be, each whole parts, if these are short enough."""
    packed: list[str] = []
    for part in parts:
        if packed and len(packed[-1]) + 1 + len(part) <= most:
            packed[-1] += f" {part}"
        else:
            packed.append(part)
    return packed
