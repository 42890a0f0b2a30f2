"""`turnout user role`, `invite`, `reset`: colleagues from the command line."""

from pathlib import Path

import pytest

from tests.cli.runner import Result, Turnout
from tests.support.builder import make_organization
from tests.support.node import new_database

BASE_URL = "https://turnout.example"


@pytest.fixture
def acme(tmp_path: Path) -> Turnout:
    turnout = Turnout(new_database("sqlite", tmp_path), base_url=BASE_URL)
    with turnout.database() as db:
        db.call(make_organization, "acme")
        db.call(make_organization, "beta")
    make = ("user", "create", "acme", "au/ann", "--name", "Ann", "--email", "ann@example.com")
    turnout.ok(*make, "--role", "Admin")
    return turnout


def test_roles_are_shown_and_changed(acme: Turnout) -> None:
    assert acme.ok("user", "role", "acme", "ann@example.com") == (
        "au/ann is owner of acme and sees all events.\n"
    )
    said = acme.ok("user", "role", "beta", "au/ann", "door", "exam-officer")
    assert said == "au/ann is door, exam-officer of beta and sees all events.\n"
    assert acme.ok("user", "role", "beta", "au/ann", "--remove") == "au/ann has no role in beta.\n"


def test_the_last_owner_stays(acme: Turnout) -> None:
    said = "error: This is the only owner who can sign in. Make somebody else an owner first.\n"
    assert acme("user", "role", "acme", "au/ann", "reader") == Result(1, "", said)


def test_colleagues_are_invited_listed_and_withdrawn(acme: Turnout) -> None:
    said = acme.ok("user", "invite", "acme", "jo@example.com", "organizer", "door").splitlines()
    assert said[0].startswith("jo@example.com is invited to acme, until ")
    assert said[1].startswith(f"{BASE_URL}/console/invitation/")
    line = acme.ok("user", "invitations", "acme").splitlines()[1].split()
    number, rest = line[0], line[1:5]
    assert rest == ["jo@example.com", "door,", "organizer", "open"]
    assert acme.ok("user", "withdraw", "acme", number) == f"Invitation {number} is withdrawn.\n"
    assert " withdrawn " in acme.ok("user", "invitations", "acme")
    assert acme.ok("user", "invitations", "beta") == (
        "beta has invited nobody. `turnout user invite` does.\n"
    )


def test_a_link_resets_a_password(acme: Turnout) -> None:
    said = acme.ok("user", "reset", "ANN@example.com", "--second-step").splitlines()
    assert said[0] == "au/ann chooses a new password here, within an hour:"
    assert said[1].startswith(f"{BASE_URL}/console/reset/")
    missing = "error: 'bob' is no user, or the address of several. Give the user code.\n"
    assert acme("user", "reset", "bob") == Result(1, "", missing)
    assert acme.ok("user", "sign-out", "au/ann") == "0 sessions of au/ann ended.\n"
