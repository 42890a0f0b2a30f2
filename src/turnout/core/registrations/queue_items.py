"""Asking for the outcome of queue items."""

from typing import Any

import msgspec

from turnout.core.identity.credentials import require_active
from turnout.core.identity.model import Principal
from turnout.core.ids import QueueItemId
from turnout.core.registrations.sql import sql
from turnout.core.registrations.submissions import ItemPage, ItemStatus, QueueItem
from turnout.store import Tx, to_json


def list_items(
    tx: Tx, caller: Principal, ids: list[QueueItemId], *, limit: int, skip: int = 0
) -> ItemPage:
    """Those of `ids` that are the account's own, by number; registration API 2.2.

    Unknown ids are left out. `limit` and `skip` cut a page out of the matches. Raises
    Unauthenticated when the caller's credential has ended.
    """
    require_active(tx, caller)
    wanted = to_json(ids)
    rows = sql.list_items(tx, org_id=caller.org_id, ids=wanted, limit=limit, skip=skip)
    items = [
        QueueItem(id_, pak, ItemStatus(status), email, person_id, code, _read(facts), message)
        for id_, pak, status, email, person_id, code, facts, message in rows
    ]
    return ItemPage(sql.count_items(tx, org_id=caller.org_id, ids=wanted), items)


def _read(facts: str | None) -> dict[str, Any]:
    return msgspec.json.decode(facts, type=dict[str, Any]) if facts else {}


def find_next_due(tx: Tx) -> int | None:
    """When (epoch ms) the next waiting submission is to be decided; None when none waits."""
    return sql.next_due(tx)


def list_oldest_waits(tx: Tx) -> dict[str, int]:
    """Since when (epoch ms) the first waits that is due, by queue: ticket mails, list mails and
    offers of all organizations, claimed or not. Queues in which nothing is due are not there."""
    return {queue: since for queue, since in sql.list_oldest_waits(tx, now=tx.now) if since}
