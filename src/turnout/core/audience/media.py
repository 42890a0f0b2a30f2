"""What sessions show, and when that is live."""

from typing import NamedTuple

from turnout.core.audience.model import SECOND_MS, Media, MediaKind
from turnout.core.audience.sql import sql
from turnout.core.audit.recording import record
from turnout.core.events.model import Session
from turnout.core.ids import EventId, OrgId, SessionId
from turnout.errors import Invalid, Missing
from turnout.store import Tx

SCHEMES = ("https://", "http://", "/")
LONGEST_URL = 2000


class Show(NamedTuple):
    """A session of an event that can be watched."""

    session_id: SessionId
    pak: str
    title: str
    media: Media


def set_media(
    tx: Tx,
    org_id: OrgId,
    session_id: SessionId,
    kind: MediaKind,
    url: str,
    *,
    is_simulated: bool = False,
    is_on_demand: bool = True,
    live_from: int | None = None,
    live_until: int | None = None,
    actor: str,
) -> Media:
    """Say what a session shows; again replaces it. What was watched before stays as it was.

    `live_from` and `live_until` in epoch ms; None = as the session is planned. Raises Missing,
    Invalid for an address or a window that is none.
    """
    session = get_session(tx, org_id, session_id)
    if not url.startswith(SCHEMES) or len(url) > LONGEST_URL or not url.isprintable():
        raise Invalid("media.url")
    starts = session.starts_at if live_from is None else live_from
    ends = session.ends_at if live_until is None else live_until
    media = Media(
        kind,
        url,
        is_simulated,
        is_on_demand,
        starts - starts % SECOND_MS,
        ends - ends % SECOND_MS,
    )
    if media.live_from >= media.live_until:
        raise Invalid("media.window")
    sql.set_media(
        tx,
        org_id=org_id,
        session_id=session_id,
        kind=kind.value,
        url=url,
        is_simulated=int(is_simulated),
        is_on_demand=int(is_on_demand),
        live_from=media.live_from,
        live_until=media.live_until,
        now=tx.now,
    )
    record(tx, org_id, actor, "set media", "session", session_id, kind=kind.value, url=url)
    return media


def get_session(tx: Tx, org_id: OrgId, session_id: SessionId) -> Session:
    """The organization's session of that number. Raises Missing."""
    session = sql.find_session(tx, org_id=org_id, id=session_id)
    if session is None:
        raise Missing("session.missing", session_id=session_id)
    return session


def find_media(tx: Tx, org_id: OrgId, session_id: SessionId) -> Media | None:
    """What the session shows, if anything."""
    return sql.find_media(tx, org_id=org_id, session_id=session_id)


def list_shows(tx: Tx, org_id: OrgId, event_id: EventId) -> list[Show]:
    """The sessions of an event that can be watched, in the order of the programme."""
    rows = sql.list_event_media(tx, org_id=org_id, event_id=event_id)
    return [Show(row.session_id, row.pak, row.title, row.media) for row in rows]


def remove_media(tx: Tx, org_id: OrgId, session_id: SessionId, *, actor: str) -> None:
    """Let a session show nothing any more, and forget its captions; what was watched stays.
    Idempotent. Raises Missing."""
    get_session(tx, org_id, session_id)
    sql.remove_all_captions(tx, org_id=org_id, session_id=session_id)
    if sql.remove_media(tx, org_id=org_id, session_id=session_id):
        record(tx, org_id, actor, "removed media", "session", session_id)
