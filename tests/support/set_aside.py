"""What an operator does with work that was set aside because its worker was killed too often."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

from turnout.core.maintenance.set_aside import release
from turnout.core.work.listing import list_set_aside
from turnout.settings import Settings
from turnout.store import Tx, open_database


@contextmanager
def operator(url: str) -> Iterator[Callable[[], int]]:
    """Gives a function that releases all that is set aside and returns how many that were; a test
    that kills servers at random hits some innocent work three times, too."""
    with closing(open_database(Settings(database_url=url))) as db:
        yield lambda: db.call(_release_all)


def _release_all(tx: Tx) -> int:
    found = list_set_aside(tx)
    for work in found:
        release(tx, work.queue, work.id, actor="operator")
    return len(found)
