"""Which replies end it."""

import pytest

from turnout.core.messaging.stop_words import WORDS, ends_it


@pytest.mark.parametrize("word", sorted(WORDS))
def test_every_word_ends_it_in_any_case_and_with_any_signs(word: str) -> None:
    for text in (
        word,
        word.upper(),
        word.title(),
        f" {word}! ",
        f"“{word}.”",
        f"\u200e{word}\u200f",
    ):
        assert ends_it(text), text
        assert ends_it(f"{text}\nSent from my iPhone"), text


@pytest.mark.parametrize(
    "text",
    [
        "STOP 🛑",
        "S.T.O.P",
        "\uff33\uff34\uff2f\uff30",
        "Opt-out",
        "opt  out.",
        "Stop - Sent from my Galaxy",
        "Stop, sent from my phone",
        "STOP\r\n\r\n-- \r\nJane Doe\r\nHead of Sales, Acme Ltd, 12 Long Street, Springfield",
        "End\n\nGesendet von meinem iPhone",
        "Stop\nJane, Acme Ltd",
        "\n\nstop",
        "Cancel\n--\nJane",
        "Stop\nEnvoyé de mon iPhone",
    ],
)
def test_signatures_and_signs_do_not_matter(text: str) -> None:
    assert ends_it(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "!",
        "please stop",
        "late, and stop it",
        "stop it",
        "don't stop",
        "End\nof June works for me",
        "Cancel\nmy seat at the dinner, keep the rest",
        "Stop\n" + "tell me when the doors open and where I can park my car on that day",
        "the end",
        "ok",
        "stop" * 300,
    ],
)
def test_sentences_do_not_end_it(text: str) -> None:
    assert not ends_it(text)


def test_the_operator_and_the_job_have_words_of_their_own() -> None:
    assert ends_it("Arrêt.", ["arrêt", "退订"])
    assert ends_it("退订", ["arrêt", "退订"])
    assert ends_it("no-more", (), "No More")
    assert not ends_it("arrêt")
    assert not ends_it("", ["", "!"], "")
