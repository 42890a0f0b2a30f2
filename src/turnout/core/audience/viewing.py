"""What people watch, as it is told by beats, imports and corrections: merged intervals.

Theory. A viewing that is told twice, by two devices or by a beat that is repeated, is the same
seconds: every interval is merged with those it overlaps or touches, in the transaction that takes
it, so reports only add up. The registration is locked first, so that two beats of one person never
merge past each other.
"""

from collections.abc import Iterable
from typing import NamedTuple

from turnout.core.audience.model import Interval, Mode, Viewing, merge, split_by_mode
from turnout.core.audience.sql import sql
from turnout.core.audit.recording import record
from turnout.errors import Invalid, Missing
from turnout.store import Tx

DAY_MS = 86_400_000
# What a device tells of longer ago is not believed.
OLDEST_MS = DAY_MS
MOST_INTERVALS = 50


class WatchedSession(NamedTuple):
    """A session as its viewers meet it."""

    id: int
    event_id: int
    title: str
    starts_at: int
    ends_at: int
    delivery: Mode
    media_kind: str
    media_url: str


def get_watched_session(tx: Tx, org_id: int, session_id: int) -> WatchedSession:
    """The session of that number. Raises Missing."""
    row = sql.get_session(tx, org_id=org_id, id=session_id)
    if row is None:
        raise Missing("session.missing", f"There is no session {session_id}.")
    id_, event_id, title, starts_at, ends_at, delivery, kind, url = row
    return WatchedSession(id_, event_id, title, starts_at, ends_at, Mode(delivery), kind, url)


def take_beat(
    tx: Tx, org_id: int, registration_id: int, session: WatchedSession, told: Iterable[Interval]
) -> int:
    """Take what a player tells, by our clock; what is in the future or older than a day is cut
    off. The same again changes nothing. Returns how many ms were new.

    Raises Missing for a registration that is not there.
    """
    oldest = tx.now - OLDEST_MS
    cut = [Interval(max(each.starts_at, oldest), min(each.ends_at, tx.now)) for each in told]
    added = 0
    for interval in merge(cut):
        for mode, part in split_by_mode(interval, session.ends_at, session.delivery):
            added += add_viewing(tx, org_id, registration_id, session, mode, part)
    return added


def add_viewing(
    tx: Tx,
    org_id: int,
    registration_id: int,
    session: WatchedSession,
    mode: Mode,
    interval: Interval,
) -> int:
    """Merge an interval into what is known; returns how many ms are new. Raises Missing, Invalid
    for an interval that is none."""
    if interval.ends_at <= interval.starts_at:
        raise Invalid("viewing.interval", "A viewing ends after it starts.")
    if not sql.lock_registration(tx, org_id=org_id, id=registration_id, event_id=session.event_id):
        raise Missing("registration.missing", f"There is no registration {registration_id}.")
    key = {
        "org_id": org_id,
        "registration_id": registration_id,
        "session_id": session.id,
        "mode": mode.value,
    }
    near = [
        Interval(*row)
        for row in sql.list_near(tx, starts_at=interval.starts_at, ends_at=interval.ends_at, **key)
    ]
    known = sum(each.ends_at - each.starts_at for each in near)
    (union,) = merge([interval, *near])
    if [union] == near:
        return 0
    for each in near:
        sql.delete_viewing(tx, starts_at=each.starts_at, **key)
    sql.add_viewing(
        tx, starts_at=union.starts_at, ends_at=union.ends_at, event_id=session.event_id, **key
    )
    return union.ends_at - union.starts_at - known


def remove_viewing(
    tx: Tx,
    org_id: int,
    registration_id: int,
    session_id: int,
    interval: Interval,
    *,
    reason: str,
    actor: str,
) -> int:
    """Take an interval out of what somebody watched of a session, in every mode; returns how many
    ms went. A correction, so there is an audit entry. Raises Missing."""
    session = get_watched_session(tx, org_id, session_id)
    if not sql.lock_registration(tx, org_id=org_id, id=registration_id, event_id=session.event_id):
        raise Missing("registration.missing", f"There is no registration {registration_id}.")
    removed = 0
    for mode in Mode:
        key = {
            "org_id": org_id,
            "registration_id": registration_id,
            "session_id": session_id,
            "mode": mode.value,
        }
        rows = sql.list_near(tx, starts_at=interval.starts_at, ends_at=interval.ends_at, **key)
        for starts_at, ends_at in rows:
            low, high = max(starts_at, interval.starts_at), min(ends_at, interval.ends_at)
            if high <= low:
                continue
            removed += high - low
            sql.delete_viewing(tx, starts_at=starts_at, **key)
            for part in (Interval(starts_at, low), Interval(high, ends_at)):
                if part.ends_at > part.starts_at:
                    sql.add_viewing(tx, event_id=session.event_id, **part._asdict(), **key)
    record(
        tx,
        org_id,
        actor,
        "corrected viewing",
        "registration",
        registration_id,
        session_id=session_id,
        removed_ms=removed,
        reason=reason,
    )
    return removed


def list_viewings(tx: Tx, org_id: int, registration_id: int) -> list[Viewing]:
    """What a registrant watched, by session, mode and time."""
    rows = sql.list_viewings(tx, org_id=org_id, registration_id=registration_id)
    return [Viewing(session_id, Mode(mode), *span) for session_id, mode, *span in rows]


def set_media(
    tx: Tx,
    org_id: int,
    session_id: int,
    *,
    delivery: Mode,
    media_kind: str,
    media_url: str,
    actor: str,
) -> None:
    """Say what a session's page plays: `hls`, `mp4` or `embed` at an https address, and whether
    it is live or simulated live while it runs. Raises Missing, Invalid."""
    if media_kind not in ("", "hls", "mp4", "embed"):
        raise Invalid("session.media", "The media is hls, mp4 or embed.")
    if media_kind and not media_url.startswith(("https://", "http://", "/")):
        raise Invalid("session.media", f"{media_url!r} is no address of media.")
    if delivery is Mode.ON_DEMAND:
        raise Invalid("session.delivery", "While it runs, a session is live or simlive.")
    if not sql.set_media(
        tx,
        org_id=org_id,
        id=session_id,
        delivery=delivery.value,
        media_kind=media_kind,
        media_url=media_url,
        now=tx.now,
    ):
        raise Missing("session.missing", f"There is no session {session_id}.")
    record(tx, org_id, actor, "set media", "session", session_id, kind=media_kind)
