"""`turnout venue`, `assessment`, `learner` and `exam`."""

from pathlib import Path

import pytest

from tests.cli.runner import Turnout
from tests.core.exams.college import guid
from tests.formats.pdf.reading import read_text
from tests.support.node import new_database
from turnout.core.exams.lists import list_values
from turnout.core.exams.model import ExamRequest, ValueKind
from turnout.core.exams.seating import NewSitting, book_seat
from turnout.core.identity.organizations import create_organization
from turnout.store import system_clock

DAY_MS = 86_400_000


class Office:
    """A command line whose organization has nothing yet; files are written beside it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.run = Turnout(new_database("sqlite", folder))
        with self.run.database() as db:
            self.org_id = db.call(
                create_organization, "acme", "Acme", timezone="Europe/Berlin", actor="test"
            ).org_id

    def load(self, noun: str, *lines: str) -> str:
        result = self.run(noun, "import", "acme", self.write(*lines))
        assert result.code == 0, result.error
        assert "Importing rows.csv" in result.error
        return result.output

    def write(self, *lines: str) -> Path:
        file = self.folder / "rows.csv"
        file.write_text("\n".join(lines) + "\n")
        return file

    def table(self, *arguments: str) -> list[list[str]]:
        return [line.split() for line in self.run.ok(*arguments).splitlines()[1:]]


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def test_venues_forms_and_learners_are_imported_and_changed(office: Office) -> None:
    for _ in range(2):
        said = office.load(
            "venue",
            "Name,Time Zone,Room,Seats,Identifier",
            f"Hall,America/Vancouver,North,12,{guid(1)}",
            f"Hall,,South,8,{guid(1).upper()}",
            "Annex,,,,",
        )
        assert said == "3 rows were imported.\n"
    hall, annex = office.table("venue", "list", "acme")
    assert hall[:2] == [guid(1), "America/Vancouver"]
    assert (hall[2], hall[4], hall[5], hall[7], hall[8]) == ("North", "12,", "South", "8", "Hall")
    assert annex[1:] == ["Europe/Berlin", "Annex"]

    office.load("assessment", "Code,Name,Version,TimeLimit,Published", "W1,Welder,2,90,no")
    office.load("assessment", "Code,Name,Title", "W1,Welder,Welder Level 1")
    assert office.table("assessment", "list", "acme") == [
        ["W1", "1", "published", "180", "min", "en", "Welder", "Level", "1"],
        ["W1", "2", "not", "published", "90", "min", "en", "Welder"],
    ]

    office.load("learner", "Code,FirstName,LastName,Email", "L1,Ada,Lovelace,ada@example.com")
    office.load("learner", "Code,FirstName,LastName", "l1,Augusta,King")
    (row,) = office.table("learner", "list", "acme")
    assert (row[0], row[2:]) == ("l1", ["ada@example.com", "Augusta", "King"])


def test_rows_that_cannot_be_taken_are_named_and_the_others_are(office: Office) -> None:
    file = office.write(
        "Code,FirstName,LastName,Email,Identifier",
        "L1,Ada,Lovelace,,",
        ",Bob,Hope,,",
        "L3,Cid,Campeador,nobody,",
        "L4,Dora,Maar,,nonsense",
    )
    result = office.run("learner", "import", "acme", file)
    assert result.code == 1
    for words in (
        "line 3: Give the learner a code and a name.",
        "line 4, column Email: 'nobody' is not an e-mail address.",
        "line 5, column Identifier: Identifier must be a GUID, not 'nonsense'.",
        "3 rows of",
        "were refused, as named above; 1 was imported.",
    ):
        assert words in " ".join(result.error.split())
    assert len(office.table("learner", "list", "acme")) == 1


def test_a_preview_of_learners_writes_nothing_and_says_what_would_be_refused(
    office: Office,
) -> None:
    file = office.write("Matrikelnummer;Name;Vorname;E-Mail", "L1;Lovelace;Ada;", "L2;;;nobody")
    shown = office.run("learner", "import", "acme", file, "--preview")
    assert shown.code == 1
    rows = [" ".join(line.split()) for line in shown.output.splitlines()]
    assert rows[3:6] == ["Matrikelnummer Code", "Name Last name", "Vorname First name"]
    assert rows[-1] == "1 row can be imported. Nothing was written."
    assert "line 3: Give the learner a code and a name." in shown.error
    assert office.run.ok("learner", "list", "acme").startswith("There are no learners.")


@pytest.mark.parametrize(
    ("heading", "words"),
    [
        ("Code,FirstName,LastName,Shoe size", "has the unknown columns Shoe size"),
        ("Code,Email", "lacks the columns First name or Last name; it has Code, Email."),
        ("", "lacks the columns Code, First name or Last name; it has a, b, c, d."),
    ],
)
def test_a_file_with_other_columns_is_refused(office: Office, heading: str, words: str) -> None:
    result = office.run("learner", "import", "acme", office.write(heading, "a,b,c,d"))
    assert result.code == 1
    assert words in " ".join(result.error.split())


def test_an_exam_is_made_published_and_given_a_room(office: Office) -> None:
    office.load("venue", "Name,Room,Seats,Identifier", f"Hall,North,12,{guid(1)}")
    said = office.run.ok("exam", "values", "acme", "billing-code", "--add", "Trades (2hr)")
    assert said == "Trades (2hr)\n"
    said = office.run.ok(
        *("exam", "create", "acme", "Spring", "--venue", guid(1), "--kind", "class"),
        *("--starts", "2099-03-01T09:00", "--billing-code", "trades (2HR)", "--limit", "20"),
    )
    event = said.split()[1].rstrip(",")
    room = office.table("venue", "list", "acme")[0][3].strip("():")
    said = office.run.ok("exam", "set", "acme", event, "--room", room, "--state", "open")
    assert said == f"Exam {event} (Spring) is open and on the calendar.\n"
    said = office.run.ok("exam", "set", "acme", event, "--hide", "--no-room")
    assert said == f"Exam {event} (Spring) is open and not on the calendar.\n"
    (row,) = office.table("exam", "list", "acme")
    assert (row[:3], row[-1]) == ([event, "1", "open"], "Spring")
    assert office.run("exam", "set", "acme", event).code == 1


def test_choices_are_said_and_kept(office: Office) -> None:
    said = office.run.ok("exam", "choose", "acme")
    assert said == "Paper: Letter. Overlapping exams are noted.\n"
    for options in (["--paper", "A4", "--overlaps", "refuse"], []):
        said = office.run.ok("exam", "choose", "acme", *options)
        assert said == "Paper: A4. Overlapping exams are refused.\n"


def test_the_history_of_a_registration(office: Office) -> None:
    office.load("venue", "Name,Identifier", f"Hall,{guid(1)}")
    office.load("assessment", "Code,Name", "W1,Welder")
    office.load("learner", "Code,FirstName,LastName,Identifier", f"L1,Ada,Lovelace,{guid(2)}")
    office.run.ok("exam", "values", "acme", "billing-code", "--add", "T")
    starts_at = system_clock() + DAY_MS
    wanted = ExamRequest(guid(1), starts_at, "Class", "Online", "T")
    with office.run.database() as db:
        new = NewSitting(guid(3), wanted, guid(2), "W1")
        db.call(book_seat, office.org_id, new, actor="someone")
        assert db.call(list_values, office.org_id, ValueKind.BILLING_CODE) == ["T"]
    said = office.run.ok("exam", "history", "acme", guid(3).upper())
    assert "Registered for the exam" in said
    assert "RegistrationRequested" not in said
    assert "someone" in said
    said = office.run.ok("exam", "history", "acme", guid(4))
    assert said == "Nothing is known of this registration.\n"


@pytest.fixture
def exam(office: Office) -> str:
    """The number of an exam's event with one candidate, Ada; Bob is a learner, too."""
    office.load("venue", "Name,Room,Seats,Identifier", f"Hall,North,5,{guid(1)}")
    office.load("assessment", "Code,Name", "W1,Welder")
    office.load(
        "learner",
        "Code,FirstName,LastName,Email,Identifier",
        f"L1,Ada,Lovelace,ada@example.com,{guid(2)}",
        f"L2,Bob,王,,{guid(4)}",
    )
    office.run.ok("exam", "values", "acme", "billing-code", "--add", "T")
    wanted = ExamRequest(guid(1), system_clock() + DAY_MS, "Class", "Online", "T")
    with office.run.database() as db:
        new = NewSitting(guid(3), wanted, guid(2), "W1")
        db.call(book_seat, office.org_id, new, actor="someone")
    return office.table("exam", "list", "acme")[0][0]


