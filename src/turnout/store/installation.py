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
    """Write something small, to see whether writing works."""
    set_fact(tx, "probe", "")
