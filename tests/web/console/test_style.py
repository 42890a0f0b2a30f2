"""The style sheet: its size, classes and contrasts; and the gallery that shows its parts."""

import re
from pathlib import Path

import pytest

from tests.web.console.gallery_shots import render_gallery
from tests.web.console.handbook_shots import IMAGES, PICTURES
from tests.web.reading import Page
from turnout.web.assets import FOLDER

SHEET = (FOLDER / "turnout.css").read_text()
DOOR = (FOLDER / "door.css").read_text()
WEB = FOLDER.parent
# Of pages that are not built yet. Take a name off this list when a page uses it; never add one.
AWAITED = {
    *("affix", "art", "bar-bottom", "both", "bubble", "card-head", "cards", "checklist", "clash"),
    *("compose", "doings", "event-body", "event-head", "facts", "found", "front", "gate", "grip"),
    *("lately", "links", "meter", "open", "panel", "pass", "phone", "plan", "price", "public"),
    *("qr", "room", "rule-row", "seat", "seats", "speakers", "steps", "talk", "titles", "up"),
    *("welcome", "whenwhere", "free", "legend", "extra", "door-page", "form", "page", "prose"),
    *("wrap", "event", "body", "half", "day", "share"),
}
SIZE, DOOR_SIZE = 46 * 1024, 9 * 1024


def layers() -> dict[str, str]:
    """The sheet's layers by name, without comments."""
    plain = re.sub(r"/\*.*?\*/", "", SHEET + DOOR, flags=re.DOTALL)
    parts = re.split(r"^@layer (\w+) \{$", plain, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def classes_of(text: str) -> set[str]:
    """Class names in selectors: a dot and a letter, outside of declarations."""
    selectors = re.sub(r":\s[^;{}]*;", ";", text)
    return set(re.findall(r"\.([a-z][a-z0-9-]*)", selectors))


def words_of_pages() -> set[str]:
    """Every word that could be a class, of the console's templates and handlers."""
    folders = (WEB / "templates/console", WEB / "templates/components", WEB / "console")
    files = [path for folder in folders for path in folder.rglob("*.*") if path.suffix != ".pyc"]
    text = " ".join(path.read_text() for path in files)
    return set(re.findall(r"[a-z][a-z0-9-]*", text + (FOLDER / "app.js").read_text()))


def test_the_sheet_is_small_and_in_layers() -> None:
    assert len(SHEET.encode()) <= SIZE
    assert len(DOOR.encode()) <= DOOR_SIZE
    names = "reset, tokens, base, components, public, console, door, media"
    assert f"@layer {names};" in SHEET
    assert set(names.split(", ")) == set(layers())
    assert "url(#hatch)" in SHEET
    assert re.findall(r"url\((?!#)|@import", SHEET + DOOR) == []


def test_no_class_of_the_console_is_unused() -> None:
    known = layers()
    defined = classes_of(known["components"]) | classes_of(known["console"])
    assert defined - words_of_pages() - AWAITED == set()


def test_every_class_that_pages_use_is_defined() -> None:
    defined = classes_of(SHEET)
    used = set()
    for path in (
        *(WEB / "templates/console").rglob("*.html"),
        *(WEB / "templates/components").rglob("*.html"),
    ):
        for value in re.findall(r'class="([^"{}]*)"', path.read_text()):
            used |= set(value.split())
    # `count` has its look from what it stands in, `route` is the navigation's list.
    assert used - defined - {"count"} == set()


def colours() -> dict[str, tuple[str, str]]:
    """Each colour of the tokens in light and dark."""
    tokens = layers()["tokens"]
    pairs = re.findall(r"--([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)", tokens)
    single = re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", tokens)
    return {n: (a, b) for n, a, b in pairs} | {n: (a, a) for n, a in single}


def contrast(one: str, other: str) -> float:
    light, dark = sorted(map(luminance, (one, other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


TEXT = [
    *((ink, paper) for ink in ("ink", "soft", "accent") for paper in ("paper", "card", "sunken")),
    *((state, f"{state}-wash") for state in ("go", "wait", "stop", "info")),
    *((state, paper) for state in ("go", "wait", "stop", "info") for paper in ("paper", "card")),
    *(("ink", f"{state}-wash") for state in ("go", "wait", "stop", "info", "accent")),
    *(("soft", "accent-wash"), ("accent", "accent-wash"), ("on-fill", "fill")),
    *(("on-fill", "fill-hover"), ("on-enamel", "enamel"), ("on-enamel-soft", "enamel")),
    *(("on-enamel", "enamel-deep"), ("on-lamp", "lamp")),
]
SHAPES = [
    *(("edge", paper) for paper in ("paper", "card", "sunken")),
    *(("focus", paper) for paper in ("paper", "card", "sunken")),
    *(("line", "paper"), ("line", "card"), ("lamp", "enamel"), ("fill", "paper")),
]


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("pairs", "least"), [(TEXT, 4.5), (SHAPES, 3.0)], ids=["text", "shapes"])
def test_contrasts(pairs: list[tuple[str, str]], least: float, scheme: int) -> None:
    known = colours()
    found = {pair: contrast(known[pair[0]][scheme], known[pair[1]][scheme]) for pair in pairs}
    assert {pair: ratio for pair, ratio in found.items() if ratio < least} == {}


def test_verdicts_can_be_read_in_the_sun() -> None:
    """The ink on each answer of the door has a contrast of 6.5 at least."""
    parts = re.findall(r"&\.(\w+) \{ --bg: (#[0-9a-f]{6});(?: --fg: (#[0-9a-f]{6});)? \}", DOOR)
    found = {look: contrast(ground, ink or "#ffffff") for look, ground, ink in parts}
    assert set(found) == {"admitted", "again", "elsewhere", "cancelled", "unpaid", "unknown"}
    assert {look: ratio for look, ratio in found.items() if ratio < 6.5} == {}


def test_the_handbook_shows_what_its_script_pictures() -> None:
    page = (WEB.parents[2] / "docs/organizers.md").read_text()
    assert sorted(re.findall(r"\(images/(console-\w+)\.webp\)", page)) == sorted(PICTURES)
    for name in PICTURES:
        assert (IMAGES / f"{name}.webp").stat().st_size < 40_000


def test_the_gallery_has_every_part() -> None:
    page = render_gallery()
    macros = set()
    for path in Path(WEB / "templates/components").glob("*.html"):
        macros |= set(re.findall(r"{% macro ([a-z]\w*)\(", path.read_text()))
    shown = (WEB / "templates/console/gallery.html").read_text()
    # Drawn by the others, or by pages that have questions.
    inner = {"error", "icon", "mark", "track", "token", "question"}
    assert sorted(name for name in macros - inner if f"{name}(" not in shown) == []
    ids = Page(page.encode()).ids
    assert len(ids) == len(set(ids))
