"""Mail domains: an organization's own once a key of its own is published."""

import pytest

from tests.support.builder import make_organization
from tests.support.failures import refuses
from turnout.core.audit.recording import list_entries
from turnout.core.senders import domains
from turnout.core.senders.domains import (
    Unproven,
    add_domain,
    get_domain,
    list_domains,
    list_signings,
    list_unproven,
    read_domain,
    record_check,
    remove_domain,
)
from turnout.core.senders.keys import NewKey
from turnout.core.senders.model import DkimKey, Found, Signing
from turnout.errors import Conflict, Invalid, Missing

KEYS = [NewKey("t1r", "rsa", "PEM 1", "AAAA"), NewKey("t1e", "ed25519", "PEM 2", "BBBB")]
YES, MISSING, UNKNOWN = Found.YES, Found.MISSING, Found.UNKNOWN
RSA, SMALL = (DkimKey("acme.example", s, p) for s, p in (("t1r", "PEM 1"), ("t1e", "PEM 2")))


def add(db, org_id, domain="Acme.Example"):
    return db.call(add_domain, org_id, domain, KEYS, actor="jo")


def check(db, org_id, rsa, small, returning=MISSING):
    found = {"t1r": rsa, "t1e": small}
    return db.call(record_check, org_id, "acme.example", found, returning, actor="jo")


def test_a_domain_signs_by_the_keys_that_are_published(db, org_id):
    domain, keys = add(db, org_id)
    assert (domain.domain, domain.verified_at, domain.checked_at) == ("acme.example", None, None)
    assert [(key.selector, key.algorithm, key.public) for key in keys] == [
        ("t1r", "rsa", "AAAA"), ("t1e", "ed25519", "BBBB"),
    ]  # fmt: skip
    assert keys[0].name == "t1r._domainkey.acme.example"
    assert db.call(list_signings, org_id) == {}

    assert check(db, org_id, YES, MISSING).verified_at is not None
    assert db.call(list_signings, org_id) == {"acme.example": Signing((RSA,))}
    check(db, org_id, YES, YES, YES)
    both = Signing((RSA, SMALL), "bounces.acme.example")
    assert db.call(list_signings, org_id) == {"acme.example": both}
    # What nobody answered stays; what is gone goes.
    since = db.call(get_domain, org_id, "acme.example")[0].verified_at
    assert check(db, org_id, UNKNOWN, UNKNOWN, UNKNOWN).verified_at == since
    assert db.call(list_signings, org_id) == {"acme.example": both}
    assert check(db, org_id, MISSING, Found.OTHER).verified_at is None
    assert db.call(list_signings, org_id) == {}
    entries = db.call(list_entries, org_id, domains.NOUN, 0)
    assert [entry.action for entry in entries] == ["added", "verified", "lost"]


def test_a_domain_is_one_organizations_alone_as_far_as_it_has_keys(db, org_id):
    other = db.call(make_organization, f"other-{org_id}")
    add(db, org_id)
    check(db, org_id, YES, YES)
    assert db.call(list_signings, other) == {}
    db.call(add_domain, other, "acme.example", KEYS, actor="jo")
    assert db.call(list_signings, other) == {}


def test_a_domain_is_removed_with_its_keys(db, org_id):
    add(db, org_id)
    check(db, org_id, YES, YES)
    db.call(remove_domain, org_id, "ACME.example.", actor="jo")
    assert db.call(list_domains, org_id) == []
    assert db.call(list_signings, org_id) == {}
    with refuses(Missing, "sender.domain_missing", domain="acme.example"):
        db.call(remove_domain, org_id, "acme.example", actor="jo")
    add(db, org_id)


def test_a_domain_is_there_once_and_few_are(db, org_id, monkeypatch):
    add(db, org_id)
    with refuses(Conflict, "sender.domain_known", domain="acme.example"):
        add(db, org_id, "acme.example")
    monkeypatch.setattr(domains, "MOST", 1)
    with refuses(Conflict, "sender.domains_many", limit=1):
        add(db, org_id, "acme.test")


@pytest.mark.parametrize("domain", ["host.example", "NEWS.host.example", "b\u00fccher.example"])
def test_the_installations_own_domain_is_nobodys(db, org_id, domain):
    own = ("localhost", "Host.example", "xn--bcher-kva.example")
    with pytest.raises(Conflict, match="is the installation's own mail domain"):
        db.call(add_domain, org_id, domain, KEYS, own_domains=own, actor="jo")
    for free in ("myhost.example", "example.com"):
        db.call(add_domain, org_id, free, KEYS, own_domains=own, actor="jo")


def test_the_operator_sees_what_nobody_has_proven(db, org_id):
    add(db, org_id)
    before = {found.domain for found in db.call(list_unproven, 1000)}
    assert "acme.example" in before
    assert isinstance(db.call(list_unproven, 1)[0], Unproven)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("acme.example", "acme.example"),
        (" Acme.EXAMPLE. ", "acme.example"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("a-b.c1.example", "a-b.c1.example"),
    ],
)
def test_domains_are_read_as_the_dns_has_them(text, name):
    assert read_domain(text) == name


@pytest.mark.parametrize(
    "text",
    ["", "acme", "jo@acme.example", "127.0.0.1", "[::1]", "a..b", "-a.example", "a b.example",
     "a_b.example", "x" * 64 + ".example", "a." * 120 + "example", "acme.example\n.x", "*.example"],
)  # fmt: skip
def test_what_is_no_domain_is_refused(text):
    with refuses(Invalid, "sender.domain", domain=text):
        read_domain(text)
