"""Lists that are looked up when a job starts: `event:ID`, and those of it who did this or that.

`event:ID` are all who are registered; `:checked` who came through the door, `:unchecked` who did
not (yet), `:no-shows` the same once the event is over, `:pending` who were invited and have not
answered.

What people typed of themselves goes out in the organization's name, so it is made neutral first.
"""

import re
from typing import Any

from turnout.core.ids import EventId, OrgId
from turnout.core.messaging.lists import LIVE_LIST
from turnout.core.messaging.model import Person
from turnout.core.neutral import neutralize
from turnout.core.registrations.sql import sql
from turnout.store import Tx

_NUMBER = re.compile(r"[+\d ()./\-]{0,40}", re.ASCII)


def resolve(
    tx: Tx, org_id: OrgId, list_id: str, cursor: str, limit: int
) -> tuple[list[Person], str]:
    """A page of a live list, by rising number, and where to go on: empty at its end."""
    match = LIVE_LIST.fullmatch(list_id)
    if match is None:
        return [], ""
    event_id, which = EventId(int(match[1])), match[2] or ""
    ends_at = sql.find_event_end(tx, org_id=org_id, id=event_id)
    if ends_at is None or (which == "no-shows" and ends_at > tx.now):
        return [], ""
    after = int(cursor) if cursor else 0
    rows: list[Any]
    if which == "pending":
        rows = sql.list_pending(tx, org_id=org_id, event_id=event_id, after=after, limit=limit)
    else:
        state = {"no-shows": "unchecked"}.get(which, which)
        rows = sql.list_registered(
            tx, org_id=org_id, event_id=event_id, after=after, limit=limit, which=state
        )
    people = [_person(*row) for row in rows]
    return people, str(rows[-1][0]) if len(rows) == limit else ""


def _person(
    number: int,
    title: str,
    first_name: str,
    last_name: str,
    email: str,
    phone: str,
    company: str,
    event: str,
    code: str,
) -> Person:
    fields = {
        "Title": neutralize(title),
        "FirstName": neutralize(first_name),
        "LastName": neutralize(last_name),
        "Company": neutralize(company),
        "Event": event,
        "TicketCode": code,
    }
    name = neutralize(" ".join(filter(None, (first_name, last_name)))) or email
    phone = phone if _NUMBER.fullmatch(phone) else neutralize(phone)
    return Person(str(number), name, email, "", phone, phone, fields)
