"""The carrier against Postfix itself: pipelined refusals, and bounces that come back for real."""

import asyncio
from collections.abc import Iterator

import pytest

from tests.carriers.smtp.samples import (
    BOUNCES,
    KeptInbox,
    carrying,
    make_message,
    make_parcel,
    run,
    send,
)
from tests.support import proof
from tests.support.ports import free_port
from tests.support.postfix import Relay, SmtpSink
from turnout.carriers import Accepted, Attachment, DeliveryReport, Rejected, Retry, Signing
from turnout.carriers.smtp.outcomes import RETRY_S
from turnout.core.messaging.model import Status
from turnout.core.senders.keys import generate_keys
from turnout.core.senders.model import DkimKey

LISTENER = free_port()
OWN = "acme.example"


@pytest.fixture(scope="module")
def relay() -> Iterator[Relay]:
    with (
        SmtpSink("-f", "RCPT", "-B", "550 5.1.1 Nobody here") as refusing,
        Relay(
            transports={
                BOUNCES: f"smtp:[127.0.0.1]:{LISTENER}",
                f"bounces.{OWN}": f"smtp:[127.0.0.1]:{LISTENER}",
                "gone.example.net": f"smtp:[127.0.0.1]:{refusing.port}",
            },
            access={
                "refused@example.net": "550 5.1.1 Nobody",
                "later@example.net": "450 4.2.0 Later",
            },
        ) as relay,
    ):
        yield relay


def test_each_of_many_pipelined_mails_gets_its_own_outcome(relay):
    destinations = ["ada@example.net", "refused@example.net", "later@example.net"] * 20
    parcels = [make_parcel(n, destination=to) for n, to in enumerate(destinations, start=1)]
    outcomes = run(send(relay.port, *parcels, connections=2))
    queue_ids = [outcome.network_ids[0] for outcome in outcomes if isinstance(outcome, Accepted)]
    assert len(set(queue_ids)) == 20
    rejected = "<refused@example.net>: Recipient address rejected: Nobody"
    deferred = "<later@example.net>: Recipient address rejected: Later"
    assert outcomes == [
        outcome
        for queue_id in queue_ids
        for outcome in (
            Accepted((queue_id,), is_final=True),
            Rejected(Status.BOUNCED, f"RCPT: 550 5.1.1 {rejected}", is_gone=True),
            Retry(RETRY_S, f"RCPT: 450 4.2.0 {deferred}"),
        )
    ]
    log = relay.log.read_text()
    assert all(f"{queue_id}: message-id=<" in log for queue_id in queue_ids)
    assert "improper command pipelining" not in log


def test_a_bounce_comes_back_as_a_report(relay):
    """The relay takes the mail, the recipient's server refuses it, the relay's notification
    reaches the listener."""

    async def main() -> list[DeliveryReport]:
        inbox = KeptInbox()
        async with carrying(relay.port, inbox, listen_port=LISTENER) as carrier:
            (outcome,) = await carrier.send(
                make_message(attachments=(Attachment("a", "image/png", bytes(400_000)),)),
                [make_parcel(60_000_001, destination="ada@gone.example.net")],
            )
            assert isinstance(outcome, Accepted)
            await asyncio.wait_for(inbox.came.wait(), 15)
            return inbox.kept

    assert run(main()) == [
        DeliveryReport(
            carrier="smtp",
            status=Status.BOUNCED,
            at=1_700_000_000_000,
            attempt_id=60_000_001,
            notes="ada@gone.example.net: 5.1.1 550 5.1.1 Nobody here",
            is_gone=True,
        )
    ]


@pytest.mark.proof
def test_mail_of_an_organizations_domain_comes_back_to_it(relay):
    """Signed by its own keys, from its own return path; each bounce names its own attempt."""
    count = proof.scale(5, 100)
    keys = tuple(DkimKey(OWN, key.selector, key.private_pem) for key in generate_keys())
    message = make_message(signing=Signing(keys, f"bounces.{OWN}"))
    parcels = [
        make_parcel(60_000_100 + n, destination=f"a{n}@gone.example.net", sender=f"jo@{OWN}")
        for n in range(count)
    ]

    async def main() -> list[DeliveryReport]:
        inbox = KeptInbox()
        async with carrying(relay.port, inbox, listen_port=LISTENER) as carrier:
            outcomes = await carrier.send(message, parcels)
            assert all(isinstance(outcome, Accepted) for outcome in outcomes)
            while len(inbox.kept) < count:
                inbox.came.clear()
                await asyncio.wait_for(inbox.came.wait(), 15)
            return inbox.kept

    kept = run(main(), seconds=60)
    assert {(report.attempt_id, report.notes) for report in kept} == {
        (
            parcel.attempt_id,
            f"{parcel.destination}: 5.1.1 550 5.1.1 Nobody here",
        )
        for parcel in parcels
    }
    assert all(report.is_gone for report in kept)
    proof.report("own bounces", mails=count, bounces=len(kept))


def test_a_mail_larger_than_the_relay_takes_is_not_even_begun(relay):
    attachment = Attachment("a", "image/png", bytes(8_000_000))
    (outcome,) = run(send(relay.port, message=make_message(attachments=(attachment,))))
    assert isinstance(outcome, Rejected)
    assert outcome.status == Status.PATHWAY_ERROR
    assert outcome.reason.endswith(" bytes, and the relay takes 10240000")
