"""How a text becomes short messages: the one reckoning of parts, for prices and carriers.

Two alphabets are written: GSM 03.38 with its extension table where that has all characters, one
octet a septet as SMPP wants it, otherwise UCS-2 (as UTF-16BE, since phones show emoji). A text
that does not fit one message is cut into parts that leave room for a user data header (GSM 03.40,
9.2.3.24.1), never inside an escaped character or a surrogate pair.
"""

import codecs
from typing import NamedTuple

GSM = 0
UCS2 = 8

MAX_PARTS = 255

ESCAPE = 0x1B
BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = {
    0x0A: "\f",
    0x14: "^",
    0x28: "{",
    0x29: "}",
    0x2F: "\\",
    0x3C: "[",
    0x3D: "~",
    0x3E: "]",
    0x40: "|",
    0x65: "€",
}
_ENCODING = {ord(character): bytes((code,)) for code, character in enumerate(BASIC)}
del _ENCODING[ESCAPE]
_ENCODING |= {ord(character): bytes((ESCAPE, code)) for code, character in EXTENSION.items()}
# Of septets: one message, and a part of several. UCS-2 has half as many characters as octets.
_LENGTHS = {GSM: (160, 153), UCS2: (140, 134)}


class Alphabet(NamedTuple):
    """What a text is written in: `GSM` or `Unicode`, the first character that forces Unicode and
    its place from 0; without one, empty and None."""

    name: str
    character: str
    place: int | None


def encode(text: str) -> tuple[int, bytes]:
    """The data_coding and octets of a text."""
    try:
        return GSM, codecs.charmap_encode(text, "strict", _ENCODING)[0]
    except UnicodeEncodeError:
        return UCS2, text.encode("utf-16-be", "replace")


def cut(coding: int, octets: bytes) -> list[bytes]:
    """The octets as one message, or as parts that leave room for the header.

    160 septets or 70 characters fit one message, 153 or 67 a part.
    """
    whole, part = _LENGTHS[coding]
    if len(octets) <= whole:
        return [octets]
    parts = []
    start = 0
    while start < len(octets):
        end = start + part
        if end < len(octets):
            end -= _overhang(coding, octets, end)
        parts.append(octets[start:end])
        start = end
    return parts


def count_parts(text: str) -> int:
    """How many short messages the text takes."""
    return len(cut(*encode(text)))


def alphabet_of(text: str) -> Alphabet:
    """What the text is written in, and why."""
    try:
        codecs.charmap_encode(text, "strict", _ENCODING)
    except UnicodeEncodeError as error:
        return Alphabet("Unicode", text[error.start], error.start)
    return Alphabet("GSM", "", None)


def _overhang(coding: int, octets: bytes, end: int) -> int:
    """How many octets before `end` belong to the character after it."""
    if coding == GSM:
        return 1 if octets[end - 1] == ESCAPE else 0
    return 2 if 0xD8 <= octets[end - 2] <= 0xDB else 0
