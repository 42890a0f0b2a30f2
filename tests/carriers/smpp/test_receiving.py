"""Receipts and replies from a network that is not written by us, on their way to the inbox."""

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from tests.carriers.smpp.carrying import (
    NOW,
    KeptInbox,
    carrying,
    connected,
    numbers,
    run,
    send,
)
from tests.carriers.smpp.peer import Peer
from turnout.carriers import Accepted, DeliveryReport, Reply
from turnout.core.messaging.model import Status

OK = {"event": "answered", "status": 0, "command": "deliver_sm_resp"}
LATER = {"event": "answered", "status": 0x64, "command": "deliver_sm_resp"}


@pytest.fixture
def quick(monkeypatch):
    """Everything that waits for a second or so waits less."""
    monkeypatch.setattr("turnout.carriers.smpp.reassembly.ANSWER_S", 0.1)
    monkeypatch.setattr("turnout.carriers.smpp.inbound.AFTER_ERROR_S", 0.05)


def report(network_id: str, status: Status = Status.SENT, notes: str = "") -> DeliveryReport:
    return DeliveryReport(carrier="smpp", status=status, at=NOW, network_id=network_id, notes=notes)


def stranger(network_id: str) -> DeliveryReport:
    """One of a message that this process does not know."""
    return msgspec.structs.replace(report(network_id), is_loose=True)


def reply(text: str, sender: str = "61400000001") -> Reply:
    return Reply(carrier="smpp", sender=sender, recipient="61400000000", text=text, at=NOW)


def deliver(peer: Peer, text: Any, **others: Any) -> None:
    """Have a person send a text: a string, or octets in hex."""
    content = {"hex": text.hex()} if isinstance(text, bytes) else {"short_message": text}
    peer.order(
        "deliver",
        message={
            "source_addr": "+61400000001",
            "destination_addr": "61400000000",
            "data_coding": 0,
            **content,
            **others,
        },
    )


def deliver_parts(peer: Peer, parts: Sequence[bytes], header: bytes, order: Sequence[int]) -> None:
    """Have a person send a long text; `header` is what comes before total and number."""
    for number in order:
        udh = header + bytes((len(parts), number))
        deliver(peer, bytes((len(udh),)) + udh + parts[number - 1], esm_class=0x40)


@pytest.mark.parametrize("how", ["tlv", "text", "early"])
def test_each_message_is_reported(how: str):
    async def scenario() -> None:
        async with connected(receipts=how) as (peer, carrier, inbox):
            assert await send(carrier, to=numbers(3)) == [
                Accepted(("m1",), 1),
                Accepted(("m2",), 1),
                Accepted(("m3",), 1),
            ]
            reports = await inbox.wait_for_reports(3)
            assert sorted(reports, key=lambda report: report.network_id) == [
                report("m1"),
                report("m2"),
                report("m3"),
            ]
            assert await peer.wait_for("answered", 3) == [OK] * 3

    run(scenario())


def test_a_report_that_overtakes_the_answer_waits_for_it():
    async def scenario() -> None:
        async with connected(receipts="early", delayMs=500) as (peer, carrier, inbox):
            sending = asyncio.create_task(send(carrier))
            await peer.wait_for("submit")
            peer.order("enquire")
            await peer.wait_for("alive")
            # The report came before the enquiry, and nobody has it yet.
            assert (inbox.kept_reports, await peer.look("answered")) == ([], [])
            assert await sending == [Accepted(("m1",), 1)]
            assert await inbox.wait_for_reports(1) == [report("m1")]

    run(scenario())


def test_a_report_on_a_stranger_is_not_held_back_for_long():
    async def scenario() -> None:
        async with connected(silent=True, response_timeout_s=0.3, enquire_link_s=0.1) as (
            peer,
            carrier,
            inbox,
        ):
            sending = asyncio.create_task(send(carrier))
            await peer.wait_for("submit")
            deliver(peer, "id:stranger stat:DELIVRD", esm_class=4)
            assert await inbox.wait_for_reports(1) == [
                msgspec.structs.replace(report("stranger"), is_loose=True)
            ]
            assert sending.done()
            deliver(peer, "id:another stat:DELIVRD", esm_class=4)
            assert await inbox.wait_for_reports(2) == [stranger("stranger"), stranger("another")]
            await sending

    run(scenario())


