"""A text as it is read out: no digits, no signs and no short forms are left in it.

The text is gone through once. Where a token begins, the rules for what it begins with are tried in
their order; the first that has words for it has the place, and what it consumed is not looked at
again. Every pattern is bounded, so the time is in proportion to the text.
"""

import html
import re
import unicodedata

from turnout.formats.spoken import addresses, amounts, codes, dates
from turnout.formats.spoken.rules import FIELD, LOCALES, Locale, Rule, previous_word
from turnout.formats.spoken.words import (
    ABBREVIATIONS,
    DOTTED,
    LETTERS,
    NUMBERED,
    POINTED,
    SYMBOLS,
    letters,
)

# `[word](/phonemes/)` is active syntax of an engine, `[word](address)` is Markdown: the word stays.
_BRACKETS = re.compile(r"\[([^\[\]]{1,200})\]\([^()\[\]]{0,300}\)")
_TAG = re.compile(r"</?[A-Za-z][^<>]{0,300}>|<!--[^<>]{0,300}-->")
_TOKEN = re.compile(r"\s+|[^\W\d_]+|\d+|.", re.DOTALL)
_LINE_END = re.compile(r"(?<![ \t])[ \t]*+[\r\n]+[ \t]*(?:[-*•·][ \t]+)?")
_BULLET = re.compile(r"^[ \t]*[-*•·][ \t]+")
_BLANKS = re.compile(r"\s+")
_BEFORE_STOP = re.compile(r" (?=[,.;:!?])")
_STOPS = re.compile(r"[,.;:!?](?:[ ,.;:!?]{0,20}[,.;:!?])")
_DRESSING = str.maketrans(
    {
        "\u2018": "'",
        "\u2019": "'",
        "`": "'",
        "\u201c": '"',
        "\u201d": '"',
        "\u2026": "...",
        "\xd7": "x",
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"),
    }
)
_MONEY = ("$", "£", "€", "¥")
_VOWELS = frozenset("AEIOUYaeiouy")
_SAINTS = frozenset(
    [
        "Albans",
        "Andrew",
        "Andrews",
        "Anne",
        "Augustine",
        "David",
        "Francis",
        "George",
        "Georges",
        "Helens",
        "Ives",
        "James",
        "John",
        "Johns",
        "Joseph",
        "Kilda",
        "Leonards",
        "Louis",
        "Luke",
        "Mark",
        "Martin",
        "Mary",
        "Marys",
        "Michael",
        "Nicholas",
        "Pancras",
        "Patrick",
        "Patricks",
        "Paul",
        "Pauls",
        "Peter",
        "Peters",
        "Petersburg",
        "Stephen",
        "Thomas",
        "Vincent",
    ]
)
_BEFORE_NAMES = ("mr", "mrs", "ms", "prof", "mt", "rev", "hon", "sgt", "gen", "vs")
_STREETS = {"Ct": "Court", "Pl": "Place", "Cl": "Close", "Gr": "Grove", "Gdns": "Gardens"}


def say(text: str, locale: str = "en-AU") -> str:
    """The text as an engine of that locale (en-AU, en-GB, en-US) is to read it, one line."""
    told = LOCALES[locale]
    text = _prepare(text)
    said: list[str] = []
    at = 0
    while at < len(text):
        words, at = _next(text, at, told)
        said.append(words)
    return _tidy("".join(said))


def _prepare(text: str) -> str:
    text = _TAG.sub(" ", text) if "<" in text else text
    text = html.unescape(text) if "&" in text else text
    text = unicodedata.normalize("NFC", text).translate(_DRESSING)
    text = "".join(_plain(letter) for letter in text)
    text = FIELD.sub(" ", _BRACKETS.sub(r"\1", text))
    lines = [_BULLET.sub("", line) for line in _LINE_END.split(text.strip())]
    return " ".join(line if line[-1:] in ".,;:!?-" else f"{line}." for line in lines if line)


