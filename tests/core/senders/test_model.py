"""Records of a sender domain, and what answers of the DNS mean."""

import base64
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import load_der_public_key, load_pem_private_key

from turnout.core.senders.keys import generate_keys
from turnout.core.senders.model import (
    DkimKey,
    Found,
    Record,
    SenderDomain,
    SenderKey,
    Signing,
    find_domain,
    judge,
    records_of,
)

DOMAIN = SenderDomain("acme.example", 1, None, None, None)
KEY = SenderKey("acme.example", "t1r", "rsa", "QUJD", None)
DKIM = Record("TXT", "t1r._domainkey.acme.example", "v=DKIM1; k=rsa; p=QUJD", True, "t1r")
CNAME = Record("CNAME", "bounces.acme.example", "bounces.host.example", is_needed=False)
DMARC = Record("TXT", "_dmarc.acme.example", "v=DMARC1; p=none", is_needed=False)


def test_a_domain_has_a_record_a_key_and_a_return_path():
    assert records_of(DOMAIN, [KEY], "bounces.host.example") == [DKIM, CNAME, DMARC]
    assert records_of(DOMAIN, [KEY], "") == [DKIM, DMARC]


@pytest.mark.parametrize(
    ("record", "answers", "found"),
    [
        (DKIM, None, Found.UNKNOWN),
        (DKIM, [], Found.MISSING),
        (DKIM, ["v=DKIM1; k=rsa; p=QUJD"], Found.YES),
        (DKIM, ["k=rsa;p=QU JD;"], Found.YES),
        (DKIM, ["p=QUJD"], Found.YES),
        (DKIM, ["v=spf1 -all", "v=DKIM1;p=QUJD; n=x"], Found.YES),
        (DKIM, ["v=DKIM1; k=ed25519; p=QUJD"], Found.OTHER),
        (DKIM, ["v=DKIM2; p=QUJD"], Found.OTHER),
        (DKIM, ["v=DKIM1; p="], Found.OTHER),
        (DKIM, ["v=DKIM1; p=QUJE"], Found.OTHER),
        (DKIM, ["v=DKIM1; p=???"], Found.OTHER),
        (CNAME, ["Bounces.HOST.example."], Found.YES),
        (CNAME, ["bounces.other.example."], Found.OTHER),
        (CNAME, [], Found.MISSING),
        (DMARC, ["v=DMARC1; p=reject; rua=mailto:a@b"], Found.YES),
        (DMARC, ["hello"], Found.OTHER),
    ],
)  # fmt: skip
def test_answers_say_whether_a_record_is_published(record, answers, found):
    assert judge(record, answers) is found


@pytest.mark.parametrize(
    ("address", "is_found"),
    [("jo@acme.example", True), ("jo@NEWS.Acme.example", True), ("jo@example", False),
     ("jo@notacme.example", False), ("jo@acme.example.org", False), ("", False)],
)  # fmt: skip
def test_a_domain_counts_for_those_below_it(address, is_found):
    signing = Signing(())
    assert find_domain(address, {"acme.example": signing}) is (signing if is_found else None)


def test_the_nearest_domain_counts():
    near, far = Signing((), "near"), Signing((), "far")
    known = {"acme.example": far, "news.acme.example": near}
    assert find_domain("jo@a.news.acme.example", known) is near


def test_new_keys_are_pairs_and_never_shown():
    rsa, small = generate_keys()
    assert [rsa.algorithm, small.algorithm] == ["rsa", "ed25519"]
    private: Any = load_pem_private_key(rsa.private_pem.encode(), None)
    assert private.key_size == 2048
    public: Any = load_der_public_key(base64.b64decode(rsa.public))
    assert public.public_numbers() == private.public_key().public_numbers()
    own: Any = load_pem_private_key(small.private_pem.encode(), None)
    assert own.public_key().public_bytes_raw() == base64.b64decode(small.public)
    assert len({key.selector for key in (*generate_keys(), rsa, small)}) == 4
    assert "PRIVATE" not in repr(DkimKey("a.example", "s", rsa.private_pem))
