"""Documents become pages of a fax, or are refused by name."""

import io
import itertools
import os
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pypdf
import pypdfium2
import pytest
from PIL import Image, ImageDraw

from tests.support.failures import refuses
from turnout.errors import Invalid
from turnout.formats import fax, office
from turnout.formats.fax import Document, make_fax
from turnout.formats.fax_pages import RefusedError, set_text
from turnout.formats.pdf.paper import Paper
from turnout.formats.pdf.text import _break_word, shape

FINE_A4 = (1728, 2292)


def draw(form: str, size: tuple[int, int] = (864, 1168), mode: str = "L", **options) -> bytes:
    """A white page with a black square at its top left."""
    picture = Image.new(mode, size, "white")
    ImageDraw.Draw(picture).rectangle((0, 0, size[0] // 4, size[1] // 4), "black")
    out = io.BytesIO()
    picture.save(out, form, **options)
    return out.getvalue()


def make(*documents: tuple[str, bytes], is_fine: bool = True, header: str = "") -> fax.Fax:
    return make_fax([Document(*document) for document in documents], is_fine=is_fine, header=header)


def pages(made: fax.Fax) -> list[Image.Image]:
    found = []
    with Image.open(io.BytesIO(made.content), formats=["TIFF"]) as tiff:
        for number in range(tiff.n_frames):  # type: ignore[attr-defined]
            tiff.seek(number)
            assert tiff.info["compression"] == "group4"
            found.append(tiff.copy())
            found[-1].info |= tiff.info
    assert len(found) == made.pages
    return found


def black(page: Image.Image) -> float:
    """Which part of a page is black."""
    return page.convert("L").histogram()[0] / (page.width * page.height)


def to_pdf(*sizes: tuple[float, float]) -> bytes:
    document = pypdfium2.PdfDocument.new()
    for width, height in sizes:
        document.new_page(width, height)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "TIFF"])
def test_a_picture_is_a_page(form: str) -> None:
    made = make((f"a.{form}", draw(form)))
    [page] = pages(made)
    assert (page.size, page.mode) == ((1728, 2244), "1")
    assert page.info["dpi"] == (204, 196)
    assert black(page) == pytest.approx(1 / 16, abs=0.003)
    assert page.getpixel((10, 10)) == 0
    assert page.getpixel((1700, 2200)) == 255


def test_standard_resolution_has_half_the_lines() -> None:
    [page] = pages(make(("a.png", draw("PNG")), is_fine=False))
    assert (page.size, page.info["dpi"]) == ((1728, 1122), (204, 98))


def test_what_is_a_fax_already_stays_as_it_is() -> None:
    [first] = pages(make(("a.png", draw("PNG"))))
    out = io.BytesIO()
    first.save(out, "TIFF", compression="group4", dpi=(204, 196))
    [again] = pages(make(("b.tif", out.getvalue())))
    assert again.tobytes() == first.tobytes()


def test_the_pages_of_all_documents_follow_each_other() -> None:
    out = io.BytesIO()
    frames = [Image.new("L", (864, 1168), shade) for shade in (255, 0)]
    frames[0].save(out, "TIFF", save_all=True, append_images=frames[1:])
    made = make(("a.tif", out.getvalue()), ("b.pdf", to_pdf((595, 842), (842, 595))))
    assert [round(black(page)) for page in pages(made)] == [0, 1, 0, 0]


def test_landscape_is_turned() -> None:
    [page] = pages(make(("a.png", draw("PNG", (1168, 864)))))
    assert page.size == (1728, 2244)
    # The corner that was at the top left is at the bottom left.
    assert [page.getpixel(at) for at in ((10, 10), (10, 2200))] == [255, 0]
    [page] = pages(make(("a.pdf", to_pdf((842, 595)))))
    assert page.size == FINE_A4


def test_what_can_be_seen_through_is_white() -> None:
    picture = Image.new("RGBA", (864, 1168), (0, 0, 0, 0))
    out = io.BytesIO()
    picture.save(out, "PNG")
    [page] = pages(make(("a.png", out.getvalue())))
    assert black(page) == 0


@pytest.mark.parametrize(("shade", "expected"), [(100, 0.6), (60, 1), (220, 0)])
def test_greys_are_dithered_and_the_rest_is_not(shade: int, expected: float) -> None:
    out = io.BytesIO()
    Image.new("L", (864, 1168), shade).save(out, "PNG")
    [page] = pages(make(("a.png", out.getvalue())))
    assert black(page) == pytest.approx(expected, abs=0.02)


