"""Everything that is known of a person, from every place (places.py), for them to have."""

import base64
from html import escape
from typing import Any

from turnout.core.erasure.erasing import is_marked, read_marked_page, read_marks, read_own
from turnout.core.erasure.marks import Marks
from turnout.core.erasure.places import PLACES, Place
from turnout.core.erasure.sql import sql
from turnout.core.ids import EventId, OrgId, PersonId, RegistrationId, SessionId
from turnout.core.people.finding import get_person
from turnout.core.times import local
from turnout.store import Tx
from turnout.store.walking import Row

SLICE = 1000
# Digests, numbers of rows and keys of lookups tell a person nothing.
HIDDEN = frozenset({"org_id", "email_key", "name_key", "tag_key", "dedupe_key", "digest"})

Export = dict[str, list[dict[str, Any]]]
"""By table, in the order of PLACES: the rows with what is known."""


def export_person(
    tx: Tx, org_id: OrgId, person_id: PersonId, *, is_own_only: bool = False
) -> Export:
    """Everything about a person as JSON can hold it, instants in epoch ms. Raises Missing.

    Reads every place; only the person's own organization. In texts that are everybody's (a job's),
    what tells of others stays out: only those with the person's address are named. `is_own_only`
    leaves out what is found by the person's address: messages, lists, traces of the organization.
    """
    get_person(tx, org_id, person_id)
    marks = read_marks(tx, org_id, person_id)
    named = _Named(tx, org_id)
    found = {}
    for place in PLACES:
        if is_own_only and (place.is_searched or not place.own):
            continue
        rows = _collect(tx, org_id, person_id, place, marks)
        said = [told for row in rows.values() if (told := _say(place, row))]
        if said:
            found[place.table] = [named.name(told) for told in said]
    return found


class _Named:
    """What the numbers of events and sessions are called: each is looked up once."""

    def __init__(self, tx: Tx, org_id: OrgId) -> None:
        self._tx, self._org_id = tx, org_id
        self._events: dict[EventId, dict[str, str]] = {}
        self._sessions: dict[SessionId, dict[str, str]] = {}

    def name(self, said: dict[str, Any]) -> dict[str, Any]:
        """A row with the event's title and day, and the session's title, beside their numbers; a
        row of a registration has its event's."""
        named: dict[str, Any] = {}
        for key, value in said.items():
            named[key] = value
            if key == "event_id" or (key == "registration_id" and "event_id" not in said):
                event_id = value if key == "event_id" else self._event_of(value)
                named |= self._event(event_id) if event_id else {}
            elif key == "session_id":
                named |= self._session(value)
        return named

    def _event_of(self, registration_id: RegistrationId) -> EventId | None:
        return sql.find_event_of(self._tx, org_id=self._org_id, registration_id=registration_id)

    def _event(self, event_id: EventId) -> dict[str, str]:
        if event_id not in self._events:
            row = sql.find_event_named(self._tx, org_id=self._org_id, id=event_id)
            self._events[event_id] = (
                {
                    "event_title": row.title,
                    "event_date": local(row.starts_at, row.timezone).date().isoformat(),
                }
                if row
                else {}
            )
        return self._events[event_id]

    def _session(self, session_id: SessionId) -> dict[str, str]:
        if session_id not in self._sessions:
            title = sql.find_session_title(self._tx, org_id=self._org_id, id=session_id)
            self._sessions[session_id] = {"session_title": title} if title else {}
        return self._sessions[session_id]


def _collect(
    tx: Tx, org_id: OrgId, person_id: PersonId, place: Place, marks: Marks
) -> dict[tuple[Any, ...], Row]:
    rows = {}
    for pages in ("own", "marked"):
        after = None
        while True:
            if pages == "own":
                page = read_own(tx, org_id, person_id, place, marks, after, SLICE)
                mine = page
            else:
                page = read_marked_page(tx, org_id, place, after, SLICE) if place.has_org else []
                mine = [row for row in page if is_marked(marks, row)]
            rows.update({row.key: row for row in mine})
            if len(page) < SLICE:
                break
            after = page[-1].key
    return rows


def _say(place: Place, row: Row) -> dict[str, Any]:
    said = dict(zip(place.whole_key, row.key, strict=True)) | row.values
    return {
        name: _plain(value)
        for name, value in said.items()
        if name not in HIDDEN and value not in ("", None)
    }


def _plain(value: Any) -> Any:
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(bytes(value)).decode()
    return value


def to_page(name: str, export: Export) -> str:
    """The export as one HTML page, without anything to load; all text is escaped."""
    parts = [
        "<!DOCTYPE html>",
        f'<html lang="en"><head><meta charset="utf-8"><title>{escape(name)}</title></head><body>',
        f"<h1>Everything about {escape(name)}</h1>",
    ]
    for table, rows in export.items():
        parts.append(f"<h2>{escape(table.replace('_', ' ').capitalize())}</h2>")
        for row in rows:
            lines = (
                f"<dt>{escape(key.replace('_', ' '))}</dt><dd>{escape(str(value))}</dd>"
                for key, value in row.items()
            )
            parts.append(f"<dl>{''.join(lines)}</dl>")
    return "\n".join([*parts, "</body></html>", ""])
