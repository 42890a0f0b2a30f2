"""Languages that no voice speaks."""

import pytest

from turnout.formats.spoken.scripts import find_foreign


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Hello", None),
        ("Café Zoë, Łódź, Tiếng Việt", None),
        ("45 m², 20 µg, 1ª, ½, €5, 😀, \uff21", None),
        ("Привет", "Russian"),
        ("Привіт", "Ukrainian"),
        ("你好", "Chinese"),
        ("こんにちは", "Japanese"),
        ("日本へ", "Japanese"),
        ("안녕", "Korean"),
        ("مرحبا", "Arabic"),
        ("שלום", "Hebrew"),
        ("Γειά", "Greek"),
        ("สวัสดี", "Thai"),
        ("नमस्ते", "Hindi"),
        ("ᏣᎳᎩ", "a language in Cherokee letters"),
    ],
)
def test_a_language_is_told_by_its_letters(text: str, language: str | None) -> None:
    found = find_foreign(text)
    assert (found.language if found else None) == language


def test_what_a_voice_reads_is_not_foreign_to_it() -> None:
    assert find_foreign("Привет, Ann", ("LATIN", "CYRILLIC")) is None
    found = find_foreign("Привет 你", ("LATIN", "CYRILLIC"))
    assert found is not None
    assert found == ("Chinese", "你")
