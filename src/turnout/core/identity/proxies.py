"""What a serving process notes of proxies that nobody has named, for `turnout doctor`."""

from collections.abc import Iterable

from turnout.core.identity.sql import sql
from turnout.store import Tx

REMEMBERED_MS = 7 * 24 * 3_600_000


def note_untrusted_proxies(tx: Tx, addresses: Iterable[str]) -> None:
    """Note that these near addresses forward requests now; old notes go."""
    sql.delete_untrusted_proxies(tx, before=tx.now - REMEMBERED_MS)
    for address in addresses:
        sql.note_untrusted_proxy(tx, address=address, now=tx.now)


def list_untrusted_proxies(tx: Tx) -> list[str]:
    """The addresses that forwarded requests in the last week and were not trusted."""
    rows = sql.list_untrusted_proxies(tx, since=tx.now - REMEMBERED_MS)
    return [address for (address,) in rows]
