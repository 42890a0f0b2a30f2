"""What the stack says of a call's end, taken apart."""

import pytest

from turnout.carriers.sip.stack import find_number, read_reason


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("486 Busy Here", (486, 0, "Busy Here")),
        ("486 Busy Here,Q.850;cause=17", (486, 17, "Busy Here")),
        ('480 Gone,Q.850;cause=18;text="No answer"', (480, 18, "Gone")),
        ('480 Gone,Q.850;text="x";cause="19"', (480, 19, "Gone")),
        ("480 Gone,SIP;cause=200", (480, 0, "Gone")),
        ("999 Odd", (999, 0, "Odd")),
        ("Connection refused [111]", (0, 0, "Connection refused [111]")),
        ("", (0, 0, "")),
        ("48 odd", (0, 0, "48 odd")),
    ],
)
def test_a_reason(text: str, expected: tuple[int, int, str]) -> None:
    assert read_reason(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("302 Moved,<sip:+61398765401@trunk.example;transport=tcp>", "+61398765401"),
        ("<sips:1001@[::1]:5061>", "1001"),
        ("sip:trunk.example", ""),
        ("", ""),
    ],
)
def test_where_a_trunk_sends(text: str, expected: str) -> None:
    assert find_number(text) == expected
