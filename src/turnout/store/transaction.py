"""What a verb works with: one open transaction. Only the bridge begins and ends one."""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Literal

from turnout.store.sequences import Sequences
from turnout.store.sources import Ids

if TYPE_CHECKING:
    from turnout.store.held_rows import Wants

Backend = Literal["sqlite", "postgresql"]


class Tx:
    """One transaction, as verbs see it.

    `now` is the instant (epoch ms) at which this command began inside its transaction; every
    stamp that a command writes is this one. `lease_now` is the instant by which a lease has ended,
    the same except after a jump of the clock (store/steady.py). `ids` makes random names.
    `connection` is for statements only. `is_transient` tells the errors of the database after which
    the bridge runs the command again; a verb that catches everything lets these pass. `permitted`
    are the rules that the operator has lifted, by the names of their settings.
    """

    __slots__ = (
        "_sequences",
        "_wants",
        "backend",
        "connection",
        "held",
        "ids",
        "is_transient",
        "lease_now",
        "now",
        "permitted",
        "woken",
    )

    def __init__(
        self,
        backend: Backend,
        connection: Any,
        now: int,
        ids: Ids,
        sequences: Sequences,
        is_transient: Callable[[BaseException], bool],
        permitted: frozenset[str] = frozenset(),
        held: tuple[type[Exception], ...] = (),
        wants: "Wants | None" = None,
        lease_now: int | None = None,
    ) -> None:
        self.backend: Backend = backend
        self.connection = connection
        self.now = now
        self.lease_now = now if lease_now is None else lease_now
        self.ids = ids
        self._sequences = sequences
        self.is_transient = is_transient
        self.permitted = permitted
        self.held = held
        self._wants = wants
        self.woken: set[str] = set()

    def wake(self, queue: str) -> None:
        """Tell the workers of `queue`, once this transaction is on disk, that there is work."""
        self.woken.add(queue)

    def about(self, table: str, *ids: Hashable) -> None:
        """Say that the next statement locks these rows, which many want at once. Where one of them
        has been held by another transaction for a while, the command waits elsewhere than in its
        lane, or a worker leaves it for later: raises one of `held`."""
        if self._wants is not None:
            self._wants.add(table, ids)

    def find_held(self, error: Exception) -> tuple[str, Hashable] | None:
        """Which of the rows that this transaction was `about` one of `held` speaks of."""
        return None if self._wants is None else self._wants.blame(error)

    def leave(self, table: str, *ids: Hashable) -> None:
        """Let `list_left` name these rows for some seconds: what they need is held."""
        if self._wants is not None:
            self._wants.held.note([(table, id_) for id_ in ids])

    def list_left(self, table: str) -> list[Any]:
        """The rows that this process has left for later a short time ago."""
        return [] if self._wants is None else self._wants.held.list_of(table)

    def uuid(self) -> str:
        """A new time-ordered UUID."""
        return self.ids.uuid(self.now)

    def next_id(self, sequence: str) -> int:
        """The next number of `sequence`; numbers rise, and a few are lost at a crash."""
        return self._sequences.take(self, sequence, 1)[0]

    def next_ids(self, sequence: str, count: int) -> list[int]:
        """`count` rising numbers of `sequence`."""
        return self._sequences.take(self, sequence, count)

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo what the block wrote when it raises; the transaction goes on."""
        self.connection.execute("SAVEPOINT part")
        try:
            yield
        except BaseException:
            self.connection.execute("ROLLBACK TO SAVEPOINT part")
            self.connection.execute("RELEASE SAVEPOINT part")
            self._sequences.forget_uncommitted()
            raise
        self.connection.execute("RELEASE SAVEPOINT part")

    @contextmanager
    def trial(self) -> Iterator[None]:
        """Undo what the block wrote, whatever comes of it: what it found out stays."""
        with suppress(_TriedError), self.savepoint():
            yield
            raise _TriedError


class _TriedError(Exception):
    """Ends a block that was only a trial."""
