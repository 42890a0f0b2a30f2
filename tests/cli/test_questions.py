"""`turnout question`, and answers in other commands."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest

from tests.cli.runner import on_new_database
from tests.support.builder import make_organization
from turnout.core.events.model import span
from turnout.core.events.programme import create_event, create_ticket_type
from turnout.store import Tx

KINDS = ("number", "phone", "date", "yes-no", "country", "long-text")


class Desk:
    """Two organizations, each with an event."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.run = on_new_database(folder)
        with self.run.database() as db:
            self.event, self.vip = db.call(make_event, "acme")
            self.other, _ = db.call(make_event, "other")

    def question(self, verb: str, *arguments: Any, event: int = 0) -> str:
        where = ("other", event) if event else ("acme", self.event)
        return self.run.ok("question", verb, *where, *arguments)

    def add(self, *arguments: Any, event: int = 0) -> str:
        """Add a question; its number."""
        return self.question("add", *arguments, event=event).split()[1]

    def register(self, name: str, *answers: str, flags: tuple[str, ...] = ()) -> str:
        """Register somebody; the number of the registration."""
        given = [part for answer in answers for part in ("--answer", answer)]
        email = ("--email", f"{name}@example.com")
        said = self.run.ok("registration", "add", "acme", self.event, *email, *given, *flags)
        return said.split("registration ")[1].split(",")[0]

    def rows(self, *arguments: str) -> list[list[str]]:
        """The table of questions without its headings."""
        return [line.split() for line in self.question("list", *arguments).splitlines()[1:]]

    def export(self, org: str, event: int) -> list[dict[str, str]]:
        file = self.folder / f"{org}.csv"
        self.run.ok("registration", "export", org, event, file)
        text = file.read_bytes().decode("utf-8-sig")
        return list(csv.DictReader(io.StringIO(text, newline="")))


def make_event(tx: Tx, slug: str) -> tuple[int, int]:
    org_id = make_organization(tx, slug)
    when = span("2099-06-01T18:00", "2099-06-01T23:00", "Europe/Berlin")
    event = create_event(tx, org_id, "Fair", when, actor="test")
    return event.id, create_ticket_type(tx, org_id, event.id, "VIP", actor="test").id


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_questions_are_added_listed_changed_moved_and_removed(desk: Desk) -> None:
    assert desk.question("list") == "The event asks nothing. See `turnout question add`.\n"
    diet = desk.add(
        *("Diet", "--kind", "choice", "--choice", "vegan", "--choice", "fish", "--required"),
        *("--label", "What do you eat?"),
    )
    terms = desk.add(
        "Terms", "--kind", "agreement", "--text", "Be kind.", "--ticket-type", desk.vip
    )
    assert desk.rows() == [
        [diet, "Diet", "choice", "required", "all", "vegan,", "fish"],
        [terms, "Terms", "agreement", "asked", "VIP"],
    ]
    said = desk.question("set", diet, "--name", "Food", "--optional", "--choice", "any")
    assert said == f"Question {diet} is changed: Food (choice).\n"
    assert desk.question("move", terms, 1) == "1. Terms\n2. Food\n"
    assert desk.rows()[1] == [diet, "Food", "choice", "asked", "all", "any"]
    desk.register("ann", "food=ANY")
    assert desk.question("remove", terms) == f"Question {terms} is deleted.\n"
    said = desk.question("remove", diet)
    assert said == f"Question {diet} is asked no more; its answers stay.\n"
    assert desk.rows("--removed") == [[diet, "Food", "choice", "removed", "all", "any"]]
    desk.question("set", diet, "--restore", "--every-type")
    assert desk.rows() == [[diet, "Food", "choice", "asked", "all", "any"]]


def test_a_text_comes_from_a_file_or_the_line(desk: Desk) -> None:
    file = desk.folder / "terms.md"
    file.write_text("# Terms\n\nBe kind.", encoding="utf-8")
    terms = desk.add("Terms", "--kind", "agreement", "--text-file", file)
    desk.question("set", terms, "--text", "Be very kind.")
    first, *rest = desk.question("texts", terms).splitlines()
    assert first.startswith("Text 1, from 20")
    assert rest[:3] == ["# Terms", "", "Be kind."]
    assert rest[3].startswith("Text 2, from 20")
    assert rest[4:] == ["Be very kind."]
    plain = desk.add("Plain")
    assert desk.question("texts", plain) == "This question has no text to agree to.\n"
    both = desk.run(
        *("question", "set", "acme", desk.event, terms, "--text", "x", "--text-file", file)
    )
    assert (both.code, both.error) == (1, "error: Give the text, or a file with it, not both.\n")
    both = desk.run("question", "set", "acme", desk.event, terms, "--required", "--optional")
    assert both.error == "error: A question is required or optional, not both.\n"
    nothing = desk.run("question", "set", "acme", desk.event, terms)
    assert nothing.error.startswith("error: Name what is to change;")


