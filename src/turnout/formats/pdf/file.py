"""The file: objects one after another, each page written as soon as it is full.

A document of ten thousand pages needs the memory of one page, of the offsets of its objects, and of
the glyphs that it used. Fonts are written last, when it is known which glyphs they need; pages call
glyphs by codes that are given out as they come. The same calls give the
same bytes: the file says nothing about when it was made.
"""

import zlib
from array import array
from typing import BinaryIO

from turnout.formats.pdf.fonts import Face

_CATALOG, _PAGES, _RESOURCES, _INFO = 1, 2, 3, 4
_MAPPED_AT_ONCE = 100
_NOTHING = "\u200b"


class UsedFont:
    """A font of a document, and the codes under which pages call its glyphs.

    A code is a glyph and what it says there: the bow of an Arabic letter says another letter with
    each set of dots, so it has a code for each. Thus a text can be found and copied.
    """

    def __init__(self, number: int, face: Face) -> None:
        self.number = number
        self.face = face
        self.name = f"F{number}"
        self.codes: dict[tuple[int, str], int] = {(0, ""): 0}

    def code(self, glyph: int, text: str) -> int:
        """The code of a glyph that says `text`."""
        return self.codes.setdefault((glyph, text), len(self.codes))


class PdfFile:
    """Writes pages to `out`; sides are in points."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._offsets = array("Q", bytes(8 * 5))
        self._pages = array("L")
        self._fonts: dict[str, UsedFont] = {}
        self._written = 0
        self._write(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")

    @property
    def page_count(self) -> int:
        """Pages written so far."""
        return len(self._pages)

    def use_font(self, face: Face) -> "UsedFont":
        """A font of the document."""
        if face.name not in self._fonts:
            self._fonts[face.name] = UsedFont(self._reserve(), face)
        return self._fonts[face.name]

    def add_page(self, content: bytes, width: float, height: float) -> None:
        """Write a page."""
        stream = self._add_stream(content)
        page = self._reserve()
        self._pages.append(page)
        box = f"[0 0 {number_of(width)} {number_of(height)}]"
        self._put(
            page,
            f"<</Type/Page/Parent {_PAGES} 0 R/Resources {_RESOURCES} 0 R/MediaBox{box}"
            f"/Contents {stream} 0 R>>".encode(),
        )

    def finish(self, title: str) -> None:
        """Write the fonts, the list of pages and the table of contents of the file itself."""
        for font in self._fonts.values():
            self._put_font(font)
        fonts = "".join(f"/{font.name} {font.number} 0 R" for font in self._fonts.values())
        self._put(_RESOURCES, f"<</Font<<{fonts}>>>>".encode())
        kids = " ".join(f"{page} 0 R" for page in self._pages)
        self._put(_PAGES, f"<</Type/Pages/Count {len(self._pages)}/Kids[{kids}]>>".encode())
        self._put(
            _CATALOG,
            f"<</Type/Catalog/Pages {_PAGES} 0 R"
            "/ViewerPreferences<</DisplayDocTitle true>>>>".encode(),
        )
        self._put(_INFO, f"<</Title {text_of(title)}/Creator(Turnout)/Producer(Turnout)>>".encode())
        self._put_table()

    def _put_font(self, font: "UsedFont") -> None:
        face = font.face
        data = face.subset({glyph for glyph, _ in font.codes})
        file = self._add_stream(data, f"/Length1 {len(data)}")
        extents = face.font.get_font_extents("ltr")
        scale = 1000 / face.units
        ascent, descent = round(extents.ascender * scale), round(extents.descender * scale)
        name = f"/{_tag(font)}+{face.name}"
        descriptor = self._add(
            f"<</Type/FontDescriptor/FontName{name}/Flags 4/FontBBox[-1000 {descent} 2000 {ascent}]"
            f"/ItalicAngle 0/Ascent {ascent}/Descent {descent}/CapHeight {ascent}/StemV 80"
            f"/FontFile2 {file} 0 R>>"
        )
        widths = " ".join(number_of(face.advance(glyph)) for glyph, _ in font.codes)
        glyphs = b"".join(glyph.to_bytes(2, "big") for glyph, _ in font.codes)
        numbers = self._add_stream(glyphs)
        descendant = self._add(
            f"<</Type/Font/Subtype/CIDFontType2/BaseFont{name}/CIDToGIDMap {numbers} 0 R"
            "/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>"
            f"/FontDescriptor {descriptor} 0 R/DW 0/W[0[{widths}]]>>"
        )
        mapped = self._add_stream(_to_unicode(font))
        self._put(
            font.number,
            f"<</Type/Font/Subtype/Type0/BaseFont{name}/Encoding/Identity-H"
            f"/DescendantFonts[{descendant} 0 R]/ToUnicode {mapped} 0 R>>".encode(),
        )

    def _add(self, body: str) -> int:
        number = self._reserve()
        self._put(number, body.encode())
        return number

    def _add_stream(self, data: bytes, entries: str = "") -> int:
        packed = zlib.compress(data)
        head = f"<</Length {len(packed)}/Filter/FlateDecode{entries}>>stream\n".encode()
        number = self._reserve()
        self._put(number, head + packed + b"\nendstream")
        return number

    def _reserve(self) -> int:
        self._offsets.append(0)
        return len(self._offsets) - 1

    def _put(self, number: int, body: bytes) -> None:
        self._offsets[number] = self._written
        self._write(b"%d 0 obj\n%b\nendobj\n" % (number, body))

    def _put_table(self) -> None:
        start, count = self._written, len(self._offsets)
        self._write(b"xref\n0 %d\n0000000000 65535 f \n" % count)
        for offset in self._offsets[1:]:
            self._write(b"%010d 00000 n \n" % offset)
        self._write(b"trailer\n<</Size %d/Root %d 0 R/Info %d 0 R>>\n" % (count, _CATALOG, _INFO))
        self._write(b"startxref\n%d\n%%%%EOF\n" % start)

    def _write(self, data: bytes) -> None:
        self._out.write(data)
        self._written += len(data)


def number_of(value: float) -> str:
    """A number as the format writes it: three digits after the point, as few as it needs."""
    return f"{value:.3f}".rstrip("0").rstrip(".") if value % 1 else str(int(value))


def text_of(value: str) -> str:
    """A text as the format writes it."""
    return f"<feff{value.encode('utf-16-be', 'replace').hex()}>"


def _tag(font: UsedFont) -> str:
    """Six letters that name a subset of a font."""
    value = zlib.crc32(repr(list(font.codes)).encode())
    return "".join(chr(65 + value // 26**place % 26) for place in range(6))


def _to_unicode(font: UsedFont) -> bytes:
    """What each code says; a reader would make something up for one that says nothing."""
    said = [(code, text or _NOTHING) for (_, text), code in font.codes.items()]
    lines = [
        "/CIDInit/ProcSet findresource begin 12 dict begin begincmap",
        "/CIDSystemInfo<</Registry(Adobe)/Ordering(UCS)/Supplement 0>>def",
        "/CMapName/Adobe-Identity-UCS def/CMapType 2 def",
        "1 begincodespacerange<0000><ffff>endcodespacerange",
    ]
    for start in range(0, len(said), _MAPPED_AT_ONCE):
        part = said[start : start + _MAPPED_AT_ONCE]
        pairs = "".join(f"<{code:04x}><{text.encode('utf-16-be').hex()}>" for code, text in part)
        lines.append(f"{len(part)} beginbfchar{pairs}endbfchar")
    lines.append("endcmap CMapName currentdict/CMap defineresource pop end end")
    return "\n".join(lines).encode()
