"""The devices of the door: who shows a credential, when it was last seen, and ending it."""

from turnout.core.audit.recording import record
from turnout.core.door.model import DAY_MS, Device, Post, Standing
from turnout.core.door.sql import sql
from turnout.core.events.programme import get_event
from turnout.core.identity.credentials import UNKNOWN, digest_of
from turnout.core.ids import DeviceId, EventId, OrgId
from turnout.errors import Denied, Missing, Unauthenticated
from turnout.store import Tx

LONGEST_SECRET = 100
# What a device tells is noted once in a while, unless scans begin or cease to wait on it.
NOTED_MS = 30_000
KEPT_MS = 30 * DAY_MS


def find_standing(tx: Tx, secret: str) -> Standing:
    """The device whose credential that is, and where it stands. Raises Unauthenticated for one that
    is unknown, was revoked or has ended."""
    found = sql.find_device(tx, digest=digest_of(secret[:LONGEST_SECRET]))
    if found is None:
        raise Unauthenticated(UNKNOWN)
    if not found.device.is_good(tx.now):
        raise Unauthenticated("door.ended")
    posts = sql.list_posts(tx, org_id=found.org_id, device_id=found.device.id)
    return Standing(found.org_id, found.device, posts)


def get_post(standing: Standing, event_id: EventId | None) -> Post:
    """Where a device stands at an event, None = at its only or first one. Raises Denied for one
    that the console has not confirmed, Missing for an event that is not the device's."""
    if standing.device.confirmed_at is None:
        raise Denied("door.unconfirmed")
    for post in standing.posts:
        if event_id in (None, post.event_id):
            return post
    raise Missing("event.missing", event_id=event_id or 0)


def list_devices(tx: Tx, org_id: OrgId, event_id: EventId) -> list[Device]:
    """The event's devices, newest first, without those that ended a month ago."""
    get_event(tx, org_id, event_id)
    since = tx.now - KEPT_MS
    return sql.list_devices(tx, org_id=org_id, event_id=event_id, since=since)


def get_device(tx: Tx, org_id: OrgId, event_id: EventId, device_id: DeviceId) -> Device:
    """A device of the event. Raises Missing."""
    device = sql.get_device(tx, org_id=org_id, event_id=event_id, id=device_id)
    if device is None:
        raise Missing("door.device", device_id=device_id)
    return device


def note_seen(tx: Tx, standing: Standing, battery: int | None, unsent: int) -> None:
    """Note what a device tells of itself: its battery in percent, and the scans that wait on it."""
    sql.note_device(
        tx,
        org_id=standing.org_id,
        id=standing.device.id,
        battery=battery,
        unsent=unsent,
        now=tx.now,
    )


def is_news(device: Device, unsent: int, now: int) -> bool:
    """Whether what a device tells is worth a transaction."""
    seen = device.last_seen_at
    return seen is None or now - seen >= NOTED_MS or unsent != device.unsent


def revoke_device(
    tx: Tx, org_id: OrgId, event_id: EventId, device_id: DeviceId, *, actor: str
) -> None:
    """End a device at once, at all of its events. Idempotent. Raises Missing."""
    device = get_device(tx, org_id, event_id, device_id)
    if sql.revoke_device(tx, org_id=org_id, id=device_id, now=tx.now):
        record(tx, org_id, actor, "revoked", "door_device", device_id, name=device.name)


def forget_old_devices(tx: Tx, limit: int) -> int:
    """Delete up to `limit` devices that ended a month ago, and codes that ended; returns how
    many."""
    rows = sql.list_old_devices(tx, before=tx.now - KEPT_MS, limit=limit)
    named = [{"org_id": row.org_id, "id": row.id} for row in rows]
    sql.delete_posts(tx, named)
    sql.delete_device(tx, named)
    codes = sql.list_old_pairings(tx, before=tx.now, limit=limit)
    sql.delete_pairing(tx, [{"org_id": row.org_id, "id": row.id} for row in codes])
    return max(len(rows), len(codes))
