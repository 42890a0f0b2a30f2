"""Other languages: a file `<locale>.po` for each, by Babel.

An entry's context is the code, its id the English sentence. A sentence that was reworded since, or
that is not translated, is said in English. Files are read as they are: nothing is compiled.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from turnout.catalogue import SENTENCES, facts_of, fill

FOLDER = Path(__file__).parent / "locales"


def translate(code: str, facts: Mapping[str, Any], locale: str, folder: Path = FOLDER) -> str:
    """The sentence of a code in a language such as `de`; in English where it has no translation
    whose facts are those of the English one."""
    english = SENTENCES.get(code, f"{code}.")
    translated = _sentences(folder, locale).get((code, english), "")
    return fill(translated if _is_usable(translated, english) else english, facts, code)


def write_template(path: Path) -> None:
    """Write what translators begin with: every sentence, by its code, without a translation."""
    catalog = Catalog(project="Turnout", fuzzy=False)
    for code, sentence in sorted(SENTENCES.items()):
        catalog.add(sentence, context=code)
    with path.open("wb") as file:
        write_po(file, catalog, omit_header=False, sort_output=True)


def _is_usable(translated: str, english: str) -> bool:
    try:
        return bool(translated) and facts_of(translated) <= facts_of(english)
    except ValueError:
        return False


@cache
def _sentences(folder: Path, locale: str) -> dict[tuple[str, str], str]:
    # The locale comes from a request: it must be the name of a file that is there, and no path.
    known = {path.stem: path for path in folder.glob("*.po")}
    if locale not in known:
        return {}
    with known[locale].open("rb") as file:
        catalog = read_po(file, locale=locale)
    return {
        (str(message.context), str(message.id)): str(message.string)
        for message in catalog
        if message.context and message.string and not message.fuzzy
    }