def test_the_day_of_an_exam(office: Office, exam: str, tmp_path: Path) -> None:
    room = office.table("venue", "list", "acme")[0][3].strip("():")
    office.run.ok("exam", "set", "acme", exam, "--room", room)
    said = office.run.ok("exam", "walk-in", "acme", exam, "l2", "W1", "--extra-minutes", "20")
    bob = said.split()[-1]
    assert office.run.ok("exam", "seat", "acme", bob, "5").endswith("has seat 5.\n")
    office.run.ok("exam", "attend", "acme", "absent", guid(3))
    office.run.ok("exam", "grade", "acme", bob, "82 %")
    ada, king = office.table("exam", "candidates", "acme", exam)
    assert ada == ["1", "L1", "Ada", "Lovelace", "Absent", "180", "min", guid(3)]
    assert king[:9] == ["5", "L2", "Bob", "王", "Present", "82", "%", "200", "min"]
    assert office.run.ok("exam", "restore", "acme", bob).endswith("is not cancelled.\n")
    (number,) = {
        row[0] for row in office.table("registration", "list", "acme", exam) if "Bob" in row
    }
    office.run.ok("registration", "cancel", "acme", number, "--yes")
    assert office.run.ok("exam", "restore", "acme", bob).endswith("is confirmed again.\n")
    office.run.ok("exam", "seat", "acme", bob, "5")
    office.run.ok("exam", "attend", "acme", "present", bob)
    pdf, book = tmp_path / "list.pdf", tmp_path / "list.xlsx"
    assert office.run.ok("exam", "candidates", "acme", exam, pdf).endswith("2 candidates.\n")
    assert "Signature" in "".join(read_text(pdf.read_bytes()))
    office.run.ok("exam", "candidates", "acme", exam, book)
    assert book.read_bytes().startswith(b"PK")
    text = tmp_path / "notice.txt"
    text.write_text("Dear %%name%%")
    said = office.run.ok("exam", "notify", "acme", exam, "Soon", text, "--dry-run")
    assert said == "1 candidate would get the notice.\n1 has no address.\n"
    said = office.run.ok("exam", "notify", "acme", exam, "Soon", text)
    assert said == "1 candidate gets the notice.\n1 has no address.\n"


