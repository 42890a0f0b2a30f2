"""Many callers, one command: shared transactions, separate fates."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from tests.store.notes import Gate
from turnout.errors import Missing, Unavailable
from turnout.store import Database, Gathering, Tx

Batch = list[int]


def recording(batches: list[Batch]) -> Callable[[Tx, Batch], list[Any]]:
    """A verb that notes each batch, doubles even numbers and refuses odd ones."""

    def double(tx: Tx, numbers: Batch) -> list[Any]:
        batches.append(numbers)
        return [
            Missing("number.odd", f"{number} is odd.") if number % 2 else number * 2
            for number in numbers
        ]

    return double


def failing(tx: Tx, numbers: Batch) -> list[Any]:
    raise LookupError("the verb has a fault")


async def gather(gathering: Gathering[int, Any], numbers: Batch) -> list[Any]:
    return await asyncio.gather(*map(gathering, numbers), return_exceptions=True)


def test_callers_of_one_moment_share_a_transaction_and_each_gets_its_own_answer(
    db: Database,
) -> None:
    batches: list[Batch] = []

    async def scenario() -> list[Any]:
        return await gather(Gathering(db, recording(batches), limit=100), [0, 1, 2, 3, 4])

    answers = asyncio.run(scenario())
    assert batches == [[0, 1, 2, 3, 4]]
    assert [answer for answer in answers if isinstance(answer, int)] == [0, 4, 8]
    assert [str(answer) for answer in answers if isinstance(answer, Missing)] == [
        "1 is odd.",
        "3 is odd.",
    ]


def test_a_lone_caller_waits_for_nobody(db: Database) -> None:
    batches: list[Batch] = []

    async def scenario() -> list[int]:
        gathering = Gathering(db, recording(batches), limit=100)
        return [await gathering(2), await gathering(4)]

    assert asyncio.run(scenario()) == [4, 8]
    assert batches == [[2], [4]]


def test_no_caller_is_forgotten_however_many_there_are(db: Database) -> None:
    batches: list[Batch] = []
    numbers = list(range(0, 2000, 2))

    async def scenario() -> list[Any]:
        return await gather(Gathering(db, recording(batches), limit=5000), numbers)

    assert asyncio.run(scenario()) == [number * 2 for number in numbers]
    assert sorted(number for batch in batches for number in batch) == numbers
    assert max(map(len, batches)) <= 128


def test_a_fault_of_the_verb_reaches_everyone_and_the_next_batch_is_carried_out(
    db: Database,
) -> None:
    batches: list[Batch] = []

    async def scenario() -> tuple[list[Any], list[Any]]:
        broken = await gather(Gathering(db, failing, limit=100), [1, 2])
        return broken, await gather(Gathering(db, recording(batches), limit=100), [2])

    broken, sound = asyncio.run(scenario())
    assert [type(error) for error in broken] == [LookupError, LookupError]
    assert sound == [4]


def test_more_than_the_limit_are_told_to_come_back(db: Database) -> None:
    batches: list[Batch] = []

    async def scenario() -> list[Any]:
        return await gather(Gathering(db, recording(batches), limit=3), [0, 2, 4, 6])

    *answers, refused = asyncio.run(scenario())
    assert answers == [0, 4, 8]
    assert isinstance(refused, Unavailable)
    assert refused.code == "store.busy"


def test_a_caller_who_gives_up_does_not_hold_the_others_up(db: Database) -> None:
    batches: list[Batch] = []

    async def scenario() -> int:
        gathering = Gathering(db, recording(batches), limit=100)
        impatient = asyncio.ensure_future(gathering(2))
        patient = asyncio.ensure_future(gathering(4))
        await asyncio.sleep(0)
        impatient.cancel()
        with pytest.raises(asyncio.CancelledError):
            await impatient
        return await patient

    assert asyncio.run(scenario()) == 8


def test_a_closed_database_refuses_everyone(db: Database) -> None:
    db.close()

    async def scenario() -> list[Any]:
        return await gather(Gathering(db, recording([]), limit=100), [2, 4])

    assert [type(error) for error in asyncio.run(scenario())] == [Unavailable, Unavailable]


def test_whoever_comes_while_a_command_waits_for_its_turn_goes_with_it(db: Database) -> None:
    """The database thread takes those who wait when it begins, not when it was asked."""
    if db.backend != "sqlite":
        return  # there, another thread would begin at once
    batches: list[Batch] = []

    async def scenario() -> list[int]:
        gathering = Gathering(db, recording(batches), limit=100)
        with Gate(db, 1) as gate:
            asked = [asyncio.ensure_future(gathering(0))]
            for number in (2, 4, 6):
                await asyncio.sleep(0.01)
                asked.append(asyncio.ensure_future(gathering(number)))
            await asyncio.sleep(0.01)
            gate.open()
            return await asyncio.gather(*asked)

    assert asyncio.run(scenario()) == [0, 4, 8, 12]
    assert batches == [[0, 2, 4, 6]]
