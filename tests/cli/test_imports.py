"""Imports of files that still have somebody who was erased, and `--again`."""

from pathlib import Path

import pytest

from tests.cli.runner import Turnout
from tests.support.node import BACKENDS, copied_database, database
from turnout.core.identity.organizations import get_organization
from turnout.core.messaging.opt_outs import list_opt_outs
from turnout.core.people.merging import find_person

EMAIL, PHONE = "ann@example.com", "+61 412 349 876"
ANN = f"Ann,Lee,{EMAIL},{PHONE}"
BOB = "Bob,Ray,bob@example.com,+61 412 340 001"
HEADING = "First name,Last name,Email,Mobile"
ERASED = f"Somebody with {EMAIL} was erased. Leave the row out, or add --again if"


@pytest.fixture(scope="module", params=BACKENDS)
def prepared(request, tmp_path_factory):
    """A database to copy, and where; see `run`."""
    folder = tmp_path_factory.mktemp("prepared")
    cluster = request.getfixturevalue("cluster") if request.param == "postgresql" else None
    with database(request.param, folder, cluster) as url:
        run = Turnout(url)
        run.ok("org", "create", "acme", "--name", "Acme")
        run.ok("user", "create", "acme", "au/jo", "--name", "Jo", "--email", "jo@example.com")
        when = ("--starts", "2099-03-01T09:00", "--ends", "2099-03-01T17:00")
        run.ok("event", "create", "acme", "Summit", *when)
        person = ("--first-name", "Ann", "--phone", PHONE)
        run.ok("registration", "add", "acme", "1000001", "--email", EMAIL, *person)
        run.ok("person", "erase", "acme", EMAIL, "--yes", "--now")
        yield url, cluster


@pytest.fixture
def run(prepared, tmp_path):
    """An organization with a draft, a list of Bob, and Ann erased."""
    url, cluster = prepared
    with copied_database(url, tmp_path, cluster) as copy:
        yield Turnout(copy)


def write(folder: Path, *lines: str) -> Path:
    file = folder / "people.csv"
    file.write_text("\n".join(lines) + "\n")
    return file


def is_known(run: Turnout, email: str) -> bool:
    with run.database() as db:
        org_id = db.call(get_organization, "acme").org_id
        return db.call(find_person, org_id, email) is not None


def names_of(run: Turnout, *arguments: str) -> list[str]:
    """Who of the two is in what a command lists."""
    said = run.ok(*arguments)
    return [email for email in (EMAIL, "bob@example.com") if email in said]


