"""Sessions: what they say of themselves, when they are, and removed while nobody booked them."""

from collections.abc import Sequence
from typing import Any

import msgspec

from turnout.core.audit.recording import record
from turnout.core.events.model import SessionText, Span, span
from turnout.core.events.programme import get_event
from turnout.core.events.sql import sql
from turnout.core.fields import changed_fields, check_line, check_prose
from turnout.core.identity.names import drop_name
from turnout.core.ids import EventId, OrgId, SessionId, SpeakerId, TicketTypeId
from turnout.core.text import is_blank
from turnout.errors import Conflict, Invalid, Missing
from turnout.store import Tx, to_json

LARGEST_POSITION = 1_000_000
_numbers = msgspec.json.Decoder(tuple[int, ...])


class SessionChange(msgspec.Struct, frozen=True, kw_only=True):
    """What is to change; None = it stays, empty text or list = not given any more. `description` is
    Markdown; only holders of `ticket_type_ids` may book it, none = everybody."""

    title: str | None = None
    description: str | None = None
    track: str | None = None
    room: str | None = None
    position: int | None = None
    ticket_type_ids: Sequence[TicketTypeId] | None = None
    speaker_ids: Sequence[SpeakerId] | None = None
    starts_local: str | None = None
    ends_local: str | None = None


def list_session_texts(tx: Tx, org_id: OrgId, event_id: EventId) -> list[SessionText]:
    """What the sessions of an event say of themselves, in the order of the programme."""
    return [
        SessionText(
            row.id,
            row.description,
            row.track,
            row.room,
            row.position,
            tuple(map(TicketTypeId, _numbers.decode(row.ticket_type_ids))),
            tuple(map(SpeakerId, _numbers.decode(row.speaker_ids))),
        )
        for row in sql.list_session_texts(tx, org_id=org_id, event_id=event_id)
    ]


def change_session(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    session_id: SessionId,
    change: SessionChange,
    *,
    actor: str,
) -> None:
    """Change a session of the event; everybody who booked it keeps their place. Idempotent. Raises
    Invalid for a value that cannot be, a ticket type or a speaker of another event; Missing."""
    _check_texts(change)
    known = sql.lock_session(tx, org_id=org_id, id=session_id)
    if known is None or known.event_id != event_id:
        raise Missing("session.missing", session_id=session_id)
    types, speakers = change.ticket_type_ids, change.speaker_ids
    _check_members(tx, org_id, event_id, types or (), speakers or ())
    sql.set_session_text(
        tx,
        org_id=org_id,
        id=session_id,
        title=_pick(change.title, known.title).strip(),
        description=_pick(change.description, known.description),
        track=_pick(change.track, known.track).strip(),
        room=_pick(change.room, known.room).strip(),
        position=_pick(change.position, known.position),
        ticket_type_ids=known.ticket_type_ids if types is None else to_json(list(types)),
        speaker_ids=known.speaker_ids if speakers is None else to_json(list(speakers)),
        now=tx.now,
    )
    if change.starts_local is not None or change.ends_local is not None:
        starts = _pick(change.starts_local, known.starts_local)
        ends = _pick(change.ends_local, known.ends_local)
        zone = get_event(tx, org_id, event_id).timezone
        store_session_times(tx, org_id, session_id, span(starts, ends, zone))
    record(tx, org_id, actor, "changed", "session", session_id, fields=changed_fields(change))


def store_session_times(tx: Tx, org_id: OrgId, session_id: SessionId, when: Span) -> None:
    """Keep when a session is."""
    sql.set_session_times(
        tx,
        org_id=org_id,
        id=session_id,
        starts_local=when.starts_local,
        ends_local=when.ends_local,
        starts_at=when.starts_at,
        ends_at=when.ends_at,
        now=tx.now,
    )


def remove_session(
    tx: Tx, org_id: OrgId, event_id: EventId, session_id: SessionId, *, actor: str
) -> None:
    """Remove a session that nobody booked or watched; its pak leads nowhere then. Raises Conflict,
    Missing."""
    known = sql.lock_session(tx, org_id=org_id, id=session_id)
    if known is None or known.event_id != event_id:
        raise Missing("session.missing", session_id=session_id)
    if known.held or sql.is_session_in_use(tx, org_id=org_id, id=session_id):
        raise Conflict("session.in_use", session_id=session_id, held=known.held)
    drop_name(tx, org_id, "pak", known.pak)
    sql.delete_session_media(tx, org_id=org_id, session_id=session_id)
    if not sql.delete_session(tx, org_id=org_id, id=session_id):
        raise Conflict("session.in_use", session_id=session_id, held=known.held)
    facts = {"title": known.title, "event_id": event_id}
    record(tx, org_id, actor, "deleted", "session", session_id, **facts)


def check_position(position: int | None) -> None:
    """Raise Invalid for a place in an order that cannot be."""
    if position is not None and not 0 <= position <= LARGEST_POSITION:
        raise Invalid("position.range", limit=LARGEST_POSITION)


def _check_texts(change: SessionChange) -> None:
    if change.title is not None and is_blank(change.title):
        raise Invalid("title.missing")
    for field in ("title", "track", "room"):
        if value := getattr(change, field):
            check_line(field, value)
    check_prose("description", change.description or "")
    check_position(change.position)


def _check_members(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    types: Sequence[TicketTypeId],
    speakers: Sequence[SpeakerId],
) -> None:
    own = {found.id for found in sql.list_ticket_types(tx, org_id=org_id, event_id=event_id)}
    for type_id in types:
        if type_id not in own:
            raise Missing("ticket_type.no_such", ticket_type_id=type_id)
    speaking = {found.id for found in sql.list_speakers(tx, org_id=org_id, event_id=event_id)}
    for speaker_id in speakers:
        if speaker_id not in speaking:
            raise Missing("speaker.missing", speaker_id=speaker_id)


def _pick(new: Any, old: Any) -> Any:
    return old if new is None else new
