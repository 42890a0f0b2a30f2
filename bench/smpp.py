"""What the SMPP carrier carries: `python -m bench.smpp`.

Messages are merged, encoded and submitted to the sink of `smpp_sink.py`, in batches like those of
the delivery worker, and the receipts are taken by an inbox in memory. Figures are a second.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Sequence

import uvloop

from turnout.carriers import Accepted, DeliveryReport, Message, Parcel, Reply
from turnout.carriers.smpp import SmppCarrier, SmppSettings
from turnout.core.ids import JobId, OrgId
from turnout.core.messaging.model import Channel
from turnout.store.sources import system_clock

BATCH = 500
TIMEOUT_S = 300


class _Inbox:
    """Counts, and knows when all have come."""

    def __init__(self, expected: int) -> None:
        self.expected = expected
        self.names: set[str] = set()
        self.calls = 0
        self.is_full = asyncio.Event()

    async def reports(self, reports: Sequence[DeliveryReport]) -> None:
        self.calls += 1
        self.names.update(report.network_id for report in reports)
        if len(self.names) >= self.expected:
            self.is_full.set()

    async def replies(self, replies: Sequence[Reply]) -> None:
        raise AssertionError("the sink never replies")


def measure(messages: int, *, batches: int, binds: int, receipts: bool) -> dict[str, float]:
    """Send so many messages, `batches` of them at once; raises when one is lost."""
    with subprocess.Popen(
        [sys.executable, "-m", "bench.smpp_sink"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as sink:
        assert sink.stdin
        assert sink.stdout
        settings = SmppSettings(
            host="127.0.0.1",
            port=json.loads(sink.stdout.readline())["port"],
            system_id="bench",
            password="bench",
            binds=binds,
            receipts=receipts,
        )
        figures = uvloop.run(_run(settings, messages, batches))
        sink.stdin.close()
        seen = json.loads(sink.stdout.readline())
    assert seen["submitted"] == messages
    assert seen["acknowledged"] == (messages if receipts else 0)
    return figures


async def _run(settings: SmppSettings, messages: int, batches: int) -> dict[str, float]:
    carrier = SmppCarrier(settings, system_clock)
    inbox = _Inbox(messages)
    await carrier.start(inbox)
    numbers = iter(range(0, messages, BATCH))
    began, cpu = time.perf_counter(), time.process_time()

    async def send() -> None:
        for first in numbers:
            parcels = [_parcel(number) for number in range(first, min(first + BATCH, messages))]
            outcomes = await carrier.send(MESSAGE, parcels)
            assert all(isinstance(outcome, Accepted) for outcome in outcomes), outcomes

    async with asyncio.timeout(TIMEOUT_S):
        await asyncio.gather(*(send() for _ in range(batches)))
        submitted_s = time.perf_counter() - began
        if settings.receipts:
            await inbox.is_full.wait()
    reported_s = time.perf_counter() - began
    cpu = time.process_time() - cpu
    await carrier.stop()
    return {
        "submits/s": messages / submitted_s,
        "receipts/s": len(inbox.names) / reported_s,
        "cpu us/message": cpu / messages * 1e6,
        "receipts/call": len(inbox.names) / max(1, inbox.calls),
    }


MESSAGE = Message(
    id=JobId(1),
    org_id=OrgId(1),
    channel=Channel.SMS,
    text="Dear %%firstname%%, doors open at 9. Your ticket: https://example.org/t/%%code%%",
)


def _parcel(number: int) -> Parcel:
    return Parcel(
        attempt_id=number,
        destination=f"614{number:08}",
        sender="61400000000",
        fields={"firstname": "Marguerite", "code": f"{number:08}"},
    )


def main() -> None:
    """Print one line with and one without receipts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=50_000)
    parser.add_argument("--batches", type=int, default=4, help="batches at once")
    parser.add_argument("--binds", type=int, default=1)
    options = parser.parse_args()
    for receipts in (False, True):
        figures = measure(
            options.messages, batches=options.batches, binds=options.binds, receipts=receipts
        )
        shown = "  ".join(f"{name} {value:,.0f}" for name, value in figures.items() if value)
        print(f"{'with' if receipts else 'without'} receipts:  {shown}")


if __name__ == "__main__":
    main()
