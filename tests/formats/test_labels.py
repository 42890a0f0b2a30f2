"""Labels are one picture in black and white, in the printers' languages."""

import re

import pytest

from turnout.formats.labels import RECEIPT_WIDTH, WIDTH, Label, PrinterLanguage, draw_label

LABEL = Label("Rail Forum", "Zoë 山田", ("", "Nordbahn"), "Speaker", "TK1:1:ABC:1:XYZ")


def test_a_label_printer_gets_a_graphic_of_its_width() -> None:
    text = draw_label(LABEL, PrinterLanguage.ZPL).decode()
    found = re.fullmatch(
        r"\^XA\^PW(\d+)\^LL\d+\^FO0,0\^GFA,(\d+),\2,(\d+),([0-9A-F]+)\^FS\^XZ\n", text
    )
    assert found is not None
    width, total, row, dots = found.groups()
    assert (int(width), int(row)) == (WIDTH, WIDTH // 8)
    assert len(dots) == 2 * int(total)
    assert 0.02 < bytes.fromhex(dots).count(0xFF) / int(total) < 0.3


def test_a_receipt_printer_gets_a_raster_and_cuts() -> None:
    data = draw_label(LABEL, PrinterLanguage.ESCPOS)
    assert data.startswith(b"\x1b@\x1dv0\x00")
    row, height = (int.from_bytes(data[at : at + 2], "little") for at in (6, 8))
    assert row == RECEIPT_WIDTH // 8
    assert data[10 + row * height :] == b"\x1bd\x04\x1dV\x01"


@pytest.mark.parametrize("name", ["x" * 200, "<b>&", "", "جون"])
def test_any_name_fits(name: str) -> None:
    assert draw_label(LABEL._replace(name=name), PrinterLanguage.ZPL)
