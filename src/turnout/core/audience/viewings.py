"""Keeping what was watched, from heartbeats, corrections and imports.

Theory. A heartbeat says from when to when its player played. Many heartbeats share a transaction;
of each viewer, session and mode the stored intervals that a new one touches are read, merged with
it, and written back. So stored intervals never touch each other, a heartbeat that is sent again
changes nothing, and heartbeats may come late and in any order. On PostgreSQL the registrations are
locked first.
"""

from collections.abc import Iterable
from typing import NamedTuple

from turnout.core.audience.model import (
    Interval,
    Media,
    Mode,
    merge,
    split,
    subtract,
    whole_seconds,
)
from turnout.core.audience.sql import sql
from turnout.core.audit.recording import record
from turnout.core.ids import EventId, OrgId, RegistrationId, SessionId
from turnout.errors import Failure, Invalid, Missing
from turnout.store import Tx, to_json

# A heartbeat may tell of what was so long ago: a laptop that slept, a train in a tunnel.
OLDEST_MS = 24 * 3_600_000
# So much counts in any case: of a page that does not say when it was opened, and of one that was
# opened before our clock was set back. No heartbeat is told to come later than half of it.
RECENT_MS = 120_000


class Heartbeat(NamedTuple):
    """What one player has played, in epoch ms by our clock; `opened_at` is when its page was
    opened, None = not known."""

    org_id: OrgId
    registration_id: RegistrationId
    session_id: SessionId
    played: tuple[tuple[int, int], ...]
    opened_at: int | None = None


class StoredInterval(NamedTuple):
    """A stored interval of a registration."""

    mode: Mode
    session_id: SessionId
    interval: Interval


class Key(NamedTuple):
    """Whose intervals are merged with one another."""

    org_id: OrgId
    event_id: EventId
    registration_id: RegistrationId
    mode: str
    session_id: SessionId


def record_heartbeats(tx: Tx, heartbeats: list[Heartbeat]) -> "list[Mode | Failure | None]":
    """Keep what the heartbeats tell; for each how the session is being watched now, None when there
    is nothing to watch, or Missing for somebody who is not registered or a session without media.

    What lies in the future, before the page was opened, or over a day back, is left out.
    Idempotent.
    """
    named = [
        (heartbeat.org_id, heartbeat.registration_id, heartbeat.session_id)
        for heartbeat in heartbeats
    ]
    found = {
        row.number: (row.event_id, row.media)
        for row in sql.find_watched(tx, heartbeats=to_json(named))
    }
    fresh: dict[Key, list[Interval]] = {}
    answers: list[Mode | Failure | None] = []
    for number, heartbeat in enumerate(heartbeats):
        if number not in found:
            answers.append(Missing("viewing.none"))
            continue
        event_id, media = found[number]
        for mode, part in _parts(heartbeat, media, tx.now):
            key = Key(
                heartbeat.org_id,
                event_id,
                heartbeat.registration_id,
                mode.value,
                heartbeat.session_id,
            )
            fresh.setdefault(key, []).append(part)
        answers.append(media.mode_at(tx.now))
    add_intervals(tx, fresh)
    return answers


def add_intervals(tx: Tx, fresh: dict[Key, list[Interval]]) -> None:
    """Merge intervals into what is stored. On PostgreSQL the caller holds the registrations."""
    fresh = {key: merge(intervals) for key, intervals in fresh.items()}
    parts = [(*key, *interval) for key, intervals in fresh.items() for interval in intervals]
    if not parts:
        return
    stored: dict[Key, set[Interval]] = {}
    for row in sql.list_touching(tx, parts=to_json(parts)):
        key = Key(row.org_id, row.event_id, row.registration_id, row.mode, row.session_id)
        stored.setdefault(key, set()).add(Interval(row.starts_at, row.ends_at))
    for key, intervals in fresh.items():
        before = stored.get(key, set())
        fresh[key] = merge([*before, *intervals])
    _write(tx, fresh, stored)


def correct_viewing(
    tx: Tx,
    org_id: OrgId,
    registration_id: RegistrationId,
    session_id: SessionId,
    mode: Mode,
    interval: tuple[int, int],
    *,
    is_removed: bool = False,
    actor: str,
) -> list[StoredInterval]:
    """Add time that somebody watched, or take it away; returns all of the registration's viewings.

    `interval` in epoch ms, cut to whole seconds. Audited. Raises Missing, Invalid for an interval
    of less than a second.
    """
    event_id = hold_viewer(tx, org_id, registration_id, session_id)
    part = whole_seconds(*interval)
    if part.start >= part.end:
        raise Invalid("viewing.empty")
    key = Key(org_id, event_id, registration_id, mode.value, session_id)
    if is_removed:
        before = {
            viewing.interval
            for viewing in list_viewings(tx, org_id, event_id, registration_id)
            if (viewing.mode, viewing.session_id) == (mode, session_id)
        }
        _write(tx, {key: subtract(before, part)}, {key: before})
    else:
        add_intervals(tx, {key: [part]})
    record(
        tx,
        org_id,
        actor,
        "removed viewing" if is_removed else "added viewing",
        "registration",
        registration_id,
        session_id=session_id,
        mode=mode.value,
        interval=list(part),
    )
    return list_viewings(tx, org_id, event_id, registration_id)


def hold_viewer(
    tx: Tx, org_id: OrgId, registration_id: RegistrationId, session_id: SessionId
) -> EventId:
    """The event of a confirmed registration and one of its sessions that has media, held against
    concurrent changes. Raises Missing."""
    named = to_json([(org_id, registration_id, session_id)])
    for _, event_id, *_ in sql.find_watched(tx, heartbeats=named):
        return event_id
    raise Missing("viewing.missing", registration_id=registration_id, session_id=session_id)


def list_viewings(
    tx: Tx, org_id: OrgId, event_id: EventId, registration_id: RegistrationId
) -> list[StoredInterval]:
    """What a registration has watched, by mode, session and time."""
    rows = sql.list_viewings(tx, org_id=org_id, event_id=event_id, registration_id=registration_id)
    return [
        StoredInterval(Mode(mode), session_id, Interval(*times))
        for mode, session_id, *times in rows
    ]


def _parts(heartbeat: Heartbeat, media: Media, now: int) -> Iterable[tuple[Mode, Interval]]:
    opened_at = now if heartbeat.opened_at is None else heartbeat.opened_at
    earliest = max(now - OLDEST_MS, min(opened_at, now - RECENT_MS))
    for start, end in heartbeat.played:
        yield from split(Interval(max(start, earliest), min(end, now)), media)


def _write(tx: Tx, after: dict[Key, list[Interval]], before: dict[Key, set[Interval]]) -> None:
    """Make what is stored of each key `before` what it shall be `after`."""
    gone, changed = [], []
    for key, intervals in after.items():
        old = before.get(key, set())
        starts = {interval.start for interval in intervals}
        gone += [
            _named(key) | {"starts_at": viewing.start}
            for viewing in old
            if viewing.start not in starts
        ]
        changed += [
            _named(key) | {"starts_at": interval.start, "ends_at": interval.end}
            for interval in intervals
            if interval not in old
        ]
    if gone:
        sql.delete_viewing(tx, gone)
    if changed:
        sql.add_viewing(tx, changed)


def _named(key: Key) -> dict[str, object]:
    return key._asdict()
