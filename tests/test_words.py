"""The list of words that nothing here may say, tried on what it is to find."""

import pytest

from tools.lint_words import INSTEAD, find_clauses, find_problems, find_words


@pytest.mark.parametrize(
    "line",
    [
        "Whoever waits gets the next place.",
        "The end is written anew.",
        "It is asked what became of it.",
        "Raises Missing for what is none.",
        "Doing it again changes nothing.",
        "MEANWHILE nothing happens",
    ],
)
def test_a_word_is_found_with_what_to_write(line: str) -> None:
    (problem,) = find_words(f"A first line.\n{line}\n")
    assert problem.startswith("2: ")
    assert problem.rpartition(": write ")[2] in INSTEAD.values()


def test_words_in_two_lines_are_found() -> None:
    (problem,) = find_words("# It is asked what\n    # became of it.\n")
    assert problem.startswith("1: 'what # became of': write ")


def test_plain_words_are_let_through() -> None:
    assert not list(find_words("Places go to the waiting list in order. Renewed, besieged.\n"))


@pytest.mark.parametrize(
    "line",
    ["What broke before is Retry.", "It ends. What is left\nis swept.", "Who waits asks again."],
)
def test_a_clause_as_the_subject_is_found(line: str) -> None:
    (problem,) = find_clauses(f"A first line.\n{line}\n")
    assert problem.startswith("2: ")
    assert problem.endswith("write a noun as the subject")


@pytest.mark.parametrize(
    "line", ["What does it cost? Nothing.", "It says what broke.", "Somebody who waits asks again."]
)
def test_questions_and_objects_are_let_through(line: str) -> None:
    assert not list(find_clauses(f"{line}\n"))


@pytest.mark.parametrize(
    ("suffix", "text"),
    [
        (".py", "\nfor each in tickets:\n    pass\n"),
        (".py", "\nfound = {each.id: number for number, each in enumerate(tickets)}\n"),
        (".py", "\ntickets.sort(key=lambda each: each.id)\n"),
        (".html", "<ul>\n{% for each, at in tickets %}<li>{{ each }}</li>{% endfor %}</ul>\n"),
    ],
)
def test_a_loop_whose_variable_is_not_the_noun_is_found(suffix: str, text: str) -> None:
    assert list(find_problems(suffix, text)) == [
        "2: 'for each in': name the variable after its noun"
    ]


@pytest.mark.parametrize(
    ("suffix", "text"),
    [
        (".py", '"""A name for each in turn."""\nfound = [ticket.id for ticket in tickets]\n'),
        (".html", "{% for ticket in tickets %}<li>One for each.</li>{% endfor %}\n"),
        (".md", "A line for each in the list.\n"),
    ],
)
def test_a_loop_over_the_noun_is_let_through(suffix: str, text: str) -> None:
    assert list(find_problems(suffix, text)) == []
