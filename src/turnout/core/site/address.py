"""The address in every link: what an operator has set, else where a server listens.

It is never taken from a request, whose Host anybody can choose. A serving process stores what it
knows, so that commands and `turnout work`, which listen nowhere, write the same links. A setting of
the process at hand wins over what is stored.
"""

from typing import NamedTuple

from turnout.core.site.sql import sql
from turnout.errors import Unavailable
from turnout.store import Tx


class StoredAddress(NamedTuple):
    """The address that serving processes have stored; `is_set` by an operator, else they only
    listen there."""

    url: str
    is_set: bool


def store_address(tx: Tx, url: str, *, is_set: bool) -> str:
    """Store the address of a serving process (without a trailing slash); returns the one that
    counts. `is_set`: an operator has set it; otherwise the server only listens there, which does
    not replace an address that was set. Idempotent."""
    sql.store_address(tx, url=url, is_set=int(is_set), now=tx.now)
    return get_address(tx)


def find_address(tx: Tx) -> str | None:
    """The address that serving processes have stored, None before the first."""
    return sql.find_address(tx)


def find_stored_address(tx: Tx) -> StoredAddress | None:
    """The stored address and where it comes from, None before the first serving process."""
    return sql.find_stored_address(tx)


def get_address(tx: Tx) -> str:
    """The stored address. Raises Unavailable, saying what to do, if there is none."""
    url = find_address(tx)
    if url is None:
        raise Unavailable("site.address")
    return url
