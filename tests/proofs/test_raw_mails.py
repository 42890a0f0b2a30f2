"""Every mail of the demo as it leaves: read by the standard library, verified by dkimpy (RSA and
Ed25519), aligned with From, and no spam by SpamAssassin's rules."""

import email
import email.policy
from pathlib import Path
from typing import Any

import dkim  # type: ignore[import-untyped]
import pytest

from tests.support import proof, templates
from tests.support.postfix import SmtpSink, SunkMail
from tests.support.server import Server
from tests.support.spamassassin import Spamd
from turnout.core.identity.organizations import get_organization
from turnout.core.ids import OrgId
from turnout.core.senders.domains import add_domain, record_check
from turnout.core.senders.keys import NewKey, generate_keys
from turnout.core.senders.model import Found
from turnout.settings import Settings
from turnout.store import Tx, open_database

ORG = "rail-forum"
HOST, OWN = "turnout.example", "example.com"
STRICT = email.policy.SMTP.clone(raise_on_defect=True)
MOST_SCORE = 1.0
# What every filter takes for spam: so the judge is awake.
SPAM = (
    b"Subject: Test\r\n\r\nXJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X\r\n"
)


def prove(tx: Tx, org_id: OrgId, keys: list[NewKey]) -> None:
    """The demo's organization has its own domain, with both keys published."""
    add_domain(tx, org_id, OWN, keys, actor="test")
    found = {key.selector: Found.YES for key in keys}
    record_check(tx, org_id, OWN, found, Found.YES, actor="test")


def publish(domain: str, keys: list[NewKey]) -> dict[bytes, bytes]:
    return {
        f"{key.selector}._domainkey.{domain}.".encode(): (
            f"v=DKIM1; k={key.algorithm}; p={key.public}".encode()
        )
        for key in keys
    }


def check_mail(mail: SunkMail, dns: dict[bytes, bytes]) -> str:
    """It is one mail without a fault, signed by the domain of From, which is returned."""
    message = email.message_from_bytes(mail.raw, policy=STRICT)
    assert [part.defects for part in message.walk() if part.defects] == []
    assert all(len(line) <= 998 for line in mail.raw.split(b"\r\n"))
    [sender] = message["From"].addresses
    verifier = dkim.DKIM(mail.raw)

    def lookup(name: bytes, timeout: int = 5) -> bytes:
        return dns[name]

    for number in (0, 1):
        assert verifier.verify(number, dnsfunc=lookup)
        assert verifier.domain.decode() == sender.domain
    signatures = message.get_all("DKIM-Signature")
    assert {signature.partition("a=")[2].partition(";")[0] for signature in signatures or []} == {
        "rsa-sha256",
        "ed25519-sha256",
    }
    [text] = [part for part in message.walk() if part.get_content_type() == "text/plain"]
    assert text.get_content().strip()
    return str(sender.domain)


@pytest.mark.proof
def test_each_mail_of_the_demo_is_sound_signed_and_no_spam(tmp_path: Path) -> None:
    own, host = generate_keys(), generate_keys()
    templates.copy_demo(tmp_path)
    db = open_database(Settings(database_url=f"sqlite:///{tmp_path / 'turnout.db'}"))
    org_id = db.call(get_organization, ORG).org_id
    db.call(prove, org_id, own)
    db.close()
    for key in host:
        (tmp_path / key.selector).write_text(key.private_pem)
    dns = publish(OWN, own) | publish(HOST, host)
    with SmtpSink() as sink, Spamd() as spamd:
        settings: dict[str, Any] = {
            "carrier_email": "smtp",
            "smtp_host": "127.0.0.1",
            "smtp_port": sink.port,
            "smtp_dkim_domain": HOST,
            "smtp_dkim_keys": ",".join(f"{key.selector}={tmp_path / key.selector}" for key in host),
            "smtp_return_path_domain": f"bounces.{HOST}",
            "smtp_return_path_secret": "0123456789abcdef",
            "mail_from": f"tickets@{HOST}",
            "base_url": f"https://{HOST}",
        }
        with Server(tmp_path, **settings):
            mails = sink.wait_for_mails(proof.scale(60, 80))
        domains = {check_mail(mail, dns) for mail in mails}
        # In short one of each subject: they differ in names.
        some = proof.scale([*{mail.message["Subject"]: mail for mail in mails}.values()], mails)
        judged = [(mail.message["Subject"], *spamd.judge(mail.raw)) for mail in some]
        assert spamd.judge(SPAM)[0] > 100
    assert domains == {OWN, HOST}
    assert any(mail.message.is_multipart() for mail in mails)
    assert [told for told in judged if told[1] >= MOST_SCORE] == []
    proof.report(
        "raw mails",
        mails=len(mails),
        judged=len(judged),
        score=max(score for _, score, _ in judged),
    )