def test_what_a_report_says():
    async def scenario() -> None:
        async with connected(receipts="text", stat="UNDELIV", err="011") as (peer, carrier, inbox):
            await send(carrier)
            await inbox.wait_for_reports(1)
            await peer.set(receipts="tlv", state=8)
            await send(carrier)
            await inbox.wait_for_reports(2)
            # Nothing final: acknowledged, and that is all.
            await peer.set(state=1)
            await send(carrier)
            deliver(peer, "stat:DELIVRD, but of what?", esm_class=4)
            assert await peer.wait_for("answered", 4) == [OK] * 4
            assert inbox.kept_reports == [
                report("m1", Status.FAILED, "UNDELIV error 011"),
                report("m2", Status.BLOCKED, "REJECTD"),
            ]

    run(scenario())


def test_ids_in_hex_and_in_decimal_meet():
    async def scenario() -> None:
        async with connected(receipts="text", hexIds=True, receipt_ids="decimal") as (
            _,
            carrier,
            inbox,
        ):
            (outcome,) = await send(carrier)
            assert outcome == Accepted((str(0xABC1),), 1)
            assert await inbox.wait_for_reports(1) == [report(str(0xABC1))]

    run(scenario())


def test_without_receipts_nothing_is_expected():
    async def scenario() -> None:
        async with (
            Peer.start(receipts="tlv") as peer,
            carrying(peer.port, receipts=False) as carrier,
        ):
            assert await send(carrier) == [Accepted(("m1",), 1, is_final=True)]
            assert [submit["registered"] for submit in await peer.look("submit")] == [0]

    run(scenario())


def test_replies_in_every_alphabet():
    async def scenario() -> None:
        async with connected() as (peer, _, inbox):
            deliver(peer, "STOP {€}")
            deliver(peer, "Ж 🎟 你好", data_coding=8)
            deliver(peer, "Grüße", data_coding=3)
            deliver(peer, "from afar", source_addr="+4915112345678")
            deliver(peer, "", message_payload="long " * 100)
            assert await inbox.wait_for_replies(5) == [
                reply("STOP {€}"),
                reply("Ж 🎟 你好"),
                reply("Grüße"),
                reply("from afar", "4915112345678"),
                reply("long " * 100),
            ]
            assert await peer.wait_for("answered", 5) == [OK] * 5

    run(scenario())


def test_a_text_that_looks_like_a_receipt_is_a_reply():
    async def scenario() -> None:
        async with connected() as (peer, _, inbox):
            deliver(peer, "id:m1 stat:DELIVRD err:000")
            assert await inbox.wait_for_replies(1) == [reply("id:m1 stat:DELIVRD err:000")]
            assert inbox.kept_reports == []

    run(scenario())


def test_long_replies_are_put_together():
    parts = [b"one ", b"two ", b"three"]

    async def scenario() -> None:
        async with connected() as (peer, _, inbox):
            deliver_parts(peer, parts, b"\x00\x03\x07", [3, 1, 2])
            assert await inbox.wait_for_replies(1) == [reply("one two three")]
            deliver_parts(peer, parts, b"\x08\x04\x01\x07", [1, 3, 1, 2])
            await inbox.wait_for_replies(2)
            for number in (2, 1):
                sar = {"sar_msg_ref_num": 9, "sar_total_segments": 2, "sar_segment_seqnum": number}
                deliver(peer, f"{number} of 2.", **sar)
            assert await inbox.wait_for_replies(3) == [
                reply("one two three"),
                reply("one two three"),
                reply("1 of 2.2 of 2."),
            ]
            assert await peer.wait_for("answered", 9) == [OK] * 9

    run(scenario())


def test_a_network_that_sends_one_part_at_a_time_is_not_kept_waiting(quick):
    async def scenario() -> None:
        async with connected() as (peer, _, inbox):
            for number in (1, 2):
                deliver_parts(peer, [b"STOP", b"!"], b"\x00\x03\x07", [number])
                await peer.wait_for("answered", number)
            assert inbox.kept_replies == [reply("STOP!")]

    run(scenario())


def test_a_reply_of_which_a_part_never_comes():
    async def scenario() -> None:
        async with connected(reassembly_s=0.1) as (peer, _, inbox):
            deliver_parts(peer, [b"STOP", b"!"], b"\x00\x03\x07", [1])
            assert await inbox.wait_for_replies(1) == [reply("STOP[…]")]
            assert await peer.wait_for("answered") == [OK]

    run(scenario())


