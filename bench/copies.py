"""Copies: how many get a mail twice when a server that sends as fast as it can is killed.

What the proof of it does (tests/proofs/test_copies.py), with its figures kept.
"""

import random
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import msgspec

from bench.figures import Table, Target
from bench.servers import Demo
from tests.proofs.test_copies import CONNECTIONS, MOST_A_KILL, count_copies
from tests.support.node import BACKENDS, new_database
from tests.support.postgresql import Cluster

NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}

Progress = Callable[[str], None]


class Size(msgspec.Struct, frozen=True):
    """How many are mailed to, and how often the server is killed."""

    people: int
    kills: int


FULL = Size(people=20_000, kills=10)
QUICK = Size(people=3_000, kills=3)


class Copies(msgspec.Struct, kw_only=True):
    """On one database; `copies` in all."""

    database: str
    people: int
    kills: int
    copies: int

    @property
    def a_kill(self) -> float:
        return self.copies / self.kills


Figures = list[Copies]


def measure(_demo: Demo, folder: Path, size: Size, progress: Progress) -> list[Copies]:
    """Both databases, each with a server of its own."""
    found = []
    with ExitStack() as stack:
        cluster = stack.enter_context(Cluster.start(fsync=True))
        for backend in BACKENDS:
            progress(f"{size.kills} kills on {NAMES[backend]}")
            own = folder / backend
            own.mkdir(parents=True)
            url = new_database(backend, own, cluster)
            copies = count_copies(url, own, random.Random(1), size.people, size.kills)
            found.append(
                Copies(database=NAMES[backend], people=size.people, kills=size.kills, copies=copies)
            )
    return found


def targets(found: list[Copies]) -> list[Target]:
    """Fewer than so many copies a kill."""
    return [
        Target(
            f"second copies of mails a kill, {own.database}",
            f"< {MOST_A_KILL}",
            f"{own.a_kill:.1f}",
            own.a_kill < MOST_A_KILL,
        )
        for own in found
    ]


def tables(found: list[Copies]) -> list[Table]:
    """A row for each database."""
    rows = [
        (own.database, f"{own.people:,}", str(own.kills), str(own.copies), f"{own.a_kill:.1f}")
        for own in found
    ]
    headings = ("database", "recipients", "kills", "copies", "copies a kill")
    title = f"A server that mails over {CONNECTIONS} connections, killed again and again"
    return [Table(title, headings, rows)]
