"""`turnout list …`: a file becomes a list, all of it or nothing."""

from pathlib import Path

import pytest

from tests.cli.runner import Turnout
from tests.support.builder import make_organization
from tests.support.node import new_database
from turnout.core.identity.users import create_user
from turnout.core.ids import ListId, OrgId
from turnout.core.messaging.lists import Entry, add_entries, list_entries, list_lists
from turnout.core.messaging.model import Person
from turnout.store import Tx

ORG = OrgId(10001)
GOOD = (
    "Recipient, reference ,EMAIL,Mobile,custom_field1\n"
    'Jane,c1,jane@example.com,"+61 412 345 678","a, b"\n'
    ",,,,\n"
    "Zoë,,zoe@example.com\n"
)


@pytest.fixture
def turnout(tmp_path: Path) -> Turnout:
    turnout = Turnout(new_database("sqlite", tmp_path))
    with turnout.database() as db:
        org_id = db.call(make_organization, "acme")
        assert org_id == ORG
        db.call(create_user, org_id, "au/jo", name="Jo", email="jo@example.com", actor="test")
    return turnout


def write(tmp_path: Path, content: bytes | str) -> Path:
    file = tmp_path / "people.csv"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


def count_rows(tx: Tx) -> list[int]:
    tables = ("user_lists", "list_entries")
    return [
        tx.connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables
    ]


def lists_of(turnout: Turnout) -> list[tuple[ListId, str, int]]:
    with turnout.database() as db:
        return [(list_.id, list_.name, list_.entries) for list_ in db.call(list_lists, ORG)]


def test_a_file_becomes_a_list(turnout: Turnout, tmp_path: Path) -> None:
    file = write(tmp_path, GOOD)
    result = turnout("list", "import", "acme", file, "--user", "AU/Jo")
    list_id = lists_of(turnout)[0][0]
    assert (result.code, result.output) == (0, f"List {list_id} has 2 recipients.\n")
    assert "2/2" in result.error
    assert lists_of(turnout) == [(list_id, "people", 2)]
    with turnout.database() as db:
        people, cursor = db.call(list_entries, ORG, list_id, "", 100)
    custom = {"CustomField1": "a, b"}
    assert people == [
        Person("c1", "Jane", "jane@example.com", "", "", "+61 412 345 678", custom),
        Person("", "Zoë", "zoe@example.com", "", "", "", {}),
    ]
    assert cursor == ""
    shown = turnout.ok("list", "list", "acme").splitlines()[1].split()
    assert (shown[0], *shown[3:]) == (str(list_id), "2", "au/jo", "people")


def test_a_long_file_is_stored_in_slices(turnout: Turnout, tmp_path: Path) -> None:
    rows = "".join(f"jo{n}@example.com\n" for n in range(1201))
    file = write(tmp_path, "﻿Email\n" + rows)
    assert turnout("list", "import", "acme", file, "--user", "au/jo", "--name", "All").code == 0
    [(list_id, name, entries)] = lists_of(turnout)
    assert (name, entries) == ("All", 1201)
    with turnout.database() as db:
        people, _ = db.call(list_entries, ORG, list_id, "", 2000)
    assert [person.email for person in people] == [f"jo{n}@example.com" for n in range(1201)]


def test_every_faulty_row_is_named_and_nothing_is_imported(
    turnout: Turnout, tmp_path: Path
) -> None:
    long = "x" * 1001
    file = write(
        tmp_path,
        "Recipient,Email,Mobile\nJane,jane@example.com,\nBob,bob@,\nEve,,12ab\n"
        f"Tom,,\nSue,sue@example.com,61412345678,more\n{long},a@example.com,\n",
    )
    result = turnout("list", "import", "acme", file, "--user", "au/jo")
    assert (result.code, result.output) == (1, "")
    assert result.error.splitlines() == [
        "line 3, column Email: 'bob@' is not an e-mail address: write one such as "
        "jane@example.com.",
        "line 4, column Mobile: '12ab' is not a number: write one with its country, such as "
        "+61412345678.",
        "line 5: Nothing reaches this recipient: Email, Fax, Phone, Mobile are empty.",
        "line 6: 'more' stands in column 4, which has no heading: name it.",
        "line 7, column Recipient: The value has 1001 characters: shorten it to 1000.",
        f"error: 5 rows of {file} cannot be taken; nothing was imported.",
    ]
    assert lists_of(turnout) == []


