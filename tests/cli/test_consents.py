"""`turnout consent …`, and the question that asks for it."""

from pathlib import Path

from tests.cli.runner import Turnout
from tests.support.builder import contact
from tests.support.node import new_database, open_node
from turnout.core.events.programme import list_ticket_types
from turnout.core.ids import EventId, OrgId
from turnout.core.questions.model import Answer
from turnout.core.registrations.forms import register_by_form


def _agree(turnout: Turnout, org_id: OrgId, event: EventId) -> None:
    """Ann's form."""
    with turnout.database() as db:
        kind = db.call(list_ticket_types, org_id, event)[0]
        answers = [Answer("News", "yes")]
        db.call(
            register_by_form, org_id, event, kind.id, contact("ann"), "https://t.example",
            answers=answers, language="fr",
        )  # fmt: skip


def test_a_consent_of_a_form_is_listed_shown_exported_and_withdrawn(tmp_path: Path) -> None:
    url = new_database("sqlite", tmp_path)
    with open_node(url) as node:
        account = node.add_account("acme")
    turnout = Turnout(url)
    event = account.event.id
    nobody = "Nobody has consented. See `turnout question add --consent`.\n"
    assert turnout.ok("consent", "list", "acme") == nobody
    turnout.ok(
        "question", "add", "acme", event, "News", "--kind", "agreement",
        "--text", "Write to me.", "--consent", "email",
    )  # fmt: skip
    assert "consent (email)" in turnout.ok("question", "list", "acme", event)
    _agree(turnout, account.org_id, event)
    [_, row] = turnout.ok("consent", "list", "acme").splitlines()
    assert row.split()[:2] == ["email", "ann@example.com"]
    shown = turnout.ok("consent", "show", "acme", "Ann@example.com")
    assert shown.startswith("email since ")
    assert "(form, language fr; question " in shown
    assert shown.endswith(", text 1):\nWrite to me.\n")
    file = tmp_path / "consents.csv"
    assert turnout.ok("consent", "export", "acme", file) == "consents.csv has 1 consent.\n"
    assert "Write to me." in file.read_text("utf-8-sig")
    turnout.ok("optout", "add", "acme", "email", "ann@example.com")
    assert ", withdrawn " in turnout.ok("consent", "show", "acme", "ann@example.com")
    no_effect = ", without effect: the address has opted out ("
    assert no_effect not in turnout.ok("consent", "show", "acme", "ann@example.com")
    _agree(turnout, account.org_id, event)
    assert no_effect in turnout.ok("consent", "show", "acme", "ann@example.com")
    heading, *rows = turnout.ok("consent", "list", "acme").splitlines()
    assert "OPTED OUT" in heading
    assert [" yes " in row for row in rows] == [False, True]
    turnout.ok("consent", "export", "acme", file)
    assert ",yes,form," in file.read_text("utf-8-sig")
    none = turnout.ok("consent", "show", "acme", "bob@example.com")
    assert none == "There is no consent for this address.\n"


def test_an_organization_can_require_consent(tmp_path: Path) -> None:
    url = new_database("sqlite", tmp_path)
    with open_node(url) as node:
        node.add_account("acme")
    turnout = Turnout(url)
    turnout.ok("org", "set", "acme", "--require-consent", "yes")
    assert "Marketing needs consent" in turnout.ok("org", "show", "acme")
    turnout.ok("org", "set", "acme", "--require-consent", "no")
    assert "Marketing needs consent" not in turnout.ok("org", "show", "acme")
