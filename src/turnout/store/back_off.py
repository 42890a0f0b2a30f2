"""How long to wait before the next attempt, after so many that failed.

Theory. Pauses grow, so that a trouble that lasts is not fed by those who wait for its end, and
there is a longest one, so that its end is noticed. Those who met it together must not come back
together: each pause is shortened by a part that differs, by up to half of it. Chance says which
part; for a row of the database its id does, so that a command that is run again puts the row off
until the same instant.

Some pauses also stand in statements that pull waits back after the clock was set back (`PAUSES_S`
in queries.sql): they are the whole pauses.
"""

import random
from itertools import takewhile
from typing import NamedTuple

SPREAD = 0.5
_STEPS_LIMIT = 64
# 2**64 divided by the golden ratio: its multiples, modulo 2**64, lie as evenly as can be.
_GOLDEN = 0x9E3779B97F4A7C15
_STRIDE = 7919


class BackOff(NamedTuple):
    """The whole pauses after one failure, after two, …; the last one stays. Any unit of time."""

    steps: tuple[float, ...]

    def pause(self, failures: int, part: float = 0.0) -> float:
        """The pause after `failures` attempts in a row (less than 1 counts as 1), in the unit of
        the steps. `part` (0 to 1) is how much of the spread it is shortened by: 0 = the whole
        pause, 1 = half of it."""
        step = self.steps[min(max(failures, 1), len(self.steps)) - 1]
        return step * (1 - SPREAD * part)

    def draw(self, failures: int) -> float:
        """`pause`, shortened by chance."""
        return self.pause(failures, random.random())  # noqa: S311 - nobody gains by guessing it

    def scatter(self, failures: int, row: int) -> float:
        """`pause`, shortened by the row's own part: always the same for the same numbers, and
        evenly spread over rows with ids that follow each other."""
        return self.pause(failures, part_of(row, failures))


def growing(first: float, longest: float, factor: float = 2.0) -> BackOff:
    """Pauses from `first` to `longest`, each `factor` times (more than 1) the one before."""
    steps = (first * factor**step for step in range(_STEPS_LIMIT))
    return BackOff((*takewhile(lambda step: step < longest, steps), longest))


def part_of(row: int, failures: int) -> float:
    """The part (0 to 1, without 1) by which the pause of that row is shortened."""
    return ((row + failures * _STRIDE) * _GOLDEN % 2**64 >> 11) / 2**53
