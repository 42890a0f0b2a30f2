"""What an installation keeps about itself: facts by name, none of them of an organization."""

import os

from turnout.store.sql import sql
from turnout.store.transaction import Tx


def find_fact(tx: Tx, name: str) -> str | None:
    """What is known under `name`."""
    return sql.find_fact(tx, name=name)


def set_fact(tx: Tx, name: str, value: str) -> None:
    """Keep `value` under `name`, instead of what was there."""
    sql.set_fact(tx, name=name, value=value, now=tx.now)


def write_probe(tx: Tx, size: int = 0) -> None:
    """Write something, to see whether writing works, and leave nothing of it. Each has a row of its
    own: one that is frozen in the middle must not hold up the probes of other nodes. On a full disk
    something small may fit where there was something before; `size` bytes that cannot be compressed
    need new room."""
    name = f"probe {tx.uuid()}"
    set_fact(tx, name, os.urandom(size // 2).hex())
    sql.forget_fact(tx, name=name)
