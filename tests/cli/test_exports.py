"""Files with people's data: each is in the audit, with how many it has."""

import ast
from pathlib import Path

import pytest

from tests.cli.test_registration_changes import Desk
from turnout.core.audit.recording import Entry, list_entries

COMMANDS = Path(__file__).parents[2] / "src/turnout/cli"
# A mail as nobody gets it; and what writes for others, who note it.
NOTHING_OF_PEOPLE = {("mails", "preview"), ("tables", "write_table")}


def entries(desk: Desk, noun: str, number: int) -> list[Entry]:
    with desk.run.database() as db:
        found = db.call(list_entries, desk.org_id, noun, number)
    return [entry for entry in found if entry.action == "exported"]


@pytest.mark.parametrize(
    ("command", "name", "what"),
    [
        (("registration", "export"), "people.csv", "registrations"),
        (("registration", "export"), "people.xlsx", "registrations"),
        (("event", "export"), "event.zip", "registrations"),
        (("attendee", "list"), "names.pdf", "names"),
        (("attendee", "list"), "names.xlsx", "names"),
        (("badge", "print"), "badges.pdf", "badges"),
        (("ticket", "print"), "tickets.pdf", "tickets"),
    ],
)
def test_what_is_written_of_an_events_people_is_in_the_audit(
    tmp_path: Path, command: tuple[str, str], name: str, what: str
) -> None:
    desk = Desk(tmp_path)
    for guest in ("ann", "bob"):
        desk.add(guest, "--first-name", guest)
    desk.run.ok(*command, "acme", desk.event, tmp_path / name)
    [entry] = entries(desk, "event", int(desk.event))
    assert entry.actor.startswith("cli:")
    assert entry.facts == {"what": what, "count": 2}


def test_a_list_in_the_terminal_is_no_file(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.add("ann", "--first-name", "Ann")
    assert "Ann" in desk.run.ok("attendee", "list", "acme", desk.event)
    assert entries(desk, "event", int(desk.event)) == []


def test_opt_outs_and_a_person_are_in_the_audit(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.add("ann", "--first-name", "Ann")
    desk.run.ok("optout", "add", "acme", "email", "ann@example.com")
    desk.run.ok("optout", "export", "acme", tmp_path / "out.csv")
    desk.run.ok("person", "export", "acme", "ann@example.com", tmp_path / "ann.json")
    [entry] = entries(desk, "opt_out", 0)
    assert entry.facts == {"what": "opt-outs", "count": 1}
    [entry] = entries(desk, "person", 1)
    assert entry.facts["what"] == "records"
    assert entry.facts["count"] > 3


def test_no_file_is_written_that_is_not_noted() -> None:
    """Who writes a file hands `noting(…)` on, or says here why not."""
    silent = {
        (module.stem, function.name)
        for module in COMMANDS.glob("*.py")
        for function in ast.walk(ast.parse(module.read_text()))
        if isinstance(function, ast.FunctionDef)
        and {"new_file", "write_table"} & (called := _called(function))
        and "noting" not in called
    }
    assert silent == NOTHING_OF_PEOPLE


def _called(function: ast.FunctionDef) -> set[str]:
    calls = (node.func for node in ast.walk(function) if isinstance(node, ast.Call))
    return {called.id for called in calls if isinstance(called, ast.Name)}
