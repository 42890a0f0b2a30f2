"""Many callers, one command: shared transactions, separate fates."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from tests.store.notes import Gate, read_all, sql
from turnout.errors import Invalid, Missing, Unavailable
from turnout.store import Batcher, Database, Tx

Batch = list[int]


def recording(batches: list[Batch]) -> Callable[[Tx, Batch], list[Any]]:
    """A verb that notes each batch, doubles even numbers and refuses odd ones."""

    def double(tx: Tx, numbers: Batch) -> list[Any]:
        batches.append(numbers)
        return [
            Missing("number.odd", number=number) if number % 2 else number * 2 for number in numbers
        ]

    return double


def failing(tx: Tx, numbers: Batch) -> list[Any]:
    raise LookupError("the verb has a fault")


async def gather(batcher: Batcher[int, Any], numbers: Batch) -> list[Any]:
    return await asyncio.gather(*map(batcher, numbers), return_exceptions=True)


def test_callers_of_one_moment_share_a_transaction_and_each_gets_its_own_answer(
    db: Database,
) -> None:
    batches: list[Batch] = []

    async def scenario() -> list[Any]:
        return await gather(Batcher(db, recording(batches), limit=100), [0, 1, 2, 3, 4])

    answers = asyncio.run(scenario())
    assert batches == [[0, 1, 2, 3, 4]]
    assert [answer for answer in answers if isinstance(answer, int)] == [0, 4, 8]
    assert [str(answer) for answer in answers if isinstance(answer, Missing)] == [
        "number.odd.",
        "number.odd.",
    ]


def test_a_lone_caller_waits_for_nobody(db: Database) -> None:
    batches: list[Batch] = []

    async def scenario() -> list[int]:
        batcher = Batcher(db, recording(batches), limit=100)
        return [await batcher(2), await batcher(4)]

    assert asyncio.run(scenario()) == [4, 8]
    assert batches == [[2], [4]]


def test_no_caller_is_forgotten_however_many_there_are(db: Database) -> None:
    batches: list[Batch] = []
    numbers = list(range(0, 2000, 2))

    async def scenario() -> list[Any]:
        return await gather(Batcher(db, recording(batches), limit=5000), numbers)

    assert asyncio.run(scenario()) == [number * 2 for number in numbers]
    assert sorted(number for batch in batches for number in batch) == numbers
    assert max(map(len, batches)) <= 128


def test_a_fault_of_the_verb_reaches_everyone_and_the_next_batch_is_carried_out(
    db: Database,
) -> None:
    batches: list[Batch] = []

    async def scenario() -> tuple[list[Any], list[Any]]:
        broken = await gather(Batcher(db, failing, limit=100), [1, 2])
        return broken, await gather(Batcher(db, recording(batches), limit=100), [2])

    broken, sound = asyncio.run(scenario())
    assert [type(error) for error in broken] == [LookupError, LookupError]
    assert sound == [4]


UNSTORABLE = "half a pair: \ud800"


def note_all(tx: Tx, texts: list[str]) -> list[Any]:
    """Keep texts; refuses the empty one, raises for `raise`, and so does the database for some."""
    answers: list[Any] = []
    for text in texts:
        if text == "raise":
            raise Missing("note.missing")
        answers.append(tx.next_id("person") if text else Invalid("note.empty"))
        if text:
            sql.add_note(tx, id=answers[-1], text=text)
    return answers


@pytest.mark.parametrize("place", [0, 60, 127])
def test_what_the_database_cannot_take_fails_its_own_caller_and_no_neighbour(
    db: Database, place: int
) -> None:
    texts = [f"note {number:03}" for number in range(128)]
    texts[place] = UNSTORABLE

    async def scenario() -> list[Any]:
        batcher = Batcher(db, note_all, limit=200)
        return await asyncio.gather(*map(batcher, texts), return_exceptions=True)

    answers = asyncio.run(scenario())
    assert isinstance(answers.pop(place), UnicodeEncodeError)
    assert [type(answer) for answer in answers] == [int] * 127
    kept = db.call(read_all)
    assert [text for _, text in kept] == [text for text in texts if text != UNSTORABLE]
    assert [number for number, _ in kept] == answers


def test_a_failure_that_the_verb_raises_is_its_own_callers(db: Database) -> None:
    async def scenario() -> list[Any]:
        batcher = Batcher(db, note_all, limit=200)
        texts = ["a", "raise", "", UNSTORABLE, "b"]
        return await asyncio.gather(*map(batcher, texts), return_exceptions=True)

    answers = asyncio.run(scenario())
    assert [type(answer) for answer in answers] == [int, Missing, Invalid, UnicodeEncodeError, int]
    assert [text for _, text in db.call(read_all)] == ["a", "b"]


def test_what_is_unavailable_is_said_to_all_and_not_repeated(db: Database) -> None:
    batches: list[Batch] = []

    def away(tx: Tx, numbers: Batch) -> list[Any]:
        batches.append(numbers)
        raise Unavailable("store.failed")

    async def scenario() -> list[Any]:
        return await gather(Batcher(db, away, limit=100), [1, 2, 3])

    assert [type(outcome) for outcome in asyncio.run(scenario())] == [Unavailable] * 3
    assert batches == [[1, 2, 3]]


def test_more_than_the_limit_are_told_to_come_back(db: Database) -> None:
    batches: list[Batch] = []

    async def scenario() -> list[Any]:
        return await gather(Batcher(db, recording(batches), limit=3), [0, 2, 4, 6])

    *answers, refused = asyncio.run(scenario())
    assert answers == [0, 4, 8]
    assert isinstance(refused, Unavailable)
    assert refused.code == "store.busy"


def test_a_caller_who_gives_up_does_not_hold_the_others_up(db: Database) -> None:
    batches: list[Batch] = []

    async def scenario() -> int:
        batcher = Batcher(db, recording(batches), limit=100)
        impatient = asyncio.ensure_future(batcher(2))
        patient = asyncio.ensure_future(batcher(4))
        await asyncio.sleep(0)
        impatient.cancel()
        with pytest.raises(asyncio.CancelledError):
            await impatient
        return await patient

    assert asyncio.run(scenario()) == 8


def test_a_closed_database_refuses_everyone(db: Database) -> None:
    db.close()

    async def scenario() -> list[Any]:
        return await gather(Batcher(db, recording([]), limit=100), [2, 4])

    assert [type(error) for error in asyncio.run(scenario())] == [Unavailable, Unavailable]


def test_whoever_comes_while_a_command_waits_for_its_turn_goes_with_it(db: Database) -> None:
    """The database thread takes those who wait when it begins, not when it was asked."""
    if db.backend != "sqlite":
        return  # there, another thread would begin at once
    batches: list[Batch] = []

    async def scenario() -> list[int]:
        batcher = Batcher(db, recording(batches), limit=100)
        with Gate(db, 1) as gate:
            asked = [asyncio.ensure_future(batcher(0))]
            for number in (2, 4, 6):
                await asyncio.sleep(0.01)
                asked.append(asyncio.ensure_future(batcher(number)))
            await asyncio.sleep(0.01)
            gate.open()
            return await asyncio.gather(*asked)

    assert asyncio.run(scenario()) == [0, 4, 8, 12]
    assert batches == [[0, 2, 4, 6]]
