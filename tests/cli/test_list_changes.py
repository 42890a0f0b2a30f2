"""`turnout list …`: lists that are shown, extended, changed and written to files."""

import re
from pathlib import Path

import pytest

from tests.cli.runner import Result, Turnout
from tests.core.messaging.jobs import POLICY, make_login, new_job
from tests.support.builder import make_organization
from tests.support.node import new_database
from turnout.core.audit.recording import list_entries as list_audit
from turnout.core.identity.users import create_user
from turnout.core.ids import ListId, OrgId
from turnout.core.messaging.accepting import accept_job
from turnout.core.messaging.list_changes import list_numbered
from turnout.core.messaging.lists import list_lists
from turnout.core.messaging.model import JobType

ORG = OrgId(10001)
FIRST = (
    "Recipient,Email,Mobile,CustomField1\n"
    'Jane,jane@example.com,+61412345678,"a, b"\n'
    "Bo,bo@x.org,,\n"
)


class Lists:
    """The command line, and one list of two people."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.turnout = Turnout(new_database("sqlite", folder))
        with self.turnout.database() as db:
            assert db.call(make_organization, "acme") == ORG
            db.call(create_user, ORG, "au/jo", name="Jo", email="jo@example.com", actor="test")
        self.turnout("list", "import", "acme", self.file("people.csv", FIRST), "--user", "au/jo")
        with self.turnout.database() as db:
            [self.id] = [list_.id for list_ in db.call(list_lists, ORG)]

    def file(self, name: str, content: str) -> Path:
        (self.folder / name).write_text(content, encoding="utf-8")
        return self.folder / name

    def people(self, list_id: ListId | None = None) -> list[tuple[int, str, str]]:
        with self.turnout.database() as db:
            found = db.call(list_numbered, ORG, list_id or self.id, 0, 100)
        return [(line.number, line.entry.recipient, line.entry.email) for line in found]

    def counts(self) -> list[int]:
        with self.turnout.database() as db:
            return [list_.entries for list_ in db.call(list_lists, ORG)]


@pytest.fixture
def lists(tmp_path: Path) -> Lists:
    return Lists(tmp_path)


def test_a_file_is_added_to_the_end(lists: Lists) -> None:
    more = lists.file("more.csv", "E-mail,Name\ncy@x.org,Cy\n")
    result = lists.turnout("list", "append", "acme", lists.id, more)
    assert (result.code, result.output) == (
        0,
        f"List {lists.id} has 3 recipients, 1 of them new.\n",
    )
    assert lists.people() == [
        (1, "Jane", "jane@example.com"),
        (2, "Bo", "bo@x.org"),
        (3, "Cy", "cy@x.org"),
    ]
    assert lists.counts() == [3]


def test_a_file_with_a_fault_adds_nobody(lists: Lists) -> None:
    more = lists.file("more.csv", "Email\ncy@x.org\nno address\n")
    result = lists.turnout("list", "append", "acme", lists.id, more)
    assert (result.code, lists.counts(), len(lists.people())) == (1, [2], 2)
    missing = lists.turnout("list", "append", "acme", 9, more)
    assert missing == Result(1, "", "error: There is no list 9.\n")


def test_a_list_is_shown_by_rows(lists: Lists) -> None:
    head, titles, jane, bo = lists.turnout.ok("list", "show", "acme", lists.id).splitlines()
    assert head == f"List {lists.id}: people, 2 recipients."
    assert titles.split() == ["ROW", "RECIPIENT", "REFERENCE", "EMAIL", "FAX", "PHONE", "MOBILE"]
    assert jane.split() == ["1", "Jane", "jane@example.com", "+61412345678"]
    assert bo.split() == ["2", "Bo", "bo@x.org"]
    cut = lists.turnout.ok("list", "show", "acme", lists.id, "--limit", "1").splitlines()
    assert cut[-1] == "… and 1 more: use --limit."


def test_the_jobs_of_a_list_are_named(lists: Lists) -> None:
    with lists.turnout.database() as db:
        login = db.call(make_login, ORG, "au/bo")
        new = new_job(JobType.SMS, name="Spring", list_ids=(str(lists.id),))
        job_id = db.call(accept_job, login, new, [], POLICY)
    shown = lists.turnout.ok("list", "show", "acme", lists.id).splitlines()
    assert re.fullmatch(rf"Job {job_id} of 20[-:0-9 Z]+ was sent to it: Spring", shown[-1])


@pytest.mark.parametrize("name", ["out.csv", "out.xlsx"])
def test_what_is_exported_is_imported_again(lists: Lists, name: str) -> None:
    out = lists.folder / name
    said = lists.turnout.ok("list", "export", "acme", lists.id, out)
    assert said == f"{name} has 2 recipients.\n"
    assert lists.turnout("list", "import", "acme", out, "--user", "au/jo", "--name", "B").code == 0
    with lists.turnout.database() as db:
        first, second = (
            [line.entry for line in db.call(list_numbered, ORG, list_.id, 0, 100)]
            for list_ in db.call(list_lists, ORG)
        )
    assert (first, first[0].custom) == (second, {"CustomField1": "a, b"})


def test_a_row_is_changed_and_removed(lists: Lists) -> None:
    said = lists.turnout.ok("list", "set", "acme", lists.id, 2, "--email", "bo@y.org")
    assert said == f"Row 2 of list {lists.id} is changed: email.\n"
    assert lists.people()[1] == (2, "Bo", "bo@y.org")
    lists.turnout.ok("list", "remove", "acme", lists.id, 1)
    assert (lists.people(), lists.counts()) == ([(2, "Bo", "bo@y.org")], [1])
    lists.turnout.ok("list", "rename", "acme", lists.id, " Spring ")
    with lists.turnout.database() as db:
        assert [list_.name for list_ in db.call(list_lists, ORG)] == ["Spring"]
        entries = db.call(list_audit, ORG, "list", lists.id)
    assert [(entry.action, entry.facts) for entry in entries] == [
        ("imported", {"entries": 2}),
        ("changed", {"row": 2, "fields": ["email"]}),
        ("removed", {"row": 1}),
        ("renamed", {}),
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("set", "2"), "Say what to change: see `turnout list set --help`."),
        (("set", "9", "--fax", "+611"), "List {} has no row 9: `turnout list show` numbers them."),
        (
            ("set", "2", "--email", "none"),
            "'none' is not an e-mail address: write one such as jane@example.com.",
        ),
        (
            ("set", "2", "--email", ""),
            "Nothing reaches this recipient: Email, Fax, Phone, Mobile are empty.",
        ),
        (("remove", "9"), "List {} has no row 9: `turnout list show` numbers them."),
        (("rename", " "), "A list's name has 1 to 200 characters."),
        (("export", "people.txt"), "people.txt"),
    ],
)
def test_what_cannot_be_done_is_said(lists: Lists, arguments: tuple[str, ...], said: str) -> None:
    verb, *rest = arguments
    result = lists.turnout("list", verb, "acme", lists.id, *rest)
    assert (result.code, result.output) == (1, "")
    assert said.format(lists.id) in result.error
    assert lists.people() == [(1, "Jane", "jane@example.com"), (2, "Bo", "bo@x.org")]
