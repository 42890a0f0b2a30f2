"""Who may see reports, of which events, and their sessions; reporting contract, Login.

A session ends 60 minutes after its last use. Its id is a secret: only the digest is kept. Uses are
written once a minute at most, so a session that two nodes serve may end a minute early.
"""

import hashlib
import secrets
from collections.abc import Mapping
from typing import NamedTuple

from turnout.core.audience.sql import sql
from turnout.core.audit.recording import record
from turnout.core.events.model import EventState
from turnout.core.events.programme import get_event
from turnout.core.identity.link_keys import (
    ensure_link_key,
    find_link_keys,
    is_link_signed,
    sign_link,
)
from turnout.core.identity.members import require_member
from turnout.core.identity.model import Principal
from turnout.core.identity.sight import find_sight
from turnout.core.ids import EventId, OrgId, UserId
from turnout.errors import Denied, Missing, Unauthenticated
from turnout.store import Tx
from turnout.store.windows import edges

SESSION_MS = 60 * 60_000
TOUCH_MS = 60_000
DIGITS = 40


class Session(NamedTuple):
    """A sign-in that is good now; `used_at` (epoch ms) as it is stored."""

    principal: Principal
    digest: str
    used_at: int


class ReportedEvent(NamedTuple):
    """An event in the list of a reporting user. Instants in epoch ms."""

    id: EventId
    title: str
    starts_at: int
    ends_at: int


class Grant(NamedTuple):
    """A reporting user; `events` counts those of the list, where it is not all."""

    user_id: UserId
    user_code: str
    is_all: bool
    events: int


def grant_reporting(
    tx: Tx, org_id: OrgId, user_id: UserId, event_ids: list[EventId] | None = None, *, actor: str
) -> None:
    """Let a user see reports of these events, or, with None, of all of the organization, later
    ones too. It replaces what the user could see. Raises Missing."""
    for event_id in event_ids or ():
        get_event(tx, org_id, event_id)
    sql.put_reporting_user(
        tx, org_id=org_id, user_id=user_id, is_all=int(event_ids is None), now=tx.now
    )
    sql.delete_reporting_events(tx, org_id=org_id, user_id=user_id)
    if event_ids:
        rows = [
            {"org_id": org_id, "user_id": user_id, "event_id": event_id} for event_id in event_ids
        ]
        sql.put_reporting_event(tx, rows)
    record(tx, org_id, actor, "granted reports", "user", user_id, events=event_ids)


def revoke_reporting(tx: Tx, org_id: OrgId, user_id: UserId, *, actor: str) -> None:
    """Let a user see no reports any more, at once. Raises Missing for one who saw none."""
    sql.delete_reporting_events(tx, org_id=org_id, user_id=user_id)
    if not sql.delete_reporting_user(tx, org_id=org_id, user_id=user_id):
        raise Missing("reporting.missing", user_id=user_id)
    record(tx, org_id, actor, "revoked reports", "user", user_id)


def list_reporting_users(tx: Tx, org_id: OrgId) -> list[Grant]:
    """The users who see reports, by number."""
    rows = sql.list_reporting_users(tx, org_id=org_id)
    return [Grant(id_, code, bool(is_all), events) for id_, code, is_all, events in rows]


def begin_session(tx: Tx, principal: Principal) -> tuple[str, str]:
    """Sign a user in whose password was right; returns the ids of session and user, 40 hex digits
    each. Raises Unauthenticated for somebody who sees no reports."""
    require_reporting(tx, principal)
    session_id = secrets.token_hex(20)
    sql.add_reporting_session(
        tx,
        org_id=principal.org_id,
        digest=_digest(session_id),
        user_id=principal.user_id,
        credential_id=principal.credential_id,
        now=tx.now,
    )
    return session_id, user_name(ensure_link_key(tx), principal)


