"""Workbooks read: values of every type, and archives that would be too much."""

import datetime
import io
import tracemalloc
import zipfile
from typing import Any

import openpyxl
import pytest

from turnout.errors import Invalid
from turnout.formats import workbook_reading
from turnout.formats.tables import Row, read_table
from turnout.formats.workbook import write_workbook

SHEET = "xl/worksheets/sheet1.xml"
MOMENT = datetime.datetime.fromisoformat("2027-03-01T09:30")


def rows_of(content: bytes) -> list[Row]:
    with read_table(io.BytesIO(content), "book.xlsx") as table:
        return list(table.rows)


def cells_of(content: bytes) -> list[list[str]]:
    return [row.cells for row in rows_of(content)]


def book_of(*rows: list[Any]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    return saved(book)


def shared_book(*items: str) -> bytes:
    """A workbook as the common program writes it: texts stand in a part of their own."""
    cells = "".join(f'<c t="s"><v>{number}</v></c>' for number in range(len(items)))
    content = changed(book_of(["x"]), SHEET, '<c r="A1" t="inlineStr"><is><t>x</t></is></c>', cells)
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"
    relation = f'<Relationship Id="rId9" Type="{kind}" Target="/xl/sharedStrings.xml"/>'
    rels = "xl/_rels/workbook.xml.rels"
    content = changed(content, rels, "</Relationships>", f"{relation}</Relationships>")
    file = io.BytesIO(content)
    with zipfile.ZipFile(file, "a") as archive:
        parts = "".join(f"<si>{item}</si>" for item in items)
        archive.writestr("xl/sharedStrings.xml", f'<sst xmlns="urn:x">{parts}</sst>')
    return file.getvalue()


def saved(book: Any) -> bytes:
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def changed(content: bytes, path: str, old: str, new: str) -> bytes:
    """The archive with a text of one part replaced."""
    before, after = zipfile.ZipFile(io.BytesIO(content)), io.BytesIO()
    with zipfile.ZipFile(after, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in before.namelist():
            text = before.read(name)
            if name == path:
                assert old.encode() in text
                text = text.replace(old.encode(), new.encode())
            archive.writestr(name, text)
    return after.getvalue()


def test_values_of_every_type_are_text() -> None:
    row = ["text", 7, 0.1, 1e20, True, False, MOMENT, MOMENT.date(), MOMENT.time(), None, " x "]
    assert cells_of(book_of(row)) == [
        ["text", "7", "0.1", "1e+20", "true", "false", "2027-03-01 09:30:00", "2027-03-01",
         "09:30:00", "", "x"]
    ]  # fmt: skip


def test_dates_of_the_other_epoch_and_of_own_formats_are_dates() -> None:
    book = openpyxl.Workbook()
    book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    book.active.append([MOMENT, 3])
    book.active["A1"].number_format = '[$-407]dddd", "d. mmmm yyyy'
    book.active["B1"].number_format = '0.00 "days"'
    assert cells_of(saved(book)) == [["2027-03-01 09:30:00", "3"]]


def test_formulas_have_the_value_that_was_stored() -> None:
    content = book_of(["=1+1"])
    assert [row.fault and row.fault.code for row in rows_of(content)] == ["row.formula"]
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        empty = "<v></v>" if b"<v></v>" in archive.read(SHEET) else "<v />"
    stored = changed(content, SHEET, empty, "<v>2</v>")
    assert rows_of(stored) == [Row(1, ["2"])]


def test_cells_stand_where_their_reference_says_and_rows_keep_their_numbers() -> None:
    book = openpyxl.Workbook()
    book.active["B2"] = "b"
    book.active["AA5"] = "far"
    assert rows_of(saved(book)) == [Row(2, ["", "b"]), Row(5, [""] * 26 + ["far"])]


def test_what_turnout_writes_is_read_again() -> None:
    texts = ["", "=1+1", "<&>", "a\nb\tc", "_x0041_", "é 🚊", "a_x000D_"]
    content = b"".join(write_workbook("People", ["heading"], [[text] for text in texts]))
    assert cells_of(content) == [["heading"], *([text] for text in texts if text)]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 600,
            "is an old workbook (.xls) or protected",
        ),
        (b"PK\x03\x04 and no archive", "cannot be read as a workbook"),
    ],
)
def test_what_is_no_workbook_is_refused_with_what_to_do(content: bytes, said: str) -> None:
    with pytest.raises(Invalid) as refused:
        rows_of(content)
    assert said in refused.value.message


def test_another_archive_and_one_without_a_sheet_are_refused() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
    with pytest.raises(Invalid, match="is an archive, but no workbook"):
        rows_of(file.getvalue())
    hidden = changed(book_of(["x"]), "xl/workbook.xml", 'state="visible"', 'state="hidden"')
    with pytest.raises(Invalid, match="has no sheet that is not hidden"):
        rows_of(hidden)


def test_shared_texts_are_read_in_runs_and_without_how_they_sound() -> None:
    rich = "<r><rPr><b/></rPr><t>Ada </t></r><r><t>Lovelace</t></r>"
    sounded = "<t>東京</t><rPh sb='0' eb='2'><t>トウキョウ</t></rPh>"
    content = shared_book("<t>one</t>", rich, sounded, "<t>a_x000D_b</t>", "<t/>", "<t>end</t>")
    assert cells_of(content) == [["one", "Ada Lovelace", "東京", "a\rb", "", "end"]]


def test_parts_that_are_too_large_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for limit, size in (("LARGEST_SHEET", 300), ("LARGEST_PART", 5_000)):
        content = shared_book(f"<t>{'x' * 10_000}</t>")
        monkeypatch.setattr(workbook_reading, limit, size)
        with pytest.raises(Invalid, match="is too large to be read as a workbook"):
            rows_of(content)
        monkeypatch.undo()


def test_a_sheet_of_a_gigabyte_of_blanks_costs_little() -> None:
    file = io.BytesIO()
    source = zipfile.ZipFile(io.BytesIO(book_of(["x"])))
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in source.namelist():
            if not name.endswith("sheet1.xml"):
                archive.writestr(name, source.read(name))
                continue
            with archive.open(name, "w", force_zip64=True) as part:
                part.write(b"<worksheet>")
                for _ in range(300):
                    part.write(b" " * (1 << 20))
    assert len(file.getvalue()) < 2 << 20
    with pytest.raises(Invalid, match="is too large to be read as a workbook"):
        rows_of(file.getvalue())


def test_of_a_cell_of_many_megabytes_little_is_kept() -> None:
    content = changed(book_of(["x"]), SHEET, "<t>x</t>", f"<t>{'x' * (20 << 20)}</t>")
    tracemalloc.start()
    ((cell,),) = cells_of(content)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert 32_767 <= len(cell) < 32_767 + 65_536
    assert peak < len(content) + (4 << 20)


def test_entities_and_too_many_columns_are_refused() -> None:
    laughs = '<!DOCTYPE lol [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;">]><worksheet'
    with pytest.raises(Invalid, match="it has a document type"):
        rows_of(changed(book_of(["x"]), SHEET, "<worksheet", laughs))
    with pytest.raises(Invalid, match="has more than 1000 columns"):
        rows_of(changed(book_of(["x"]), SHEET, 'r="A1"', 'r="XFD1"'))


def test_a_damaged_workbook_is_refused() -> None:
    for old, new in (("<v>0</v>", "<v>99</v>"), ("</worksheet>", "</worksh"), ("<v>0", "<v>no")):
        with pytest.raises(Invalid, match="cannot be read as a workbook"):
            rows_of(changed(shared_book("<t>x</t>"), SHEET, old, new))
