"""Viewings from files of other platforms.

Columns are `email`, `session` (number or pak; may be missing where the event has one session that
can be watched), `mode` (live, simlive or od; may be missing: then it follows from the session's
live window), `start`, and `end` or `duration` (seconds). Times are ISO 8601 or
`YYYY-MM-DD HH:MM:SS`; without an offset they are local in the zone that is named.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from turnout.core.audience.media import Show
from turnout.core.audience.model import SECOND_MS, Interval, Mode, split, whole_seconds
from turnout.core.audience.sql import sql
from turnout.core.audience.viewings import Key, add_intervals, hold_viewer
from turnout.core.audit.recording import record
from turnout.core.ids import EventId, OrgId, RegistrationId, SessionId
from turnout.core.importing.layout import Known
from turnout.core.importing.records import Fault, Record, Skipped, fault_of
from turnout.core.text import email_key, is_email
from turnout.core.times import YEARS, instant, read_iso
from turnout.errors import Invalid
from turnout.store import Tx

VIEWINGS = Known(
    ("email", "session", "mode", "start", "end", "duration"),
    needed=(("email",), ("start",), ("end", "duration")),
)
"""What a file of viewings has."""

DAY_SECONDS = 24 * 3600
MOST_SECONDS = 7 * DAY_SECONDS


class Row(NamedTuple):
    """One line of the file that can be read."""

    line: int
    email: str
    session_id: SessionId
    parts: tuple[tuple[Mode, Interval], ...]


def read_viewings(
    found: Iterable[Record | Fault | Skipped], shows: list[Show], timezone: str
) -> Iterator[Row | Fault]:
    """The rows of a file, in order. Those who are gone are left out."""
    by_name = {name: show for show in shows for name in (str(show.session_id), show.pak)}
    for row in found:
        if isinstance(row, Fault):
            yield row
        elif isinstance(row, Record):
            yield _read_row(row, by_name, shows, timezone)


def import_viewings(
    tx: Tx, org_id: OrgId, event_id: EventId, rows: list[Row], *, actor: str
) -> list[Fault]:
    """Keep the viewings of people who are registered; returns the rows of those who are not. The
    same again changes nothing. One audit entry for all."""
    fresh: dict[Key, list[Interval]] = {}
    faults = []
    held: set[tuple[RegistrationId, SessionId]] = set()
    for row in rows:
        found = sql.find_registered(
            tx, org_id=org_id, event_id=event_id, email_key=email_key(row.email)
        )
        if found is None:
            absent = Invalid("viewing.stranger", email=row.email, event_id=event_id)
            faults.append(Fault(row.line, absent))
            continue
        if (found, row.session_id) not in held:
            hold_viewer(tx, org_id, found, row.session_id)
            held.add((found, row.session_id))
        for mode, part in row.parts:
            key = Key(org_id, event_id, found, mode.value, row.session_id)
            fresh.setdefault(key, []).append(part)
    add_intervals(tx, fresh)
    if fresh:
        taken = len(rows) - len(faults)
        record(tx, org_id, actor, "imported viewings", "event", event_id, rows=taken)
    return faults


def _read_row(
    row: Record, by_name: dict[str, Show], shows: list[Show], timezone: str
) -> Row | Fault:
    try:
        if not is_email(row["email"]):
            raise Invalid("viewing.email", email=row["email"])
        show = _find_show(row["session"], by_name, shows)
        start = _instant(row["start"], timezone)
        end = _instant(row["end"], timezone) if row["end"] else start + _duration(row["duration"])
        interval = whole_seconds(start, end)
        if not 0 < interval.seconds <= MOST_SECONDS:
            raise Invalid("viewing.end", days=MOST_SECONDS // DAY_SECONDS)
        return Row(row.line, row["email"], show.session_id, _parts(row["mode"], interval, show))
    except Invalid as refusal:
        return fault_of(row, refusal)


def _find_show(name: str, by_name: dict[str, Show], shows: list[Show]) -> Show:
    """The session that is named, or the only one where none is."""
    if not name and len(shows) == 1:
        return shows[0]
    if not name:
        raise Invalid("viewing.session_absent")
    if name not in by_name:
        raise Invalid("viewing.session", session=name)
    return by_name[name]


def _parts(mode: str, interval: Interval, show: Show) -> tuple[tuple[Mode, Interval], ...]:
    if not mode:
        parts = tuple(split(interval, show.media))
        if not parts:
            raise Invalid("viewing.mode_absent")
        return parts
    if mode.lower() not in list(Mode):
        raise Invalid("viewing.mode", mode=mode, known=[known.value for known in Mode])
    return ((Mode(mode.lower()), interval),)


def _instant(text: str, timezone: str) -> int:
    try:
        time = read_iso(text)
    except ValueError as error:
        raise Invalid("viewing.time", text=text) from error
    if time.year not in YEARS:
        raise Invalid("viewing.year", text=text, first=YEARS.start, last=YEARS.stop - 1)
    if time.tzinfo is None:
        return instant(text, timezone)
    return int(time.timestamp()) * SECOND_MS


def _duration(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 9):
        raise Invalid("viewing.duration", text=text)
    return int(text) * SECOND_MS
