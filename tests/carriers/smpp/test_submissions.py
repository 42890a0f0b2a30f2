"""The line, and how the fates of parts make the fate of a message."""

import asyncio
from collections.abc import Sequence

import pytest

from tests.carriers.smpp.carrying import run
from turnout.carriers import Accepted, Misconfigured, Outcome, Rejected, Retry, Unknown
from turnout.carriers.smpp.submissions import RETRY_S, Batch, Part, Submissions
from turnout.core.messaging.model import Status

REJECTED = Rejected(Status.BLOCKED, "no")
UNKNOWN = Unknown("broken")
SETUP = Misconfigured("who are you")
LATER = Retry(60, "busy")


def make_line(*sizes: int, deadline: float = 100.0) -> tuple[Submissions, Batch]:
    """A line with one message of each of these numbers of parts."""
    submissions = Submissions(expects_receipts=True)
    batch = Batch(len(sizes))
    for place, size in enumerate(sizes):
        bodies = [b"%d.%d" % (place, number) for number in range(size)]
        submissions.add(batch, place, bodies, deadline)
    return submissions, batch


def take_all(submissions: Submissions) -> list[Part]:
    taken = []
    while part := submissions.take():
        taken.append(part)
    return taken


def end(submissions: Submissions, part: Part, fate: str | Outcome) -> None:
    if isinstance(fate, str):
        submissions.accept(part, fate)
    else:
        submissions.fail(part, fate)


@pytest.mark.parametrize(
    ("fates", "outcome"),
    [
        (["a"], Accepted(("a",), 1)),
        (["a", "b", "c"], Accepted(("a", "b", "c"), 3)),
        ([""], Accepted((), 1, is_final=True)),
        ([LATER], LATER),
        ([SETUP], SETUP),
        ([UNKNOWN], UNKNOWN),
        ([REJECTED], REJECTED),
        (["a", REJECTED], REJECTED),
        ([REJECTED, UNKNOWN], REJECTED),
        ([UNKNOWN, LATER], UNKNOWN),
        ([UNKNOWN, "b"], UNKNOWN),
        (["a", LATER], Unknown("only 1 of 2 parts were taken: busy")),
        ([SETUP, "b", "c"], Unknown("only 2 of 3 parts were taken: who are you")),
        ([LATER, SETUP], SETUP),
    ],
)
def test_the_fate_of_a_message(fates: Sequence[str | Outcome], outcome: Outcome):
    async def scenario() -> list[Outcome]:
        submissions, batch = make_line(len(fates))
        for part, fate in reversed(list(zip(take_all(submissions), fates, strict=True))):
            end(submissions, part, fate)
        await asyncio.wait_for(batch.done, 60)
        return batch.outcomes

    assert run(scenario()) == [outcome]


def test_no_report_is_expected_where_none_was_asked_for():
    async def scenario() -> list[Outcome]:
        submissions = Submissions(expects_receipts=False)
        batch = Batch(1)
        submissions.add(batch, 0, [b""], 1.0)
        end(submissions, take_all(submissions)[0], "a")
        return batch.outcomes

    assert run(scenario()) == [Accepted(("a",), 1, is_final=True)]


def test_a_batch_is_done_when_every_message_has_its_outcome_in_its_place():
    async def scenario() -> list[Outcome]:
        submissions, batch = make_line(1, 2, 1)
        first, second, third, fourth = take_all(submissions)
        for part, fate in ((fourth, "d"), (second, "b"), (first, REJECTED)):
            end(submissions, part, fate)
            assert not batch.done.done()
        end(submissions, third, "c")
        assert batch.done.done()
        await asyncio.wait_for(submissions.wait_until_all_ended(), 1)
        return batch.outcomes

    assert run(scenario()) == [REJECTED, Accepted(("b", "c"), 2), Accepted(("d",), 1)]


def test_what_is_given_back_is_the_next_in_line():
    async def scenario() -> list[bytes]:
        submissions, _ = make_line(1, 1, 1)
        first = submissions.take()
        assert first
        submissions.give_back(first)
        return [part.body for part in take_all(submissions)]

    assert run(scenario()) == [b"0.0", b"1.0", b"2.0"]


