"""Pictures of the gallery, and where its parts stand: `make shots` keeps them as references.

The page is rendered here and handed to the browser without a server, in a font of ours, so that it
looks the same on every machine. Pixels are comparable on one version of Chromium only; the boxes of
the parts, to a few pixels, on all.
"""

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image, ImageChops
from playwright.sync_api import Browser, Page, Route

import turnout
from tests.core.identity.staff import make_access
from tests.support.chromium import open_browser
from turnout.core.identity.roles import StaffRole
from turnout.web.assets import FOLDER
from turnout.web.console.access import ConsoleUser
from turnout.web.console.gallery import samples
from turnout.web.console.page import Frame
from turnout.web.console.words import render_console
from turnout.web.sessions import Account

REFERENCES = Path(__file__).with_name("shots")
BOXES = REFERENCES / "boxes.json"
FONTS = Path(turnout.__file__).parent / "formats/fonts"
HOST = "http://gallery.test"
# The first of the sheet's families, as files of ours.
FACES = "".join(
    f'@font-face {{ font-family: "Helvetica Neue"; font-weight: {weights}; src: url({name}) }}'
    for name, weights in (("/DejaVuSans.ttf", "100 500"), ("/DejaVuSans-Bold.ttf", "501 900"))
)
# A channel of a pixel that differs by less looks the same. References have few colours.
VISIBLE = 48
COLOURS = 24
# By how many pixels parts may stand elsewhere, or be larger, in another Chromium.
LEEWAY = 6
PARTS = "main > *, main .box, main .box > *, dialog[open]"
OPEN_MENUS = "document.querySelectorAll('main details').forEach(one => one.open = true)"
READ_BOXES = """parts => [...document.querySelectorAll(parts)]
  .map(part => [part, part.getBoundingClientRect()])
  .map(([part, box]) => [(part.tagName + ' ' + part.className).trim().toLowerCase(),
    ...[box.x, box.y + scrollY, box.width, box.height].map(Math.round)])"""


class Shot(NamedTuple):
    """How the gallery is looked at; `is_open`: its question is asked, its menus are open."""

    scheme: str
    width: int
    percent: int
    is_open: bool = False

    @property
    def name(self) -> str:
        return f"{self.scheme}-{self.width}-{self.percent}" + ("-open" if self.is_open else "")

    @property
    def file(self) -> Path:
        return REFERENCES / f"{self.name}.png"


SHOTS = [
    Shot("light", 390, 100),
    Shot("dark", 1280, 100),
    Shot("dark", 390, 100),
    Shot("light", 1280, 100),
    *(Shot(scheme, width, 200) for scheme in ("light", "dark") for width in (390, 1280)),
    Shot("light", 1280, 100, is_open=True),
]


class Look(NamedTuple):
    """What a shot saw: a picture, and each part with its place and size."""

    picture: Image.Image
    boxes: list[list[Any]]


def render_gallery() -> str:
    user = ConsoleUser(make_access(StaffRole.OWNER))
    frame = Frame(user, user.access.organization, None, {})
    return render_console(
        "console/gallery.html",
        account=Account("a/b", "token"),
        frame=frame,
        may=frame.may,
        path="/console/_gallery",
        base_url="",
        has_overview=False,
        groups=[],
        places=[],
        **samples(),
    )


@contextmanager
def show_gallery(browser: Browser, shot: Shot, more_css: str = "") -> Iterator[Page]:
    """The gallery in a tab, as the shot says."""
    context = browser.new_context(
        color_scheme="dark" if shot.scheme == "dark" else "light",
        viewport={"width": shot.width, "height": 900},
        # Large text is pictured at half size: its pictures would weigh as much as all others.
        device_scale_factor=100 / shot.percent,
        reduced_motion="reduce",
        locale="en-GB",
    )
    try:
        tab = context.new_page()
        tab.route("**/*", _answer)
        tab.goto(f"{HOST}/console/_gallery")
        size = f"html {{ font-size: {shot.percent}% }}"
        tab.add_style_tag(content=FACES + size + more_css)
        if shot.is_open:
            tab.evaluate(
                "document.querySelectorAll('main details').forEach(one => one.open = true)"
            )
            tab.evaluate("document.querySelector('dialog').show()")
        tab.evaluate("document.fonts.ready.then(() => document.fonts.size)")
        yield tab
    finally:
        context.close()


def _answer(route: Route) -> None:
    path = route.request.url.removeprefix(HOST)
    stem, _, suffix = path.rpartition("/")[2].rpartition(".")
    file = FOLDER / f"{stem.partition('.')[0]}.{suffix}"
    if path == "/console/_gallery":
        route.fulfill(body=render_gallery(), content_type="text/html; charset=utf-8")
    elif suffix == "ttf":
        route.fulfill(path=FONTS / f"{stem}.ttf")
    elif suffix == "css":
        route.fulfill(path=file, content_type="text/css")
    else:
        # Nothing of the looks is made by scripts.
        route.fulfill(status=204)


def look(tab: Page) -> Look:
    tab.evaluate("window.scrollTo(0, 0)")
    picture = tab.screenshot(full_page=True, animations="disabled", caret="hide")
    return Look(Image.open(io.BytesIO(picture)).convert("RGB"), tab.evaluate(READ_BOXES, PARTS))


def differing(one: Image.Image, other: Image.Image) -> float:
    """The share of pixels that look different; pictures of other sizes differ wholly."""
    if one.size != other.size:
        return 1.0
    red, green, blue = ImageChops.difference(one, other).split()
    most = ImageChops.lighter(ImageChops.lighter(red, green), blue)
    return sum(most.histogram()[VISIBLE:]) / (one.width * one.height)


def moved(one: list[list[Any]], other: list[list[Any]]) -> list[tuple[Any, Any]]:
    """The parts that stand elsewhere, have another size, or are in one of the two alone."""
    if [box[0] for box in one] != [box[0] for box in other]:
        return [([box[0] for box in one], [box[0] for box in other])]
    return [
        (before, after)
        for before, after in zip(one, other, strict=True)
        if any(abs(a - b) > LEEWAY for a, b in zip(before[1:], after[1:], strict=True))
    ]


def reduce(picture: Image.Image) -> Image.Image:
    """The picture in few colours, as references are kept."""
    return picture.quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)


def main() -> None:
    REFERENCES.mkdir(exist_ok=True)
    boxes: dict[str, Any] = {}
    with open_browser() as browser:
        for shot in SHOTS:
            with show_gallery(browser, shot) as tab:
                seen = look(tab)
            reduce(seen.picture).save(shot.file, optimize=True)
            boxes[shot.name] = seen.boxes
        found = {"chromium": browser.version, "boxes": boxes}
    BOXES.write_text(json.dumps(found, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
