"""`turnout person …`."""

import json
from pathlib import Path

import pytest

from tests.cli.runner import Turnout
from tests.support.builder import make_organization
from tests.support.node import new_database
from turnout.core.people.merging import merge_person
from turnout.core.people.model import Contact
from turnout.store.sqlite import path_of


@pytest.fixture
def run(tmp_path: Path) -> Turnout:
    """An organization that knows Ann, and Bo twice; the numbers are 1 to 3."""
    run = Turnout(new_database("sqlite", tmp_path))
    with run.database() as db:
        org_id = db.call(make_organization, "acme")
        for first, email in (("Ann", "ann@x.example"), ("Bo", "bo@x.example"), ("Bo", "b@y.org")):
            db.call(merge_person, org_id, Contact(email=email, first_name=first, last_name="Lee"))
    return run


def test_people_are_found_and_shown(run: Turnout) -> None:
    rows = [line.split() for line in run.ok("person", "find", "acme", "LEE bo").splitlines()]
    assert rows[0] == ["PERSON", "NAME", "E-MAIL", "COMPANY", "PHONE"]
    assert [row[1:] for row in rows[1:]] == [
        ["Bo", "Lee", "bo@x.example"],
        ["Bo", "Lee", "b@y.org"],
    ]
    assert run.ok("person", "find", "acme", "zoe") == "Nobody was found.\n"
    assert run.ok("person", "show", "acme", "ann@x.example").startswith("Person 1, Ann Lee <ann@x.")


def test_a_person_is_corrected(run: Turnout) -> None:
    said = run.ok(
        "person", "set", "acme", "ann@x.example", "--last-name", "Ray", "--email", "a@y.org"
    )
    assert said == "Person 1 is Ann Ray <a@y.org>.\n"
    shown = run.ok("person", "show", "acme", "1").splitlines()
    assert shown[0].startswith("Person 1, Ann Ray <a@y.org>, known since ")
    assert shown[1].startswith("Former email: ann@x.example (until ")
    assert "person set --help" in run("person", "set", "acme", "1").error


def test_an_address_that_is_taken_needs_a_word(run: Turnout) -> None:
    change = ("person", "set", "acme", "bo@x.example", "--email", "b@y.org")
    refused = run(*change)
    assert refused.code == 1
    assert "b@y.org is the address of person 3" in refused.error
    assert run.ok(*change, "--merge") == "Person 2 is Bo Lee <b@y.org>.\n"
    assert "merged into person 2" in run("person", "show", "acme", "3").error


def test_two_are_merged(run: Turnout) -> None:
    said = run.ok("person", "merge", "acme", "bo@x.example", "b@y.org")
    assert said == "Person 3 is now a part of person 2, Bo Lee <bo@x.example>.\n"
    assert "no person b@y.org" in run("person", "show", "acme", "b@y.org").error


def test_everything_about_a_person_is_written_to_a_file(run: Turnout, tmp_path: Path) -> None:
    data, page = tmp_path / "ann.json", tmp_path / "ann.html"
    said = run.ok("person", "export", "acme", "ann@x.example", data)
    assert said == f"{data}: 1 record of person 1\n"
    (person,) = json.loads(data.read_text())["people"]
    assert (person["email"], person["first_name"]) == ("ann@x.example", "Ann")
    assert data.stat().st_mode & 0o777 == 0o600
    run.ok("person", "export", "acme", "1", page)
    assert "<dd>ann@x.example</dd>" in page.read_text()
    refused = run("person", "export", "acme", "1", tmp_path / "ann.txt")
    assert "must end in .json or .html" in refused.error


def test_a_person_is_erased_from_the_file_too(run: Turnout) -> None:
    assert run.url
    path = path_of(run.url)
    asked = run.ok("person", "erase", "acme", "ann@x.example")
    assert asked == "Ann Lee <ann@x.example> is person 1. Add --yes to erase them for ever.\n"
    erased = run.ok("person", "erase", "acme", "ann@x.example", "--yes", "--now")
    assert erased == "Person 1 is erased.\n"
    assert "no person ann@x.example" in run("person", "show", "acme", "ann@x.example").error
    for file in path.parent.glob(f"{path.name}*"):
        assert b"ann@x.example" not in file.read_bytes()


def test_a_restored_backup_loses_who_was_erased_since(run: Turnout, tmp_path: Path) -> None:
    backup, restored = tmp_path / "a.backup", Turnout(f"sqlite:///{tmp_path / 'new.db'}")
    run.ok("backup", backup)
    run.ok("person", "erase", "acme", "ann@x.example", "--yes")
    said = restored.ok("restore", backup, "--erased-in", run.url)
    assert "1 person erased since the backup: erased again.\n" in said
    assert restored.ok("person", "find", "acme", "ann") == "Nobody was found.\n"
    assert restored.ok("person", "find", "acme", "bo") == run.ok("person", "find", "acme", "bo")
