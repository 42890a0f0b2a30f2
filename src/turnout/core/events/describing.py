"""What an event says of itself: changed field by field, each held against what it may be."""

from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from turnout.core.audit.recording import record
from turnout.core.events.model import EventDetails, GuestRight, PayingDoor, Span, Visibility
from turnout.core.events.sql import sql
from turnout.core.fields import (
    changed_fields,
    check_address,
    check_colour,
    check_language,
    check_line,
    check_payment_days,
    check_payment_text,
    check_prose,
    check_url,
)
from turnout.core.ids import EventId, OrgId, VenueId
from turnout.core.text import is_blank
from turnout.core.times import plan
from turnout.errors import Conflict, Invalid, Missing
from turnout.store import Tx, to_json

LONGEST_SUMMARY = 500
MOST_COMPANIONS, MOST_PICTURES = 9, 30
_details = msgspec.json.Decoder(EventDetails)


class EventChange(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is to change; None = it stays, empty text = not given any more. `description` is
    Markdown, `colour` `#rrggbb`, `locale` a language tag, `cover` the digest of a picture,
    `registration_ends` local time at the event. `venue_id` 0 = no venue; the rest is that of
    EventDetails."""

    title: str | None = None
    summary: str | None = None
    description: str | None = None
    locale: str | None = None
    visibility: Visibility | None = None
    colour: str | None = None
    online_url: str | None = None
    contact_name: str | None = None
    contact_email: str | None = None
    contact_phone: str | None = None
    cover: str | None = None
    venue_id: VenueId | None = None
    registration_ends: str | None = None
    payment_text: str | None = None
    pay_within_days: int | None = None
    payment_doors: tuple[PayingDoor, ...] | None = None
    guest_rights: tuple[GuestRight, ...] | None = None
    confirms_links: bool | None = None
    shows_ticket_at_once: bool | None = None
    companions: int | None = None
    has_one_name: bool | None = None
    recording_url: str | None = None
    pictures: tuple[str, ...] | None = None
    publishes_numbers: bool | None = None


def change_event(
    tx: Tx, org_id: OrgId, event_id: EventId, change: EventChange, *, actor: str
) -> None:
    """Change what an event says of itself. The audit has what changed, before and after; of long
    texts, pictures, contacts and links the names of the fields alone.

    Idempotent. Raises Invalid for a value that cannot be, Missing for an event, a venue or a
    picture that is not there.
    """
    check_texts(change)
    text = sql.lock_event_text(tx, org_id=org_id, id=event_id)
    if text is None:
        raise Missing("event.missing", event_id=event_id)
    for picture in filter(None, (change.cover, *(change.pictures or ()))):
        check_picture(tx, org_id, picture)
    if change.venue_id:
        check_venue(tx, org_id, change.venue_id)
    ends = (
        text.registration_ends_local
        if change.registration_ends is None
        else change.registration_ends.strip()
    )
    planned = plan(ends, text.timezone) if ends else None
    details = _details.decode(text.details)
    before = _Text(
        text.title, details, text.cover, text.venue_id or 0, text.registration_ends_local
    )
    after = _Text(
        text.title if change.title is None else change.title.strip(),
        _apply(details, change),
        text.cover if change.cover is None else change.cover,
        before.venue_id if change.venue_id is None else change.venue_id,
        planned.local if planned else "",
    )
    sql.set_event_text(
        tx,
        org_id=org_id,
        id=event_id,
        title=after.title,
        details=to_json(after.details),
        cover=after.cover,
        venue_id=VenueId(after.venue_id) if after.venue_id else None,
        registration_ends_local=after.registration_ends,
        registration_ends_at=planned.at if planned else None,
        now=tx.now,
    )
    if facts := _facts_of(change, before, after):
        record(tx, org_id, actor, "changed", "event", event_id, **facts)


class _Text(NamedTuple):
    """What an event says of itself; `venue_id` 0 = no venue."""

    title: str
    details: EventDetails
    cover: str
    venue_id: int
    registration_ends: str

    def value(self, name: str) -> Any:
        """What a field of EventChange says."""
        return getattr(self if name in self._fields else self.details, name)


# What the audit says the names of alone: too long, a person's, or a way in.
_NAMED_ONLY = frozenset(
    {
        *("description", "payment_text", "cover", "pictures", "online_url"),
        *("contact_name", "contact_email", "contact_phone"),
    }
)


def _facts_of(change: EventChange, before: _Text, after: _Text) -> dict[str, Any]:
    """What the audit says of a change; empty where all was so before."""
    names = [n for n in changed_fields(change) if before.value(n) != after.value(n)]
    named = [name for name in names if name in _NAMED_ONLY]
    told = {n: [before.value(n), after.value(n)] for n in names if n not in _NAMED_ONLY}
    return told | ({"fields": named} if named else {})


class EventPlan(NamedTuple):
    """What an event's view leaves out: its venue, and the end of registration as it was planned
    (local time at the event), empty = none."""

    venue_id: VenueId | None
    registration_ends: str


def get_event_plan(tx: Tx, org_id: OrgId, event_id: EventId) -> EventPlan:
    """How an event is planned. Raises Missing."""
    found = sql.find_event_text(tx, org_id=org_id, id=event_id)
    if found is None:
        raise Missing("event.missing", event_id=event_id)
    return EventPlan(found.venue_id, found.registration_ends_local)


def lock_event(tx: Tx, org_id: OrgId, event_id: EventId) -> None:
    """Hold an event's texts against concurrent changes until this transaction ends. Raises
    Missing."""
    if sql.lock_event_text(tx, org_id=org_id, id=event_id) is None:
        raise Missing("event.missing", event_id=event_id)


def set_event_times(tx: Tx, org_id: OrgId, event_id: EventId, when: Span, *, actor: str) -> None:
    """Set when an event is. Its sessions stay where they are, and nobody is told (for that see
    registrations/announcing.py); the end of registration keeps its local time. Raises Conflict for
    an event that is postponed without a new date, which `postpone_event` sets; Missing."""
    text = sql.lock_event_text(tx, org_id=org_id, id=event_id)
    if text is None:
        raise Missing("event.missing", event_id=event_id)
    if _details.decode(text.details).is_date_open:
        raise Conflict("event.no_date", event_id=event_id)
    sql.set_event_times(tx, org_id=org_id, id=event_id, now=tx.now, **msgspec.structs.asdict(when))
    before = [text.timezone, text.starts_local, text.ends_local]
    after = [when.timezone, when.starts_local, when.ends_local]
    record(tx, org_id, actor, "moved", "event", event_id, before=before, after=after)
    if text.registration_ends_local:
        again = EventChange(registration_ends=text.registration_ends_local)
        change_event(tx, org_id, event_id, again, actor=actor)


def note_postponed(
    tx: Tx, org_id: OrgId, event_id: EventId, *, since: str, is_date_open: bool
) -> None:
    """Keep that an event is postponed, which was to start then (local time), and whether its new
    date is not known yet; the first of several such times stays. Raises Missing."""
    text = sql.lock_event_text(tx, org_id=org_id, id=event_id)
    if text is None:
        raise Missing("event.missing", event_id=event_id)
    details = _details.decode(text.details)
    kept = details.postponed_from or since
    changed = msgspec.structs.replace(details, postponed_from=kept, is_date_open=is_date_open)
    sql.set_event_details(tx, org_id=org_id, id=event_id, details=to_json(changed), now=tx.now)


# -- what values may be --------------------------------------------------------------------


def check_texts(change: EventChange) -> None:
    """Raise Invalid for a value that cannot be."""
    if change.title is not None and is_blank(change.title):
        raise Invalid("title.missing")
    check_payment_days(change.pay_within_days)
    if change.companions is not None and not 0 <= change.companions <= MOST_COMPANIONS:
        raise Invalid("event.companions", limit=MOST_COMPANIONS)
    if len(change.pictures or ()) > MOST_PICTURES:
        raise Invalid("event.pictures", limit=MOST_PICTURES)
    for name, check in _CHECKS.items():
        value = getattr(change, name)
        if value:
            check(name, value)


def check_venue(tx: Tx, org_id: OrgId, venue_id: VenueId) -> None:
    """Raise Missing for a venue that the organization does not have."""
    if sql.lock_venue(tx, org_id=org_id, id=venue_id) is None:
        raise Missing("venue.missing", venue_id=venue_id)


def check_picture(tx: Tx, org_id: OrgId, digest: str) -> None:
    """Raise Missing for a picture that the organization does not keep."""
    if sql.has_picture(tx, org_id=org_id, digest=digest) is None:
        raise Missing("picture.missing", digest=digest)


def _summary(field: str, text: str) -> None:
    check_line(field, text, LONGEST_SUMMARY)


_CHECKS: dict[str, Callable[[str, str], None]] = {
    "title": check_line,
    "summary": _summary,
    "description": check_prose,
    "locale": check_language,
    "colour": check_colour,
    "online_url": check_url,
    "recording_url": check_url,
    "contact_name": check_line,
    "contact_email": check_address,
    "contact_phone": check_line,
    "payment_text": check_payment_text,
}
_IN_DETAILS = frozenset(_CHECKS) - {"title"}
_CHOSEN = (
    *("pay_within_days", "payment_doors"),
    *("guest_rights", "confirms_links", "shows_ticket_at_once"),
    *("companions", "has_one_name", "pictures", "publishes_numbers"),
)


def _apply(details: EventDetails, change: EventChange) -> EventDetails:
    values: dict[str, Any] = {
        name: value.strip() for name in _IN_DETAILS if (value := getattr(change, name)) is not None
    }
    if change.visibility is not None:
        values |= {
            "is_public": change.visibility is Visibility.PUBLIC,
            "is_private": change.visibility is Visibility.PRIVATE,
        }
    for name in _CHOSEN:
        if (value := getattr(change, name)) is not None:
            values[name] = value
    return msgspec.structs.replace(details, **values)
