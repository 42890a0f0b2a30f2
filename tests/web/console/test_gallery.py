"""The gallery looks as its references do: `make shots` makes them again, after a look at them."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser

from tests.support import proof
from tests.support.axe import find_violations
from tests.support.chromium import open_browser
from tests.web.console.gallery_shots import (
    BOXES,
    SHOTS,
    Shot,
    differing,
    look,
    moved,
    reduce,
    show_gallery,
)

# Of the pixels of a picture so many may differ.
SHARE = 0.005


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def known() -> dict[str, Any]:
    return dict(json.loads(BOXES.read_text()))


@pytest.mark.proof
@pytest.mark.parametrize("shot", SHOTS[: proof.scale(1, len(SHOTS))], ids=lambda shot: shot.name)
def test_the_gallery_looks_as_before(browser: Browser, known: dict[str, Any], shot: Shot) -> None:
    with show_gallery(browser, shot) as tab:
        seen = look(tab)
        assert find_violations(tab) == []
        assert tab.evaluate("document.documentElement.scrollWidth") <= shot.width
    is_same = browser.version == known["chromium"]
    if is_same:
        share = differing(reduce(seen.picture).convert("RGB"), read(shot))
        assert share <= SHARE, f"{share:.2%} of {shot.file} differs: make shots, and look at it"
    else:
        assert moved(known["boxes"][shot.name], seen.boxes) == []
    proof.report("gallery", shot=shot.name, compared="pixels" if is_same else "boxes")


def read(shot: Shot) -> Image.Image:
    return Image.open(shot.file).convert("RGB")


def test_a_part_that_changes_is_seen_in_pixels_and_in_boxes(
    browser: Browser, known: dict[str, Any]
) -> None:
    shot = SHOTS[0]
    with show_gallery(browser, shot, "main .button { padding-block: 1rem }") as tab:
        higher = look(tab)
    with show_gallery(browser, shot, "main .box { background: #bbb }") as tab:
        greyer = look(tab)
    boxes = known["boxes"][shot.name]
    assert moved(boxes, higher.boxes) != []
    assert moved(boxes, greyer.boxes) == []
    assert differing(reduce(higher.picture).convert("RGB"), read(shot)) > SHARE
    assert differing(reduce(greyer.picture).convert("RGB"), read(shot)) > SHARE
