"""What is read out for a text, by hand: said.tsv has a line a case."""

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from turnout.formats.spoken.rules import LOCALES
from turnout.formats.spoken.saying import say

ROWS = [
    line.split("\t")
    for line in Path(__file__).with_name("said.tsv").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]


def test_there_are_three_hundred_rows_of_all_locales() -> None:
    assert len(ROWS) >= 300
    assert {locale for locale, _, _ in ROWS} == set(LOCALES)


@pytest.mark.parametrize(("locale", "text", "said"), ROWS)
def test_a_text_is_said_in_words(locale: str, text: str, said: str) -> None:
    assert say(text.replace("\\n", "\n"), locale) == said


@given(st.text(max_size=300), st.sampled_from(sorted(LOCALES)))
def test_any_text_becomes_words_of_one_line(text: str, locale: str) -> None:
    said = say(text, locale)
    assert not set(said) & set("0123456789[]{}<>%#*_@&=\n\t"), said
    assert "  " not in said


@given(st.from_regex(r"[0-9A-Za-z$.,:/\- +#']{1,80}", fullmatch=True))
def test_no_digit_is_left(text: str) -> None:
    assert not any(map(str.isdigit, say(text))), text


def test_the_syntax_of_engines_never_gets_through() -> None:
    for text in ("[a](/b/)", "[[a](/b/)](/c/)", "[a] (/b/)", "[a](/b", "[a](/[b](/c/)/)"):
        assert not set(say(text)) & set("[]()"), text


def test_an_empty_text_has_no_words() -> None:
    assert [say(text) for text in ("", " ", "...", "%%name%%", "\u200b", "<br>")] == [""] * 6


@pytest.mark.parametrize("piece", ["1 ", "A1-", "+61 ", "www.", "St ", "12/", "$1,", "Mon, ", "a@"])
def test_a_long_text_takes_time_in_proportion(piece: str) -> None:
    times = []
    for size in (2_000, 16_000):
        text = piece * (size // len(piece))
        started = time.thread_time()
        say(text)
        times.append(time.thread_time() - started)
    assert times[1] < 24 * max(times[0], 0.005)
