"""The picture of an event for other sites."""

import io
from xml.etree import ElementTree as Xml

import pytest
from PIL import Image

from turnout.formats.cards import Card, draw_card, write_card
from turnout.formats.tracks import draw_tracks

CARD = Card("Fair & <more>", "1 June 2099", "Hall", "Acme", "#23408f", draw_tracks(1000001))


def test_it_is_a_png_of_the_size_that_sites_want() -> None:
    content = draw_card(CARD)
    with Image.open(io.BytesIO(content)) as picture:
        assert (picture.format, picture.size) == ("PNG", (1200, 630))
        assert picture.convert("RGB").getpixel((20, 5)) == (0x23, 0x40, 0x8F)
    assert len(content) < 100_000
    assert draw_card(CARD) == content


@pytest.mark.parametrize("title", ["A", "Word " * 60, "Unbroken" * 40, "\N{SNOWMAN} 会議 ?"])
def test_every_title_fits(title: str) -> None:
    texts = [
        element.text or ""
        for element in Xml.fromstring(write_card(CARD._replace(title=title))).iter()  # noqa: S314
        if element.tag.endswith("text")
    ]
    assert len(texts) <= 5
    assert max(len(text) for text in texts) <= 58
