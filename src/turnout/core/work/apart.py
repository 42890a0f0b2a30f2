"""A list of work in one transaction, in which one bad row costs nobody but itself.

What workers do for all organizations they do in lists. A row that cannot be done (what is stored
may be older than the rules for it) would take back the whole list, be in the next one too, and stop
everybody's work for good. So a list that fails is done again row by row.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

import structlog

from turnout.errors import Unavailable
from turnout.store import Tx

T = TypeVar("T")

log = structlog.get_logger()


def do_apart(
    tx: Tx, work: str, do: Callable[[Tx, Sequence[T]], object], items: Sequence[T]
) -> list[T]:
    """`do(tx, items)`, or where that fails each of them alone; returns those that cannot be done.

    What is returned has left no trace but a line in the log, under the name `work`. Passes on what
    concerns the database and no row: `tx.transient` and Unavailable.
    """
    if not items or (len(items) > 1 and _is_done(tx, work, do, items)):
        return []
    return [item for item in items if not _is_done(tx, work, do, [item])]


def _is_done(
    tx: Tx, work: str, do: Callable[[Tx, Sequence[T]], object], items: Sequence[T]
) -> bool:
    try:
        with tx.savepoint():
            do(tx, items)
    except tx.transient:
        raise
    except Unavailable:
        raise
    except Exception:
        log.exception("work failed", work=work, rows=len(items))
        return False
    return True
