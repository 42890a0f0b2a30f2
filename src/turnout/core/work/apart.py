"""A list of work in one transaction, in which one bad row costs nobody but itself.

What workers do for all organizations they do in lists. A row that cannot be done (what is stored
may be older than the rules for it) would take back the whole list, be in the next one too, and stop
everybody's work for good. So a list that fails is done again in halves, down to the row that
cannot be done: one bad row of a thousand costs some twenty lists, not a thousand.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

from turnout.errors import Unavailable
from turnout.log import log
from turnout.store import Tx

T = TypeVar("T")


def do_apart(
    tx: Tx, work: str, do: Callable[[Tx, Sequence[T]], object], items: Sequence[T]
) -> list[T]:
    """`do(tx, items)`, or where that fails each half of them, down to one; returns those that
    cannot be done.

    What is returned has left no trace but a line in the log, under the name `work`. Passes on what
    concerns the database and no row: `tx.is_transient` and Unavailable.
    """
    if not items or _is_done(tx, work, do, items):
        return []
    if len(items) == 1:
        return list(items)
    middle = len(items) // 2
    halves = (items[:middle], items[middle:])
    return [item for half in halves for item in do_apart(tx, work, do, half)]


def _is_done(
    tx: Tx, work: str, do: Callable[[Tx, Sequence[T]], object], items: Sequence[T]
) -> bool:
    try:
        with tx.savepoint():
            do(tx, items)
    except Unavailable:
        raise
    except Exception as error:
        if tx.is_transient(error):
            raise
        if len(items) == 1:
            log.exception("work failed", work=work)
        else:
            log.warning(
                "work is done apart", work=work, rows=len(items), error=type(error).__name__
            )
        return False
    return True
