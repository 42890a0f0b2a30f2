"""The order of text that runs both ways. Levels as UAX #9 gives them."""

import pytest

from turnout.formats.pdf.bidi import find_levels, is_right_to_left, keep_direction, order

LEVELS = {
    ("abc", 0): "000",
    ("abc", 1): "222",
    ("אבג", 0): "111",
    ("a אב b", 0): "001100",
    ("אב a ג", 1): "111211",
    # Numbers run from left to right inside, European and Arabic ones.
    ("א 12", 1): "1122",
    ("ب 12", 1): "1122",
    ("ب ١٢", 0): "1122",
    # Signs between and beside digits belong to the number.
    ("א 1.2%", 1): "112222",
    ("א 1-2", 1): "11222",
    ("ب 1-2", 1): "11212",
    # Brackets take the direction of what they hold.
    ("אב (cd)", 1): "1111221",
    ("a (אב) b", 0): "00011000",
    ("א (b) ג", 1): "1112111",
    # Marks follow their letter; spaces at the end the paragraph.
    ("שָׁ", 1): "111",
    ("אב  ", 0): "1100",
    ("", 1): "",
}


@pytest.mark.parametrize(("text", "base"), LEVELS)
def test_levels(text, base):
    assert "".join(map(str, find_levels(text, base))) == LEVELS[text, base]


def test_a_date_within_text_from_right_to_left_keeps_its_order():
    arabic = "حضر في "
    assert "".join(map(str, find_levels(f"{arabic}11 May", 1))) == "1111111" + "221222"
    kept = keep_direction("11 May", within=arabic)
    assert "".join(map(str, find_levels(arabic + kept, 1))) == "1111111" + "22222222"
    assert keep_direction("11 May", within="on ") == "11 May"


@pytest.mark.parametrize(
    ("text", "is_reversed"),
    [("Ada", False), ("אבג", True), ("محمد", True), ("12 محمد", True), ("12", False), ("", False)],
)
def test_direction_is_that_of_the_first_letter(text, is_reversed):
    assert is_right_to_left(text) is is_reversed


@pytest.mark.parametrize(
    ("levels", "places"),
    [([], []), ([0, 0], [0, 1]), ([1, 1], [1, 0]), ([0, 1, 2, 1], [0, 3, 2, 1]), ([1, 2], [1, 0])],
)
def test_runs_stand_in_the_order_of_their_levels(levels, places):
    assert order(levels) == places
