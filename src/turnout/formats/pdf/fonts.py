"""Which font draws a character, and the fonts' files.

The base has DejaVu Sans (Latin, Greek, Cyrillic, Hebrew, Armenian, Georgian and more), Noto Sans
for Arabic, Devanagari and Thai, Noto Emoji in one colour, and Droid Sans Fallback for Chinese,
Japanese and Korean. The extra `turnout[fonts]` adds Noto Sans for fourteen further scripts. A
character that no font has is drawn as a box and logged once, by its number: it may be of a name.

A font of two weights is two files, or one that varies; one with a single weight is thickened.
"""

import unicodedata
from functools import cache, cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import uharfbuzz as hb

from turnout.formats.pdf.bidi import MARKS
from turnout.log import log

FONTS = Path(__file__).parent.with_name("fonts")
BOLD_WEIGHT = 700.0
_LOGGED_LIMIT = 1000
_JOINERS = frozenset((0x200C, 0x200D))
_MARKS = frozenset(map(ord, MARKS))
# Every layout table is used up by shaping; a paper needs outlines and their widths only.
_DROPPED_TABLES = (
    *("GSUB", "GPOS", "GDEF", "BASE", "STAT", "MATH", "DSIG", "kern", "name", "post", "OS/2"),
    *("cmap", "meta", "FFTM", "gasp", "LTSH", "VDMX", "hdmx"),
)


class FontFile(NamedTuple):
    """A font on disk. `blocks` are the code points that it draws before any other font."""

    name: str
    path: Path
    bold_path: Path | None = None
    blocks: tuple[tuple[int, int], ...] = ()


class Face:
    """An open font of one weight; shared by all threads, and never changed."""

    def __init__(self, file: FontFile, *, is_bold: bool) -> None:
        path = file.bold_path if is_bold and file.bold_path else file.path
        self.face = hb.Face(hb.Blob.from_file_path(str(path)))
        self.font = hb.Font(self.face)
        self.units = int(self.face.upem)
        self.axes = {"wght": BOLD_WEIGHT} if is_bold and self.face.has_var_data else {}
        if self.axes:
            self.font.set_variations(self.axes)
        # Only the weight is missing: the printer draws an outline around each letter.
        self.is_thickened = is_bold and not file.bold_path and not self.axes
        self.name = f"Turnout{file.name}{'-Bold' if is_bold else ''}"

    @cached_property
    def code_points(self) -> frozenset[int]:
        """All that the font has a glyph for."""
        return frozenset(self.face.unicodes)

    @cached_property
    def characters(self) -> dict[int, str]:
        """The character of each glyph that stands for one."""
        found: dict[int, str] = {}
        for code_point in sorted(self.code_points):
            found.setdefault(int(self.font.get_nominal_glyph(code_point)), chr(code_point))
        return found

    def advance(self, glyph: int) -> float:
        """A glyph's width in thousandths of the font's size."""
        return float(self.font.get_glyph_h_advance(glyph)) * 1000 / self.units

    def subset(self, glyphs: set[int]) -> bytes:
        """A TrueType file with these glyphs alone, under their own numbers."""
        chosen = hb.SubsetInput()
        chosen.glyph_set.set(glyphs)
        flags = hb.SubsetFlags
        chosen.flags = (
            flags.RETAIN_GIDS | flags.NOTDEF_OUTLINE | flags.NO_LAYOUT_CLOSURE | flags.NO_HINTING
        )
        chosen.drop_table_tag_set.update(
            int.from_bytes(table.encode(), "big") for table in _DROPPED_TABLES
        )
        if self.face.has_var_data:
            chosen.pin_all_axes_to_default(self.face)
            for tag, value in self.axes.items():
                chosen.pin_axis_location(self.face, tag, value)
        return bytes(chosen.subset(self.face).blob.data)


@cache
def open_face(file: FontFile, *, is_bold: bool) -> Face:
    """The font, opened once."""
    return Face(file, is_bold=is_bold)


@cache
def list_fonts() -> tuple[FontFile, ...]:
    """All fonts that this installation has, the first choice first."""
    files = [*_bundled(), *_packaged(), *_extra()]
    return (*(file for file in files if file.path.exists()), _emoji(), _wide())


