"""`python -m tests.proofs.poison_sending QUEUE URL SECONDS …`: workers that one message kills.

QUEUE is `delivery` or `callback`. It runs the real loops; what stands for the unknown fault is the
carrier, or the way out: at what is named `poison` it ends its process as the kernel does. SECONDS
is how far each one's clock is ahead, so that nobody has to wait for leases to run out. It ends with
0 once nothing is due; how each ended is printed.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from functools import partial
from typing import Any

from tests.core.messaging.jobs import PRICES
from tests.proofs.poison import run, run_each
from turnout.carriers import Accepted, Message, Outcome, Parcel
from turnout.core.messaging.model import Channel
from turnout.core.messaging.sender_ids import SenderRules
from turnout.http.outbound import Answer
from turnout.store import Database, Tx
from turnout.workers.callbacks import callback_loops
from turnout.workers.delivery import Delivery, delivery_loops
from turnout.workers.loop import Loop

POISON = "poison"
OPEN = {
    "delivery": "SELECT count(*) FROM recipients WHERE state <> 'done' AND due_at IS NOT NULL",
    "callback": "SELECT count(*) FROM callbacks WHERE done_at IS NULL AND due_at IS NOT NULL",
}


def end_at(name: str) -> None:
    if POISON in name:
        os.kill(os.getpid(), signal.SIGKILL)


class Killing:
    """A carrier, and a way out, that do not survive what is named so."""

    name = "killing"
    channels = frozenset(Channel)

    async def send(self, _message: Message, parcels: Sequence[Parcel]) -> list[Outcome]:
        for parcel in parcels:
            end_at(parcel.destination)
        return [Accepted((), 1, is_final=True)] * len(parcels)

    async def post(self, url: str, *_: Any, **__: Any) -> Answer:
        end_at(url)
        return Answer(200)


def make_loops(queue: str, db: Database) -> list[Loop]:
    killing: Any = Killing()
    if queue == "callback":
        return callback_loops(db, killing)
    delivery = Delivery(
        carriers=dict.fromkeys(Channel, killing),
        prices=PRICES,
        unsubscribe_url=lambda number: f"https://turnout.test/u/{number}",
        senders=SenderRules("no-reply@turnout.test"),
        lease_ms=60_000,
    )
    return delivery_loops(db, delivery)


async def main(queue: str, url: str, seconds: int) -> None:
    def count_open(tx: Tx) -> int:
        return int(tx.connection.execute(OPEN[queue]).fetchone()[0])

    await run(url, seconds, partial(make_loops, queue), count_open)


if __name__ == "__main__":
    run_each(sys.argv[3:], lambda ahead: asyncio.run(main(sys.argv[1], sys.argv[2], ahead)))
