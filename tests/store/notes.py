"""A table of notes and verbs on it: the store is tested without any noun of the product.

`python -m tests.store.notes URL FIRST COUNT` adds notes from a process of its own, each with a
number of a sequence as its text.
"""

import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from turnout.settings import Settings
from turnout.store import Database, Statements, Tx, open_database

sql: Any = Statements("tests.store")


def make_notes(tx: Tx) -> None:
    sql.make_notes(tx)


def add(tx: Tx, number: int, text: str = "") -> int:
    sql.add_note(tx, id=number, text=text)
    return number


def add_numbered(tx: Tx, number: int) -> None:
    sql.add_note(tx, id=number, text=str(tx.next_id("person")))


def read_all(tx: Tx) -> list[tuple[int, str]]:
    return [(number, text) for number, text in sql.list_notes(tx)]


def read_ids(tx: Tx) -> list[int]:
    return [number for number, _ in sql.list_notes(tx)]


def execute(tx: Tx, statement: str) -> Any:
    """Any statement, as a verb: its rows, or None where it has none."""
    cursor = tx.connection.execute(statement)
    return cursor.fetchall() if cursor.description else None


def fail_after_adding(tx: Tx, number: int, error: BaseException) -> None:
    sql.add_note(tx, id=number, text="to be taken back")
    raise error


class Gate:
    """Holds the threads that write, so that what is queued is taken as it stands."""

    def __init__(self, db: Database, threads: int) -> None:
        self._reached = [threading.Event() for _ in range(threads)]
        self._open = [threading.Event() for _ in range(threads)]
        self._callers = [
            threading.Thread(target=db.call, args=(self._hold, number)) for number in range(threads)
        ]

    def __enter__(self) -> "Gate":
        for caller in self._callers:
            caller.start()
        for reached in self._reached:
            assert reached.wait(20)
        return self

    def open(self, limit: int | None = None) -> None:
        """Let the threads go on, or `limit` of them."""
        for gate in self._open[:limit]:
            gate.set()

    def __exit__(self, *_: object) -> None:
        self.open()
        for caller in self._callers:
            caller.join(20)

    def _hold(self, tx: Tx, number: int) -> None:
        self._reached[number].set()
        assert self._open[number].wait(20)


def in_threads(count: int, work: Callable[[int], None]) -> None:
    """Run `work(0)`, `work(1)`, … at once; raises what the first of them raised."""
    with ThreadPoolExecutor(count) as pool:
        running = [pool.submit(work, number) for number in range(count)]
    for process in running:
        process.result()


def main() -> None:
    url, first, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    db = open_database(Settings(database_url=url))
    try:
        for number in range(first, first + count):
            db.call(add_numbered, number)
    finally:
        db.close()


if __name__ == "__main__":
    main()
