"""`turnout badge print`, `turnout attendee list` and `turnout ticket print`."""

import io
import stat
from pathlib import Path

import openpyxl
import pypdfium2
import pytest

from tests.cli.test_tickets import Office
from tests.formats.pdf.reading import read_text
from turnout.catalogue.translations import label
from turnout.core.ids import TicketTypeId
from turnout.core.people.model import Contact
from turnout.core.registrations.joining import register_directly


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """Ann has a ticket of the hall, Bob one of the gallery."""
    office = Office(tmp_path)
    said = office.run.ok("ticket", "create-type", "acme", office.event, "Gallery")
    gallery = TicketTypeId(int(said.split()[2]))
    with office.run.database() as db:
        bob = Contact(email="bob@example.com", first_name="Bob", last_name="王")
        db.call(register_directly, office.org_id, office.event, gallery, bob)
    return office


def read(file: Path) -> str:
    pdf = file.read_bytes()
    return "".join("".join(read_text(pdf, page)) for page in range(len(pypdfium2.PdfDocument(pdf))))


def test_badges_are_printed(office: Office, tmp_path: Path) -> None:
    file = tmp_path / "badges.pdf"
    said = office.run.ok("badge", "print", "acme", office.event, file, "--format", "a6")
    assert said == f"{file} has 2 badges on 2 pages.\n"
    assert "Bob王" in read(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    office.run.ok("badge", "print", "acme", office.event, file, "--ticket-type", office.hall)
    assert "Bob" not in read(file)
    one = office.run.ok("badge", "print", "acme", office.event, file, "--ticket-type", office.hall)
    assert one == f"{file} has 1 badge on 1 page.\n"
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_file_that_cannot_be_written_is_named_as_it_was_given(office: Office) -> None:
    said = office.run("badge", "print", "acme", office.event, "/nowhere/badges.pdf")
    assert said.error == (
        "error: No such file or directory: /nowhere/badges.pdf. "
        "Check the name, and the folder in which you are.\n"
    )


def test_names_are_listed(office: Office, tmp_path: Path) -> None:
    lines = office.run.ok("attendee", "list", "acme", office.event).splitlines()
    headings = ("LAST NAME", "FIRST NAME", "COMPANY", "TICKET", "CODE", "CHECKED IN")
    assert lines[0].split() == " ".join(headings).split()
    assert [line.split()[:2] for line in lines[1:]] == [["Ann", "Hall"], ["王", "Bob"]]
    pdf, book = tmp_path / "names.pdf", tmp_path / "names.xlsx"
    assert office.run.ok("attendee", "list", "acme", office.event, pdf).endswith("2 tickets.\n")
    assert "王BobGallery" in read(pdf)
    office.run.ok("attendee", "list", "acme", office.event, book, "--unchecked")
    rows = list(openpyxl.load_workbook(io.BytesIO(book.read_bytes())).active.values)
    assert [row[1] for row in rows] == ["First name", "Ann", "Bob"]


def test_tickets_are_printed(office: Office, tmp_path: Path) -> None:
    file = tmp_path / "tickets.pdf"
    said = office.run.ok("ticket", "print", "acme", office.event, file, "--per-sheet", "2")
    assert said == f"{file} has 2 tickets.\n"
    assert len(pypdfium2.PdfDocument(file.read_bytes())) == 1
    codes = office.tickets().values()
    assert all(code in read(file) for code in codes)
    assert "Bob王" in read(file)
    code = office.tickets()["bob@example.com"]
    office.run.ok(
        *("ticket", "print", "acme", office.event, file, "--code", code, "--without-names")
    )
    assert code in read(file)
    assert "Bob" not in read(file)


def test_tickets_are_printed_in_a_language(office: Office, tmp_path: Path) -> None:
    file = tmp_path / "tickets.pdf"
    printing = ("ticket", "print", "acme", office.event, file)
    for options, lang in (((), "en"), (("--language", "de"), "de")):
        office.run.ok(*printing, *options)
        assert label(lang, "paper.show_code").replace(" ", "")[:15] in read(file)
    office.run.ok("org", "set", "acme", "--language", "es")
    office.run.ok(*printing)
    assert label("es", "paper.show_code").replace(" ", "")[:15] in read(file)
    refused = office.run(*printing, "--language", "xx")
    assert "'xx' is not a language of Turnout. It has these: de, en, es." in refused.error


def test_what_cannot_be_printed_is_said(office: Office, tmp_path: Path) -> None:
    file = tmp_path / "badges.pdf"
    for arguments, error in [
        (("badge", "print", "acme", office.event, file, "--checked"), "No ticket fits"),
        (("badge", "print", "acme", office.event, file, "--code", "NONE"), "No ticket fits"),
        (("badge", "print", "acme", 999, file), "999"),
        (("badge", "print", "acme", office.event, file, "--checked", "--unchecked"), "either"),
        (("attendee", "list", "acme", office.event, tmp_path / "a.doc"), ".pdf or .xlsx"),
        (("badge", "print", "acme", office.event, tmp_path / "no" / "b.pdf"), "No such file"),
    ]:
        result = office.run(*arguments)
        assert result.code != 0
        assert error in result.error
    assert not file.exists()
