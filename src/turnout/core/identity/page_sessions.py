"""Sign-ins on the pages: who is signed in, until when.

A session ends two hours after its last use, a day after it began, when its user signs out or is
disabled, and when the password changes. Its token is a secret: only the digest is kept. Uses are
written once a minute at most.
"""

import hashlib
import hmac
import secrets
from typing import NamedTuple

from turnout.core.audit.recording import record
from turnout.core.identity.members import require_member
from turnout.core.identity.model import Member, Principal, User
from turnout.core.identity.sql import sql
from turnout.core.ids import OrgId
from turnout.errors import Missing, Unauthenticated
from turnout.store import Tx
from turnout.store.windows import edges

IDLE_MS = 2 * 3_600_000
LONGEST_MS = 24 * 3_600_000
TOUCH_MS = 60_000
LONGEST_TOKEN = 100
LONGEST_DEVICE = 200


class SessionLine(NamedTuple):
    """A session as its user is shown it: `device` is what the browser said of itself, `place` the
    address it came from. Instants in epoch ms."""

    number: int
    digest: str
    device: str
    place: str
    created_at: int
    used_at: int


class PageSession(NamedTuple):
    """A sign-in that is good now; `used_at` (epoch ms) as it is stored. `form_token` proves that a
    form comes from a page of this session."""

    principal: Principal
    member: Member
    digest: str
    used_at: int
    form_token: str


def begin_page_session(
    tx: Tx, principal: Principal, former: str = "", *, device: str = "", place: str = ""
) -> str:
    """Sign a user in who has proved to be who they are; returns the token of the new session. The
    browser's `former` session ends. `device` is what the browser says of itself, `place` where it
    is. Raises Unauthenticated for a user who may not sign in any more."""
    member = require_member(tx, principal)
    end_page_session(tx, former)
    token = secrets.token_urlsafe(32)
    sql.add_page_session(
        tx,
        org_id=principal.org_id,
        digest=_digest(token),
        user_id=principal.user_id,
        credential_id=principal.credential_id,
        device=device[:LONGEST_DEVICE],
        place=place,
        number=tx.next_id("staff"),
        now=tx.now,
    )
    sql.touch_credential(
        tx,
        org_id=principal.org_id,
        id=principal.credential_id,
        at=tx.now,
        ahead=edges(0, tx.now).ahead,
    )
    record(tx, principal.org_id, member.actor, "signed in", "user", principal.user_id)
    return token


def read_page_session(tx: Tx, token: str) -> PageSession:
    """The session of a token. Raises Unauthenticated when there is none, or it is over."""
    row = sql.find_page_session(tx, digest=_digest(token)) if _is_possible(token) else None
    if row is None:
        raise _ended()
    org_id, user_id, credential_id, created_at, used_at = row
    if used_at + IDLE_MS <= tx.now or created_at + LONGEST_MS <= tx.now:
        raise _ended()
    principal = Principal(org_id, credential_id, user_id)
    member = require_member(tx, principal)
    return PageSession(principal, member, _digest(token), used_at, form_token_of(token))


def touch_page_session(tx: Tx, org_id: OrgId, digest: str) -> None:
    """Note that a session is used now."""
    sql.touch_page_session(tx, org_id=org_id, digest=digest, at=tx.now)


def end_page_session(tx: Tx, token: str) -> None:
    """Sign out. Idempotent."""
    row = sql.find_page_session(tx, digest=_digest(token)) if _is_possible(token) else None
    if row is not None:
        sql.delete_page_session(tx, org_id=row.org_id, digest=_digest(token))
        record(tx, row.org_id, f"user:{row.user_id}", "signed out", "user", row.user_id)


def list_page_sessions(tx: Tx, user: User) -> list[SessionLine]:
    """The user's sessions that are good now, last used first."""
    return sql.list_page_sessions(
        tx,
        org_id=user.org_id,
        user_id=user.id,
        unused_since=tx.now - IDLE_MS,
        begun_before=tx.now - LONGEST_MS,
    )


def revoke_page_session(tx: Tx, user: User, number: int, *, actor: str) -> None:
    """End one of the user's sessions. Raises Missing for one that is over or somebody else's."""
    if not sql.delete_page_session_of(tx, org_id=user.org_id, user_id=user.id, number=number):
        raise Missing("page.no_session")
    record(tx, user.org_id, actor, "signed out", "user", user.id, session=number)


def revoke_page_sessions(tx: Tx, user: User, *, kept: str = "", actor: str) -> int:
    """End all of the user's sessions but that of the digest `kept`; returns how many."""
    count = sql.delete_page_sessions_of(tx, org_id=user.org_id, user_id=user.id, kept=kept)
    if count:
        record(tx, user.org_id, actor, "signed out", "user", user.id, sessions=count)
    return count


def restart_page_sessions(tx: Tx) -> None:
    """Let sessions that were used in the future count as used now: nobody is signed out by a clock
    that is set back, nor stays signed in for longer."""
    sql.restart_page_sessions(tx, now=tx.now, ahead=edges(IDLE_MS, tx.now).ahead)


def forget_old_page_sessions(tx: Tx, limit: int) -> int:
    """Delete up to `limit` sessions that are over; returns how many."""
    rows = sql.list_old_page_sessions(
        tx, unused_since=tx.now - IDLE_MS, begun_before=tx.now - LONGEST_MS, limit=limit
    )
    for org_id, digest in rows:
        sql.delete_page_session(tx, org_id=org_id, digest=digest)
    return len(rows)


def form_token_of(token: str) -> str:
    """What forms of a session carry, made of its token so that nothing more need be kept."""
    return hmac.new(token.encode(), b"form", hashlib.sha256).hexdigest()


def _is_possible(token: str) -> bool:
    return 0 < len(token) <= LONGEST_TOKEN and token.isascii()


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _ended() -> Unauthenticated:
    return Unauthenticated("page.session")