def test_results_are_imported(office: Office, exam: str) -> None:
    lines = ["Code,Attendance,Grade", "L1,present,A"]
    done = office.run("exam", "import-results", "acme", office.write(*lines), "--event", exam)
    assert (done.code, done.output) == (0, "1 row was imported.\n")
    assert office.table("exam", "candidates", "acme", exam)[0][3:5] == ["Present", "A"]
    lines = ["Registration,Attendance", f"{guid(3).upper()},ABSENT"]
    assert office.run("exam", "import-results", "acme", office.write(*lines)).code == 0
    assert office.table("exam", "candidates", "acme", exam)[0][3:5] == ["Absent", "A"]


def test_results_that_cannot_be_taken_are_named(office: Office, exam: str) -> None:
    lines = ["Code,Attendance,Grade", "L9,Present,", "L1,here,", ",Present,", "L1,Withdrawn,"]
    result = office.run("exam", "import-results", "acme", office.write(*lines), "--event", exam)
    assert result.code == 1
    for words in (
        f"line 2, column Code: Learner L9 has no registration in the exam of event {exam}.",
        "line 3, column Attendance: 'here' is not an attendance: write Present, Absent or Pending.",
        "line 4: The row names no candidate",
        "line 5: Withdrawn is what cancelling leaves",
    ):
        assert words in " ".join(result.error.split())
    said = office.run("exam", "rest-absent", "acme", exam)
    assert "has not begun" in said.error


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--billing-code", "nope", "'nope' is not a billing code of the organization."),
        ("--venue", guid(7), f"There is no venue {guid(7)}."),
        ("--starts", "2001-03-01T09:00", "The exam must start in the future."),
    ],
)
def test_a_wrong_option_is_answered_in_plain_words(
    office: Office, option: str, value: str, said: str
) -> None:
    office.load("venue", "Name,Room,Seats,Identifier", f"Hall,North,12,{guid(1)}")
    office.run.ok("exam", "values", "acme", "billing-code", "--add", "Trades (2hr)")
    given = {"--venue": guid(1), "--starts": "2099-03-01T09:00", "--billing-code": "Trades (2hr)"}
    options = [part for pair in (given | {option: value}).items() for part in pair]
    result = office.run("exam", "create", "acme", "Spring", *options)
    assert (result.code, result.output) == (1, "")
    assert said in " ".join(result.error.split())


@pytest.mark.parametrize("noun", ["exam", "event"])
def test_an_exam_is_cancelled_with_its_candidates(office: Office, exam: str, noun: str) -> None:
    office.run.ok(noun, "set", "acme", exam, "--state", "cancelled")
    hint, _, *listed = office.run.ok("registration", "list", "acme", exam).splitlines()
    assert hint == f"Event {exam} is cancelled: no ticket of it is let in."
    assert [line.split()[1] for line in listed] == ["cancelled"]
    told = office.run.ok("registration", "show", "acme", listed[0].split()[0])
    assert "Registration for the exam was cancelled: The exam is cancelled." in told
