"""`turnout user …`: who works with the server, and what they may."""

from pathlib import Path

import pytest

from tests.cli.runner import Result, Turnout
from tests.support.builder import make_organization
from tests.support.node import new_database
from turnout.core.identity.members import find_member, find_password
from turnout.core.identity.organizations import get_organization
from turnout.core.identity.passwords import is_password
from turnout.core.identity.users import get_user_id


@pytest.fixture
def acme(tmp_path: Path) -> Turnout:
    turnout = Turnout(new_database("sqlite", tmp_path))
    with turnout.database() as db:
        db.call(make_organization, "acme")
    turnout.ok("user", "create", "acme", "au/ann", "--name", "Ann", "--email", "ann@example.com")
    return turnout


def opens(acme: Turnout, password: str) -> bool:
    with acme.database() as db:
        found = db.call(find_password, "au/ann")
    return found is not None and is_password(password, found.hashed)


def test_a_user_is_listed_changed_and_disabled(acme: Turnout) -> None:
    assert acme.ok("user", "list", "acme").splitlines()[1].split() == [
        *("au/ann", "Ann", "ann@example.com", "Acct", "no", "password", "never")
    ]
    said = acme.ok("user", "set", "acme", "AU/ANN", "--role", "Admin")
    assert said == "User au/ann is Admin, with ann@example.com.\n"
    acme.ok("user", "disable", "acme", "au/ann")
    assert " disabled 20" in acme.ok("user", "list", "acme")
    acme.ok("user", "enable", "acme", "au/ann")
    assert " disabled " not in acme.ok("user", "list", "acme")


def test_a_new_password_is_shown_once_and_works(acme: Turnout) -> None:
    first = acme.ok("user", "reset-password", "acme", "au/ann").splitlines()[-1]
    assert opens(acme, first)
    given = "a long secret\n"
    said = acme.ok("user", "reset-password", "acme", "au/ann", "--password-stdin", stdin=given)
    assert "secret" not in said
    assert (opens(acme, first), opens(acme, "a long secret")) == (False, True)


def test_what_cannot_be_done_is_said(acme: Turnout) -> None:
    missing = "error: The organization has no user bob.\n"
    assert acme("user", "disable", "acme", "bob") == Result(1, "", missing)
    unchanged = "error: Say what to change: see `turnout user set --help`.\n"
    assert acme("user", "set", "acme", "au/ann") == Result(1, "", unchanged)
    short = "error: The password needs at least 10 characters.\n"
    result = acme("user", "reset-password", "acme", "au/ann", "--password-stdin", stdin="short\n")
    assert result == Result(1, "", short)


def test_what_a_users_messages_may_cost_is_set_and_lifted(acme: Turnout) -> None:
    said = acme.ok("user", "set", "acme", "au/ann", "--monthly-limit", "50")
    assert said.splitlines()[1] == "Messages may cost at most 50 a month."
    assert limit_of(acme) == 50
    acme.ok("user", "set", "acme", "au/ann", "--role", "Agent")
    assert limit_of(acme) == 50
    acme.ok("user", "set", "acme", "au/ann", "--monthly-limit", "0")
    assert limit_of(acme) == 0
    said = acme.ok("user", "set", "acme", "au/ann", "--no-monthly-limit")
    assert said.splitlines()[1] == "Messages may cost any amount a month."
    assert limit_of(acme) is None
    both = acme("user", "set", "acme", "au/ann", "--monthly-limit", "5", "--no-monthly-limit")
    assert (both.code, "or --no-monthly-limit" in both.error) == (1, True)


def limit_of(acme: Turnout) -> int | None:
    with acme.database() as db:
        org_id = db.call(get_organization, "acme").org_id
        member = db.call(find_member, org_id, db.call(get_user_id, org_id, "au/ann"))
    assert member is not None
    return member.profile.monthly_limit
