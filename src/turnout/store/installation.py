"""What an installation keeps about itself: facts by name, none of them of an organization."""

from turnout.store.statements import Statements
from turnout.store.transaction import Tx

sql = Statements("turnout.store")


def find_fact(tx: Tx, name: str) -> str | None:
    """What is known under `name`."""
    return sql.find_fact(tx, name=name)  # type: ignore[no-any-return]


def set_fact(tx: Tx, name: str, value: str) -> None:
    """Keep `value` under `name`, instead of what was there."""
    sql.set_fact(tx, name=name, value=value, now=tx.now)


def write_probe(tx: Tx) -> None:
    """Write something small, to see whether writing works, and leave nothing of it. Each has a row
    of its own: one that is frozen in the middle must not hold up the probes of other nodes."""
    name = f"probe {tx.uuid()}"
    set_fact(tx, name, "")
    sql.forget_fact(tx, name=name)