def say(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("prepared", ["sqlite"], indirect=True)
def test_faults_are_said_by_line_whoever_finds_them(run, tmp_path):
    """Line 3 is refused while it is read, lines 2 and 4 by what they say."""
    file = write(tmp_path, HEADING, ",,not an address,", "Ann,#REF!,ann2@example.com,", ",,bob@,")
    registrations = write_phones(file)
    for command in (
        ("registration", "import", "acme", "1000001", registrations, "--preview"),
        ("registration", "import", "acme", "1000001", registrations),
        ("list", "import", "acme", file, "--user", "au/jo", "--preview"),
        ("list", "import", "acme", file, "--user", "au/jo"),
    ):
        lines = [line for line in run(*command).error.splitlines() if line.startswith("line ")]
        assert [line[:6] for line in lines] == ["line 2", "line 3", "line 4"], command
    times = write(
        tmp_path,
        "email,session,start,duration",
        "ann@example.com,9,2099-03-01T10:00:00,60",
        "#REF!,9,2099-03-01T10:00:00,60",
        "bob@example.com,9,2099-03-01T10:00:00,60",
    )
    for more in ([], ["--preview"]):
        said = run("viewing", "import", "acme", "1000001", times, *more).error.splitlines()
        lines = [line[:6] for line in said if line.startswith("line ")]
        assert lines == ["line 2", "line 3", "line 4"], more


def write_phones(file: Path) -> Path:
    """The same file with the phones of registrations."""
    other = file.with_name("registrations.csv")
    other.write_text(file.read_text().replace("Mobile", "Phone"))
    return other


def test_registrations_take_the_others_and_with_again_everybody(run, tmp_path):
    file = write(tmp_path, HEADING.replace("Mobile", "Phone"), ANN, BOB)
    named = ("registration", "import", "acme", "1000001", file)
    refused = run(*named)
    assert (refused.code, refused.output) == (1, "")
    assert f"line 2, column Email: {ERASED}" in say(refused.error)
    assert names_of(run, "registration", "list", "acme", "1000001") == ["bob@example.com"]
    preview = run(*named, "--again", "--preview")
    assert (preview.code, is_known(run, EMAIL)) == (0, False)
    done = run(*named, "--again")
    assert (done.code, done.output) == (0, "2 rows were imported.\n")
    found = names_of(run, "registration", "list", "acme", "1000001")
    assert found == [EMAIL, "bob@example.com"]
    after = run(*named)
    assert (after.code, after.output) == (0, "2 rows were imported.\n")  # known again


def test_a_list_is_taken_whole_or_not_at_all(run, tmp_path):
    file = write(tmp_path, HEADING, ANN, BOB)
    named = ("list", "import", "acme", file, "--user", "au/jo")
    refused = run(*named)
    assert (refused.code, refused.output) == (1, "")
    assert f"line 2, column Email: {ERASED}" in say(refused.error)
    assert EMAIL not in run.ok("list", "list", "acme")
    done = run(*named, "--again")
    assert (done.code, done.output.endswith(" has 2 recipients.\n")) == (0, True)
    number = done.output.split()[1]
    assert names_of(run, "list", "show", "acme", number) == [EMAIL, "bob@example.com"]


def test_nobody_is_appended_to_a_list_or_everybody(run, tmp_path):
    bob = run("list", "import", "acme", write(tmp_path, HEADING, BOB), "--user", "au/jo")
    number = bob.output.split()[1]
    named = ("list", "append", "acme", number, write(tmp_path, HEADING, ANN))
    refused = run(*named)
    assert (refused.code, refused.output) == (1, "")
    assert f"line 2, column Email: {ERASED}" in say(refused.error)
    assert names_of(run, "list", "show", "acme", number) == ["bob@example.com"]
    assert run(*named, "--again").code == 0
    assert names_of(run, "list", "show", "acme", number) == [EMAIL, "bob@example.com"]


def test_somebody_with_the_number_of_who_was_erased_is_refused_too(run, tmp_path):
    file = write(tmp_path, HEADING, f"Ann,Lee,new@example.com,{PHONE}")
    refused = run("list", "import", "acme", file, "--user", "au/jo")
    assert refused.code == 1
    assert f"line 2, column Mobile: Somebody with {PHONE} was erased." in say(refused.error)


def test_learners_take_the_others_and_with_again_everybody(run, tmp_path):
    file = write(
        tmp_path, f"Code,{HEADING}".removesuffix(",Mobile"), f"L1,Ann,Lee,{EMAIL}", "L2,Bob,Ray,"
    )
    named = ("learner", "import", "acme", file)
    refused = run(*named)
    assert (refused.code, refused.output) == (1, "")
    assert f"line 2, column Email: {ERASED}" in say(refused.error)
    codes = [line.split()[0] for line in run.ok("learner", "list", "acme").splitlines()[1:]]
    assert (codes, is_known(run, EMAIL)) == (["L2"], False)
    done = run(*named, "--again")
    assert (done.code, done.output) == (0, "2 rows were imported.\n")
    assert is_known(run, EMAIL)


def test_an_opt_out_of_somebody_erased_is_kept_as_a_hash(run, tmp_path):
    file = write(tmp_path, "Email,Mobile", f"{EMAIL},{PHONE}", "bob@example.com,")
    for _ in range(2):
        done = run("optout", "import", "acme", file)
        assert (done.code, done.output) == (0, "2 rows were imported.\n")
    said = run.ok("optout", "list", "acme")
    assert (EMAIL in said, "412" in said, "bob@example.com" in said) == (False, False, True)
    assert said.count("(erased)") == 2
    with run.database() as db:
        kept = db.call(list_opt_outs, db.call(get_organization, "acme").org_id, 10)
    assert sorted((out.medium.value, out.address[:5]) for out in kept) == [
        ("email", "bob@e"),
        ("email", "hash:"),
        ("sms", "hash:"),
    ]
    assert not is_known(run, EMAIL)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("sms,nobody", "line 2, column Address: 'nobody' is not an address for sms."),
        ("email,61412345678", "line 2, column Address: '61412345678' is not an address for email."),
        ("pigeon,ann@example.com", "line 2, column Medium: "),
    ],
)
def test_a_refused_opt_out_names_the_column_at_fault(run, tmp_path, row, said):
    refused = run("optout", "import", "acme", write(tmp_path, "Medium,Address", row))
    assert (refused.code, refused.output) == (1, "")
    assert said in say(refused.error)
