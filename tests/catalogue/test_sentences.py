"""How a code and facts become a sentence."""

import pytest

from turnout.catalogue import FACT_LENGTH, Phrase, facts_of, fill, fill_label, say
from turnout.errors import Invalid, Limited, Unavailable


def test_the_sentence_is_looked_up_by_the_code() -> None:
    assert str(Invalid("learner.facts")) == "Give the learner a code and a name."
    assert say("learner.facts", {}) == Invalid("learner.facts").message


def test_a_code_without_a_sentence_is_said_itself() -> None:
    assert say("nobody.knows", {}) == "nobody.knows."
    assert fill("It is {thing}.", {}, "nobody.knows") == "nobody.knows."


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (1, "1 row is left, it is bad"),
        (2, "2 rows are left, they are bad"),
        ("1", "1 row is left, it is bad"),
        ("1,000", "1,000 rows are left, they are bad"),
    ],
)
def test_a_number_chooses_between_the_word_for_one_and_for_more(
    count: int | str, said: str
) -> None:
    sentence = "{count:row is|rows are} left, {count:=it is|they are} bad"
    assert fill(sentence, {"count": count}) == said
    assert fill_label(sentence, {"count": count}) == said


def test_facts_may_have_the_names_of_parameters() -> None:
    failure = Invalid("learner.facts", code="A1", message="no", fields={"code": ["is bad"]})
    assert (failure.code, failure.facts) == ("learner.facts", {"code": "A1", "message": "no"})
    assert failure.fields == {"code": ["is bad"]}


def test_the_wait_is_a_fact() -> None:
    assert Limited("a.code", retry_after=7).facts == {"retry_after": 7}
    assert Unavailable("a.code").facts == {"retry_after": 1}


@pytest.mark.parametrize(
    ("fact", "shown"),
    [
        ("plain", "plain"),
        (7, "7"),
        (["a", "b"], "a, b"),
        ("two\nlines", "two lines"),
        ("a\x1b[31mred", "a\\x1b[31mred"),
        ("\u202egnp", "\\u202egnp"),
        ("half \ud800", "half \\ud800"),
        ("👩\u200d🏫 é 東", "👩\u200d🏫 é 東"),
        ("x" * 1000, "x" * (FACT_LENGTH - 1) + "…"),
        ("{other}", "{other}"),
    ],
)
def test_facts_are_one_short_printable_line(fact: object, shown: str) -> None:
    assert fill("{fact}", {"fact": fact, "other": "leak"}) == shown


def test_a_quoted_fact_is_escaped_and_cut() -> None:
    assert fill("{fact!r}", {"fact": "it's\n"}) == '"it\'s\\n"'
    assert fill("{fact!r}", {"fact": "x" * 10_000}) == repr("x" * (FACT_LENGTH - 1) + "…")


def test_a_phrase_is_said_in_its_sentence() -> None:
    slip = Phrase("slip.at_line", {"line": 7, "slip": Phrase("slip.comma_last", {"mark": "}"})})
    said = Invalid("body.malformed", slip=slip).message
    assert said == "The body is not valid JSON: line 7: a comma before }."
    assert fill("{fact}", {"fact": Phrase("nobody.knows")}) == "nobody.knows."


def test_the_facts_of_a_sentence() -> None:
    assert facts_of("{a} and {b!r} in {c:g} {{not}} seconds") == {"a", "b", "c"}
