"""Links that show an event's report to somebody without an account.

A link is a secret of which the digest is kept. It shows totals; those for which `has_names` was
chosen give the report's files, too, which name people. It ends by itself, or when it is revoked,
and is kept for 30 days then, so that a team sees what it has shown.
"""

import secrets
from typing import NamedTuple

from turnout.core.audience.sql import sql
from turnout.core.audit.recording import record
from turnout.core.events.programme import get_event
from turnout.core.identity.credentials import digest_of
from turnout.core.ids import EventId, OrgId, ReportLinkId
from turnout.core.text import is_line
from turnout.errors import Gone, Invalid, Missing
from turnout.store import Tx

PATH = "/summary/shared/"
DAY_MS = 24 * 3_600_000
KEPT_MS = 30 * DAY_MS
LONGEST_DAYS = 366
LONGEST_LABEL = 100
LONGEST_QUERY = 4000
LONGEST_TOKEN = 100
# A link that is looked at again and again is noted once in a while.
NOTED_MS = 60_000


class ReportLink(NamedTuple):
    """A link. Instants in epoch ms; `query` is the report's address behind its question mark, and
    `label` says for whom it is."""

    id: ReportLinkId
    event_id: EventId
    label: str
    query: str
    has_names: int
    created_by: str
    created_at: int
    ends_at: int
    revoked_at: int | None
    opened_at: int | None

    def is_good(self, now: int) -> bool:
        """Whether it shows anything at that instant."""
        return self.revoked_at is None and now < self.ends_at


def share_report(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    label: str,
    query: str,
    *,
    days: int,
    has_names: bool,
    actor: str,
) -> tuple[ReportLinkId, str]:
    """Make a link that is good for so many days; its number, and the secret, which is not kept.
    Raises Missing, Invalid for days or a label that cannot be."""
    get_event(tx, org_id, event_id)
    if not 1 <= days <= LONGEST_DAYS:
        raise Invalid("report_link.days", limit=LONGEST_DAYS)
    if not (label and is_line(label) and len(label) <= LONGEST_LABEL):
        raise Invalid("report_link.label", limit=LONGEST_LABEL)
    if len(query) > LONGEST_QUERY:
        raise Invalid("text.length", limit=LONGEST_QUERY)
    token = secrets.token_urlsafe(32)
    number = ReportLinkId(tx.next_id("audience"))
    ends_at = tx.now + days * DAY_MS
    sql.add_report_link(
        tx,
        org_id=org_id,
        id=number,
        event_id=event_id,
        digest=digest_of(token),
        label=label,
        query=query,
        has_names=int(has_names),
        actor=actor,
        now=tx.now,
        ends_at=ends_at,
    )
    record(
        tx,
        org_id,
        actor,
        "shared report",
        "event",
        event_id,
        link=number,
        label=label,
        has_names=has_names,
        ends_at=ends_at,
    )
    return number, token


def list_report_links(tx: Tx, org_id: OrgId, event_id: EventId) -> list[ReportLink]:
    """The event's links, newest first, without those that ended 30 days ago."""
    return sql.list_report_links(tx, org_id=org_id, event_id=event_id, since=tx.now - KEPT_MS)


def revoke_report_link(
    tx: Tx, org_id: OrgId, event_id: EventId, link_id: ReportLinkId, *, actor: str
) -> None:
    """End a link at once. Raises Missing for one that is not there or has ended."""
    if not sql.revoke_report_link(tx, org_id=org_id, event_id=event_id, id=link_id, now=tx.now):
        raise Missing("report_link.missing")
    record(tx, org_id, actor, "ended shared report", "event", event_id, link=link_id)


def get_shared_report(tx: Tx, token: str) -> tuple[OrgId, ReportLink]:
    """What a secret shows, and whose it is. Raises Missing, Gone for one that has ended."""
    found = sql.find_report_link(tx, digest=digest_of(token[:LONGEST_TOKEN]))
    if found is None:
        raise Missing("report_link.missing")
    if not found.link.is_good(tx.now):
        raise Gone("report_link.ended")
    return found.org_id, found.link


def note_opened(tx: Tx, org_id: OrgId, link: ReportLink) -> None:
    """Note that a link was opened now."""
    sql.note_report_opened(tx, org_id=org_id, id=link.id, now=tx.now)


def note_taken(tx: Tx, org_id: OrgId, link: ReportLink, what: str, count: int) -> None:
    """Note that a file with so many people was had by a link; in the audit."""
    note_opened(tx, org_id, link)
    actor = f"report link {link.id}"
    record(tx, org_id, actor, "exported", "event", link.event_id, what=what, count=count)


def forget_old_links(tx: Tx, limit: int) -> int:
    """Delete up to `limit` links that ended 30 days ago; returns how many."""
    rows = sql.list_old_report_links(tx, before=tx.now - KEPT_MS, limit=limit)
    sql.delete_report_link(tx, [{"org_id": row.org_id, "id": row.id} for row in rows])
    return len(rows)
