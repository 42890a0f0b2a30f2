"""The programme as it is shown: who speaks, and what happens when."""

from typing import NamedTuple

import msgspec

from turnout.core.events.model import SessionState, Speaker
from turnout.core.events.sql import sql
from turnout.core.ids import EventId, OrgId, SessionId, TicketTypeId
from turnout.store import Tx

_numbers = msgspec.json.Decoder(list[int])


class Item(NamedTuple):
    """A session. Instants in epoch ms; `description` is Markdown. One with a number of places
    (`capacity`, of which `held` are taken) is chosen by those who come; with no ticket types it is
    for all."""

    title: str
    starts_at: int
    ends_at: int
    description: str
    track: str
    room: str
    speakers: tuple[str, ...]
    is_cancelled: bool = False
    id: SessionId = SessionId(0)
    is_open: bool = False
    capacity: int | None = None
    held: int = 0
    ticket_type_ids: tuple[TicketTypeId, ...] = ()

    @property
    def is_chosen(self) -> bool:
        """Whether it is for those who choose it, and can be."""
        return self.is_open and self.capacity is not None

    @property
    def left(self) -> int | None:
        """How many places it has left; None = any number."""
        return None if self.capacity is None else max(0, self.capacity - self.held)


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
            row.id,
            row.state == SessionState.OPEN,
            row.capacity,
            row.held,
            tuple(map(TicketTypeId, _numbers.decode(row.ticket_type_ids))),
        )
        found.setdefault(row.event_id, Programme([], [])).items.append(item)
    return found