def _plain(letter: str) -> str:
    """Without what nobody hears: marks of direction, pictures; full-width letters as ordinary."""
    if letter.isascii():
        return letter
    kind = unicodedata.category(letter)
    if kind in ("Cf", "Cs", "Co", "Cn", "Sk"):
        return ""
    if kind == "So" and letter not in SYMBOLS:
        return " "
    if kind == "Zs":
        return " "
    if "\uff01" <= letter <= "\uff5e" or kind == "Nd":
        return unicodedata.normalize("NFKC", letter) if kind != "Nd" else str(int(letter))
    return letter


def _next(text: str, at: int, locale: Locale) -> tuple[str, int]:
    """The words of the token that begins at `at`, with a blank around, and where the next is."""
    first = text[at]
    rules = _DIGIT_RULES if first.isdigit() else _LETTER_RULES if first.isalpha() else _SYMBOL_RULES
    for pattern, words_of in () if first in " '\"" else rules:
        found = pattern.match(text, at)
        if found and (words := words_of(found, locale)) is not None:
            end = found.end()
            return f" {words}" if text[end : end + 1] == "'" else f" {words} ", end
    token = _TOKEN.match(text, at)
    return (_plain_token(token, locale), token.end()) if token else ("", at + 1)


def _plain_token(token: "re.Match[str]", locale: Locale) -> str:
    word = token[0]
    if word.isalpha():
        return word
    if word.isspace():
        return " "
    return _symbol(token, locale)


def _symbol(token: "re.Match[str]", locale: Locale) -> str:
    sign, text = token[0], token.string
    before, after = text[token.start() - 1 : token.start()], text[token.end() : token.end() + 1]
    if sign == "-":
        return _dash(before, after)
    if sign == "/":
        if not after.isalpha():
            return " "
        return " per " if before.isdigit() else " or "
    if sign == "'":
        return sign if before.isalnum() and after.isalpha() else ""
    if sign in "()|":
        return ", "
    if sign in "#*" and not (before.strip() or after.strip(" ,.")):
        return " star " if sign == "*" else " pound " if locale.is_month_first else " hash "
    if sign == "~":
        return " about " if after.isdigit() else " "
    if sign in SYMBOLS:
        return f" {SYMBOLS[sign]} "
    return sign if sign in ".,;:!?" else " "


def _dash(before: str, after: str) -> str:
    if (before.isdigit() or before == "%") and (after.isdigit() or after in _MONEY):
        return " to "
    if before.isalpha() and after.isalpha():
        return "-"
    if (after.isdigit() or after in _MONEY) and not before.isalnum():
        return " minus "
    return " " if before.isalnum() and after.isalnum() else ", "


def _tidy(said: str) -> str:
    said = _BEFORE_STOP.sub("", _BLANKS.sub(" ", said))
    said = _STOPS.sub(_one_stop, said)
    said = said.strip(" ,;:-")
    return said if any(map(str.isalpha, said)) else ""


def _one_stop(found: "re.Match[str]") -> str:
    """Of several stops the strongest, but the point that belongs to letters said one by one."""
    for stop in "?!":
        if stop in found[0]:
            return stop
    is_letter = found.string[found.start() - 2 : found.start() - 1] in ("", " ", ".")
    if found[0][0] == "." and is_letter and found.string[found.start() - 1].isupper():
        rest = found[0][1:].strip()
        return ".," if rest[:1] == "," else "." + (rest[:1] if rest[:1] in ";:" else "")
    return "." if "." in found[0] else ";" if ";" in found[0] else ":" if ":" in found[0] else ","


def _phrase(found: "re.Match[str]", _locale: Locale) -> str:
    return DOTTED[found[0].lower()]


def _numbered(found: "re.Match[str]", _locale: Locale) -> str:
    return NUMBERED[found[1].lower()]


def _saint_or_street(found: "re.Match[str]", _locale: Locale) -> str | None:
    following = found[2] or ""
    before = previous_word(found)
    if following.removesuffix("'s") in _SAINTS or following.endswith("'s"):
        return "Saint"
    if before[:1].isupper():
        return "Street" if following or not _ends(found) else "Street."
    return "Saint" if following else None


