"""Which value counts of a parameter that is there twice, and that the other is judged too."""

import pytest

from turnout.errors import Invalid
from turnout.http.readings import Readings, check_spellings, read_first, read_over

LIST = [("a[]", "1"), ("a[]", "2")]


def test_what_is_said_once_has_one_reading() -> None:
    assert read_over([], {"a": "1"}) == Readings({"a": "1"})
    assert read_over([("a", "1")], {"b": 2}) == Readings({"a": "1", "b": 2})
    assert read_over(LIST, {}) == Readings({"a": ["1", "2"]})
    assert read_over([("a", "1")], {"a": "1"}) == Readings({"a": "1"})
    assert read_first([("a", "1"), ("b", "2")]) == Readings({"a": "1", "b": "2"})


def test_the_body_counts_and_the_query_is_the_other() -> None:
    assert read_over([("a", "1")], {"a": 2}) == Readings({"a": 2}, ({"a": "1"},))
    assert read_over([("a", "1"), ("a", "2")], {"a": "3"}) == Readings(
        {"a": "3"}, ({"a": "2"}, {"a": "1"})
    )
    assert read_over([("a", "1"), ("a", "2")], {}) == Readings({"a": "2"}, ({"a": "1"},))
    assert read_first([("a", "1"), ("a", "2")]) == Readings({"a": "1"}, ({"a": "2"},))


@pytest.mark.parametrize("empty", [None, "", []])
def test_what_is_empty_hides_nothing(empty: object) -> None:
    assert read_over([("a", "1")], {"a": empty}) == Readings({"a": "1"})
    assert read_over([("a", "")], {"a": "1"}) == Readings({"a": "1"})


def test_names_are_folded_before_they_meet() -> None:
    def fold(members: dict[str, object]) -> dict[str, object]:
        return {name.lower(): value for name, value in members.items()}

    assert read_over([("A", "1")], {"a": "2"}, fold) == Readings({"a": "2"}, ({"a": "1"},))


def test_every_reading_is_judged_and_the_first_is_the_result() -> None:
    def decode(members: dict[str, str]) -> int:
        if not members["a"].isdigit():
            raise Invalid("a.invalid")
        return int(members["a"])

    assert Readings({"a": "1"}, ({"a": "2"},)).judge(decode) == 1
    for readings in (Readings({"a": "1"}, ({"a": "x"},)), Readings({"a": "x"}, ({"a": "1"},))):
        with pytest.raises(Invalid):
            readings.judge(decode)


def test_two_spellings_of_a_name_do_not_hide_one_another() -> None:
    check_spellings({"A": "1", "a": "1", "b": "2"})
    for members in ({"A": "bad", "a": "good"}, {"a": "good", "A": "bad"}, {"a": "1", "A": None}):
        with pytest.raises(Invalid) as refusal:
            check_spellings(members)
        assert refusal.value.code == "member.twice"
