"""Mail goes out from a proven domain, signed by its keys, or via the installation's sender."""

import asyncio

import dkim  # type: ignore[import-untyped]
import msgspec
import pytest

from tests.carriers.smtp.samples import AT_S, carrying
from tests.support.node import LocalNode
from tests.support.postfix import SmtpSink
from tests.workers.test_messages import head_of
from turnout.carriers import Accepted, Message, Parcel
from turnout.core.ids import JobId, OrgId
from turnout.core.messaging.model import Channel, Content, JobType
from turnout.core.messaging.sender_ids import MailSender, SenderRules
from turnout.core.senders.domains import add_domain, record_check
from turnout.core.senders.keys import generate_keys
from turnout.core.senders.model import DkimKey, Found, Signing
from turnout.workers.senders import Senders, with_sender

RULES = SenderRules("tickets@host.example", ("host.example",))
NEW_KEYS = generate_keys()
SIGNING = Signing(
    tuple(DkimKey("acme.example", key.selector, key.private_pem) for key in NEW_KEYS),
    "bounces.acme.example",
)


def lookup(name: bytes, timeout: int = 5) -> bytes:
    """The DNS in which the domain's keys are published."""
    return {
        f"{key.selector}._domainkey.acme.example.".encode(): (
            f"v=DKIM1; k={key.algorithm}; p={key.public}".encode()
        )
        for key in NEW_KEYS
    }[name]


def message_of(**members: str) -> Message:
    return Message(
        id=JobId(1),
        org_id=OrgId(1),
        channel=Channel.EMAIL,
        subject="News",
        text="Hi",
        **members,  # type: ignore[arg-type]
    )


def test_a_message_via_the_installation_says_in_whose_name_it_is():
    via = MailSender("tickets@host.example", "jo@else.test", is_via=True)
    shown = with_sender(message_of(from_name="Jo"), via)
    assert (shown.from_name, shown.reply_to) == ("Jo via host.example", "jo@else.test")
    shown = with_sender(message_of(reply_to="desk@else.test"), via)
    assert (shown.from_name, shown.reply_to) == ("else.test via host.example", "desk@else.test")
    sent = msgspec.structs.replace(message_of(), headers={"List-Id": "<org-1.else.test>"})
    assert with_sender(sent, via).headers == {"List-Id": "<org-1.host.example>"}
    own = MailSender("jo@host.example", "jo@host.example")
    assert with_sender(message_of(), own) == message_of()


@pytest.mark.parametrize(
    ("job_type", "sender"),
    [(JobType.SMS, "news@example.org"), (JobType.EMAIL, "tickets@host.example")],
)
def test_only_mails_go_via(node: LocalNode, job_type: JobType, sender: str) -> None:
    senders = Senders(node.db, RULES)
    found = asyncio.run(senders.find(head_of(Content(text="Hi"), job_type)))
    assert found.address == sender


def test_a_domain_that_is_verified_counts_within_seconds(node: LocalNode) -> None:
    org_id = node.add_account().org_id
    head = head_of(Content(text="Hi"), JobType.EMAIL)
    head = msgspec.structs.replace(head, org_id=org_id, sender="jo@acme.example")
    senders = Senders(node.db, RULES)
    node.db.call(add_domain, org_id, "acme.example", NEW_KEYS, actor="jo")
    assert asyncio.run(senders.find(head)).is_via
    found = dict.fromkeys((key.selector for key in NEW_KEYS), Found.YES)
    node.db.call(record_check, org_id, "acme.example", found, Found.YES, actor="jo")
    node.clock.advance(5)
    after = asyncio.run(senders.find(head))
    assert (after.is_via, after.address) == (False, "jo@acme.example")


def test_a_proven_domain_signs_twice_and_takes_its_own_bounces() -> None:
    """With RSA and with Ed25519, as dkimpy verifies, aligned with From and the return path."""
    message = with_sender(message_of(), MailSender("jo@acme.example", "", SIGNING))
    parcel = Parcel(attempt_id=7, destination="ann@example.com", sender="jo@acme.example")

    async def main(port: int) -> None:
        async with carrying(port) as carrier:
            [outcome] = await carrier.send(message, [parcel])
            assert isinstance(outcome, Accepted)

    with SmtpSink() as sink:
        asyncio.run(main(sink.port))
        [mail] = sink.wait_for_mails(1)
    verifier = dkim.DKIM(mail.raw)
    assert [verifier.verify(n, dnsfunc=lookup) for n in (0, 1)] == [True, True]
    assert verifier.domain == b"acme.example"
    assert mail.message["From"] == "jo@acme.example"
    assert mail.mail_arguments.split()[0].endswith("@bounces.acme.example>")
    assert mail.message["Message-ID"].endswith("@bounces.acme.example>")
    assert f"t={AT_S}" in mail.message["DKIM-Signature"]
