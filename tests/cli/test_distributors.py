"""`turnout distributor`, and organizations that are put under another one."""

import re
from pathlib import Path

import pytest

from tests.cli.runner import Result, Turnout, on_new_database
from turnout.core.identity.distributors import list_distributors

SPLIT = """\
Distributor 1 (Turnout):
  acme keeps it
  beta gets one of its own
  gamma gets one of its own
  Admin ada of acme no longer sees beta, gamma
"""


@pytest.fixture
def turnout(tmp_path: Path) -> Turnout:
    turnout = on_new_database(tmp_path)
    turnout.ok("org", "create", "acme")
    for slug in ("beta", "gamma"):
        turnout.ok("org", "create", slug, "--distributor", "acme")
    turnout.ok(
        "user", "create", "acme", "ada", "--name", "Ada", "--email", "a@example.com",
        "--role", "admin",
    )  # fmt: skip
    return turnout


def share(turnout: Turnout) -> None:
    def change(tx) -> None:
        tx.connection.execute("UPDATE distributors SET name = 'Turnout', is_shared = 1")

    with turnout.database() as db:
        db.call(change)


def rows(turnout: Turnout, *arguments: str) -> list[list[str]]:
    lines = turnout.ok("distributor", *arguments).splitlines()
    return [re.split(r"  +", line.strip()) for line in lines if line]


def test_list_and_show_say_who_rules_what(turnout: Turnout) -> None:
    assert rows(turnout, "list")[1:] == [["1", "acme", "3"]]
    shown = rows(turnout, "show", "acme")
    assert [row[1] for row in shown[1:4]] == ["acme", "beta", "gamma"]
    assert shown[5] == ["ada", "Admin", "acme", "acme, beta, gamma"]


def test_a_dry_run_says_it_and_a_split_does_it_once(turnout: Turnout) -> None:
    share(turnout)
    assert "Shared by history" in rows(turnout, "list")[0]
    dry = turnout.ok("distributor", "split", "--dry-run")
    assert dry == SPLIT + "Nothing was changed: this was a dry run.\n"
    assert rows(turnout, "list")[1:] == [["1", "Turnout", "3", "yes"]]
    assert turnout.ok("distributor", "split") == SPLIT
    with turnout.database() as db:
        found = db.call(list_distributors)
    assert [(distributor.name, distributor.organizations) for distributor in found] == [
        ("acme", 1),
        ("beta", 1),
        ("gamma", 1),
    ]
    assert turnout.ok("distributor", "split") == "There is nothing to split.\n"


def test_a_distributor_that_an_operator_made_is_split_only_by_name(turnout: Turnout) -> None:
    assert turnout.ok("distributor", "split") == "There is nothing to split.\n"
    assert "beta gets one of its own" in turnout.ok("distributor", "split", "acme")


def test_an_organization_is_moved(turnout: Turnout) -> None:
    turnout.ok("org", "create", "delta")
    said = turnout.ok("org", "set", "delta", "--distributor", "acme")
    assert said == "Organization delta is under distributor acme from now on.\n"
    assert ["4", "delta"] not in [row[:2] for row in rows(turnout, "list")]
    assert rows(turnout, "show", "acme")[4][1] == "delta"


@pytest.mark.parametrize(
    "arguments",
    [
        ("org", "create", "new", "--distributor", "none"),
        ("org", "set", "beta", "--distributor", "none"),
        ("distributor", "show", "none"),
        ("distributor", "split", "none"),
    ],
)
def test_an_unknown_distributor_is_named(turnout: Turnout, arguments: tuple[str, ...]) -> None:
    error = "error: There is no distributor 'none'; `turnout distributor list` shows them.\n"
    assert turnout(*arguments) == Result(1, "", error)


def test_org_set_wants_something_to_change(turnout: Turnout) -> None:
    result = turnout("org", "set", "acme")
    assert (result.code, result.output) == (1, "")
    assert "Say what to change" in result.error


def test_doctor_tells_of_what_is_left_from_before(turnout: Turnout) -> None:
    assert "short names" not in turnout("doctor").output
    share(turnout)

    def rename(tx) -> None:
        tx.connection.execute("UPDATE organizations SET slug = 'events' WHERE slug = 'gamma'")
        tx.connection.execute("UPDATE credentials SET is_demo = 1")

    turnout.ok("token", "create", "acme")
    with turnout.database() as db:
        db.call(rename)
    said = turnout("doctor").output
    for line in (
        "warn short names     events",
        "warn distributors    1 shared by organizations since before each had its own",
        "warn demo            1 credential of a demo, which `turnout serve` refuses",
    ):
        assert line in said
    permitted = turnout("doctor", allow_demo="true").output
    assert "of a demo, which `turnout serve` accepts, as TURNOUT_ALLOW_DEMO permits" in permitted