def test_of_many_faults_a_hundred_are_shown(turnout: Turnout, tmp_path: Path) -> None:
    file = write(tmp_path, "Email\n" + "x\n" * 120)
    error = turnout("list", "import", "acme", file, "--user", "au/jo").error.splitlines()
    assert len(error) == 102
    assert error[-2:] == [
        "… and 20 more",
        f"error: 120 rows of {file} cannot be taken; nothing was imported.",
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            "Email,a,b,c,d,e,f,g\n",
            "people.csv has the columns a, b, c, d, e, f, g, but only 6 can be custom fields",
        ),
        (
            "Email,e-mail\n",
            "The columns 'Email' and 'e-mail' are both Email: rename or remove one.",
        ),
        (
            "Recipient,Reference\n",
            "people.csv lacks the columns Email or Fax or Phone or Mobile; it has Recipient, Ref",
        ),
        ("", "people.csv is empty: its first line must name the columns."),
        (b"Email\nm\x81ller@example.com\n", "is not text in UTF-8, UTF-16 or Windows-1252"),
        ('Email\n"open@example.com\n', "line 2: A quotation mark that opens in this row is never"),
        (f"Email\n{'x' * 200_000}\n", "A cell has more than 131072 characters"),
    ],
)
def test_what_is_no_list_is_refused(
    turnout: Turnout, tmp_path: Path, content: bytes | str, said: str
) -> None:
    result = turnout("list", "import", "acme", write(tmp_path, content), "--user", "au/jo")
    assert result.code == 1
    assert said in result.error
    assert lists_of(turnout) == []


def test_an_import_that_is_interrupted_leaves_nothing(
    turnout: Turnout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []

    def fail_later(tx: Tx, org_id: OrgId, list_id: ListId, first: int, some: list[Entry]) -> None:
        calls.append(first)
        if len(calls) == 2:
            raise KeyboardInterrupt
        add_entries(tx, org_id, list_id, first, some)

    monkeypatch.setattr("turnout.cli.lists.add_entries", fail_later)
    file = write(tmp_path, "Email\n" + "".join(f"jo{n}@example.com\n" for n in range(1000)))
    assert turnout("list", "import", "acme", file, "--user", "au/jo").code == 130
    with turnout.database() as db:
        assert db.call(count_rows) == [0, 0]


def test_a_list_is_deleted(turnout: Turnout, tmp_path: Path) -> None:
    turnout("list", "import", "acme", write(tmp_path, GOOD), "--user", "au/jo")
    list_id = lists_of(turnout)[0][0]
    assert turnout.ok("list", "delete", "acme", list_id) == f"List {list_id} is deleted.\n"
    assert lists_of(turnout) == []
    again = turnout("list", "delete", "acme", list_id)
    assert (again.code, again.error) == (1, f"error: There is no list {list_id}.\n")
    said = "There are no lists. `turnout list import` makes one from a CSV file.\n"
    assert turnout.ok("list", "list", "acme") == said


def test_a_user_who_is_not_there_is_an_error(turnout: Turnout, tmp_path: Path) -> None:
    result = turnout("list", "import", "acme", write(tmp_path, GOOD), "--user", "au/x")
    assert (result.code, result.error) == (1, "error: The organization has no user au/x.\n")


def test_a_file_of_another_country_is_shown_and_then_taken(
    turnout: Turnout, tmp_path: Path
) -> None:
    file = write(
        tmp_path,
        "Vorname;Nachname;E-Mail;Handy;Firma;Lieblingstier\r\n"
        "Zoë;Müller;zoe@example.com;+49 151 1234567;Acme;Katze\r\n"
        "Ada;Lovelace;ada@example.com;;;\r\n;;;;;\r\n\x1a".encode("cp1252"),
    )
    shown = turnout.ok("list", "import", "acme", file, "--user", "au/jo", "--preview")
    lines = [" ".join(line.split()) for line in shown.splitlines()]
    assert lines == [
        "people.csv: CSV, semicolons, Windows-1252.",
        "",
        "COLUMN BECOMES",
        "Vorname First name",
        "Nachname Last name",
        "E-Mail Email",
        "Handy Mobile",
        "Firma CustomField1",
        "Lieblingstier CustomField2",
        "",
        "LINE Recipient Email Mobile CustomField1 CustomField2",
        "2 Zoë Müller zoe@example.com +49 151 1234567 Acme Katze",
        "3 Ada Lovelace ada@example.com",
        "",
        "2 rows can be imported. Nothing was written.",
    ]
    assert lists_of(turnout) == []
    assert turnout("list", "import", "acme", file, "--user", "au/jo").code == 0
    [(list_id, _, _)] = lists_of(turnout)
    with turnout.database() as db:
        people, _ = db.call(list_entries, ORG, list_id, "", 100)
    custom = {"CustomField1": "Acme", "CustomField2": "Katze"}
    assert people == [
        Person("", "Zoë Müller", "zoe@example.com", "", "", "+49 151 1234567", custom),
        Person("", "Ada Lovelace", "ada@example.com", "", "", "", {}),
    ]


def test_a_preview_shows_faults_and_unknown_columns_are_left_out_on_request(
    turnout: Turnout, tmp_path: Path
) -> None:
    file = write(tmp_path, "Email,Pet,CustomField1\nbob@,cat,x\njo@example.com,dog,y\n")
    preview = ("list", "import", "acme", file, "--user", "au/jo", "--preview", "--ignore-unknown")
    result = turnout(*preview)
    assert result.code == 1
    assert result.error.splitlines() == [
        "line 2, column Email: 'bob@' is not an e-mail address: write one such as "
        "jane@example.com.",
        f"error: 1 row of {file} cannot be imported.",
    ]
    assert "Pet           left out" in result.output
    assert "1 row can be imported. Nothing was written." in result.output
    assert lists_of(turnout) == []
