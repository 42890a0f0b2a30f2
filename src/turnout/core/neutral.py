"""What strangers typed, as it may stand in a message that goes out in the organization's name.

Theory. Anybody can fill in a form with somebody else's address and a text of their own as the name:
the mail that follows would carry it, trusted as the organization's. So such a text becomes one
short line in which no mail program finds anything to press: no URL, no bare domain (with any sign
that resolvers take for a dot), no e-mail address, no telephone number, and nothing that hides or
turns letters around. What is stored stays as it was typed; only what is sent is neutral.

Programs make links of different things, so the rule is wider than any of theirs: a dot between two
words is a blank. That costs a name such as `Booking.com` its dot, and keeps `J.R.R. Tolkien`.
"""

import re
import unicodedata

LIMIT = 60
ELLIPSIS = "…"
_DOTS = ".\u3002\uff0e\uff61\u2024\ufe52"
_SCHEME = re.compile(r"[:\uff1a\ufe55][/\\\uff0f]")
_COLON = re.compile(r"[:\uff1a\ufe55](?=\S)")
_AT = re.compile("[@\uff20\ufe6b]")
# A dot that a word of two signs or more follows, or that stands between digits.
_JOINING_DOT = re.compile(rf"(?<=[^\s{_DOTS}])[{_DOTS}](?=[^\s{_DOTS}/?#]{{2}})")
_TWO_DOTTED_DIGITS = re.compile(rf"(?<=\d)[{_DOTS}](?=\d[{_DOTS}]\d)|(?<=\d[{_DOTS}]\d)[{_DOTS}]")
_DIGITS = re.compile(r"\d[\d\s()/.,+\-\u2010-\u2015\u2212\u00b7_]*\d")
_PHONE_DIGITS = 7
_BLANKS = re.compile(r"\s+")
_JOINERS = "\u200c\u200d"


def neutralize(text: str, limit: int = LIMIT) -> str:
    """`text` as one line of up to `limit` characters that holds no link of any kind, no number to
    call and no hidden sign; empty if nothing is left. Idempotent."""
    text = unicodedata.normalize("NFC", text[: 20 * limit])
    text = _without_hidden(text)
    text = " ".join(word for word in text.split() if not _SCHEME.search(word))
    text = _AT.sub(" ", text)
    text = _COLON.sub(" ", text)
    text = _without_dots(text)
    text = _DIGITS.sub(_hide_phone, text)
    return _shorten(_BLANKS.sub(" ", text).strip(), limit)


def _without_hidden(text: str) -> str:
    """Without controls and formats, the joiners of scripts that need them excepted."""
    if text.isascii() and text.isprintable():
        return text
    kept = []
    for place, sign in enumerate(text):
        category = unicodedata.category(sign)
        if category[0] == "Z" or sign in "\t\n\r\v\f\x85":
            kept.append(" ")
        elif category[0] != "C" or (sign in _JOINERS and _joins(text, place)):
            kept.append(sign)
    return "".join(kept)


def _joins(text: str, place: int) -> bool:
    before, after = text[max(0, place - 1) : place], text[place + 1 : place + 2]
    return all(
        sign and not sign.isascii() and unicodedata.category(sign)[0] in "LMS"
        for sign in (before, after)
    )


def _without_dots(text: str) -> str:
    text = _JOINING_DOT.sub(" ", text)
    return _TWO_DOTTED_DIGITS.sub(" ", text)


def _hide_phone(match: re.Match[str]) -> str:
    found = match[0]
    digits = sum(sign.isdecimal() for sign in found)
    return ELLIPSIS if digits >= _PHONE_DIGITS else found


def _shorten(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    end = limit - 1
    # Never between a letter and its marks.
    while end and (unicodedata.category(text[end])[0] == "M" or text[end] in _JOINERS):
        end -= 1
    return text[:end].rstrip() + ELLIPSIS
