"""How far what was heard is from what was said."""

import pytest

from tests.speech.recognising import count_errors, words_of


def test_numbers_and_signs_do_not_matter() -> None:
    assert words_of("Doors open at 10:30, it's Hall 7!") == words_of(
        "doors open at ten thirty its hall seven"
    )
    assert words_of("at 9:15") == words_of("at 915") == ["at", "nine", "fifteen"]
    assert words_of("42") == ["forty", "two"]


@pytest.mark.parametrize(
    ("heard", "errors"),
    [("a b c", 0), ("a c", 1), ("a x b c", 1), ("a x c", 1), ("", 3), ("x y z w", 4)],
)
def test_errors_are_words_that_are_missing_too_many_or_others(heard: str, errors: int) -> None:
    assert count_errors(["a", "b", "c"], heard.split()) == errors
