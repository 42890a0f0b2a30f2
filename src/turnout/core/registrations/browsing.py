"""Pages of an event's registrations as somebody looks through them: newest first or by name.

A page goes on behind a registration (keyset), so the millionth page costs what the first does. The
numbers come in order from an index that fits what is asked for (walking.py), and their rows are
read and held against all of it here. What people type is compared folded, in Python, as neither
database folds alike (listing.py).
"""

from typing import Any, NamedTuple

from turnout.core.ids import NO_REGISTRATION, EventId, OrgId, PersonId, RegistrationId, TicketId
from turnout.core.people.searching import Sought, read_sought
from turnout.core.registrations.model import Registration
from turnout.core.registrations.sql import sql
from turnout.core.registrations.walking import (
    Browsed,
    Order,
    find_coded,
    name_filters,
    open_walk,
)
from turnout.core.text import search_key
from turnout.errors import Missing
from turnout.store import Tx, to_json

# So many registrations a page looks at before it is shown with what it has, and so many at once.
MOST = 20_000
LARGEST = 4_000


class BrowsedRegistration(NamedTuple):
    """A registration in a list, with its newest valid ticket, else its newest, and its tags, JSON.
    Instants in epoch ms."""

    id: RegistrationId
    person_id: PersonId
    email: str
    first_name: str
    last_name: str
    company: str
    phone: str
    state: str
    source: str
    sitting: int
    created_at: int
    type_name: str | None
    code: str | None
    checked_in_at: int | None

    @property
    def name(self) -> str:
        """First and last name, else the address."""
        return " ".join(filter(None, (self.first_name, self.last_name))) or self.email


class PersonEvent(NamedTuple):
    """A registration of somebody, and the event that it is for."""

    id: RegistrationId
    event_id: EventId
    title: str
    state: str


class Page(NamedTuple):
    """A page of a list; `after` is the registration behind which the next one begins, 0 = this is
    the last. A page may have fewer rows than asked for and not be the last."""

    rows: list[BrowsedRegistration]
    after: RegistrationId


def browse_registrations(
    tx: Tx,
    org_id: OrgId,
    wanted: Browsed,
    order: Order = Order.NEWEST,
    *,
    after: RegistrationId = NO_REGISTRATION,
    limit: int,
) -> list[BrowsedRegistration]:
    """Up to `limit` registrations in that order, from the one behind `after`. Raises Missing if
    that is not a registration of the event."""
    return browse_page(tx, org_id, wanted, order, after=after, limit=limit, most=None).rows


def browse_page(
    tx: Tx,
    org_id: OrgId,
    wanted: Browsed,
    order: Order = Order.NEWEST,
    *,
    after: RegistrationId = NO_REGISTRATION,
    limit: int,
    most: int | None = MOST,
) -> Page:
    """Up to `limit` registrations in that order, from the one behind `after`. It looks at `most` of
    those that may fit (None = all), so that nobody waits for a filter that leaves few of many.
    Raises Missing if `after` is not a registration of the event."""
    sought = read_sought(wanted.text.strip())
    named = name_filters(org_id, wanted)
    coded = find_coded(tx, org_id, wanted)
    found: list[BrowsedRegistration] = []
    looked, size = 0, limit + 1
    walk = open_walk(tx, org_id, wanted, order, after)
    while True:
        stretch = walk(size)
        rows = {row.id: row for row in sql.browse_chosen(tx, **named, ids=to_json(stretch.ids))}
        for id_ in stretch.ids:
            row = rows.get(id_)
            if row is None or not (
                id_ in coded or _has_text(row, sought, is_by_name=wanted.is_by_name)
            ):
                continue
            if len(found) == limit:
                return Page(found, found[-1].id)
            found.append(row)
        looked += stretch.looked
        if stretch.is_last:
            return Page(found, NO_REGISTRATION)
        if most is not None and looked >= most:
            return Page(found, stretch.end)
        lacking = (limit + 1 - len(found)) * looked / max(1, len(found))
        size = min(LARGEST, round(1.2 * lacking) + 8)


def get_registration(
    tx: Tx, org_id: OrgId, event_id: EventId, registration_id: RegistrationId
) -> Registration:
    """A registration of the event, as it stands, without holding it. Raises Missing."""
    named: dict[str, Any] = {"org_id": org_id, "event_id": event_id, "id": registration_id}
    found = sql.read_registration(tx, **named)
    if found is None:
        raise Missing("registration.missing", registration_id=registration_id)
    return found


def list_check_ins(tx: Tx, org_id: OrgId, registration_id: RegistrationId) -> dict[TicketId, int]:
    """When each ticket of a registration was checked in (epoch ms); those that were not are left
    out."""
    rows = sql.list_check_ins(tx, org_id=org_id, registration_id=registration_id)
    return {row.id: row.checked_in_at for row in rows if row.checked_in_at is not None}


def list_person_events(tx: Tx, org_id: OrgId, person_id: PersonId) -> list[PersonEvent]:
    """The registrations of a person at all events, newest first."""
    return sql.list_person_events(tx, org_id=org_id, person_id=person_id)


def find_by_code(tx: Tx, org_id: OrgId, code: str) -> PersonEvent | None:
    """The registration that a ticket's code is of, in any case."""
    return sql.find_by_code(tx, org_id=org_id, code=code.strip().upper())


def _has_text(found: BrowsedRegistration, sought: Sought, *, is_by_name: bool) -> bool:
    if not is_by_name and sought.is_part_of(found.phone):
        return True
    known = f"{found.name}\n{found.code}"
    if not is_by_name:
        known = f"{known}\n{found.email}\n{found.company}"
    said = search_key(known)
    return all(word in said for word in sought.words)