def find_font(cluster: str, before: FontFile | None = None) -> FontFile | None:
    """The font for a character with its marks; None = no font has the character.

    A space or punctuation mark stays in the font `before` it if that has it.
    """
    first = ord(cluster[0])
    needed = {ord(character) for character in cluster if not is_ignorable(ord(character))} or {
        first
    }
    if before not in (None, _emoji()) and _is_shared(cluster[0]) and _has(before, needed):
        return before
    candidates = _candidates(first, is_emoji="\ufe0f" in cluster)
    for file in candidates:
        if _has(file, needed):
            return file
    return next((file for file in candidates if _has(file, {first})), None)


def is_ignorable(code_point: int) -> bool:
    """Whether a character asks for something and is not seen itself: joiners, variation selectors,
    tags."""
    return (
        code_point in _JOINERS
        or code_point in _MARKS
        or 0xFE00 <= code_point <= 0xFE0F
        or 0xE0000 <= code_point <= 0xE01EF
        or code_point in (0xAD, 0x2060, 0xFEFF, 0x200B)
    )


def note_missing(code_point: int) -> None:
    """Log, once a process, that no font has a character."""
    if code_point not in _noted and len(_noted) < _LOGGED_LIMIT:
        _noted.add(code_point)
        log.warning(
            "letter without a font",
            code_point=f"U+{code_point:04X}",
            script=unicodedata.name(chr(code_point), "unnamed").split(" ")[0],
        )


_noted: set[int] = set()


def _is_shared(character: str) -> bool:
    return unicodedata.category(character)[0] in "ZP"


def _has(file: FontFile, code_points: set[int]) -> bool:
    return code_points <= open_face(file, is_bold=False).code_points


@cache
def _candidates(code_point: int, *, is_emoji: bool) -> tuple[FontFile, ...]:
    files = list_fonts()
    chosen = [file for file in files if _prefers(file, code_point)]
    if is_emoji:
        chosen.insert(0, _emoji())
    return (*chosen, *(file for file in files if file not in chosen))


def _prefers(file: FontFile, code_point: int) -> bool:
    return any(start <= code_point <= end for start, end in file.blocks)


def _bundled() -> list[FontFile]:
    return [FontFile("DejaVu", FONTS / "DejaVuSans.ttf", FONTS / "DejaVuSans-Bold.ttf")]


@cache
def _emoji() -> FontFile:
    blocks = ((0x1F000, 0x1FAFF),)
    return FontFile("NotoEmoji", FONTS / "NotoEmoji-Regular.ttf", blocks=blocks)


@cache
def _wide() -> FontFile:
    blocks = ((0x2E80, 0xA4CF), (0xAC00, 0xD7FF), (0xF900, 0xFAFF), (0xFF00, 0xFFEF))
    return FontFile("Droid", FONTS / "DroidSansFallback.ttf", blocks=blocks)


_PACKAGES: tuple[tuple[str, tuple[tuple[int, int], ...]], ...] = (
    ("Arabic", ((0x0600, 0x077F), (0x08A0, 0x08FF), (0xFB50, 0xFDFF), (0xFE70, 0xFEFC))),
    ("Devanagari", ((0x0900, 0x097F), (0xA8E0, 0xA8FF))),
    ("Thai", ((0x0E00, 0x0E7F),)),
)


def _packaged() -> list[FontFile]:
    files = []
    for script, blocks in _PACKAGES:
        folder = _folder_of(f"fontpkg_noto_sans_{script.lower()}")
        path = folder / "files" / f"NotoSans{script}[wdth,wght].ttf"
        files.append(FontFile(f"NotoSans{script}", path, blocks=blocks))
    return files


# The extra, in the order in which people are most likely to need it.
_EXTRA = (
    *("Bengali", "Telugu", "Tamil", "Gujarati", "Kannada", "Oriya", "Malayalam", "Gurmukhi"),
    *("Sinhala", "Myanmar", "Khmer", "Ethiopic", "Lao", "Symbols"),
)


def _extra() -> list[FontFile]:
    folder = _folder_of("manimgx_fonts")
    return [
        FontFile(f"NotoSans{script}", folder / f"NotoSans{script}[wght].ttf") for script in _EXTRA
    ]


def _folder_of(module: str) -> Path:
    spec = find_spec(module)
    return Path(spec.origin).parent if spec and spec.origin else Path("/nonexistent")
