"""`turnout credit …`."""

from pathlib import Path

import pytest

from tests.cli.runner import Turnout
from tests.support.builder import make_organization
from tests.support.node import new_database


@pytest.fixture
def run(tmp_path: Path) -> Turnout:
    run = Turnout(new_database("sqlite", tmp_path))
    with run.database() as db:
        db.call(make_organization, "acme")
    return run


def test_credit_is_added_shown_and_ended(run: Turnout) -> None:
    said = run.ok("credit", "add", "acme", "100", "--note", "Invoice 7")
    assert said == "acme has 100.00 left.\n"
    assert run.ok("credit", "add", "acme", "-0.50") == "acme has 99.50 left.\n"
    assert run.ok("credit", "alert", "acme", "20") == "acme is told once below 20.00.\n"
    first, _, taken, paid = run.ok("credit", "show", "acme").splitlines()
    assert first == "acme has 99.50 left; an alert is sent below 20.00."
    assert ("-0.50" in taken, "Invoice 7" in paid) == (True, True)
    assert run.ok("credit", "alert", "acme", "--off") == "Nobody is told.\n"
    assert run.ok("credit", "off", "acme") == "acme pays afterwards.\n"
    refused = run("credit", "show", "acme")
    assert (refused.code, "pays afterwards" in refused.error) == (1, True)


@pytest.mark.parametrize(
    "amount", ["much", "nan", "inf", "1e12", "0.0000001", "0.001", "-0.005", "1,5", ""]
)
def test_an_amount_that_is_none_is_refused(run: Turnout, amount: str) -> None:
    refused = run("credit", "add", "acme", amount)
    assert (refused.code, "no amount such as" in refused.error) == (1, True)


@pytest.mark.parametrize("arguments", [(), ("20", "--off")])
def test_an_alert_has_an_amount_or_is_off(run: Turnout, arguments: tuple[str, ...]) -> None:
    refused = run("credit", "alert", "acme", *arguments)
    assert (refused.code, "or --off" in refused.error) == (1, True)
