"""What networks call the messages that they took: the ids under which reports will come.

An id leads to one recipient. A network that gives one id to several messages whose reports are
still to come has named none of them: a report would end the wrong one, and say that somebody has
what somebody else has. So all of these end as sent, which is what is known, with a note; the id
leads to nobody for as long as reports may come; and the log has a warning.

An id whose message has ended, or for which a report came, is free: networks count round. It stays
for a day, so that a second report is known as such (receiving.py).
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from turnout.core.ids import JobId, OrgId, RecipientId
from turnout.core.messaging.ending import RecipientEnding, end_recipients
from turnout.core.messaging.model import JobHead, Status
from turnout.core.messaging.receiving import take_early_reports
from turnout.core.messaging.spellings import plain
from turnout.core.messaging.sql import sql
from turnout.log import log
from turnout.store import Tx, to_json

SHARED = "Sent. The network gave several messages the same id, so its reports are not counted."
KEPT_MS = 72 * 3_600_000
TOLD_MS = 24 * 3_600_000


class NetworkId(NamedTuple):
    """An id, whose it is, how many ids the message has, and the id in its plain spelling where that
    is another."""

    network_id: str
    recipient_id: RecipientId
    parts: int
    plain: str = ""


class _Owner(NamedTuple):
    org_id: OrgId
    job_id: JobId
    recipient_id: RecipientId
    is_shared: int
    awaits_report: int

    @property
    def message(self) -> tuple[OrgId, JobId, RecipientId]:
        return self.org_id, self.job_id, self.recipient_id


def note_network_ids(tx: Tx, head: JobHead, carrier: str, named: Sequence[NetworkId]) -> None:
    """Store the ids of a job's messages that wait for reports, and count those that came before.
    Ends those whose id is not theirs alone. Repeating it changes nothing."""
    if not named:
        return
    stored = {
        network_id
        for (network_id,) in sql.add_network_ids(
            tx, carrier=carrier, org_id=head.org_id, job_id=head.id, rows=to_json(named)
        )
    }
    if len(stored) < len(named):
        end_recipients(tx, _settle(tx, head, carrier, named, stored))
    take_early_reports(tx, [(carrier, network_id) for network_id in sorted(stored)])


def forget_shared_ids(tx: Tx, limit: int) -> int:
    """Delete up to `limit` ids of several messages whose reports will not come any more; returns
    how many."""
    rows = sql.list_old_shared_ids(tx, before=tx.now - KEPT_MS, limit=limit)
    sql.delete_shared_id(tx, [{"carrier": carrier, "network_id": name} for carrier, name in rows])
    return len(rows)


def name_ids(names: Iterable[str], recipient_id: RecipientId) -> list[NetworkId]:
    """The ids of a message, each once."""
    own = dict.fromkeys(names)
    return [
        NetworkId(name, recipient_id, len(own), "" if (bare := plain(name)) == name else bare)
        for name in own
    ]


def forget_told_ids(tx: Tx, limit: int) -> int:
    """Delete up to `limit` ids for which a report came a day ago; returns how many."""
    rows = sql.list_old_told_ids(tx, before=tx.now - TOLD_MS, limit=limit)
    sql.delete_told_id(tx, [{"carrier": carrier, "network_id": name} for carrier, name in rows])
    return len(rows)


def _settle(
    tx: Tx, head: JobHead, carrier: str, named: Sequence[NetworkId], stored: set[str]
) -> list[RecipientEnding]:
    """Give the ids that were there already to those who have them now, or to nobody."""
    names = sorted({network_id.network_id for network_id in named})
    owners = {
        row.network_id: row.owner
        for row in sql.list_network_ids(tx, carrier=carrier, names=to_json(names))
    }
    taken: dict[str, NetworkId] = {}
    shared: dict[str, list[RecipientEnding]] = {}
    for network_id in named:
        owner = owners[network_id.network_id]
        if not owner.is_shared and owner.message == (head.org_id, head.id, network_id.recipient_id):
            continue
        if owner.is_shared or owner.awaits_report:
            ended = shared.setdefault(network_id.network_id, [])
            ended.append(_sent(head.org_id, head.id, network_id.recipient_id))
            if not owner.is_shared:
                ended.append(_sent(*owner.message))
        else:
            taken[network_id.network_id] = network_id
            owners[network_id.network_id] = _Owner(
                head.org_id, head.id, network_id.recipient_id, 0, 1
            )
    _take_over(tx, head, carrier, list(taken.values()))
    stored |= taken.keys() - shared.keys()
    stored -= shared.keys()
    return _share(tx, carrier, shared)


def _take_over(tx: Tx, head: JobHead, carrier: str, named: list[NetworkId]) -> None:
    if named:
        sql.take_over_network_ids(
            tx, carrier=carrier, org_id=head.org_id, job_id=head.id, rows=to_json(named)
        )


def _share(tx: Tx, carrier: str, shared: dict[str, list[RecipientEnding]]) -> list[RecipientEnding]:
    if not shared:
        return []
    names = sorted(shared)
    sql.share_network_ids(tx, carrier=carrier, names=to_json(names), now=tx.now)
    ended = [message for name in names for message in shared[name]]
    log.warning(
        "a network gave one id to several messages; its reports for it are not counted",
        carrier=carrier,
        network_ids=names[:5],
        messages=len({(*message.job, message.recipient_id) for message in ended}),
    )
    return ended


def _sent(org_id: OrgId, job_id: JobId, recipient_id: RecipientId) -> RecipientEnding:
    return RecipientEnding(org_id, job_id, recipient_id, Status.SENT, SHARED)
