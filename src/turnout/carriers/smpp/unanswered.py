"""What one session has submitted and the network has not answered, and how each part ends then.

A part that is overdue has ended, and keeps its place in the window: the network still owes the
answer, which changes nothing when it comes.
"""

from turnout.carriers import Unknown
from turnout.carriers.smpp.submissions import Part, Submissions


class Unanswered:
    """Parts under way by sequence number, the oldest first. What fails here is told to
    `submissions`."""

    def __init__(self, submissions: Submissions) -> None:
        self._submissions = submissions
        self._parts: dict[int, tuple[Part, float]] = {}
        self._overdue: set[int] = set()

    def __len__(self) -> int:
        """How many parts wait for their answers; those that are overdue do not."""
        return len(self._parts)

    def __contains__(self, sequence: int) -> bool:
        return sequence in self._parts

    @property
    def overdue(self) -> int:
        """For how many parts that have ended the network still owes an answer."""
        return len(self._overdue)

    def add(self, sequence: int, part: Part, at_s: float) -> None:
        """The part is submitted at `at_s`, by the clock of the event loop."""
        self._parts[sequence] = (part, at_s)

    def take(self, sequence: int) -> Part | None:
        """The part that an answer is for; None if it has ended, or there never was one."""
        part, _ = self._parts.pop(sequence, (None, 0.0))
        self._overdue.discard(sequence)
        return part

    def fail(self, sequence: int, reason: str) -> None:
        """Nobody will know whether this part was sent."""
        part, _ = self._parts.pop(sequence)
        self._submissions.fail(part, Unknown(reason))

    def fail_all(self, reason: str) -> None:
        """Nobody will know whether any of these was sent."""
        for sequence in list(self._parts):
            self.fail(sequence, reason)

    def fail_late(self, before_s: float, heard_at: float) -> bool:
        """Give up what was submitted up to `before_s`; whether nothing was heard since one of it
        was submitted."""
        is_silent = False
        while self._parts:
            sequence, (_, submitted_at) = next(iter(self._parts.items()))
            if submitted_at > before_s:
                break
            self._overdue.add(sequence)
            self.fail(sequence, "the network did not answer in time")
            is_silent |= heard_at < submitted_at
        return is_silent
