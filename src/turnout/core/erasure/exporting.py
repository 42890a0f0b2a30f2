"""Everything that is known of a person, from every place (places.py), for them to have."""

import base64
from html import escape
from typing import Any

from turnout.core.erasure.erasing import is_marked, read_marked_page, read_marks, read_own
from turnout.core.erasure.marks import Marks
from turnout.core.erasure.places import PLACES, Place
from turnout.core.ids import OrgId, PersonId
from turnout.core.people.finding import get_person
from turnout.store import Tx
from turnout.store.walking import Row

SLICE = 1000
# Digests, numbers of rows and keys of lookups tell a person nothing.
HIDDEN = frozenset({"org_id", "email_key", "name_key", "tag_key", "dedupe_key", "digest"})

Export = dict[str, list[dict[str, Any]]]
"""By table, in the order of PLACES: the rows with what is known."""


def export_person(tx: Tx, org_id: OrgId, person_id: PersonId) -> Export:
    """Everything about a person as JSON can hold it, instants in epoch ms. Raises Missing.

    Reads every place; only the person's own organization. In texts that are everybody's (a job's),
    what tells of others stays out: only those with the person's address are named.
    """
    get_person(tx, org_id, person_id)
    marks = read_marks(tx, org_id, person_id)
    found = {}
    for place in PLACES:
        rows = _collect(tx, org_id, person_id, place, marks)
        if rows:
            found[place.table] = [_say(place, row) for row in rows.values()]
    return found


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
