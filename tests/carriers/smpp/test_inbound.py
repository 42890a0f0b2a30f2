"""Receipts that overtake the answers to their submissions, without a network."""

import asyncio

from tests.carriers.smpp.carrying import NOW, KeptInbox, run, settings_for
from turnout.carriers import DeliveryReport
from turnout.carriers.smpp.inbound import BATCH, Inbound
from turnout.carriers.smpp.pdu import Address, Sms
from turnout.carriers.smpp.submissions import Batch, Part, Submissions
from turnout.core.messaging.model import Status


def make_receipt(network_id: str) -> Sms:
    return Sms(
        source=Address(1, 1, "61400000001"),
        destination=Address(1, 1, "61400000000"),
        esm_class=4,
        content=f"id:{network_id} stat:DELIVRD".encode(),
    )


def report(network_id: str, *, is_known: bool = True) -> DeliveryReport:
    return DeliveryReport(
        carrier="smpp", status=Status.SENT, at=NOW, network_id=network_id, is_loose=not is_known
    )


def begin() -> tuple[Inbound, Submissions, KeptInbox, Part]:
    """An inbound side, with one submission under way."""
    submissions = Submissions(expects_receipts=True)
    submissions.add(Batch(1), 0, [b""], 1e9)
    part = submissions.take()
    assert part
    inbox = KeptInbox()
    inbound = Inbound("smpp", settings_for(1), submissions, lambda: NOW)
    inbound.start(inbox)
    return inbound, submissions, inbox, part


def test_reports_wait_for_what_was_under_way_when_they_came_and_no_longer():
    async def scenario() -> None:
        inbound, submissions, inbox, part = begin()
        statuses: list[int] = []
        names = [f"m{number}" for number in range(2 * BATCH)]
        for name in names:
            inbound.receive(make_receipt(name), statuses.append)
        # One whose submission was answered passes the others.
        submissions.add(Batch(1), 0, [b""], 1e9)
        younger = submissions.take()
        assert younger
        submissions.accept(younger, "known")
        inbound.receive(make_receipt("known"), statuses.append)
        assert await inbox.wait_for_reports(1) == [report("known")]
        await asyncio.sleep(0.02)
        assert len(inbox.kept_reports) == 1
        submissions.add(Batch(1), 0, [b""], 1e9)
        assert submissions.take()
        submissions.accept(part, "m7")
        kept = await inbox.wait_for_reports(len(names) + 1)
        assert kept[1:] == [report(name, is_known=name == "m7") for name in names]
        await inbound.stop()
        assert statuses == [0] * (len(names) + 1)

    run(scenario())


def test_reports_do_not_wait_for_ever(monkeypatch):
    monkeypatch.setattr("turnout.carriers.smpp.inbound.HOLD_S", 0.05)

    async def scenario() -> None:
        inbound, submissions, inbox, _ = begin()
        statuses: list[int] = []
        inbound.receive(make_receipt("m1"), statuses.append)
        assert await inbox.wait_for_reports(1) == [report("m1", is_known=False)]
        assert submissions.is_under_way(submissions.last_turn)
        await inbound.stop()
        inbound.receive(make_receipt("m2"), statuses.append)
        assert statuses == [0, 0x64]

    run(scenario())
