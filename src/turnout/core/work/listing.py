"""What was set aside, as operators see it."""

from typing import NamedTuple

from turnout.core.ids import NO_ORG, OrgId
from turnout.core.work.sql import sql
from turnout.store import Tx


class SetAsideItem(NamedTuple):
    """One row that is set aside; `at` in epoch ms, `note` why."""

    org_id: OrgId
    organization: str
    queue: str
    id: int
    claims: int
    at: int
    note: str


def list_set_aside(tx: Tx, *, queue: str = "", id_: int = 0) -> list[SetAsideItem]:
    """What is set aside, the oldest first, up to 1000; `queue` empty and `id_` 0 = any."""
    return sql.list_set_aside(tx, org_id=NO_ORG, queue=queue, id=id_)


def count_set_aside(tx: Tx) -> dict[str, int]:
    """How much is set aside, by queue."""
    return dict(sql.count_set_aside(tx))
