"""The programme as it is shown: who speaks, and what happens when."""

from typing import NamedTuple

import msgspec

from turnout.core.events.model import SessionState, Speaker
from turnout.core.events.sql import sql
from turnout.core.ids import EventId, OrgId
from turnout.store import Tx

_numbers = msgspec.json.Decoder(list[int])


class Item(NamedTuple):
    """A session. Instants in epoch ms; `description` is Markdown."""

    title: str
    starts_at: int
    ends_at: int
    description: str
    track: str
    room: str
    speakers: tuple[str, ...]
    is_cancelled: bool = False


class Programme(NamedTuple):
    """Who speaks at an event, and its sessions in order."""

    speakers: list[Speaker]
    items: list[Item]


def get_programme(tx: Tx, org_id: OrgId, event_id: EventId) -> Programme:
    """The programme of an event; empty for an unknown one."""
    speakers = sql.list_speakers(tx, org_id=org_id, event_id=event_id)
    return _gather(tx, org_id, event_id, speakers).get(event_id, Programme(speakers, []))


def list_programmes(tx: Tx, org_id: OrgId) -> dict[EventId, Programme]:
    """The programmes of all the organization's events that have one; two statements, however many
    there are."""
    return _gather(tx, org_id, None, sql.list_all_speakers(tx, org_id=org_id))


def _gather(
    tx: Tx, org_id: OrgId, event_id: EventId | None, speakers: list[Speaker]
) -> dict[EventId, Programme]:
    found: dict[EventId, Programme] = {}
    for speaker in speakers:
        found.setdefault(speaker.event_id, Programme([], [])).speakers.append(speaker)
    names = {int(speaker.id): speaker.name for speaker in speakers}
    for row in sql.list_entries(tx, org_id=org_id, event_id=event_id):
        numbers = _numbers.decode(row.speaker_ids)
        speaking = tuple(names[number] for number in numbers if number in names)
        item = Item(
            row.title,
            row.starts_at,
            row.ends_at,
            row.description,
            row.track,
            row.room,
            speaking,
            row.state == SessionState.CANCELLED,
        )
        found.setdefault(row.event_id, Programme([], [])).items.append(item)
    return found
