"""Who speaks at an event."""

import msgspec

from turnout.core.audit.recording import record
from turnout.core.events.describing import check_picture
from turnout.core.events.model import Speaker
from turnout.core.events.programme import get_event
from turnout.core.events.sessions import check_position
from turnout.core.events.sql import sql
from turnout.core.fields import changed_fields, check_line, check_prose
from turnout.core.ids import EventId, OrgId, SpeakerId
from turnout.core.text import is_blank
from turnout.errors import Invalid, Missing
from turnout.store import Tx


class SpeakerChange(msgspec.Struct, frozen=True, kw_only=True):
    """What is to change; None = it stays, empty text = not given any more. `description` is
    Markdown, `picture` a digest."""

    name: str | None = None
    headline: str | None = None
    description: str | None = None
    picture: str | None = None
    position: int | None = None


def add_speaker(
    tx: Tx, org_id: OrgId, event_id: EventId, change: SpeakerChange, *, actor: str
) -> Speaker:
    """Add a speaker, who needs a name. Raises Invalid, Missing."""
    get_event(tx, org_id, event_id)
    _check(tx, org_id, change)
    if not change.name:
        raise Invalid("name.missing")
    nobody = Speaker(SpeakerId(tx.next_id("programme")), event_id, "", "", "", "", 0)
    speaker = _apply(nobody, change)
    sql.add_speaker(tx, org_id=org_id, now=tx.now, **msgspec.structs.asdict(speaker))
    record(tx, org_id, actor, "created", "speaker", speaker.id, event_id=event_id)
    return speaker


def change_speaker(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    speaker_id: SpeakerId,
    change: SpeakerChange,
    *,
    actor: str,
) -> Speaker:
    """Change a speaker. Idempotent. Raises Invalid, Missing."""
    _check(tx, org_id, change)
    speaker = _apply(get_speaker(tx, org_id, event_id, speaker_id), change)
    sql.set_speaker(tx, org_id=org_id, now=tx.now, **msgspec.structs.asdict(speaker))
    record(tx, org_id, actor, "changed", "speaker", speaker_id, fields=changed_fields(change))
    return speaker


def remove_speaker(
    tx: Tx, org_id: OrgId, event_id: EventId, speaker_id: SpeakerId, *, actor: str
) -> None:
    """Remove a speaker; sessions go on without them. Raises Missing."""
    if not sql.delete_speaker(tx, org_id=org_id, event_id=event_id, id=speaker_id):
        raise Missing("speaker.missing", speaker_id=speaker_id)
    record(tx, org_id, actor, "deleted", "speaker", speaker_id, event_id=event_id)


def get_speaker(tx: Tx, org_id: OrgId, event_id: EventId, speaker_id: SpeakerId) -> Speaker:
    """The speaker of that number. Raises Missing."""
    for speaker in list_speakers(tx, org_id, event_id):
        if speaker.id == speaker_id:
            return speaker
    raise Missing("speaker.missing", speaker_id=speaker_id)


def list_speakers(tx: Tx, org_id: OrgId, event_id: EventId) -> list[Speaker]:
    """Who speaks at the event, in order."""
    return sql.list_speakers(tx, org_id=org_id, event_id=event_id)


def _check(tx: Tx, org_id: OrgId, change: SpeakerChange) -> None:
    if change.name is not None and is_blank(change.name):
        raise Invalid("name.missing")
    check_line("name", change.name or "")
    check_line("headline", change.headline or "")
    check_prose("description", change.description or "")
    check_position(change.position)
    if change.picture:
        check_picture(tx, org_id, change.picture)


def _apply(speaker: Speaker, change: SpeakerChange) -> Speaker:
    given = {name: getattr(change, name) for name in changed_fields(change)}
    return msgspec.structs.replace(speaker, **given)
