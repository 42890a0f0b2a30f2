"""`turnout registration import` and `export`: people in and out of files."""

import csv
import io
from pathlib import Path

import openpyxl
import pytest

from tests.cli.runner import on_new_database
from tests.core.importing.variants import PRETIX
from tests.support.builder import make_organization
from turnout.core.events.model import span
from turnout.core.events.programme import create_event, create_session, create_ticket_type
from turnout.store import Tx

FILE = (
    "Vorname;Nachname;E-Mail;Ticketart;Session;Ernährung\r\n"
    "Zoë;Müller;zoe@example.com;VIP;;vegan\r\n"
    "Ada;Lovelace;ada@example.com;;Talk;=1+1\r\n"
)


class Office:
    """Two events with a VIP ticket and a session each, in two organizations."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.run = on_new_database(folder)
        with self.run.database() as db:
            self.event, self.other = (db.call(make_event, slug) for slug in ("acme", "other"))

    def write(self, name: str, content: bytes) -> Path:
        file = self.folder / name
        file.write_bytes(content)
        return file

    def export(self, org: str, event: int, name: str = "out.csv") -> list[dict[str, str]]:
        file = self.folder / name
        self.run.ok("registration", "export", org, event, file)
        rows = csv.DictReader(io.StringIO(file.read_bytes().decode("utf-8-sig"), newline=""))
        return list(rows)


def make_event(tx: Tx, slug: str) -> int:
    org_id = make_organization(tx, slug)
    when = span("2099-06-01T18:00", "2099-06-01T23:00", "Europe/Berlin")
    event = create_event(tx, org_id, "Fair", when, actor="test")
    create_session(tx, org_id, event.id, "Talk", when, actor="test")
    create_ticket_type(tx, org_id, event.id, "VIP", actor="test")
    return event.id


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def shown(rows: list[dict[str, str]]) -> list[tuple[str, ...]]:
    names = ("First name", "Last name", "Email", "Ticket type", "Source", "Ernährung")
    return [tuple(row[name] for name in names) for row in rows]


def test_people_are_imported_and_exported_and_imported_elsewhere(office: Office) -> None:
    file = office.write("people.csv", FILE.encode("cp1252"))
    done = office.run("registration", "import", "acme", office.event, file)
    assert (done.code, done.output) == (0, "2 rows were imported.\n")
    rows = office.export("acme", office.event)
    expected = [
        ("Zoë", "Müller", "zoe@example.com", "VIP", "import", "vegan"),
        ("Ada", "Lovelace", "ada@example.com", "General admission", "import", "'=1+1"),
    ]
    assert shown(rows) == expected
    assert [row["State"] for row in rows] == ["confirmed"] * 2
    booked = office.run.ok("registration", "sessions", "acme", office.event).splitlines()[1].split()
    assert booked[2] == "1"
    assert (office.folder / "out.csv").stat().st_mode & 0o777 == 0o600

    again = office.run("registration", "import", "acme", office.event, file)
    assert again.code == 0
    assert shown(office.export("acme", office.event)) == expected

    moved = office.run("registration", "import", "other", office.other, office.folder / "out.csv")
    assert (moved.code, moved.output) == (0, "2 rows were imported.\n")
    assert shown(office.export("other", office.other, "other.csv")) == expected


COLUMNS = (
    *("First name", "Last name", "Email", "Company", "Job title", "Phone", "Address"),
    *("Post code", "City", "Province", "Country", "Ticket type", "Session", "Diet"),
)


def test_an_export_is_imported_without_loss(office: Office) -> None:
    full = ("Ann", "Lee", "ann@example.com", "ACME", "Boss", "+49 30 1234567", "Weg 1")
    rest = ("10115", "Berlin", "BE", "DE", "General admission; VIP", "Talk; Walk", "vegan; no nuts")
    plain = ("Bob", "", "bob@example.com", *[""] * 8, "VIP", "", "")
    for org, event in (("acme", office.event), ("other", office.other)):
        times = ("--starts", "2099-06-01T19:00", "--ends", "2099-06-01T20:00")
        office.run.ok("event", "add-session", org, event, "Walk", *times)
    text = "\n".join(",".join(row) for row in (COLUMNS, (*full, *rest), plain))
    file = office.write("people.csv", text.encode())
    assert office.run("registration", "import", "acme", office.event, file).code == 0
    rows = [tuple(row[name] for name in COLUMNS) for row in office.export("acme", office.event)]
    assert rows == [(*full, *rest), plain]
    assert len(office.export("acme", office.event)[0]["Ticket code"].split("; ")) == 2
    for name in ("out.csv", "out.xlsx"):
        office.run.ok("registration", "export", "acme", office.event, office.folder / name)
        moved = office.run("registration", "import", "other", office.other, office.folder / name)
        assert (moved.code, moved.output) == (0, "2 rows were imported.\n")
        there = office.export("other", office.other, "there.csv")
        assert [tuple(row[name] for name in COLUMNS) for row in there] == rows


def test_a_workbook_goes_out_and_comes_in(office: Office) -> None:
    csv_file = office.write("people.csv", FILE.encode())
    office.run("registration", "import", "acme", office.event, csv_file)
    book = office.folder / "out.xlsx"
    said = office.run.ok("registration", "export", "acme", office.event, book)
    assert said == "out.xlsx has 2 registrations.\n"
    (heading, *rows) = openpyxl.load_workbook(book).active.iter_rows(values_only=True)
    assert heading[:5] == ("Registration", "State", "First name", "Last name", "Email")
    assert [row[2:5] for row in rows] == [
        ("Zoë", "Müller", "zoe@example.com"),
        ("Ada", "Lovelace", "ada@example.com"),
    ]
    assert [row[-1] for row in rows] == ["vegan", "=1+1"]
    moved = office.run("registration", "import", "other", office.other, book)
    assert (moved.code, moved.output) == (0, "2 rows were imported.\n")
    assert [row["Ernährung"] for row in office.export("other", office.other)] == ["vegan", "'=1+1"]


def test_a_preview_registers_nobody_and_says_what_each_column_becomes(office: Office) -> None:
    file = office.write("people.csv", FILE.encode("utf-16") + "x;;;Press;;".encode("utf-16-le"))
    result = office.run("registration", "import", "acme", office.event, file, "--preview")
    lines = [" ".join(line.split()) for line in result.output.splitlines()]
    assert lines[0] == "people.csv: CSV, semicolons, UTF-16."
    assert "Ticketart Ticket type" in lines
    assert "Ernährung custom field 'Ernährung'" in lines
    assert lines[-1] == "2 rows can be imported. Nothing was written."
    assert (result.code, office.export("acme", office.event)) == (1, [])


def test_a_preview_tells_questions_from_other_columns(office: Office) -> None:
    office.run.ok("question", "add", "acme", office.event, "Diet")
    file = office.write("people.csv", b"Email,diet,Dyet\nann@example.com,vegan,no\n")
    said = office.run.ok("registration", "import", "acme", office.event, file, "--preview")
    lines = [" ".join(line.split()) for line in said.splitlines()]
    assert "diet question 'Diet'" in lines
    assert "Dyet an answer to 'Dyet', which the event does not ask" in lines


def test_rows_that_cannot_be_registered_are_named_with_what_to_do(office: Office) -> None:
    lines = (
        "Name,Email,Ticket type,Session,Country",
        "Ann,ann@,,,",
        "Bob,bob@example.com,Press,,",
        "Cid,cid@example.com,,Lunch,",
        "Dora,dora@example.com,,,Atlantis",
        "Eve Adams,eve@example.com,vip,,Allemagne",
    )
    file = office.write("people.csv", "\n".join(lines).encode())
    result = office.run("registration", "import", "acme", office.event, file)
    assert result.code == 1
    assert [line for line in result.error.splitlines() if line.startswith("line")] == [
        "line 2, column Email: 'ann@' is not an e-mail address: write one such as "
        "jane@example.com.",
        "line 3, column Ticket type: The event has no ticket type 'Press'; its types are General "
        "admission, VIP. Correct the name, or give all the same with --ticket-type.",
        "line 4, column Session: The event has no session 'Lunch'; its sessions are Talk.",
        "line 5, column Country: 'Atlantis' is not a country: write its two letters, such as DE.",
    ]
    (row,) = office.export("acme", office.event)
    assert (row["First name"], row["Last name"], row["Ticket type"]) == ("Eve", "Adams", "VIP")


def test_somebody_who_stands_in_a_file_twice_is_taken_once(office: Office) -> None:
    file = office.write(
        "twice.csv",
        b"Email,First name,Ticket type\r\nann@example.com,Ann,\r\nAnn@Example.com,Anna,\r\n"
        b"ann@example.com,Ann,VIP\r\n",
    )
    for preview in ((), ("--preview",)):
        result = office.run("registration", "import", "acme", office.event, file, *preview)
        said = "line 3, column Email: 'Ann@Example.com' stands in line 2 already: write it once."
        assert (result.code, result.error.splitlines()[0]) == (1, said)
    assert [row["First name"] for row in office.export("acme", office.event)] == ["Ann"]


def test_the_export_of_another_program_is_taken_with_one_ticket_type(office: Office) -> None:
    file = office.write("pretix.csv", PRETIX.encode())
    types = office.run.ok("ticket", "types", "acme", office.event).splitlines()
    vip = types[-1].split()[0]
    command = ("registration", "import", "acme", office.event, file, "--ticket-type", vip)
    result = office.run(*command)
    assert (result.code, result.output) == (0, "2 rows were imported.\n")
    assert "1 row is cancelled in the file: left out." in result.error
    rows = office.export("acme", office.event)
    assert [(row["Email"], row["Ticket type"], row["Diet"]) for row in rows] == [
        ("ada@example.com", "VIP", "vegan"),
        ("zoe@example.org", "VIP", ""),
    ]


def test_mails_are_queued_on_request_alone(office: Office) -> None:
    def queued() -> int:
        with office.run.database() as db:
            return int(db.call(count_mails))

    file = office.write("people.csv", b"Email\nann@example.com\n")
    office.run("registration", "import", "acme", office.event, file)
    assert queued() == 0
    file = office.write("people.csv", b"Email\nann@example.com\nbob@example.com\n")
    office.run("registration", "import", "acme", office.event, file, "--mail")
    assert queued() == 1


def count_mails(tx: Tx) -> int:
    [(count,)] = tx.connection.execute("SELECT count(*) FROM ticket_mails").fetchall()
    return int(count)


def test_a_file_of_another_kind_is_not_written(office: Office) -> None:
    result = office.run("registration", "export", "acme", office.event, office.folder / "x.txt")
    assert (result.code, result.error) == (1, "error: x.txt must end in .csv or .xlsx.\n")
    assert not (office.folder / "x.txt").exists()
