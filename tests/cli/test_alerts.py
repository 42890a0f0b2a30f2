"""`turnout alerts`."""

from pathlib import Path

from tests.cli.runner import Turnout
from tests.support.builder import make_organization
from tests.support.node import new_database


def test_alerts_are_listed(tmp_path: Path) -> None:
    run = Turnout(new_database("sqlite", tmp_path))
    with run.database() as db:
        org_id = db.call(make_organization, "acme")
        assert run.ok("alerts", "acme") == "There was no alert.\n"
        row = f"({org_id}, 'bounces', '7', '{{\"bounced\":30,\"ended\":90,\"percent\":33}}', 0)"
        db.call(lambda tx: tx.connection.execute(f"INSERT INTO alerts VALUES {row}"))
    heading, line = run.ok("alerts", "acme").splitlines()
    assert heading.split() == ["RAISED", "KIND", "WHAT"]
    assert "30 of 90 mails of job 7 came back (33 %)." in line
