"""Header fields and addresses: from what people typed to what RFC 5322 allows on the wire.

Whatever goes in, one field comes out: control characters cannot survive `clean`, and everything
here goes through it. Addresses are judged, not cleaned: one that is not an address is refused.
"""

import base64
import re
from collections.abc import Iterator
from functools import lru_cache
from urllib.parse import quote

import idna

from turnout.carriers import Rejected
from turnout.core.messaging.model import Status
from turnout.core.text import compose, is_email

LINE = 76
"""Characters that a line should have at most (RFC 2047); 998 is what it must not exceed."""

# C0, DEL, C1, the Unicode line ends and lone surrogates; a run of them and of spaces is one space.
_DIRECTIONS = re.compile("[\u202a-\u202e\u2066-\u2069]")
_NOT_IN_HEADERS = re.compile("[\x00-\x20\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_PLAIN = re.compile(r"[!-~]{1,60}(?: [!-~]{1,60})*", re.ASCII)
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~]+(?: [A-Za-z0-9!#$%&'*+\-/=?^_`{|}~]+)*")
_LONGEST_PHRASE = 60
# A value that stands in quotes as it is, and has a line with its field to itself.
_PLAIN_VALUE = re.compile(r"[A-Za-z0-9 ._()+,&@#!~\-]{1,32}")
_PIECE = 48
_PIECES = re.compile(r"(?:%[0-9A-F]{2}|[^%]){1,16}")
# With these, a word of RFC 2047 and the name of its field fit into a line.
_WORD_BYTES = 39


class Unmailable(Exception):
    """No mail can be made of this; `outcome` says why."""

    def __init__(self, status: Status, reason: str) -> None:
        super().__init__(reason)
        self.outcome = Rejected(status, reason)


def clean(text: str) -> str:
    """`text` on one line: a run of spaces and control characters becomes one space. Marks that turn
    the direction of what follows go: they would have `gpj.exe` read as `exe.jpg`."""
    return _NOT_IN_HEADERS.sub(" ", _DIRECTIONS.sub("", text)).strip(" ")


def unstructured(name: str, text: str) -> str:
    """The value of a field that is text for people, such as Subject: folded, RFC 2047 if needed."""
    text = clean(text)
    if not text or (_PLAIN.fullmatch(text) and "=?" not in text):
        return text if len(name) + 2 + len(text) <= LINE else fold(text, LINE - len(name) - 2)
    return encoded_words(text)


@lru_cache(maxsize=1024)
def mailbox(name: str, address: str) -> str:
    """`Name <address>`, or the address alone; `address` as `wire_address` gave it."""
    name = clean(name)
    if not name:
        return address
    if not name.isascii() or len(name) > _LONGEST_PHRASE or "=?" in name:
        phrase = encoded_words(name)
    elif _ATOMS.fullmatch(name):
        phrase = name
    else:
        phrase = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    gap = " " if len(phrase) + len(address) < _LONGEST_PHRASE else "\r\n "
    return f"{phrase}{gap}<{address}>"


def parameter(name: str, text: str) -> str:
    """` name="text"` of a MIME field, on lines of its own if need be; "file" where it has no text.

    Anything but a plain word is written in percent signs (RFC 2231, 5987). Text is never given to
    a library that writes fields: some decode what looks like an encoded word, and what comes out
    may be line ends.
    """
    text = clean(text) or "file"
    if _PLAIN_VALUE.fullmatch(text):
        return f' {name}="{text}"'
    encoded = quote(text, safe="", encoding="utf-8")
    if len(encoded) <= _PIECE:
        return f"\r\n {name}*=utf-8''{encoded}"
    pieces = _PIECES.findall(encoded)
    charset = ["utf-8''", *[""] * len(pieces)]
    return ";".join(
        f"\r\n {name}*{number}*={charset[number]}{piece}" for number, piece in enumerate(pieces)
    )


def encoded_words(text: str) -> str:
    """`text` as RFC 2047 words in UTF-8 and base64, a line each, as many bytes in each as fit; no
    character is split."""
    return "\r\n ".join(
        f"=?utf-8?b?{base64.b64encode(piece).decode()}?=" for piece in _pieces(text.encode())
    )


def _pieces(octets: bytes) -> Iterator[bytes]:
    """UTF-8 in pieces of up to _WORD_BYTES, each of whole characters."""
    at = 0
    while at < len(octets):
        end = at + _WORD_BYTES
        while end < len(octets) and octets[end] & 0xC0 == 0x80:
            end -= 1
        yield octets[at:end]
        at = end


def wire_address(address: str, fault: Status = Status.INVALID_NUMBER) -> str:
    """An e-mail address as it goes into commands and fields: the domain in its ASCII form.

    The local part stays as typed (NFC); outside ASCII it needs a server with SMTPUTF8. Raises
    Unmailable with the status `fault` when it is no address.
    """
    address = address.strip()
    if not is_email(address):
        raise Unmailable(fault, f"{clean(address)[:100]!r} is not an e-mail address")
    if address.isascii():
        return address
    local, _, domain = compose(address).rpartition("@")
    return f"{local}@{idna.encode(domain, uts46=True).decode('ascii')}"


def fold(text: str, first: int) -> str:
    """`text` in lines of LINE characters, the first of `first`, broken at spaces only."""
    lines, room = [""], first
    for word in text.split(" "):
        if lines[-1] and len(lines[-1]) + 1 + len(word) > room:
            lines.append("")
            room = LINE - 1
        lines[-1] += f" {word}" if lines[-1] else word
    return "\r\n ".join(lines)
