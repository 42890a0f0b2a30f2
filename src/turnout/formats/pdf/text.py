"""Text to glyphs: clusters, runs of one font and direction, shaping, lines.

Positions are in thousandths of the font's size, so a shaped text serves every size.
"""

import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

import uharfbuzz as hb

from turnout.formats.pdf import bidi
from turnout.formats.pdf.fonts import (
    Face,
    FontFile,
    find_font,
    is_ignorable,
    note_missing,
    open_face,
)

_CACHED = 1024
ELLIPSIS = "…"
# More letters than a line has room for, whatever its font.
_LINE_LIMIT = 600
# Lines end anywhere between these; but no line begins with what `_NEVER_FIRST` has (kinsoku).
_WIDE = ((0x2E80, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF))
_NEVER_FIRST = frozenset(
    ",.!?:;)]}\u00bb\u2019\u201d"
    # Full stops, commas, closing brackets and their full-width forms.
    "\u3001\u3002\u3009\u300b\u300d\u300f\u3011\u3015\u30fb"
    "\uff01\uff09\uff0c\uff0e\uff1a\uff1b\uff1f\uff3d\uff5d"
    # Marks of repetition and length, and small kana.
    "゛゜ヽヾゝゞ々ーぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ"
)


class Glyph(NamedTuple):
    """One glyph: what it says, its own `width`, how far it `advances`, and where it is moved."""

    number: int
    text: str
    width: float
    advance: float
    x: float
    y: float


class Run(NamedTuple):
    """Glyphs of one face from left to right. `face` None = boxes for letters that no font has."""

    face: Face | None
    glyphs: tuple[Glyph, ...]

    @property
    def width(self) -> float:
        """In thousandths of the font's size."""
        return sum(glyph.advance for glyph in self.glyphs)


class Line(NamedTuple):
    """Runs from left to right."""

    runs: tuple[Run, ...]
    is_right_to_left: bool

    @property
    def width(self) -> float:
        """In thousandths of the font's size."""
        return sum(run.width for run in self.runs)


BOX_WIDTH = 600


def clean(text: str) -> str:
    """What can be printed of a text: composed, on one line, without control characters."""
    kept = (" " if c.isspace() else c for c in unicodedata.normalize("NFC", text) if _is_printed(c))
    return "".join(kept)


def shape(text: str, *, is_bold: bool) -> Line:
    """A text as one line."""
    text = clean(text)
    return _shape_line(text, is_bold=is_bold, is_reversed=bidi.is_right_to_left(text))


@lru_cache(_CACHED)
def _shape_line(text: str, *, is_bold: bool, is_reversed: bool) -> Line:
    runs = list(_split(text, int(is_reversed)))
    places = bidi.order([level for _, _, level in runs])
    shaped = [_shape_run(*runs[place], is_bold=is_bold) for place in places]
    return Line(tuple(shaped), is_reversed)


def wrap(
    text: str,
    width: float,
    *,
    is_bold: bool,
    limit: int | None = None,
    keeps_words: bool = False,
) -> list[Line]:
    """A text as lines of at most `width`, thousandths of the font's size; its own line ends are
    kept. At most `limit` lines, the last one cut with an ellipsis. `keeps_words` ends lines at
    spaces only, in scripts that write words without them too: a name is not parted."""
    if limit is not None:
        text = text[: limit * _LINE_LIMIT]
    lines = [
        (line, bidi.is_right_to_left(paragraph))
        for paragraph in map(clean, text.splitlines())
        for line in _break(paragraph.strip(), width, is_bold, keeps_words)
    ]
    if limit is not None and len(lines) > limit:
        rest = " ".join(line for line, _ in lines[limit - 1 :])
        lines[limit - 1 :] = [(cut(rest, width, is_bold=is_bold), lines[limit - 1][1])]
    return [
        _shape_line(line, is_bold=is_bold, is_reversed=is_reversed) for line, is_reversed in lines
    ]


def cut(text: str, width: float, *, is_bold: bool) -> str:
    """As much of a text as fits, with an ellipsis if that is not all."""
    text = clean(text).strip()
    if shape(text, is_bold=is_bold).width <= width:
        return text
    clusters = split_clusters(text)
    low, high = 0, len(clusters)
    while low < high:
        middle = (low + high + 1) // 2
        shorter = "".join(clusters[:middle]).rstrip() + ELLIPSIS
        if shape(shorter, is_bold=is_bold).width <= width:
            low = middle
        else:
            high = middle - 1
    return "".join(clusters[:low]).rstrip() + ELLIPSIS


def split_clusters(text: str) -> list[str]:
    """What a reader takes for one character: a letter with its marks, a joined emoji, a flag."""
    clusters: list[str] = []
    for character in text:
        if clusters and _continues(clusters[-1], character):
            clusters[-1] += character
        else:
            clusters.append(character)
    return clusters


def _is_printed(character: str) -> bool:
    if character in bidi.CONTROLS:
        return False
    return character.isspace() or unicodedata.category(character) not in ("Cc", "Cs", "Cn")


def _continues(cluster: str, character: str) -> bool:
    code_point, last = ord(character), ord(cluster[-1])
    if unicodedata.category(character) in ("Mn", "Mc", "Me") or is_ignorable(code_point):
        return True
    if 0x1F3FB <= code_point <= 0x1F3FF:  # skin tones
        return 0x2600 <= ord(cluster[0]) <= 0x1FAFF
    if 0x1F1E6 <= code_point <= 0x1F1FF:  # flags are pairs
        return 0x1F1E6 <= last <= 0x1F1FF and len(cluster) == 1
    # A joiner holds emoji together, and the letters of a conjunct.
    return last == 0x200D


