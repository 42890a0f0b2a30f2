"""`turnout sender …`, against a name server."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.runner import Turnout
from tests.support.builder import make_organization
from tests.support.node import new_database
from tests.support.zone_server import ZoneServer
from turnout.http import name_lookups

SMTP = {
    "carrier_email": "smtp",
    "smtp_host": "127.0.0.1",
    "smtp_return_path_domain": "bounces.host.example",
    "smtp_return_path_secret": "0123456789abcdef",
}


@pytest.fixture
def turnout(tmp_path: Path) -> Turnout:
    turnout = Turnout(new_database("sqlite", tmp_path))
    with turnout.database() as db:
        db.call(make_organization, "acme")
    return turnout


@pytest.fixture
def dns() -> Iterator[ZoneServer]:
    with ZoneServer() as served:
        yield served


def test_a_domain_is_added_published_and_verified(
    turnout: Turnout, dns: ZoneServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert turnout.ok("sender", "domain", "list", "acme") == "No mail domain is added.\n"
    told = turnout.ok("sender", "domain", "add", "acme", "Acme.example", **SMTP)
    lines = told.splitlines()[2:]
    names = [line.split()[0] for line in lines]
    assert [line.split()[1] for line in lines] == ["TXT", "TXT", "CNAME", "TXT"]
    assert names[2:] == ["bounces.acme.example.", "_dmarc.acme.example."]
    assert lines[2] == "bounces.acme.example. CNAME bounces.host.example."
    # A string of a record has up to 255 characters, and an RSA key needs two.
    assert lines[0].count('"') == 4
    asked = ["sender", "domain", "check", "acme", "acme.example", "--resolver", dns.address]

    missing = turnout(*asked, **SMTP)
    assert missing.code == 1
    assert missing.output.splitlines()[:4] == [
        f"TXT {names[0][:-1]}: missing",
        f"TXT {names[1][:-1]}: missing",
        "CNAME bounces.acme.example: missing (optional)",
        "TXT _dmarc.acme.example: missing (optional)",
    ]
    assert missing.output.splitlines()[5:9] == lines
    assert turnout.ok("sender", "domain", "list", "acme").splitlines()[1].split()[1] == "no"

    dns.publish("\n".join(lines[:3]))
    verified = turnout.ok(*asked, **SMTP).splitlines()
    assert [line.rpartition(": ")[2] for line in verified[:4]] == [
        "published", "published", "published (optional)", "missing (optional)",
    ]  # fmt: skip
    assert verified[-1] == "acme.example is verified: its mail is signed by the keys found."
    assert " bounces.acme.example " in turnout.ok("sender", "domain", "list", "acme")

    # A name server that is away takes nothing back; a record that is gone does.
    dns.is_silent = True
    monkeypatch.setattr(name_lookups, "LOOKUP_S", 0.3)
    away = [*asked[:-1], "127.0.0.1:1"]
    assert "no name server answered" in turnout.ok(*away, **SMTP)
    monkeypatch.undo()
    dns.is_silent = False
    dns.zone = {(names[0].rstrip("."), "TXT"): ['"v=DKIM1; p="']}
    lost = turnout(*asked, **SMTP)
    assert lost.code == 1
    assert f"TXT {names[0][:-1]}: different" in lost.output

    said = turnout.ok("sender", "domain", "remove", "acme", "acme.example")
    assert said == "The domain is removed, and its keys are gone.\n"
    gone = turnout(*asked, **SMTP)
    assert gone.error == "error: acme.example is not among the organization's mail domains.\n"


@pytest.mark.parametrize("domain", ["mail.host.example", "bounces.host.example", "own.example"])
def test_the_installations_own_domain_is_refused(turnout: Turnout, domain: str) -> None:
    chosen = SMTP | {"mail_from": "tickets@mail.host.example", "sender_domains": "own.example"}
    refused = turnout("sender", "domain", "add", "acme", domain, **chosen)
    assert (refused.code, refused.output) == (1, "")
    assert refused.error.startswith(f"error: {domain} is the installation's own mail domain")


def test_without_return_paths_none_is_published(turnout: Turnout) -> None:
    told = turnout.ok("sender", "domain", "add", "acme", "acme.example")
    assert "CNAME" not in told


@pytest.mark.parametrize("resolver", ["nowhere.example", "127.0.0.1:x", "1.2.3.4.5", "[::1"])
def test_a_resolver_is_an_address(turnout: Turnout, resolver: str) -> None:
    turnout.ok("sender", "domain", "add", "acme", "acme.example")
    refused = turnout("sender", "domain", "check", "acme", "acme.example", "--resolver", resolver)
    assert refused.code == 1
    assert refused.error.startswith(f"error: {resolver!r} is not a name server, such as")


def test_sender_ids_are_listed(turnout: Turnout) -> None:
    assert turnout.ok("sender", "id", "list", "acme") == "No sender id is listed.\n"
    said = turnout.ok("sender", "id", "add", "acme", "+61 400 000 100")
    assert said == "61400000100 may be the sender of texts.\n"
    assert turnout.ok("sender", "id", "list", "acme").splitlines()[1].split()[0] == "61400000100"
    said = turnout.ok("sender", "id", "remove", "acme", "61400000100")
    assert said == "61400000100 is no sender of texts any more.\n"
    wrong = turnout("sender", "id", "add", "acme", "a@b")
    assert (wrong.code, wrong.error) == (
        1, "error: 'a@b' is neither a number nor a name of up to 11 letters and digits.\n",
    )  # fmt: skip
