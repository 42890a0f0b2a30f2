"""Sentences in another language, from a file of translations."""

from pathlib import Path

import pytest

from turnout.catalogue import Phrase
from turnout.catalogue.translations import (
    HEADER_LENGTH,
    choose_locale,
    translate,
    translator_in,
)

CODE, SENTENCE = "learner.email", "{email!r} is not an e-mail address."
GERMAN = f"""
msgctxt "learner.facts"
msgid "Give the learner a code and a name."
msgstr "Ein Prüfling hat ein Kürzel und einen Namen."

msgctxt "{CODE}"
msgid "{SENTENCE}"
msgstr "{{email!r}} ist keine E-Mail-Adresse."
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "de.po").write_text(GERMAN)
    return tmp_path


def test_a_sentence_is_translated(folder: Path) -> None:
    assert translate(CODE, {"email": "x"}, "de", folder) == "'x' ist keine E-Mail-Adresse."


@pytest.mark.parametrize("locale", ["fr", "../de", "de.po", "", "de\x00"])
def test_a_language_without_a_file_is_english(folder: Path, locale: str) -> None:
    assert translate(CODE, {"email": "x"}, locale, folder) == "'x' is not an e-mail address."


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (f'msgid "{SENTENCE}"', 'msgid "{email} was said otherwise once."'),
        ("{email!r} ist", "{address!r} ist"),
        ("{email!r} ist", "{email ist"),
        ("{email!r} ist keine E-Mail-Adresse.", ""),
        (f'msgctxt "{CODE}"', 'msgctxt "another.code"'),
    ],
    ids=[
        "reworded since",
        "with a fact that is not given",
        "with half a brace",
        "empty",
        "of another code",
    ],
)
def test_a_translation_that_does_not_fit_is_english(folder: Path, old: str, new: str) -> None:
    (folder / "de.po").write_text(GERMAN.replace(old, new))
    assert translate(CODE, {"email": "x"}, "de", folder) == "'x' is not an e-mail address."


@pytest.mark.parametrize(
    ("accepted", "locale"),
    [
        ("de", "de"),
        ("DE-at", "de"),
        ("pt-br", "pt_BR"),
        ("pt", "en"),
        ("fr;q=0.9, de;q=0.1", "de"),
        ("de;q=0.1, en", "en"),
        ("de;q=0", "en"),
        ("de;q=x", "en"),
        ("de;q=nan", "en"),
        (", ;q=, de", "de"),
        ("x" * HEADER_LENGTH + ",de", "en"),
        ("*", "en"),
        ("", "en"),
    ],
)
def test_the_best_language_that_the_catalogue_has(folder: Path, accepted: str, locale: str) -> None:
    (folder / "pt_BR.po").write_text(GERMAN)
    assert choose_locale(accepted, folder) == locale


def test_a_translator_says_what_it_can_in_its_language(folder: Path) -> None:
    speak = translator_in("de", folder)
    assert speak(CODE, {"email": "x"}) == "'x' ist keine E-Mail-Adresse."
    assert speak("venue.name", {}) == "Give the venue a name."
    assert speak("nobody.knows", {}) == "nobody.knows."


def test_a_phrase_is_said_in_the_language_of_its_sentence(folder: Path) -> None:
    """Also within a sentence that has no translation itself."""
    (folder / "de.po").write_text(
        'msgctxt "slip.end"\nmsgid "line {line}, column {column}: it ends too early"\n'
        'msgstr "Zeile {line}: zu früh zu Ende"\n'
    )
    slip = Phrase("slip.end", {"line": 7, "column": 1})
    said = translator_in("de", folder)("body.malformed", {"slip": slip})
    assert said == "The body is not valid JSON: Zeile 7: zu früh zu Ende."
