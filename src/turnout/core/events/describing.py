"""What an event says of itself: changed field by field, each held against what it may be."""

from collections.abc import Callable
from typing import Any

import msgspec

from turnout.core.audit.recording import record
from turnout.core.events.model import EventDetails, PayingDoor, Span, Visibility
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
from turnout.errors import Invalid, Missing
from turnout.store import Tx, to_json

LONGEST_SUMMARY = 500
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


def change_event(
    tx: Tx, org_id: OrgId, event_id: EventId, change: EventChange, *, actor: str
) -> None:
    """Change what an event says of itself. The audit names the fields that changed.

    Idempotent. Raises Invalid for a value that cannot be, Missing for an event, a venue or a
    picture that is not there.
    """
    check_texts(change)
    text = sql.lock_event_text(tx, org_id=org_id, id=event_id)
    if text is None:
        raise Missing("event.missing", event_id=event_id)
    if change.cover:
        check_picture(tx, org_id, change.cover)
    if change.venue_id:
        check_venue(tx, org_id, change.venue_id)
    ends = (
        text.registration_ends_local
        if change.registration_ends is None
        else change.registration_ends.strip()
    )
    planned = plan(ends, text.timezone) if ends else None
    sql.set_event_text(
        tx,
        org_id=org_id,
        id=event_id,
        title=text.title if change.title is None else change.title.strip(),
        details=to_json(_apply(_details.decode(text.details), change)),
        cover=text.cover if change.cover is None else change.cover,
        venue_id=text.venue_id if change.venue_id is None else change.venue_id or None,
        registration_ends_local=planned.local if planned else "",
        registration_ends_at=planned.at if planned else None,
        now=tx.now,
    )
    record(tx, org_id, actor, "changed", "event", event_id, fields=changed_fields(change))


def set_event_times(tx: Tx, org_id: OrgId, event_id: EventId, when: Span, *, actor: str) -> None:
    """Set when an event is. Its sessions stay where they are, and nobody is told (for that see
    registrations/announcing.py); the end of registration keeps its local time. Raises Missing."""
    text = sql.lock_event_text(tx, org_id=org_id, id=event_id)
    if text is None:
        raise Missing("event.missing", event_id=event_id)
    sql.set_event_times(tx, org_id=org_id, id=event_id, now=tx.now, **msgspec.structs.asdict(when))
    before = [text.timezone, text.starts_local, text.ends_local]
    after = [when.timezone, when.starts_local, when.ends_local]
    record(tx, org_id, actor, "moved", "event", event_id, before=before, after=after)
    if text.registration_ends_local:
        again = EventChange(registration_ends=text.registration_ends_local)
        change_event(tx, org_id, event_id, again, actor=actor)


# -- what values may be --------------------------------------------------------------------


def check_texts(change: EventChange) -> None:
    """Raise Invalid for a value that cannot be."""
    if change.title is not None and is_blank(change.title):
        raise Invalid("title.missing")
    check_payment_days(change.pay_within_days)
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
    "contact_name": check_line,
    "contact_email": check_address,
    "contact_phone": check_line,
    "payment_text": check_payment_text,
}
_IN_DETAILS = frozenset(_CHECKS) - {"title"}


def _apply(details: EventDetails, change: EventChange) -> EventDetails:
    values: dict[str, Any] = {
        name: value.strip() for name in _IN_DETAILS if (value := getattr(change, name)) is not None
    }
    if change.visibility is not None:
        values |= {
            "is_public": change.visibility is Visibility.PUBLIC,
            "is_private": change.visibility is Visibility.PRIVATE,
        }
    for name in ("pay_within_days", "payment_doors"):
        if (value := getattr(change, name)) is not None:
            values[name] = value
    return msgspec.structs.replace(details, **values)
