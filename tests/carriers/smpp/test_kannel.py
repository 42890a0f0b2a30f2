"""The wire as Kannel, a client that is not ours, understands it: it binds, sends what our codec
reads, and takes what our codec writes."""

import asyncio
import random
from functools import partial
from pathlib import Path

from tests.carriers.smpp.carrying import run, wait_until
from tests.carriers.smpp.chance import Chance
from tests.carriers.smpp.kannel import Kannel
from turnout.carriers.smpp import gsm, pdu
from turnout.core.messaging.parts import cut, encode

TEXTS = ["Hello", "€ [x] ~", "Grüße, 你好", "x" * 200, "naïve ünïcode " * 12]


class Reporting(Chance):
    """Takes everything, and reports it as delivered."""

    def __init__(self) -> None:
        super().__init__(random.Random(1), {"taken": 1.0})
        self.read: list[pdu.Sms] = []
        self.acknowledged: list[int] = []

    def submit(self, unit: pdu.Pdu, writer: asyncio.StreamWriter) -> None:
        super().submit(unit, writer)
        sms = pdu.decode_sms(unit.body)
        self.read.append(sms)
        text = f"id:m{len(self.read)} sub:001 dlvrd:001 stat:DELIVRD err:000 text:"
        receipt = pdu.Sms(
            source=sms.destination, destination=sms.source, esm_class=4, content=text.encode()
        )
        body = pdu.encode_sms(receipt)
        writer.write(pdu.encode(pdu.DELIVER_SM, 0, 1000 + len(self.read), body))

    def has_read(self, count: int) -> bool:
        return len(self.read) >= count

    def answered(self, unit: pdu.Pdu) -> None:
        self.acknowledged.append(unit.status)


def read_text(parts: list[pdu.Sms]) -> str:
    """The text of a message's parts, without their headers."""
    pieces = []
    for sms in parts:
        start = sms.content[0] + 1 if sms.esm_class & pdu.ESM_UDHI else 0
        pieces.append(gsm.decode(sms.data_coding, sms.content[start:]))
    return "".join(pieces)


def test_kannel_and_our_codec_mean_the_same(tmp_path: Path):
    async def scenario() -> None:
        async with Reporting().listening() as smsc:
            assert isinstance(smsc, Reporting)
            with await asyncio.to_thread(Kannel(tmp_path, smsc.port).__enter__) as kannel:
                for number, text in enumerate(TEXTS):
                    coding, octets = encode(text)
                    others = {"coding": "2"} if coding == gsm.UCS2 else {}
                    before, count = len(smsc.read), len(cut(coding, octets))
                    said = await asyncio.to_thread(
                        kannel.send, f"+6140000000{number}", text, **{"dlr-mask": "31"}, **others
                    )
                    assert said.startswith("0: Accepted"), said
                    await wait_until(partial(smsc.has_read, before + count))
                    assert read_text(smsc.read[before:]) == text
                await wait_until(lambda: len(smsc.acknowledged) == len(smsc.read))
                assert set(smsc.acknowledged) == {0}
                assert "turnout" in await asyncio.to_thread(kannel.status)

    run(scenario())