def test_parts_that_wait_are_not_sent_once_another_has_failed():
    async def scenario() -> tuple[list[bytes], list[Outcome]]:
        submissions, batch = make_line(3, 1)
        first = submissions.take()
        assert first
        submissions.fail(first, REJECTED)
        rest = take_all(submissions)
        end(submissions, rest[0], "d")
        return [part.body for part in rest], batch.outcomes

    assert run(scenario()) == ([b"1.0"], [REJECTED, Accepted(("d",), 1)])


def test_patience_ends_for_what_waits_and_not_for_what_is_under_way():
    async def scenario() -> list[Outcome]:
        submissions, batch = make_line(1, 1, 1, deadline=10.0)
        first, second = submissions.take(), submissions.take()
        assert first
        assert second
        submissions.give_back(first)
        submissions.expire(9.9)
        submissions.add(Batch(1), 0, [b"younger"], 11.0)
        submissions.expire(10.0)
        submissions.accept(second, "b")
        assert [part.body for part in take_all(submissions)] == [b"younger"]
        return batch.outcomes

    late = Retry(RETRY_S, "the network takes messages too slowly")
    assert run(scenario()) == [late, Accepted(("b",), 1), late]


def test_what_waits_is_told_why_there_is_no_connection():
    async def scenario() -> list[Outcome]:
        submissions, batch = make_line(2, deadline=10.0)
        submissions.trouble = "no connection to the network: refused"
        first = submissions.take()
        assert first
        submissions.accept(first, "a")
        submissions.expire(10.0)
        return batch.outcomes

    reason = "only 1 of 2 parts were taken: no connection to the network: refused"
    assert run(scenario()) == [Unknown(reason)]


def test_giving_up_spares_what_is_begun():
    async def scenario() -> tuple[list[bytes], list[Outcome]]:
        submissions, batch = make_line(2, 1)
        first = submissions.take()
        assert first
        submissions.give_up(SETUP)
        rest = take_all(submissions)
        for part, fate in zip([first, *rest], "ab", strict=True):
            submissions.accept(part, fate)
        return [part.body for part in rest], batch.outcomes

    assert run(scenario()) == ([b"0.1"], [Accepted(("a", "b"), 2), SETUP])


def test_what_nobody_waits_for_is_not_begun():
    async def scenario() -> list[bytes]:
        submissions, batch = make_line(2, 1)
        first = submissions.take()
        assert first
        batch.done.cancel()
        rest = take_all(submissions)
        for part in [first, *rest]:
            submissions.accept(part, "x")
        await asyncio.wait_for(submissions.wait_until_all_ended(), 1)
        return [part.body for part in rest]

    assert run(scenario()) == [b"0.1"]


def test_what_is_under_way_and_what_was_answered_lately():
    async def scenario() -> None:
        submissions, _ = make_line(1, 1, 1)
        first, second = submissions.take(), submissions.take()
        assert first
        assert second
        then = submissions.last_turn
        third = submissions.take()
        assert third
        assert submissions.is_under_way(then)
        submissions.accept(second, "b")
        assert submissions.is_under_way(then)
        submissions.fail(first, UNKNOWN)
        assert not submissions.is_under_way(then)
        assert submissions.is_under_way(submissions.last_turn)
        assert [submissions.is_answered(name) for name in "ab"] == [False, True]

    run(scenario())


def test_of_the_ids_that_were_answered_only_the_newest_are_remembered(monkeypatch):
    monkeypatch.setattr("turnout.carriers.smpp.submissions.ANSWERED_IDS", 2)

    async def scenario() -> list[bool]:
        submissions, _ = make_line(1, 1, 1)
        for part, name in zip(take_all(submissions), "abc", strict=True):
            submissions.accept(part, name)
        return [submissions.is_answered(name) for name in "abc"]

    assert run(scenario()) == [False, True, True]