def _ends(found: "re.Match[str]") -> bool:
    """Whether the point behind a short form is the end of a sentence, too."""
    if not found[0].endswith("."):
        return False
    rest = found.string[found.end() : found.end() + 3].lstrip()
    return not rest or rest[0].isupper()


def _doctor_or_drive(found: "re.Match[str]", _locale: Locale) -> str | None:
    if found.string[found.end() : found.end() + 2].strip()[:1].isupper():
        return "Doctor"
    return ("Drive." if _ends(found) else "Drive") if previous_word(found)[:1].isupper() else None


def _street(found: "re.Match[str]", _locale: Locale) -> str | None:
    if not previous_word(found)[:1].isupper():
        return None
    return _STREETS[found[1]] + ("." if _ends(found) else "")


def _short_form(found: "re.Match[str]", _locale: Locale) -> str | None:
    word, point = found[1], found[2]
    if word in LETTERS:
        return None
    long = ABBREVIATIONS.get(word.lower())
    if word.lower() in ("ms", "mt", "ln", "sr") and word != word.capitalize():
        long = None
    if long is None and point:
        long = POINTED.get(word.lower())
        long = None if long and _ends(found) and word.lower() in ("no", "min", "co") else long
    if long is None:
        return None
    is_title = word.lower() in _BEFORE_NAMES
    return f"{long}." if point and not is_title and _ends(found) else long


def _by_letters(found: "re.Match[str]", _locale: Locale) -> str | None:
    word, plural = found[1], found[2]
    before = previous_word(found)
    if set(word) & _VOWELS and len(before) > 1 and before.isupper() and before not in LETTERS:
        return None  # Among words in capitals it is one of them.
    if word not in LETTERS and (set(word) & _VOWELS or len(word) > 5):
        return None
    return letters(word) + ("'s" if plural else "")


_PHRASES = "|".join(re.escape(phrase) for phrase in sorted(DOTTED, key=len, reverse=True))
_NUMBERED = "|".join(sorted(NUMBERED, key=len, reverse=True))
_WORD_RULES = (
    Rule(re.compile(rf"({_NUMBERED})\.?(?=\s?#?\d)", re.IGNORECASE), _numbered),
    Rule(re.compile(r"(St)(?![A-Za-z'])\.?(?:(?=\s([A-Z][a-z]{1,20}(?:'s)?)))?"), _saint_or_street),
    Rule(re.compile(r"Dr(?![A-Za-z'])\.?"), _doctor_or_drive),
    Rule(re.compile(r"(Ct|Pl|Cl|Gr|Gdns)(?![A-Za-z'])\.?"), _street),
    Rule(re.compile(r"([A-Za-z]{2,7})(?![A-Za-z'])(\.?)(?!\w)"), _short_form),
    Rule(re.compile(r"([A-Z]{2,5})(s?)(?![\w'])"), _by_letters),
)
_PHRASE_RULE = Rule(re.compile(rf"(?:{_PHRASES})(?![A-Za-z0-9])", re.IGNORECASE), _phrase)
_LETTER_RULES = (
    *addresses.RULES,
    _PHRASE_RULE,
    *codes.LETTER_RULES[:-1],
    *amounts.LETTER_RULES,
    *dates.LETTER_RULES,
    *_WORD_RULES,
    codes.LETTER_RULES[-1],
)
_DIGIT_RULES = (
    *addresses.RULES,
    _PHRASE_RULE,
    *codes.DIGIT_RULES[:-1],
    *dates.DIGIT_RULES,
    *amounts.DIGIT_RULES[:-9],
    codes.DIGIT_RULES[-1],
    *amounts.DIGIT_RULES[-9:],
)
_SYMBOL_RULES = (*codes.SYMBOL_RULES, *amounts.SYMBOL_RULES)
