"""Two networks that report as networks really do: one by text, one by optional parameters. Every
receipt ends its own message as it says, or none."""

import asyncio
import random

import pytest

from tests.carriers.smpp.carrying import KeptInbox, carrying, numbers, run, send
from tests.carriers.smpp.chance import Chance
from tests.carriers.smpp.receipt_rows import TEXT_ROWS, TLV_ROWS, Row
from turnout.carriers import Accepted
from turnout.carriers.smpp import pdu


class Odd(Chance):
    """A network that takes a message for each row, and answers and reports as it says."""

    def __init__(self, rows: list[Row]) -> None:
        super().__init__(random.Random(1), {})
        self._rows = dict(zip(numbers(len(rows)), rows, strict=True))

    def submit(self, unit: pdu.Pdu, writer: asyncio.StreamWriter) -> None:
        sms = pdu.decode_sms(unit.body)
        row = self._rows[sms.destination.number]
        answer = row.answered.encode() + b"\0"
        writer.write(pdu.encode(pdu.SUBMIT_SM | pdu.RESPONSE, 0, unit.sequence, answer))
        receipt = pdu.Sms(
            source=sms.destination,
            destination=sms.source,
            esm_class=row.esm_class,
            data_coding=row.coding,
            content=row.text.encode("utf-16-be" if row.coding == 8 else "latin-1"),
            tlvs=row.tlvs,
        )
        writer.write(pdu.encode(pdu.DELIVER_SM, 0, unit.sequence, pdu.encode_sms(receipt)))


@pytest.mark.parametrize("rows", [TEXT_ROWS, TLV_ROWS], ids=["by text", "by parameters"])
def test_every_receipt_ends_its_own_message(rows: list[Row]):
    async def scenario() -> None:
        smsc, inbox = Odd(rows), KeptInbox()
        ends = [row for row in rows if row.means]
        async with (
            smsc.listening(),
            carrying(smsc.port, inbox, receipts_by_text=rows is TEXT_ROWS) as carrier,
        ):
            outcomes = await send(carrier, to=numbers(len(rows)))
            assert outcomes == [Accepted((row.answered,), 1) for row in rows]
            told = await inbox.wait_for_reports(len(ends))
        assert {report.network_id: report.status for report in told} == {
            row.answered: row.means for row in ends
        }
        assert inbox.kept_replies == []

    run(scenario())


def test_there_are_enough_of_them():
    rows = [*TEXT_ROWS, *TLV_ROWS]
    assert len({row.source for row in rows}) >= 60
    assert len({row.answered for row in rows}) == len(rows)
