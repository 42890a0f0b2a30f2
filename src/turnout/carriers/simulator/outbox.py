"""What the simulator "sent": kept in the database, so that a killed network forgets nothing."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from turnout.carriers.simulator.sql import sql
from turnout.core.identity.countries import find_country
from turnout.core.identity.members import require_member
from turnout.core.identity.model import Principal, Role
from turnout.core.ids import NO_JOB, NO_USER, JobId, OrgId, UserId
from turnout.core.messaging.model import Channel
from turnout.core.messaging.numbers import to_address
from turnout.core.messaging.outbox import OutboxFilter, SentMessage
from turnout.core.text import email_key
from turnout.store import Tx, to_json
from turnout.store.windows import edges

DAY_MS = 24 * 3600 * 1000


class Sent(NamedTuple):
    """A message on its way out; `outcome` and `facts` are JSON, `after_ms` when the network will
    say more, None = never."""

    org_id: OrgId
    attempt_id: int
    job_id: JobId
    kind: str
    channel: str
    sender: str
    destination: str
    subject: str
    text: str
    facts: str
    outcome: str
    after_ms: int | None


class Verdict(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the network says of a message in the end. A `reply` is sent to `answered`, empty = to
    the sender, if there is one. With `is_gone` the address takes no messages any more."""

    status: str
    notes: str = ""
    duration_s: int = 0
    key: str = ""
    is_voicemail: bool = False
    reply: str = ""
    answered: str = ""
    is_gone: bool = False


class DueReport(NamedTuple):
    """A message of which the network now says more."""

    org_id: OrgId
    id: int
    attempt_id: int
    channel: str
    sender: str
    destination: str
    outcome: str


class OutboxMessage(msgspec.Struct, frozen=True):
    """A message as lists show it. `at` in epoch ms."""

    id: int
    job_id: JobId
    kind: str
    channel: Channel
    sender: str
    destination: str
    subject: str
    text: str
    facts: dict[str, Any]
    verdict: Verdict
    at: int


def add_messages(tx: Tx, sent: Sequence[Sent]) -> list[int]:
    """Keep messages; returns the network's numbers for them."""
    if not sent:
        return []
    ids = tx.next_ids("messaging", len(sent))
    rows = [
        (
            message.org_id,
            id_,
            *message[1:11],
            None if message.after_ms is None else tx.now + message.after_ms,
        )
        for id_, message in zip(ids, sent, strict=True)
    ]
    sql.add_messages(tx, rows=to_json(rows), now=tx.now)
    return ids


def list_due(tx: Tx, limit: int) -> list[DueReport]:
    """Messages of which the network says more now."""
    return sql.list_due(tx, now=tx.now, limit=limit)


def next_due(tx: Tx) -> int | None:
    """When the network will say more (epoch ms), None = never."""
    return sql.next_due(tx)


def clear_due(tx: Tx, due: Sequence[DueReport]) -> None:
    """It has been said, and is on disk elsewhere."""
    sql.clear_due(tx, rows=to_json([(due_report.org_id, due_report.id) for due_report in due]))


def forget_old(tx: Tx, days: int, limit: int) -> int:
    """Delete up to `limit` messages that are older than so many days; returns how many. What was
    handed over in the future (the clock was set back since) is told now."""
    sql.pull_due(tx, now=tx.now, ahead=edges(0, tx.now).ahead)
    rows = sql.list_old(tx, before=tx.now - days * DAY_MS, limit=limit)
    sql.delete_message(tx, [{"org_id": org_id, "id": id_} for org_id, id_ in rows])
    return len(rows)


def list_messages(
    tx: Tx,
    org_id: OrgId,
    *,
    user_id: UserId = NO_USER,
    codes_of: int = 0,
    channel: str = "",
    destination: str = "",
    job_id: JobId = NO_JOB,
    before: tuple[int, int] = (0, 0),
    limit: int = 50,
) -> list[OutboxMessage]:
    """Messages of an organization, newest first; 0 and empty = any. `destination` is an address in
    any letter case, or a number as it may be typed. Verification codes are shown
    to nobody but the user `codes_of`, where one is given. `before` is when the last one of the page
    before was sent, and its number."""
    lowered, form, key = _forms(tx, org_id, destination.strip())
    rows = sql.list_messages(
        tx,
        org_id=org_id,
        user_id=user_id,
        codes_of=codes_of,
        channel=channel,
        destination=lowered,
        form=form,
        key=key,
        job_id=job_id,
        before_at=before[0],
        before_id=before[1],
        limit=limit,
    )
    return [_shown(*row) for row in rows]


def _forms(tx: Tx, org_id: OrgId, destination: str) -> tuple[str, str, str]:
    """The forms in lower case in which a destination may have been sent to."""
    if "@" in destination or not destination:
        ascii_ = destination.encode().lower().decode()
        return ascii_, destination.lower(), email_key(destination)
    number = to_address(Channel.SMS, destination, find_country(tx, org_id)) or destination
    return (number,) * 3


def list_sent(
    tx: Tx, principal: Principal, wanted: OutboxFilter, *, limit: int
) -> list[SentMessage]:
    """What a user may see, newest first: an account its own, others all of their organization's.
    Raises Unauthenticated."""
    role = require_member(tx, principal).user.role
    found = list_messages(
        tx,
        principal.org_id,
        user_id=principal.user_id if role is Role.ACCT else NO_USER,
        codes_of=principal.user_id,
        channel=wanted.channel,
        destination=wanted.destination,
        job_id=wanted.job_id,
        before=wanted.before,
        limit=limit,
    )
    return [_present(message) for message in found]


def _present(message: OutboxMessage) -> SentMessage:
    return SentMessage(
        message.id,
        message.at,
        message.job_id,
        message.channel.value,
        message.sender,
        message.destination,
        message.subject,
        message.text,
        message.verdict.status,
        message.verdict.notes,
        message.verdict.reply,
        message.facts.get("head", ""),
        message.facts.get("html", ""),
        tuple(message.facts.get("parts", ())),
    )


def _shown(
    id_: int,
    job_id: JobId,
    kind: str,
    channel: str,
    sender: str,
    destination: str,
    subject: str,
    text: str,
    facts: str,
    outcome: str,
    at: int,
) -> OutboxMessage:
    return OutboxMessage(
        id_,
        job_id,
        kind,
        Channel(channel),
        sender,
        destination,
        subject,
        text,
        msgspec.json.decode(facts),
        msgspec.json.decode(outcome, type=Verdict),
        at,
    )