def read_session(
    tx: Tx, session_id: str, user_id: str, used: Mapping[str, int] | None = None
) -> Session:
    """The session that both ids name. `used` are later uses than the stored ones (epoch ms), by
    digest, as far as the caller knows of any.

    Raises Unauthenticated when it is unknown, another user's or over, and when the user may not
    sign in any more.
    """
    digest = _digest(session_id)
    row = sql.find_reporting_session(tx, digest=digest)
    if row is None or max(row.used_at, (used or {}).get(digest, 0)) + SESSION_MS <= tx.now:
        raise _ended()
    org_id, own_id, credential_id, used_at = row
    principal = Principal(org_id, credential_id, own_id)
    is_theirs = len(user_id) == DIGITS and is_link_signed(
        find_link_keys(tx), _named(principal), user_id
    )
    if not is_theirs:
        raise _ended()
    require_reporting(tx, principal)
    return Session(principal, digest, used_at)


def touch_session(tx: Tx, org_id: OrgId, digest: str, at: int) -> None:
    """Note that a session was used at that instant (epoch ms)."""
    sql.touch_reporting_session(tx, org_id=org_id, digest=digest, at=at)


def restart_sessions(tx: Tx) -> None:
    """Let sessions that were used in the future count as used now."""
    sql.restart_sessions(tx, now=tx.now, ahead=edges(SESSION_MS, tx.now).ahead)


def forget_old_sessions(tx: Tx, limit: int) -> int:
    """Delete up to `limit` sessions that are over; returns how many."""
    rows = sql.list_old_sessions(tx, before=tx.now - SESSION_MS - TOUCH_MS, limit=limit)
    sql.delete_session(tx, [{"org_id": org_id, "digest": digest} for org_id, digest in rows])
    return len(rows)


def require_reporting(tx: Tx, principal: Principal) -> bool:
    """Whether the user sees all events of the organization, else a list of them. Raises
    Unauthenticated for a user who is disabled, has another password by now, or sees no reports."""
    require_member(tx, principal)
    is_all = sql.find_reporting_user(tx, org_id=principal.org_id, user_id=principal.user_id)
    if is_all is None:
        raise Unauthenticated("reporting.nobody")
    return bool(is_all)


def require_event(tx: Tx, principal: Principal, event_id: EventId) -> ReportedEvent:
    """An event that the user may see reports of. Raises Missing where the organization has no such
    event, Denied where it is not in the user's list."""
    is_all = require_reporting(tx, principal)
    event = get_event(tx, principal.org_id, event_id)
    if event.state is EventState.DRAFT:
        raise Missing("event.missing", event_id=event_id)
    if is_all and not find_sight(tx, principal.org_id, principal.user_id).sees(event_id):
        raise Denied("reporting.event", event_id=event_id)
    if (
        not is_all
        and sql.has_reporting_event(
            tx, org_id=principal.org_id, user_id=principal.user_id, event_id=event_id
        )
        is None
    ):
        raise Denied("reporting.event", event_id=event_id)
    return ReportedEvent(event.id, event.title, event.starts_at, event.ends_at)


def list_reported_events(tx: Tx, principal: Principal) -> list[ReportedEvent]:
    """The events that the user may see reports of, by number, as far as they were or will be
    webcast; drafts are not among them. One who may see all of the organization's is limited to
    those that they see elsewhere (core/identity/sight.py)."""
    org_id, user_id = principal.org_id, principal.user_id
    found = sql.list_reported_events(tx, org_id=org_id, user_id=user_id)
    if not found or not sql.find_reporting_user(tx, org_id=org_id, user_id=user_id):
        return found
    sight = find_sight(tx, org_id, user_id)
    return [event for event in found if sight.sees(event.id)]


def user_name(key: str, principal: Principal) -> str:
    """The user's id as the API has it: the same at every sign-in as long as
    the key of links is, and telling nothing."""
    return sign_link(key, _named(principal), DIGITS)


def _named(principal: Principal) -> str:
    return f"reporting-user:{principal.org_id}:{principal.user_id}"


def _digest(session_id: str) -> str:
    return hashlib.sha256(session_id.encode()).hexdigest()


def _ended() -> Unauthenticated:
    return Unauthenticated("session.ended")
