"""Doing many things in one set of statements, all or none of them.

Theory. Most of what comes at the same time is simple: nothing stands against it. That is written
together, in a savepoint. Where things are not as they were looked up a moment before, or anything
else goes wrong, all of it is taken back, and each is done alone: then an error is its own.
"""

from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from turnout.log import log
from turnout.store.transaction import Tx

P = ParamSpec("P")
T = TypeVar("T")


class NotTogetherError(Exception):
    """Things are not as they were looked up: take back what was written, and do each alone."""


def attempt_together(
    tx: Tx, work: Callable[Concatenate[Tx, P], T], *args: P.args, **kwargs: P.kwargs
) -> T | None:
    """What the work returns, or None where it was taken back and each is to be done alone. A row
    that another transaction holds is remembered. Raises what has the command run again."""
    try:
        with tx.savepoint():
            return work(tx, *args, **kwargs)
    except NotTogetherError:
        return None
    except tx.held as error:
        tx.find_held(error)
        return None
    except Exception as error:
        if tx.is_transient(error):
            raise
        log.warning("done one by one", work=work.__name__, error=type(error).__name__)
        return None
