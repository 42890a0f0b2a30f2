"""Octets of short messages as SMPP has them: headers of parts, and text that comes in.

How a text is written and cut is the core's (core/messaging/parts.py), since prices go by it.
"""

import codecs

from turnout.core.messaging.parts import BASIC, EXTENSION, GSM, MAX_PARTS, UCS2, cut, encode

__all__ = ["GSM", "LATIN_1", "MAX_PARTS", "UCS2", "cut", "decode", "encode", "header"]

ASCII = 1
LATIN_1 = 3

# A network that sends the upper half does not speak GSM, and what it means is Latin-1.
_DECODING = BASIC + bytes(range(0x80, 0x100)).decode("latin-1")
_ESCAPED = {BASIC[code]: character for code, character in EXTENSION.items()}


def header(reference: int, total: int, number: int) -> bytes:
    """The user data header of part `number` (from 1) of `total`."""
    return bytes((5, 0, 3, reference, total, number))


def decode(coding: int, octets: bytes) -> str:
    """The text of a message that came in, fit for the database. Nothing is refused.

    `coding` is a data_coding of SMPP (5.2.19) or GSM (03.38, 4).
    """
    alphabet = _alphabet(coding)
    if alphabet == UCS2:
        text = octets.decode("utf-16-be", "replace")
    elif alphabet == GSM:
        text = _decode_gsm(octets)
    else:
        text = octets.decode("latin-1")
    return text.replace("\0", "")


def _alphabet(coding: int) -> int:
    if coding >= 0xF0:
        return LATIN_1 if coding & 0x04 else GSM
    if 0x10 <= coding <= 0x7F:
        return (GSM, LATIN_1, UCS2, GSM)[coding >> 2 & 3]
    return {UCS2: UCS2, ASCII: LATIN_1, 2: LATIN_1, LATIN_1: LATIN_1, 4: LATIN_1}.get(coding, GSM)


def _decode_gsm(octets: bytes) -> str:
    text = codecs.charmap_decode(octets, "strict", _DECODING)[0]
    plain, *escaped = text.split("\x1b")
    for piece in escaped:
        # Without a character of its own, an escape is a space (03.38, 6.2.1.1).
        plain += _ESCAPED.get(piece[:1], " " + piece[:1]) + piece[1:]
    return plain