def test_answers_are_held_against_the_questions_and_shown_in_their_order(desk: Desk) -> None:
    desk.add("Diet", "--kind", "choice", "--choice", "vegan", "--choice", "fish", "--required")
    desk.add("Terms", "--kind", "agreement", "--text", "Be kind.")
    command = ("registration", "add", "acme", desk.event, "--email", "ann@example.com")
    assert desk.run(*command).error == "error: 'Diet' must be answered.\n"
    wrong = desk.run(*command, "--answer", "diet=beef")
    assert wrong.error == "error: 'Diet' takes one of its choices: vegan, fish.\n"
    number = desk.register("ann", "terms=yes", "DIET=Fish", flags=("--new-answer", "Hobby=chess"))
    change = ("registration", "change", "acme", number)
    desk.run.ok(*change, "--answer", "diet=vegan")
    assert desk.run(*change, "--answer", "Diet=").error == "error: 'Diet' must be answered.\n"
    shown = desk.run.ok("registration", "show", "acme", number).splitlines()
    answers = [line for line in shown if line.startswith(("Diet:", "Terms:", "Hobby:"))]
    assert answers[0] == "Diet: vegan"
    assert answers[1].startswith("Terms: yes (text 1, agreed to 20")
    assert answers[2] == "Hobby: chess"
    desk.register("bob", flags=("--incomplete",))
    found = desk.run.ok(
        *("registration", "list", "acme", desk.event, "--question", "diet", "--answer", "VEGAN")
    )
    assert [line.split()[0] for line in found.splitlines()[1:]] == [number]


def test_an_export_has_the_columns_of_the_questions_and_is_imported_elsewhere(desk: Desk) -> None:
    for event in (0, desk.other):
        for kind in KINDS:
            desk.add(kind, "--kind", kind, event=event)
        choices = ("--choice", "a, b", "--choice", "c")
        desk.add("Some", "--kind", "several", *choices, event=event)
    answers = {
        "number": "-12.5",
        "phone": "+49 30 1234567",
        "date": "2027-03-01",
        "yes-no": "yes",
        "country": "DE",
        "long-text": "=1+1\nsecond",
        "Some": "a, b; c",
    }
    given = (f"{name}={text}" for name, text in answers.items())
    desk.register("ann", *given, flags=("--new-answer", "Extra=x"))
    (row,) = desk.export("acme", desk.event)
    assert list(row)[-len(KINDS) - 2 :] == [*KINDS, "Some", "Extra"]
    done = desk.run("registration", "import", "other", desk.other, desk.folder / "acme.csv")
    assert (done.output, done.code) == ("1 row was imported.\n", 0)
    (again,) = desk.export("other", desk.other)
    assert {name: again[name] for name in (*answers, "Extra")} == {
        name: row[name] for name in (*answers, "Extra")
    }
    assert again["number"].lstrip("'") == "-12.5"


def test_a_row_with_a_wrong_answer_is_named(desk: Desk) -> None:
    desk.add("Diet", "--kind", "choice", "--choice", "vegan")
    file = desk.folder / "people.csv"
    file.write_text("Email,diet\nann@example.com,VEGAN\nbob@example.com,beef\n", encoding="utf-8")
    done = desk.run("registration", "import", "acme", desk.event, file)
    assert "'Diet' takes one of its choices: vegan." in done.error
    assert [row["Diet"] for row in desk.export("acme", desk.event)] == ["vegan"]


def test_consent_to_texts_wants_a_phone_number(desk: Desk) -> None:
    agreement = ("--kind", "agreement", "--text", "Write to me.")
    desk.add("Mails", *agreement, "--consent", "email")
    told = desk.run("question", "add", "acme", desk.event, "News", *agreement, "--consent", "sms")
    assert (told.code, told.error) == (
        0,
        "note: the event asks for no phone number, so nobody can be texted or called: `turnout "
        f"question add acme {desk.event} Mobile --kind phone` asks for one.\n",
    )
    desk.add("Mobile", "--kind", "phone")
    more = desk.run("question", "add", "acme", desk.event, "Calls", *agreement, "--consent", "call")
    assert (more.code, more.error) == (0, "")
