"""What a command has drawn: a command that is run again gets the same names and numbers.

After a conflict, a lost connection or a held row a command is run again on PostgreSQL, where no
rollback takes numbers back. Drawn again, they would leave gaps, and what is made would be called
otherwise because the machine was busy. What was drawn is the command's alone, so it may be used
again; a command that takes another way the second time draws new ones from there on.

Not for SQLite, where a number that was rolled back may come again for others (sequences.py).
"""

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any, TypeVar

from turnout.store.sequences import Sequences
from turnout.store.sources import Ids

if TYPE_CHECKING:
    from turnout.store.transaction import Tx

T = TypeVar("T")


class Draws:
    """The names and numbers of one command, in the order in which it drew them."""

    def __init__(self) -> None:
        self._drawn: list[tuple[Hashable, Any]] = []
        self._at = 0

    def begin(self) -> None:
        """The command is run, perhaps again."""
        self._at = 0

    def draw(self, what: Hashable, make: Callable[..., T], *args: Any) -> T:
        """What was drawn here the last time, if it was the same; else `make(*args)`."""
        if self._at < len(self._drawn) and self._drawn[self._at][0] == what:
            value: T = self._drawn[self._at][1]
        else:
            value = make(*args)
            self._drawn[self._at :] = [(what, value)]
        self._at += 1
        return value


class DrawnIds(Ids):
    """Random names of one command."""

    def __init__(self, ids: Ids, draws: Draws) -> None:
        self._ids = ids
        self._draws = draws

    def uuid(self, now: int) -> str:
        """As `Ids.uuid`; of the instant at which it was drawn first."""
        return self._draws.draw("uuid", self._ids.uuid, now)

    def pak(self) -> str:
        """As `Ids.pak`."""
        return self._draws.draw("pak", self._ids.pak)

    def code(self, length: int) -> str:
        """As `Ids.code`."""
        return self._draws.draw(("code", length), self._ids.code, length)


class DrawnNumbers(Sequences):
    """Numbers of one command."""

    def __init__(self, sequences: Sequences, draws: Draws) -> None:
        self._sequences = sequences
        self._draws = draws

    def take(self, tx: "Tx", name: str, count: int) -> list[int]:
        """As `Sequences.take`."""
        return self._draws.draw((name, count), self._sequences.take, tx, name, count)

    def committed(self) -> None:
        """As `Sequences.committed`."""
        self._sequences.committed()

    def forget_uncommitted(self) -> None:
        """As `Sequences.forget_uncommitted`."""
        self._sequences.forget_uncommitted()
