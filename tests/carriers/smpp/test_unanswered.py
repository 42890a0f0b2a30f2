"""What is under way on one bind, and how it ends."""

from collections.abc import Sequence

from tests.carriers.smpp.carrying import run
from turnout.carriers import Unknown
from turnout.carriers.smpp.submissions import Batch, Submissions
from turnout.carriers.smpp.unanswered import Unanswered

LATE = Unknown("the network did not answer in time")
LOST = Unknown("lost")
NONE_YET = Unknown("nobody waited for the outcome")


def submit(times: Sequence[float]) -> tuple[Unanswered, Batch]:
    """A message of one part for each of these times, by sequence numbers from 1."""
    submissions = Submissions(expects_receipts=True)
    batch = Batch(len(times))
    unanswered = Unanswered(submissions)
    for place, at in enumerate(times):
        submissions.add(batch, place, [b"text"], 100.0)
        part = submissions.take()
        assert part
        unanswered.add(place + 1, part, at)
    return unanswered, batch


def test_an_answer_takes_its_part_once() -> None:
    async def scenario() -> None:
        unanswered, _ = submit([1.0, 2.0])
        assert (len(unanswered), 1 in unanswered, 3 in unanswered) == (2, True, False)
        assert unanswered.take(1) is not None
        assert [unanswered.take(1), unanswered.take(3)] == [None, None]
        assert (len(unanswered), unanswered.overdue) == (1, 0)

    run(scenario())


def test_late_parts_end_and_keep_their_places_until_they_are_answered() -> None:
    async def scenario() -> None:
        unanswered, batch = submit([1.0, 2.0, 3.0])
        assert unanswered.fail_late(2.0, heard_at=2.5) is False
        assert batch.outcomes == [LATE, LATE, NONE_YET]
        assert (len(unanswered), unanswered.overdue) == (1, 2)
        assert unanswered.take(1) is None
        assert unanswered.overdue == 1

    run(scenario())


def test_nothing_heard_since_a_late_part_is_silence() -> None:
    async def scenario() -> None:
        unanswered, _ = submit([1.0, 2.0])
        assert unanswered.fail_late(0.5, heard_at=0.0) is False
        assert unanswered.fail_late(2.0, heard_at=1.5) is True

    run(scenario())


def test_with_the_connection_all_that_is_under_way_is_unknown() -> None:
    async def scenario() -> None:
        unanswered, batch = submit([1.0, 2.0])
        unanswered.fail(2, "unreadable")
        unanswered.fail_all("lost")
        assert batch.outcomes == [LOST, Unknown("unreadable")]
        assert len(unanswered) == 0

    run(scenario())