def test_a_header_stands_above_each_page() -> None:
    plain = pages(make(("a.pdf", to_pdf((595, 842), (595, 842)))))
    with_header = pages(make(("a.pdf", to_pdf((595, 842), (595, 842))), header="ACME Ltd"))
    for before, after in zip(plain, with_header, strict=True):
        assert after.height == before.height + 40
        assert black(after.crop((0, 0, 1728, 40))) > 0.005
        assert after.crop((0, 40, *after.size)).tobytes() == before.tobytes()
    first, second = (page.crop((1500, 0, 1728, 40)).tobytes() for page in with_header)
    assert first != second


def test_a_text_is_set_on_sheets() -> None:
    text = "Grüße\n\tİstanbul Ωμέγα\n" * 60
    made = make(("a.txt", text.encode()))
    assert made.pages == 3
    assert all(0.001 < black(page) < 0.2 for page in pages(made))
    assert make(("a.txt", "Gr\xfc\xdfe".encode("cp1252"))).pages == 1


def test_a_preview_is_a_pdf_of_the_same_pages() -> None:
    documents = [Document("a.pdf", to_pdf((595, 842), (595, 842)))]
    shown = make_fax(documents, is_fine=False, form="pdf")
    assert len(pypdf.PdfReader(io.BytesIO(shown.content)).pages) == shown.pages == 2
    [width, height] = pypdf.PdfReader(io.BytesIO(shown.content)).pages[0].mediabox[2:]
    assert float(height) / float(width) == pytest.approx(842 / 595, abs=0.05)


def encrypted() -> bytes:
    writer = pypdf.PdfWriter(io.BytesIO(to_pdf((595, 842))))
    writer.encrypt("secret")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def page_of(media: str, drawn: bytes = b"", filters: str = "", picture: str = "") -> bytes:
    """A PDF of one page, written by hand."""
    parts = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        f"<</Type/Page/Parent 2 0 R/MediaBox[{media}]/Contents 4 0 R"
        "/Resources<</XObject<</I 5 0 R>>>>>>".encode(),
        f"<</Length {len(drawn)} {filters}>>stream\n".encode() + drawn + b"\nendstream",
        f"<</Type/XObject/Subtype/Image/BitsPerComponent 8/ColorSpace/DeviceGray {picture}"
        "/Length 9>>stream\n123456789\nendstream".encode(),
    ]
    out, places = b"%PDF-1.7\n", list[int]()
    for number, part in enumerate(parts, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"trailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % len(out)
    return out + b"xref\n0 6\n0000000000 65535 f \n" + table + end


TWICE = "/Filter[/FlateDecode/FlateDecode]"


def squeezed(piece: bytes, count: int) -> bytes:
    """So many pieces, compressed twice."""
    packing = zlib.compressobj(9)
    packed = b"".join(packing.compress(piece) for _ in range(count)) + packing.flush()
    return zlib.compress(packed, 9)


def test_a_page_that_is_written_by_hand_is_drawn() -> None:
    drawn = squeezed(b"0 0 300 842 re f ", 1)
    [page] = pages(make(("a.pdf", page_of("0 0 595 842", drawn, TWICE))))
    assert black(page) == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("text", ["x" * 2_000, "Ab,i" * 500, "W" * 999 + " " + "i" * 999])
def test_a_word_is_broken_where_its_line_is_full(text: str) -> None:
    width = 40_000.0
    lines = _break_word(text, width, is_bold=False)
    assert "".join(lines) == text
    for line, after in itertools.pairwise(lines):
        assert shape(line, is_bold=False).width <= width
        assert shape(line + after[0], is_bold=False).width > width


def png_of(width: int, height: int) -> bytes:
    """A picture that is nothing but its size."""
    out = io.BytesIO()
    Image.new("1", (width, height)).save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "code", "facts"),
    [
        ("a.pdf", encrypted, "fax.encrypted", {}),
        ("a.pdf", lambda: set_text("x")[:-200], "fax.broken", {}),
        ("a.pdf", lambda: b"%PDF-1.7\nrubbish\n%%EOF\n", "fax.broken", {}),
        ("a.pdf", lambda: to_pdf(*[(10, 10)] * 201), "fax.pages", {"limit": 200}),
        ("a.pdf", lambda: page_of("0 0 0 0"), "fax.broken", {}),
        ("a.pdf", lambda: page_of("0 0 1e38 1"), "fax.broken", {}),
        ("a.pdf", lambda: page_of("0 0 14400000 14400000"), "fax.broken", {}),
        (
            "a.pdf",
            lambda: page_of("0 0 595 842", b"/I Do", "", "/Width 60000/Height 60000"),
            "fax.pixels",
            {"limit": 50},
        ),
        (
            "a.pdf",
            lambda: page_of("0 0 595 842", squeezed(b" " * 1_000_000, 210), TWICE),
            "fax.broken",
            {},
        ),
        ("a.txt", lambda: b"x" + b"\n" * 50_000, "fax.pages", {"limit": 200}),
        ("a.txt", lambda: b"x" * 5_000_000, "fax.pages", {"limit": 200}),
        ("a.png", lambda: draw("PNG")[:-30], "fax.broken", {}),
        ("a.jpg", lambda: draw("JPEG", (2000, 2000))[:-900], "fax.broken", {}),
        ("a.tif", lambda: b"II*\0" + b"\xff" * 100, "fax.broken", {}),
        ("a.png", lambda: png_of(10_000, 10_000), "fax.pixels", {"limit": 50}),
        ("a.pdf", lambda: b"", "fax.empty", {}),
        ("a.txt", lambda: b" \n ", "fax.empty", {}),
        ("a.txt", lambda: b"x" * 1_000_000, "fax.pages", {"limit": 200}),
        ("a.txt", lambda: b"a\0b", "fax.form", {}),
        ("a.txt", lambda: bytes(range(1, 128)) * 9, "fax.form", {}),
        ("a.txt", lambda: ("\x01\x02" * 9).encode("utf-16"), "fax.form", {}),
        ("a.doc", lambda: b"\x01\x02garbage" * 99, "fax.form", {}),
        ("a.pdf", lambda: b"hello", "fax.form", {}),
        ("a.exe", lambda: b"MZ", "fax.form", {}),
        ("a.zip", lambda: b"PK\x03\x04", "fax.form", {}),
        ("a.pdf", lambda: b"x" * (20 * 1024 * 1024 + 1), "fax.large", {"limit": 20}),
    ],
)
def test_what_cannot_be_faxed_is_refused_by_name(
    name: str, content: Callable[[], bytes], code: str, facts: dict[str, object]
) -> None:
    with refuses(Invalid, code, name=name, **facts):
        make(("good.png", draw("PNG")), (name, content()))


