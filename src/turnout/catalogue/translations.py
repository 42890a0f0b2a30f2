"""Other languages: a file `<locale>.po` for each, by Babel.

An entry's context is the code, its id the English sentence or label. One that was reworded since,
or that is not translated, is said in English. Files are read as they are: nothing is compiled.
"""

from collections.abc import Iterator, Mapping
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Any

from babel.messages.pofile import read_po

from turnout.catalogue import SENTENCES, Translator, facts_of, fill, fill_label, say
from turnout.catalogue.labels import CONSOLE, LABELS

FOLDER = Path(__file__).parent / "locales"
ENGLISH = "en"
# Of an Accept-Language header so many characters are read.
HEADER_LENGTH = 200
TEXTS: Mapping[str, str] = {**SENTENCES, **LABELS, **CONSOLE}
"""All that can be translated, by its code."""


def translator_in(locale: str, folder: Path | None = None) -> Translator:
    """The catalogue in the language of that name; in English where it has no such language."""
    folder = folder or FOLDER
    return partial(_translate, locale, folder) if locale in _locales(folder) else say


def label(locale: str, code: str, /, **facts: object) -> str:
    """A label in a language such as `de`, or in English, with its facts as they are. Raises
    KeyError for one that is none, or whose facts are missing."""
    return fill_label(_label(locale, code), facts)


def list_locales() -> list[str]:
    """The names of all languages that the catalogue has, by the alphabet."""
    return sorted({*_locales(FOLDER), ENGLISH})


def choose_locale(accepted: str, folder: Path | None = None) -> str:
    """The name of that language, such as `de` for `de-AT,de;q=0.9`."""
    return find_locale(accepted, folder) or ENGLISH


def find_locale(accepted: str, folder: Path | None = None) -> str:
    """`choose_locale`, but empty for a header that names no language of the catalogue."""
    return _find_locale(accepted[:HEADER_LENGTH], folder or FOLDER)


# Browsers send few different headers, and each request asks several times.
@lru_cache(maxsize=1024)
def _find_locale(accepted: str, folder: Path) -> str:
    known = {name.lower(): name for name in (*_locales(folder), ENGLISH)}
    for tag in _preferred(accepted.lower().replace("-", "_")):
        for name in (tag, tag.partition("_")[0]):
            if name in known:
                return known[name]
    return ""


def translate(code: str, facts: Mapping[str, Any], locale: str, folder: Path | None = None) -> str:
    """The sentence of a code in a language such as `de`; in English where it has no translation
    whose facts are those of the English one."""
    folder = folder or FOLDER
    return (
        _translate(locale, folder, code, facts) if locale in _locales(folder) else say(code, facts)
    )


def _translate(locale: str, folder: Path, code: str, facts: Mapping[str, Any]) -> str:
    english = TEXTS.get(code, f"{code}.")
    translated = _sentences(folder, locale).get((code, english), "")
    sentence = translated if _is_usable(translated, english) else english
    return fill(sentence, facts, code, partial(_translate, locale, folder))


def _label(locale: str, code: str) -> str:
    english = LABELS[code] if code in LABELS else CONSOLE[code]
    if locale == ENGLISH or locale not in _locales(FOLDER):
        return english
    translated = _sentences(FOLDER, locale).get((code, english), "")
    return translated if _is_usable(translated, english) else english


def _preferred(accepted: str) -> Iterator[str]:
    """The header's languages, the best first."""
    weighted = []
    for part in accepted.split(","):
        tag, _, weight = part.partition(";")
        try:
            quality = float(weight.strip().removeprefix("q=") or 1)
        except ValueError:
            quality = 0.0
        weighted.append((quality, tag.strip()))
    weighted.sort(key=lambda entry: -entry[0])
    return (tag for quality, tag in weighted if quality > 0)


def _is_usable(translated: str, english: str) -> bool:
    try:
        return bool(translated) and facts_of(translated) <= facts_of(english)
    except ValueError:
        return False


@cache
def _locales(folder: Path) -> frozenset[str]:
    return frozenset(path.stem for path in folder.glob("*.po"))


@cache
def _sentences(folder: Path, locale: str) -> dict[tuple[str, str], str]:
    """`locale` is the name of a file that is there, never a text of a request."""
    with (folder / f"{locale}.po").open("rb") as file:
        catalog = read_po(file, locale=locale)
    return {
        (str(message.context), str(message.id)): str(message.string)
        for message in catalog
        if message.context and message.string and not message.fuzzy
    }
