"""QR codes say what was put in: read back by another library. The browser test reads the SVG."""

import io

import pytest
import zxingcpp
from defusedxml.ElementTree import fromstring  # type: ignore[import-untyped]
from PIL import Image

from turnout.formats.qr import QUIET_MODULES, qr_png, qr_rows, qr_svg, qr_svg_file

TEXT = "TK1:1000001:ABCDEFGHJK:42:WXYZ:" + "A2" * 50


@pytest.mark.parametrize("is_quick", [False, True])
def test_the_picture_says_what_was_put_in(is_quick: bool):
    picture = Image.open(io.BytesIO(qr_png(TEXT, is_quick=is_quick))).convert("L")
    assert [barcode.text for barcode in zxingcpp.read_barcodes(picture)] == [TEXT]


def test_every_form_is_of_the_same_size_with_its_quiet_zone():
    side = len(qr_rows(TEXT)) + 2 * QUIET_MODULES
    assert {len(row) + 2 * QUIET_MODULES for row in qr_rows(TEXT)} == {side}
    assert Image.open(io.BytesIO(qr_png(TEXT))).size == (8 * side, 8 * side)
    assert fromstring(qr_svg(TEXT)).attrib["viewBox"] == f"0 0 {side} {side}"
    assert fromstring(qr_svg_file(TEXT)).attrib["width"] == str(8 * side)


def test_capitals_and_digits_make_a_small_code():
    # Version 6, 41 modules: read from a phone's screen at arm's length.
    assert len(qr_rows(TEXT)) == 41