def _split(text: str, base: int) -> Iterator[tuple[str, FontFile | None, int]]:
    """Runs in logical order: text, font, level."""
    levels = bidi.find_levels(text, base)
    index, run = 0, ""
    font: FontFile | None = None
    level = base
    for cluster in split_clusters(text):
        found = _font_of(cluster, font)
        if run and (found, levels[index]) != (font, level):
            yield run, font, level
            run = ""
        font, level = found, levels[index]
        run += cluster
        index += len(cluster)
    if run:
        yield run, font, level


def _font_of(cluster: str, before: FontFile | None) -> FontFile | None:
    font = find_font(cluster, before)
    if font is None:
        note_missing(ord(cluster[0]))
    return font


def _shape_run(text: str, font: FontFile | None, level: int, *, is_bold: bool) -> Run:
    if font is None:
        return Run(None, tuple(map(_box, split_clusters(text))))
    face = open_face(font, is_bold=is_bold)
    buffer = hb.Buffer()
    buffer.cluster_level = hb.BufferClusterLevel.MONOTONE_CHARACTERS
    buffer.add_str(text)
    buffer.guess_segment_properties()
    buffer.direction = "rtl" if level % 2 else "ltr"
    hb.shape(face.font, buffer)
    return Run(face, tuple(_glyphs(text, face, buffer)))


def _box(cluster: str) -> Glyph:
    return Glyph(0, cluster, BOX_WIDTH, BOX_WIDTH, 0, 0)


def _glyphs(text: str, face: Face, buffer: hb.Buffer) -> Iterator[Glyph]:
    """What HarfBuzz shaped, from left to right."""
    scale = 1000 / face.units
    starts = sorted({info.cluster for info in buffer.glyph_infos})
    ends = dict(zip(starts, [*starts[1:], len(text)], strict=True))
    shaped = zip(buffer.glyph_infos, buffer.glyph_positions, strict=True)
    for start, group in groupby(shaped, lambda pair: pair[0].cluster):
        pairs = list(group)
        texts = _share(text[start : ends[start]], face, [info.codepoint for info, _ in pairs])
        for (info, position), said in zip(pairs, texts, strict=True):
            yield Glyph(
                info.codepoint,
                said,
                face.advance(info.codepoint),
                position.x_advance * scale,
                position.x_offset * scale,
                position.y_offset * scale,
            )


def _share(text: str, face: Face, glyphs: list[int]) -> list[str]:
    """What each of the glyphs that say a text together says: its own character each if they have
    one, else the widest says all."""
    own = [face.characters.get(glyph, "") for glyph in glyphs]
    if sorted(own) == sorted(text):
        return own
    speaker = max(range(len(glyphs)), key=lambda index: face.advance(glyphs[index]))
    return [text if index == speaker else "" for index in range(len(glyphs))]


def _break(text: str, width: float, is_bold: bool, keeps_words: bool) -> Iterator[str]:
    line = ""
    for piece in split_pieces(text, keeps_words=keeps_words):
        if shape((line + piece).rstrip(), is_bold=is_bold).width <= width:
            line += piece
            continue
        if line.strip():
            yield line.strip()
        *full, line = _break_word(piece.lstrip(), width, is_bold=is_bold)
        yield from full
    yield line.strip()


def _break_word(word: str, width: float, *, is_bold: bool) -> list[str]:
    """A word on as many lines as it needs."""
    if shape(word.rstrip(), is_bold=is_bold).width <= width:
        return [word]
    clusters = split_clusters(word)
    lines, start, count = list[str](), 0, 1

    def fits(count: int) -> bool:
        line = "".join(clusters[start : start + count])
        return shape(line, is_bold=is_bold).width <= width

    while start < len(clusters):
        # Lines of one word have about as many: each is tried with those of the one before.
        count = min(count, len(clusters) - start)
        if fits(count):
            step = 1
            while start + count < len(clusters) and fits(count + step):
                count, step = min(count + step, len(clusters) - start), step * 2
            while step > 1:
                step //= 2
                if fits(count + step):
                    count += step
            count = min(count, len(clusters) - start)
        else:
            while count > 1 and not fits(count):
                count -= 1
        lines.append("".join(clusters[start : start + count]))
        start += count
    return lines


def split_pieces(text: str, *, keeps_words: bool = False) -> Iterator[str]:
    """The parts between which a line may end: words with the spaces after them, and characters of
    scripts that have no spaces."""
    piece = ""
    for cluster in split_clusters(text):
        if piece and _may_break(piece[-1], cluster[0], keeps_words):
            yield piece
            piece = ""
        piece += cluster
    if piece:
        yield piece


def _may_break(before: str, after: str, keeps_words: bool) -> bool:
    if after.isspace() or after in _NEVER_FIRST:
        return False
    is_wide = not keeps_words and (_is_wide(ord(before)) or _is_wide(ord(after)))
    return before == " " or is_wide or (before == "-" and after.isalpha())


def _is_wide(code_point: int) -> bool:
    return any(start <= code_point <= end for start, end in _WIDE)
