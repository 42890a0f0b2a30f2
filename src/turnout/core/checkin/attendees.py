"""Attendees: registered people with their tickets, as the door and its API see them."""

from collections.abc import Iterable, Iterator
from heapq import merge
from itertools import chain, groupby, islice
from operator import itemgetter
from typing import Any, NamedTuple

import msgspec

from turnout.core.checkin.sql import sql
from turnout.core.events.showing import EventView, get_shown_event
from turnout.core.ids import EventId, OrgId, RegistrationId, TicketTypeId
from turnout.core.tickets.signing import (
    find_plain_code,
    list_ticket_keys,
    normalize,
    sign_ticket,
)
from turnout.errors import Missing
from turnout.store import Tx, iterate_batches
from turnout.store.late import reach_back

ALL = 2**62
BATCH = 500
TicketRow = tuple[Any, ...]


class HeldTicket(NamedTuple):
    """A ticket of an attendee. Instants in epoch ms."""

    code: str
    ticket_type_id: TicketTypeId
    checked_in_at: int | None
    created_at: int
    is_valid: bool


class Attendee(NamedTuple):
    """Somebody registered; `id` is the registration's. Empty text = not known."""

    id: RegistrationId
    first_name: str
    last_name: str
    company: str
    job_title: str
    email: str
    phone: str
    tickets: list[HeldTicket]

    def as_answered(self, code: str, checked_in_at: int | None) -> "Attendee":
        """As a scan of that ticket was answered, whatever other scans did to it since."""
        tickets = [
            ticket._replace(checked_in_at=checked_in_at) if ticket.code == code else ticket
            for ticket in self.tickets
        ]
        return self._replace(tickets=tickets)


class ShownTicket(NamedTuple):
    """A ticket as its page shows it; `signed` is what its QR code says. `checked_in_at` in epoch
    ms; `language` is that in which its holder registered, empty = not known."""

    code: str
    type_name: str
    is_cancelled: bool
    checked_in_at: int | None
    signed: str
    language: str


class AttendeeFilter(msgspec.Struct, frozen=True):
    """Which attendees are asked for. `which` is empty, `checked` or `unchecked`; `since` (epoch
    ms, 0 = ever) keeps those of whom something changed at or after it, or was committed after it
    (turnout/store/late.py); `ticket_type_id` 0 = any. Cancelled tickets and registrations, and
    those who are no longer the event's, are there only with `has_cancelled`."""

    which: str = ""
    since: int = 0
    ticket_type_id: TicketTypeId = TicketTypeId(0)
    has_cancelled: bool = False


def stream_attendees(
    tx: Tx, org_id: OrgId, event_id: EventId, wanted: AttendeeFilter
) -> Iterator[list[TicketRow]]:
    """A row for each ticket of the attendees, by rising number, some at a time: the first facts of
    an Attendee, and those of the ticket, whose code is empty where there is none."""
    named: dict[str, Any] = {"org_id": org_id, "event_id": event_id, "after": 0, "until": ALL}
    named |= _filter(tx, wanted)
    batches = iterate_batches(sql.list_attendees, tx, BATCH, **named)
    if not wanted.has_cancelled:
        return batches
    rows = _with_departed(tx, chain.from_iterable(batches), named)
    return iter(lambda: list(islice(rows, BATCH)), [])


def list_attendees(
    tx: Tx, org_id: OrgId, event_id: EventId, wanted: AttendeeFilter, *, limit: int, skip: int
) -> tuple[list[Attendee], bool]:
    """A page of the attendees, by rising number, and whether there are more."""
    named = {"org_id": org_id, "event_id": event_id} | _filter(tx, wanted)
    ids = [id_ for (id_,) in sql.list_attendee_page(tx, **named, limit=limit + 1, skip=skip)]
    if not ids:
        return [], False
    until = ids[min(limit, len(ids)) - 1]
    named |= {"after": ids[0] - 1, "until": until}
    rows = _with_departed(tx, sql.list_attendees(tx, **named), named)
    return list(group_attendees(rows)), len(ids) > limit


def find_attendee(tx: Tx, org_id: OrgId, event_id: EventId, code: str) -> Attendee:
    """Whose ticket has this code, plain or signed, also once they have left. Raises Missing."""
    if plain := find_plain_code(tx, org_id, code):
        named: dict[str, Any] = {"org_id": org_id, "event_id": event_id, "code": plain}
        rows = sql.find_attendee(tx, **named) or sql.find_departed(tx, **named)
        for attendee in group_attendees(rows):
            return attendee
    raise Missing("ticket.not_in_event", code=code)


def read_ticket(tx: Tx, org_id: OrgId, code: str) -> tuple[EventView, ShownTicket]:
    """A ticket and its event, for its own page. `signed` is empty where the organization has no
    key that signs yet. Raises Missing."""
    row = sql.find_ticket_page(tx, org_id=org_id, code=normalize(code))
    if row is None:
        raise Missing("ticket.unknown")
    event_id, own_code, type_id, type_name, is_cancelled, checked_in_at, language = row
    keys = [key for key in list_ticket_keys(tx, org_id) if key.retired_at is None]
    signed = sign_ticket(keys[0], event_id, own_code, type_id) if keys else ""
    ticket = ShownTicket(own_code, type_name, bool(is_cancelled), checked_in_at, signed, language)
    return get_shown_event(tx, org_id, event_id), ticket


def group_attendees(rows: Iterable[TicketRow]) -> Iterator[Attendee]:
    """Attendees from rows that are in the order of their numbers."""
    for _, found in groupby(rows, itemgetter(0)):
        first, *more = found
        tickets = [
            HeldTicket._make(ticket) for _, _, _, _, _, _, _, *ticket in (first, *more) if ticket[0]
        ]
        yield Attendee._make((*first[:7], tickets))


def _with_departed(tx: Tx, rows: Iterable[TicketRow], named: dict[str, Any]) -> Iterator[TicketRow]:
    """The rows, and those of who is no longer the event's where they are asked for."""
    if not named["has_cancelled"]:
        return iter(rows)
    asked = {name: value for name, value in named.items() if name != "has_cancelled"}
    return merge(rows, sql.list_departed(tx, **asked), key=itemgetter(0))


def _filter(tx: Tx, wanted: AttendeeFilter) -> dict[str, Any]:
    return {
        "which": wanted.which,
        "since": max(1, reach_back(tx, wanted.since)) if wanted.since else 0,
        "ticket_type_id": wanted.ticket_type_id,
        "has_cancelled": int(wanted.has_cancelled),
    }
