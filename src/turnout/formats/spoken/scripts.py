"""Which language a text is in that voices cannot say, told by its letters."""

import unicodedata
from collections.abc import Collection
from functools import lru_cache
from typing import NamedTuple

LATIN = "LATIN"
_LANGUAGES = {
    "ARABIC": "Arabic",
    "ARMENIAN": "Armenian",
    "BENGALI": "Bengali",
    "CJK": "Chinese",
    "CYRILLIC": "Russian",
    "DEVANAGARI": "Hindi",
    "ETHIOPIC": "Amharic",
    "GEORGIAN": "Georgian",
    "GREEK": "Greek",
    "GUJARATI": "Gujarati",
    "GURMUKHI": "Punjabi",
    "HANGUL": "Korean",
    "HEBREW": "Hebrew",
    "HIRAGANA": "Japanese",
    "KANNADA": "Kannada",
    "KATAKANA": "Japanese",
    "KHMER": "Khmer",
    "LAO": "Lao",
    "MALAYALAM": "Malayalam",
    "MYANMAR": "Burmese",
    "ORIYA": "Odia",
    "SINHALA": "Sinhala",
    "TAMIL": "Tamil",
    "TELUGU": "Telugu",
    "THAI": "Thai",
    "TIBETAN": "Tibetan",
}
_UKRAINIAN = frozenset("\u0456\u0457\u0454\u0491\u0406\u0407\u0404\u0490")
_BLOCKS = 8_000
_JAPANESE = ("HIRAGANA", "KATAKANA")


class Foreign(NamedTuple):
    """A language that no voice speaks, by its English name, and a letter that shows it."""

    language: str
    letter: str


def find_foreign(text: str, scripts: Collection[str] = (LATIN,)) -> Foreign | None:
    """The language of the first letter that is of none of `scripts` (the first words of Unicode's
    names), None where all can be said."""
    if text.isascii():
        return None
    found = [letter for letter in text if script_of(letter) not in ("", *scripts)]
    if not found:
        return None
    names = {script_of(letter) for letter in found}
    first = script_of(found[0])
    language = _LANGUAGES.get(first, f"a language in {first.capitalize()} letters")
    if names & {*_JAPANESE}:
        language = "Japanese"
    elif first == "CYRILLIC" and _UKRAINIAN.intersection(found):
        language = "Ukrainian"
    return Foreign(language, found[0])


@lru_cache(maxsize=_BLOCKS)
def script_of(letter: str) -> str:
    """The script of a letter by the first word of its name; empty for what is no letter, and for
    letters that are signs (feminine ordinals, micro)."""
    if letter.isascii():
        return LATIN if letter.isalpha() else ""
    if unicodedata.category(letter) not in ("Lu", "Ll", "Lt", "Lo"):
        return ""
    word = unicodedata.name(letter, "").partition(" ")[0].partition("-")[0]
    if word in ("FEMININE", "MASCULINE", "MICRO", "KELVIN", "ANGSTROM", "OHM", "FULLWIDTH"):
        return LATIN
    return word
