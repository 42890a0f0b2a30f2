"""The values that one colour becomes: what is read on and in them can be read."""

import re

import pytest

from tests.support import proof
from turnout.formats.brand import DARK, LIGHT, Brand, make_brand
from turnout.formats.contrast import contrast

# Text of the style sheet that stands on a wash: ink and soft, by day and by night.
LIGHT_TEXT, DARK_TEXT = ("#17211f", "#53605c"), ("#e9ede8", "#a3b1ad")


def pairs(brand: Brand) -> list[tuple[str, str]]:
    """What public pages write, and on what."""
    return [
        *((brand.on_brand, ground) for ground in (brand.brand, brand.brand_deep)),
        *((brand.brand_ink, ground) for ground in (*LIGHT, brand.brand_wash)),
        *((brand.brand_ink_dark, ground) for ground in (*DARK, brand.brand_wash_dark)),
        *((brand.on_brand_dark, ground) for ground in (brand.brand_ink_dark, brand.brand_light)),
        *((text, brand.brand_wash) for text in LIGHT_TEXT),
        *((text, brand.brand_wash_dark) for text in DARK_TEXT),
    ]


def test_a_colour_that_can_be_read_stays_what_it_is() -> None:
    assert make_brand("#23408f").brand == "#23408f"


@pytest.mark.proof
def test_every_colour_can_be_read() -> None:
    random = proof.random_for("brand colours")
    edges = ["#000000", "#ffffff", "#ffff00", "#00ffff", "#ff00ff", "#ff0000", "#00ff00", "#0000ff"]
    count = proof.scale(600, 10_000)
    drawn = [f"#{random.randrange(1 << 24):06x}" for _ in range(count - len(edges))]
    for colour in (*edges, *drawn):
        brand = make_brand(colour)
        assert all(re.fullmatch("#[0-9a-f]{6}", value) for value in brand)
        for text, ground in pairs(brand):
            assert contrast(text, ground) >= 4.5, (colour, text, ground)
        # The button is told from the paper, by day and by night.
        assert contrast(brand.brand, LIGHT[0]) >= 3
        assert contrast(brand.brand_ink_dark, DARK[0]) >= 3
    proof.report("brand colours", colours=count)