def test_files_of_offices_need_libreoffice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with refuses(Invalid, "fax.office", name="a.docx"):
        make(("a.docx", b"PK\x03\x04"))


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(28, b"\0") + b"\xfe\xff"


def to_old(stream: str) -> bytes:
    """As much of a file of the old kinds as is looked at before LibreOffice is asked."""
    return OLE.ljust(1024, b"\0") + stream.encode("utf-16-le").ljust(512, b"\0")


def to_zip(size: int, main: str = "[Content_Types].xml") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(main, "<x/>")
        archive.writestr("word/document.xml", bytes(size))
    return out.getvalue()


def put_program(folder: Path, script: str) -> None:
    program = folder / "soffice"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


def test_libreoffice_is_asked_for_a_pdf(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "made.pdf").write_bytes(to_pdf((595, 842)))
    script = f'for last; do :; done; cp {tmp_path}/made.pdf "${{last%.*}}.pdf"'
    put_program(tmp_path, script)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert make(("a.docx", to_zip(100))).pages == 1
    for stream in ("WordDocument", "Workbook", "Book", "PowerPoint Document"):
        assert make(("a.doc", to_old(stream))).pages == 1


@pytest.mark.parametrize(
    "content",
    [OLE[:8] + b"garbage" * 999, OLE, to_old("Nothing"), to_zip(9, "a.txt"), b"PK\x03\x04" * 99],
)
def test_garbage_that_begins_like_a_file_of_an_office_is_not_printed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes
) -> None:
    put_program(tmp_path, "touch asked")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with refuses(Invalid, "fax.broken", name="a.doc"):
        make(("a.doc", content))


def test_a_text_of_too_many_pages_is_not_set_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Paper, "measure", lambda *_: pytest.fail("it is set"))
    with pytest.raises(RefusedError, match="pages"):
        set_text("x" * 1_000_000)


@pytest.mark.parametrize("script", ["exit 1", "exit 0", "sleep 60 & sleep 60"])
def test_what_libreoffice_cannot_read_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, script: str
) -> None:
    put_program(tmp_path, script)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(office, "WALL_S", 1)
    with refuses(Invalid, "fax.broken", name="a.docx"):
        make(("a.docx", to_zip(100)))


def test_an_archive_that_unpacks_to_too_much_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    put_program(tmp_path, "exit 0")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with refuses(Invalid, "fax.broken", name="a.docx"):
        make(("a.docx", to_zip(200_000_001)))
