"""The database: connections, transactions, group commit, named statements, migrations."""

from turnout.store.batching import Batcher
from turnout.store.commands import Lane
from turnout.store.database import Database, check_room, open_database
from turnout.store.rows import to_json
from turnout.store.sources import Clock, Ids, system_clock
from turnout.store.statements import Statement, Statements, iterate, iterate_batches
from turnout.store.streaming import Batches
from turnout.store.together import NotTogetherError, attempt_together
from turnout.store.transaction import Tx

__all__ = [
    "Batcher",
    "Batches",
    "Clock",
    "Database",
    "Ids",
    "Lane",
    "NotTogetherError",
    "Statement",
    "Statements",
    "Tx",
    "attempt_together",
    "check_room",
    "iterate",
    "iterate_batches",
    "open_database",
    "system_clock",
    "to_json",
]
