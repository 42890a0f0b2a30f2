"""E-mail addresses and web addresses, as one reads them to somebody."""

import re

from turnout.formats.spoken.numbers import cardinal, digits
from turnout.formats.spoken.rules import Locale, Rule
from turnout.formats.spoken.words import letters

_LONGEST_PATH = 40
_SIGNS = {".": "dot", "-": "dash", "_": "underscore", "+": "plus", "/": "slash", "@": "at", "%": ""}
# Ends of hosts that are words; the rest is said by its letters.
_ENDS = ("com", "org", "net", "info", "app", "edu", "gov", "events", "online", "co", "shop", "club")
_PART = re.compile(r"[A-Za-z]{1,64}|\d{1,64}|[^A-Za-z\d]")
_LABEL = r"[A-Za-z0-9][A-Za-z0-9\-]{0,62}"
_TOPS = "com|org|net|io|edu|gov|info|app|events|au|uk|nz|us|eu|co|online"


def _spell(text: str) -> str:
    return " ".join(filter(None, map(_spell_part, _PART.findall(text))))


def _spell_part(part: str) -> str:
    if part.isdigit():
        return cardinal(int(part)) if len(part) <= 2 and part[0] != "0" else digits(part)
    if part.isalpha() and part.isascii():
        is_word = len(part) > 2 or (len(part) == 2 and set(part.lower()) & set("aeiouy"))
        return part if is_word else letters(part)
    return _SIGNS.get(part, "")


def _say_host(host: str) -> str:
    labels = host.removeprefix("www.").split(".")
    ends = [_say_end(label) for label in labels[1:]]
    return " dot ".join([_spell(labels[0]), *ends])


def _say_end(label: str) -> str:
    return _spell(label) if len(label) > 3 or label.lower() in _ENDS else letters(label)


def _email(found: "re.Match[str]", _locale: Locale) -> str:
    return f"{_spell(found[1])} at {_say_host(found[2])}"


def _web(found: "re.Match[str]", _locale: Locale) -> str:
    host, path = found[1], found[2] or ""
    path = path.partition("?")[0].partition("#")[0].rstrip("/.,;:!)")
    said = _say_host(host.lower())
    return f"{said} {_spell(path)}" if 0 < len(path) <= _LONGEST_PATH else said


_EMAIL = Rule(
    re.compile(rf"([A-Za-z0-9][A-Za-z0-9._%+\-]{{0,63}})@({_LABEL}(?:\.{_LABEL}){{1,6}})"), _email
)
_URL = Rule(
    re.compile(
        rf"(?:https?://|(?=www\.))({_LABEL}(?:\.{_LABEL}){{1,6}})(?::\d{{1,5}})?"
        r"(/[^\s<>\"]{0,2000}[^\s<>\".,;:!?)\]']|/)?",
        re.IGNORECASE,
    ),
    _web,
)
_BARE = Rule(
    re.compile(
        rf"((?:{_LABEL}\.){{1,4}}(?:{_TOPS}))(?![\w@\-])"
        r"(/[^\s<>\"]{0,200}[^\s<>\".,;:!?)\]']|/)?",
    ),
    _web,
)
RULES = (_EMAIL, _URL, _BARE)
