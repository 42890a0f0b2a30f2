"""Texts in pieces for an engine."""

from hypothesis import given
from hypothesis import strategies as st

from turnout.formats.spoken.splitting import MOST, split


def test_a_short_text_is_one_piece() -> None:
    assert split("Hello. Goodbye.") == ["Hello. Goodbye."]
    assert split("") == []


def test_it_is_split_where_a_sentence_ends() -> None:
    one, two = f"{'a' * 200} b.", f"{'c' * 200} d!"
    assert split(f"{one} {two}") == [one, two]


def test_a_long_sentence_is_split_where_a_clause_ends() -> None:
    one, two = f"{'a' * 300} b,", f"{'c' * 300} d."
    assert split(f"{one} {two}") == [one, two]


def test_a_long_clause_is_split_between_words_and_a_long_word_anywhere() -> None:
    words = " ".join(["word"] * 200)
    assert " ".join(split(words)) == words
    assert "".join(split("x" * 1000)) == "x" * 1000


def test_letters_said_one_by_one_end_no_sentence() -> None:
    assert split("to N.S.W. and back. On. Off.", most=22) == ["to N.S.W. and back.", "On. Off."]


@given(st.text(alphabet="ab .,;!", max_size=2000))
def test_no_piece_is_too_long_and_nothing_is_lost(text: str) -> None:
    pieces = split(text)
    assert all(0 < len(piece) <= MOST < 400 for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())
