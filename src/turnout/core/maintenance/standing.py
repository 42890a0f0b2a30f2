"""How an installation stands: what waits in its queues, and how much it keeps."""

from typing import NamedTuple

from turnout.core.maintenance.sql import sql
from turnout.store import Tx

COUNTED = 100_000
"""A queue is counted no further."""


class Queue(NamedTuple):
    """How many entries of a queue are due, up to COUNTED; of messages, those of up to COUNTED
    jobs."""

    name: str
    waiting: int


class Standing(NamedTuple):
    """Bytes of the database with everything in it, and of the files and pictures among them."""

    queues: list[Queue]
    database_bytes: int
    file_bytes: int


def read_standing(tx: Tx) -> Standing:
    """What waits now, and what is kept."""
    return Standing(
        sql.count_queues(tx, now=tx.now, limit=COUNTED),
        sql.get_database_bytes(tx),
        sql.sum_files(tx),
    )
