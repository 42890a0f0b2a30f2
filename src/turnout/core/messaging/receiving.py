"""Delivery reports that carriers hand in.

A part's network id keeps what its first report said, so one that comes again changes nothing. A
second one that says otherwise corrects the message's end, once, with a note (correcting.py). One
whose id is not known yet waits in `early_reports`, and is looked for when outcomes are recorded.
Everybody has arrived when all parts have; the first failure decides otherwise. A call whose network
gave no good answer has ended as one that may have been made; a report by our own name for it says
how it ended after all.
"""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import structlog

from turnout.core.ids import JobId, OrgId, RecipientId
from turnout.core.messaging.correcting import correct_recipients
from turnout.core.messaging.ending import RecipientEnding, bounce_sent, end_recipients
from turnout.core.messaging.model import Channel, Status
from turnout.core.messaging.outcomes import DeliveryReport, name_call
from turnout.core.messaging.spellings import is_same, list_spellings
from turnout.core.messaging.sql import sql
from turnout.core.messaging.suppression import Reason, suppress_recipients
from turnout.core.work.apart import do_apart
from turnout.store import Tx, to_json

EARLY_MS = 3_600_000
# Digits of a national number that tell it from others.
_NATIONAL = 7
log = structlog.get_logger()
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
    again: list[RecipientEnding] = []
    by_carrier: dict[str, dict[str, DeliveryReport]] = {}
    for report in _leave_out_strangers(tx, reports):
        if report.attempt_id is None:
            by_carrier.setdefault(report.carrier, {})[report.network_id] = report
    for carrier, named in by_carrier.items():
        some, more, left = _match(tx, carrier, named)
        ended += some
        again += more
        by_name = {report.reference: report for report in left if report.reference}
        if by_name:
            some, more, _ = _match(tx, carrier, by_name)
            ended += some
            again += more
    own = {report.attempt_id: report for report in reports if report.attempt_id is not None}
    if own:
        ended += _match_own(tx, own)
    done = end_recipients(tx, ended)
    if again:
        correct_recipients(tx, again)
    names = {name for report in reports for name in (report.network_id, report.reference)}
    late = [e for e in ended if e.recipient_id not in done and name_call(e.recipient_id) in names]
    if late:
        correct_recipients(tx, late, only=Status.PATHWAY_ERROR)


def _leave_out_strangers(tx: Tx, reports: Sequence[DeliveryReport]) -> list[DeliveryReport]:
    """Without those that name somebody's message and somebody else."""
    addresses: dict[tuple[str, str], str] = {}
    for carrier in sorted({report.carrier for report in reports if report.address}):
        names = sorted({one.network_id for one in reports if one.carrier == carrier})
        rows = sql.list_named_addresses(tx, carrier=carrier, names=to_json(names))
        addresses |= {(carrier, row.network_id): row.address for row in rows}
    kept = []
    for report in reports:
        known = addresses.get((report.carrier, report.network_id), "")
        if report.address and known and not _is_same_number(known, report.address):
            log.warning("a report is about somebody else", carrier=report.carrier)
        else:
            kept.append(report)
    return kept


def _is_same_number(known: str, said: str) -> bool:
    """Whether digits are those of a number in E.164, or its national ones."""
    national = said.lstrip("0")
    return known == said or (len(national) >= _NATIONAL and known.endswith(national))


def _give_up(tx: Tx, reports: Sequence[DeliveryReport]) -> None:
    """Note with recipients that their reports could not be stored; nobody looks for them again."""
    for report in reports:
        _note_lost(tx, report)


def _note_lost(tx: Tx, report: DeliveryReport) -> None:
    if report.attempt_id is not None:
        ids = to_json([report.attempt_id])
        found = [(row.org_id, row.job_id, row.id) for row in sql.list_named_recipients(tx, ids=ids)]
    else:
        told = to_json([(report.network_id, report.status.value)])
        rows = sql.take_network_ids(tx, carrier=report.carrier, rows=told, now=tx.now)
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


def _match(
    tx: Tx, carrier: str, reports: dict[str, DeliveryReport]
) -> tuple[list[RecipientEnding], list[RecipientEnding], list[DeliveryReport]]:
    """The ends that reports tell, those that are told again and otherwise, and the reports that
    named nobody, which are kept."""
    taken = _take(tx, carrier, reports)
    again: list[_MessageRef] = []
    if left := {name: reports[name] for name in reports.keys() - {row.network_id for row in taken}}:
        rows = to_json(sorted((name, report.status.value) for name, report in left.items()))
        again = sql.correct_network_ids(tx, carrier=carrier, rows=rows)
        for row in again:
            del left[row.network_id]
    spelled = _find_spelled(tx, carrier, left)
    if spelled:
        found = {stored: left.pop(name) for name, stored in spelled.items()}
        reports = reports | found
        taken += _take(tx, carrier, found)
    if left:
        kept = [(name, to_json(left[name])) for name in sorted(left)]
        sql.keep_early_reports(tx, carrier=carrier, rows=to_json(kept), now=tx.now)
    named = sorted(taken, key=lambda row: (row.org_id, row.job_id, row.recipient_id))
    told = [
        _ended(row.org_id, row.job_id, row.recipient_id, reports[row.network_id]) for row in again
    ]
    failed = [end for end in told if end.status != Status.SENT]
    return _count_parts(tx, named, reports) + failed, told, list(left.values())


def _take(tx: Tx, carrier: str, reports: dict[str, DeliveryReport]) -> list[_MessageRef]:
    """Whose these reports are, of those that no report came for before."""
    rows = to_json(sorted((name, report.status.value) for name, report in reports.items()))
    return list(sql.take_network_ids(tx, carrier=carrier, rows=rows, now=tx.now))


def _count_parts(
    tx: Tx, named: list[_MessageRef], reports: dict[str, DeliveryReport]
) -> list[RecipientEnding]:
    ended = []
    for row in named:
        report = reports[row.network_id]
        if row.parts > 1 and report.status is Status.SENT:
            left = sql.count_part(tx, org_id=row.org_id, job_id=row.job_id, id=row.recipient_id)
            if left != 0:
                continue
        ended.append(_ended(row.org_id, row.job_id, row.recipient_id, report))
    return ended


def _find_spelled(tx: Tx, carrier: str, reports: dict[str, DeliveryReport]) -> dict[str, str]:
    """The ids that reports mean which spell them otherwise, where that can be one alone."""
    spellings = {name: list_spellings(name) for name, report in reports.items() if report.is_loose}
    if not spellings:
        return {}
    names = sorted(set().union(*spellings.values()))
    rows = sql.find_spelled_ids(tx, carrier=carrier, names=to_json(names))
    found: dict[str, str] = {}
    for name in spellings:
        same = [stored for (stored,) in rows if is_same(stored, name)]
        if len(same) == 1 and same[0] not in found.values():
            found[name] = same[0]
    return found


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
