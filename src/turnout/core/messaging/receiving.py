"""Delivery reports that carriers hand in.

A part's network id is deleted when its report is counted, so a report that comes again finds
nothing. One whose id is not known yet waits in `early_reports`, and is looked for when outcomes are
recorded. Everybody has arrived when all parts have; the first failure decides otherwise.
"""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from turnout.core.ids import JobId, OrgId, RecipientId
from turnout.core.messaging.ending import RecipientEnding, bounce_sent, end_recipients
from turnout.core.messaging.model import Channel, Status
from turnout.core.messaging.outcomes import DeliveryReport
from turnout.core.messaging.sql import sql
from turnout.core.messaging.suppression import Reason, suppress_recipients
from turnout.core.work.apart import do_apart
from turnout.store import Tx, to_json

EARLY_MS = 3_600_000
_decoder = msgspec.json.Decoder(DeliveryReport)


class _MessageRef(NamedTuple):
    network_id: str
    org_id: OrgId
    job_id: JobId
    recipient_id: RecipientId
    parts: int


def receive_reports(tx: Tx, reports: Sequence[DeliveryReport]) -> None:
    """Store what networks say of messages that they took. Repeating it changes nothing.

    A report that cannot be stored costs the others nothing: its recipient gets a note.
    """
    do_apart(tx, "report note", _give_up, do_apart(tx, "report", _receive, reports))


def _receive(tx: Tx, reports: Sequence[DeliveryReport]) -> None:
    ended: list[RecipientEnding] = []
    by_carrier: dict[str, dict[str, DeliveryReport]] = {}
    for report in reports:
        if report.attempt_id is None:
            by_carrier.setdefault(report.carrier, {})[report.network_id] = report
    for carrier, named in by_carrier.items():
        ended += _match(tx, carrier, named)
    own = {report.attempt_id: report for report in reports if report.attempt_id is not None}
    if own:
        ended += _match_own(tx, own)
    end_recipients(tx, ended)


def _give_up(tx: Tx, reports: Sequence[DeliveryReport]) -> None:
    """Note with recipients that their reports could not be stored; nobody looks for them again."""
    for report in reports:
        _note_lost(tx, report)


def _note_lost(tx: Tx, report: DeliveryReport) -> None:
    if report.attempt_id is not None:
        ids = to_json([report.attempt_id])
        found = [(row.org_id, row.job_id, row.id) for row in sql.list_named_recipients(tx, ids=ids)]
    else:
        names = to_json([report.network_id])
        rows = sql.take_network_ids(tx, carrier=report.carrier, names=names)
        found = [(row.org_id, row.job_id, row.recipient_id) for row in rows]
    notes = f"A delivery report ({report.status.value}) could not be stored; the log says why."
    for org_id, job_id, id_ in found:
        sql.note_recipients(tx, org_id=org_id, job_id=job_id, ids=to_json([id_]), notes=notes)


def take_early_reports(tx: Tx, names: Sequence[tuple[str, str]]) -> None:
    """Count the reports that came before these network ids (carrier, name) were written down."""
    found = sql.take_early_reports(tx, rows=to_json(list(names)))
    if found:
        receive_reports(tx, [_decoder.decode(report) for (report,) in found])


def match_early_reports(tx: Tx, limit: int) -> int:
    """Count reports that were written down at the same moment as the ids that they name, each in
    a transaction that could not see the other's; returns how many."""
    names = sql.list_matching_reports(tx, limit=limit)
    if names:
        take_early_reports(tx, names)
    return len(names)


def forget_early_reports(tx: Tx, limit: int) -> int:
    """Delete up to `limit` reports that named nobody for an hour; returns how many."""
    rows = sql.list_old_reports(tx, before=tx.now - EARLY_MS, limit=limit)
    sql.delete_early_report(tx, [{"carrier": c, "network_id": name} for c, name in rows])
    return len(rows)


def _match(tx: Tx, carrier: str, reports: dict[str, DeliveryReport]) -> list[RecipientEnding]:
    rows = sql.take_network_ids(tx, carrier=carrier, names=to_json(list(reports)))
    named = sorted(rows, key=lambda row: (row.org_id, row.job_id, row.recipient_id))
    early = reports.keys() - {row.network_id for row in named}
    if early:
        kept = [(name, to_json(reports[name])) for name in sorted(early)]
        sql.keep_early_reports(tx, carrier=carrier, rows=to_json(kept), now=tx.now)
    ended = []
    for row in named:
        report = reports[row.network_id]
        if row.parts > 1 and report.status is Status.SENT:
            left = sql.count_part(tx, org_id=row.org_id, job_id=row.job_id, id=row.recipient_id)
            if left != 0:
                continue
        ended.append(_ended(row.org_id, row.job_id, row.recipient_id, report))
    return ended


def _match_own(tx: Tx, reports: dict[int, DeliveryReport]) -> list[RecipientEnding]:
    ended = []
    for org_id, job_id, id_, state, status, channel, address in sql.list_named_recipients(
        tx, ids=to_json(sorted(reports))
    ):
        report = reports[id_]
        if report.is_gone or report.is_complaint:
            reason = Reason.COMPLAINT if report.is_complaint else Reason.BOUNCE
            suppress_recipients(tx, org_id, job_id, [(address, report.notes)], reason)
        if report.is_complaint:
            notes = f"Its receiver complained: {report.notes}"
            sql.note_recipients(tx, org_id=org_id, job_id=job_id, ids=to_json([id_]), notes=notes)
        elif state != "done":
            ended.append(_ended(org_id, job_id, id_, report))
        elif channel == Channel.EMAIL and status == Status.SENT and report.status is Status.BOUNCED:
            bounce_sent(tx, org_id, job_id, [id_], report.notes)
    return ended


def _ended(
    org_id: OrgId, job_id: JobId, recipient_id: RecipientId, report: DeliveryReport
) -> RecipientEnding:
    return RecipientEnding(
        org_id,
        job_id,
        recipient_id,
        report.status,
        report.notes,
        report.duration_s,
        report.keypress,
        report.is_voicemail,
    )
