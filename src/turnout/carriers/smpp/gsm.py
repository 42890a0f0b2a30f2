"""Text on its way into the octets of short messages, and back.

Two alphabets are written: GSM 03.38 with its extension table where that has all characters, one
octet a septet as SMPP wants it, otherwise UCS-2 (as UTF-16BE, since phones show emoji). A text
that does not fit one message is cut into parts behind a user data header (GSM 03.40, 9.2.3.24.1),
never inside an escaped character or a surrogate pair.
"""

import codecs

GSM = 0
ASCII = 1
LATIN_1 = 3
UCS2 = 8

MAX_PARTS = 255

_ESCAPE = 0x1B
_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = {
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
_ENCODING = {ord(character): bytes((code,)) for code, character in enumerate(_BASIC)}
del _ENCODING[_ESCAPE]
_ENCODING |= {ord(character): bytes((_ESCAPE, code)) for code, character in _EXTENSION.items()}
# A network that sends the upper half does not speak GSM, and what it means is Latin-1.
_DECODING = _BASIC + bytes(range(0x80, 0x100)).decode("latin-1")
_ESCAPED = {_BASIC[code]: character for code, character in _EXTENSION.items()}


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
    whole, part = (160, 153) if coding == GSM else (140, 134)
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


def _overhang(coding: int, octets: bytes, end: int) -> int:
    """How many octets before `end` belong to the character after it."""
    if coding == GSM:
        return 1 if octets[end - 1] == _ESCAPE else 0
    return 2 if 0xD8 <= octets[end - 2] <= 0xDB else 0


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
