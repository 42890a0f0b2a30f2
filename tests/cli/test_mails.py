"""`turnout mail …` and `turnout event remind`."""

from pathlib import Path

import pytest

from tests.cli.test_tickets import Office
from tests.support.mails import list_mails

BASE = "https://events.example.com"


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """Ann and others are registered for a party."""
    office = Office(tmp_path)
    office.run.settings["base_url"] = BASE
    return office


def test_a_text_is_written_looked_at_and_taken_back(office: Office, tmp_path: Path) -> None:
    where = ("acme", office.event)
    kinds = office.run.ok("mail", "list", *where).splitlines()
    assert [line.split()[0] for line in kinds] == [
        *("KIND", "confirmation", "waiting", "offer", "reminder", "changed", "postponed"),
        *("cancelled", "certificate", "registration_cancelled", "registration_changed"),
        *("transferred", "no_place", "has_places", "no_more"),
    ]
    shown = office.run.ok("mail", "preview", *where, "registration_changed")
    assert shown.startswith("Subject: Your registration was changed: ")
    usual = office.run.ok("mail", "show", *where, "confirmation", "--language", "de")
    assert "Subject: Ihr Ticket: %%event%%" in usual
    assert "This is the text that comes with Turnout, in de." in usual
    assert "%%ticket_link%%" in usual.splitlines()[-1]
    text = tmp_path / "text.md"
    text.write_text("Bis **bald**, %%first_name%%!\n\n%%ticket_link%%\n")
    options = ("--language", "de", "--subject", "Auf zu %%event%%", "--text-file", text)
    said = office.run.ok("mail", "set", *where, "confirmation", *options)
    assert said == f"The confirmation mail of event {office.event} is set, in de.\n"
    assert "de (" in office.run.ok("mail", "list", *where)
    page = tmp_path / "mail.html"
    seen = office.run.ok(
        *("mail", "preview", *where, "confirmation", "--language", "de", "--html-file", page)
    )
    assert seen.splitlines()[:3] == ["Subject: Auf zu Party", "", "Bis bald, Ada!"]
    assert "Bis <strong>bald</strong>, Ada!" in page.read_text()
    said = office.run.ok("mail", "reset", *where, "confirmation", "--language", "de")
    assert said == f"The confirmation mail of event {office.event} is the usual one again, in de.\n"
    assert office.run("mail", "reset", *where, "confirmation", "--language", "de").code == 1


def test_a_text_that_cannot_be_is_refused_with_what_can(office: Office, tmp_path: Path) -> None:
    text = tmp_path / "text.md"
    text.write_text("%%mail%%")
    options = ("--language", "en", "--text-file", text)
    refused = office.run("mail", "set", "acme", office.event, "offer", *options)
    assert refused.code == 1
    assert "A mail of the kind offer has no field %%mail%%." in refused.error
    assert "offer_link" in refused.error
    text.write_text("No link.")
    refused = office.run("mail", "set", "acme", office.event, "offer", *options)
    assert "A mail of the kind offer needs %%offer_link%% in its text." in refused.error


def test_a_test_mail_goes_out(office: Office) -> None:
    where = ("acme", office.event)
    said = office.run.ok(
        *("mail", "test-send", *where, "offer", "--to", "me@example.com", "--language", "es"),
        *("--person", "ann@example.com"),
    )
    assert said == f"The offer mail of event {office.event} is on its way to me@example.com.\n"
    with office.run.database() as db:
        mail = db.call(list_mails, office.org_id)[-1]
    assert (mail.address, mail.subject) == ("me@example.com", "Hay una plaza libre: Party")
    assert mail.text.startswith("Hola, Ann:\n")


def test_everybody_is_reminded(office: Office) -> None:
    where = ("acme", office.event)
    assert "1 person is reminded at " in office.run.ok("event", "remind", *where)
    assert office.run.ok("event", "remind", *where, "--stop") == (
        f"Event {office.event} reminds nobody.\n"
    )
    refused = office.run("event", "remind", *where, "--at", "2001-01-01T09:00")
    assert refused.code == 1
    assert "'2001-01-01T09:00' has passed, or is not before the start" in refused.error


def test_a_text_for_all_events_is_written_and_taken_back(office: Office) -> None:
    run = office.run
    assert run.ok("mail", "list-default", "acme") == "The organization has no texts of its own.\n"
    options = ("--language", "de-AT", "--subject", "Bald: %%event%%")
    said = run.ok("mail", "set-default", "acme", "reminder", *options)
    assert said == "The reminder mail of acme is set, in de.\n"
    assert run.ok("mail", "list-default", "acme").splitlines()[1].split()[:3] == [
        *("reminder", "de", "Bald:")
    ]
    shown = run.ok("mail", "show", "acme", office.event, "reminder", "--language", "de")
    assert "Subject: Bald: %%event%%" in shown
    assert "This is the text of the organization, in de." in shown
    run.ok("mail", "reset-default", "acme", "reminder", "--language", "de")
    again = run("mail", "reset-default", "acme", "reminder", "--language", "de")
    assert "no text of its own for reminder in de" in again.error
