"""Words that an operator says otherwise."""

import pytest

from turnout.formats.spoken.own_words import (
    OwnWords,
    UnreadableWordError,
    read_own_words,
    without_phonemes,
)
from turnout.formats.spoken.saying import say

FILE = """# Ours
SQL = sequel
Siobhan = shi-vorn

Kilda = /k\u02c8\u026ald\u0259/
"""
WORDS = read_own_words(FILE)


def test_a_file_has_words_of_two_kinds() -> None:
    assert (
        OwnWords({"sql": "sequel", "siobhan": "shi-vorn"}, {"kilda": "k\u02c8\u026ald\u0259"})
        == WORDS
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("SQL by SIOBHAN.", "sequel by shi-vorn."),
        ("Siobhan's MySQL, St Kilda.", "shi-vorn's MySQL, Saint [Kilda](/k\u02c8\u026ald\u0259/)."),
        ("Kildare [Kilda](/x/)", "Kildare [Kilda](/k\u02c8\u026ald\u0259/)."),
    ],
)
def test_words_are_said_as_the_file_has_it(text: str, said: str) -> None:
    marked = WORDS.mark(say(WORDS.spell(text)))
    assert marked.rstrip(".") == said.rstrip(".")
    assert without_phonemes(marked) == say(WORDS.spell(text))


@pytest.mark.parametrize(
    "line",
    ["SQL", "= sequel", "SQL =", "SQL = se[quel", "SQL = 4071", "two words = one", "a = /b c/"],
)
def test_a_line_that_cannot_be_read_is_named(line: str) -> None:
    with pytest.raises(UnreadableWordError) as caught:
        read_own_words(f"# Ours\n{line}\n")
    assert caught.value.line == 2
