"""`turnout certificate …` and `turnout ticket choose`."""

from pathlib import Path

import pytest

from tests.cli.test_tickets import Office
from tests.formats.pdf.reading import read_text
from turnout.core.checkin.scans import Scan, check_in


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """Ann was at the party, which is over."""
    office = Office(tmp_path)
    office.run.settings["base_url"] = "https://events.example.com"
    code = office.tickets()["ann@example.com"]
    with office.run.database() as db:
        db.call(check_in, office.org_id, office.event, Scan(code=code, at=1))
        db.call(lambda tx: tx.connection.execute("UPDATE events SET starts_at = 1, ends_at = 2"))
    return office


def test_certificates_from_template_to_mail(office: Office, tmp_path: Path) -> None:
    org, event = "acme", office.event
    text = tmp_path / "text.txt"
    text.write_text("war dabei: %%event%%.\n")
    said = office.run.ok("certificate", "set", org, event, "--text", text, "--minutes", "30")
    assert said.splitlines() == [
        "Certificate of attendance",
        "war dabei: %%event%%.",
        "Signed by: the organizer",
        "Earned by being checked in or 30 minutes watched.",
    ]
    assert office.run.ok("certificate", "set", org, event) == said
    assert "No certificate" in office.run.ok("certificate", "list", org, event)
    assert office.run.ok("certificate", "issue", org, event) == "1 certificate is issued.\n"
    assert office.run.ok("certificate", "issue", org, event) == "0 certificates are issued.\n"
    row = office.run.ok("certificate", "list", org, event).splitlines()[1].split()
    code = row[0]
    assert row[3:] == ["good", "0", "Ann"]
    file = tmp_path / "certificates.pdf"
    said = office.run.ok("certificate", "print", org, event, file)
    assert said == f"{file} has 1 certificate.\n"
    pdf = "".join(read_text(file.read_bytes()))
    assert "wardabei:Party." in pdf
    assert "https://events.example.com/certificate/" in pdf
    for options, said in [
        (["--dry-run"], "1 certificate would be mailed.\n"),
        ([], "1 certificate is mailed.\n"),
        ([], "0 certificates are mailed.\n"),
        (["--again"], "1 certificate is mailed.\n"),
    ]:
        assert office.run.ok("certificate", "send", org, event, *options) == said
    office.run.ok("certificate", "withdraw", org, code)
    assert "withdrawn" in office.run.ok("certificate", "list", org, event)
    assert "turnout certificate issue" in office.run("certificate", "print", org, event, file).error
    assert office.run("certificate", "withdraw", org, "NONE").code == 1


def test_tickets_that_name_nobody(office: Office, tmp_path: Path) -> None:
    file = tmp_path / "tickets.pdf"
    office.run.ok("ticket", "print", "acme", office.event, file)
    assert "Ann" in "".join(read_text(file.read_bytes()))
    said = office.run.ok("ticket", "choose", "acme", office.event, "--names", "omit")
    assert said == f"Tickets of event {office.event} name nobody.\n"
    office.run.ok("ticket", "print", "acme", office.event, file)
    assert "Ann" not in "".join(read_text(file.read_bytes()))
    office.run.ok("ticket", "choose", "acme", office.event, "--names", "print")
    office.run.ok("ticket", "print", "acme", office.event, file)
    assert "Ann" in "".join(read_text(file.read_bytes()))
    assert office.run("ticket", "choose", "acme", 999, "--names", "omit").code == 1
