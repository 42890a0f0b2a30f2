"""Who may read reports: users who sign in for an hour at a time, for all events or some."""

import hashlib
import hmac
import secrets
from typing import NamedTuple

from turnout.core.audience.sql import sql
from turnout.core.audit.recording import record
from turnout.core.events.model import Event
from turnout.core.events.programme import get_event
from turnout.core.identity.members import Password, find_password, require_member
from turnout.core.identity.model import Login
from turnout.errors import Denied, Missing, Unauthenticated
from turnout.store import Tx

SESSION_MS = 60 * 60 * 1000
# The last use is written down no more often than this.
FLUSH_MS = 60_000
EXPIRED = "session.expired"


class Reader(NamedTuple):
    """Who reads: a user, in a session that is good."""

    login: Login
    name: str

    @property
    def org_id(self) -> int:
        """The organization's number."""
        return self.login.org_id


class ReportedEvent(NamedTuple):
    """An event as the list shows it. Instants in epoch ms."""

    id: int
    title: str
    starts_at: int
    ends_at: int


def find_reader_password(tx: Tx, name: str) -> Password | None:
    """The password that a sign-in is held against: by user code, or by an e-mail address that only
    one user has. None where there is none."""
    found = find_password(tx, name)
    if found is None and "@" in name:
        codes = [code for (code,) in sql.list_codes_of(tx, email=name)]
        if len(codes) == 1:
            return find_password(tx, codes[0])
    return found


def begin_session(tx: Tx, login: Login) -> tuple[str, str]:
    """Begin a session for somebody whose password was right; session id and user id, 40 hex digits
    each. Sessions that ended go."""
    session_id = secrets.token_hex(20)
    sql.forget_sessions(tx, before=tx.now - SESSION_MS)
    sql.add_session(
        tx,
        digest=_digest(session_id),
        org_id=login.org_id,
        user_id=login.user_id,
        credential_id=login.credential_id,
        now=tx.now,
    )
    return session_id, name_user(login.org_id, login.user_id)


def find_reader(tx: Tx, session_id: str, user_id: str) -> Reader:
    """Who reads. Ids that were swapped are taken, too. Raises Unauthenticated for a session that is
    unknown, over, or another user's."""
    for given, other in ((session_id, user_id), (user_id, session_id)):
        row = sql.find_session(tx, digest=_digest(given))
        if row is not None:
            org_id, user, credential_id, used_at = row
            login = Login(org_id, user, credential_id)
            is_same = hmac.compare_digest(name_user(org_id, user).encode(), other.encode())
            if used_at + SESSION_MS <= tx.now or not is_same:
                break
            member = require_member(tx, login)
            return Reader(login, member.user.user_code)
    raise Unauthenticated(
        EXPIRED, "The session is unknown or has ended: sign in at /api/login again."
    )


def touch_session(tx: Tx, session_id: str, user_id: str) -> None:
    """The session was used now: it lives an hour from here."""
    for given in (session_id, user_id):
        sql.touch_session(tx, digest=_digest(given), now=tx.now, before=tx.now - FLUSH_MS)


def list_reported_events(tx: Tx, reader: Reader) -> list[ReportedEvent]:
    """The events that the reader may see, by number; drafts are none yet."""
    rows = sql.list_reported(tx, org_id=reader.org_id, user_id=reader.login.user_id)
    return [ReportedEvent(*row) for row in rows]


def require_event(tx: Tx, reader: Reader, event_id: int) -> Event:
    """An event that the reader may see. Raises Missing, Denied."""
    event = get_event(tx, reader.org_id, event_id)
    named = {"org_id": reader.org_id, "user_id": reader.login.user_id}
    if not sql.may_see(tx, event_id=event_id, **named):
        raise Denied("event.denied", f"You may not see event {event_id}.")
    return event


def limit_reader(tx: Tx, org_id: int, user_id: int, event_ids: list[int], *, actor: str) -> None:
    """Let a user see these events only; none = all of the organization. Raises Missing."""
    for event_id in event_ids:
        get_event(tx, org_id, event_id)
    if not sql.has_user(tx, org_id=org_id, id=user_id):
        raise Missing("user.missing", f"There is no user {user_id}.")
    sql.clear_reported(tx, org_id=org_id, user_id=user_id)
    for event_id in dict.fromkeys(event_ids):
        sql.add_reported(tx, org_id=org_id, user_id=user_id, event_id=event_id)
    record(tx, org_id, actor, "limited reports", "user", user_id, event_ids=event_ids)


def name_user(org_id: int, user_id: int) -> str:
    """The user id of the reporting API: 40 hex digits that are always the same."""
    return hashlib.sha256(f"reader:{org_id}:{user_id}".encode()).hexdigest()[:40]


def _digest(session_id: str) -> str:
    return hashlib.sha256(session_id.encode()).hexdigest()
