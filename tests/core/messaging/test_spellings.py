"""How networks spell ids: what is the same, and what only looks so."""

import pytest

from turnout.core.messaging.spellings import is_same, list_spellings, plain


@pytest.mark.parametrize(
    ("spelled", "bare"),
    [
        ("A1", "a1"),
        ('"00A1"', "a1"),
        (" <0a1> ", "a1"),
        ("000", "0"),
        ("", ""),
        ("''", ""),
        ("7f3a-01", "7f3a-01"),
    ],
)
def test_plain_ids(spelled: str, bare: str):
    assert plain(spelled) == bare
    assert plain(bare) == bare


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("A1", "00a1", True),
        ("a1", "161", True),
        ("0A1F", "2591", True),
        ("12345678", "0xbc614e", False),
        ("12345678", "bc614e", True),
        ("305419896", "12345678", True),
        ("4096", "1000", False),
        ("1000", "3e8", True),
        ("", "", False),
        ("x", "y", False),
    ],
)
def test_ids_of_the_same_message(one: str, other: str, expected: bool):
    assert is_same(one, other) is expected
    assert is_same(other, one) is expected
    if expected:
        assert not list_spellings(one).isdisjoint(list_spellings(other))
