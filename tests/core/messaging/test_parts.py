"""The one reckoning of parts: by the limits of GSM 03.40, and as the SMPP carrier cuts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from turnout.carriers.smpp import gsm
from turnout.core.messaging.parts import Alphabet, alphabet_of, count_parts

texts = st.text(
    st.one_of(st.sampled_from("abc^{}[]~|€é\nж🎟"), st.characters(exclude_categories=["Cs"])),
    max_size=700,
)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", 1),
        ("x" * 160, 1),
        ("x" * 161, 2),
        ("x" * 306, 2),
        ("x" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("x" * 152 + "€" + "x" * 153, 3),
        ("ж" * 70, 1),
        ("ж" * 71, 2),
        ("ж" * 134, 2),
        ("ж" * 135, 3),
        ("🎟" * 35, 1),
        ("🎟" * 36, 2),
        ("x" * 71 + "`", 2),
    ],
)
def test_a_text_takes_so_many_parts(text, parts):
    assert count_parts(text) == parts


@given(texts)
def test_it_is_what_the_carrier_submits(text: str):
    assert count_parts(text) == len(gsm.cut(*gsm.encode(text)))


def test_the_first_character_that_forces_unicode_is_told():
    assert alphabet_of("Grüße [€]") == Alphabet("GSM", "", None)
    assert alphabet_of("See you… at noon") == Alphabet("Unicode", "…", 7)
    assert alphabet_of("") == Alphabet("GSM", "", None)
