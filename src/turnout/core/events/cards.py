"""The pictures of public events for other sites (formats/cards.py): which are due, and keeping
them.

A picture is named by the digest of what it shows, so it is made once for what an event says now. A
row without a picture says that the event has none: it is listed nowhere. Rows are looked at again
once the event, its venue or its organization changed since; a minute of overlap covers changes
that are committed late.
"""

import hashlib
from typing import NamedTuple

from turnout.catalogue.translations import find_locale
from turnout.core.events.model import Visibility
from turnout.core.events.showing import EventView, get_shown_event
from turnout.core.events.sql import sql
from turnout.core.identity.model import Organization
from turnout.core.identity.organizations import get_organization_of
from turnout.core.identity.profiles import get_profile
from turnout.core.ids import EventId, OrgId
from turnout.core.times import local
from turnout.errors import Missing
from turnout.formats.brand import OWN
from turnout.formats.cards import Card
from turnout.formats.local_dates import say_days
from turnout.formats.tracks import draw_tracks
from turnout.store import Tx, to_json

BATCH = 20
OVERLAP_MS = 60_000
# Higher where the drawing changes: all are made again.
DRAWING = 1


class DueCard(NamedTuple):
    """A picture that is to be made."""

    org_id: OrgId
    event_id: EventId
    digest: str
    card: Card


def note_due_cards(tx: Tx) -> list[DueCard]:
    """Up to BATCH pictures that are to be made; what needs none is noted as looked at."""
    due = []
    for row in sql.list_due_cards(tx, now=tx.now, limit=BATCH):
        wanted = _describe(tx, row.org_id, row.event_id)
        if wanted is not None and wanted.digest != row.digest:
            due.append(wanted)
        elif wanted is None:
            keep_card(tx, row.org_id, row.event_id, "", b"")
        else:
            sql.note_card(
                tx, org_id=row.org_id, event_id=row.event_id, checked_at=tx.now - OVERLAP_MS
            )
    return due


def keep_card(tx: Tx, org_id: OrgId, event_id: EventId, digest: str, content: bytes) -> None:
    """Keep the picture of what an event says now; empty = it has none."""
    sql.put_card(
        tx,
        org_id=org_id,
        event_id=event_id,
        digest=digest,
        content=content,
        checked_at=tx.now - OVERLAP_MS,
    )


def find_card(tx: Tx, org_id: OrgId, event_id: EventId) -> str:
    """The digest of the event's picture; empty = it has none."""
    return sql.find_card(tx, org_id=org_id, event_id=event_id) or ""


def read_card(tx: Tx, org_id: OrgId, event_id: EventId, digest: str) -> bytes:
    """The event's picture of that digest, a PNG. Raises Missing, also for a former one."""
    content = sql.read_card(tx, org_id=org_id, event_id=event_id, digest=digest)
    if not content:
        raise Missing("picture.missing", digest=event_id)
    return bytes(content)


def _describe(tx: Tx, org_id: OrgId, event_id: EventId) -> DueCard | None:
    """The picture of a public event; None for another."""
    shown = get_shown_event(tx, org_id, event_id)
    if shown.details.visibility is not Visibility.PUBLIC:
        return None
    organization = get_organization_of(tx, org_id)
    colour = shown.details.colour or get_profile(tx, org_id).colour or OWN
    card = _fill(shown, organization, colour)
    said = to_json([DRAWING, *card])
    return DueCard(org_id, event_id, hashlib.sha256(said.encode()).hexdigest()[:32], card)


def _fill(shown: EventView, organization: Organization, colour: str) -> Card:
    event = shown.event
    spoken = find_locale(shown.locale) or "en"
    starts, ends = (local(at, event.timezone) for at in (event.starts_at, event.ends_at))
    place = ", ".join(filter(None, (shown.place.venue, shown.place.city)))
    when = say_days(starts, ends, spoken)
    return Card(event.title, when, place, organization.name, colour, draw_tracks(event.id))
