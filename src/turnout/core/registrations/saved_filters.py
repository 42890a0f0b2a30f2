"""Filters of an event's registrations that its team saved by name. A filter is the query of a
list's address; it never has a search text, which may name a person."""

from typing import NamedTuple

from turnout.core.audit.recording import record
from turnout.core.events.programme import get_event
from turnout.core.ids import EventId, OrgId
from turnout.core.registrations.sql import sql
from turnout.core.text import fold, is_line
from turnout.errors import Conflict, Invalid, Missing
from turnout.store import Tx

LONGEST_NAME, LONGEST_QUERY, MOST = 50, 500, 20


class SavedFilter(NamedTuple):
    """The query of a list, without its question mark, and what the team calls it."""

    name: str
    query: str


def list_filters(tx: Tx, org_id: OrgId, event_id: EventId) -> list[SavedFilter]:
    """The filters of an event, by name."""
    return sql.list_filters(tx, org_id=org_id, event_id=event_id)


def save_filter(
    tx: Tx, org_id: OrgId, event_id: EventId, name: str, query: str, *, actor: str
) -> None:
    """Keep a filter under a name of up to 50 characters, instead of the one that has it in any
    case. Idempotent. Raises Invalid, Missing, Conflict for the 21st."""
    name = name.strip()
    if not name or len(name) > LONGEST_NAME or not is_line(name):
        raise Invalid("filter.name", limit=LONGEST_NAME)
    if not query or len(query) > LONGEST_QUERY:
        raise Invalid("filter.query")
    get_event(tx, org_id, event_id)
    known = {fold(one.name) for one in list_filters(tx, org_id, event_id)}
    if len(known - {fold(name)}) >= MOST:
        raise Conflict("filter.many", limit=MOST)
    named = {"name_key": fold(name), "name": name, "query": query}
    sql.save_filter(tx, org_id=org_id, event_id=event_id, **named, now=tx.now)
    record(tx, org_id, actor, "saved filter", "event", event_id, name=name)


def remove_filter(tx: Tx, org_id: OrgId, event_id: EventId, name: str, *, actor: str) -> None:
    """Forget a filter. Raises Missing."""
    if not sql.delete_filter(tx, org_id=org_id, event_id=event_id, name_key=fold(name.strip())):
        raise Missing("filter.missing", name=name)
    record(tx, org_id, actor, "removed filter", "event", event_id, name=name.strip())
