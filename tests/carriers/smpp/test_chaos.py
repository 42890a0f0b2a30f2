"""A network that throttles, drops links, answers late, twice or never, by chance."""

import asyncio
from collections import Counter

import pytest

from tests.carriers.smpp.carrying import carrying, run
from tests.carriers.smpp.chance import FATES, Chance
from tests.support import proof
from turnout.carriers import Accepted, Message, Outcome, Parcel, Rejected, Retry, Unknown
from turnout.core.ids import JobId, OrgId
from turnout.core.messaging.model import Channel

NAME = "chaos smpp"
PARCELS = proof.scale(1_500, 30_000)
BATCH = 50
SENDERS = 4
TIMEOUT_S = 600
# At most so many copies of one whose outcome is this.
MOST = {Accepted: 1, Unknown: 1}
MESSAGE = Message(id=JobId(1), org_id=OrgId(1), channel=Channel.SMS, text="Hello")


def make_parcel(number: int) -> Parcel:
    return Parcel(attempt_id=number, destination=f"614{number:08}", sender="61400000000")


@pytest.mark.proof
def test_every_message_has_one_outcome_and_what_may_be_repeated_was_not_sent():
    smsc = Chance(proof.random_for(NAME))
    outcomes: dict[int, Outcome] = {}
    told: Counter[int] = Counter()

    async def main() -> None:
        starts = iter(range(1, PARCELS + 1, BATCH))

        async def send(carrier) -> None:
            for start in starts:
                numbers = range(start, min(start + BATCH, PARCELS + 1))
                parcels = [make_parcel(n) for n in numbers]
                found = await carrier.send(MESSAGE, parcels)
                told.update(numbers)
                outcomes.update(zip(numbers, found, strict=True))

        async with (
            smsc.listening(),
            carrying(
                smsc.port,
                binds=3,
                window=20,
                response_timeout_s=0.4,
                patience_s=1.0,
                reconnect_s=0.02,
            ) as carrier,
        ):
            await asyncio.gather(*(send(carrier) for _ in range(SENDERS)))

    run(asyncio.wait_for(main(), TIMEOUT_S))
    wrong = {
        number: (outcome, copies)
        for number, outcome in outcomes.items()
        if not isinstance(outcome, Accepted)
        <= (copies := smsc.taken[f"614{number:08}"])
        <= MOST.get(type(outcome), 0)
    }
    assert wrong == {}
    assert told == dict.fromkeys(range(1, PARCELS + 1), 1)
    kinds = Counter(type(outcome).__name__.lower() for outcome in outcomes.values())
    assert {"accepted", "unknown", "rejected"} <= set(kinds)
    assert set(kinds) <= {kind.__name__.lower() for kind in (Accepted, Unknown, Rejected, Retry)}
    assert set(FATES) <= set(smsc.fates)
    ids = [outcome.network_ids for outcome in outcomes.values() if isinstance(outcome, Accepted)]
    assert len(set(ids)) == len(ids)
    proof.report(NAME, parcels=PARCELS, links=smsc.links, **kinds)