def test_nothing_is_acknowledged_before_it_is_stored():
    async def scenario() -> None:
        async with connected() as (peer, _, inbox):
            inbox.may_go_on.clear()
            deliver(peer, "one")
            deliver(peer, "two")
            for count in (1, 2, 3):
                peer.order("enquire")
                await peer.wait_for("alive", count)
            assert await peer.look("answered") == []
            inbox.may_go_on.set()
            assert await inbox.wait_for_replies(2) == [reply("one"), reply("two")]
            assert await peer.wait_for("answered", 2) == [OK] * 2

    run(scenario())


def test_what_cannot_be_stored_is_left_to_the_network(quick):
    async def scenario() -> None:
        async with connected(receipts="tlv") as (peer, carrier, inbox):
            inbox.works = False
            await send(carrier)
            deliver(peer, "hello")
            deliver_parts(peer, [b"STOP", b"!"], b"\x00\x03\x07", [1, 2])
            assert await peer.wait_for("answered", 4) == [LATER] * 4
            inbox.works = True
            deliver_parts(peer, [b"STOP", b"!"], b"\x00\x03\x07", [1, 2])
            assert await inbox.wait_for_replies(1) == [reply("STOP!")]
            assert (await peer.wait_for("answered", 6))[4:] == [OK] * 2
            assert inbox.kept_reports == []

    run(scenario())


def test_a_part_that_was_acknowledged_is_not_lost_with_a_failing_inbox(quick):
    async def scenario() -> None:
        async with connected() as (peer, _, inbox):
            deliver_parts(peer, [b"STOP", b"!"], b"\x00\x03\x07", [1])
            await peer.wait_for("answered")
            inbox.works = False
            deliver_parts(peer, [b"STOP", b"!"], b"\x00\x03\x07", [2])
            assert (await peer.wait_for("answered", 2))[1] == LATER
            inbox.works = True
            deliver_parts(peer, [b"STOP", b"!"], b"\x00\x03\x07", [2])
            assert await inbox.wait_for_replies(1) == [reply("STOP!")]

    run(scenario())


def test_what_comes_together_is_stored_together():
    async def scenario() -> None:
        async with connected(receipts="tlv", window=500) as (peer, carrier, inbox):
            inbox.may_go_on.clear()
            outcomes = await send(carrier, to=numbers(1000))
            peer.order("enquire")
            await peer.wait_for("alive")
            # All reports are here; the first of them are in the inbox, which takes its time.
            inbox.may_go_on.set()
            reports = await inbox.wait_for_reports(1000)
            ids = {outcome.network_ids[0] for outcome in outcomes if isinstance(outcome, Accepted)}
            assert {report.network_id for report in reports} == ids
            assert len(ids) == len(reports) == 1000
            assert max(inbox.batches) == 200
            assert len(inbox.batches) <= 6
            assert await peer.wait_for("answered", 1000) == [OK] * 1000

    run(scenario())


def test_more_than_may_wait_in_memory_is_left_to_the_network(monkeypatch):
    monkeypatch.setattr("turnout.carriers.smpp.inbound.MAX_WAITING", 3)

    async def scenario() -> None:
        async with connected() as (peer, _, inbox):
            inbox.may_go_on.clear()
            for number in range(30):
                deliver(peer, f"reply {number}")
            told = await peer.wait_for("answered", 24)
            assert told == [LATER] * len(told)
            inbox.may_go_on.set()
            told = await peer.wait_for("answered", 30)
            kept = await inbox.wait_for_replies(told.count(OK))
            assert told.count(OK) + told.count(LATER) == 30
            assert 3 <= len(kept) == told.count(OK) <= 6

    run(scenario())


def test_a_graceful_stop_stores_what_it_acknowledged(quick):
    async def scenario() -> None:
        inbox = KeptInbox()
        async with Peer.start() as peer:
            async with carrying(peer.port, inbox):
                await peer.wait_for("bind")
                deliver_parts(peer, [b"STOP", b"!"], b"\x00\x03\x07", [1])
                await peer.wait_for("answered")
            assert inbox.kept_replies == [reply("STOP[…]")]
            assert len(await peer.wait_for("unbind")) == 1

    run(scenario())
