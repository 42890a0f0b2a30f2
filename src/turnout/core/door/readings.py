"""What a scanner may have meant that is set to another keyboard than its device: several texts, of
which one is a ticket. Nothing is scanned or kept here; the device then scans the one it means."""

from collections.abc import Sequence

from turnout.core.door.model import Post, Standing
from turnout.core.door.sql import sql
from turnout.core.tickets.signing import find_plain_code, read_signed
from turnout.store import Tx

MOST_READINGS = 8


def find_known(tx: Tx, standing: Standing, post: Post, readings: Sequence[str]) -> list[int]:
    """The places of those readings that are tickets of ours, also of other events and cancelled
    ones; of several spellings of one ticket the first."""
    known: dict[str, int] = {}
    for place, text in enumerate(readings):
        code = find_plain_code(tx, standing.org_id, text)
        if code and code not in known and (read_signed(text) or _is_ours(tx, standing, post, code)):
            known[code] = place
    return list(known.values())


def _is_ours(tx: Tx, standing: Standing, post: Post, code: str) -> bool:
    org_id, event_id = standing.org_id, post.event_id
    return sql.is_ours(tx, org_id=org_id, event_id=event_id, code=code) is not None
