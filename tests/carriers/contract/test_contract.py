"""What every carrier promises, whatever its network: see `turnout.carriers.Carrier`."""

import asyncio
import threading
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import pytest
import uvloop

from tests.carriers.contract.networks import NETWORKS, Network
from turnout import carriers
from turnout.carriers import (
    Accepted,
    Lapsed,
    Misconfigured,
    Outcome,
    Rejected,
    Retry,
    Unknown,
)
from turnout.carriers.accounts import NETWORKS as ALL_NETWORKS
from turnout.core.messaging.model import Channel

MANY = 120
Scenario = Callable[[Network], Awaitable[None]]


@pytest.fixture(params=NETWORKS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def play(kind: str, tmp_path: Path) -> Callable[[Scenario], None]:
    """Run a scenario with this kind of network, in the event loop of the product."""

    def play(scenario: Scenario) -> None:
        async def main() -> None:
            async with asyncio.timeout(30), NETWORKS[kind](tmp_path) as network:
                await scenario(network)

        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(main())

    return play


def test_every_carrier_is_held_to_the_contract():
    folder = Path(carriers.__file__).parent
    assert set(NETWORKS) == set(ALL_NETWORKS)
    assert set(NETWORKS) == {path.parent.name for path in folder.glob("*/carrier.py")}


def test_it_says_who_it_is_and_what_it_carries(kind, play):
    async def scenario(network):
        assert network.carrier.name == kind
        assert network.message.channel in network.carrier.channels <= set(Channel)

    play(scenario)


def test_each_parcel_has_one_outcome_in_its_place_and_is_taken_once(play):
    async def scenario(network):
        outcomes = await network.send(*(network.parcel(n) for n in range(1, MANY + 1)))
        assert [type(outcome) for outcome in outcomes] == [Accepted] * MANY
        ids = [id_ for outcome in outcomes for id_ in outcome.network_ids]
        assert len(set(ids)) == len(ids)
        taken = Counter(await network.taken())
        expected = {(network.good(n), f"Hello {n}") for n in range(1, MANY + 1)}
        assert {(to, text.strip()) for to, text in taken} == expected
        assert set(taken.values()) == {1}

    play(scenario)


class Looks:
    """A lease that holds for so many looks."""

    def __init__(self, count: int) -> None:
        self.left = count

    def holds(self, _id: int) -> bool:
        self.left -= 1
        return self.left >= 0


# How often each looks before a message is handed over: the last time with the first byte of what
# the network can act upon.
LOOKS = {"smtp": 2, "smpp": 1, "http_sms": 2, "mm7": 2, "simulator": 1, "sip": 3, "sip_fax": 3}


def test_what_is_not_ours_any_more_is_not_handed_over(kind, play):
    async def scenario(network):
        leases = [Looks(LOOKS[kind]), *(Looks(number) for number in range(LOOKS[kind])), None]
        parcels = [
            msgspec.structs.replace(network.parcel(n), lease=lease)
            for n, lease in enumerate(leases, 1)
        ]
        outcomes = await network.send(*parcels)
        lapsed = [Lapsed] * LOOKS[kind]
        assert [type(outcome) for outcome in outcomes] == [Accepted, *lapsed, Accepted]
        assert sorted(to for to, _ in await network.taken()) == sorted(
            [network.good(1), network.good(len(parcels))]
        )

    play(scenario)


def test_no_parcels_have_no_outcomes(play):
    async def scenario(network):
        assert await network.send() == []
        assert await network.taken() == []

    play(scenario)


def test_one_that_is_refused_holds_nobody_up(play):
    async def scenario(network):
        parcels = [
            network.parcel(1),
            network.parcel(2, network.refused),
            network.parcel(3, network.put_off),
            network.parcel(4),
        ]
        outcomes = await network.send(*parcels)
        assert [type(outcome) for outcome in outcomes] == [Accepted, Rejected, Retry, Accepted]
        assert outcomes[1].reason
        assert outcomes[2].after_s > 0
        assert outcomes[2].reason
        taken = [to for to, _ in await network.taken()]
        assert sorted(taken) == sorted([network.good(1), network.good(4)])

    play(scenario)


def test_many_may_send_at_once(play):
    async def scenario(network):
        batches = await asyncio.gather(
            *(network.send(*(network.parcel(b * 10 + n) for n in range(1, 11))) for b in range(20))
        )
        assert [[type(outcome) for outcome in batch] for batch in batches] == [[Accepted] * 10] * 20
        assert len(set(await network.taken())) == 200

    play(scenario)


class Fields(dict[str, str]):
    """Merge fields that note in which threads they are read."""

    def __init__(self, *args: object) -> None:
        super().__init__(*args)
        self.readers: set[int] = set()

    def get(self, name: str, default: str = "") -> str:  # type: ignore[override]
        self.readers.add(threading.get_ident())
        return super().get(name, default)


def test_large_texts_are_merged_off_the_event_loop(play):
    async def scenario(network):
        if network.message.channel is Channel.FAX:
            return  # nothing is merged: its pages are drawn by a process
        fields = Fields({"n": "1"})
        parcel = msgspec.structs.replace(
            network.parcel(1), fields=fields, size=carriers.LARGE_TEXTS + 1
        )
        [outcome] = await network.send(parcel)
        assert isinstance(outcome, Accepted)
        assert [text.strip() for _, text in await network.taken()] == ["Hello 1"]
        assert fields.readers
        assert threading.get_ident() not in fields.readers

    play(scenario)


def test_what_is_not_final_is_reported_under_its_id(play):
    async def scenario(network):
        outcomes = await network.send(*(network.parcel(n) for n in range(1, 6)))
        assert {outcome.is_final for outcome in outcomes} <= {True, False}
        open_ids = [outcome.network_ids for outcome in outcomes if not outcome.is_final]
        assert all(open_ids)
        await network.tell([id_ for ids in open_ids for id_ in ids])
        reports = await network.inbox.wait_for(len(open_ids))
        assert sorted(report.network_id for report in reports) == sorted(
            id_ for ids in open_ids for id_ in ids
        )
        assert {report.carrier for report in reports} <= {network.carrier.name}
        assert all(report.status == "SENT" for report in reports)

    play(scenario)


def test_without_its_network_nothing_counts_as_sent(play):
    async def scenario(network):
        parcels = [network.parcel(n) for n in (1, 2)]
        async with asyncio.timeout(10):
            outcomes: list[Outcome] = await network.lost.send(network.message, parcels)
        assert len(outcomes) == 2
        assert all(isinstance(outcome, Retry | Misconfigured) for outcome in outcomes)
        assert not any(isinstance(outcome, Unknown) for outcome in outcomes)
        assert await network.taken() == []

    play(scenario)


def test_stopping_finishes_what_is_under_way_and_takes_nothing_more(play):
    async def scenario(network):
        sending = asyncio.ensure_future(network.send(*(network.parcel(n) for n in range(1, 21))))
        await asyncio.sleep(0)
        await network.carrier.stop()
        outcomes = await sending
        taken = [to for to, _ in await network.taken()]
        accepted = [
            network.good(n)
            for n, outcome in enumerate(outcomes, 1)
            if isinstance(outcome, Accepted)
        ]
        # What is not accepted was not taken, or says that nobody knows.
        assert set(accepted) <= set(taken)
        put_off = [
            network.good(n) for n, outcome in enumerate(outcomes, 1) if isinstance(outcome, Retry)
        ]
        assert not set(put_off) & set(taken)
        [after] = await network.send(network.parcel(99))
        assert isinstance(after, Retry)
        await network.carrier.stop()
        assert len(await network.taken()) == len(taken)

    play(scenario)
