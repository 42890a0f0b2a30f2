"""A command about an event or invitation that is not there says so: that is no empty list."""

from pathlib import Path

import pytest

from tests.cli.runner import Result, Turnout, on_new_database

ABOUT_EVENTS = (
    "attendee list acme 42",
    "badge print acme 42 FILE.pdf",
    "certificate issue acme 42",
    "certificate list acme 42",
    "certificate print acme 42 FILE.pdf",
    "certificate send acme 42",
    "certificate set acme 42",
    "event add-session acme 42 Talk",
    "event password acme 42",
    "event show acme 42",
    "gate create acme 42 Door",
    "gate list acme 42",
    "invite list acme 42",
    "media list acme 42",
    "question list acme 42",
    "registration bulk acme 42 tag --to x",
    "registration choose acme 42",
    "registration export acme 42 FILE.csv",
    "registration import acme 42 PEOPLE --preview",
    "registration list acme 42",
    "registration sessions acme 42",
    "scans acme 42",
    "survey list acme 42",
    "ticket create-type acme 42 Hall",
    "ticket print acme 42 FILE.pdf",
    "ticket types acme 42",
    "viewing import acme 42 PEOPLE --preview",
    "viewing list acme 42 ann@example.com",
    "waiting close acme 42",
    "waiting list acme 42",
    "waiting message acme 42 Hello PEOPLE",
    "watch link acme 42 ann@example.com",
)
ABOUT_INVITATIONS = (
    "invite add acme 42 PEOPLE",
    "invite add acme 42 PEOPLE --preview",
    "invite send acme 42",
    "invite send acme 42 --reminder",
)


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> tuple[Turnout, Path]:
    folder = tmp_path_factory.mktemp("known")
    turnout = on_new_database(folder)
    turnout.ok("org", "create", "acme")
    (folder / "PEOPLE").write_text("Email\nann@example.com\n")
    return turnout, folder


def run(acme: tuple[Turnout, Path], command: str) -> Result:
    turnout, folder = acme
    words = [
        str(folder / word) if word.isupper() or word.startswith("FILE") else word
        for word in command.split()
    ]
    return turnout(*words)


@pytest.mark.parametrize("command", ABOUT_EVENTS)
def test_an_event_that_is_not_there_is_no_empty_list(
    acme: tuple[Turnout, Path], command: str
) -> None:
    assert run(acme, command) == Result(1, "", "error: There is no event 42.\n")


@pytest.mark.parametrize("command", ABOUT_INVITATIONS)
def test_an_invitation_that_is_not_there_has_no_preview(
    acme: tuple[Turnout, Path], command: str
) -> None:
    assert run(acme, command) == Result(1, "", "error: There is no invitation 42.\n")
